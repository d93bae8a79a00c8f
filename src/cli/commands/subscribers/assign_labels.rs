//! `subscribers assign-labels ID --labels A,B`

use serde_json::json;

use crate::cli::context::Context;
use crate::cli::error::CliError;
use crate::cli::exit::Exit;
use crate::cli::labels::Labels;
use crate::cli::{asking, reach};
use crate::domain::ids::SubscriberId;

/// Arguments of `subscribers assign-labels`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The subscriber's id, as `subscribers list` shows it
    #[arg(value_name = "ID")]
    id: String,
    /// The labels' names or ids, with commas between
    #[arg(long, value_name = "LABELS", value_delimiter = ',', required = true)]
    labels: Vec<String>,
}

/// Looks the labels up and gives them to somebody.
///
/// # Errors
/// When a label is unknown (nothing is done then), or Sendwo says no.
pub async fn run(args: &Args, ctx: &Context) -> Result<Exit, CliError> {
    let client = reach::client(ctx)?;
    let known = Labels::of(ctx, &client).await?;
    let labels = known.named(&args.labels)?;
    let (mut ids, mut names) = (Vec::new(), Vec::new());
    for label in labels {
        let name = label.name.clone().unwrap_or_default();
        let Some(id) = &label.id else {
            return Err(CliError::failed(format!("Sendwo doesn't tell the id of the label `{name}`"))
                .hint("give its id, as Sendwo's dashboard shows it"));
        };
        ids.push(id.clone());
        names.push(name);
    }
    let who = SubscriberId::new(args.id.as_str());
    let done = client.subscribers().assign_labels(&who, &ids).await;
    let done = done.map_err(asking::not_done("sendcast subscribers list"))?;
    let whole = json!({ "subscriber_id": args.id, "label_ids": ids, "labels": names, "message": done.text });
    let what = format!("subscriber {} has: {}", args.id, names.join(", "));
    asking::done(ctx, &whole, None, &what, &done)?;
    Ok(Exit::Done)
}
