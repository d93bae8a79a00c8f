//! The commands, one file each: its arguments and what it does with them. The next one is a file here with `Args` and `run`
//! over a use case, a variant and an arm of [`Command`], and a test in `tests/it/cli/`. Results go to stdout through
//! `Context::out` or `out_json`, the rest to stderr.

mod account;
mod cancel;
mod catalog;
mod check;
mod command;
mod completions;
mod conversation;
mod delivery_status;
mod erase;
mod forget;
mod init;
mod labels;
mod login;
mod logout;
mod man;
mod modules;
mod numbers;
mod optout;
mod packages;
mod pause;
mod preview;
mod report;
mod resolve;
mod resume;
mod retry;
mod run;
mod sandbox;
mod schedule;
mod schema;
mod send;
mod serve;
mod status;
mod subscribers;
mod table;
mod test;
mod usage;
mod verify;
mod webhooks;

pub use command::Command;
