//! The command line: arguments, settings, exit codes, and one file for each command under [`commands`].
//!
//! Invariants:
//!
//! - clap's structs ([`args`], each command's `Args`) end here: what the rooms below get is validated.
//! - Settings are resolved once, in this order: arguments, the environment, what stayed with the campaign
//!   ([`stored`]), the campaign file, the default.
//! - A command either does what it was asked and says so, or returns a [`CliError`] that names what is wrong
//!   and what to do; [`dispatch`] alone renders it and picks the exit code.
//! - An order, a plan or a setting is durable before the command that gave it returns.

pub mod args;
pub mod choices;
pub mod commands;
pub mod context;
pub mod error;
pub mod exit;
pub mod ledger;
mod logging;
pub mod observe;
mod opening;
mod ordering;
mod phones;
mod planning;
mod preflight;
mod reach;
mod reporting;
mod sending;
pub mod settings;
mod signals;
pub mod stored;
mod trial;
mod words;

use clap::Parser;

pub use args::Cli;
pub use context::Context;
pub use error::CliError;
pub use exit::Exit;

use crate::ui::{self, Printer, Verbosity};

/// Reads the process's arguments. Help, the version and wrong usage are printed here, and their code returned.
///
/// # Errors
/// The exit code that ends the process at once.
pub fn parse() -> Result<Cli, u8> {
    Cli::try_parse().map_err(|error| {
        // A closed stderr leaves nobody to tell.
        let _ = error.print();
        if error.use_stderr() { Exit::Usage.code() } else { Exit::Done.code() }
    })
}

/// Carries a command out and renders its error. Runs on a `LocalSet`.
pub async fn dispatch(cli: Cli) -> Exit {
    let verbosity = match (cli.global.quiet, cli.global.verbose) {
        (true, _) => Verbosity::Quiet,
        (false, 0) => Verbosity::Normal,
        (false, _) => Verbosity::Verbose,
    };
    let printer = Printer::new(ui::Settings { verbosity, json: cli.global.json, color: cli.global.color });
    logging::start(cli.global.verbose, cli.global.quiet, &printer);
    let done = match Context::new(&cli.global, printer.clone()) {
        Ok(ctx) => cli.command.run(&ctx).await,
        Err(error) => Err(error),
    };
    done.unwrap_or_else(|error| Context::tell(&printer, &error))
}
