//! sendcast: the broadcast runner for Sendwo's WhatsApp API, and its typed client.
//!
//! What other programs may build on is the client, [`sendwo`]; its beginning is [`Client`]:
//!
//! ```no_run
//! use sendcast::Client;
//!
//! # async fn f() -> Result<(), Box<dyn std::error::Error>> {
//! let client = Client::builder("12|the-token").build()?;
//! let sent = client.whatsapp().send_text("PHONE-NUMBER-ID", "+91 98765 43210".parse()?, "Hello!").await;
//! println!("{sent:?}");
//! # Ok(())
//! # }
//! ```
//!
//! Whole campaigns are the program's: other programs start `sendcast run … --json` and read its exit code
//! (`examples/campaign.rs`). The other modules are the program's own, and change without notice.
//!
//! The program's promise, and the letters its code refers to it by:
//!
//! - **L**, nobody is lost: every row of the audience is in the report, with one status.
//! - **D**, nobody is written to twice: a message is POSTed again only when it is *known* that the last
//!   POST was not accepted, or when the operator orders it.
//! - **X**, doubt is exact: `in_doubt` is precisely the attempts with an intent on disk and neither a
//!   recorded outcome nor a verdict.
//! - **P**, the pace is never exceeded, over restarts and over all campaigns that share a data directory.
//!
//! # The rooms, from the ground up
//!
//! | room | what it holds |
//! |---|---|
//! | `sys` | the outside as traits: clock, disk; what differs by platform |
//! | `domain` | pure types and decisions: no clock, no I/O |
//! | `campaign` | what to send: the file, tables, templates, the planner |
//! | [`sendwo`] | the typed API client |
//! | `queue` | the durable queue: plan, journal, states |
//! | `webhooks` | what Sendwo tells by itself: the listener, the inbox, who wrote STOP |
//! | `engine` | the run: its loop, senders, pacer, tracker, reconciler, orders |
//! | `report` | one file per format |
//! | `sandbox` | the imitation of the API, with faults |
//! | `app` | the use cases: a campaign's directory, open, plan, run, orders, reports; knows no terminal |
//! | `ui` | printer, progress, hints |
//! | `web` | the dashboard, over `app`: door, routes, pages |
//! | `cli` | arguments, settings, exit codes, one file per command, over `app` |
//!
//! Imports go down only; a test reads every path in the sources and holds this. `ARCHITECTURE.md` follows a
//! message through the rooms, and `PROOF.md` names the test that holds each invariant.

#[doc(hidden)]
pub mod app;
#[doc(hidden)]
pub mod campaign;
#[doc(hidden)]
pub mod cli;
#[doc(hidden)]
pub mod domain;
#[doc(hidden)]
pub mod engine;
#[doc(hidden)]
pub mod queue;
#[doc(hidden)]
pub mod report;
#[doc(hidden)]
pub mod sandbox;
pub mod sendwo;
#[doc(hidden)]
pub mod sys;
#[doc(hidden)]
pub mod ui;
#[doc(hidden)]
pub mod web;
#[doc(hidden)]
pub mod webhooks;

#[doc(inline)]
pub use sendwo::{Client, SendOutcome};
