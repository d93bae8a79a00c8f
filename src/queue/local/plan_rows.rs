//! Rows of a plan in memory: whole, or as far as sending asks for them.

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use serde::de::{DeserializeOwned, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::packed;
use crate::domain::ids::SenderNo;
use crate::domain::message::Message;
use crate::domain::phone::Phone;
use crate::domain::plan::SkipCause;
use crate::domain::problem::Problem;

/// Unpacked blocks that are kept.
const KEPT: usize = 8;

/// One row, held within its unpacked block.
pub(super) struct RowRef<R> {
    block: Arc<[R]>,
    at: usize,
}

impl<R> Deref for RowRef<R> {
    type Target = R;
    fn deref(&self) -> &R {
        &self.block[self.at]
    }
}

/// The blocks that were asked for last, by number, the last one first.
pub(super) struct Blocks<R>(Vec<(u32, Arc<[R]>)>);

impl<R> Default for Blocks<R> {
    fn default() -> Self {
        Blocks(Vec::new())
    }
}

impl<R> Blocks<R> {
    /// A row of a block, which is read where it isn't kept; `None` where the block has no such row.
    pub fn row<E>(
        &mut self,
        no: u32,
        at: usize,
        read: impl FnOnce() -> Result<Vec<R>, E>,
    ) -> Result<Option<RowRef<R>>, E> {
        if let Some(kept) = self.0.iter().position(|(n, _)| *n == no) {
            self.0[..=kept].rotate_right(1);
        } else {
            let block = read()?.into();
            self.0.truncate(KEPT - 1);
            self.0.insert(0, (no, block));
        }
        let block = self.0[0].1.clone();
        Ok((at < block.len()).then_some(RowRef { block, at }))
    }
}

/// The rows of a packed block.
pub(super) fn unpack<R: DeserializeOwned>(bytes: &[u8], count: u32) -> Result<Vec<R>, &'static str> {
    let bytes = packed::unpack(bytes).ok_or("it can't be unpacked")?;
    let mut rest = bytes.as_slice();
    let mut rows = Vec::with_capacity(count as usize);
    for _ in 0..count {
        let (row, after) = postcard::take_from_bytes(rest).map_err(|_| "a row can't be read")?;
        rows.push(row);
        rest = after;
    }
    if rest.is_empty() { Ok(rows) } else { Err("it holds more than its rows") }
}

/// What sending needs of a [`PlannedRow`](crate::domain::plan::PlannedRow): the rest is passed over, which takes half
/// the time.
#[derive(Debug, Deserialize)]
pub(super) struct Addressed {
    _row: Option<u32>,
    _key: Option<PassedOver>,
    _to: PassedOver,
    pub phone: Option<Phone>,
    _sender: SenderNo,
    _cells: AllPassedOver,
    pub fate: Errand,
}

/// A [`Fate`](crate::domain::plan::Fate), with a message that outlasts its block.
#[derive(Debug, Deserialize)]
pub(super) enum Errand {
    Send(#[serde(deserialize_with = "shared")] Arc<Message>),
    Skip { _cause: SkipCause, problem: Problem, _kind: PassedOver },
}

/// With one allocation: serde makes a `Box` first.
fn shared<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Arc<Message>, D::Error> {
    Message::deserialize(deserializer).map(Arc::new)
}

/// A text that is passed over.
#[derive(Debug)]
pub(super) struct PassedOver;

impl<'de> Deserialize<'de> for PassedOver {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<PassedOver, D::Error> {
        // A text's bytes, not looked at.
        <&[u8]>::deserialize(deserializer).map(|_| PassedOver)
    }
}

/// Texts that are passed over.
#[derive(Debug)]
struct AllPassedOver;

impl<'de> Deserialize<'de> for AllPassedOver {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<AllPassedOver, D::Error> {
        struct All;
        impl<'de> Visitor<'de> for All {
            type Value = AllPassedOver;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("texts")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut texts: A) -> Result<AllPassedOver, A::Error> {
                while texts.next_element::<PassedOver>()?.is_some() {}
                Ok(AllPassedOver)
            }
        }
        deserializer.deserialize_seq(All)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::plan::{Fate, PlannedRow};

    #[test]
    fn of_a_row_that_is_passed_over_in_part_the_rest_is_the_same() {
        let send = PlannedRow {
            row: Some(2),
            key: Some("919876543210".into()),
            to: "919876543210".into(),
            phone: Phone::from_digits("919876543210"),
            sender: SenderNo(1),
            cells: vec!["Asha".into(), "".into(), "a cell that is longer than twenty-four bytes".into()],
            fate: Fate::Send(Message::Text { body: "नमस्ते".to_owned() }),
        };
        let problem = Problem::new("no such number");
        let fate = Fate::Skip { cause: SkipCause::Bad, problem, kind: "text".to_owned() };
        let skip = PlannedRow { row: None, key: None, phone: None, cells: Vec::new(), fate, ..send.clone() };
        let rows = [send, skip];
        let bytes: Vec<u8> = rows.iter().flat_map(|row| postcard::to_stdvec(row).unwrap()).collect();
        let packed = packed::pack(&bytes);
        assert_eq!(unpack::<PlannedRow>(&packed, 2).unwrap(), rows);
        let addressed = unpack::<Addressed>(&packed, 2).unwrap();
        for (row, addressed) in rows.iter().zip(&addressed) {
            assert_eq!(row.phone, addressed.phone);
            match (&row.fate, &addressed.fate) {
                (Fate::Send(message), Errand::Send(shared)) => assert_eq!(*message, **shared),
                (Fate::Skip { problem, .. }, Errand::Skip { problem: told, .. }) => assert_eq!(problem, told),
                other => panic!("{other:?}"),
            }
        }
        for (count, why) in [(1, "it holds more than its rows"), (3, "a row can't be read")] {
            assert_eq!(unpack::<Addressed>(&packed, count).unwrap_err(), why);
        }
        assert_eq!(unpack::<Addressed>(&packed[..3], 2).unwrap_err(), "it can't be unpacked");
    }
}
