//! From the process's arguments to its exit code.

use std::io::{self, Write as _};

use clap::Parser;

use crate::cli::args::Cli;
use crate::cli::completion;
use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::cli::logging;
use crate::ui::{self, Printer, Verbosity};

/// Reads the process's arguments. Help, the version and wrong usage are printed here, what a shell asks to complete is
/// answered, and the code returned.
///
/// # Errors
/// The exit code that ends the process at once.
pub fn parse() -> Result<Cli, u8> {
    match completion::answer() {
        Ok(true) => return Err(Exit::Done.code()),
        // The shell shows nothing of it: there is nothing to complete.
        Err(_) => return Err(Exit::CouldNotRun.code()),
        Ok(false) => {}
    }
    Cli::try_parse().map_err(|error| {
        // It repeats what was typed, or what a file is called that a shell put there.
        let text = error.render().ansi().to_string();
        let text = ui::sanitize::styled(&text);
        // A closed stream leaves nobody to tell.
        let _ = if error.use_stderr() {
            anstream::AutoStream::auto(io::stderr()).write_all(text.as_bytes())
        } else {
            anstream::AutoStream::auto(io::stdout()).write_all(text.as_bytes())
        };
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
