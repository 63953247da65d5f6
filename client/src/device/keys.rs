//! The names of all that a device remembers, in one place, so that somebody decides for each kind how long it stays.
//!
//! What opens or names anything of an account goes when its session ends. What stays belongs to the device:
//!
//! - `server`, where the session was: whoever is signed out from elsewhere signs in there again. A program that keeps it
//!   forgets it when the person signs out.
//! - `memory/`, the highest that was seen of an account. Without it, a server could show an older tree to whoever signs in
//!   again (threat C3).
//! - `lease/`, which somebody may hold who never had an account: a link with one download left would be used up for them
//!   if another person's signing out took it away. A lease opens nothing without its link, and ends after a day.
//! - `download/`, how much of a file has come: a number, and where the user's own disk has that file.

use postern_crypto::codec::Writer;
use postern_crypto::hash;
use postern_protocol::{AccountId, ContentId, LinkId};

use super::Device;
use crate::Result;

/// The session, with the account key.
pub(crate) const SESSION: &str = "session";
/// Of a program that knows several servers: the one where the account is.
pub const SERVER: &str = "server";
/// Journals of uploads, each with the key of a content.
pub(crate) const JOURNALS: &str = "journal/";
/// Leases of links.
pub(crate) const LEASES: &str = "lease/";
/// Pieces of the index of mail, opened.
pub(crate) const MAIL_PIECES: &str = "mail/";
/// Notes of downloads.
pub const DOWNLOADS: &str = "download/";

/// The highest that was seen of an account.
pub(crate) fn memory(account: AccountId) -> String {
    format!("memory/{account}")
}

/// A piece of the index of mail.
pub(crate) fn mail_piece(content: ContentId) -> String {
    format!("{MAIL_PIECES}{content}")
}

/// The journal of an upload.
pub(crate) fn journal(name: &str) -> String {
    format!("{JOURNALS}{name}")
}

/// The lease of a link of the server at `origin`. Links of two servers may have one id; a lease is a secret between this
/// device and one of them.
pub(crate) fn lease(origin: &str, link: LinkId) -> String {
    format!("{LEASES}{}", described_name(&[origin.as_bytes(), &link.0]))
}

/// The note of a download, which `parts` describe.
#[must_use]
pub fn download(parts: &[&[u8]]) -> String {
    format!("{DOWNLOADS}{}", described_name(parts))
}

/// A name for what `parts` describe: the same each time, fit for a device's store, and telling nobody what they are.
#[must_use]
pub fn described_name(parts: &[&[u8]]) -> String {
    let described = parts
        .iter()
        .fold(Writer::with_capacity(256), |writer, part| writer.lp(part))
        .finish();
    let hash = hash::hash(&described);
    ContentId(hash[..16].try_into().expect("a hash is longer than an id")).to_string()
}

/// Removes what goes when a session ends. The session is the first: nobody is signed in any more, even if the rest fails.
pub(crate) async fn forget_account(device: &dyn Device) -> Result<()> {
    device.delete(SESSION).await?;
    device.delete_all(JOURNALS).await?;
    device.delete_all(MAIL_PIECES).await
}

#[cfg(test)]
mod tests {
    use futures::executor::block_on;

    use super::*;
    use crate::device::MemoryDevice;

    #[test]
    fn the_end_of_a_session_leaves_only_what_belongs_to_the_device() {
        let device = MemoryDevice::default();
        let stays = [
            download(&[b"film"]),
            lease("https://files.example", LinkId([1; 16])),
            memory(AccountId([2; 16])),
            SERVER.to_owned(),
        ];
        let goes = [
            SESSION.to_owned(),
            journal("film"),
            mail_piece(ContentId([3; 16])),
        ];
        for key in stays.iter().chain(&goes) {
            block_on(device.put(key, b"x")).expect("put");
        }
        block_on(forget_account(&device)).expect("forgotten");
        assert_eq!(block_on(device.list("")).expect("listed"), stays);
    }

    #[test]
    fn a_link_has_another_lease_at_another_server() {
        let link = LinkId([1; 16]);
        assert_ne!(lease("https://a.example", link), lease("https://b.example", link));
    }

    #[test]
    fn where_a_part_ends_belongs_to_the_name() {
        assert_eq!(described_name(&[b"ab", b"c"]), described_name(&[b"ab", b"c"]));
        assert_ne!(described_name(&[b"ab", b"c"]), described_name(&[b"a", b"bc"]));
    }
}
