//! Several messages to one number, where the campaign says so (`"duplicates": "send"`).
//!
//! Invariants:
//!
//! - Each row of a number has a key of its own: the number's for the first, the number's with `#2`, `#3`, … for the
//!   others, by the rows' order, bad rows among them. So a row keeps its key when others change, and when rows are
//!   appended. Where rows of one number move, no message is sent a second time: the queue compares messages.
//! - The same message goes to the same number once.
//!
//! About 40 bytes a row.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::hash::{BuildHasher, RandomState};

use crate::domain::message::Message;
use crate::domain::text::Cell;

/// What was planned so far for which number.
#[derive(Debug, Default)]
pub(super) struct Repeats {
    rows: HashMap<u64, u32>,
    hashers: [RandomState; 2],
    messages: HashMap<[u64; 2], u32>,
}

impl Repeats {
    /// The key of the next row of this number.
    pub fn key(&mut self, identity: u64) -> Cell {
        let rows = self.rows.entry(identity).or_default();
        *rows += 1;
        match *rows {
            1 => identity.to_string().into(),
            n => format!("{identity}#{n}").into(),
        }
    }

    /// The earlier row that sends this message to this number. Where there is none, this one does from now on.
    pub fn said(&mut self, identity: u64, message: &Message, row: u32) -> Option<u32> {
        let hash = [0, 1].map(|n| self.hashers[n].hash_one((identity, message)));
        match self.messages.entry(hash) {
            Entry::Occupied(earlier) => Some(*earlier.get()),
            Entry::Vacant(free) => {
                free.insert(row);
                None
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_row_has_a_key_and_each_message_goes_out_once() {
        let mut repeats = Repeats::default();
        assert_eq!([7, 7, 8, 7].map(|identity| repeats.key(identity).to_string()), ["7", "7#2", "8", "7#3"]);
        let text = |body: &str| Message::Text { body: body.into() };
        assert_eq!(repeats.said(7, &text("a"), 2), None);
        assert_eq!(repeats.said(7, &text("b"), 3), None);
        assert_eq!(repeats.said(8, &text("a"), 4), None);
        assert_eq!(repeats.said(7, &text("a"), 5), Some(2));
    }
}
