//! `subscribers assign-labels (ID | --file FILE) --labels A,B`

use serde_json::json;

use crate::app::AppError;
use crate::app::account;
use crate::app::account::Labels;
use crate::app::bulk::Task;
use crate::cli::api_output;
use crate::cli::bulk::{self, ListedArgs};
use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::domain::ids::SubscriberId;

/// Arguments of `subscribers assign-labels`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  sendcast subscribers assign-labels 4711 --labels Lead,VIP\n  sendcast subscribers assign-labels --labels Lead --file some.csv"
)]
pub struct Args {
    #[command(flatten)]
    who: ListedArgs,
    /// The labels' names or ids, with commas between
    #[arg(long, value_name = "LABELS", value_delimiter = ',', required = true)]
    labels: Vec<String>,
}

/// Looks the labels up and gives them to somebody, or to everybody in a file.
///
/// # Errors
/// When a label is unknown (nothing is done then), or Sendwo says no.
pub async fn run(args: Args, ctx: &Context) -> Result<Exit, AppError> {
    let Some(id) = args.who.id else {
        return bulk::run(args.who.bulk, args.who.country.as_deref(), Task::Label(args.labels), ctx).await;
    };
    let client = account::client(&ctx.app)?;
    let known = Labels::of(&ctx.app, &client).await?;
    let (ids, names): (Vec<_>, Vec<_>) = known.ids(&args.labels)?.into_iter().unzip();
    let who = SubscriberId::new(id.as_str());
    let done = client.subscribers().assign_labels(&who, &ids).await;
    let done = done.map_err(api_output::not_done("sendcast subscribers list"))?;
    let whole = json!({ "subscriber_id": id, "label_ids": ids, "labels": names, "message": done.text });
    let what = format!("subscriber {id} has: {}", names.join(", "));
    api_output::done(ctx, &whole, None, &what, &done)?;
    Ok(Exit::Done)
}
