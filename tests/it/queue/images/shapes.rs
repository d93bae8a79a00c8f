//! The shapes that a round has, and what is true of each.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use sendcast::app::options::SavedOptions;
use sendcast::campaign::duration::Span;
use sendcast::domain::ids::OrderId;
use sendcast::domain::job::{News, Reach};
use sendcast::domain::rate::Rate;
use sendcast::domain::status::Status;
use sendcast::engine::orders::{self, Order, OrderKind, Word};
use sendcast::queue::{Entry, View};
use sendcast::sys::disk::RealDisk;

use super::*;

/// Two blocks, so that there are some to be exchanged.
pub const PEOPLE: u32 = 300;
/// Where the round lies, below the data directory.
pub const ROUND: &str = "campaigns/diwali/round-001";

/// What became of a released intent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fate {
    /// No outcome was recorded.
    Flying,
    Doubt,
    Accepted(Option<MessageId>),
    /// Known not to have been accepted.
    No,
}

/// What is true, whatever the files say.
#[derive(Clone, Debug, Default)]
pub struct Truth {
    pub fates: BTreeMap<(JobId, AttemptNo), Fate>,
    /// Jobs that may be claimed.
    pub queued: BTreeSet<JobId>,
    pub total: u64,
    /// Lines of the report: job, key, phone.
    pub lines: Vec<(JobId, Option<String>, Option<Phone>)>,
    pub entries: Vec<(u64, Entry)>,
    pub orders: Vec<Order>,
    pub settings: SavedOptions,
}

/// A round as it was left, and as it was at an earlier moment.
pub struct Shape {
    pub name: &'static str,
    pub data: PathBuf,
    pub earlier: PathBuf,
    pub truth: Truth,
    /// The states don't include all of the journal.
    pub lagging: bool,
}

/// How a shape comes about.
#[derive(Clone, Copy)]
struct Recipe {
    name: &'static str,
    /// Claims of 40.
    claims: u32,
    /// Follow deliveries to the end.
    settle: bool,
    edit: bool,
    /// The last claim has no outcomes.
    interrupted: bool,
    /// Not closed.
    killed: bool,
    orders: bool,
}

pub fn all(home: &Path) -> Vec<Shape> {
    let plain = Recipe {
        name: "planned",
        claims: 0,
        settle: false,
        edit: false,
        interrupted: false,
        killed: false,
        orders: false,
    };
    let recipes = [
        plain,
        Recipe { name: "half-sent", claims: 4, ..plain },
        Recipe { name: "doubtful", claims: 3, interrupted: true, ..plain },
        Recipe { name: "settled", claims: 9, settle: true, ..plain },
        Recipe { name: "edited", claims: 3, edit: true, ..plain },
        Recipe { name: "killed", claims: 3, interrupted: true, killed: true, ..plain },
        Recipe { name: "killed-edited", claims: 4, edit: true, interrupted: true, killed: true, ..plain },
        Recipe { name: "ordered", claims: 2, orders: true, killed: true, ..plain },
    ];
    recipes.into_iter().map(|recipe| run(recipe.make(home))).collect()
}

fn rows(edited: bool) -> Vec<PlannedRow> {
    let from = if edited { 10 } else { 0 };
    let mut rows: Vec<_> = (from..PEOPLE + from)
        .map(|n| {
            let text = if edited { "a new text" } else { "hello" };
            let mut row = good(n + 2, n, &format!("{text}, you with number {n:04}"));
            row.sender = SenderNo(u16::from(n % 7 == 0));
            row
        })
        .collect();
    rows.insert(5, bad(900, "too short"));
    rows
}

impl Recipe {
    async fn make(self, home: &Path) -> Shape {
        let (data, earlier) = (home.join(self.name), home.join(format!("{}-earlier", self.name)));
        let round = data.join(ROUND);
        let mut queue = LocalQueue::create(RealDisk::shared(), &round, &data, identity()).unwrap();
        let mut truth = Truth::default();
        plan(&mut queue, rows(false)).await;
        if self.claims == 0 {
            copy_dir(&data, &earlier);
        }
        queue.take(OWNER, T0).await.unwrap();
        for n in 0..self.claims {
            if n == self.claims / 2 {
                copy_dir(&data, &earlier);
                if self.edit {
                    plan(&mut queue, rows(true)).await;
                }
            }
            let wants = [0, 1].map(|s| ClaimRequest { sender: SenderNo(s), count: 20, untouched: true });
            let intents = queue.claim(&wants, lease(), T0, &mut |_| true).await.unwrap();
            for intent in &intents {
                let before = truth.fates.insert((intent.job, intent.attempt), Fate::Flying);
                assert!(before.is_none(), "released twice");
            }
            if !(self.interrupted && n + 1 == self.claims) {
                self.answer(&mut queue, &intents, &mut truth).await;
            }
        }
        queue.sync().await.unwrap();
        truth.total = queue.counts().total();
        truth.lines = scan(&mut queue)
            .into_iter()
            .map(|l| (l.id, l.row.key.as_deref().map(str::to_owned), l.row.phone))
            .collect();
        truth.queued =
            queue.in_status(Status::Queued, JobId(0), 10_000).unwrap().iter().map(|(id, _)| *id).collect();
        for ((job, _), fate) in &truth.fates {
            assert!(*fate == Fate::No || !truth.queued.contains(job), "{job:?} is {fate:?} and queued");
        }
        if self.killed {
            drop(queue);
        } else {
            queue.close().await.unwrap();
        }
        let view = View::open(RealDisk::shared(), &round).unwrap();
        let each = &mut |n, entry| {
            truth.entries.push((n, entry));
            Ok(())
        };
        view.entries(each).unwrap();
        self.beside(&data, &mut truth);
        Shape { name: self.name, data, earlier, truth, lagging: self.killed }
    }

    /// Outcomes of every sort.
    async fn answer(self, queue: &mut LocalQueue, intents: &[Intent], truth: &mut Truth) {
        for intent in intents {
            let attempt = intent.attempt;
            let problem = Problem::coded(131_026, "not on WhatsApp");
            let (event, fate) = match intent.job.0 % 9 {
                _ if self.settle => accept(intent),
                0 => (doubted(attempt), Fate::Doubt),
                1 => (Event::Refused { attempt, at: T0, problem }, Fate::No),
                2 => {
                    let not_before = Millis(T0.0 + 5000);
                    (Event::NotAccepted { attempt, not_before, counts: true, problem }, Fate::No)
                }
                3 => (Event::Withdrawn { attempt, not_before: Millis::ZERO }, Fate::No),
                _ => accept(intent),
            };
            truth.fates.insert((intent.job, attempt), fate);
            record(queue, intent.job, event).await;
            if self.settle {
                let news = News::Reached(if intent.job.0 % 2 == 0 { Reach::Read } else { Reach::Delivered });
                record(queue, intent.job, Event::News { attempt, news, at: T0 }).await;
            }
        }
    }

    /// What lies beside the queue.
    fn beside(self, data: &Path, truth: &mut Truth) {
        let (disk, round) = (RealDisk, data.join(ROUND));
        fs::write(round.join("status.json"), r#"{"campaign":"diwali","state":"stopped"}"#).unwrap();
        if self.orders {
            let given = [
                OrderKind::Pause,
                OrderKind::Retry { codes: vec![131_026] },
                OrderKind::Resolve { word: Word::Resend, to: vec![phone(0), phone(9)] },
            ];
            for (n, order) in (0..).zip(given) {
                let order = Order { id: OrderId::new(format!("order-{n}")), at: Millis(T0.0 + n), order };
                orders::submit(&disk, &round, &order).unwrap();
                truth.orders.push(order);
            }
        }
        let settings = SavedOptions {
            rate: Some(Rate::DEFAULT),
            concurrency: Some(12),
            track: Some(Span::default()),
            ..SavedOptions::default()
        };
        settings.save(&disk, round.parent().unwrap(), &SavedOptions::default()).unwrap();
        truth.settings = settings;
    }
}

fn accept(intent: &Intent) -> (Event, Fate) {
    let event = accepted(intent);
    let Event::Accepted { id, .. } = &event else { unreachable!() };
    let fate = Fate::Accepted(id.clone());
    (event, fate)
}
