//! What may leave the program, and what may come in.
//!
//! **The token** is nowhere: not in what a command says, in whatever form of output and with whatever log, not in
//! errors, reports, the data directory, temporary files, nor in a process's arguments. Not in plain, not encoded, and not
//! its secret part alone; not even when the server says it back. Only `login` keeps it, in one file, and `logout` removes
//! that.
//!
//! **A person's number** is told whole where it is the result that was asked for, and nowhere else:
//!
//! - on stdout, and in a report's file: `report`, `preview`, `check --json`, `test --json`, `optout list`,
//!   `subscribers`, `conversation`, `catalog orders`;
//! - in the line above a preview (`row 2, to 919876543210:`), which is part of that result;
//! - a text that is *no* number, as it was typed or stands in its cell, where somebody has to mend it.
//!
//! All else (messages, progress, log, errors, a server's own words) has at most its last four digits. Names and
//! other cells of a row are in results only; headers are nobody's, and errors name them.
//!
//! **Hostile files, names, templates and servers** ([`hostile`]) end in an error that says where and what to do, or
//! are taken for the data that they are: within bounded memory and time, with nothing in the output that a
//! terminal could take for an order.
//!
//! **What is written is its owner's alone** ([`permissions`]), and [`erase`] leaves nothing of a recipient.
#![cfg(all(test, unix))]
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test's helpers fail the test")]

mod account;
mod canaries;
mod canary;
mod desk;
mod echoes;
mod erase;
mod hostile;
mod permissions;
mod server;
mod streams;
