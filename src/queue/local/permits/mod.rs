//! Permits of one machine: files in `numbers/<id>/`, shared by its processes.

mod line;
mod number;

pub use number::{LocalPermits, open_permits};
