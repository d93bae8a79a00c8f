//! `test CAMPAIGN --to PHONE`: one real message to yourself, through the same queue and engine as a campaign.

use crate::campaign::{Campaign, PlanOptions, Planner};
use crate::cli::args::{CampaignArgs, SourceArgs};
use crate::cli::choices::{self, ChoiceArgs};
use crate::cli::context::Context;
use crate::cli::error::CliError;
use crate::cli::exit::Exit;
use crate::cli::opening::Source;
use crate::cli::phones;
use crate::cli::single::{Single, SingleArgs};
use crate::cli::stored::{FromFile, Stored};
use crate::domain::ids::NumberId;
use crate::domain::message::Message;
use crate::domain::plan::Fate;

/// Arguments of `test`.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    campaign: CampaignArgs,
    #[command(flatten)]
    source: SourceArgs,
    /// Your own phone number, with its country code
    #[arg(long, value_name = "PHONE")]
    to: String,
    #[command(flatten)]
    single: SingleArgs,
}

/// Sends the first row's message to one phone; not part of the campaign.
///
/// # Errors
/// When the campaign can't be planned, or nothing could be sent.
pub async fn run(args: Args, ctx: &Context) -> Result<Exit, CliError> {
    let source = Source::find(ctx, ctx.home(args.campaign.sandbox)?, &args.campaign.campaign)?;
    let choices = ChoiceArgs { source: args.source, ..ChoiceArgs::default() };
    let mut stored = Stored::load(&*ctx.disk, &source.dir())?.with(choices.said()?);
    let (name, home, trial) = (source.name.clone(), source.home.clone(), source.dir());
    let mut campaign = source.campaign()?;
    campaign.apply(choices::overrides(&stored))?;
    stored.file = FromFile::of(&campaign);
    let to = phones::parse_in(&args.to, campaign.audience.country)?;
    let (from, message) = first(&campaign)?;
    let in_doubt = "look at your phone";
    let single = Single { home, campaign: name, trial, from, to, message, stored, in_doubt };
    single.send(ctx, args.single).await
}

/// The campaign's first good row: who sends it, and what.
fn first(campaign: &Campaign) -> Result<(NumberId, Message), CliError> {
    let planner = Planner::new(campaign, PlanOptions::default())?;
    let senders = planner.head().senders.clone();
    for row in planner {
        let row = row?;
        if let (Fate::Send(message), Some(from)) = (row.fate, senders.get(usize::from(row.sender.0))) {
            return Ok((from.clone(), message));
        }
    }
    Err(CliError::usage("no row can be sent to, so there is no message to test"))
}
