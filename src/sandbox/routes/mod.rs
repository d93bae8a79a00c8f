//! The API's endpoints, one file for each resource, and the sandbox's own pages.
//!
//! A new resource is a file with `routes()` that is merged in `table::router`; `table::send` and `table::ask` bring the token
//! check, the faults and the counting.

mod account;
mod control;
mod conversation;
mod delivery;
mod send;
mod table;
mod user;

pub(super) use table::router;
