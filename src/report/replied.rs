//! The column `reply`, where a round has replies: which button each person pressed, behind the audience's own columns.
//!
//! It is added to what the writers are given, so that every format has it, and rounds without replies cost nothing.

use std::borrow::Cow;
use std::collections::HashMap;
use std::hash::BuildHasher;

use crate::domain::ids::JobId;
use crate::domain::plan::PlanHead;
use crate::domain::text::Cell;
use crate::queue::Listed;

/// The column's name.
pub const REPLY: &str = "reply";

/// The head with the column behind the audience's own; one of theirs that has its name becomes `audience.reply`.
#[must_use]
pub fn with_replies(head: &PlanHead) -> PlanHead {
    let mut head = head.clone();
    for name in head.columns.iter_mut().filter(|name| *name == REPLY) {
        *name = format!("audience.{REPLY}");
    }
    head.columns.push(REPLY.to_owned());
    head
}

/// A job with what was pressed, where something was; `columns` is the number of the audience's own.
pub fn replied<'a, S: BuildHasher>(
    mut listed: Listed<'a>,
    replies: &HashMap<JobId, Cell, S>,
    columns: usize,
) -> Listed<'a> {
    if let Some(reply) = replies.get(&listed.id) {
        let mut row = listed.row.into_owned();
        // A short row has no cell where it ends.
        row.cells.resize(columns, Cell::default());
        row.cells.push(reply.clone());
        listed.row = Cow::Owned(row);
    }
    listed
}
