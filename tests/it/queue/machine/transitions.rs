//! What can be done to a queue, drawn with an eye to where the reference stands.

use proptest::prelude::*;

use sendcast::domain::job::{News, Reach, ResendBy, State};
use sendcast::queue::DesiredState;

use super::*;

/// A row of a file, in the few ways that matter.
#[derive(Clone, Debug)]
pub struct Row {
    person: u32,
    phone: u32,
    text: u8,
    sender: u16,
    kind: u8,
}

/// A want, in numbers that shrink.
#[derive(Clone, Debug)]
pub struct Wanting {
    pub sender: u16,
    pub count: usize,
    pub untouched: bool,
}

#[derive(Clone, Debug)]
pub enum Transition {
    Plan(Vec<Row>),
    /// Staged and let go.
    StageOnly(Vec<Row>),
    AdoptTheOlder(Vec<Row>, Vec<Row>),
    /// A file that can't be read to its end.
    BrokenPlan(Vec<Row>),
    /// A file that sends from another number.
    ForeignPlan,
    Take,
    Claim {
        wants: Vec<Wanting>,
        /// Jobs of this remainder by 5 are passed over.
        pass_over: u32,
    },
    Record(Vec<Change>),
    Order {
        id: u8,
        wanted: Option<DesiredState>,
        changes: Vec<Change>,
    },
    /// One number sends in the place of another.
    Reassign {
        from: u16,
        to: u16,
    },
    Sync,
    Wait(u64),
    End(End),
}

impl Wanting {
    pub fn of(&self) -> ClaimRequest {
        ClaimRequest { sender: SenderNo(self.sender), count: self.count, untouched: self.untouched }
    }
}

impl Transition {
    /// Whether all that was done before is durable after it.
    pub fn is_durable(&self) -> bool {
        matches!(
            self,
            Transition::Plan(_)
                | Transition::Take
                | Transition::Claim { .. }
                | Transition::Reassign { .. }
                | Transition::Sync
                | Transition::End(End::Close | End::StatesLost)
        )
    }
}

/// The rows as a planner makes them.
pub fn planned(rows: &[Row]) -> Vec<PlannedRow> {
    (2..)
        .zip(rows)
        .map(|(n, row)| match row.kind {
            10.. => bad(n, &format!("bad {}", row.text)),
            kind => {
                let mut planned = good(n, row.person, &format!("text {}", row.text));
                planned.phone = Some(phone(row.phone));
                planned.to = phone(row.phone).digits().into();
                planned.sender = SenderNo(row.sender);
                if kind == 9 {
                    let problem = Problem::new("opted out");
                    planned.fate =
                        Fate::Skip { cause: SkipCause::OptedOut, problem, kind: "text".to_owned() };
                }
                planned
            }
        })
        .collect()
}

fn rows() -> BoxedStrategy<Vec<Row>> {
    let row = (0..9u32, 0..4u32, 0..2u8, 0..2u16, 0..12u8).prop_map(|(person, shift, text, sender, kind)| {
        let phone = if shift == 3 { (person + 1) % 9 } else { person };
        Row { person, phone, text, sender, kind }
    });
    let rows = prop::collection::vec(row, 0..12).prop_map(|mut rows| {
        // A planner names nobody twice.
        let mut seen = std::collections::HashSet::new();
        rows.retain(|row| row.kind >= 10 || seen.insert(row.person));
        rows
    });
    rows.boxed()
}

fn event(job: JobId, attempt: AttemptNo, kind: u8, at: Millis) -> Event {
    let problem = Problem::new(format!("problem {kind}"));
    // Unlike any other: no two messages have one id.
    let id = Some(MessageId::new(format!("wamid.{}.{}.{}", job.0, attempt.0, at.0)));
    let news = |news| Event::News { attempt, news, at };
    let even = at.0.is_multiple_of(2);
    match kind {
        0 => Event::Accepted { attempt, id, at },
        1 => Event::Doubted { attempt, at, problem },
        2 => Event::Accepted { attempt, id: None, at },
        3 => Event::NotAccepted { attempt, not_before: at, counts: true, problem },
        4 => Event::NotAccepted { attempt, not_before: Millis::ZERO, counts: false, problem },
        5 => Event::Refused { attempt, at, problem },
        6 => Event::Withdrawn { attempt, not_before: if even { Millis::ZERO } else { at } },
        7 => Event::Looked { attempt, at, unseen: even, problem },
        8 => Event::Found { attempt, id, at },
        9 => Event::FoundFailed { attempt, id, at, problem },
        10 => Event::Resend { by: ResendBy::Operator },
        11 => Event::Resend { by: ResendBy::Unseen },
        12 => news(News::Reached(Reach::Sent)),
        13 => news(News::Reached(Reach::Delivered)),
        14 => news(News::Reached(Reach::Read)),
        15 => news(News::Failed(problem)),
        16 => Event::Retry { not_before: at },
        17 => Event::Cancelled { by_removal: even },
        18 => Event::Skipped { problem },
        19 => Event::Removed,
        20 => Event::Returned,
        _ => Event::Claimed { attempt, sender: SenderNo(0), plan: FIRST, owner: OWNER, lease_until: at, at },
    }
}

/// Kinds that may go through, by where a job stands; each stands for many draws.
fn likely(state: &State) -> Vec<u8> {
    match state {
        State::Queued { .. } => vec![8, 13, 17, 18],
        State::Sending { .. } => vec![0, 0, 1, 1, 2, 3, 4, 5, 6],
        State::InDoubt => vec![7, 7, 8, 9, 10, 10, 11],
        State::Reached(_) => vec![12, 13, 14, 15],
        State::Failed => vec![13, 16, 16, 8],
        State::Skipped | State::Cancelled { .. } => vec![19, 20, 10],
    }
}

/// A change to some job: mostly one that its state admits, at times any, of any attempt, on any revision.
fn change(reference: &Reference) -> BoxedStrategy<Change> {
    let jobs: Vec<_> = reference.shown.jobs.iter().map(|(id, job)| (*id, job.clone())).collect();
    let now = reference.now;
    // Those on whom something hangs are drawn more often.
    let busy: Vec<_> =
        (0..jobs.len()).filter(|n| !jobs[*n].1.attempts.is_empty()).chain(0..jobs.len()).collect();
    let drawn = (any::<prop::sample::Index>(), any::<prop::sample::Index>(), 0..40u8, 0..8u8);
    let change = drawn.prop_map(move |(job, which, wild, salt)| {
        let Some((id, job)) = (!busy.is_empty()).then(|| &jobs[busy[job.index(busy.len())]]) else {
            let job = JobId(u32::from(salt));
            return Change { job, expect: None, event: event(job, AttemptNo(1), wild % 22, now) };
        };
        let likely = likely(&job.state);
        let kind = if wild < 22 && salt < 3 { wild } else { likely[which.index(likely.len())] };
        let known = job.attempts.get(which.index(job.attempts.len().max(1))).map(|attempt| attempt.no);
        let attempt = match wild {
            0..4 => AttemptNo(u32::from(wild)),
            _ => known.unwrap_or(AttemptNo(job.issued)),
        };
        let expect = match salt {
            7 => Some(job.revision),
            6 if wild < 8 => Some(job.revision + 1),
            _ => None,
        };
        let at = Millis(now.0 + u64::from(id.0) * 16 + u64::from(salt));
        Change { job: *id, expect, event: event(*id, attempt, kind, at) }
    });
    change.boxed()
}

/// Transitions from where the reference stands.
pub fn from(reference: &Reference) -> BoxedStrategy<Transition> {
    if reference.shown.plans.is_empty() {
        return prop_oneof![
            12 => rows().prop_map(Transition::Plan),
            1 => Just(Transition::Take),
            1 => end().prop_map(Transition::End),
            1 => Just(Transition::ForeignPlan),
            1 => wants().prop_map(|wants| Transition::Claim { wants, pass_over: 9 }),
        ]
        .boxed();
    }
    let changes = |most| prop::collection::vec(change(reference), 1..most);
    let wanted = prop_oneof![
        2 => Just(None),
        1 => Just(Some(DesiredState::Running)),
        1 => Just(Some(DesiredState::Paused)),
        1 => Just(Some(DesiredState::Cancelled)),
    ];
    prop_oneof![
        4 => rows().prop_map(Transition::Plan),
        1 => rows().prop_map(Transition::StageOnly),
        1 => (rows(), rows()).prop_map(|(older, newer)| Transition::AdoptTheOlder(older, newer)),
        1 => rows().prop_map(Transition::BrokenPlan),
        1 => Just(Transition::ForeignPlan),
        2 => Just(Transition::Take),
        14 => (wants(), 0..10u32).prop_map(|(wants, pass_over)| Transition::Claim { wants, pass_over }),
        24 => changes(5).prop_map(Transition::Record),
        3 => (0..4u8, wanted, changes(3))
            .prop_map(|(id, wanted, changes)| Transition::Order { id, wanted, changes }),
        2 => (0..2u16, 0..2u16).prop_map(|(from, to)| Transition::Reassign { from, to }),
        2 => Just(Transition::Sync),
        3 => (1..9u64).prop_map(Transition::Wait),
        6 => end().prop_map(Transition::End),
    ]
    .boxed()
}

fn wants() -> BoxedStrategy<Vec<Wanting>> {
    let want = (0..3u16, 0..6usize, 0..4u8).prop_map(|(sender, count, fresh)| Wanting {
        sender: sender % 2,
        count,
        untouched: fresh > 0,
    });
    prop::collection::vec(want, 1..3).boxed()
}

fn end() -> BoxedStrategy<End> {
    prop_oneof![
        Just(End::Close),
        Just(End::Crash),
        any::<u64>().prop_map(End::PowerCut),
        Just(End::StatesLost)
    ]
    .boxed()
}
