//! `run CAMPAIGN`: plan (or take up where it stopped), send, track, write the report.

use serde_json::json;

use crate::app::AppError;
use crate::app::plan::Review;
use crate::app::run::{self, DryRun, RunEnd, RunOutcome, RunRequest};
use crate::cli::args::{CampaignArgs, ChoiceArgs, ClaimArgs, HiddenFaultArgs};
use crate::cli::context::Context;
use crate::cli::estimate_json;
use crate::cli::exit::Exit;
use crate::cli::run_text;
use crate::domain::schedule::Late;
use crate::engine::LimitOption;
use crate::engine::snapshot::BlockedNumber;
use crate::report::Comparison;
use crate::ui::Summary;

/// Arguments of `run`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  sendcast run diwali.json --sandbox\n  sendcast run diwali.json\n  sendcast run newsletter.csv --from PHONE_NUMBER_ID --country IN --limit 100"
)]
pub struct Args {
    #[command(flatten)]
    campaign: CampaignArgs,
    #[command(flatten)]
    choices: ChoiceArgs,
    /// Don't ask the account anything before the first message
    #[arg(long)]
    offline: bool,
    /// At most so many people written to for the first time, this time: the first N of the audience, or N% of those who
    /// weren't written to yet, drawn by chance
    #[arg(long, value_name = "N|N%")]
    limit: Option<LimitOption>,
    /// Everything short of sending
    #[arg(long)]
    dry_run: bool,
    /// A new round to the same people, once the last one is settled or cancelled
    #[arg(long)]
    again: bool,
    /// Any bad row stops it before sending
    #[arg(long)]
    strict: bool,
    /// Send again, once, what is proven not to have arrived
    #[arg(long)]
    resend_unseen: bool,
    /// Don't ask whether to send
    #[arg(short, long)]
    yes: bool,
    /// Cancel those who are gone from the file, also where that looks like an accident
    #[arg(long)]
    accept_removals: bool,
    /// Send only what was reviewed: the `review` that `check --json` or `run --dry-run --json` told. Where the file, the
    /// message, the numbers, the pace or the hours have changed since, nothing is sent
    #[arg(long, value_name = "REVIEW")]
    expect: Option<Review>,
    /// What becomes of a campaign whose start was missed, in place of its schedule's word: `send` or `skip`
    #[arg(long, value_name = "WHAT")]
    late: Option<Late>,
    #[command(flatten)]
    claims: ClaimArgs,
    #[command(flatten)]
    faults: HiddenFaultArgs,
}

/// Runs a campaign.
///
/// # Errors
/// Why it couldn't run. What was sent before that is on disk.
pub async fn run(args: Args, ctx: &Context) -> Result<Exit, AppError> {
    let request = RunRequest {
        campaign: args.campaign.campaign,
        sandbox: args.campaign.sandbox,
        choices: args.choices.choices(),
        offline: args.offline,
        limit: args.limit,
        dry_run: args.dry_run,
        again: args.again,
        strict: args.strict,
        resend_unseen: args.resend_unseen,
        yes: args.yes,
        accept_removals: args.accept_removals,
        expect: args.expect,
        late: args.late,
        claims: args.claims.into(),
        trial: args.faults.into(),
    };
    match run::run(&ctx.app, &request).await? {
        RunOutcome::Declined => {
            ctx.say("nothing was sent");
            Ok(Exit::CouldNotRun)
        }
        RunOutcome::Held(held) => run_text::held(ctx, &held, "nothing was sent"),
        RunOutcome::Missed(missed) => run_text::missed(ctx, &missed),
        RunOutcome::DryRun(dry) => dry_run(ctx, &dry),
        RunOutcome::Ended(end) => ended(ctx, &request.campaign, &end),
    }
}

fn dry_run(ctx: &Context, dry: &DryRun) -> Result<Exit, AppError> {
    let DryRun { campaign, changes, findings, send, review, .. } = dry;
    for fact in send.facts() {
        ctx.say(&fact);
    }
    ctx.say("a dry run: nothing was sent, and nothing is left behind");
    if ctx.json() {
        let (this_run, all) = send.cost.as_ref().map(|(this_run, all)| (this_run, all)).unzip();
        let value = json!({
            "campaign": campaign, "dry_run": true, "changes": changes, "to_send": findings.good,
            "bad": findings.bad, "duplicates": findings.duplicates, "opted_out": findings.opted_out,
            "review": review.to_string(), "this_run": send.messages, "cost": all, "cost_of_this_run": this_run, "exit_code": Exit::Done.code(),
        });
        let mut value = estimate_json::with(value, &send.estimate);
        value["left"] = json!(send.all);
        ctx.out_json(&value)?;
    }
    Ok(Exit::Done)
}

/// Sums up, and picks the exit code.
fn ended(ctx: &Context, named: &str, end: &RunEnd) -> Result<Exit, AppError> {
    let exit = Exit::of(&end.ending, &end.counts);
    let goes_on = format!("`sendcast run {}`", end.campaign_dir.called());
    let blocked = end.snapshot.as_ref().is_some_and(|snapshot| !snapshot.blocked.is_empty());
    let or = blocked.then(|| BlockedNumber::remedy(&end.campaign_dir.called()));
    let reason = run_text::stopped(ctx, &end.ending, &goes_on, or.as_deref());
    let Some(snapshot) = &end.snapshot else { return Ok(exit) };
    let trial = end.campaign_dir.home.is_sandbox();
    if ctx.json() {
        let mut value = serde_json::to_value(snapshot).unwrap_or_default();
        if let Some(fields) = value.as_object_mut() {
            fields.shift_remove("heartbeat");
            fields.insert("changes".into(), json!(end.changes));
            fields.insert("report".into(), json!(end.written.path));
            fields.insert("reason".into(), json!(reason));
            fields.insert("sandbox".into(), json!(trial));
            fields.insert("exit_code".into(), json!(exit.code()));
        }
        ctx.out_json(&value)?;
        return Ok(exit);
    }
    let failures = end.written.tally.failures(5);
    let compared = Comparison::of(&end.written.tally);
    let summary = Summary {
        snapshot,
        campaign: named,
        took: end.took,
        accepted: end.accepted,
        replied: end.written.tally.replied,
        stopped: end.written.tally.stopped,
        failures: &failures,
        compared: compared.as_ref(),
        report: Some(&end.written.path),
        times: end.times.as_deref(),
        instead_of: end.written.instead_of.as_deref(),
        trial,
    };
    ctx.printer.block(&summary.render(ctx.printer.message_color()));
    Ok(exit)
}
