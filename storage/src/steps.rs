//! Places at which a crash test lets the process die. Without the feature `contract` there is nothing here.

/// A step has been made: what comes before is done as far as this process is concerned, what comes after is not.
#[cfg(not(feature = "contract"))]
#[inline]
pub(crate) fn reached() {}

#[cfg(feature = "contract")]
pub(crate) use counted::reached;

#[cfg(feature = "contract")]
pub(crate) mod counted {
    use std::sync::atomic::{AtomicI64, Ordering};

    /// How many steps are left to live. Below zero: forever.
    static LEFT: AtomicI64 = AtomicI64::new(-1);

    /// Lets the process die at step `step`, counted from 0, as if by `kill -9`: no destructor runs, nothing is flushed.
    pub fn die_at(step: i64) {
        LEFT.store(step, Ordering::SeqCst);
    }

    pub(crate) fn reached() {
        if LEFT.load(Ordering::SeqCst) >= 0 && LEFT.fetch_sub(1, Ordering::SeqCst) == 0 {
            std::process::abort();
        }
    }
}
