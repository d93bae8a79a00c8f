//! Any bytes as a spreadsheet that is the campaign.
//!
//! Input: the file. What must hold: it is refused in words, or every row that the table has is a row of the plan
//! as `planned` says, each with its own message or the reason why there is none.

use sendcast::campaign::Campaign;

use super::{planned, scratch::with_file, tables};

pub fn check(input: &[u8]) {
    with_file("fuzz.csv", input, |path| {
        let campaign = Campaign::load(path).expect("the file itself says nothing wrong");
        let rows: Option<Vec<u32>> = match tables::read(path) {
            Some(read) if !read.failed => Some(read.rows.iter().map(|row| row.number).collect()),
            _ => None,
        };
        planned::check(&campaign, rows.as_deref());
    });
}
