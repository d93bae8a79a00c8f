//! `test CAMPAIGN --to PHONE`: one real message to yourself, through the same queue and engine as a campaign.

use crate::campaign::{Campaign, PlanOptions, Planner};
use crate::cli::args::{CampaignArgs, SourceArgs};
use crate::cli::choices::{self, ChoiceArgs};
use crate::cli::context::Context;
use crate::cli::error::CliError;
use crate::cli::exit::Exit;
use crate::cli::opening::Source;
use crate::cli::preflight::{self, Intended};
use crate::cli::reach::Account;
use crate::cli::single::{self, Single};
use crate::cli::stored::{FromFile, Stored};
use crate::cli::subscribed;
use crate::cli::trial::HiddenFaultArgs;
use crate::cli::{kept, phones, standard_input};
use crate::domain::ids::NumberId;
use crate::domain::message::Message;
use crate::domain::payload::Payload;
use crate::domain::plan::Fate;
use crate::sys::clock::Clock;

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
pub async fn run(args: Args, ctx: &Context) -> Result<Exit, CliError> {
    standard_input::refuse_as_campaign(&args.campaign.campaign)?;
    let source = Source::find(ctx, ctx.home(args.campaign.sandbox)?, &args.campaign.campaign)?;
    let choices = ChoiceArgs { source: args.source, ..ChoiceArgs::default() };
    let (said, _spool) = choices::choose(ctx, &source, &choices)?;
    let mut stored = Stored::load(&*ctx.disk, &source.dir())?.with(said.clone(), ctx.clock.now());
    let (name, home, dir) = (source.name.clone(), source.home.clone(), source.dir());
    let mut campaign = source.campaign()?;
    campaign
        .apply(choices::overrides(&stored))
        .map_err(|error| kept::explain(ctx, error.into(), &stored, &said))?;
    stored.file = FromFile::of(&campaign);
    let to = phones::parse_in(&args.to, campaign.audience.country)?;
    let account = Account::of(ctx, args.campaign.sandbox).with_timeout(args.faults.timeout);
    let asked = subscribed::ask(ctx, &account, &mut campaign, (&dir, Some(&dir)), &args.faults).await?;
    let (from, message) = { first(&campaign)? };
    let reached = account.reach_unless(asked.reached, ctx, Some(&dir), args.faults.into())?;
    if account.is_trial() {
        ctx.printer.note("a trial in the sandbox: nothing reaches WhatsApp");
    } else if !args.offline {
        let intended = Intended { senders: std::slice::from_ref(&from), messages: 1, strangers: 1 };
        preflight::check(ctx, &reached.client, &intended).await?;
    }
    let look = "look at your phone".to_owned();
    let single = Single { campaign: name, source: "test", from, to, message, look };
    single::send(ctx, home, (&account, &reached), &stored, single).await
}

/// The campaign's first good message, and who sends it.
fn first(campaign: &Campaign) -> Result<(NumberId, Message), CliError> {
    let planner = Planner::new(campaign, PlanOptions::default())?;
    let senders = planner.head().senders.clone();
    for row in planner {
        let row = row?;
        let sender = senders.get(usize::from(row.sender.0));
        if let (Fate::Send(Payload::Message(message)), Some(from)) = (row.fate, sender) {
            return Ok((from.clone(), message));
        }
    }
    Err(CliError::usage("no row can be sent to, so there is no message to test"))
}
