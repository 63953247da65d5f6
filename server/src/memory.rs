//! What is in memory stays there, and not for longer than it is needed: mail is plain there while it is sealed.

use rustix::process::{DumpableBehavior, set_dumpable_behavior};
use std::alloc::System;
use zeroizing_alloc::ZeroAlloc;

/// What is given back is overwritten first, by whomever it was used.
#[global_allocator]
static ALLOCATOR: ZeroAlloc<System> = ZeroAlloc(System);

/// Has the system write down nothing of it when this crashes, and let nobody but root look into it.
pub(crate) fn keep_to_ourselves() {
    if let Err(error) = set_dumpable_behavior(DumpableBehavior::NotDumpable) {
        tracing::warn!(%error, "if the server crashes, its memory may be written to the disk");
    }
}
