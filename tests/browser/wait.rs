//! Waiting is always until a condition holds, never for a time.
#![cfg(test)] // lets clippy take the helpers for test code

use std::thread;
use std::time::{Duration, Instant};

/// How long a condition may take.
pub const LIMIT: Duration = Duration::from_secs(10);
/// How often it is looked at.
const EVERY: Duration = Duration::from_millis(15);

/// What `look` comes to see, or nothing after `limit`.
pub fn until<T>(limit: Duration, mut look: impl FnMut() -> Option<T>) -> Option<T> {
    let end = Instant::now() + limit;
    loop {
        if let Some(seen) = look() {
            return Some(seen);
        }
        if Instant::now() >= end {
            return None;
        }
        thread::sleep(EVERY);
    }
}
