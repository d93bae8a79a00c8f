//! Giving an order, and what became of it in words.

use serde_json::json;

use crate::app::AppError;
use crate::app::campaign_dir::{CampaignDir, round_kind};
use crate::app::orders::{self, Applied, Given};
use crate::cli::args::CampaignArgs;
use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::domain::format::plural;
use crate::domain::status::Status;
use crate::engine::orders::{Effects, OrderKind, Word};
use crate::engine::snapshot::{RunState, Snapshot};
use crate::queue::DesiredState;

/// The campaign that is meant.
///
/// # Errors
/// When there is no such campaign.
pub fn find(ctx: &Context, args: &CampaignArgs) -> Result<CampaignDir, AppError> {
    CampaignDir::find(&ctx.app, &args.campaign, args.sandbox)
}

/// Gives an order and tells what it changed.
///
/// # Errors
/// When there is no such campaign, or its ledger can't be read or written.
pub async fn give(ctx: &Context, args: &CampaignArgs, kind: OrderKind) -> Result<Exit, AppError> {
    let campaign_dir = find(ctx, args)?;
    let Applied { given, now } = orders::give(&ctx.app, &campaign_dir, kind.clone()).await?;
    let text = match &given {
        Given::Applied(effects) => {
            let goes_on = round_kind::goes_on(&ctx.app, &campaign_dir);
            applied(&kind, *effects, &now, (&campaign_dir.called(), &goes_on))
        }
        Given::TakenUp => format!("{}; the sendcast that is working on it has taken it up", taken_up(&kind)),
        Given::Left => {
            "the order is on disk; the sendcast that is working on the campaign hasn't taken it up yet"
                .to_owned()
        }
    };
    if ctx.json() {
        let (applied, changed, refused) = match given {
            Given::Applied(effects) => (true, Some(effects.changed), Some(effects.refused)),
            Given::TakenUp => (true, None, None),
            Given::Left => (false, None, None),
        };
        ctx.out_json(&json!({
            "campaign": now.campaign, "applied": applied, "changed": changed, "refused": refused,
            "message": text, "state": now.state, "counts": now.counts,
        }))?;
    } else {
        ctx.say(&text);
    }
    Ok(Exit::Done)
}

/// What an order did, in words; that it did nothing, where it did nothing.
fn applied(order: &OrderKind, effects: Effects, now: &Snapshot, (called, run): (&str, &str)) -> String {
    let messages = |n: u64| plural(n, "message", "messages");
    let queued = now.counts[Status::Queued];
    let cancelled = now.state == RunState::Cancelled;
    let text = match (order, effects.wanted) {
        (OrderKind::Pause, Some(DesiredState::Paused)) => {
            format!("paused with {} queued; `sendcast resume {called}` clears it", messages(queued))
        }
        (OrderKind::Pause | OrderKind::Resume | OrderKind::Reassign { .. }, None) if cancelled => {
            "it is cancelled, which is final until `run --again`; nothing changed".to_owned()
        }
        (OrderKind::Pause, _) => "it is paused already; nothing changed".to_owned(),
        (OrderKind::Resume, Some(_)) if queued == 0 => "the pause is cleared".to_owned(),
        (OrderKind::Resume, Some(_)) => {
            format!("the pause is cleared; {run} sends the {} queued", messages(queued))
        }
        (OrderKind::Resume, None) => "it isn't paused; nothing changed".to_owned(),
        (OrderKind::Reassign { to, .. }, wanted) => {
            let pause = if wanted.is_some() { "; the pause is cleared" } else { "" };
            let moved = match effects.changed {
                0 => format!("nobody was left to move to {to}"),
                n => format!("{to} writes to {}", plural(n, "person", "people")),
            };
            format!("{moved}{pause}; {run} goes on")
        }
        (OrderKind::Cancel, _) if effects.changed == 0 => "cancelled; nothing was queued any more".to_owned(),
        (OrderKind::Cancel, _) => format!(
            "cancelled {}; those already sent stay in the report. `sendcast run {called} --again` starts a new round",
            messages(effects.changed)
        ),
        (OrderKind::Retry { codes }, _) if effects.changed == 0 => match codes.as_slice() {
            [] => "nothing has failed; nothing changed".to_owned(),
            _ => "nothing has failed with that code; nothing changed".to_owned(),
        },
        (OrderKind::Retry { .. }, _) => format!(
            "{} queued again; {run} sends {}",
            plural(effects.changed, "failed message", "failed messages"),
            if effects.changed == 1 { "it" } else { "them" }
        ),
        (OrderKind::Resolve { .. }, _) if effects.changed + effects.refused == 0 => {
            "nothing of that is in doubt; nothing changed".to_owned()
        }
        (OrderKind::Resolve { word: Word::Sent, .. }, _) => {
            format!("{} taken as sent", messages(effects.changed))
        }
        (OrderKind::Resolve { word: Word::Resend, .. }, _) => {
            format!("{} queued again; {run} sends", messages(effects.changed))
        }
    };
    if effects.refused == 0 {
        text
    } else {
        format!(
            "{text}; {} left as they were: their rows were removed from the file",
            messages(effects.refused)
        )
    }
}

fn taken_up(order: &OrderKind) -> &'static str {
    match order {
        OrderKind::Pause => "paused",
        OrderKind::Resume => "the pause is cleared",
        OrderKind::Reassign { .. } => "another number writes to whom is left",
        OrderKind::Cancel => "cancelled",
        OrderKind::Retry { .. } => "the failed messages are queued again",
        OrderKind::Resolve { .. } => "resolved",
    }
}
