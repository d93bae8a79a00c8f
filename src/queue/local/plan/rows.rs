//! Rows of a plan in memory.

use std::ops::Deref;
use std::sync::Arc;

use crate::domain::plan::PlannedRow;
use crate::queue::local::packed;

/// Unpacked blocks that are kept.
const MAX_UNPACKED_BLOCKS: usize = 8;

/// One row, held within its unpacked block.
pub struct RowRef {
    block: Arc<[PlannedRow]>,
    at: usize,
}

impl Deref for RowRef {
    type Target = PlannedRow;
    fn deref(&self) -> &PlannedRow {
        &self.block[self.at]
    }
}

/// The blocks that were asked for last, by number, the last one first.
#[derive(Default)]
pub(super) struct Blocks(Vec<(u32, Arc<[PlannedRow]>)>);

impl Blocks {
    /// A row of a block, which is read where it isn't kept; `None` where the block has no such row.
    pub fn row<E>(
        &mut self,
        no: u32,
        at: usize,
        read: impl FnOnce() -> Result<Vec<PlannedRow>, E>,
    ) -> Result<Option<RowRef>, E> {
        if let Some(kept) = self.0.iter().position(|(n, _)| *n == no) {
            self.0[..=kept].rotate_right(1);
        } else {
            let block = read()?.into();
            self.0.truncate(MAX_UNPACKED_BLOCKS - 1);
            self.0.insert(0, (no, block));
        }
        let block = self.0[0].1.clone();
        Ok((at < block.len()).then_some(RowRef { block, at }))
    }
}

/// The rows of a packed block.
pub(super) fn unpack(bytes: &[u8], count: u32) -> Result<Vec<PlannedRow>, &'static str> {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ids::SenderNo;
    use crate::domain::message::Message;
    use crate::domain::phone::Phone;
    use crate::domain::plan::{Fate, SkipCause};
    use crate::domain::problem::Problem;

    #[test]
    fn a_block_is_its_rows_and_nothing_else() {
        let send = PlannedRow {
            row: Some(2),
            key: Some("919876543210".into()),
            to: "919876543210".into(),
            phone: Phone::from_digits("919876543210"),
            sender: SenderNo(1),
            variant: None,
            cells: vec!["Asha".into(), "".into(), "a cell that is longer than twenty-four bytes".into()],
            fate: Fate::Send(Message::Text { body: "नमस्ते".to_owned() }.into()),
        };
        let problem = Problem::new("no such number");
        let fate = Fate::Skip { cause: SkipCause::Bad, problem, kind: "text".to_owned() };
        let skip = PlannedRow { row: None, key: None, phone: None, cells: Vec::new(), fate, ..send.clone() };
        let rows = [send, skip];
        let bytes: Vec<u8> = rows.iter().flat_map(|row| postcard::to_stdvec(row).unwrap()).collect();
        let packed = packed::pack(&bytes);
        assert_eq!(unpack(&packed, 2).unwrap(), rows);
        for (count, why) in [(1, "it holds more than its rows"), (3, "a row can't be read")] {
            assert_eq!(unpack(&packed, count).unwrap_err(), why);
        }
        assert_eq!(unpack(&packed[..3], 2).unwrap_err(), "it can't be unpacked");
    }
}
