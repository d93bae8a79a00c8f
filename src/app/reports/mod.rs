//! Writing a report to a file, and remembering where it went.
//!
//! Invariant: `erase` knows every report that was written.

mod report;

pub use report::{at_the_end, form_of, head, named_form, of_round, path, times, to_file, try_place};
