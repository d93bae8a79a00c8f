//! `pause CAMPAIGN`

use crate::app::AppError;
use crate::cli::args::CampaignArgs;
use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::cli::order_text;
use crate::engine::orders::OrderKind;

/// Arguments of `pause`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  sendcast pause diwali")]
pub struct Args {
    #[command(flatten)]
    campaign: CampaignArgs,
}

/// Gives the order.
///
/// # Errors
/// When there is no such campaign, or its ledger can't be read or written.
pub async fn run(args: &Args, ctx: &Context) -> Result<Exit, AppError> {
    order_text::give(ctx, &args.campaign, OrderKind::Pause).await
}
