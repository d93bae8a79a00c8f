//! The use cases: what can be done with a campaign and with an account, without a terminal.
//!
//! A use case takes plain values and returns plain values. On the way it says what is worth a line, and asks what has to
//! be decided, through the [`Operator`] that stands in front of it: the command line, a page, a test. How something is
//! shown, which exit code it comes to and what an option is called on the command line is decided above; only hints name
//! the command that helps.
//!
//! Invariants:
//!
//! - Nothing here prints, prompts, reads arguments or the environment, or ends the process.
//! - A use case does what it was asked, or returns an [`AppError`] that names what is wrong and what to do.
//! - An order, a plan or an option is durable before the use case that gave it returns.
//! - A question that nobody answers changes nothing.
//!
//! To add a use case: a chapter here with a request and an outcome of plain values, an [`AppError`] with a hint, and a test in
//! `tests/it/app.rs` or, where a command stands over it, in `tests/it/cli/`.

pub mod account;
pub mod bulk;
pub mod campaign_dir;
pub mod check;
pub mod claims;
mod context;
pub mod drafts;
pub mod erase;
mod error;
pub mod feeding;
pub mod forget;
pub mod init;
pub mod one_message;
pub mod open;
mod operator;
pub mod options;
pub mod optouts;
pub mod order_log;
pub mod orders;
pub mod phones;
pub mod plan;
mod question;
pub mod recipients;
pub mod reports;
pub mod run;
pub mod schedule;

pub use crate::engine::snapshot::{Level, Notice};
pub use context::{App, Settings};
pub use error::{AppError, ErrorKind};
pub use operator::{Operator, Progress, Reading};
pub use question::{Answer, ClaimQuestion, FirstMessage, LateQuestion, Question, SendQuestion, removals};
