//! What a user's device does: account, drive, links.
