//! What becomes of those of whom nobody knows whether it was done.

use std::path::Path;

use crate::cli::context::Context;
use crate::cli::error::CliError;
use crate::cli::{observe, ordering};
use crate::domain::ids::LabelId;
use crate::domain::phone::Phone;
use crate::engine::orders::{self, OrderKind, Word};
use crate::queue::{LocalQueue, Queue};
use crate::sendwo::{Client, Transport};

use super::people::People;
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
    ctx: &Context,
    task: &Task<LabelId>,
    client: &Client<T>,
    (queue, round): (&mut LocalQueue, &Path),
) -> Result<bool, CliError> {
    let doubts: Vec<Phone> = queue.in_doubt()?.iter().map(|doubt| doubt.phone).collect();
    let (word, to) = match task {
        _ if doubts.is_empty() => return Ok(false),
        Task::Note(_) => return Ok(false),
        Task::Label(_) => (Word::Resend, doubts),
        Task::Create => match People::of(ctx, client).await {
            Ok(people) => {
                (Word::Sent, doubts.into_iter().filter(|phone| people.find(*phone).is_some()).collect())
            }
            Err(error) => {
                ctx.warn(&format!("the list can't be looked at, so that doubts stay: {error}"));
                return Ok(false);
            }
        },
    };
    // An order to nobody is one to everybody.
    if to.is_empty() {
        return Ok(false);
    }
    let again = word == Word::Resend;
    let order = ordering::new(ctx, OrderKind::Resolve { word, to });
    orders::apply(queue, &order, order.at).await?;
    observe::forget(ctx, round)?;
    Ok(again)
}
