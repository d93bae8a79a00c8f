//! One campaign against one server: sent, looked for, looked for again over days; after each run every verdict
//! is laid beside the truth.

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use sendcast::domain::ids::{MessageId, NumberId, OrderId, OwnerId, SenderNo};
use sendcast::domain::job::{Attempt, AttemptFate, Job};
use sendcast::domain::payload::Payload;
use sendcast::domain::phone::Phone;
use sendcast::domain::plan::{Fate as RowFate, PlanHead, PlannedRow};
use sendcast::domain::policy::RetryPolicy;
use sendcast::domain::priority::Priority;
use sendcast::domain::time::Millis;
use sendcast::engine::orders::{Order, OrderKind, Word, submit};
use sendcast::engine::snapshot::{Notice, Observer, Snapshot};
use sendcast::engine::{OptOuts, Options, OtherCampaigns, Setup, run};
use sendcast::queue::local::{LocalQueue, MemoryStores, Storage, open_permits};
use sendcast::queue::{Identity, Queue, QueueError};
use sendcast::sendwo::{Client, Token};
use sendcast::sys::clock::{Clock, VirtualClock};
use sendcast::sys::disk::Disk as _;
use sendcast::sys::home::Home;
use sendcast::sys::memory_disk::MemoryDisk;
use tokio::sync::watch;
use tokio::task::LocalSet;

use super::Tally;
use super::habits::Habits;
use super::scene::{Other, Scene, Whose};
use super::server::{Posted, Server};

/// 2026-11-22, seven minutes past ten in the morning UTC.
const START: Millis = Millis(1_795_342_020_000);
/// From one run to the next. The last two are longer than any pause between looks.
const RESTS: [u64; 6] = [4 * 60, 16 * 60, 20 * 60, 2 * 3_600, 7 * 3_600, 7 * 3_600];

/// Nobody watches, nobody is on the list.
struct Nobody;

impl Observer for Nobody {
    fn snapshot(&mut self, _: &Snapshot) {}
    fn notice(&mut self, _: Notice) {}
}

impl OptOuts for Nobody {
    fn refresh(&mut self) -> Result<(), sendcast::domain::problem::Problem> {
        Ok(())
    }
    fn contains(&self, _: Phone) -> bool {
        false
    }
    fn add(&mut self, _: Phone, _: &str, _: Millis) -> std::io::Result<()> {
        Ok(())
    }
}

/// The other campaigns of the data directory.
struct OtherScenes {
    server: Server,
    scenes: Vec<(Phone, Scene)>,
}

impl OtherCampaigns for OtherScenes {
    fn refresh(&mut self) -> Result<bool, QueueError> {
        Ok(true)
    }

    fn knows(&self, id: &MessageId) -> bool {
        id.as_str().starts_with("old.")
    }

    fn open_attempts(&self, phone: Phone) -> Vec<(Millis, Arc<Payload>)> {
        let truth = self.server.0.borrow();
        // Theirs come with the first POST of ours.
        let first = truth.posted.get(&phone.digits()).and_then(|posts| posts.first());
        let Some(first) = first else { return Vec::new() };
        let others =
            self.scenes.iter().filter(|(whose, _)| *whose == phone).flat_map(|(_, scene)| &scene.others);
        let doubted = others.filter(|other| matches!(other.whose, Whose::Doubted { .. }));
        let at = |other: &Other| Millis(first.at.0.saturating_add_signed(other.after));
        doubted.map(|other| (at(other), Arc::new(other.says.clone().into()))).collect()
    }
}

pub struct Life {
    seed: u64,
    server: Server,
    scenes: Vec<(Phone, Scene)>,
    clock: VirtualClock,
    disk: MemoryDisk,
    stores: MemoryStores,
    dir: PathBuf,
    runs: u64,
    concurrency: usize,
    track: Duration,
    resends_unseen: bool,
    killed: bool,
    /// Nobody's message goes well, so nothing tells the server's clock.
    alone: bool,
}

impl Life {
    pub fn draw(seed: u64) -> Life {
        let mut chance = fastrand::Rng::with_seed(seed);
        let habits = Habits::draw(&mut chance, START);
        let alone = chance.u8(0..20) == 0;
        let people = if alone { chance.u64(1..4) } else { chance.u64(6..30) };
        let scenes: Vec<_> = (0..people)
            .map(|n| {
                let phone = Phone::from_digits(&(919_800_000_000 + n).to_string()).unwrap();
                let good = !alone && n % 2 == 0;
                let draw = if good { Scene::good } else { Scene::draw };
                (phone, draw(n, &mut chance, &habits))
            })
            .collect();
        let clock = VirtualClock::starting_at(START);
        let by_phone: HashMap<_, _> =
            scenes.iter().map(|(phone, scene)| (phone.digits(), scene.clone())).collect();
        let disk = MemoryDisk::new();
        let dir = PathBuf::from("/data");
        disk.create_dir_all(&dir).unwrap();
        Life {
            seed,
            server: Server::new(habits, by_phone, chance.u64(..), clock),
            scenes,
            clock,
            disk,
            stores: MemoryStores::default(),
            dir,
            runs: 0,
            concurrency: chance.usize(1..5),
            track: Duration::from_secs(if chance.bool() { 30 } else { 0 }),
            resends_unseen: chance.u8(0..4) == 0,
            killed: chance.u8(0..5) == 0,
            alone,
        }
    }

    fn round(&self) -> PathBuf {
        Home::new(&self.dir).round("test", 1)
    }

    async fn queue(&self) -> LocalQueue {
        let storage = Storage {
            disk: Arc::new(self.disk.clone()),
            stores: Box::new(self.stores.clone()),
            inline: true,
        };
        let identity = Identity {
            campaign: "test".into(),
            kind: sendcast::domain::round_kind::RoundKind::Campaign,
            path: PathBuf::new(),
            origin: "http://server".into(),
            round: 1,
        };
        let round = self.round();
        if LocalQueue::exists(&self.disk, &round).unwrap() {
            return LocalQueue::open_on(storage, &round, Some(&identity)).unwrap();
        }
        let mut queue = LocalQueue::create_on(storage, &round, &self.dir, identity).unwrap();
        let head = PlanHead {
            columns: vec!["phone".into()],
            senders: vec![NumberId::new("number")],
            source_hash: String::new(),
            source: "inline".into(),
            ..PlanHead::default()
        };
        let row = |(phone, scene): &(Phone, Scene)| PlannedRow {
            row: None,
            key: Some(phone.digits().into()),
            to: phone.digits().into(),
            phone: Some(*phone),
            sender: SenderNo(0),
            variant: None,
            cells: vec![phone.digits().into()],
            fate: RowFate::Send(scene.message.clone().into()),
        };
        let mut rows = self.scenes.iter().map(|scene| Ok::<_, std::convert::Infallible>(row(scene)));
        let staged = queue.stage(head, &mut rows).unwrap();
        queue.adopt(staged, self.clock.now()).await.unwrap();
        queue
    }

    /// One run to its end; the queue behind it.
    async fn run(&mut self) -> LocalQueue {
        self.runs += 1;
        let queue = self.queue().await;
        let (_ask, interrupted) = watch::channel(None);
        let (owner, disk) = (OwnerId(self.runs), Arc::new(self.disk.clone()));
        let home = Home::new(&self.dir);
        let setup = Setup {
            client: Client::new(self.server.clone(), Token::new("token").unwrap()),
            clock: self.clock,
            permits: open_permits(disk.clone(), home.clone(), owner, "test".to_owned(), Priority::default()),
            disk,
            home,
            round: self.round(),
            options: Options {
                rate: "40/s".parse().unwrap(),
                priority: Priority::default(),
                timetable: None,
                daily: None,
                limit: None,
                canary: None,
                guard: None,
                retry: RetryPolicy::default(),
                concurrency: self.concurrency,
                track: self.track,
                resend_unseen: self.resends_unseen && self.runs > 2,
                request_timeout: Duration::from_secs(30),
                api_is_known: true,
                pulse: Duration::from_secs(1),
                timezone: jiff::tz::TimeZone::UTC,
                seed: self.seed + self.runs,
            },
            owner,
            optouts: Rc::new(RefCell::new(Box::new(Nobody))),
            other_campaigns: Box::new(OtherScenes {
                server: self.server.clone(),
                scenes: self.scenes.clone(),
            }),
            cap: None,
            observer: Box::new(Nobody),
            interrupted,
        };
        LocalSet::new().run_until(run(queue, setup)).await.unwrap().0
    }

    /// The whole life. Panics at a wrong verdict.
    pub async fn live(mut self) -> Tally {
        if self.killed {
            let span = Duration::from_millis(fastrand::Rng::with_seed(self.seed).u64(50..3_000));
            let _ = tokio::time::timeout(span, self.run()).await;
        }
        let mut tally = Tally::default();
        for (nth, rest) in RESTS.into_iter().enumerate() {
            let mut queue = self.run().await;
            self.judge(&mut queue);
            if nth == 2 {
                self.order_resends(&mut queue).await;
            }
            if nth + 1 == RESTS.len() {
                tally = self.count(&mut queue);
            }
            queue.close().await.unwrap();
            tokio::time::sleep(Duration::from_secs(rest)).await;
        }
        tally
    }

    /// The operator's impatience.
    async fn order_resends(&self, queue: &mut LocalQueue) {
        let doubted: HashSet<_> =
            queue.in_doubt().unwrap().into_iter().map(|doubt| doubt.phone.identity()).collect();
        let resent =
            self.scenes.iter().filter(|(phone, scene)| scene.resent && doubted.contains(&phone.identity()));
        let to: Vec<_> = resent.map(|(phone, _)| *phone).collect();
        if to.is_empty() {
            return;
        }
        let order = OrderKind::Resolve { word: Word::Resend, to };
        let order = Order { id: OrderId::new("again"), at: self.clock.now(), order };
        submit(&self.disk, &self.round(), &order).unwrap();
    }

    fn jobs(&self, queue: &mut LocalQueue) -> Vec<(Job, Vec<Posted>, &Scene)> {
        self.server.0.borrow_mut().work_off();
        let mut jobs = Vec::new();
        queue
            .scan(&mut |listed| {
                jobs.push((listed.row.to.clone(), listed.job.into_owned()));
                Ok(())
            })
            .unwrap();
        let truth = self.server.0.borrow();
        let posted = |to: &str| truth.posted.get(to).cloned().unwrap_or_default();
        jobs.into_iter()
            .zip(&self.scenes)
            .map(|((to, job), (phone, scene))| {
                assert_eq!(to, phone.digits());
                (job, posted(&to), scene)
            })
            .collect()
    }

    /// No verdict is wrong, and nobody is written to without need.
    fn judge(&self, queue: &mut LocalQueue) {
        for (job, posted, scene) in self.jobs(queue) {
            let case = || {
                let habits = &self.server.0.borrow().habits;
                format!("seed {}: {job:#?}\n{posted:#?}\n{scene:#?}\n{habits:#?}", self.seed)
            };
            let ids: Vec<_> = posted.iter().filter_map(|p| p.accepted.as_ref()).map(|(id, _)| id).collect();
            for attempt in &job.attempts {
                match &attempt.fate {
                    AttemptFate::Accepted(delivery) => {
                        let right =
                            delivery.id.as_ref().is_none_or(|id| ids.iter().any(|i| **i == *id.as_str()));
                        assert!(right && !ids.is_empty(), "found, and it isn't there: {}", case());
                    }
                    AttemptFate::Doubt { unseen: true, .. } => {
                        let post = post_of(attempt, &posted);
                        let wrong = post.is_some_and(|post| {
                            post.accepted.is_some() && post.fate.keeps_the_rule(scene.blank)
                        });
                        assert!(!wrong, "unseen, and it is there: {}", case());
                        assert!(!scene.blank, "unseen, where nothing of ours is listed: {}", case());
                    }
                    _ => {}
                }
            }
            // What isn't listed in time may be sent again, but only where somebody ordered that.
            let ordered = usize::from(scene.resent) + usize::from(self.resends_unseen);
            assert!(posted.len() <= 1 + ordered, "sent again without an order: {}", case());
            let lawful = posted.iter().all(|post| post.fate.keeps_the_rule(scene.blank));
            if lawful && !scene.resent {
                assert!(ids.len() <= 1, "written to twice: {}", case());
            }
        }
    }

    /// Whether somebody who was seen to be reached stands for the clock at that time: in the same quarter of an hour
    /// by the server's clock, or before and after it by the same zone.
    fn tells_the_clock(&self, accepted: &Option<(String, Millis)>) -> bool {
        let Some((_, at)) = accepted else { return false };
        let truth = self.server.0.borrow();
        let listed = self.scenes.iter().filter(|(_, scene)| !scene.blank);
        let posts = listed.flat_map(|(phone, _)| truth.posted.get(&phone.digits()).into_iter().flatten());
        let seen = posts.filter(|post| post.fate.answered).filter_map(|post| post.accepted.as_ref());
        let seen: Vec<_> = seen.map(|(_, at)| *at).collect();
        let alike = |other: &Millis| truth.habits.zone_at(*other) == truth.habits.zone_at(*at);
        let (before, after): (Vec<Millis>, Vec<Millis>) =
            seen.iter().copied().filter(alike).partition(|other| other < at);
        seen.iter().any(|other| truth.habits.quarter(*other) == truth.habits.quarter(*at))
            || !before.is_empty() && !after.is_empty()
            || !truth.habits.is_naive()
    }

    /// How the doubts ended.
    fn count(&self, queue: &mut LocalQueue) -> Tally {
        let mut tally = Tally::default();
        let now = self.clock.now();
        let truth = self.server.0.borrow().habits.clone();
        for (job, posted, scene) in self.jobs(queue) {
            for attempt in &job.attempts {
                let Some(post) = post_of(attempt, &posted) else { continue };
                let settled = matches!(attempt.fate, AttemptFate::Accepted(_));
                if settled && post.fate.answered && !self.killed {
                    continue;
                }
                tally.doubts += 1;
                let listed = |(_, at): &(String, Millis)| {
                    post.fate.shown.is_some_and(|lag| *at + lag + Duration::from_secs(60) < now)
                };
                let visible = post.accepted.as_ref().is_some_and(listed) && !scene.blank && truth.ids;
                let unseen = matches!(attempt.fate, AttemptFate::Doubt { unseen: true, .. });
                tally.unseen += u64::from(unseen);
                tally.not_accepted += u64::from(post.accepted.is_none());
                if !visible {
                    tally.settled_otherwise += u64::from(settled);
                } else if self.alone || !self.tells_the_clock(&post.accepted) {
                    tally.alone += 1;
                    tally.alone_settled += u64::from(settled);
                } else if !truth.shows_well(&scene.message) || scene.is_contested() {
                    tally.unrecognisable += 1;
                } else {
                    tally.visible += 1;
                    tally.settled += u64::from(settled);
                    if !settled {
                        let why = job.problem.as_ref().map(|problem| problem.reason.to_string());
                        tally.open.push((self.seed, why.unwrap_or_default()));
                    }
                }
            }
        }
        tally
    }
}

/// The POST of an attempt: the first after its intent, if it came before the next one's.
fn post_of<'p>(attempt: &Attempt, posted: &'p [Posted]) -> Option<&'p Posted> {
    posted.iter().find(|post| post.at >= attempt.at && post.at < attempt.at + Duration::from_secs(60))
}
