//! `subscribers list|create|update|assign-labels|add-note`: a file for each.

mod action;
mod add_note;
mod assign_labels;
mod create;
mod list;
mod update;

pub use action::{Args, run};
