//! `labels list|create`

use clap::Subcommand;
use serde_json::json;

use crate::app::AppError;
use crate::app::account;
use crate::app::account::pages;
use crate::cli::api_output;
use crate::cli::context::Context;
use crate::cli::exit::Exit;

/// Arguments of `labels`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  sendcast labels list\n  sendcast labels create VIP")]
pub struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// The labels that there are
    #[command(after_help = "Example:\n  sendcast labels list")]
    List,
    /// Make a label
    #[command(after_help = "Example:\n  sendcast labels create VIP")]
    Create {
        /// Its name
        #[arg(value_name = "NAME")]
        name: String,
    },
}

/// Lists the labels, or makes one and tells its id.
///
/// # Errors
/// When they can't be asked for, or Sendwo says no.
pub async fn run(args: Args, ctx: &Context) -> Result<Exit, AppError> {
    let client = account::client(&ctx.app)?;
    match args.action {
        Action::List => {
            let labels = pages::all(&ctx.app, "labels", client.labels().all()).await?;
            let nothing = "no labels yet: `sendcast labels create NAME` makes one";
            api_output::list(ctx, &labels, nothing, ["id", "label"], |label| {
                [
                    label.id.as_ref().map(ToString::to_string).unwrap_or_default(),
                    api_output::or_empty(label.name.as_deref()),
                ]
            })?;
        }
        Action::Create { name } => {
            let created = client.labels().create(&name).await;
            let created = created.map_err(api_output::not_done("sendcast labels list"))?;
            let id = created.id.as_ref().map(|id| id.as_str());
            let whole = json!({ "id": id, "label_name": name.trim(), "message": created.done.text });
            api_output::done(ctx, &whole, id, &format!("there is a label `{}`", name.trim()), &created.done)?;
        }
    }
    Ok(Exit::Done)
}
