//! The account's state: the ledger, an index of it in memory, and what was counted.
//!
//! Texts stay in the ledger. In memory a message is 40 bytes and a recipient 16 (before the tables' slack);
//! the messages of one person are a chain, newest first.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use secrecy::ExposeSecret;

use crate::domain::message::Message;
use crate::domain::phone::Phone;
use crate::domain::time::Millis;

use super::SandboxClock;
use super::answer::Refusal;
use super::arrivals::{NumberNo, Numbers};
use super::chance::mix;
use super::chaos::{Chaos, Strikable, Weather};
use super::fault::FaultPlan;
use super::ledger::{Ledger, Place, Record};
use super::options::SandboxOptions;
use super::progress::{Fate, Progress, local_time};
use super::stats::Stats;
use super::wamid;

/// What every handler holds.
pub(super) type App = Arc<Shared>;

/// The state behind its one lock, and the clock.
pub(super) struct Shared {
    clock: SandboxClock,
    state: Mutex<State>,
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared").finish_non_exhaustive()
    }
}

impl Shared {
    pub(super) fn open(options: SandboxOptions, clock: SandboxClock) -> io::Result<Shared> {
        let state = Mutex::new(State::open(options, clock())?);
        Ok(Shared { clock, state })
    }

    pub(super) fn now(&self) -> Millis {
        (self.clock)()
    }

    /// The state. Nothing awaits while it is held. A handler that panicked (none should) leaves it usable:
    /// the ledger is written before the index.
    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One account.
#[derive(Debug)]
pub(super) struct State {
    pub(super) options: SandboxOptions,
    pub(super) tally: Tally,
    opened: Millis,
    ledger: Ledger,
    index: Index,
    chaos: Chaos,
}

/// What is counted beside the ledger and the numbers.
#[derive(Debug, Default)]
pub(super) struct Tally {
    pub(super) requests: u64,
    pub(super) posts: u64,
    pub(super) polls: u64,
    pub(super) lookups: u64,
    pub(super) refused: BTreeMap<&'static str, u64>,
}

impl Tally {
    pub(super) fn refused(&mut self, reason: &'static str) {
        *self.refused.entry(reason).or_default() += 1;
    }
}

#[derive(Debug, Default)]
struct Index {
    messages: Vec<Entry>,
    people: HashMap<Phone, Person>,
    numbers: Numbers,
}

/// An accepted message, without its text.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entry {
    pub(super) to: Phone,
    pub(super) at: Millis,
    offset: u64,
    len: u32,
    /// The person's message before this one, or [`NONE`].
    previous: u32,
    code: u32,
    number: NumberNo,
    kind: Kind,
    unread: bool,
}

#[derive(Clone, Copy, Debug)]
struct Person {
    latest: u32,
    accepted: u32,
}

const NONE: u32 = u32::MAX;

/// The type of a message, small.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    Media,
    Buttons,
    Flow,
}

impl Kind {
    const ALL: [Kind; 4] = [Kind::Text, Kind::Media, Kind::Buttons, Kind::Flow];

    fn of(message: &Message) -> Kind {
        match message {
            Message::Text { .. } => Kind::Text,
            Message::Media { .. } => Kind::Media,
            Message::Buttons { .. } => Kind::Buttons,
            Message::Flow { .. } => Kind::Flow,
        }
    }

    fn word(self) -> &'static str {
        match self {
            Kind::Text => "text",
            Kind::Media => "media",
            Kind::Buttons => "buttons",
            Kind::Flow => "flow",
        }
    }
}

impl Index {
    /// Adds what the ledger holds at `place`; its place in the order is its number from 0.
    fn add(&mut self, record: &Record<'_>, place: Place) -> io::Result<u32> {
        let full = || io::Error::other("the sandbox is full; reset it or move its ledger away");
        let number = self.numbers.place(&record.from).ok_or_else(full)?;
        let nth = u32::try_from(self.messages.len()).ok().filter(|n| *n != NONE).ok_or_else(full)?;
        let person = self.people.entry(record.to).or_insert(Person { latest: NONE, accepted: 0 });
        let previous = std::mem::replace(&mut person.latest, nth);
        person.accepted = person.accepted.saturating_add(1);
        self.messages.push(Entry {
            to: record.to,
            at: record.at,
            offset: place.offset,
            len: place.len,
            previous,
            code: record.code,
            number,
            kind: Kind::of(&record.message),
            unread: record.unread,
        });
        Ok(nth)
    }
}

impl State {
    fn open(options: SandboxOptions, now: Millis) -> io::Result<State> {
        if options.offset_minutes.abs() > 18 * 60 {
            let text =
                format!("no time zone is {} minutes off; there are -1080 to 1080", options.offset_minutes);
            return Err(io::Error::new(io::ErrorKind::InvalidInput, text));
        }
        let mut index = Index::default();
        let mut full = Ok(());
        // Time goes into a new ledger's nonce, so that a later one doesn't repeat the ids of an earlier one.
        let nonce = mix(options.seed ^ mix(now.0));
        let ledger = Ledger::open(options.ledger_dir.as_deref(), nonce, |record, place| {
            if full.is_ok() {
                full = index.add(&record, place).map(|_| ());
            }
        })?;
        full?;
        let chaos = Chaos::new(options.faults.clone(), options.seed);
        Ok(State { options, tally: Tally::default(), opened: now, ledger, index, chaos })
    }

    /// Forgets what was accepted and counted. The fault plan stays and starts anew.
    pub(super) fn reset(&mut self, now: Millis) -> io::Result<()> {
        self.ledger.clear(mix(self.ledger.nonce() ^ mix(now.0)))?;
        self.index = Index::default();
        self.tally = Tally::default();
        self.chaos = Chaos::new(self.options.faults.clone(), self.options.seed);
        self.opened = now;
        Ok(())
    }

    pub(super) fn set_faults(&mut self, plan: FaultPlan) {
        self.options.faults = plan.clone();
        self.chaos.set_plan(plan);
    }

    /// Whether this is the account's token. Takes the same time wherever the first difference is.
    pub(super) fn admits(&self, token: &str) -> bool {
        let Some(right) = &self.options.token else { return true };
        let right = right.expose_secret().as_bytes();
        let given = token.as_bytes();
        let differing = right.iter().zip(given).fold(0, |differing, (a, b)| differing | (a ^ b));
        right.len() == given.len() && std::hint::black_box(differing) == 0
    }

    /// The account's numbers, the documented one first.
    pub(super) fn listed_numbers(&self) -> impl Iterator<Item = &str> {
        std::iter::once("PHONE_NUMBER_ID").chain(self.options.numbers.iter().map(String::as_str))
    }

    fn knows_number(&self, id: &str) -> bool {
        // The documentation writes its placeholder both ways.
        id == "PHONE-NUMBER-ID"
            || self.listed_numbers().any(|listed| listed == id)
            || !(self.options.only_these_numbers || id.starts_with("unknown"))
    }

    /// Notes the arrival of a POST and draws what happens to a request.
    pub(super) fn arrived(&mut self, request: Strikable<'_>) -> Weather {
        if request.is_send {
            self.tally.posts += 1;
            if !request.number.is_empty()
                && let Some(no) = self.index.numbers.place(request.number)
            {
                self.index.numbers.arrived(no, request.now);
            }
        }
        self.chaos.draw(request)
    }

    /// Accepts a message: into the ledger, then into memory. Answers its id, unless it is a flow. An error is
    /// the ledger's; nothing was accepted then.
    pub(super) fn accept(
        &mut self,
        from: &str,
        to: Phone,
        message: &Message,
        news: Option<u32>,
        now: Millis,
    ) -> io::Result<Result<Option<String>, Refusal>> {
        // Room in the index comes first: what is in the ledger must fit there when it is opened again.
        if !self.knows_number(from) || self.index.numbers.place(from).is_none() {
            let text = "WhatsApp account not found. Please check the phone number id.";
            return Ok(Err(Refusal::plain("unknown_number", text)));
        }
        let nonce = self.ledger.nonce();
        let fate = Fate::draw(&self.options.delivery, hash(nonce, self.index.messages.len() as u64), news);
        let record = Record {
            at: now,
            from: from.into(),
            to,
            code: fate.code,
            unread: fate.unread,
            message: std::borrow::Cow::Borrowed(message),
        };
        let place = self.ledger.append(&record)?;
        let nth = self.index.add(&record, place)?;
        Ok(Ok((!matches!(message, Message::Flow { .. })).then(|| wamid::write(nonce, nth, to))))
    }

    /// The message with this id, by its number.
    pub(super) fn find(&self, id: &str) -> Option<(u32, Entry)> {
        let nth = wamid::place(id)?;
        let entry = self.index.messages.get(nth as usize)?;
        let is_it = entry.kind != Kind::Flow && wamid::write(self.ledger.nonce(), nth, entry.to) == id;
        is_it.then_some((nth, *entry))
    }

    /// A person's messages, newest first; `None` when nothing was ever accepted for them.
    pub(super) fn messages_to(&self, person: Phone) -> Option<impl Iterator<Item = (u32, Entry)> + '_> {
        let latest = self.index.people.get(&person)?.latest;
        let entry = |nth: u32| Some((nth, *self.index.messages.get(nth as usize)?));
        Some(std::iter::successors(entry(latest), move |(_, newer)| entry(newer.previous)))
    }

    /// All messages in the order of their acceptance, from the `skip`-th on.
    pub(super) fn messages(&self, skip: usize) -> impl Iterator<Item = (u32, Entry)> + '_ {
        (0..).zip(self.index.messages.iter().copied()).skip(skip)
    }

    /// A message's own id.
    pub(super) fn id(&self, nth: u32, entry: &Entry) -> String {
        wamid::write(self.ledger.nonce(), nth, entry.to)
    }

    /// What was sent.
    pub(super) fn record(&self, entry: &Entry) -> io::Result<Record<'static>> {
        self.ledger.read(Place { offset: entry.offset, len: entry.len })
    }

    /// Where a message stands.
    pub(super) fn progress(&self, nth: u32, entry: &Entry, now: Millis) -> Progress {
        let fate = Fate { code: entry.code, unread: entry.unread };
        Progress::at(now, entry.at, hash(self.ledger.nonce(), u64::from(nth)), fate, &self.options.delivery)
    }

    /// The state of the documentation's `MESSAGE-ID`: delivered when the sandbox was opened.
    pub(super) fn documented_progress(&self) -> Progress {
        let status = crate::domain::status::Status::Delivered;
        Progress { status, updated: self.opened, read: None, failed: None }
    }

    /// A time in the server's own zone.
    pub(super) fn local(&self, at: Millis) -> String {
        local_time(at, self.options.offset_minutes)
    }

    /// Everything that is told at `/sandbox/stats`.
    pub(super) fn stats(&self) -> Stats {
        let people = &self.index.people;
        let count = |(phone, person): (&Phone, &Person)| (phone.digits(), u64::from(person.accepted));
        let of_kind =
            |kind: Kind| self.index.messages.iter().filter(|entry| entry.kind == kind).count() as u64;
        Stats {
            accepted: self.index.messages.len() as u64,
            by_type: Kind::ALL.into_iter().map(|kind| (kind.word().to_owned(), of_kind(kind))).collect(),
            recipients: people.iter().map(count).collect(),
            duplicates: people.iter().filter(|(_, person)| person.accepted > 1).map(count).collect(),
            requests: self.tally.requests,
            posts: self.tally.posts,
            polls: self.tally.polls,
            lookups: self.tally.lookups,
            refused: self.tally.refused.iter().map(|(reason, n)| ((*reason).to_owned(), *n)).collect(),
            faults: self.chaos.hits().clone(),
            numbers: self.index.numbers.stats(),
        }
    }
}

impl Entry {
    /// Whether its text can show up in a conversation: what a flow says is not known here.
    pub(super) fn is_shown(&self) -> bool {
        self.kind != Kind::Flow
    }

    /// Meta's code, when it fails after it was sent.
    pub(super) fn code(&self) -> u32 {
        self.code
    }

    /// `text`, `media`, `buttons` or `flow`.
    pub(super) fn kind_word(&self) -> &'static str {
        self.kind.word()
    }

    /// The number that sent it, for [`State`]'s listing.
    pub(super) fn is_from(&self, state: &State, number: &str) -> bool {
        state.index.numbers.name(self.number) == number
    }
}

fn hash(nonce: u64, nth: u64) -> u64 {
    mix(nonce ^ mix(nth))
}
