//! `login`: keep the token for this machine's user.

use std::io::{self, IsTerminal, Read};

use secrecy::{ExposeSecret, SecretString};
use serde_json::json;

use crate::app::AppError;
use crate::app::account;
use crate::app::account::LoggedIn;
use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::domain::format::count;
use crate::sendwo::{ConnectedNumber, Token, TokenError};
use crate::ui;

/// No input is read further; a token is much shorter.
const MAX_TOKEN_BYTES: u64 = 64 << 10;

/// So many of the account's numbers are named.
const MAX_NUMBERS_SHOWN: usize = 5;

/// Arguments of `login`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  sendcast login\n  sendcast login < token.txt")]
pub struct Args {
    /// Don't ask Sendwo whether the token works
    #[arg(long)]
    offline: bool,
}

/// Reads the token (from a hidden prompt, from stdin, or from `--token-file`), sees that it works, and keeps it.
///
/// # Errors
/// When it is none, or Sendwo doesn't take it (nothing is kept then), or the disk says no.
pub async fn run(args: &Args, ctx: &Context) -> Result<Exit, AppError> {
    // Whoever may write to the data directory could put another token in place.
    ctx.app.home(false)?;
    let server = ctx.app.settings.base_url.origin();
    let token = read(ctx)?;
    let LoggedIn { info, numbers } = account::log_in(&ctx.app, &token, args.offline).await?;
    let path = ctx.app.settings.credentials.kept.clone();
    if ctx.json() {
        let info = info.unwrap_or_default();
        ctx.out_json(&json!({
            "server": server, "user_id": info.user_id, "name": info.name, "numbers": numbers, "kept_in": path,
        }))?;
        return Ok(Exit::Done);
    }
    let name = info.as_ref().and_then(|info| info.name.as_ref());
    let who = name.map(|name| format!(" as {name}")).unwrap_or_default();
    ctx.say(&format!("logged in to {server}{who}; the token is kept in {}", path.display()));
    match (info, numbers) {
        (_, Some(numbers)) => ctx.say(&sends_from(&numbers)),
        (Some(_), None) => {}
        (None, None) => ctx.say("nobody was asked whether it works; `sendcast account` shows it"),
    }
    if ctx.app.settings.credentials.handed_over.is_some() {
        ctx.warn("SENDWO_API_TOKEN is set, and goes before the token that is kept");
    }
    Ok(Exit::Done)
}

/// `it can send from 1029384756 (+91 98765 43210)`
fn sends_from(numbers: &[ConnectedNumber]) -> String {
    if numbers.is_empty() {
        return "no WhatsApp number is connected: connect one in Sendwo's dashboard".to_owned();
    }
    let shown = numbers.iter().take(MAX_NUMBERS_SHOWN).map(|known| match &known.display {
        Some(display) => format!("{} ({display})", known.number),
        None => known.number.to_string(),
    });
    let mut text = format!("it can send from {}", shown.collect::<Vec<_>>().join(", "));
    if numbers.len() > MAX_NUMBERS_SHOWN {
        let more = count((numbers.len() - MAX_NUMBERS_SHOWN) as u64);
        text.push_str(&format!(" and {more} more; `sendcast numbers` lists them"));
    }
    text
}

fn read(ctx: &Context) -> Result<Token, AppError> {
    let wrong = |error: TokenError| AppError::failed(error.to_string()).hint(error.hint());
    if let Some(file) = &ctx.app.settings.credentials.token_file {
        return Token::from_file(file).map_err(wrong);
    }
    let question = format!("the API token of {} (it isn't shown):", ctx.app.settings.base_url.origin());
    let unreadable = |error: io::Error| AppError::failed(format!("can't read the token: {error}"));
    let text = match ui::secret(&ctx.printer, &question).map_err(unreadable)? {
        Some(text) => text,
        // What is typed would be seen.
        None if io::stdin().is_terminal() => {
            return Err(AppError::usage("the token is needed, but stderr is not a terminal").hint(
                "name its file with `--token-file FILE`, or give it on stdin: `sendcast login < FILE`",
            ));
        }
        None => {
            let mut text = String::new();
            io::stdin().take(MAX_TOKEN_BYTES).read_to_string(&mut text).map_err(unreadable)?;
            SecretString::from(text)
        }
    };
    Token::new(text.expose_secret()).map_err(|error| match error {
        TokenError::Empty => AppError::usage("no token was given")
            .hint("paste it at the prompt, or give it on stdin: `sendcast login < FILE`"),
        error => wrong(error),
    })
}
