//! What the user sees: messages, results, progress. The library below is silent; this room speaks.
//!
//! Invariants:
//!
//! - Progress and messages go to stderr, results to stdout; with `--json` stdout carries JSON and nothing
//!   else.
//! - Nothing from outside (cells, server texts) reaches a terminal with a control character in it
//!   ([`sanitize`]).
//! - What is drawn is a pure function of what is known; only [`Printer`] and [`Progress`] write.
//! - A terminal that vanishes never takes the run with it.

mod confirm;
mod lines;
pub mod markup;
pub mod phone_bubble;
mod printer;
mod progress;
pub mod sanitize;
mod screen;
mod secret;
mod style;
mod summary;
mod table;
pub mod text;
mod waiting;

pub use confirm::{Answer, can_ask, confirm, enter};
pub use lines::Lines;
pub use printer::{Captured, ColorWhen, LogLine, Printer, Settings, Verbosity};
pub use progress::{Bars, Plain, Progress};
pub use secret::secret;
pub use summary::Summary;
pub use table::{Align, Table};
pub use waiting::Waiting;
