//! `subscribers add-note (ID | --file FILE) --note TEXT`

use serde_json::json;

use crate::app::AppError;
use crate::app::account;
use crate::app::bulk::Task;
use crate::cli::api_output;
use crate::cli::bulk::{self, ListedArgs};
use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::domain::ids::SubscriberId;

/// Arguments of `subscribers add-note`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  sendcast subscribers add-note 4711 --note 'Asked for a quote'\n  sendcast subscribers add-note --note 'Asked for {{ product }}' --file some.csv"
)]
pub struct Args {
    #[command(flatten)]
    who: ListedArgs,
    /// What your team should know; with `--file` a template over its columns: `Asked for {{ product }}`
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    note: String,
}

/// Writes the note, about one person or about everybody in a file.
///
/// # Errors
/// When it is blank, or Sendwo says no.
pub async fn run(args: Args, ctx: &Context) -> Result<Exit, AppError> {
    let Some(id) = args.who.id else {
        return bulk::run(args.who.bulk, args.who.country.as_deref(), Task::Note(args.note), ctx).await;
    };
    let who = SubscriberId::new(id.as_str());
    let done = account::client(&ctx.app)?.subscribers().add_note(&who, &args.note).await;
    // Notes can't be listed: the API has no question for them.
    let done = done.map_err(api_output::not_done("the profile in Sendwo's dashboard"))?;
    let whole = json!({ "subscriber_id": id, "message": done.text });
    api_output::done(ctx, &whole, None, &format!("subscriber {id} has a new note"), &done)?;
    Ok(Exit::Done)
}
