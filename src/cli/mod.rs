//! The command line: arguments, settings, exit codes, what is printed and asked, and one file for each command under
//! [`commands`]. What a command does is a use case of [`app`](crate::app).
//!
//! Invariants:
//!
//! - clap's structs ([`args`], each command's `Args`) end here: what the rooms below get is validated.
//! - Settings are resolved once, in this order: arguments, the environment, what stayed with the campaign
//!   ([`options`](crate::app::options)), the campaign file, the default.
//! - A command either does what it was asked and says so, or returns an [`AppError`](crate::app::AppError) that names what is wrong
//!   and what to do; `dispatch` alone renders it and picks the exit code.
//! - The environment is read by `settings`, by clap's `env` and, for a shell's completion, by `completion`. The process is
//!   ended in one place: `signals`, at the second Ctrl-C.

mod api_output;
pub mod args;
mod bulk;
pub mod commands;
mod completion;
pub mod context;
mod dispatch;
mod estimate_json;
pub mod exit;
mod logging;
mod one_message_text;
mod order_text;
mod run_text;
pub mod settings;
mod signals;
mod status_text;
mod terminal;

pub use args::Cli;
pub use context::Context;
pub use dispatch::{dispatch, parse};
pub use exit::Exit;
