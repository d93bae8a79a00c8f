//! What becomes of those whose outcome is unknown.

use std::path::Path;

use crate::app::campaign_dir::observe;
use crate::app::{App, AppError, orders};
use crate::domain::ids::LabelId;
use crate::domain::phone::Phone;
use crate::engine::orders::{self as engine_orders, OrderKind, Word};
use crate::queue::{LocalQueue, Queue};
use crate::sendwo::{Client, Transport};

use super::subscriber_index::SubscriberIndex;
use super::task::Task;

/// Settles what can be settled; whether something is to be done again.
///
/// - Whoever is on the list needn't be put there, whichever attempt did it. Who isn't may come to be yet: that stays in
///   doubt.
/// - Labels are given again: done twice it is done once.
/// - A note stays in doubt: no question shows it, and done twice there are two.
///
/// # Errors
/// The disk's.
pub(super) async fn settle<T: Transport>(
    app: &App,
    task: &Task<LabelId>,
    client: &Client<T>,
    (queue, round): (&mut LocalQueue, &Path),
) -> Result<bool, AppError> {
    let doubts: Vec<Phone> = queue.in_doubt()?.iter().map(|doubt| doubt.phone).collect();
    let (word, to) = match task {
        _ if doubts.is_empty() => return Ok(false),
        Task::Note(_) => return Ok(false),
        Task::Label(_) => (Word::Resend, doubts),
        Task::Create => match SubscriberIndex::of(app, client).await {
            Ok(people) => {
                (Word::Sent, doubts.into_iter().filter(|phone| people.find(*phone).is_some()).collect())
            }
            Err(error) => {
                app.warn(format!("the list can't be looked at, so that doubts stay: {error}"));
                return Ok(false);
            }
        },
    };
    // An order to nobody is one to everybody.
    if to.is_empty() {
        return Ok(false);
    }
    let again = word == Word::Resend;
    let order = orders::new(app, OrderKind::Resolve { word, to });
    engine_orders::apply(queue, &order, order.at).await?;
    observe::forget(app, round)?;
    Ok(again)
}
