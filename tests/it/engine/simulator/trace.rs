//! A running hash over all that crosses a process's border, in order, with its virtual time. Two lives with
//! the same hash were the same life.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Duration;

/// The hash so far.
#[derive(Clone, Debug, Default)]
pub struct Trace {
    // `DefaultHasher::new` has fixed keys.
    hasher: DefaultHasher,
    events: u64,
    /// Every line is printed, too.
    shown: bool,
}

impl Trace {
    /// One that prints what it is told.
    pub fn shown(shown: bool) -> Trace {
        Trace { shown, ..Trace::default() }
    }

    /// Something crossed: when, what, and its content.
    pub fn note(&mut self, age: Duration, what: &str, content: &[u8]) {
        self.events += 1;
        if self.shown {
            println!(
                "{:>12.3} {what} {}",
                age.as_secs_f64(),
                String::from_utf8_lossy(content).escape_debug()
            );
        }
        (age.as_nanos(), what, content).hash(&mut self.hasher);
    }

    /// The hash of all that was noted.
    pub fn hash(&self) -> u64 {
        self.hasher.finish()
    }

    /// How many things were noted.
    pub fn events(&self) -> u64 {
        self.events
    }
}
