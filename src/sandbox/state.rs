//! An account's state: the accepted log, an index of it in memory, its book, and what was counted.
//!
//! Texts stay in the accepted log. In memory a message is 40 bytes and a recipient 16 (before the tables' slack);
//! the messages of one person are a chain, newest first.

use std::collections::{BTreeMap, HashMap};
use std::io;

use crate::domain::message::Message;
use crate::domain::phone::{Phone, PhoneIdentity};
use crate::domain::status::Status;
use crate::domain::time::Millis;

use super::accepted_log::{AcceptedLog, Record};
use super::answer::Refusal;
use super::arrivals::{NumberNo, Numbers};
use super::book::Book;
use super::chaos::{Chaos, FaultDecision, FaultTarget};
use super::exchange::{About, Endpoint, Handler};
use super::fault::FaultPlan;
use super::hooks::EventQueue;
use super::lines::Place;
use super::options::SandboxOptions;
use super::progress::{self, Fate, Progress, local_time};
use super::stats::Stats;
use super::wamid;
use crate::domain::hash::splitmix;

/// One account.
#[derive(Debug)]
pub(super) struct State {
    pub(super) options: SandboxOptions,
    pub(super) tally: Tally,
    pub(super) book: Book,
    opened: Millis,
    accepted_log: AcceptedLog,
    index: Index,
    chaos: Chaos,
    pub(super) events: EventQueue,
}

/// What is counted beside the accepted log and the numbers.
#[derive(Debug, Default)]
pub(super) struct Tally {
    pub(super) requests: u64,
    pub(super) posts: u64,
    pub(super) polls: u64,
    pub(super) lookups: u64,
    pub(super) refused: BTreeMap<&'static str, u64>,
    /// Requests to each endpoint, by its path.
    pub(super) calls: BTreeMap<&'static str, u64>,
}

impl Tally {
    pub(super) fn refused(&mut self, reason: &'static str) {
        *self.refused.entry(reason).or_default() += 1;
    }
}

#[derive(Debug, Default)]
struct Index {
    messages: Vec<Entry>,
    /// By identity: two forms of a number are one person to WhatsApp.
    people: HashMap<PhoneIdentity, Person>,
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
    /// Adds what the accepted log holds at `place`; its place in the order is its number from 0.
    fn add(&mut self, record: &Record<'_>, place: Place) -> io::Result<u32> {
        let full = || io::Error::other("the sandbox is full; reset it or move its ledger away");
        let number = self.numbers.place(&record.from).ok_or_else(full)?;
        let nth = u32::try_from(self.messages.len()).ok().filter(|n| *n != NONE).ok_or_else(full)?;
        let person = self.people.entry(record.to.identity()).or_insert(Person { latest: NONE, accepted: 0 });
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
    pub(super) fn open(options: SandboxOptions, now: Millis) -> io::Result<State> {
        if options.offset_minutes.abs() > 18 * 60 {
            let text =
                format!("no time zone is {} minutes off; there are -1080 to 1080", options.offset_minutes);
            return Err(io::Error::new(io::ErrorKind::InvalidInput, text));
        }
        let mut index = Index::default();
        let mut full = Ok(());
        // Time goes into a new accepted log's nonce, so that a later one doesn't repeat the ids of an earlier one.
        let nonce = splitmix(options.seed ^ splitmix(now.0));
        let accepted_log = AcceptedLog::open(options.ledger_dir.as_deref(), nonce, |record, place| {
            if full.is_ok() {
                full = index.add(&record, place).map(|_| ());
            }
        })?;
        full?;
        let book = Book::open(options.ledger_dir.as_deref(), splitmix(nonce))?;
        let chaos = Chaos::new(options.faults.clone(), options.seed);
        Ok(State {
            options,
            tally: Tally::default(),
            book,
            opened: now,
            accepted_log,
            index,
            chaos,
            events: EventQueue::default(),
        })
    }

    /// Forgets what was accepted and counted. The fault plan stays and starts anew.
    pub(super) fn reset(&mut self, now: Millis) -> io::Result<()> {
        self.accepted_log.clear(splitmix(self.accepted_log.nonce() ^ splitmix(now.0)))?;
        self.book.clear(splitmix(self.accepted_log.nonce()))?;
        self.index = Index::default();
        self.tally = Tally::default();
        self.chaos = Chaos::new(self.options.faults.clone(), self.options.seed);
        self.events = EventQueue::default();
        self.opened = now;
        Ok(())
    }

    pub(super) fn set_faults(&mut self, plan: FaultPlan) {
        self.options.faults = plan.clone();
        self.chaos.set_plan(plan);
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

    /// Counts a request that isn't let in.
    pub(super) fn refused(&mut self, reason: &'static str) {
        self.tally.requests += 1;
        self.tally.refused(reason);
    }

    /// Notes the arrival of a request and draws what happens to it.
    pub(super) fn arrived(&mut self, endpoint: Endpoint, request: FaultTarget<'_>) -> FaultDecision {
        self.tally.requests += 1;
        *self.tally.calls.entry(endpoint.path).or_default() += 1;
        match endpoint.handler {
            Handler::Send(_) => {
                self.tally.posts += 1;
                if !request.number.is_empty()
                    && let Some(no) = self.index.numbers.place(request.number)
                {
                    self.index.numbers.arrived(no, request.now);
                }
            }
            Handler::Ask(_, About::Delivery) => self.tally.polls += 1,
            Handler::Ask(_, About::Conversation) => self.tally.lookups += 1,
            Handler::Ask(_, About::Account) | Handler::Change(_) => {}
        }
        self.chaos.draw(request)
    }

    /// Accepts a message: into the accepted log, then into memory. Answers its id, unless it is a flow. An error is
    /// the accepted log's; nothing was accepted then.
    pub(super) fn accept(
        &mut self,
        from: &str,
        to: Phone,
        message: &Message,
        news: Option<u32>,
        now: Millis,
    ) -> io::Result<Result<Option<String>, Refusal>> {
        // Room in the index comes first: what is in the accepted log must fit there when it is opened again.
        if !self.knows_number(from) || self.index.numbers.place(from).is_none() {
            let text = "WhatsApp account not found. Please check the phone number id.";
            return Ok(Err(Refusal::plain("unknown_number", text)));
        }
        if let Some(refusal) = self.beyond(to) {
            return Ok(Err(refusal));
        }
        let nonce = self.accepted_log.nonce();
        let fate = Fate::draw(&self.options.delivery, hash(nonce, self.index.messages.len() as u64), news);
        let record = Record {
            at: now,
            from: from.into(),
            to,
            code: fate.code,
            unread: fate.unread,
            message: std::borrow::Cow::Borrowed(message),
        };
        let place = self.accepted_log.append(&record)?;
        let nth = self.index.add(&record, place)?;
        Ok(Ok((Kind::of(message) != Kind::Flow).then(|| wamid::write(nonce, nth, to))))
    }

    /// What the account's package forbids a message to `to`. The sibling platforms make a subscriber of
    /// everybody who is written to; here they only have to be one where there is no place for another.
    fn beyond(&self, to: Phone) -> Option<Refusal> {
        if self.options.limits.credit.is_some_and(|credit| self.accepted() >= credit) {
            return Some(Refusal::plain(
                "credit",
                "Message credit limit has been exceeded. Please upgrade your package.",
            ));
        }
        let stranger = self.subscribers_left() == 0 && self.book.subscribers().by_phone(to).is_none();
        stranger.then(Refusal::subscribers)
    }

    /// Messages accepted: what was used of the message credit.
    pub(super) fn accepted(&self) -> u64 {
        self.message_count() as u64
    }

    /// Places used of the subscriber limit: the documented account is at 1,250 with the subscriber that it
    /// lists.
    pub(super) fn subscribers_used(&self) -> u64 {
        1_249 + self.book.subscribers().count()
    }

    /// How many more subscribers the package has places for.
    pub(super) fn subscribers_left(&self) -> u64 {
        self.options.limits.subscribers.saturating_sub(self.subscribers_used())
    }

    /// The message with this id, by its number.
    pub(super) fn find(&self, id: &str) -> Option<(u32, Entry)> {
        let nth = wamid::place(id)?;
        let entry = self.index.messages.get(nth as usize)?;
        let is_it = entry.kind != Kind::Flow && wamid::write(self.accepted_log.nonce(), nth, entry.to) == id;
        is_it.then_some((nth, *entry))
    }

    /// A person's messages, newest first; `None` when nothing was ever accepted for them.
    pub(super) fn messages_to(&self, person: Phone) -> Option<impl Iterator<Item = (u32, Entry)> + '_> {
        let latest = self.index.people.get(&person.identity())?.latest;
        let entry = |nth: u32| Some((nth, *self.index.messages.get(nth as usize)?));
        Some(std::iter::successors(entry(latest), move |(_, newer)| entry(newer.previous)))
    }

    /// All messages in the order of their acceptance, from the `skip`-th on.
    pub(super) fn messages(&self, skip: usize) -> impl Iterator<Item = (u32, Entry)> + '_ {
        (0..).zip(self.index.messages.iter().copied()).skip(skip)
    }

    /// A message's own id.
    pub(super) fn id(&self, nth: u32, entry: &Entry) -> String {
        wamid::write(self.accepted_log.nonce(), nth, entry.to)
    }

    /// What was sent.
    pub(super) fn record(&self, entry: &Entry) -> io::Result<Record<'static>> {
        self.accepted_log.read(Place { offset: entry.offset, len: entry.len })
    }

    /// Where a message stands.
    pub(super) fn progress(&self, nth: u32, entry: &Entry, now: Millis) -> Progress {
        Progress::at(now, entry.at, self.draw(nth), entry.fate(), &self.options.delivery)
    }

    /// What happens to a message, and when.
    pub(super) fn steps(&self, nth: u32, entry: &Entry) -> impl Iterator<Item = (Status, Millis)> + use<> {
        progress::steps(entry.at, self.draw(nth), entry.fate(), &self.options.delivery)
    }

    /// The message at a place of the accepted log.
    pub(super) fn message(&self, nth: u32) -> Option<Entry> {
        self.index.messages.get(nth as usize).copied()
    }

    /// How many messages there are.
    pub(super) fn message_count(&self) -> usize {
        self.index.messages.len()
    }

    /// The number that sent a message.
    pub(super) fn number_of(&self, entry: &Entry) -> &str {
        self.index.numbers.name(entry.number)
    }

    /// What all chance about a message is drawn from.
    pub(super) fn draw(&self, nth: u32) -> u64 {
        hash(self.accepted_log.nonce(), u64::from(nth))
    }

    /// The state of the documentation's `MESSAGE-ID`: delivered when the sandbox was opened.
    pub(super) fn documented_progress(&self) -> Progress {
        Progress { status: Status::Delivered, updated: self.opened, read: None, failed: None }
    }

    /// A time in the server's own zone.
    pub(super) fn local(&self, at: Millis) -> String {
        local_time(at, self.options.offset_minutes)
    }

    /// When the sandbox was opened, or reset.
    pub(super) fn opened(&self) -> Millis {
        self.opened
    }

    /// Everything that is told at `/sandbox/stats`.
    pub(super) fn stats(&self) -> Stats {
        let people = &self.index.people;
        // As the latest message to them was addressed.
        let digits = |(identity, person): (&PhoneIdentity, &Person)| {
            let latest = self.index.messages.get(person.latest as usize);
            latest.map_or_else(|| identity.digits(), |entry| entry.to.digits())
        };
        let count = |person| (digits(person), u64::from(person.1.accepted));
        let of_kind =
            |kind: Kind| self.index.messages.iter().filter(|entry| entry.kind == kind).count() as u64;
        Stats {
            accepted: self.accepted(),
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
            calls: self.tally.calls.iter().map(|(path, n)| ((*path).to_owned(), *n)).collect(),
            subscribers: self.book.subscribers().count(),
            replies: self.book.reply_count() as u64,
            hooks: self.events.stats(),
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

    fn fate(&self) -> Fate {
        Fate { code: self.code, unread: self.unread }
    }
}

fn hash(nonce: u64, nth: u64) -> u64 {
    splitmix(nonce ^ splitmix(nth))
}
