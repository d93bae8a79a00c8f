//! sendcast: the broadcast runner for Sendwo's WhatsApp API.
//!
//! The promise, and the letters the code refers to it by:
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
//! | [`sys`] | the outside as traits: clock, disk; what differs by platform |
//! | [`domain`] | pure types and decisions: no clock, no I/O |
//! | [`campaign`] | what to send: the file, tables, templates, the planner |
//! | [`sendwo`] | the typed API client |
//! | [`queue`] | the durable queue: plan, journal, states |
//! | [`webhooks`] | what Sendwo tells by itself: the listener, the inbox, who wrote STOP |
//! | [`engine`] | the run: its loop, senders, pacer, tracker, reconciler, orders |
//! | [`report`] | one file per format |
//! | [`sandbox`] | the imitation of the API, with faults |
//! | [`ui`] | printer, progress, hints |
//! | [`cli`] | arguments, settings, exit codes, one file per command |
//!
//! Imports go down only; a test reads every path in the sources and holds this. `ARCHITECTURE.md` follows a
//! message through the rooms, and names the test that holds each invariant.

pub mod campaign;
pub mod cli;
pub mod domain;
pub mod engine;
pub mod queue;
pub mod report;
pub mod sandbox;
pub mod sendwo;
pub mod sys;
pub mod ui;
pub mod webhooks;
