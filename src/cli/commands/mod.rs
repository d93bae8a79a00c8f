//! The commands, one file each: its arguments and what it does with them. The next ones (`login`,
//! `account`, `subscribers`, …) are a file here, and a variant and an arm of [`Command`].

mod cancel;
mod check;
mod command;
mod completions;
mod erase;
mod init;
mod optout;
mod pause;
mod preview;
mod report;
mod resolve;
mod resume;
mod retry;
mod run;
mod sandbox;
mod schema;
mod status;
mod test;
mod verify;

pub use command::Command;
