//! Bounds that both sides know. The server refuses what exceeds them, the client never sends it.

/// The largest JSON body of a request: a batch of [`MAX_BATCH_RECORDS`] full records fits.
pub const MAX_JSON_BYTES: usize = 8 << 20;
/// The largest sealed node record. A name of 255 bytes, a media type and all keys need less than a quarter.
pub const MAX_RECORD_BYTES: usize = 4 << 10;
/// The most puts and deletes of one batch together.
pub const MAX_BATCH_RECORDS: usize = 1_000;
/// The most items of one page, of whatever list.
pub const MAX_PAGE: u32 = 1_000;
/// The largest account object: a state that is full fits.
pub const MAX_OBJECT_BYTES: usize = 1 << 20;
/// The largest key slot.
pub const MAX_SLOT_BYTES: usize = 1 << 10;
/// The largest directory statement.
pub const MAX_STATEMENT_BYTES: usize = 4 << 10;
/// The largest volume head.
pub const MAX_HEAD_BYTES: usize = 1 << 10;
/// The largest wrap or archive of a link: a name, a media type and keys need less than half.
pub const MAX_LINK_BYTES: usize = 2 << 10;
/// The largest login or sign-up message.
pub const MAX_OPAQUE_BYTES: usize = 2 << 10;
/// The longest name that a session may give its device.
pub const MAX_DEVICE_CHARS: usize = 64;
/// The most nodes of one volume.
pub const MAX_VOLUME_NODES: u64 = 2_000_000;
/// The deepest folder, counted from the root.
pub const MAX_DEPTH: usize = 256;
/// The most links of one account. Its owner gets them in one answer, which has to fit into memory.
pub const MAX_LINKS: u32 = 10_000;
/// The most downloads that a link may be limited to.
pub const MAX_LINK_DOWNLOADS: u32 = 1_000_000;
/// The largest envelope of a message.
pub const MAX_ENVELOPE_BYTES: usize = 2 << 10;
/// The largest sealed summary of a message. What a list shows of one needs less than a kilobyte, nearly always.
pub const MAX_SUMMARY_BYTES: usize = 16 << 10;
/// The largest mark of a message: a folder and all labels that it may have.
pub const MAX_MARK_BYTES: usize = 1 << 10;
/// The most messages of one page.
pub const MAX_MAIL_PAGE: u32 = 200;
/// The most messages that one request names.
pub const MAX_MAIL_BATCH: usize = 200;
/// The largest manifest of an account's mail index.
pub const MAX_INDEX_MANIFEST_BYTES: usize = 64 << 10;
/// The most contents of an account's mail index.
pub const MAX_INDEX_CONTENTS: usize = 128;

/// The most mail domains beside the server's own.
pub const MAX_DOMAINS: usize = 1_000;
/// The most addresses of one account beside its name.
pub const MAX_ADDRESSES: u32 = 100;
/// The most addresses of one page.
pub const MAX_ADDRESS_PAGE: u32 = 200;

/// Whether something that is counted can have come so far, and further: databases count in signed 64 bits.
#[must_use]
pub const fn is_number(number: u64) -> bool {
    number < i64::MAX as u64
}
