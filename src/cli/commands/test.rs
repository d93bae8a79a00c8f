//! `test CAMPAIGN --to PHONE`: one real message to yourself, through the same queue and engine as a campaign.

use crate::app::AppError;
use crate::app::one_message::{TestRequest, test};
use crate::cli::args::{CampaignArgs, HiddenFaultArgs, SourceArgs};
use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::cli::one_message_text;

/// Arguments of `test`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  sendcast test diwali.json --to +919876543210")]
pub struct Args {
    #[command(flatten)]
    campaign: CampaignArgs,
    #[command(flatten)]
    source: SourceArgs,
    /// Your own phone number, with its country code
    #[arg(long, value_name = "PHONE")]
    to: String,
    /// The message of this variant, where the campaign has several
    #[arg(long, value_name = "NAME")]
    variant: Option<String>,
    /// Don't ask the account anything before
    #[arg(long)]
    offline: bool,
    #[command(flatten)]
    faults: HiddenFaultArgs,
}

/// Sends the first row's message to one phone; not part of the campaign.
///
/// # Errors
/// When the campaign can't be planned, or nothing could be sent.
pub async fn run(args: Args, ctx: &Context) -> Result<Exit, AppError> {
    let CampaignArgs { campaign, sandbox } = args.campaign;
    let (choices, trial) = (args.source.choices(), args.faults.into());
    let Args { to, variant, offline, .. } = args;
    let request = TestRequest { campaign, sandbox, choices, to, variant, offline, trial };
    let (to, sent) = test(&ctx.app, &request).await?;
    one_message_text::tell(ctx, to, &sent, "look at your phone")
}
