//! `catalog list|sync|orders`

use clap::Subcommand;
use serde_json::json;

use crate::app::AppError;
use crate::app::account;
use crate::app::account::pages;
use crate::cli::api_output;
use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::domain::ids::CatalogId;

/// Arguments of `catalog`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  sendcast catalog list\n  sendcast catalog orders")]
pub struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// The connected catalogs
    #[command(after_help = "Example:\n  sendcast catalog list")]
    List,
    /// Bring a catalog in Sendwo's dashboard up to date
    #[command(after_help = "Example:\n  sendcast catalog sync 12")]
    Sync {
        /// The catalog's id, as `catalog list` shows it
        #[arg(value_name = "ID")]
        id: String,
    },
    /// What was ordered from the catalogs
    #[command(after_help = "Example:\n  sendcast catalog orders")]
    Orders,
}

/// Lists the catalogs or their orders, or brings one up to date.
///
/// # Errors
/// When they can't be asked for, or Sendwo says no.
pub async fn run(args: Args, ctx: &Context) -> Result<Exit, AppError> {
    let client = account::client(&ctx.app)?;
    match args.action {
        Action::List => {
            let catalogs = pages::all(&ctx.app, "catalogs", client.catalog().all()).await?;
            api_output::list(ctx, &catalogs, "no catalog is connected", ["id", "catalog"], |catalog| {
                [
                    catalog.id.as_ref().map(ToString::to_string).unwrap_or_default(),
                    api_output::or_empty(catalog.name.as_deref()),
                ]
            })?;
        }
        Action::Sync { id } => {
            // Where the answer was lost, asking once more does no harm.
            let done = client.catalog().sync(&CatalogId::new(id.as_str())).await?;
            let whole = json!({ "catalog_id": id, "message": done.text });
            api_output::done(ctx, &whole, None, &format!("catalog {id} is being brought up to date"), &done)?;
        }
        Action::Orders => {
            let orders = pages::all(&ctx.app, "orders", client.catalog().all_orders()).await?;
            let header = ["id", "status", "total", "currency", "at"];
            api_output::list(ctx, &orders, "nothing was ordered yet", header, |order| {
                [&order.id, &order.status, &order.total, &order.currency, &order.created_at]
                    .map(|field| api_output::or_empty(field.as_deref()))
            })?;
        }
    }
    Ok(Exit::Done)
}
