//! A round's recipients, opened once and kept.

use std::cell::Cell as Counter;
use std::ops::Bound::{Excluded, Unbounded};

use crate::app::AppError;
use crate::app::campaign_dir::{CampaignDir, answers};
use crate::app::recipients::digits::{Digits, MAX_FOUND, Numbers};
use crate::app::recipients::over_time::OverTime;
use crate::app::recipients::page::{Filter, Page, Place, Recipient};
use crate::app::recipients::reasons::{Cause, Failures, Reasons};
use crate::app::recipients::story::{self, Story};
use crate::app::reports;
use crate::domain::codes;
use crate::domain::ids::JobId;
use crate::domain::job::{Event, Job};
use crate::domain::status::{Counts, Status};
use crate::engine::replies::{self, Answer};
use crate::queue::{Entry, Folded, QueueError, View};
use crate::report::{Head, OTHER_REASONS};
use crate::sys::disk::SharedDisk;

/// How often opening tells how far it is, in entries of the journal.
const TELL_EVERY: u64 = 16_384;

/// A round's recipients, as of the last refresh.
#[derive(Debug)]
pub struct Recipients {
    disk: SharedDisk,
    campaign_dir: CampaignDir,
    view: View,
    gathered: Gathered,
    /// Made when a number is first searched for.
    numbers: Option<Numbers>,
    answers: Answers,
    head: Head,
    /// The plans that `head` is of.
    plans: u32,
}

/// What is counted on the way through the journal.
#[derive(Debug, Default)]
struct Gathered {
    entries: u64,
    over_time: OverTime,
    reasons: Reasons,
}

impl Gathered {
    fn add(&mut self, folded: Folded<'_>) {
        self.entries += 1;
        if let (Entry::Job { job, .. }, Some((before, after))) = (folded.entry, folded.job) {
            self.over_time.change(before, after);
            self.reasons.change(*job, before, after);
        }
    }
}

/// What people answered, and how long the file was that it was read from.
#[derive(Debug, Default)]
struct Answers {
    all: Vec<Answer>,
    bytes: u64,
}

impl Answers {
    /// Which messages they answer depends on other rounds, too; those are asked whenever this one got another answer.
    fn read(disk: &SharedDisk, campaign_dir: &CampaignDir) -> Result<Answers, AppError> {
        let bytes = bytes_of_answers(disk, campaign_dir)?;
        Ok(Answers { all: answers::of(disk, campaign_dir)?, bytes })
    }
}

fn bytes_of_answers(disk: &SharedDisk, campaign_dir: &CampaignDir) -> Result<u64, AppError> {
    let round = campaign_dir.round_dir();
    replies::bytes(&**disk, &round).map_err(|error| AppError::disk("read the replies in", &round, &error))
}

impl Recipients {
    /// Reads the round that `campaign_dir` names. `progress` is told now and then how many entries of the journal were read;
    /// a million people have two to four million.
    ///
    /// # Errors
    /// When there is no such round, or it can't be read.
    pub fn open(
        disk: &SharedDisk,
        campaign_dir: &CampaignDir,
        progress: &dyn Fn(u64),
    ) -> Result<Recipients, AppError> {
        let read = Counter::new(0_u64);
        let each = |gathered: &mut Gathered, folded: Folded<'_>| {
            gathered.add(folded);
            read.set(read.get() + 1);
            if read.get().is_multiple_of(TELL_EVERY) {
                progress(read.get());
            }
        };
        let round = campaign_dir.round_dir();
        let (view, gathered) = View::open_with(disk.clone(), &round, Gathered::default, each)?;
        let answers = Answers::read(disk, campaign_dir)?;
        let head = head(&view, &answers);
        Ok(Recipients {
            disk: disk.clone(),
            campaign_dir: campaign_dir.clone(),
            plans: view.plans(),
            view,
            gathered,
            numbers: None,
            answers,
            head,
        })
    }

    /// Takes in what was written since the last look. Says whether anything was.
    ///
    /// # Errors
    /// When it can't be read; it is to be dropped and opened again then.
    pub fn refresh(&mut self) -> Result<bool, AppError> {
        if self.view.is_outdated(&*self.disk)? {
            *self = Recipients::open(&self.disk, &self.campaign_dir, &|_| {})?;
            return Ok(true);
        }
        let gathered = &mut self.gathered;
        let read = self.view.refresh_with(&mut |folded| gathered.add(folded))?;
        let answered = bytes_of_answers(&self.disk, &self.campaign_dir)? != self.answers.bytes;
        if answered {
            self.answers = Answers::read(&self.disk, &self.campaign_dir)?;
        }
        if answered || self.plans != self.view.plans() {
            self.head = head(&self.view, &self.answers);
            self.plans = self.view.plans();
        }
        Ok(answered || read > 0)
    }

    /// How many are in each status. They add up to everybody.
    #[must_use]
    pub fn counts(&self) -> Counts {
        self.view.counts()
    }

    /// How many have answered.
    #[must_use]
    pub fn replied(&self) -> u64 {
        self.head.replies.len() as u64
    }

    /// How many entries of the journal they are of: it rises whenever something happens.
    #[must_use]
    pub fn entries(&self) -> u64 {
        self.gathered.entries
    }

    /// What happened when.
    #[must_use]
    pub fn over_time(&self) -> &OverTime {
        &self.gathered.over_time
    }

    /// Why messages failed: the commonest `limit` reasons, and what is left in a last one. They add up to the failed.
    ///
    /// # Errors
    /// The disk's, or damage.
    pub fn failures(&mut self, limit: usize) -> Result<Vec<Failures>, AppError> {
        let all = self.gathered.reasons.all();
        let mut failures = Vec::with_capacity(limit.min(all.len()) + 1);
        for (cause, jobs) in all.iter().take(limit) {
            let (code, reason) = match cause {
                Cause::Code(code) => {
                    // The first one's words, as in a report.
                    let first = jobs.first().map(|id| self.view.job(*id)).transpose()?.flatten();
                    let words = first.and_then(|job| job.problem).map(|problem| problem.reason.to_string());
                    (Some(*code), words.unwrap_or_default())
                }
                Cause::Words(words) => (None, words.clone()),
                Cause::Other => (None, OTHER_REASONS.to_owned()),
            };
            let (cause, count) = (Some((*cause).clone()), jobs.len() as u64);
            failures.push(Failures { cause, code, reason, advice: code.and_then(codes::advice), count });
        }
        let left = all.iter().skip(limit);
        let count = left.map(|(_, jobs)| jobs.len() as u64).sum::<u64>();
        let others = self.gathered.reasons.others();
        if count + others > 0 {
            let cause = (count == 0).then_some(Cause::Other);
            let reason = OTHER_REASONS.to_owned();
            failures.push(Failures { cause, code: None, reason, advice: None, count: count + others });
        }
        Ok(failures)
    }

    /// Reads everybody's number, so that the first search is as quick as any other. A search does so by itself, too.
    ///
    /// # Errors
    /// The disk's, or damage.
    pub fn index_numbers(&mut self) -> Result<(), QueueError> {
        if self.numbers.as_ref().is_none_or(|numbers| !numbers.are_of(&self.view)) {
            self.numbers = Some(Numbers::of(&mut self.view)?);
        }
        Ok(())
    }

    /// At most `n` recipients from a place on.
    ///
    /// # Errors
    /// The disk's, or damage.
    pub fn page(&mut self, filter: &Filter, place: Place, n: usize) -> Result<Page, AppError> {
        let (found, total) = self.found(filter)?;
        let (mut ids, earlier, later);
        match place {
            Place::Start | Place::After(_) => {
                let from = match place {
                    Place::After(id) => JobId(id.0.saturating_add(1)),
                    _ => JobId(0),
                };
                ids = self.next(filter, found.as_deref(), from, n.saturating_add(1))?;
                later = ids.len() > n;
                ids.truncate(n);
                earlier =
                    !self.last(filter, found.as_deref(), ids.first().copied().unwrap_or(from), 1)?.is_empty();
            }
            Place::Before(before) => {
                ids = self.last(filter, found.as_deref(), before, n.saturating_add(1))?;
                earlier = ids.len() > n;
                ids.drain(..ids.len().saturating_sub(n));
                let after = ids.last().map_or(before, |id| JobId(id.0 + 1));
                later = !self.next(filter, found.as_deref(), after, 1)?.is_empty();
            }
        }
        let mut recipients = Vec::with_capacity(ids.len());
        for id in ids {
            let listed = self.view.listed(id)?;
            recipients.extend(listed.map(|listed| Recipient::new(&listed, &self.head)));
        }
        Ok(Page { recipients, earlier, later, total })
    }

    /// All that is known of one of them; `None` where there is no such job.
    ///
    /// # Errors
    /// The disk's, or damage.
    pub fn story(&mut self, id: JobId) -> Result<Option<Story>, AppError> {
        let Some(listed) = self.view.listed(id)? else { return Ok(None) };
        let mut events = Vec::new();
        self.view.entries_of(Some(id), &mut |_, entry| {
            if let Entry::Job { event, .. } = entry {
                events.push(event);
            }
            Ok(())
        })?;
        let job: &Job = &listed.job;
        let delivery =
            |no| job.deliveries().find(|(attempt, _)| attempt.no == no).map(|(_, delivery)| delivery);
        let senders = self.view.head().map(|head| &head.senders);
        let number = |event: &Event| match event {
            Event::Claimed { sender, .. } => senders?.get(usize::from(sender.0)).cloned(),
            _ => None,
        };
        let attempts = story::attempts(&events, delivery, number);
        let recipient = Recipient::new(&listed, &self.head);
        let line = crate::report::line(&listed, &self.head);
        let cells = self.head.columns.iter().zip(line.cells.iter());
        let cells = cells.filter(|(_, cell)| !cell.is_empty());
        Ok(Some(Story {
            message: listed.shown().fate.message().cloned(),
            was_sent: job.sent_under().is_some(),
            cells: cells.map(|(column, cell)| (column.clone(), cell.clone())).collect(),
            attempts,
            events,
            answers: self.answers.all.iter().filter(|answer| answer.job == id).cloned().collect(),
            recipient,
        }))
    }

    /// Those whom a search or a reason names, in their order, with how many there are in all as far as that is known; no
    /// list where only the status says who it is.
    fn found(&mut self, filter: &Filter) -> Result<(Option<Vec<JobId>>, Option<u64>), AppError> {
        if let Some(digits) = filter.digits {
            let (found, more) = self.search(filter, digits)?;
            let total = (!more).then_some(found.len() as u64);
            return Ok((Some(found), total));
        }
        let counts = self.counts();
        Ok(match (&filter.cause, filter.status) {
            (Some(_), Some(status)) if status != Status::Failed => (Some(Vec::new()), Some(0)),
            (Some(cause), _) => {
                (None, Some(self.gathered.reasons.of(cause).map_or(0, |jobs| jobs.len() as u64)))
            }
            (None, Some(status)) => (None, Some(counts[status])),
            (None, None) => (None, Some(counts.total())),
        })
    }

    /// The first [`MAX_FOUND`] with these digits, and whether there are more. Of a status, so many are looked at: a few
    /// digits that many have, and a status that few are in, would be a look at everybody.
    fn search(&mut self, filter: &Filter, digits: Digits) -> Result<(Vec<JobId>, bool), QueueError> {
        self.index_numbers()?;
        let Some(numbers) = &self.numbers else { return Ok((Vec::new(), false)) };
        let mut found: Vec<JobId> = match (&filter.cause, filter.status) {
            (Some(_), Some(status)) if status != Status::Failed => Vec::new(),
            (Some(cause), _) => {
                let jobs = self.gathered.reasons.of(cause).into_iter().flatten().copied();
                jobs.filter(|id| numbers.has(*id, digits)).take(MAX_FOUND + 1).collect()
            }
            (None, Some(status)) => {
                let may_be = numbers.with(digits).filter(|id| self.view.may_be(*id, status));
                may_be.take(MAX_FOUND + 1).collect()
            }
            (None, None) => numbers.with(digits).take(MAX_FOUND + 1).collect(),
        };
        let more = found.len() > MAX_FOUND;
        found.truncate(MAX_FOUND);
        if let (None, Some(status)) = (&filter.cause, filter.status) {
            let mut in_status = Vec::new();
            for id in found {
                if self.view.job(id)?.is_some_and(|job| job.status() == status) {
                    in_status.push(id);
                }
            }
            found = in_status;
        }
        Ok((found, more))
    }

    /// The first `n` from one on.
    fn next(
        &mut self,
        filter: &Filter,
        found: Option<&[JobId]>,
        from: JobId,
        n: usize,
    ) -> Result<Vec<JobId>, QueueError> {
        Ok(match (found, &filter.cause, filter.status) {
            (Some(found), ..) => {
                found[found.partition_point(|id| *id < from)..].iter().copied().take(n).collect()
            }
            (None, Some(cause), _) => {
                let jobs = self.gathered.reasons.of(cause);
                jobs.into_iter().flat_map(|jobs| jobs.range(from..)).copied().take(n).collect()
            }
            (None, None, Some(status)) => {
                self.view.in_status(status, from, n)?.into_iter().map(|(id, _)| id).collect()
            }
            (None, None, None) => (from.0..self.jobs()).map(JobId).take(n).collect(),
        })
    }

    /// The last `n` before one, in their order.
    fn last(
        &mut self,
        filter: &Filter,
        found: Option<&[JobId]>,
        before: JobId,
        n: usize,
    ) -> Result<Vec<JobId>, QueueError> {
        Ok(match (found, &filter.cause, filter.status) {
            (Some(found), ..) => {
                let found = &found[..found.partition_point(|id| *id < before)];
                found[found.len().saturating_sub(n)..].to_vec()
            }
            (None, Some(cause), _) => {
                let jobs = self.gathered.reasons.of(cause).into_iter();
                let mut last: Vec<_> = jobs
                    .flat_map(|jobs| jobs.range((Unbounded, Excluded(before))).rev())
                    .copied()
                    .take(n)
                    .collect();
                last.reverse();
                last
            }
            (None, None, Some(status)) => self.view.in_status_before(status, before, n)?,
            (None, None, None) => {
                let end = before.0.min(self.jobs());
                let n = u32::try_from(n).unwrap_or(u32::MAX);
                (end.saturating_sub(n)..end).map(JobId).collect()
            }
        })
    }

    fn jobs(&self) -> u32 {
        u32::try_from(self.view.counts().total()).unwrap_or(u32::MAX)
    }
}

/// What all recipients have in common, with what people answered.
fn head(view: &View, answers: &Answers) -> Head {
    let Some(newest) = view.head() else { return Head::default() };
    reports::with_answers(Head::new(newest, &view.earlier_heads()), &answers.all)
}
