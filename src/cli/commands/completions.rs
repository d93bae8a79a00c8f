//! `completions SHELL`

use crate::app::AppError;
use crate::cli::completion::{self, Shell};
use crate::cli::context::Context;
use crate::cli::exit::Exit;

/// Arguments of `completions`.
///
/// bash:        source <(sendcast completions bash), in ~/.bashrc
///
/// zsh:         source <(sendcast completions zsh), in ~/.zshrc
///
/// fish:        sendcast completions fish | source, in ~/.config/fish/config.fish
///
/// PowerShell:  sendcast completions powershell | Out-String | Invoke-Expression, in $PROFILE
///
/// elvish:      eval (sendcast completions elvish | slurp), in rc.elv
///
/// The script asks sendcast at each TAB, so that planned campaigns complete, too.
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
#[command(
    after_help = "Example:\n  sendcast completions bash > ~/.local/share/bash-completion/completions/sendcast"
)]
pub struct Args {
    /// Which shell
    #[arg(value_enum)]
    shell: Shell,
}

/// Prints the script that makes a shell complete.
///
/// # Errors
/// When stdout can't be written.
pub fn run(args: &Args, ctx: &Context) -> Result<Exit, AppError> {
    let mut out = ctx.raw_out();
    let printed = completion::register(args.shell, &mut out).and_then(|()| out.flush());
    printed.or_else(|error| ctx.out_failed(&error))?;
    Ok(Exit::Done)
}
