//! `webhooks list|create`: a file for each.

mod action;
mod create;
mod list;

pub use action::{Args, run};
