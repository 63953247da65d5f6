//! What a reader is shown: pieces in the order of the message, and what is attached.
//!
//! Every part that is no multipart is in exactly one place, so that nothing is lost: hidden is only what says the same
//! as something that is shown.

use std::collections::HashSet;

use crate::part::{Disposition, Part, Role};
use crate::{Message, html};

/// What is shown of a message.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct View<'m> {
    /// What is read, from top to bottom.
    pub pieces: Vec<Piece<'m>>,
    /// What is attached, in the order of the message.
    pub attachments: Vec<&'m Part<'m>>,
    /// What says the same as something shown, in a form that nobody here draws, and pictures of texts of which another
    /// form is there too.
    pub hidden: Vec<&'m Part<'m>>,
}

/// Something to read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece<'m> {
    /// Written text.
    Body(Body<'m>),
    /// A picture between texts.
    Picture(&'m Part<'m>),
    /// Another message: `Message::parse` opens what [`Part::decode`] yields.
    Message(&'m Part<'m>),
    /// Something encrypted in a way that is not ours. Its parts are attached.
    Encrypted(&'m Part<'m>),
}

/// A text, in one form or in both. With both, each says all.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Body<'m> {
    /// Plain text, or a kind of text that is shown as if it were.
    pub plain: Vec<&'m Part<'m>>,
    /// HTML, with plain texts between if one form of the text consists of both. Each part is a document of its own, never to
    /// be put together with others.
    pub html: Vec<&'m Part<'m>>,
    /// Pictures that the HTML shows by their content id (`cid:`).
    pub related: Vec<&'m Part<'m>>,
}

impl Body<'_> {
    /// The texts of one form, the simpler one, without markup.
    fn texts(&self) -> impl Iterator<Item = String> {
        let html = if self.plain.is_empty() {
            &self.html[..]
        } else {
            &[]
        };
        self.plain.iter().chain(html).map(|part| match part.text().text {
            text if part.is_html() => html::text_of_html(&text),
            text => text,
        })
    }

    fn is_empty(&self) -> bool {
        self.plain.is_empty() && self.html.is_empty()
    }
}

impl<'m> View<'m> {
    pub(crate) fn of(message: &'m Message<'m>) -> Self {
        let mut view = Self::default();
        view.add(message, message.root());
        view
    }

    pub(crate) fn plain_text(&self, most: usize) -> String {
        let mut all = String::new();
        for body in self.bodies() {
            for text in body.texts() {
                if all.len() >= most {
                    return all;
                }
                all.push_str(text.trim_end());
                all.push('\n');
            }
        }
        all
    }

    /// It calls itself no deeper than there are multiparts within each other.
    fn add(&mut self, message: &'m Message<'m>, part: &'m Part<'m>) {
        let Role::Multipart(within) = part.role() else {
            return self.add_leaf(part);
        };
        let within = within.iter().filter_map(|number| message.parts().get(*number));
        match part.media_type() {
            "multipart/alternative" => self.add_alternatives(message, within),
            "multipart/related" => self.add_related(message, part, within.collect()),
            "multipart/encrypted" => {
                self.pieces.push(Piece::Encrypted(part));
                self.attachments
                    .extend(within.flat_map(|part| message.leaves(part)));
            }
            _ => within.for_each(|part| self.add(message, part)),
        }
    }

    fn add_leaf(&mut self, part: &'m Part<'m>) {
        match kind(part) {
            Kind::Text if part.is_html() => self.push_body(Body {
                html: vec![part],
                ..Body::default()
            }),
            Kind::Text => self.push_body(Body {
                plain: vec![part],
                ..Body::default()
            }),
            Kind::Picture => self.pieces.push(Piece::Picture(part)),
            Kind::Message => self.pieces.push(Piece::Message(part)),
            Kind::Sealed => {
                self.pieces.push(Piece::Encrypted(part));
                self.attachments.push(part);
            }
            Kind::Other => self.attachments.push(part),
        }
    }

    fn push_body(&mut self, body: Body<'m>) {
        if !body.is_empty() {
            self.pieces.push(Piece::Body(body));
        }
    }

    /// The richest form of each kind that can be shown, which is the last (RFC 2046, section 5.1.4). Some programs hang
    /// attachments into one of the forms; they are attached all the same.
    fn add_alternatives(&mut self, message: &'m Message<'m>, within: impl Iterator<Item = &'m Part<'m>>) {
        let form = |part| {
            let mut form = Self::default();
            form.add(message, part);
            form
        };
        let forms: Vec<Self> = within.map(form).collect();
        let html = forms.iter().rposition(Self::has_html);
        let plain = forms.iter().rposition(|form| form.is_plain("text/plain"));
        let plain = plain.or_else(|| forms.iter().rposition(|form| form.is_plain("text/")));
        let mut body = Body::default();
        let mut others = Vec::new();
        for (number, form) in forms.into_iter().enumerate() {
            self.attachments.extend(form.attachments);
            self.hidden.extend(form.hidden);
            let texts = match Some(number) {
                chosen if chosen == html => &mut body.html,
                chosen if chosen == plain => &mut body.plain,
                _ => {
                    self.hide(form.pieces);
                    continue;
                }
            };
            others.extend(self.take_texts(form.pieces, texts, &mut body.related));
        }
        self.push_body(body);
        self.pieces.extend(others);
    }

    /// A form of a text says something in HTML, or only in plain text of that kind.
    fn has_html(&self) -> bool {
        self.bodies().any(|body| !body.html.is_empty())
    }

    fn is_plain(&self, kind: &str) -> bool {
        !self.has_html()
            && self
                .bodies()
                .any(|body| body.plain.iter().any(|part| part.media_type().starts_with(kind)))
    }

    fn bodies(&self) -> impl Iterator<Item = &Body<'m>> {
        self.pieces.iter().filter_map(|piece| match piece {
            Piece::Body(body) => Some(body),
            _ => None,
        })
    }

    /// Takes the texts out of one form, and leaves what else is between them.
    fn take_texts(
        &mut self,
        pieces: Vec<Piece<'m>>,
        texts: &mut Vec<&'m Part<'m>>,
        related: &mut Vec<&'m Part<'m>>,
    ) -> Vec<Piece<'m>> {
        let mut others = Vec::new();
        for piece in pieces {
            match piece {
                Piece::Body(body) if body.html.is_empty() => texts.extend(body.plain),
                Piece::Body(body) => {
                    texts.extend(body.html);
                    related.extend(body.related);
                    self.hidden.extend(body.plain);
                }
                other => others.push(other),
            }
        }
        others
    }

    /// Texts are said elsewhere. Whatever else there is, is not.
    fn hide(&mut self, pieces: Vec<Piece<'m>>) {
        for piece in pieces {
            match piece {
                Piece::Body(body) => {
                    self.hidden
                        .extend(body.plain.into_iter().chain(body.html).chain(body.related));
                }
                Piece::Picture(part) => self.attachments.push(part),
                other => self.pieces.push(other),
            }
        }
    }

    /// A text with what it shows within itself (RFC 2387). What it does not show is attached.
    fn add_related(&mut self, message: &'m Message<'m>, part: &'m Part<'m>, within: Vec<&'m Part<'m>>) {
        let start = part.parameter("start").map(|id| id.trim_matches(['<', '>']));
        let is_start = |part: &&Part<'_>| start.is_some() && part.content_id() == start;
        let root = within.iter().position(is_start).unwrap_or_default();
        let first = self.pieces.len();
        if let Some(root) = within.get(root) {
            self.add(message, root);
        }
        let shown = shown_ids(&self.pieces[first..]);
        let mut related = Vec::new();
        for (_, part) in within
            .into_iter()
            .enumerate()
            .filter(|(number, _)| *number != root)
        {
            for leaf in message.leaves(part) {
                if leaf.content_id().is_some_and(|id| shown.contains(id)) {
                    related.push(leaf);
                } else if leaf.is_message() {
                    self.pieces.push(Piece::Message(leaf));
                } else {
                    self.attachments.push(leaf);
                }
            }
        }
        let html = self.pieces[first..].iter_mut().find_map(|piece| match piece {
            Piece::Body(body) if !body.html.is_empty() => Some(body),
            _ => None,
        });
        match html {
            Some(body) => body.related.extend(related),
            None => self.attachments.extend(related),
        }
    }
}

/// All that these texts show by content id, found in one go.
fn shown_ids(pieces: &[Piece<'_>]) -> HashSet<String> {
    let bodies = pieces.iter().filter_map(|piece| match piece {
        Piece::Body(body) => Some(body),
        _ => None,
    });
    bodies
        .flat_map(|body| &body.html)
        .flat_map(|part| html::content_ids(&part.text().text))
        .collect()
}

enum Kind {
    Text,
    Picture,
    Message,
    Sealed,
    Other,
}

fn kind(part: &Part<'_>) -> Kind {
    let is_inline = part.disposition() == Disposition::Inline;
    let is_unnamed = part.disposition() == Disposition::Unsaid && part.name().is_none();
    match part.media_type() {
        "application/pkcs7-mime" | "application/x-pkcs7-mime"
            if part.parameter("smime-type") != Some("signed-data") =>
        {
            Kind::Sealed
        }
        _ if part.disposition() == Disposition::Attachment => Kind::Other,
        _ if part.is_message() => Kind::Message,
        "text/calendar"
        | "text/vcard"
        | "text/x-vcard"
        | "text/directory"
        | "text/rfc822-headers"
        | "text/csv" => Kind::Other,
        // A name makes a file of a text, except of one that is to be shown with the others.
        "text/html" if is_unnamed || (is_inline && part.name().is_none()) => Kind::Text,
        "text/html" => Kind::Other,
        media if media.starts_with("text/") && (is_unnamed || is_inline) => Kind::Text,
        "image/png" | "image/jpeg" | "image/gif" | "image/webp" if is_inline => Kind::Picture,
        _ => Kind::Other,
    }
}
