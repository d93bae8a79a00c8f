//! The API's endpoints, one file for each resource, and the sandbox's own pages.
//!
//! A new resource is a file with `routes()` that is merged in `table::router`; `table::send`, `table::change`,
//! `table::ask` and those beside it bring the token check, the faults and the counting.

mod account;
mod catalog;
mod control;
mod conversation;
mod delivery;
mod inbound;
mod label;
mod package;
mod page;
mod send;
mod subscriber;
mod table;
mod user;
mod workflow;

pub(super) use table::router;
