//! How many messages each person got from all campaigns of the account, for a `cap`: read from the campaigns' own ledgers.
//!
//! Invariants:
//!
//! - Nothing is kept beside the ledgers. An intent is on disk before its POST, so that whoever reads them while the account is
//!   locked (`engine/limits.rs`) knows of every message that may have left, over other runs and kills.
//! - What may have arrived counts (`domain/cap.rs`). A ledger that can't be read is an error: nobody is written to then.
//! - Rounds whose journal nobody has written to for longer than the cap looks back aren't read.
//!
//! Of a round the messages are listed once, 16 bytes each. One whose journal grows after that is being written: it is kept as a
//! [`View`], which is folded as far as the journal has grown, with a list of its people. What was erased doesn't count any more;
//! single messages (`test`, `send`) never did.

use std::cell::RefCell;
use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::tz::TimeZone;

use crate::app::campaign_dir::all_rounds;
use crate::app::plan::ledgers;
use crate::app::{App, AppError, Reading};
use crate::domain::cap::{Cap, came_by};
use crate::domain::ids::JobId;
use crate::domain::phone::{Phone, PhoneIdentity};
use crate::domain::problem::Problem;
use crate::domain::time::Millis;
use crate::engine::ContactCap;
use crate::queue::{Listed, Listing, LocalQueue, QueueError, View};
use crate::sys::clock::Clock as _;
use crate::sys::disk::SharedDisk;
use crate::sys::home::Home;

/// A file's time may be this much older than what stands in it.
const MTIME_MARGIN: Duration = Duration::from_secs(3600);

/// All campaigns of an account.
pub struct Contacts {
    disk: SharedDisk,
    home: Home,
    origin: String,
    cap: Cap,
    zone: TimeZone,
    /// A round that doesn't count.
    but: Option<PathBuf>,
    rounds: HashMap<PathBuf, Round>,
    reading: Option<Reading>,
}

/// One of their rounds, as it was read last.
struct Round {
    journal: u64,
    read: Read,
}

/// What of a round counts.
enum Read {
    Nothing,
    /// Who got a message, and when at the latest; in order.
    Messages(Vec<(PhoneIdentity, Millis)>),
    /// It is being written.
    Live(Box<People>),
}

/// A round's people.
struct People {
    view: View,
    /// By which plan they were listed.
    plan: (String, u64),
    /// In order.
    jobs: Vec<(PhoneIdentity, JobId)>,
}

impl Contacts {
    /// Those of the account on this server. Reads nothing yet.
    #[must_use]
    pub fn new(disk: SharedDisk, home: Home, origin: String, cap: Cap, zone: TimeZone) -> Contacts {
        Contacts { disk, home, origin, cap, zone, but: None, rounds: HashMap::new(), reading: None }
    }

    fn listed(&self) -> Result<Vec<PathBuf>, QueueError> {
        let mut rounds = all_rounds(&*self.disk, &self.home)?;
        rounds.retain(|round| Some(round) != self.but.as_ref());
        Ok(rounds)
    }

    /// Whether nobody has written to a round's journal for longer than the cap looks back.
    fn is_old(&self, round: &Path, now: Millis) -> bool {
        let written = std::fs::metadata(round.join("journal")).and_then(|meta| meta.modified()).ok();
        let written = written.and_then(|at| at.duration_since(std::time::UNIX_EPOCH).ok());
        written.is_some_and(|at| at + self.cap.per + MTIME_MARGIN < Duration::from_millis(now.0))
    }

    /// Reads a round, which was `known` by something else before.
    fn read(&mut self, round: &Path, known: Option<Read>) -> Result<Read, QueueError> {
        let again = known.is_some();
        if let Some(Read::Live(mut people)) = known {
            // Nothing is new in it, and yet it is longer: it is another file.
            if people.view.refresh()? > 0 {
                people.list()?;
                return Ok(Read::Live(people));
            }
        }
        if !ledgers::is_campaign_on(&*self.disk, round, &self.origin)? {
            return Ok(Read::Nothing);
        }
        if !again {
            return messages(self.disk.clone(), round).map(Read::Messages);
        }
        let view = View::open(self.disk.clone(), round)?;
        let mut people = Box::new(People { view, plan: (String::new(), 0), jobs: Vec::new() });
        people.list()?;
        Ok(Read::Live(people))
    }
}

impl Read {
    /// How many people or messages.
    fn count(&self) -> u64 {
        let count = match self {
            Read::Nothing => 0,
            Read::Messages(messages) => messages.len(),
            Read::Live(people) => people.jobs.len(),
        };
        count as u64
    }
}

/// Who got a message of a round, and when at the latest; in order. What is in flight counts as of any time that is asked about.
fn messages(disk: SharedDisk, round: &Path) -> Result<Vec<(PhoneIdentity, Millis)>, QueueError> {
    let of = |listed: &Listed<'_>| -> Vec<(PhoneIdentity, Millis)> {
        let person = listed.phone().map(Phone::identity);
        let came = listed.job.attempts.iter().filter_map(|attempt| came_by(attempt, Millis(u64::MAX)));
        person.map(|person| came.map(|at| (person, at)).collect()).unwrap_or_default()
    };
    let mut messages = Vec::new();
    Listing::open(disk, round)?.parts(
        &|rows: &[Listed<'_>]| rows.iter().flat_map(of).collect::<Vec<_>>(),
        &mut |part| {
            messages.extend(part);
            Ok(())
        },
    )?;
    messages.sort_unstable();
    Ok(messages)
}

/// The part of a list in order that is this person's.
fn of_person<T>(list: &[(PhoneIdentity, T)], person: PhoneIdentity) -> &[(PhoneIdentity, T)] {
    let from = list.partition_point(|(other, _)| *other < person);
    let until = list[from..].iter().take_while(|(other, _)| *other == person).count();
    &list[from..from + until]
}

impl People {
    /// Lists them, unless the plan is the one that they were listed by.
    fn list(&mut self) -> Result<(), QueueError> {
        let hash = self.view.head().map(|head| head.source_hash.clone()).unwrap_or_default();
        let plan = (hash, self.view.counts().total());
        if plan == self.plan {
            return Ok(());
        }
        let mut jobs = Vec::new();
        self.view.scan(&mut |listed| {
            jobs.extend(listed.phone().map(|phone| (phone.identity(), listed.id)));
            Ok(())
        })?;
        jobs.sort_unstable();
        (self.jobs, self.plan) = (jobs, plan);
        Ok(())
    }

    fn times(
        &mut self,
        person: PhoneIdentity,
        now: Millis,
        times: &mut Vec<Millis>,
    ) -> Result<(), QueueError> {
        for (_, job) in of_person(&self.jobs, person) {
            if let Some(job) = self.view.job(*job)? {
                times.extend(job.attempts.iter().filter_map(|attempt| came_by(attempt, now)));
            }
        }
        Ok(())
    }
}

impl ContactCap for Contacts {
    fn refresh(&mut self, now: Millis) -> Result<(), QueueError> {
        // What isn't there any more is dropped.
        let mut before = std::mem::take(&mut self.rounds);
        let mut listed = 0;
        for path in self.listed()? {
            if !before.contains_key(&path) && !LocalQueue::exists(&*self.disk, &path)? {
                continue;
            }
            let Some(journal) = LocalQueue::journal_len(&*self.disk, &path)? else { continue };
            let known = before.remove(&path);
            if known.as_ref().is_some_and(|round| round.journal == journal) {
                self.rounds.extend(known.map(|round| (path, round)));
                continue;
            }
            let read = if known.is_none() && self.is_old(&path, now) {
                Read::Nothing
            } else {
                match self.read(&path, known.map(|round| round.read)) {
                    // Erased meanwhile.
                    Err(QueueError::Disk { source, .. }) if source.kind() == io::ErrorKind::NotFound => {
                        continue;
                    }
                    read => read?,
                }
            };
            listed += read.count();
            if let Some(reading) = &self.reading {
                reading.listed("earlier messages", listed);
            }
            self.rounds.insert(path, Round { journal, read });
        }
        Ok(())
    }

    fn judge(&mut self, phone: Phone, now: Millis) -> Result<Option<Problem>, QueueError> {
        let mut times = Vec::new();
        let person = phone.identity();
        for round in self.rounds.values_mut() {
            match &mut round.read {
                Read::Nothing => {}
                Read::Messages(messages) => {
                    times.extend(of_person(messages, person).iter().map(|(_, at)| *at))
                }
                Read::Live(people) => people.times(person, now, &mut times)?,
            }
        }
        Ok(self.cap.judge(times, now).map(|capped| capped.problem(&self.zone)))
    }
}

/// What a cap says of people while their campaign is planned.
pub struct Capped {
    contacts: Option<RefCell<Contacts>>,
    now: Millis,
}

impl Capped {
    /// Reads what there is. `but`: the round that is planned; whom it wrote to itself stays as they are.
    ///
    /// # Errors
    /// When a ledger can't be read.
    pub fn read(
        app: &App,
        home: &Home,
        cap: Option<Cap>,
        (origin, but): (&str, Option<PathBuf>),
    ) -> Result<Capped, AppError> {
        let now = app.clock.now();
        let Some(cap) = cap else { return Ok(Capped { contacts: None, now }) };
        let (disk, home, zone) = (app.disk.clone(), home.clone(), app.settings.timezone.clone());
        let mut contacts = Contacts::new(disk, home, origin.to_owned(), cap, zone);
        (contacts.but, contacts.reading) = (but, Some(app.reading()));
        contacts.refresh(now)?;
        contacts.reading = None;
        Ok(Capped { contacts: Some(RefCell::new(contacts)), now })
    }

    /// Why a person isn't written to; `None` where they may be.
    #[must_use]
    pub fn judge(&self, phone: Phone) -> Option<Problem> {
        let judged = self.contacts.as_ref()?.borrow_mut().judge(phone, self.now);
        // In doubt, not.
        judged.unwrap_or_else(|error| {
            Some(Problem::new(format!("it isn't known what this person got: {error}")))
        })
    }
}
