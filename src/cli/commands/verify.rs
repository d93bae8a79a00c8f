//! `verify CAMPAIGN`

use serde_json::json;

use crate::app::AppError;
use crate::app::campaign_dir::CampaignDir;
use crate::cli::args::CampaignArgs;
use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::cli::status_text;
use crate::domain::format::{count, plural};
use crate::queue::local::{StatesCheck, VerifyReport, verify};

/// Arguments of `verify`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  sendcast verify diwali")]
pub struct Args {
    #[command(flatten)]
    campaign: CampaignArgs,
}

/// Reads the newest round's journal back, checks it, and holds it against the queue and the counts. Changes
/// nothing.
///
/// # Errors
/// When something doesn't hold: every finding is listed.
pub fn run(args: &Args, ctx: &Context) -> Result<Exit, AppError> {
    let campaign_dir = CampaignDir::find(&ctx.app, &args.campaign.campaign, args.campaign.sandbox)?;
    let found = verify(ctx.app.disk.clone(), &campaign_dir.round_dir())?;
    if ctx.json() {
        ctx.out_json(&json!({
            "campaign": campaign_dir.name, "round": campaign_dir.round, "sound": found.problems.is_empty(),
            "plans": found.plans, "groups": found.batches, "entries": found.entries,
            "unfinished_bytes": found.unfinished, "states": states_word(found.states),
            "total": found.counts.total(), "counts": found.counts, "problems": found.problems,
        }))?;
    } else {
        ctx.out(&text(&campaign_dir, &found))?;
    }
    if found.problems.is_empty() {
        return Ok(Exit::Done);
    }
    let hint = if found.rebuildable == found.problems.len() {
        "nothing is lost: the next run rebuilds it from the plan and the journal"
    } else {
        "send nothing before that is fixed; a backup of the campaign's directory brings it back"
    };
    Err(AppError::failed(format!(
        "{}: {} found",
        campaign_dir.called(),
        plural(found.problems.len() as u64, "problem", "problems")
    ))
    .details(found.problems)
    .hint(hint))
}

fn text(campaign_dir: &CampaignDir, found: &VerifyReport) -> String {
    let mut text = format!(
        "{}, round {}: {} in {}, {}\n",
        campaign_dir.name,
        campaign_dir.round,
        plural(found.entries, "entry", "entries"),
        plural(found.batches, "commit batch", "commit batches"),
        plural(u64::from(found.plans), "plan", "plans")
    );
    if found.unfinished > 0 {
        text.push_str(&format!(
            "  {} behind the last whole batch: being written just now, or broken off and never acted on\n",
            plural(found.unfinished, "byte", "bytes")
        ));
    }
    let states = match found.states {
        StatesCheck::Agree { .. } => "the queue's states agree with the journal, job for job",
        StatesCheck::Held => "a run is going: the queue's states were not looked at",
        StatesCheck::Absent => "the queue's states are not there yet; the next run builds them",
        StatesCheck::Differ => {
            "the queue's states differ from the journal: the next run rebuilds them from it"
        }
        StatesCheck::Unread => {
            "the journal can't be read to its end, so there is nothing to hold the states against"
        }
    };
    text.push_str(&format!("  {states}\n  "));
    let counts: Vec<_> = found
        .counts
        .iter()
        .filter(|(_, n)| *n > 0)
        .map(|(status, n)| format!("{} {}", count(n), status_text::word(status)))
        .collect();
    text.push_str(&format!("{} = {} in all\n", counts.join(" + "), count(found.counts.total())));
    text
}

fn states_word(states: StatesCheck) -> &'static str {
    match states {
        StatesCheck::Agree { .. } => "agree",
        StatesCheck::Held => "held",
        StatesCheck::Absent => "absent",
        StatesCheck::Differ => "differ",
        StatesCheck::Unread => "unread",
    }
}
