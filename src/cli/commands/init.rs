//! `init [DIR]`

use std::path::PathBuf;

use serde_json::json;

use crate::app::AppError;
use crate::app::init::{InitRequest, Written, init};
use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::domain::format::quoted;
use crate::ui::can_ask;

/// Arguments of `init`.
///
/// On a terminal it asks for the spreadsheet, the message, the number that sends and the hours; Enter takes what a question
/// offers. Without a terminal it writes a starter with its CSV or, with `--file`, a campaign over that spreadsheet.
/// Nothing that is there is overwritten.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  sendcast init diwali\n  sendcast init diwali --file customers.xlsx")]
pub struct Args {
    /// Where to write it
    #[arg(value_name = "DIR", default_value = ".")]
    dir: PathBuf,
    /// The spreadsheet with the people, so that it isn't asked for
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
}

/// Writes a campaign file, and a sample audience where no spreadsheet was named.
///
/// # Errors
/// When a file is there already, can't be read or can't be written, or the answers end too early.
pub async fn run(args: Args, ctx: &Context) -> Result<Exit, AppError> {
    let Args { dir, file } = args;
    let asks = !ctx.json() && can_ask(&ctx.printer);
    let Written { campaign, files, needs_sender } = init(&ctx.app, &InitRequest { dir, file, asks }).await?;
    if ctx.json() {
        ctx.out_json(&json!({ "written": files }))?;
        return Ok(Exit::Done);
    }
    for path in &files {
        ctx.say(&format!("wrote {}", path.display()));
    }
    let campaign = quoted(&campaign.display().to_string());
    ctx.say(&format!(
        "next:\n  sendcast check {campaign}\n  sendcast preview {campaign}\n  sendcast run {campaign} --sandbox    \
         (nothing reaches WhatsApp)"
    ));
    if needs_sender {
        ctx.say("before a real run, write the id of your number in the place of PHONE_NUMBER_ID; `sendcast numbers` lists yours");
    }
    Ok(Exit::Done)
}
