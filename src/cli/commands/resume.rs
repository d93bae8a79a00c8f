//! `resume CAMPAIGN`

use crate::app::AppError;
use crate::cli::args::CampaignArgs;
use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::cli::order_text;
use crate::engine::orders::OrderKind;

/// Arguments of `resume`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  sendcast resume diwali\n  sendcast run diwali")]
pub struct Args {
    #[command(flatten)]
    campaign: CampaignArgs,
}

/// Gives the order.
///
/// # Errors
/// When there is no such campaign, or its ledger can't be read or written.
pub async fn run(args: &Args, ctx: &Context) -> Result<Exit, AppError> {
    order_text::give(ctx, &args.campaign, OrderKind::Resume).await
}
