//! Giving an order to a campaign: through a file to whoever is working on it, else by taking the queue
//! oneself. Either way it is durable before it is answered, and given twice it changes nothing more.

use std::path::Path;
use std::time::Duration;

use tokio::time::Instant;

use crate::app::campaign_dir::{CampaignDir, observe};
use crate::app::{App, AppError};
use crate::domain::ids::{NumberId, OrderId};
use crate::engine::orders::{self, Effects, Order, OrderKind};
use crate::engine::snapshot::Snapshot;
use crate::queue::{LocalQueue, Queue, QueueError};
use crate::sys::clock::Clock;

/// How long to wait for the campaign's holder to take up an order.
const MAX_WAIT: Duration = Duration::from_secs(10);

/// What became of an order.
#[derive(Clone, Copy, Debug)]
pub enum Given {
    /// Applied here.
    Applied(Effects),
    /// Applied by the sendcast that is working on the campaign.
    TakenUp,
    /// Left for that one; it hasn't taken it up yet.
    Left,
}

/// An order that was given.
#[derive(Clone, Debug)]
pub struct Applied {
    /// What became of it.
    pub given: Given,
    /// Where the campaign stands since.
    pub now: Snapshot,
}

/// Gives an order to a campaign's newest round, and looks what it changed.
///
/// # Errors
/// When the round can't be read or written.
pub async fn give(app: &App, campaign_dir: &CampaignDir, kind: OrderKind) -> Result<Applied, AppError> {
    let round = campaign_dir.round_dir();
    let order = new(app, kind);
    let given = match apply(app, &round, Some(&order)).await? {
        Some(effects) => Given::Applied(effects),
        None => hand_over(app, &round, &order).await?,
    };
    Ok(Applied { given, now: observe::look(app, campaign_dir)? })
}

/// The order that has another number write to whom the campaign's blocked ones haven't written to.
///
/// # Errors
/// When none is blocked, or the other one is.
pub fn reassign(app: &App, campaign_dir: &CampaignDir, to: NumberId) -> Result<OrderKind, AppError> {
    let look = observe::look(app, campaign_dir)?;
    let from: Vec<NumberId> = look.blocked.into_iter().map(|blocked| blocked.number).collect();
    let name = campaign_dir.called();
    if from.is_empty() {
        return Err(AppError::usage(format!("no number of {name} is blocked, as far as its last run knows"))
            .hint("to have other numbers send, write them into the campaign's `from` and run it again"));
    }
    if from.contains(&to) {
        return Err(AppError::usage(format!("{to} is blocked itself"))
            .hint("name another number; `sendcast numbers` lists yours"));
    }
    Ok(OrderKind::Reassign { from, to })
}

/// An order that is given now.
#[must_use]
pub fn new(app: &App, kind: OrderKind) -> Order {
    let id = OrderId::new(format!("{:016x}", fastrand::u64(..)));
    Order { id, at: app.clock.now(), order: kind }
}

/// Takes the queue and applies what waits there, and then `order`; `None` when another holds it.
async fn apply(app: &App, round: &Path, order: Option<&Order>) -> Result<Option<Effects>, AppError> {
    let mut queue = match LocalQueue::open(app.disk.clone(), round, None) {
        Ok(queue) => queue,
        Err(QueueError::Locked { .. }) => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    let disk = |error: std::io::Error| AppError::disk("read the orders in", round, &error);
    let mut changed = false;
    for (path, waiting) in orders::pending(&*app.disk, round).map_err(disk)? {
        match waiting {
            Ok(waiting) => {
                orders::apply(&mut queue, &waiting, app.clock.now()).await?;
                changed = true;
                app.disk.remove_file(&path).map_err(disk)?;
            }
            Err(why) => {
                let aside = orders::set_aside(&*app.disk, &path).map_err(disk)?;
                let aside = aside.display();
                app.warn(format!(
                    "an order is damaged and wasn't applied ({why}): give it again. It is {aside} now"
                ));
            }
        }
    }
    let mut effects = Effects::default();
    if let Some(order) = order {
        effects = orders::apply(&mut queue, order, app.clock.now()).await?;
        changed |= effects.changed > 0 || effects.wanted.is_some();
    }
    queue.close().await?;
    if changed {
        observe::forget(app, round)?;
    }
    Ok(Some(effects))
}

/// Leaves the order for the holder and waits until it is taken up; takes the queue if the holder goes.
async fn hand_over(app: &App, round: &Path, order: &Order) -> Result<Given, AppError> {
    let disk = |error: std::io::Error| AppError::disk("leave the order in", round, &error);
    orders::submit(&*app.disk, round, order).map_err(disk)?;
    let until = Instant::now() + MAX_WAIT;
    let mut looks = 0_u32;
    while Instant::now() < until {
        tokio::time::sleep(Duration::from_millis(50)).await;
        let waits = orders::pending(&*app.disk, round)
            .map_err(disk)?
            .iter()
            .any(|(_, waiting)| waiting.as_ref().is_ok_and(|waiting| waiting.id == order.id));
        if !waits {
            return Ok(Given::TakenUp);
        }
        looks += 1;
        // The holder may have ended in the meantime; opening a queue isn't free, so only now and then.
        if looks.is_multiple_of(20) && apply(app, round, None).await?.is_some() {
            return Ok(Given::TakenUp);
        }
    }
    Ok(Given::Left)
}
