//! `subscribers add-note ID --note TEXT`

use serde_json::json;

use crate::cli::context::Context;
use crate::cli::error::CliError;
use crate::cli::exit::Exit;
use crate::cli::{asking, reach};
use crate::domain::ids::SubscriberId;

/// Arguments of `subscribers add-note`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The subscriber's id, as `subscribers list` shows it
    #[arg(value_name = "ID")]
    id: String,
    /// What your team should know
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    note: String,
}

/// Writes the note.
///
/// # Errors
/// When it is blank, or Sendwo says no.
pub async fn run(args: &Args, ctx: &Context) -> Result<Exit, CliError> {
    let who = SubscriberId::new(args.id.as_str());
    let done = reach::client(ctx)?.subscribers().add_note(&who, &args.note).await;
    // Notes can't be listed: the API has no question for them.
    let done = done.map_err(asking::not_done("the profile in Sendwo's dashboard"))?;
    let whole = json!({ "subscriber_id": args.id, "message": done.text });
    asking::done(ctx, &whole, None, &format!("subscriber {} has a new note", args.id), &done)?;
    Ok(Exit::Done)
}
