//! The command line: arguments, settings, exit codes, and one file for each command under [`commands`].
//!
//! Invariants:
//!
//! - clap's structs ([`args`], each command's `Args`) end here: what the rooms below get is validated.
//! - Settings are resolved once, in this order: arguments, the environment, what stayed with the campaign
//!   ([`stored`]), the campaign file, the default.
//! - A command either does what it was asked and says so, or returns a [`CliError`] that names what is wrong
//!   and what to do; [`dispatch()`] alone renders it and picks the exit code.
//! - An order, a plan or a setting is durable before the command that gave it returns.

pub mod args;
mod asking;
mod attributing;
mod begun;
mod bulk;
pub mod choices;
mod claims;
pub mod commands;
mod complaints;
mod completion;
pub mod context;
mod dispatch;
pub mod error;
pub mod exit;
mod feeding;
mod forgetting;
mod kept;
mod labels;
pub mod ledger;
mod likeness;
mod logging;
mod logins;
pub mod observe;
mod opening;
mod optouts;
mod ordering;
pub mod others;
mod phones;
mod planning;
mod preflight;
mod questions;
mod reach;
mod replanning;
mod reporting;
mod sending;
pub mod settings;
mod signals;
mod single;
mod standard_input;
pub mod stored;
mod subscribed;
mod trial;
mod words;
pub mod zone;

pub use args::Cli;
pub use context::Context;
pub use dispatch::{dispatch, parse};
pub use error::CliError;
pub use exit::Exit;
