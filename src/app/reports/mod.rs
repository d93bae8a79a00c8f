//! Writing a report to a file, and remembering where it went; or to somebody who asked for it.
//!
//! Invariant: `erase` knows every report that was written to a file.

mod report;

pub(in crate::app) use report::with_answers;
pub use report::{
    at_the_end, figures, form_of, head, named_form, of_round, path, times, to_file, to_writer, try_place,
};
