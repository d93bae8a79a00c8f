//! `man DIR`: for those who package sendcast.

use std::path::{Path, PathBuf};

use clap::CommandFactory;
use clap_mangen::Man;

use crate::app::AppError;
use crate::cli::args::Cli;
use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::domain::format::plural;
use crate::sys::platform;

/// Arguments of `man`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  sendcast man pages")]
pub struct Args {
    /// Where to; created where it isn't there
    #[arg(value_name = "DIR")]
    dir: PathBuf,
}

/// Writes a manual page for each command: `sendcast.1`, `sendcast-run.1`, `sendcast-optout-add.1`…
///
/// # Errors
/// When they can't be written.
pub fn run(args: &Args, ctx: &Context) -> Result<Exit, AppError> {
    if !args.dir.exists() {
        std::fs::create_dir_all(&args.dir)
            .and_then(|()| platform::usual_rights(&args.dir))
            .map_err(|error| AppError::disk("create", &args.dir, &error))?;
    }
    let mut command = Cli::command().disable_help_subcommand(true);
    command.build();
    let mut pages = 0;
    write(&command, &args.dir, &mut pages)?;
    ctx.say(&format!("{} in {}", plural(pages, "page", "pages"), args.dir.display()));
    Ok(Exit::Done)
}

fn write(command: &clap::Command, dir: &Path, pages: &mut u64) -> Result<(), AppError> {
    let page =
        Man::new(command.clone()).source(concat!("sendcast ", env!("SENDCAST_VERSION"))).manual("sendcast");
    let path = page.generate_to(dir).and_then(|path| platform::usual_rights(&path).map(|()| path));
    path.map_err(|error| AppError::disk("write", dir, &error))?;
    *pages += 1;
    for command in command.get_subcommands().filter(|command| !command.is_hide_set()) {
        write(command, dir, pages)?;
    }
    Ok(())
}
