//! One message to one person: what `test` and `send` have in common. It is a one-row round under `singles/`, so that
//! intent, gate, opt-out list, pace and doubt are those of a campaign.

use std::path::PathBuf;
use std::time::Duration;

use serde_json::json;

use crate::cli::choices;
use crate::cli::context::Context;
use crate::cli::error::CliError;
use crate::cli::exit::Exit;
use crate::cli::optouts;
use crate::cli::reach::{Account, Reached};
use crate::cli::sending::{self, Sending};
use crate::cli::signals;
use crate::cli::stored::Stored;
use crate::domain::ids::{JobId, NumberId, SenderNo};
use crate::domain::message::Message;
use crate::domain::phone::Phone;
use crate::domain::plan::{Fate, PlanHead, PlannedRow};
use crate::domain::status::Status;
use crate::engine::{Ending, Options};
use crate::queue::{Identity, LocalQueue, Queue};
use crate::sys::clock::Clock;
use crate::sys::home::Home;

/// A message, checked against WhatsApp's limits, and what is said about it.
#[derive(Debug)]
pub struct Single {
    /// The campaign that it is rendered from, or what sends it: whose traces `erase` removes.
    pub campaign: String,
    /// Where it comes from, for the plan.
    pub source: &'static str,
    /// Who sends.
    pub from: NumberId,
    /// To whom.
    pub to: Phone,
    /// What.
    pub message: Message,
    /// What shows whether it arrived, where nobody knows.
    pub look: String,
}

/// Sends it and tells its id on stdout, or why it wasn't sent.
///
/// # Errors
/// When nothing could be sent.
pub async fn send(
    ctx: &Context,
    home: Home,
    (account, reached): (&Account, &Reached),
    stored: &Stored,
    single: Single,
) -> Result<Exit, CliError> {
    // Before anything is planned: what can't go out shouldn't stand in a queue.
    optouts::open(ctx, &home)?;
    let now = ctx.clock.now();
    let round = home.singles().join(format!("{:013}-{:08x}", now.0, fastrand::u32(..)));
    let to = single.to;
    let (look, campaign) = (single.look.clone(), single.campaign.clone());
    let identity = Identity { campaign, path: PathBuf::new(), origin: account.origin().to_owned(), round: 1 };
    let mut queue = LocalQueue::create(ctx.disk.clone(), &round, home.data(), identity)?;
    let (head, row) = plan(single);
    let staged = queue.stage(head, &mut std::iter::once(Ok::<_, CliError>(row)))?;
    queue.adopt(staged, now).await?;
    let interrupted = signals::listen(ctx, "ending: what is in flight may take 10 s to finish")?;
    let options = choices::options(stored, None, false, account.timeout());
    let options = Options { track: Duration::ZERO, daily: None, ..options };
    let sending = Sending { client: reached.client.clone(), home, round, options, shown: false, interrupted };
    let mut sent = sending::send(ctx, queue, sending).await?;
    let job = sent.queue.job(JobId(0))?.ok_or_else(|| CliError::failed("internal: the message is gone"))?;
    let counts = sent.queue.counts();
    sent.queue.close().await?;
    let status = job.status();
    let id = job.best_delivery().and_then(|(_, delivery)| delivery.id.clone());
    let exit = Exit::of(&sent.ending, &counts);
    let exit = if status == Status::Skipped { Exit::SomeFailed } else { exit };
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
            ctx.warn(&format!("nobody knows whether the message to {to} was accepted: {look}"));
        }
        (_, _, Some(reason)) => ctx.printer.error(format!("not sent to {to}: {reason}"), None),
        (_, _, None) => ctx.printer.error(format!("not sent to {to}: it is {status}"), None),
    }
    Ok(exit)
}

/// A plan of one row.
fn plan(single: Single) -> (PlanHead, PlannedRow) {
    let head = PlanHead {
        columns: Vec::new(),
        senders: vec![single.from],
        source_hash: String::new(),
        source: single.source.to_owned(),
        repeats: false,
    };
    let digits = single.to.digits();
    let row = PlannedRow {
        row: Some(1),
        key: Some(digits.as_str().into()),
        to: digits.as_str().into(),
        phone: Some(single.to),
        sender: SenderNo(0),
        cells: Vec::new(),
        fate: Fate::Send(single.message.into()),
    };
    (head, row)
}
