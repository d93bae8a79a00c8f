//! `webhooks list|create|listen`: a file for each.

mod action;
mod create;
mod list;
mod listen;

pub use action::{Args, run};
