//! The operator's orders, as a run takes them while it goes.

use std::path::Path;

use super::orders::{self, Order, OrderKind};
use super::pace::gate::Gate;
use super::send::in_flight::InFlight;
use super::snapshot::{Notice, Observer};
use crate::domain::job::State;
use crate::queue::{DesiredState, Queue, QueueError};
use crate::sys::clock::Clock;
use crate::sys::disk::SharedDisk;

/// What orders change in a run.
pub struct Operated<'r, Q> {
    /// The queue.
    pub queue: &'r mut Q,
    /// The gate, for what is on disk and not yet out.
    pub gate: &'r Gate,
    /// The messages in flight.
    pub in_flight: &'r [InFlight],
    /// The run ends for another reason: the gate stays shut.
    pub stops: bool,
    /// Who watches.
    pub observer: &'r mut dyn Observer,
}

/// What orders asked for that concerns other components.
#[derive(Clone, Copy, Debug, Default)]
pub struct Obeyed {
    /// Doubts were resolved.
    pub resolved: bool,
    /// Everything is to be tried again.
    pub resumed: bool,
    /// Other numbers may send than before.
    pub reassigned: bool,
}

impl<Q: Queue> Operated<'_, Q> {
    /// Reads and applies what was ordered meanwhile.
    ///
    /// # Errors
    /// The queue's, the disk's.
    pub async fn take_orders(
        &mut self,
        disk: &SharedDisk,
        round: &Path,
        clock: &impl Clock,
    ) -> Result<Obeyed, QueueError> {
        let dir = orders::orders_dir(round);
        let pending = orders::pending(&**disk, round).map_err(QueueError::disk("read", &dir))?;
        let mut obeyed = Obeyed::default();
        for (path, order) in pending {
            match order {
                Ok(order) => {
                    self.obey(&order, clock).await?;
                    match order.order {
                        OrderKind::Resolve { .. } => obeyed.resolved = true,
                        OrderKind::Resume => obeyed.resumed = true,
                        OrderKind::Reassign { .. } => obeyed.reassigned = true,
                        OrderKind::Pause | OrderKind::Cancel | OrderKind::Retry { .. } => {}
                    }
                    disk.remove_file(&path).map_err(QueueError::disk("remove", &path))?;
                }
                Err(reason) => {
                    let aside =
                        orders::set_aside(&**disk, &path).map_err(QueueError::disk("rename", &path))?;
                    let text = format!("an order is damaged and wasn't applied: {reason}");
                    let hint = format!("give it again; the file is {} now", aside.display());
                    self.observer.notice(Notice::warning(text).with_hint(hint));
                }
            }
        }
        Ok(obeyed)
    }

    async fn obey(&mut self, order: &Order, clock: &impl Clock) -> Result<(), QueueError> {
        // Shut first: what is on disk and not yet out must not go out while the order is written.
        if matches!(order.order, OrderKind::Pause | OrderKind::Cancel) {
            self.gate.shut();
        }
        let effects = orders::apply(self.queue, order, clock.now()).await?;
        tracing::info!(order = ?order.order, changed = effects.changed, "order applied");
        if matches!(order.order, OrderKind::Resolve { .. }) {
            self.revoke_found()?;
        }
        if self.queue.wanted() == DesiredState::Running && !self.stops {
            self.gate.open();
        }
        let note = match (&order.order, effects.wanted) {
            (OrderKind::Pause, Some(_)) => "paused by the operator",
            (OrderKind::Resume | OrderKind::Reassign { .. }, Some(_)) => "resumed by the operator",
            (OrderKind::Cancel, Some(_)) => "cancelled by the operator",
            _ => return Ok(()),
        };
        self.observer.notice(Notice::note(note));
        Ok(())
    }

    /// An attempt in flight at a person who turns out to have been reached must not go out, if it hasn't.
    fn revoke_found(&mut self) -> Result<(), QueueError> {
        for message in self.in_flight {
            let Some(job) = self.queue.job(message.job)? else { continue };
            let reached = job.deliveries().any(|(_, delivery)| !delivery.failed());
            if reached && matches!(job.state, State::Sending { .. }) {
                self.gate.revoke(message.job, message.attempt);
            }
        }
        Ok(())
    }
}
