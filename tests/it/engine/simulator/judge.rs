//! L, D, X, P and H, held at every step: what the processes do to disk and server against what the server knows.

use std::any::Any;
use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use std::time::Duration;

use sendcast::domain::ids::{JobId, OrderId};
use sendcast::domain::job::{Attempt, Event, ResendBy};
use sendcast::domain::phone::Phone;
use sendcast::domain::plan::Fate as RowFate;
use sendcast::domain::status::Status;
use sendcast::domain::time::Millis;
use sendcast::engine::orders::{OrderKind, Word};
use sendcast::engine::snapshot::Snapshot;
use sendcast::queue::local::LocalQueue;
use sendcast::queue::{DesiredState, Queue};
use sendcast::sendwo::Request;

use super::super::List;
use super::super::world::World;
use super::super::world::faults::Age;
use super::audience::VARIANT;
use super::book::{Book, Fate, Name, Page};
use super::border::Border;
use super::hours::LifeHours;

/// How long a process may take to write down what it was told to wait for.
const A_MOMENT: Duration = Duration::from_secs(1);

/// A Retry-After that a process was told.
#[derive(Clone, Copy, Debug)]
struct Hold {
    told: Age,
    until: Age,
    until_wall: Millis,
    asked: Duration,
}

/// What may be taken for granted in a life.
#[derive(Clone, Copy, Debug)]
pub struct Rules {
    /// POSTs a second of a number.
    pub rate: Option<f64>,
    pub concurrency: u64,
    /// Nobody may be written to twice, whatever was ordered.
    pub strict: bool,
    /// What was accepted and can be seen is found in the end.
    pub all_is_seen: bool,
    pub resend_unseen: bool,
}

/// What the judge knows besides the journal.
pub struct Witness {
    world: World,
    pub rules: Rules,
    /// The only hours at which anything may leave.
    pub hours: Option<LifeHours>,
    /// Which variant's text each person was sent.
    variants: HashMap<String, String>,
    /// Orders that the operator gave.
    pub orders: HashMap<OrderId, OrderKind>,
    optouts: List,
    /// Whose phone it is, and what is to be sent there.
    seats: HashMap<String, Vec<(JobId, Option<String>)>>,
    plans_seen: u32,
    attempts: HashMap<u64, Name>,
    departed: HashSet<Name>,
    /// What the server accepted, by attempt.
    accepted: HashMap<Name, String>,
    by_job: HashMap<u32, usize>,
    by_phone: HashMap<String, usize>,
    by_id: HashMap<String, Name>,
    /// Ids that were found in conversations.
    found: HashMap<String, Name>,
    looked_to: usize,
    last_second: BTreeMap<String, VecDeque<Age>>,
    holds: BTreeMap<String, Vec<Hold>>,
    interrupted: Option<Age>,
    pub most_adopted: u64,
}

/// The judge of one life.
pub struct Judge {
    pub book: Book,
    pub witness: Witness,
    /// What it panicked with inside of a task.
    pub breach: Option<Box<dyn Any + Send>>,
}

impl Judge {
    pub fn new(book: Book, world: World, optouts: List, rules: Rules, hours: Option<LifeHours>) -> Judge {
        let witness = Witness {
            world,
            rules,
            hours,
            variants: HashMap::new(),
            orders: HashMap::new(),
            optouts,
            seats: HashMap::new(),
            plans_seen: 0,
            attempts: HashMap::new(),
            departed: HashSet::new(),
            accepted: HashMap::new(),
            by_job: HashMap::new(),
            by_phone: HashMap::new(),
            by_id: HashMap::new(),
            found: HashMap::new(),
            looked_to: 0,
            last_second: BTreeMap::new(),
            holds: BTreeMap::new(),
            interrupted: None,
            most_adopted: 0,
        };
        Judge { book, witness, breach: None }
    }

    /// Reads the journal on, and holds every entry against the server.
    pub fn read(&mut self) {
        self.look();
        let witness = &mut self.witness;
        self.book.read_on(|job, event, page, order| witness.entry(job, event, page, order));
    }

    /// What the server accepted since the last look.
    pub fn look(&mut self) {
        self.witness.world.settle();
        self.witness.acceptances(&self.book);
    }

    /// A message departs; `wall` is what the process's clock shows.
    pub fn departs(&mut self, border: &Border, request: &Request, ticket: u64, age: Age, wall: Millis) {
        self.read();
        let param = |name| request.params.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str());
        let to = param("to").unwrap();
        let number = param("phoneNumberId").unwrap();
        let seats = self.witness.seats.get(to).unwrap_or_else(|| panic!("D: {to} is in no plan"));
        // An edited file may name a number twice: who was reached at another one, and somebody new.
        let open = seats.iter().find_map(|(job, text)| {
            let page = self.book.page(*job)?;
            let (no, _) = page.attempts.iter().find(|(_, fate)| **fate == Fate::Open)?;
            Some((job, text, page, no))
        });
        let Some((job, text, page, no)) = open else {
            panic!("D: no intent is on disk for the POST to {to}: {seats:?}")
        };
        assert_eq!(param("message"), text.as_deref(), "what was planned is sent");
        assert!(
            page.possibly_accepted() <= page.allowed,
            "D: {to} is written to while an earlier message may have been accepted: {page:?}"
        );
        let name = (job.0, *no);
        assert!(self.witness.departed.insert(name), "D: attempt {name:?} is POSTed twice");
        self.witness.attempts.insert(ticket, name);
        if let Some(failed) = border.failed() {
            panic!("D: a POST after the disk said no to: {failed}");
        }
        assert_eq!(self.book.wanted, DesiredState::Running, "nothing goes out once it is held or cancelled");
        let phone = Phone::from_digits(to).unwrap();
        assert!(!self.witness.optouts.0.borrow().contains(&phone.identity()), "{to} has opted out");
        self.witness.varied(to, param("message"));
        if let Some(hours) = &self.witness.hours {
            assert!(hours.allow(to, wall), "H: a POST to {to} at {wall}, outside of {hours:?}");
        }
        self.witness.paced(number, age);
    }

    /// The process's journal and the queue that it opened agree. A crash has left at most what was in flight.
    pub fn seated(&mut self, queue: &mut LocalQueue) -> Result<(), sendcast::queue::QueueError> {
        self.read();
        let counts = queue.counts();
        assert_eq!(counts[Status::Sending], self.book.sending, "X: what is in flight by the journal");
        let left = self.book.sending;
        assert!(left <= self.witness.rules.concurrency, "X: {left} in flight at once");
        self.witness.most_adopted = self.witness.most_adopted.max(left);
        self.compare_doubts(queue)?;
        if self.book.plans != self.witness.plans_seen {
            self.witness.seats.clear();
            let seats = &mut self.witness.seats;
            queue.scan(&mut |line| {
                if let (Some(phone), RowFate::Send(payload)) = (line.row.phone, &line.row.fate) {
                    let text = match payload.message() {
                        Some(sendcast::domain::message::Message::Text { body }) => Some(body.clone()),
                        _ => None,
                    };
                    seats.entry(phone.digits()).or_default().push((line.id, text));
                }
                Ok(())
            })?;
            self.witness.plans_seen = self.book.plans;
        }
        Ok(())
    }

    /// `in_doubt` is what the journal says, attempt by attempt and in the counts.
    pub fn compare_doubts(&mut self, queue: &mut LocalQueue) -> Result<(), sendcast::queue::QueueError> {
        let mut listed: Vec<Name> = queue.in_doubt()?.iter().map(|d| (d.job.0, d.attempt.0)).collect();
        listed.sort_unstable();
        assert_eq!(listed, self.book.doubts(), "X: the doubts are those of the journal");
        assert_eq!(queue.counts()[Status::InDoubt], self.book.in_doubt, "X: and so is their count");
        Ok(())
    }

    /// A look at a run.
    pub fn snapshot(&mut self, snapshot: &Snapshot) {
        self.read();
        let counts = &snapshot.counts;
        assert_eq!(counts.total(), snapshot.total, "L: counts add up");
        assert_eq!(counts[Status::Sending], self.book.sending, "X: in flight");
        assert_eq!(counts[Status::InDoubt], self.book.in_doubt, "X: in doubt");
        assert!(self.book.sending <= self.witness.rules.concurrency, "X: places in flight");
    }
}

impl Witness {
    /// A process begins; `wall` is what its clock shows.
    pub fn begins(&mut self, age: Age, wall: Millis, last_ended: Age) {
        self.interrupted = None;
        for holds in self.holds.values_mut() {
            // What it was told in its last moment, and short holds, need not outlive a process.
            holds.retain(|hold| {
                hold.told + A_MOMENT < last_ended && hold.asked > Duration::from_secs(2) && hold.until > age
            });
            for hold in holds {
                // A clock that was set ahead ends it earlier, one that was set back never makes it longer
                // than it was.
                let left = hold.until_wall.since(wall).min(hold.asked).min(hold.until - age);
                *hold = Hold { told: age, until: age + left, ..*hold };
            }
        }
    }

    /// The process was asked to end.
    pub fn interrupted(&mut self, age: Age) {
        self.interrupted.get_or_insert(age);
    }

    /// The process was told to wait.
    pub fn told_to_wait(&mut self, number: &str, asked: Duration, age: Age, wall: Millis) {
        let hold = Hold { told: age, until: age + asked, until_wall: wall + asked, asked };
        self.holds.entry(number.to_owned()).or_default().push(hold);
    }

    /// Whatever becomes of the file, a person is sent the variant that was drawn for them.
    fn varied(&mut self, to: &str, text: Option<&str>) {
        let Some((_, variant)) = text.and_then(|text| text.split_once(VARIANT)) else { return };
        let known = self.variants.entry(to.to_owned()).or_insert_with(|| variant.to_owned());
        assert_eq!(known, variant, "{to} is sent another variant");
    }

    fn paced(&mut self, number: &str, age: Age) {
        let second = self.last_second.entry(number.to_owned()).or_default();
        second.push_back(age);
        while second.front().is_some_and(|first| *first + Duration::from_secs(1) <= age) {
            second.pop_front();
        }
        if let Some(rate) = self.rules.rate {
            assert!(second.len() as f64 <= rate.max(1.0), "P: {} within a second at {rate}/s", second.len());
        }
        let timer = Duration::from_millis(1);
        for hold in self.holds.get(number).into_iter().flatten() {
            let within = hold.told < age && age + timer < hold.until;
            assert!(!within, "P: a POST at {age:?} inside of {hold:?}");
        }
        let late = self.interrupted.is_some_and(|asked| age > asked + timer);
        assert!(!late, "a POST at {age:?}, interrupted at {:?}", self.interrupted);
    }

    fn acceptances(&mut self, book: &Book) {
        let truth = self.world.0.borrow();
        for message in &truth.accepted[self.looked_to..] {
            let name = self.attempts[&message.ticket];
            let page = book.page(JobId(name.0)).unwrap();
            assert_ne!(page.attempts[&name.1], Fate::Clean, "D: {name:?} was held for not accepted");
            let of_job = self.by_job.entry(name.0).or_insert(0);
            *of_job += 1;
            let of_phone = self.by_phone.entry(message.to.clone()).or_insert(0);
            *of_phone += 1;
            let most = if self.rules.strict { 1 } else { page.allowed };
            assert!(*of_job <= most && *of_phone <= most, "D: {} was written to twice: {page:?}", message.to);
            self.accepted.insert(name, message.id.clone());
            self.by_id.insert(message.id.clone(), name);
        }
        self.looked_to = truth.accepted.len();
    }

    /// What the journal says of an attempt, against what the server knows.
    fn entry(&mut self, job: JobId, event: &Event, page: &Page, order: Option<&OrderId>) {
        let ordered = order.and_then(|id| self.orders.get(id));
        match event {
            Event::Withdrawn { attempt, .. } => {
                assert!(!self.departed.contains(&(job.0, attempt.0)), "D: withdrawn, and POSTed");
            }
            Event::NotAccepted { attempt, .. } | Event::Refused { attempt, .. } => {
                let accepted = self.accepted.contains_key(&(job.0, attempt.0));
                assert!(!accepted, "D: accepted, and recorded as {event:?}");
            }
            Event::Accepted { attempt, id, .. } => {
                let known = self.accepted.get(&(job.0, attempt.0));
                assert!(known.is_some(), "X: not accepted, and recorded as {event:?}");
                assert!(id.is_none() || id.as_ref().map(|id| id.as_str()) == known.map(String::as_str));
            }
            Event::Found { attempt, id: Some(id), .. } | Event::FoundFailed { attempt, id: Some(id), .. } => {
                let name = (job.0, attempt.0);
                let whose = self.by_id.get(id.as_str()).unwrap_or_else(|| panic!("X: {id} is not ours"));
                assert_eq!(whose.0, job.0, "X: {id} was found for somebody else");
                let other = self.found.insert(id.to_string(), name).filter(|other| *other != name);
                assert_eq!(other, None, "X: {id} was found twice");
            }
            Event::Found { attempt, id: None, .. } => {
                let said = matches!(ordered, Some(OrderKind::Resolve { word: Word::Sent, .. }));
                assert!(said, "X: nobody said that {attempt:?} of {job:?} was sent");
            }
            Event::Resend { by: ResendBy::Operator } => {
                let said = matches!(ordered, Some(OrderKind::Resolve { word: Word::Resend, .. }));
                assert!(said, "D: nobody ordered {job:?} to be sent again");
            }
            Event::Resend { by: ResendBy::Unseen } => {
                assert!(self.rules.resend_unseen, "D: nobody ordered the unseen to be sent again");
                assert_eq!(page.resent_unseen, 1, "D: {job:?} is sent again once for being unseen");
            }
            Event::Retry { .. } => {
                assert!(matches!(ordered, Some(OrderKind::Retry { .. })), "D: nobody ordered a retry");
            }
            _ => {}
        }
        assert!(page.possibly_accepted() <= page.allowed, "D: {job:?}: {page:?}");
    }

    /// Whether all the server accepted of this job can be seen in the conversation, is one message, and was accepted
    /// within a minute of its intent, while others were: whose acceptance was seen tells the clock.
    pub fn is_one_and_seen(&self, job: JobId, intents: &[Attempt]) -> bool {
        let truth = self.world.0.borrow();
        let mut ours = truth.accepted.iter().filter(|message| self.attempts[&message.ticket].0 == job.0);
        match (ours.next(), ours.next()) {
            (Some(one), None) => {
                !one.hidden && !truth.is_stranger(&one.to) && truth.has_company(one, intents)
            }
            _ => false,
        }
    }

    /// How many messages of this job the server accepted.
    pub fn accepted_of(&self, job: JobId) -> usize {
        self.by_job.get(&job.0).copied().unwrap_or(0)
    }

    /// Jobs of which the server accepted something.
    pub fn reached_jobs(&self) -> impl Iterator<Item = JobId> {
        self.by_job.keys().copied().map(JobId)
    }
}
