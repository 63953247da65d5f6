//! What is shown of a message, written down so that a test can say it in a few lines.

use postern_mime::{Body, Message, Part, Piece, Role};

/// A line for each piece, then one for each attachment, then one for each part that is hidden.
pub(crate) fn outline(message: &Message<'_>) -> Vec<String> {
    let view = message.view();
    let pieces = view.pieces.iter().map(piece);
    let attachments = view
        .attachments
        .iter()
        .map(|part| format!("attached {}", file(part)));
    let hidden = view.hidden.iter().map(|part| format!("hidden {}", file(part)));
    pieces.chain(attachments).chain(hidden).collect()
}

fn piece(piece: &Piece<'_>) -> String {
    match piece {
        Piece::Body(body) => body_line(body),
        Piece::Picture(part) => format!("picture {}", file(part)),
        Piece::Message(part) => format!("message {}", part.path()),
        Piece::Encrypted(part) => format!("encrypted {}", part.path()),
    }
}

fn body_line(body: &Body<'_>) -> String {
    let mut words = Vec::new();
    for (kind, parts) in [("text", &body.plain), ("html", &body.html)] {
        words.extend(
            parts
                .iter()
                .map(|part| format!("{kind} {} {:?}", part.path(), part.text().text)),
        );
    }
    words.extend(body.related.iter().map(|part| format!("with {}", part.path())));
    words.join(", ")
}

fn file(part: &Part<'_>) -> String {
    let name = part.name().unwrap_or("-");
    format!(
        "{} {} {name} {}",
        part.path(),
        part.media_type(),
        part.size_bytes()
    )
}

/// The paths of all parts that are no multiparts, each as often as it is shown.
pub(crate) fn shown_paths(message: &Message<'_>) -> Vec<String> {
    let view = message.view();
    let mut shown: Vec<&Part<'_>> = view.attachments.iter().chain(&view.hidden).copied().collect();
    for piece in &view.pieces {
        match piece {
            Piece::Body(body) => shown.extend(body.plain.iter().chain(&body.html).chain(&body.related)),
            Piece::Picture(part) | Piece::Message(part) => shown.push(part),
            // Its parts are attached.
            Piece::Encrypted(_) => {}
        }
    }
    let mut paths: Vec<String> = shown.iter().map(|part| part.path().to_owned()).collect();
    paths.sort();
    paths
}

pub(crate) fn leaf_paths(message: &Message<'_>) -> Vec<String> {
    let leaves = message
        .parts()
        .iter()
        .filter(|part| !matches!(part.role(), Role::Multipart(_)));
    let mut paths: Vec<String> = leaves.map(|part| part.path().to_owned()).collect();
    paths.sort();
    paths
}
