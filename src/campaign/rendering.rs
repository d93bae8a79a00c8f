//! Which row's message is being made right now, for whoever must notice that one is never done.
//!
//! A template's fuel pays for its steps. One step may still take for ever: lists that hold each other a hundred times
//! over cost a few steps to make, and ages to compare. Nothing within the process can end that; the edge can.
//!
//! One campaign is planned at a time in a process; of several, the last one to begin is told of.

use std::sync::atomic::{AtomicU64, Ordering};

/// The row and one more; 0 for none.
static ROW: AtomicU64 = AtomicU64::new(0);

/// Lasts as long as a row's message is being made.
pub(super) struct Rendering;

/// Begins with a row's message; with 0, looks at what holds for all.
pub(super) fn begin(row: u32) -> Rendering {
    ROW.store(u64::from(row) + 1, Ordering::Relaxed);
    Rendering
}

impl Drop for Rendering {
    fn drop(&mut self) {
        ROW.store(0, Ordering::Relaxed);
    }
}

/// The row whose message is being made; 0 while the message that holds for all is looked at.
#[must_use]
pub fn row_at_work() -> Option<u32> {
    ROW.load(Ordering::Relaxed).checked_sub(1).and_then(|row| u32::try_from(row).ok())
}
