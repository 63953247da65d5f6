//! Pieces of the index on their way: up, and down through what the device keeps of them.

use std::sync::Arc;

use postern_crypto::mail::{Manifest, Piece};
use postern_protocol::ContentId;

use crate::account::Account;
use crate::device::keys;
use crate::http::Door;
use crate::transfer::{fetch_all, upload_all};
use crate::{Error, Result};

/// No piece is larger: nobody shall fill a device's memory.
const MAX_BYTES: u64 = 64 << 20;

/// The plaintext of a piece. The device keeps it, so that it comes once.
pub(super) async fn load(account: &Account, piece: &Piece) -> Result<Vec<u8>> {
    let key = keys::mail_piece(ContentId(piece.content.id));
    let device = &account.surroundings().device;
    if let Some(mut kept) = device.get(&key).await? {
        return Ok(std::mem::take(&mut *kept));
    }
    if piece.content.size > MAX_BYTES {
        return Err(Error::NotAuthentic);
    }
    let plain = fetch_all(&account.api, &Door::MailIndex, &piece.content).await?;
    remember(account, &key, &plain).await;
    Ok(plain)
}

/// A device that has no room for a piece fetches it again. One that was signed out meanwhile keeps nothing.
async fn remember(account: &Account, key: &str, plain: &[u8]) {
    if account.api.token().is_some() {
        let _ = account.surroundings().device.put(key, plain).await;
    }
}

/// Seals and sends a piece that tells of so many messages. The server keeps it for as long as a manifest names it.
pub(super) async fn send(account: &Account, messages: usize, plain: Vec<u8>) -> Result<Piece> {
    let plain = Arc::new(plain);
    let content = upload_all(account, Arc::clone(&plain)).await?;
    let key = keys::mail_piece(ContentId(content.id));
    remember(account, &key, &plain).await;
    Ok(Piece {
        messages: u32::try_from(messages).map_err(|_| Error::TooLarge)?,
        content,
    })
}

/// The device forgets the pieces that a manifest does not name.
pub(super) async fn forget_others(account: &Account, manifest: &Manifest) -> Result<()> {
    let device = &account.surroundings().device;
    let pieces = manifest.listings.iter().chain(&manifest.words);
    let named: Vec<_> = pieces
        .map(|piece| keys::mail_piece(ContentId(piece.content.id)))
        .collect();
    for key in device.list(keys::MAIL_PIECES).await? {
        if !named.contains(&key) {
            device.delete(&key).await?;
        }
    }
    Ok(())
}
