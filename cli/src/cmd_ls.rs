//! `postern ls`

use clap::Args as ClapArgs;
use postern_client::drive::Entry;
use postern_client::protocol::volume::NodeKind;
use serde::Serialize;

use crate::desk::Desk;
use crate::failure::{About as _, Result};
use crate::remote::Remote;
use crate::table::table;
use crate::term::{moment, size};

/// List a folder of the drive
#[derive(ClapArgs)]
pub(crate) struct Ls {
    /// The folder
    #[arg(default_value = "/")]
    remote: Remote,
    /// Sizes and times too
    #[arg(short, long)]
    long: bool,
}

#[derive(Serialize)]
struct Listed {
    path: String,
    entries: Vec<Listing>,
}

/// A file or folder in JSON.
#[derive(Serialize)]
struct Listing {
    name: String,
    kind: NodeKind,
    size_bytes: u64,
    modified_ms: i64,
    media_type: String,
    id: String,
}

impl Ls {
    pub(crate) async fn run(self, desk: &Desk) -> Result<()> {
        let drive = desk.drive().await?;
        let there = self.remote.entry(&drive).await?;
        let entries = match there.kind {
            NodeKind::File => vec![there],
            NodeKind::Folder => {
                let listing = drive.list(Some(there.id)).await;
                listing.about(|| self.remote.to_string())?.entries
            }
        };
        let listed = Listed {
            path: self.remote.to_string(),
            entries: entries.iter().map(listing).collect(),
        };
        desk.say().answer(&listed, || human(&entries, self.long))
    }
}

fn listing(entry: &Entry) -> Listing {
    Listing {
        name: entry.name.clone(),
        kind: entry.kind,
        size_bytes: entry.size_bytes,
        modified_ms: entry.modified.0,
        media_type: entry.media_type.clone(),
        id: entry.id.to_string(),
    }
}

fn human(entries: &[Entry], long: bool) -> String {
    if !long {
        return entries
            .iter()
            .map(|entry| format!("{}\n", shown(entry)))
            .collect();
    }
    let rows: Vec<_> = entries
        .iter()
        .map(|entry| vec![measure(entry), moment(entry.modified), shown(entry)])
        .collect();
    table(&rows, &[0])
}

fn measure(entry: &Entry) -> String {
    match entry.kind {
        NodeKind::File => size(entry.size_bytes),
        NodeKind::Folder => format!("{} in it", entry.children),
    }
}

fn shown(entry: &Entry) -> String {
    match entry.kind {
        NodeKind::File => entry.name.clone(),
        NodeKind::Folder => format!("{}/", entry.name),
    }
}

#[cfg(test)]
mod tests {
    use postern_client::protocol::{NodeId, TimeMs};

    use super::*;

    fn entry(kind: NodeKind, name: &str) -> Entry {
        Entry {
            id: NodeId([1; 16]),
            parent: NodeId([0; 16]),
            kind,
            name: name.to_owned(),
            modified: TimeMs(5),
            size_bytes: 1536,
            media_type: "text/plain".to_owned(),
            children: 3,
        }
    }

    #[test]
    fn a_folder_is_told_from_a_file_by_its_slash() {
        let entries = [entry(NodeKind::Folder, "papers"), entry(NodeKind::File, "letter")];
        assert_eq!(human(&entries, false), "papers/\nletter\n");
        let long = human(&entries, true);
        assert!(long.contains("3 in it") && long.contains("1.50 KiB"), "{long}");
    }

    #[test]
    fn the_shape_in_json_is_as_documented() {
        let json = serde_json::to_string(&listing(&entry(NodeKind::File, "letter"))).expect("json");
        assert_eq!(
            json,
            r#"{"name":"letter","kind":"file","size_bytes":1536,"modified_ms":5,"media_type":"text/plain","id":"AQEBAQEBAQEBAQEBAQEBAQ"}"#
        );
    }
}
