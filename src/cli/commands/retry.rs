//! `retry CAMPAIGN [--code N]…`

use crate::app::AppError;
use crate::cli::args::CampaignArgs;
use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::cli::order_text;
use crate::engine::orders::OrderKind;

/// Arguments of `retry`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  sendcast retry diwali --code 131026\n  sendcast run diwali")]
pub struct Args {
    #[command(flatten)]
    campaign: CampaignArgs,
    /// Only those that failed with this code of Meta's; may be given several times
    #[arg(long = "code", value_name = "N", value_delimiter = ',')]
    codes: Vec<u32>,
}

/// Gives the order.
///
/// # Errors
/// When there is no such campaign, or its ledger can't be read or written.
pub async fn run(args: Args, ctx: &Context) -> Result<Exit, AppError> {
    order_text::give(ctx, &args.campaign, OrderKind::Retry { codes: args.codes }).await
}
