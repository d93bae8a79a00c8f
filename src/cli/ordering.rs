//! Giving an order to a campaign: through a file to whoever is working on it, else by taking the queue
//! oneself. Either way it is durable before the command returns, and given twice it changes nothing more.

use std::path::Path;
use std::time::Duration;

use serde_json::json;
use tokio::time::Instant;

use crate::cli::args::CampaignArgs;
use crate::cli::begun;
use crate::cli::context::Context;
use crate::cli::error::CliError;
use crate::cli::exit::Exit;
use crate::cli::ledger::Ledger;
use crate::cli::observe;
use crate::domain::ids::OrderId;
use crate::domain::status::Status;
use crate::engine::orders::{self, Effects, Order, OrderKind, Word};
use crate::engine::snapshot::Snapshot;
use crate::queue::{LocalQueue, Queue, QueueError, Wanted};
use crate::sys::clock::Clock;
use crate::ui::format::plural;

/// How long to wait for the campaign's holder to take up an order.
const PATIENCE: Duration = Duration::from_secs(10);

/// What became of an order.
enum Given {
    /// Applied here.
    Applied(Effects),
    /// Applied by the sendcast that is working on the campaign.
    TakenUp,
    /// Left for that one; it hasn't taken it up yet.
    Left,
}

/// Gives an order and tells what it changed.
///
/// # Errors
/// When there is no such campaign, or its ledger can't be read or written.
pub async fn give(ctx: &Context, args: &CampaignArgs, kind: OrderKind) -> Result<Exit, CliError> {
    let ledger = Ledger::find(ctx, args)?;
    let round = ledger.round_dir();
    let order = new(ctx, kind);
    let given = match apply(ctx, &round, Some(&order)).await? {
        Some(effects) => Given::Applied(effects),
        None => hand_over(ctx, &round, &order).await?,
    };
    let now = observe::look(ctx, &ledger)?;
    tell(ctx, &ledger, &order.order, &given, &now)
}

/// An order that is given now.
#[must_use]
pub fn new(ctx: &Context, kind: OrderKind) -> Order {
    let id = OrderId::new(format!("{:016x}", fastrand::u64(..)));
    Order { id, at: ctx.clock.now(), order: kind }
}

/// Takes the queue and applies what waits there, and then `order`; `None` when another holds it.
async fn apply(ctx: &Context, round: &Path, order: Option<&Order>) -> Result<Option<Effects>, CliError> {
    let mut queue = match LocalQueue::open(ctx.disk.clone(), round, None) {
        Ok(queue) => queue,
        Err(QueueError::Locked { .. }) => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    let disk = |error: std::io::Error| CliError::disk("read the orders in", round, &error);
    let mut changed = false;
    for (path, waiting) in orders::pending(&*ctx.disk, round).map_err(disk)? {
        match waiting {
            Ok(waiting) => {
                orders::apply(&mut queue, &waiting, ctx.clock.now()).await?;
                changed = true;
                ctx.disk.remove_file(&path).map_err(disk)?;
            }
            Err(why) => {
                let aside = orders::set_aside(&*ctx.disk, &path).map_err(disk)?;
                let aside = aside.display();
                ctx.warn(&format!(
                    "an order is damaged and wasn't applied ({why}): give it again. It is {aside} now"
                ));
            }
        }
    }
    let mut effects = Effects::default();
    if let Some(order) = order {
        effects = orders::apply(&mut queue, order, ctx.clock.now()).await?;
        changed |= effects.changed > 0 || effects.wanted.is_some();
    }
    queue.close().await?;
    if changed {
        observe::forget(ctx, round)?;
    }
    Ok(Some(effects))
}

/// Leaves the order for the holder and waits until it is taken up; takes the queue if the holder goes.
async fn hand_over(ctx: &Context, round: &Path, order: &Order) -> Result<Given, CliError> {
    let disk = |error: std::io::Error| CliError::disk("leave the order in", round, &error);
    orders::submit(&*ctx.disk, round, order).map_err(disk)?;
    let until = Instant::now() + PATIENCE;
    let mut looks = 0_u32;
    while Instant::now() < until {
        tokio::time::sleep(Duration::from_millis(50)).await;
        let waits = orders::pending(&*ctx.disk, round)
            .map_err(disk)?
            .iter()
            .any(|(_, waiting)| waiting.as_ref().is_ok_and(|waiting| waiting.id == order.id));
        if !waits {
            return Ok(Given::TakenUp);
        }
        looks += 1;
        // The holder may have ended in the meantime; opening a queue isn't free, so only now and then.
        if looks.is_multiple_of(20) && apply(ctx, round, None).await?.is_some() {
            return Ok(Given::TakenUp);
        }
    }
    Ok(Given::Left)
}

fn tell(
    ctx: &Context,
    ledger: &Ledger,
    order: &OrderKind,
    given: &Given,
    now: &Snapshot,
) -> Result<Exit, CliError> {
    let text = match given {
        Given::Applied(effects) => {
            applied(order, *effects, now, (&ledger.called(), &begun::goes_on(ctx, ledger)))
        }
        Given::TakenUp => format!("{}; the sendcast that is working on it has taken it up", taken_up(order)),
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
    let cancelled = now.state == crate::engine::snapshot::RunState::Cancelled;
    let text = match (order, effects.wanted) {
        (OrderKind::Pause, Some(Wanted::Paused)) => {
            format!("paused with {} queued; `sendcast resume {called}` clears it", messages(queued))
        }
        (OrderKind::Pause | OrderKind::Resume, None) if cancelled => {
            "it is cancelled, which is final until `run --again`; nothing changed".to_owned()
        }
        (OrderKind::Pause, _) => "it is paused already; nothing changed".to_owned(),
        (OrderKind::Resume, Some(_)) if queued == 0 => "the pause is cleared".to_owned(),
        (OrderKind::Resume, Some(_)) => {
            format!("the pause is cleared; {run} sends the {} queued", messages(queued))
        }
        (OrderKind::Resume, None) => "it isn't paused; nothing changed".to_owned(),
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
            format!("{} taken as sent, on your word", messages(effects.changed))
        }
        (OrderKind::Resolve { word: Word::Resend, .. }, _) => {
            format!("{} queued again, on your word; {run} sends", messages(effects.changed))
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
        OrderKind::Cancel => "cancelled",
        OrderKind::Retry { .. } => "the failed messages are queued again",
        OrderKind::Resolve { .. } => "your word is noted",
    }
}
