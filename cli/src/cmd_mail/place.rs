//! Where messages lie, as people write it.

use postern_client::mail::{MailRoot, Place, Tag};

use crate::failure::{Failure, Result};

/// The places that every mailbox has.
const PLACES: [(&str, Place); 5] = [
    ("inbox", Place::Inbox),
    ("archive", Place::Archive),
    ("sent", Place::Sent),
    ("spam", Place::Spam),
    ("trash", Place::Trash),
];

/// The place of that name: one of those that every mailbox has, or a folder.
pub(super) fn parse(typed: &str, order: &MailRoot) -> Result<Place> {
    let name = typed.to_lowercase();
    let known = PLACES.iter().find(|(known, _)| *known == name);
    let folder = || order.folders.iter().find(|tag| tag.name.to_lowercase() == name);
    known
        .map(|(_, place)| *place)
        .or_else(|| folder().map(|tag| Place::Folder(tag.id)))
        .ok_or_else(|| {
            let names = PLACES.map(|(name, _)| name).into_iter();
            let names = names.chain(order.folders.iter().map(|tag| tag.name.as_str()));
            let names = names.collect::<Vec<_>>().join(", ");
            Failure::usage(format!("{typed}: there is no such folder")).advise(format!("There are: {names}."))
        })
}

/// What the place is called. A folder that is there no more leaves its messages in the archive.
pub(super) fn shown(place: Place, order: &MailRoot) -> &str {
    match place {
        Place::Folder(id) => name(&order.folders, id).unwrap_or("archive"),
        place => PLACES
            .iter()
            .find(|(_, known)| *known == place)
            .map_or("archive", |(name, _)| name),
    }
}

/// What labels are called.
pub(super) fn labels(ids: &[[u8; 16]], order: &MailRoot) -> Vec<String> {
    let known = ids.iter().filter_map(|id| name(&order.labels, *id));
    known.map(str::to_owned).collect()
}

fn name(tags: &[Tag], id: [u8; 16]) -> Option<&str> {
    tags.iter().find(|tag| tag.id == id).map(|tag| tag.name.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_called_by_its_name_in_any_letters() {
        let order = MailRoot {
            folders: vec![Tag {
                id: [1; 16],
                name: "Club".to_owned(),
                colour: 0,
            }],
            ..MailRoot::new(postern_client::mail::MailKey::from_bytes([1; 32]))
        };
        assert_eq!(parse("Inbox", &order).expect("known"), Place::Inbox);
        assert_eq!(parse("club", &order).expect("known"), Place::Folder([1; 16]));
        assert!(parse("other", &order).is_err());
        assert_eq!(shown(Place::Folder([1; 16]), &order), "Club");
        assert_eq!(shown(Place::Folder([2; 16]), &order), "archive");
        assert_eq!(shown(Place::Trash, &order), "trash");
    }
}
