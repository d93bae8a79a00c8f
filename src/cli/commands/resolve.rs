//! `resolve CAMPAIGN (--sent | --resend) [--to PHONE]…`

use crate::app::AppError;
use crate::app::phones;
use crate::cli::args::CampaignArgs;
use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::cli::order_text;
use crate::engine::orders::{OrderKind, Word};

/// Arguments of `resolve`.
#[derive(Debug, clap::Args)]
#[command(group(clap::ArgGroup::new("word").required(true).args(["sent", "resend"])))]
#[command(
    after_help = "Examples:\n  sendcast report diwali --status in_doubt\n  sendcast resolve diwali --sent --to +919876543210\n  sendcast resolve diwali --resend"
)]
pub struct Args {
    #[command(flatten)]
    campaign: CampaignArgs,
    /// They were sent: count them as accepted
    #[arg(long)]
    sent: bool,
    /// Send them again: whoever did get the first one gets a second
    #[arg(long)]
    resend: bool,
    /// Only the message to this phone number, with its country code; may be given several times
    #[arg(long, value_name = "PHONE", value_delimiter = ',')]
    to: Vec<String>,
}

/// Gives the order.
///
/// # Errors
/// When there is no such campaign, or its ledger can't be read or written.
pub async fn run(args: Args, ctx: &Context) -> Result<Exit, AppError> {
    let word = if args.resend { Word::Resend } else { Word::Sent };
    let to = args.to.iter().map(|text| phones::parse(text, None)).collect::<Result<_, _>>()?;
    order_text::give(ctx, &args.campaign, OrderKind::Resolve { word, to }).await
}
