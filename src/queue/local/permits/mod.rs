//! Permits of one machine: files in `numbers/<id>/`, shared by its processes.

mod line;
mod number;

pub use line::in_line;
pub use number::{LocalPermits, kept_hold, kept_lesson, open_permits};
