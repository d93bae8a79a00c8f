//! `test CAMPAIGN --to PHONE`: one real message to yourself, through the same queue and engine as a campaign.

use std::path::PathBuf;
use std::time::Duration;

use serde_json::json;

use crate::campaign::{Campaign, PlanOptions, Planner};
use crate::cli::args::{CampaignArgs, SourceArgs};
use crate::cli::choices::{self, ChoiceArgs};
use crate::cli::context::Context;
use crate::cli::error::CliError;
use crate::cli::exit::Exit;
use crate::cli::opening::Source;
use crate::cli::reach::Account;
use crate::cli::sending::{self, Sending};
use crate::cli::stored::{FromFile, Stored};
use crate::cli::trial::HiddenFaultArgs;
use crate::cli::{phones, preflight, signals, subscribed};
use crate::domain::ids::{JobId, SenderNo};
use crate::domain::phone::Phone;
use crate::domain::plan::{PlanHead, PlannedRow};
use crate::domain::status::Status;
use crate::engine::Ending;
use crate::engine::Options;
use crate::queue::{Identity, LocalQueue, Queue};
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
    let source = Source::find(ctx, ctx.home(args.campaign.sandbox)?, &args.campaign.campaign)?;
    let choices = ChoiceArgs { source: args.source, ..ChoiceArgs::default() };
    let mut stored = Stored::load(&*ctx.disk, &source.dir())?.with(choices.said()?);
    let (name, home, dir) = (source.name.clone(), source.home.clone(), source.dir());
    let mut campaign = source.campaign()?;
    campaign.apply(choices::overrides(&stored))?;
    stored.file = FromFile::of(&campaign);
    let to = phones::parse_in(&args.to, campaign.audience.country)?;
    let account = Account::of(ctx, args.campaign.sandbox).with_timeout(args.faults.timeout);
    let asked = subscribed::ask(ctx, &account, &mut campaign, &dir, &args.faults).await?;
    let (head, row) = { one_row(&campaign, to)? };
    let reached = match asked.reached {
        Some(reached) => reached,
        None => account.reach(ctx, &dir, args.faults.into())?,
    };
    if account.is_trial() {
        ctx.printer.note("a trial in the sandbox: nothing reaches WhatsApp");
    } else if !args.offline {
        preflight::check(ctx, &reached.client, &head.senders, 1).await?;
    }
    let now = ctx.clock.now();
    let round = home.singles().join(format!("{:013}-{:08x}", now.0, fastrand::u32(..)));
    let identity =
        Identity { campaign: name, path: PathBuf::new(), origin: account.origin().to_owned(), round: 1 };
    let mut queue = LocalQueue::create(ctx.disk.clone(), &round, home.data(), identity)?;
    let staged = queue.stage(head, &mut std::iter::once(Ok::<_, CliError>(row)))?;
    queue.adopt(staged, now).await?;
    let interrupted = signals::listen(ctx, "ending: what is in flight may take 10 s to finish")?;
    let options = choices::options(&stored, None, false, account.timeout());
    let options = Options { track: Duration::ZERO, daily: None, ..options };
    let sending = Sending { client: reached.client.clone(), home, round, options, shown: false, interrupted };
    let mut sent = sending::send(ctx, queue, sending).await?;
    let job = sent.queue.job(JobId(0))?.ok_or_else(|| CliError::failed("internal: the message is gone"))?;
    let counts = sent.queue.counts();
    sent.queue.close().await?;
    let status = job.status();
    let id = job.best_delivery().and_then(|(_, delivery)| delivery.id.clone());
    let exit = Exit::of(&sent.ending, &counts);
    let reason = match &sent.ending {
        Ending::Stopped(problem) => Some(problem.to_string()),
        _ => job.problem.as_ref().map(ToString::to_string),
    };
    if ctx.json() {
        ctx.out_json(&json!({
            "to": to.digits(), "status": status, "message_id": id.as_ref().map(|id| id.as_str()),
            "reason": reason, "exit_code": exit.code(),
        }))?;
        return Ok(exit);
    }
    match (status, id, reason) {
        (_, Some(id), _) => ctx.out(&format!("{id}\n"))?,
        (Status::Accepted, None, _) => ctx.say(&format!("accepted for {to}; a flow has no message id")),
        (Status::InDoubt, _, _) => {
            ctx.warn(&format!("nobody knows whether the message to {to} was accepted: look at your phone"));
        }
        (_, _, Some(reason)) => ctx.printer.error(format!("not sent to {to}: {reason}"), None),
        (_, _, None) => ctx.printer.error(format!("not sent to {to}: it is {status}"), None),
    }
    Ok(if status == Status::Skipped { Exit::SomeFailed } else { exit })
}

/// A plan of one row: the campaign's first good one, to somebody else.
fn one_row(campaign: &Campaign, to: Phone) -> Result<(PlanHead, PlannedRow), CliError> {
    let planner = Planner::new(campaign, PlanOptions::default())?;
    let senders = planner.head().senders.clone();
    for row in planner {
        let row = row?;
        if row.fate.message().is_none() {
            continue;
        }
        let head = PlanHead {
            columns: Vec::new(),
            senders: senders.get(usize::from(row.sender.0)).cloned().into_iter().collect(),
            source_hash: String::new(),
            source: "test".to_owned(),
        };
        let digits = to.digits();
        let row = PlannedRow {
            row: Some(1),
            key: Some(digits.clone().into()),
            to: digits.into(),
            phone: Some(to),
            sender: SenderNo(0),
            cells: Vec::new(),
            fate: row.fate,
        };
        return Ok((head, row));
    }
    Err(CliError::usage("no row can be sent to, so there is no message to test"))
}
