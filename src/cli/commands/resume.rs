//! `resume CAMPAIGN`

use crate::app::AppError;
use crate::app::orders;
use crate::cli::args::CampaignArgs;
use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::cli::order_text;
use crate::domain::ids::NumberId;
use crate::engine::orders::OrderKind;

/// Arguments of `resume`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  sendcast resume diwali\n  sendcast run diwali\n\n\
    A number is blocked, and another one writes to the people whom it hasn't written to:\n  \
    sendcast resume diwali --from OTHER_NUMBER_ID")]
pub struct Args {
    #[command(flatten)]
    campaign: CampaignArgs,
    /// Has this number write to whom a blocked one hasn't written to yet
    #[arg(long, value_name = "PHONE_NUMBER_ID")]
    from: Option<String>,
}

/// Gives the order.
///
/// # Errors
/// When there is no such campaign, or its ledger can't be read or written; with `--from`, when no number is blocked.
pub async fn run(args: &Args, ctx: &Context) -> Result<Exit, AppError> {
    let order = match &args.from {
        None => OrderKind::Resume,
        Some(other) if other.trim().is_empty() => {
            return Err(AppError::usage("--from: a phone number id is empty"));
        }
        Some(other) => {
            let campaign_dir = order_text::find(ctx, &args.campaign)?;
            orders::reassign(&ctx.app, &campaign_dir, NumberId::new(other.trim()))?
        }
    };
    order_text::give(ctx, &args.campaign, order).await
}
