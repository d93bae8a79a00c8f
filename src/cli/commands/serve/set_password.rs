//! `serve --set-password`

use std::io::{self, IsTerminal, Read};

use secrecy::{ExposeSecret, SecretString};

use crate::app::AppError;
use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::ui;
use crate::web::password::{MIN_CHARS, Password};

/// No input is read further.
const MAX_INPUT_BYTES: u64 = 64 << 10;

/// Asks for a password twice (or takes it from stdin), and keeps its hash.
///
/// # Errors
/// When it is none that may be kept, both differ, or the disk says no.
pub fn run(ctx: &Context) -> Result<Exit, AppError> {
    ctx.app.home(false)?;
    let password = read(ctx)?;
    let kept = Password::of(ctx.app.disk.clone(), &ctx.app.settings.data_dir);
    kept.set(password.expose_secret())?;
    ctx.say("the password is set; every session has ended, also where `sendcast serve` is running");
    Ok(Exit::Done)
}

fn read(ctx: &Context) -> Result<SecretString, AppError> {
    let unreadable = |error: io::Error| AppError::failed(format!("can't read the password: {error}"));
    let ask = |question: &str| ui::secret(&ctx.printer, question).map_err(unreadable);
    let question = format!("a password for the dashboard, {MIN_CHARS} characters at least (it isn't shown):");
    match ask(&question)? {
        Some(password) => {
            let again = ask("the same once more:")?;
            if again.is_none_or(|again| again.expose_secret() != password.expose_secret()) {
                return Err(AppError::usage("the two differ; nothing was changed"));
            }
            Ok(password)
        }
        // What is typed would be seen.
        None if io::stdin().is_terminal() => {
            Err(AppError::usage("the password is needed, but stderr is not a terminal")
                .hint("give it on stdin: `sendcast serve --set-password < FILE`"))
        }
        None => {
            let mut text = String::new();
            io::stdin().take(MAX_INPUT_BYTES).read_to_string(&mut text).map_err(unreadable)?;
            let line = text.strip_suffix('\n').unwrap_or(&text);
            Ok(SecretString::from(line.strip_suffix('\r').unwrap_or(line)))
        }
    }
}
