//! One message to one person. It is a one-row round under `singles/`, so that intent, gate, opt-out list, pace and doubt
//! are those of a campaign. Those of 30 days ago are removed on the way.

use std::path::PathBuf;
use std::time::Duration;

use crate::app::account::{Account, Reached};
use crate::app::options::{SavedOptions, choices};
use crate::app::run::{self, Sending};
use crate::app::{App, AppError, erase, optouts};
use crate::domain::ids::{JobId, MessageId, NumberId, SenderNo};
use crate::domain::message::Message;
use crate::domain::phone::Phone;
use crate::domain::plan::{Fate, PlanHead, PlannedRow};
use crate::domain::priority::Priority;
use crate::domain::round_kind::RoundKind;
use crate::domain::status::{Counts, Status};
use crate::engine::{Ending, Options};
use crate::queue::{Identity, LocalQueue, Queue};
use crate::sys::clock::Clock;
use crate::sys::home::Home;

/// A message, checked against WhatsApp's limits, and what is said about it.
#[derive(Debug)]
pub struct OneMessage {
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
}

/// What became of it.
#[derive(Clone, Debug)]
pub struct OneSent {
    /// Why the run ended.
    pub ending: Ending,
    /// Where it stands.
    pub status: Status,
    /// The same as counts, of one.
    pub counts: Counts,
    /// Its id, where there is one.
    pub id: Option<MessageId>,
    /// Why it wasn't sent, where it wasn't.
    pub reason: Option<String>,
}

/// Sends it.
///
/// # Errors
/// When nothing could be sent.
pub async fn send(
    app: &App,
    home: Home,
    (account, reached): (&Account, &Reached),
    stored: &SavedOptions,
    message: OneMessage,
) -> Result<OneSent, AppError> {
    // Before anything is planned: what can't go out shouldn't stand in a queue.
    optouts::open(app, &home)?;
    let now = app.clock.now();
    erase::age_out_singles(app, &home, now);
    let round = home.single(now, fastrand::u32(..));
    let campaign = message.campaign.clone();
    let (kind, path, origin) = (RoundKind::Campaign, PathBuf::new(), account.origin().to_owned());
    let identity = Identity { campaign, kind, path, origin, round: 1 };
    let mut queue = LocalQueue::create(app.disk.clone(), &round, home.data(), identity)?;
    let (head, row) = plan(message);
    let staged = queue.stage(head, &mut std::iter::once(Ok::<_, AppError>(row)))?;
    queue.adopt(staged, now).await?;
    let interrupted = app.operator.interrupts()?;
    let options =
        choices::options(stored, None, false, account.timeout(), choices::timezone(&app.settings, stored));
    let options = Options { track: Duration::ZERO, daily: None, priority: Priority::High, ..options };
    let client = reached.client.clone();
    let sending = Sending { client, home, round, options, shown: false, cap: None, interrupted };
    let mut sent = run::send(app, queue, sending).await?;
    let job = sent.queue.job(JobId(0))?.ok_or_else(|| AppError::failed("internal: the message is gone"))?;
    let counts = sent.queue.counts();
    sent.queue.close().await?;
    let id = job.best_delivery().and_then(|(_, delivery)| delivery.id.clone());
    let reason = match &sent.ending {
        Ending::Stopped(problem) => Some(problem.to_string()),
        _ => job.problem.as_ref().map(ToString::to_string),
    };
    Ok(OneSent { ending: sent.ending, status: job.status(), counts, id, reason })
}

/// A plan of one row.
fn plan(message: OneMessage) -> (PlanHead, PlannedRow) {
    let head = PlanHead {
        columns: Vec::new(),
        senders: vec![message.from],
        source_hash: String::new(),
        source: message.source.to_owned(),
        ..PlanHead::default()
    };
    let digits = message.to.digits();
    let row = PlannedRow {
        row: Some(1),
        key: Some(digits.as_str().into()),
        to: digits.as_str().into(),
        phone: Some(message.to),
        sender: SenderNo(0),
        variant: None,
        cells: Vec::new(),
        fate: Fate::Send(message.message.into()),
    };
    (head, row)
}
