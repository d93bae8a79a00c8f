//! What must hold whatever the input: a body for each target.
//!
//! `fuzz_targets/` hands them to libFuzzer; `tests/it/fuzz.rs` runs the same bodies over `seeds/` and over
//! mutations of them, without nightly. A body panics where its property, stated at its head, is broken.
//! Inputs that once broke something stay in `seeds/`, named by what they showed.

pub mod answers;
pub mod campaign;
pub mod csv_campaign;
mod input;
pub mod journal;
pub mod phone;
mod planned;
mod round;
mod scratch;
pub mod states;
pub mod tables;
pub mod templates;
