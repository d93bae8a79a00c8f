//! A round whose people live at random, held against its report.

use std::path::Path;
use std::sync::Arc;

use super::*;
use crate::app::campaign_dir::CampaignDir;
use crate::domain::ids::{AttemptNo, JobId, MessageId, NumberId, OwnerId, SenderNo};
use crate::domain::job::{Event, News, Reach};
use crate::domain::message::Message;
use crate::domain::phone::Phone;
use crate::domain::plan::{Fate, PlanHead, PlannedRow, SkipCause};
use crate::domain::problem::Problem;
use crate::domain::round_kind::RoundKind;
use crate::domain::status::Status;
use crate::domain::time::Millis;
use crate::queue::local::{MemoryStores, Storage};
use crate::queue::{
    Batch, Change, ClaimRequest, Identity, Intent, Lease, Listed, Listing, LocalQueue, Queue,
};
use crate::report::{Head, Tally, line};
use crate::sys::disk::SharedDisk;
use crate::sys::home::Home;
use crate::sys::memory_disk::MemoryDisk;

const T0: Millis = Millis(1_790_000_000_000);
const OWNER: OwnerId = OwnerId(7);
const CODES: [u32; 3] = [131_026, 131_049, 4_242];

fn number(n: u32) -> u64 {
    919_000_000_000 + u64::from(n) * 37
}

fn row(row: u32, n: u32, body: &str) -> PlannedRow {
    let phone = Phone::from_value(number(n)).filter(|_| !n.is_multiple_of(11));
    let problem = Problem::new("no valid phone number");
    let fate = match phone {
        Some(_) => Fate::Send(Message::Text { body: format!("{body} {n}") }.into()),
        None => Fate::Skip { cause: SkipCause::Bad, problem, kind: "text".into() },
    };
    PlannedRow {
        row: Some(row),
        key: phone.map(|_| format!("k{n}").into()),
        to: phone.map_or("12".into(), |phone| phone.digits().into()),
        phone,
        sender: SenderNo(0),
        variant: None,
        cells: vec![phone.map(Phone::digits).unwrap_or_default().into(), format!("Person {n}").into()],
        fate,
    }
}

/// A round in memory, whose people live at random.
struct World {
    disk: SharedDisk,
    campaign_dir: CampaignDir,
    queue: LocalQueue,
    chance: fastrand::Rng,
    sent: Vec<Intent>,
    now: Millis,
}

impl World {
    async fn new(people: u32, seed: u64) -> World {
        let disk: SharedDisk = Arc::new(MemoryDisk::new());
        let storage = Storage { disk: disk.clone(), stores: Box::new(MemoryStores::default()), inline: true };
        let home = Home::new(Path::new("/data"));
        let dir = home.campaign("c");
        let campaign_dir = CampaignDir { home, name: "c".into(), dir, round: 1 };
        let round = campaign_dir.round_dir();
        let identity = Identity {
            campaign: "c".into(),
            kind: RoundKind::Campaign,
            path: "/c.json".into(),
            origin: "https://login.sendwo.com".into(),
            round: 1,
        };
        let queue = LocalQueue::create_on(storage, &round, Path::new("/data"), identity).unwrap();
        let chance = fastrand::Rng::with_seed(seed);
        let mut world = World { disk, campaign_dir, queue, chance, sent: Vec::new(), now: T0 };
        world.plan((0..people).map(|n| row(n + 2, n, "hi")).collect()).await;
        world.queue.take(OWNER, T0).await.unwrap();
        world
    }

    async fn plan(&mut self, rows: Vec<PlannedRow>) {
        let head = PlanHead {
            columns: vec!["Phone".into(), "First Name".into()],
            senders: vec![NumberId::new("100")],
            ..PlanHead::default()
        };
        let staged = self.queue.stage(head, &mut rows.into_iter().map(Ok::<_, ()>)).unwrap();
        self.queue.adopt(staged, self.now).await.unwrap();
    }

    /// Sends to some, and has something happen to some who were sent to.
    async fn live(&mut self) {
        self.now = self.now + std::time::Duration::from_secs(self.chance.u64(1..200));
        let wants = [ClaimRequest { sender: SenderNo(0), count: self.chance.usize(1..40), untouched: true }];
        let lease = Lease { owner: OWNER, until: Millis(self.now.0 + 60_000) };
        let intents = self.queue.claim(&wants, lease, self.now, &mut |_| true).await.unwrap();
        let mut changes: Vec<_> = intents.iter().map(|intent| (intent.job, self.outcome(intent))).collect();
        self.sent.extend(intents);
        for _ in 0..self.chance.usize(0..60) {
            let Some(intent) = self.chance.choice(&self.sent) else { break };
            let (job, attempt) = (intent.job, intent.attempt);
            changes.push((job, self.later(attempt, job)));
        }
        let changes = changes.into_iter().map(|(job, event)| Change { job, expect: None, event }).collect();
        self.queue.record(Batch { changes, ..Batch::default() }, self.now).await.unwrap();
        self.queue.sync().await.unwrap();
    }

    fn problem(&mut self) -> Problem {
        match self.chance.u32(0..4) {
            3 => Problem::new(["no credit", "not today"][self.chance.usize(0..2)]),
            n => Problem::coded(CODES[n as usize], format!("refused with {}", CODES[n as usize])),
        }
    }

    fn outcome(&mut self, intent: &Intent) -> Event {
        let (attempt, at, problem) = (intent.attempt, self.now, self.problem());
        let id = Some(MessageId::new(format!("wamid.{}.{}", intent.job.0, attempt.0)));
        match self.chance.u32(0..10) {
            0 => Event::Refused { attempt, at, problem },
            1 => Event::Doubted { attempt, at, problem },
            2 => Event::NotAccepted { attempt, not_before: at, counts: true, problem },
            _ => Event::Accepted { attempt, id, at },
        }
    }

    fn later(&mut self, attempt: AttemptNo, job: JobId) -> Event {
        let (at, problem) = (self.now, self.problem());
        let reached = |reach| Event::News { attempt, news: News::Reached(reach), at };
        match self.chance.u32(0..9) {
            0 => reached(Reach::Read),
            1 => Event::News { attempt, news: News::Failed(problem), at },
            2 => Event::Retry { not_before: Millis::ZERO },
            3 => Event::Found { attempt, id: Some(MessageId::new(format!("found.{}", job.0))), at },
            4 => Event::FoundFailed { attempt, id: None, at, problem },
            5 => reached(Reach::Sent),
            _ => reached(Reach::Delivered),
        }
    }

    fn open(&self) -> Recipients {
        Recipients::open(&self.disk, &self.campaign_dir, &|_| {}).unwrap()
    }

    /// Everybody's line of the report, by job, and what the lines add up to.
    fn report(&self) -> (Vec<(JobId, Status, u64)>, Tally) {
        let mut listing = Listing::open(self.disk.clone(), &self.campaign_dir.round_dir()).unwrap();
        let head = Head::from(listing.head().unwrap());
        let (mut lines, mut tally) = (Vec::new(), Tally::default());
        let make = |listed: &[Listed<'_>]| {
            listed.iter().map(|listed| listed.clone().into_owned()).collect::<Vec<_>>()
        };
        let take = &mut |block: Vec<Listed<'static>>| {
            for listed in &block {
                tally.add(&line(listed, &head));
                lines.push((listed.id, listed.job.status(), listed.phone().map_or(0, Phone::as_u64)));
            }
            Ok(())
        };
        listing.parts(&make, take).unwrap();
        lines.sort_unstable_by_key(|(id, ..)| *id);
        (lines, tally)
    }
}

fn run(test: impl Future<Output = ()>) {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(test);
}

/// All figures, against those of the report and against each other.
fn adds_up(recipients: &mut Recipients, tally: &Tally) {
    let counts = recipients.counts();
    assert_eq!(counts, tally.counts);
    let all = recipients.failures(usize::MAX).unwrap();
    assert_eq!(all.iter().map(|one| one.count).sum::<u64>(), counts[Status::Failed]);
    let told: Vec<_> = all.iter().map(|one| (one.code, one.count, one.reason.clone())).collect();
    let expected = tally.failures(usize::MAX);
    assert_eq!(told, expected.into_iter().map(|one| (one.code, one.count, one.reason)).collect::<Vec<_>>());
    let buckets = recipients.over_time().buckets();
    assert!(buckets.len() <= MAX_BUCKETS);
    let sum = |of: fn(&Bucket) -> u64| buckets.iter().map(of).sum::<u64>();
    assert_eq!(sum(|bucket| bucket.delivered), counts.arrived());
    assert_eq!(sum(|bucket| bucket.read), counts[Status::Read]);
    assert_eq!(sum(|bucket| bucket.failed), counts[Status::Failed]);
    assert!(sum(|bucket| bucket.accepted) >= counts.reached());
}

/// All pages of a filter, forwards, and the same backwards.
fn walked(recipients: &mut Recipients, filter: &Filter, n: usize) -> Vec<JobId> {
    let (mut forwards, mut place) = (Vec::new(), Place::Start);
    loop {
        let page = recipients.page(filter, place, n).unwrap();
        assert_eq!(page.earlier, !forwards.is_empty());
        assert!(page.recipients.len() == n || !page.later);
        forwards.extend(page.recipients.iter().map(|one| one.job));
        assert!(page.total.is_none_or(|total| total >= forwards.len() as u64));
        match page.recipients.last() {
            Some(last) if page.later => place = Place::After(last.job),
            _ => {
                assert_eq!(page.total, Some(forwards.len() as u64));
                break;
            }
        }
    }
    let (mut backwards, mut before) = (Vec::new(), JobId(u32::MAX));
    loop {
        let page = recipients.page(filter, Place::Before(before), n).unwrap();
        assert_eq!(page.later, !backwards.is_empty());
        backwards.extend(page.recipients.iter().rev().map(|one| one.job));
        match page.recipients.first() {
            Some(first) if page.earlier => before = first.job,
            _ => break,
        }
    }
    backwards.reverse();
    assert_eq!(forwards, backwards);
    forwards
}

#[test]
fn figures_are_the_reports_at_every_moment_and_pages_hold_everybody_once() {
    run(async {
        let mut world = World::new(1_400, 3).await;
        let mut kept = world.open();
        for turn in 0..60 {
            world.live().await;
            if turn == 30 {
                // Other words, a few new people, the others in another order; nobody is gone.
                let mut rows: Vec<u32> = (0..1_430).collect();
                world.chance.shuffle(&mut rows);
                world.plan((2..).zip(rows).map(|(at, n)| row(at, n, "hello")).collect()).await;
            }
            kept.refresh().unwrap();
            assert!(!kept.refresh().unwrap(), "nothing has happened since");
            let (lines, tally) = world.report();
            adds_up(&mut kept, &tally);
            if turn % 10 < 9 {
                continue;
            }
            let mut fresh = world.open();
            adds_up(&mut fresh, &tally);
            assert_eq!(fresh.over_time().buckets(), kept.over_time().buckets());
            assert_eq!(fresh.entries(), kept.entries());
            let ids = |of: &dyn Fn(Status, u64) -> bool| {
                let those = lines.iter().filter(|(_, status, number)| of(*status, *number));
                those.map(|(id, ..)| *id).collect::<Vec<_>>()
            };
            assert_eq!(walked(&mut kept, &Filter::default(), 50), ids(&|_, _| true));
            for status in Status::ALL {
                let filter = Filter { status: Some(status), ..Filter::default() };
                assert_eq!(walked(&mut kept, &filter, 7), ids(&|of, _| of == status), "{status}");
            }
            for (text, anywhere) in
                [("91900000", true), ("037", false), ("037", true), ("0037", true), ("592", false)]
            {
                let digits: Digits = text.parse().unwrap();
                let holds = |number: u64| match anywhere {
                    true => number.to_string().contains(text),
                    false => number > 0 && number.to_string().ends_with(text),
                };
                let digits = Some(if anywhere { digits.anywhere() } else { digits });
                let all = Filter { digits, ..Filter::default() };
                assert_eq!(walked(&mut kept, &all, 20), ids(&|_, number| holds(number)), "{text}");
                let failed = Filter { status: Some(Status::Failed), ..all };
                let expected = ids(&|status, number| status == Status::Failed && holds(number));
                assert_eq!(walked(&mut kept, &failed, 20), expected, "{text}");
            }
            for failures in kept.failures(usize::MAX).unwrap() {
                let filter = Filter { cause: failures.cause.clone(), ..Filter::default() };
                let of_cause = walked(&mut kept, &filter, 3);
                assert_eq!(of_cause.len() as u64, failures.count);
                let page = kept.page(&filter, Place::Start, 100).unwrap();
                let fits = |one: &Recipient| one.status == Status::Failed && one.code == failures.code;
                assert!(page.recipients.iter().all(fits));
                let none = Filter { status: Some(Status::Read), ..filter };
                assert_eq!(
                    kept.page(&none, Place::Start, 9).unwrap(),
                    Page { total: Some(0), ..Page::default() }
                );
            }
        }
        let counts = kept.counts();
        let reached = [Status::Read, Status::Failed, Status::InDoubt, Status::Delivered];
        assert!(reached.into_iter().all(|status| counts[status] > 5), "{counts:?}");
    });
}

#[test]
fn a_search_that_finds_too_many_says_so() {
    run(async {
        let world = World::new(1_500, 5).await;
        let mut recipients = world.open();
        let filter =
            Filter { digits: Some("919".parse::<Digits>().unwrap().anywhere()), ..Filter::default() };
        let page = recipients.page(&filter, Place::After(JobId(700)), 500).unwrap();
        assert_eq!((page.total, page.earlier), (None, true));
        assert!(page.recipients.len() < 500 && !page.later, "{}", page.recipients.len());
        let narrow = Filter { digits: Some(number(1_499).to_string().parse().unwrap()), ..Filter::default() };
        let page = recipients.page(&narrow, Place::Start, 500).unwrap();
        let [one] = page.recipients.as_slice() else { panic!("{page:?}") };
        assert_eq!((one.job, one.name.as_deref(), page.total), (JobId(1_499), Some("Person 1499"), Some(1)));
    });
}

#[test]
fn a_story_tells_every_attempt_and_what_was_sent() {
    run(async {
        let mut world = World::new(3, 1).await;
        let claim = async |world: &mut World| {
            let wants = [ClaimRequest { sender: SenderNo(0), count: 1, untouched: true }];
            let lease = Lease { owner: OWNER, until: Millis(T0.0 + 60_000) };
            world.queue.claim(&wants, lease, T0, &mut |_| true).await.unwrap().remove(0)
        };
        let record = async |world: &mut World, job, event| {
            let changes = vec![Change { job, expect: None, event }];
            world.queue.record(Batch { changes, ..Batch::default() }, T0).await.unwrap();
            world.queue.sync().await.unwrap();
        };
        let first = claim(&mut world).await;
        let (job, attempt) = (first.job, first.attempt);
        let problem = Problem::coded(131_026, "not there");
        record(&mut world, job, Event::Refused { attempt, at: T0, problem: problem.clone() }).await;
        record(&mut world, job, Event::Retry { not_before: Millis::ZERO }).await;
        let second = claim(&mut world).await;
        assert_eq!(second.job, job);
        let attempt = second.attempt;
        let id = Some(MessageId::new("wamid.1"));
        record(&mut world, job, Event::Accepted { attempt, id: id.clone(), at: Millis(T0.0 + 5) }).await;
        let news = Event::News { attempt, news: News::Reached(Reach::Read), at: Millis(T0.0 + 9) };
        record(&mut world, job, news).await;
        // What the file says now isn't what was sent.
        world.plan((0..3).map(|n| row(n + 2, n, "new")).collect()).await;

        let mut recipients = world.open();
        let story = recipients.story(job).unwrap().unwrap();
        assert_eq!(story.message, Some(Message::Text { body: format!("hi {}", job.0) }));
        assert_eq!((story.was_sent, story.events.len(), story.recipient.status), (true, 6, Status::Read));
        let [refused, accepted] = story.attempts.as_slice() else { panic!("{story:?}") };
        assert_eq!((&refused.end, &refused.problem), (&AttemptEnd::Refused { at: T0 }, &Some(problem)));
        assert_eq!((refused.no.0, accepted.no.0, &accepted.from), (1, 2, &Some(NumberId::new("100"))));
        let AttemptEnd::Accepted(delivery) = &accepted.end else { panic!("{accepted:?}") };
        assert_eq!((&delivery.id, delivery.read_at), (&id, Some(Millis(T0.0 + 9))));
        assert_eq!(story.cells[1], ("First Name".into(), format!("Person {}", job.0).into()));
        let unsent = recipients.story(JobId(2)).unwrap().unwrap();
        assert_eq!((unsent.was_sent, unsent.attempts.len(), unsent.events.len()), (false, 0, 0));
        assert_eq!(unsent.message, Some(Message::Text { body: "new 2".into() }));
        assert!(recipients.story(JobId(3)).unwrap().is_none());
    });
}

#[test]
fn it_is_opened_elsewhere_and_tells_how_far_it_is() {
    fn can_move<T: Send>(it: T) -> T {
        it
    }
    run(async {
        let mut world = World::new(20_000, 9).await;
        for _ in 0..600 {
            world.live().await;
        }
        let told = std::cell::RefCell::new(Vec::new());
        let tell = |entries| told.borrow_mut().push(entries);
        let recipients = can_move(Recipients::open(&world.disk, &world.campaign_dir, &tell).unwrap());
        let told = told.into_inner();
        assert!(!told.is_empty() && told.is_sorted(), "{told:?}");
        assert!(told.iter().all(|entries| *entries <= recipients.entries()));
    });
}
