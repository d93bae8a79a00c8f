//! The adaptive rate alone, against limits that fall and rise: seconds of a model for an hour of sending, so
//! that many seeds, kinds of limits and ceilings can be tried.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::time::Duration;

use sendcast::domain::policy::Adaptive;
use sendcast::domain::time::Millis;

use super::limiter::{Kind, Limiter};

/// One server and one ceiling.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Case {
    pub kind: Kind,
    pub retry_after: bool,
    pub ceiling: f64,
    /// The limit is 80, then this, then 80.
    pub low: f64,
}

/// What must hold, outside of a while after each change: at most so many throttled, at least so much of the
/// capacity used; over all seeds, and in each.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// So long after the start, the fall and the rise nothing is held against it.
    pub grace: [f64; 3],
    pub throttled: (f64, f64),
    pub used: (f64, f64),
}

impl Case {
    pub fn bounds(self) -> Bounds {
        let long = matches!(self.kind, Kind::Sliding(span) | Kind::Fixed(span) if span > 10.0);
        match self.kind {
            // The old limit's minute is over first.
            _ if long && self.ceiling.is_finite() && !self.retry_after => {
                Bounds { grace: [90.0, 130.0, 90.0], throttled: (0.03, 0.045), used: (0.91, 0.83) }
            }
            // Whoever is a millisecond early is throttled, and timers fire to the millisecond: most so where that
            // costs a second.
            Kind::Bucket(size) if size < 2.0 && self.retry_after => {
                Bounds { grace: [30.0, 60.0, 120.0], throttled: (0.02, 0.02), used: (0.75, 0.70) }
            }
            // Every throttle costs a second at least, and so a try to go higher is rare.
            _ if self.retry_after && !long => {
                Bounds { grace: [30.0, 60.0, 120.0], throttled: (0.02, 0.02), used: (0.90, 0.84) }
            }
            // Without a ceiling, a minute's worth goes out at once. Only reported.
            _ if long => Bounds { grace: [90.0, 130.0, 120.0], throttled: (1.0, 1.0), used: (0.0, 0.0) },
            Kind::Bucket(size) if size < 2.0 => {
                Bounds { grace: [30.0; 3], throttled: (0.02, 0.025), used: (0.93, 0.88) }
            }
            _ => Bounds { grace: [30.0; 3], throttled: (0.02, 0.026), used: (0.95, 0.935) },
        }
    }

    pub fn all() -> Vec<Case> {
        let second = [Kind::Sliding(1.0), Kind::Fixed(1.0)];
        let buckets = [Kind::Bucket(1.0), Kind::Bucket(20.0), Kind::Bucket(80.0)];
        let minute = [Kind::Sliding(60.0), Kind::Fixed(60.0)];
        let mut all = Vec::new();
        for kind in second.into_iter().chain(buckets).chain(minute) {
            for retry_after in [false, true] {
                for ceiling in [80.0, 100.0, f64::INFINITY] {
                    for low in [10.0, 25.0, 60.0] {
                        all.push(Case { kind, retry_after, ceiling, low });
                    }
                }
            }
        }
        all
    }
}

/// A phase outside of its grace: throttled among all that was sent, and used of what the limit allowed.
#[derive(Clone, Copy, Debug, Default)]
pub struct Phase {
    pub posts: f64,
    pub throttled: f64,
    pub taken: f64,
    pub capacity: f64,
}

impl Phase {
    pub fn share_throttled(self) -> f64 {
        self.throttled / self.posts.max(1.0)
    }

    pub fn share_used(self) -> f64 {
        self.taken / self.capacity.max(1.0)
    }

    pub fn add(&mut self, other: Phase) {
        self.posts += other.posts;
        self.throttled += other.throttled;
        self.taken += other.taken;
        self.capacity += other.capacity;
    }
}

const HIGH: f64 = 80.0;
/// Requests in flight at once.
const PLACES: usize = 200;

fn millis(at: f64) -> Millis {
    Millis(1_000) + Duration::from_secs_f64(at)
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Happens {
    Arrives,
    Answered { wait: Option<u64> },
}

/// Three phases of one case: at 80, at the low limit, at 80 again.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "small and positive"
)]
pub fn live(seed: u64, case: Case) -> [Phase; 3] {
    let mut chance = fastrand::Rng::with_seed(seed);
    let bounds = case.bounds();
    let longest = bounds.grace.iter().copied().fold(0.0, f64::max);
    let length = longest + 150.0 + 100.0 * chance.f64();
    let latency = 0.03 + 0.04 * chance.f64();
    // One early arrival in a bucket of one is one throttle: jitter there says nothing of the policy.
    let jitter = if matches!(case.kind, Kind::Bucket(size) if size < 2.0) { 0.0 } else { 0.01 };
    let mut limiter = Limiter::new(case.kind);
    let mut adaptive = Adaptive::new(case.ceiling);
    let mut phases = [Phase::default(); 3];
    let limit = |phase: usize| if phase == 1 { case.low } else { HIGH };
    let (mut now, mut last, mut hold, mut in_flight) = (0.0f64, -1.0f64, 0.0f64, 0usize);
    let mut events: BinaryHeap<Reverse<(u64, u64, Happens)>> = BinaryHeap::new();
    let micros = |at: f64| (at * 1e6) as u64;
    while now < length * 3.0 {
        let rate = if adaptive.rate().is_finite() { adaptive.rate() * 0.995 } else { 250.0 };
        let earned = last + 1.0 / rate;
        // A timer fires at the next millisecond; up to four of them are made up for.
        let next = (earned.max(hold).max(now) * 1_000.0 - 1e-6).ceil() / 1_000.0;
        let event = events.peek().map(|Reverse((at, ..))| *at as f64 / 1e6);
        if in_flight < PLACES && event.is_none_or(|at| next <= at) {
            now = next;
            last = earned.max(now - 0.004);
            in_flight += 1;
            let there = latency + jitter * (2.0 * chance.f64() - 1.0);
            events.push(Reverse((micros(now + there), micros(now), Happens::Arrives)));
            continue;
        }
        let Some(Reverse((at, left, happens))) = events.pop() else { break };
        now = at as f64 / 1e6;
        match happens {
            Happens::Arrives => {
                let phase = ((now / length) as usize).min(2);
                let room = limiter.take(now, limit(phase));
                if now - phase as f64 * length > bounds.grace[phase] {
                    let seen = &mut phases[phase];
                    seen.posts += 1.0;
                    seen.throttled += f64::from(u8::from(room.is_err()));
                    seen.taken += f64::from(u8::from(room.is_ok()));
                }
                let wait = room.err().map(|wait| wait.ceil().max(1.0) as u64);
                let back = latency + jitter * (2.0 * chance.f64() - 1.0);
                events.push(Reverse((micros(now + back), left, Happens::Answered { wait })));
            }
            Happens::Answered { wait } => {
                in_flight -= 1;
                let left = millis(left as f64 / 1e6);
                match wait {
                    None => {
                        adaptive.taken(left, millis(now));
                    }
                    Some(wait) => {
                        let asked = case.retry_after.then(|| Duration::from_secs(wait));
                        let pause = adaptive.throttled(left, millis(now), asked);
                        hold = hold.max(now + pause.as_secs_f64());
                    }
                }
            }
        }
    }
    for (n, phase) in phases.iter_mut().enumerate() {
        phase.capacity = limit(n).min(case.ceiling) * (length - bounds.grace[n]);
    }
    phases
}

/// All seeds of a case. Panics where its bounds are broken.
pub fn check(case: Case, seeds: std::ops::Range<u64>) -> [Phase; 3] {
    let bounds = case.bounds();
    let mut sums = [Phase::default(); 3];
    for seed in seeds.clone() {
        for (n, phase) in live(seed, case).into_iter().enumerate() {
            let (throttled, used) = (phase.share_throttled(), phase.share_used());
            assert!(
                throttled <= bounds.throttled.1,
                "seed {seed}, phase {n}: {throttled:.4} throttled: {case:?}"
            );
            assert!(used >= bounds.used.1, "seed {seed}, phase {n}: {used:.4} used: {case:?}");
            sums[n].add(phase);
        }
    }
    for (n, sum) in sums.iter().enumerate() {
        let (throttled, used) = (sum.share_throttled(), sum.share_used());
        assert!(throttled <= bounds.throttled.0, "phase {n}: {throttled:.4} throttled: {case:?}, {seeds:?}");
        assert!(used >= bounds.used.0, "phase {n}: {used:.4} used: {case:?}, {seeds:?}");
    }
    sums
}

#[test]
fn a_limit_that_falls_and_rises_is_found() {
    // A few of them; all in the soak.
    for (n, case) in (0..).zip(Case::all()) {
        if !case.retry_after && case.ceiling == 80.0 && case.low == 25.0 {
            check(case, n..n + 1);
        }
    }
}
