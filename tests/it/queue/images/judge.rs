//! Does with an image what readers and a run do, and holds it against the truth.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use sendcast::app::AppError;
use sendcast::app::options::SavedOptions;
use sendcast::domain::job::AttemptFate;
use sendcast::domain::status::Status;
use sendcast::engine::orders;
use sendcast::queue::View;
use sendcast::queue::local::verify;
use sendcast::sys::disk::RealDisk;

use super::harm::Target;
use super::shapes::{Fate, ROUND, Truth};
use super::*;

/// What became of an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    Refused,
    Opened,
}

type Judged<T> = Result<T, String>;

macro_rules! ensure {
    ($holds:expr, $($why:tt)*) => {
        if !$holds {
            return Err(format!($($why)*));
        }
    };
}

/// Judges an image.
pub async fn image(shape: &Shape, data: &Path, harms: &[Harm]) -> Judged<Verdict> {
    let (truth, round) = (&shape.truth, data.join(ROUND));
    let before = bytes_of(data);
    readers(truth, &round, harms)?;
    unchanged(&before, data, "a reader")?;
    if beside(truth, &round)? == Verdict::Refused {
        return Ok(Verdict::Refused);
    }
    let before = bytes_of(data);
    // States that turn out damaged on the way are rebuilt by the next run.
    for attempt in 0..3 {
        let mut queue = match open(&round, data) {
            Ok(queue) => queue,
            Err(error) => {
                refusal(&error, data)?;
                if attempt == 0 {
                    unchanged(&before, data, "a refused opening")?;
                }
                return Ok(Verdict::Refused);
            }
        };
        match look(truth, &mut queue, attempt > 0).await {
            Ok(()) => {}
            Err(Trouble::Breach(why)) => return Err(why),
            Err(Trouble::Queue(QueueError::Damaged { path, .. })) if path.ends_with("queue") => continue,
            Err(Trouble::Queue(error)) => {
                refusal(&error, data)?;
                return Ok(Verdict::Refused);
            }
        }
        let claimed = claims(truth, &mut queue).await;
        match claimed {
            Ok(()) => {
                queue.close().await.map_err(|error| format!("at closing: {error}"))?;
                return Ok(Verdict::Opened);
            }
            Err(Trouble::Breach(why)) => return Err(why),
            Err(Trouble::Queue(error)) => {
                refusal(&error, data)?;
                return Ok(Verdict::Refused);
            }
        }
    }
    Err("the states are damaged every time anew".to_owned())
}

enum Trouble {
    Breach(String),
    Queue(QueueError),
}

impl From<String> for Trouble {
    fn from(why: String) -> Trouble {
        Trouble::Breach(why)
    }
}

impl From<QueueError> for Trouble {
    fn from(error: QueueError) -> Trouble {
        Trouble::Queue(error)
    }
}

/// As a run does.
fn open(round: &Path, data: &Path) -> Result<LocalQueue, QueueError> {
    if LocalQueue::exists(&RealDisk, round)? {
        LocalQueue::open(RealDisk::shared(), round, Some(&identity()))
    } else {
        LocalQueue::create(RealDisk::shared(), round, data, identity())
    }
}

/// The round as a whole: nobody lost, doubt exact, outcomes as they were.
async fn look(truth: &Truth, queue: &mut LocalQueue, taken: bool) -> Result<(), Trouble> {
    let doubted = queue.take(OwnerId(99), Millis(T0.0 + 1_000_000)).await?;
    let flying = truth.fates.values().filter(|fate| **fate == Fate::Flying).count() as u64;
    breach(taken || doubted == flying, || format!("{doubted} became doubtful, {flying} were in flight"))?;
    let counts = queue.counts();
    breach(counts.total() == truth.total, || format!("{} jobs of {}", counts.total(), truth.total))?;
    let mut lines = Vec::new();
    let mut tally = sendcast::domain::status::Counts::default();
    queue.scan(&mut |line| {
        tally[line.job.status()] += 1;
        lines.push((line.id, line.row.key.as_deref().map(str::to_owned), line.row.phone));
        Ok(())
    })?;
    breach(lines == truth.lines, || "the report's lines are others".to_owned())?;
    for status in Status::ALL {
        let listed = tally[status] <= counts[status];
        breach(listed, || format!("{} are {status}, and {} are counted", tally[status], counts[status]))?;
    }
    let expected: BTreeSet<_> = truth
        .fates
        .iter()
        .filter(|(_, fate)| matches!(fate, Fate::Flying | Fate::Doubt))
        .map(|(name, _)| *name)
        .collect();
    let found: BTreeSet<_> = queue.in_doubt()?.iter().map(|doubt| (doubt.job, doubt.attempt)).collect();
    breach(found == expected, || format!("{} doubts of {}", found.len(), expected.len()))?;
    for ((id, no), fate) in &truth.fates {
        let job = queue.job(*id)?.ok_or_else(|| format!("{id:?} is gone"))?;
        let kept = match (fate, job.attempt(*no).map(|attempt| &attempt.fate)) {
            (Fate::Accepted(id), Some(AttemptFate::Accepted(delivery))) => delivery.id == *id,
            (Fate::Flying | Fate::Doubt, Some(AttemptFate::Doubt { .. })) | (Fate::No, None) => true,
            _ => false,
        };
        breach(kept, || format!("{id:?} {no:?} was {fate:?}, and is {:?}", job.attempt(*no)))?;
        if let Fate::Accepted(Some(message)) = fate {
            let whose = queue.by_message_id(message)?;
            breach(whose == Some((*id, *no)), || format!("{message:?} is {whose:?}'s"))?;
        }
    }
    Ok(())
}

/// Claims all that is due: exactly those to whom nothing was released, or nothing that may have been accepted.
async fn claims(truth: &Truth, queue: &mut LocalQueue) -> Result<(), Trouble> {
    let at = Millis(T0.0 + 1_000_000);
    let lease = Lease { owner: OwnerId(99), until: Millis(at.0 + 60_000) };
    let rows: BTreeMap<_, _> = truth.lines.iter().map(|(job, _, phone)| (*job, *phone)).collect();
    let mut claimed = BTreeSet::new();
    while [0, 1].iter().any(|sender| queue.next_due(SenderNo(*sender), true).is_some_and(|due| due <= at)) {
        let wants = [0, 1].map(|s| ClaimRequest { sender: SenderNo(s), count: 50, untouched: true });
        let intents = queue.claim(&wants, lease, at, &mut |_| true).await?;
        breach(!intents.is_empty(), || "jobs are due, and none can be claimed".to_owned())?;
        for intent in intents {
            let (job, attempt) = (intent.job, intent.attempt);
            breach(claimed.insert(job), || format!("{job:?} was claimed twice"))?;
            let fates = truth.fates.iter().filter(|((id, _), _)| *id == job);
            for ((_, no), fate) in fates {
                breach(*fate == Fate::No, || format!("{job:?} is {fate:?} and is sent again"))?;
                breach(*no < attempt, || format!("{job:?} {attempt:?} was released before"))?;
            }
            let phone = rows.get(&job).copied().flatten();
            breach(phone == Some(intent.phone), || format!("{job:?} goes to another number"))?;
        }
    }
    breach(claimed == truth.queued, || {
        format!("{} were claimed, {} were queued", claimed.len(), truth.queued.len())
    })?;
    Ok(())
}

fn breach(holds: bool, why: impl FnOnce() -> String) -> Result<(), Trouble> {
    if holds { Ok(()) } else { Err(Trouble::Breach(why())) }
}

/// Those who look in see the truth, or what it was at an earlier moment where the end is gone.
fn readers(truth: &Truth, round: &Path, harms: &[Harm]) -> Judged<()> {
    let at_fault = |file| harms.iter().any(|harm| harm.file == file);
    match View::open(RealDisk::shared(), round) {
        Err(error) => refusal(&error, round)?,
        Ok(mut view) => {
            let mut entries = Vec::new();
            let each = &mut |n, entry| {
                entries.push((n, entry));
                Ok(())
            };
            if let Err(error) = view.entries(each) {
                refusal(&error, round)?;
                return Ok(());
            }
            ensure!(truth.entries.starts_with(&entries), "a reader sees what never was");
            let whole = entries.len() == truth.entries.len();
            ensure!(whole || (at_fault(Target::Journal) && at_fault(Target::Mark)), "a reader sees not all");
            let mut lines = Vec::new();
            let scanned = view.scan(&mut |line| {
                lines.push((line.id, line.row.key.as_deref().map(str::to_owned), line.row.phone));
                Ok(())
            });
            match scanned {
                Err(error) => refusal(&error, round)?,
                Ok(()) => ensure!(!whole || lines == truth.lines, "a reader sees other lines"),
            }
            match listed(RealDisk::shared(), round) {
                Err(error) => refusal(&error, round)?,
                Ok(listed) => {
                    let listed: Vec<_> = listed
                        .iter()
                        .map(|line| (line.id, line.row.key.as_deref().map(str::to_owned), line.row.phone))
                        .collect();
                    ensure!(listed == lines || !whole, "a report has other lines");
                }
            }
        }
    }
    match verify(RealDisk::shared(), round) {
        Err(error) => refusal(&error, round),
        Ok(report) => {
            // The journal, a plan or the commit marker can't be harmed and go unnoticed.
            let sound = report.is_sound() && report.unfinished == 0;
            let whole = report.entries == truth.entries.len() as u64;
            let set_back = at_fault(Target::Journal) && at_fault(Target::Mark);
            ensure!(!sound || whole || set_back, "verify says that all is well");
            Ok(())
        }
    }
}

/// Orders and settings: as they were given, or refused.
fn beside(truth: &Truth, round: &Path) -> Judged<Verdict> {
    let pending = orders::pending(&RealDisk, round).map_err(|error| error.to_string())?;
    for (path, order) in pending {
        match order {
            Ok(order) => ensure!(truth.orders.contains(&order), "an order that nobody gave: {order:?}"),
            Err(reason) => {
                ensure!(!reason.is_empty(), "an order is damaged without a reason");
                let aside = orders::set_aside(&RealDisk, &path).map_err(|error| error.to_string())?;
                ensure!(aside.exists() && !path.exists(), "a damaged order stays in the way");
            }
        }
    }
    let settings = round.with_file_name("settings.json");
    let there = settings.exists();
    match SavedOptions::load(&RealDisk, settings.parent().unwrap()) {
        Ok(stored) if there => ensure!(stored == truth.settings, "other settings: {stored:?}"),
        Ok(_) => {}
        Err(error) => {
            let named = error.to_string().contains("settings.json") && error.hint.is_some();
            ensure!(named, "{error} names no file or no remedy");
            return Ok(Verdict::Refused);
        }
    }
    Ok(Verdict::Opened)
}

/// An error names a file of ours, and what to do.
fn refusal(error: &QueueError, below: &Path) -> Judged<()> {
    let (QueueError::Damaged { path, .. }
    | QueueError::OtherFormat { path, .. }
    | QueueError::Disk { path, .. }) = error
    else {
        return Err(format!("refused by `{error}`, which names no file"));
    };
    ensure!(path.starts_with(below), "{} is named", path.display());
    let text = error.to_string();
    let hint = AppError::from(clone(error)).hint.unwrap_or_default();
    ensure!(hint.len() > 10, "`{text}` comes without a remedy");
    Ok(())
}

/// An error of the same sort, to be shown.
fn clone(error: &QueueError) -> QueueError {
    match error {
        QueueError::Damaged { path, what, hint } => {
            QueueError::Damaged { path: path.clone(), what: what.clone(), hint: hint.clone() }
        }
        QueueError::OtherFormat { path, found, known } => {
            QueueError::OtherFormat { path: path.clone(), found: *found, known: *known }
        }
        QueueError::Disk { doing, path, source } => {
            QueueError::Disk { doing, path: path.clone(), source: source.kind().into() }
        }
        _ => QueueError::Stopped,
    }
}

/// All files but sled's own, which it writes to at every opening, and the lock, which is only held.
fn bytes_of(data: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut dirs = vec![data.to_owned()];
    while let Some(dir) = dirs.pop() {
        for entry in fs::read_dir(&dir).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() && !path.ends_with("queue") {
                dirs.push(path);
            } else if path.is_file() && !path.ends_with("lock") && path.extension() != Some("lock".as_ref()) {
                let bytes = fs::read(&path).unwrap();
                found.insert(path, bytes);
            }
        }
    }
    found
}

fn unchanged(before: &BTreeMap<PathBuf, Vec<u8>>, data: &Path, who: &str) -> Judged<()> {
    let after = bytes_of(data);
    let changed: Vec<_> = before
        .keys()
        .chain(after.keys())
        .filter(|path| before.get(*path) != after.get(*path))
        .map(|path| path.file_name().unwrap_or_default().to_string_lossy().into_owned())
        .collect();
    ensure!(changed.is_empty(), "{who} changed {}", changed.join(", "));
    Ok(())
}
