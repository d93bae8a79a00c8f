//! What lives contain, and how often.

use std::ops::Range;
use std::time::Duration;

use sendcast::domain::ids::NumberId;
use sendcast::domain::policy::{Canary, FailureGuard};
use sendcast::domain::time::Millis;
use sendcast::engine::orders::{OrderKind, Word};
use tokio::time::sleep;

use super::super::world::Faults;
use super::audience::Audience;
use super::border::Fortune;
use super::hours::LifeHours;
use super::machine::Act;

/// What sort of life it is.
pub struct Kind {
    /// Runs before the weather clears.
    pub storms: u64,
    pub rate: &'static str,
    pub concurrency: usize,
    pub track: Duration,
    pub pulse: Duration,
    pub senders: u16,
    pub flows: bool,
    /// One of several texts is drawn for each.
    pub variants: bool,
    pub edits: bool,
    pub jumps: bool,
    pub disk_errors: bool,
    /// Orders by which somebody may be written to again.
    pub doubling_orders: bool,
    pub resend_unseen: bool,
    /// It may be cancelled.
    pub cancels: bool,
    code: u32,
}

/// All chance of a life.
pub struct Chance {
    pub rng: fastrand::Rng,
    people: u64,
    /// How long a whole campaign takes at its rate.
    length: Duration,
}

impl Chance {
    pub fn new(seed: u64, people: u64) -> Chance {
        Chance { rng: fastrand::Rng::with_seed(seed), people, length: Duration::ZERO }
    }

    pub fn one_in(&mut self, n: u32) -> bool {
        self.rng.u32(0..n) == 0
    }

    /// A few first, in some lives.
    pub fn canary(&mut self) -> Option<Canary> {
        self.one_in(4).then(|| Canary {
            share: self.rng.choice(&["1%", "5%", "30%"]).unwrap().parse().unwrap(),
            wait: Duration::from_secs(self.rng.u64(1..120)),
            max_failed: self.rng.choice(&["5%", "50%"]).unwrap().parse().unwrap(),
        })
    }

    /// A pause when too many fail, in some lives.
    pub fn guard(&mut self) -> Option<FailureGuard> {
        self.one_in(4).then(|| FailureGuard {
            max_failed: self.rng.choice(&["10%", "30%"]).unwrap().parse().unwrap(),
            after: self.rng.u64(1..50),
        })
    }

    /// Hours in which alone it may send, in some lives, and when such a life begins.
    pub fn hours(&mut self, usual: Millis) -> Option<(LifeHours, Millis)> {
        self.one_in(5).then(|| LifeHours::draw(&mut self.rng, usual))
    }

    /// What sort of life it is.
    pub fn kind(&mut self) -> Kind {
        let codes = [131_016, 131_016, 131_026, 131_026, 131_056, 131_056, 130_429, 131_049];
        let code = *self.rng.choice(&codes).unwrap();
        let (rate, per_second) = *self
            .rng
            .choice(&[("80/s", 80), ("100/s", 100), ("20/s", 20), ("max", 500), ("400/s", 400)])
            .unwrap();
        let senders = if self.one_in(4) { 2 } else { 1 };
        self.length = Duration::from_millis(self.people * 1000 / (per_second * u64::from(senders)) + 1_500);
        Kind {
            storms: self.rng.u64(0..10),
            rate,
            concurrency: self.rng.usize(1..40),
            track: Duration::from_secs(self.rng.u64(0..40)),
            // Whoever has had enough marketing is tried again after a day.
            pulse: Duration::from_millis(match code {
                131_049 => 30_000,
                _ => *self.rng.choice(&[250, 500, 2_000]).unwrap(),
            }),
            senders,
            flows: self.one_in(12),
            variants: self.one_in(4),
            edits: self.one_in(3),
            jumps: self.one_in(4),
            disk_errors: self.one_in(4),
            doubling_orders: self.one_in(2),
            resend_unseen: self.one_in(8),
            cancels: self.one_in(16),
            code,
        }
    }

    /// The weather.
    pub fn faults(&mut self, kind: &Kind) -> Faults {
        Faults {
            lost_after: self.share(0.1),
            lost_before: self.share(0.06),
            hangs: self.share(0.04),
            unconnected: self.share(0.05),
            refused: self.share(0.15),
            code: kind.code,
            fail_news: self.share(0.1),
            fail_code: *self.rng.choice(&[131_026, 131_026, 131_050, 131_047]).unwrap(),
            fails_late: self.share(0.1),
            unread: 0.0,
            hidden: *self.rng.choice(&[0.0, 0.0, 0.0, 0.3, 1.0]).unwrap(),
            strangers: self.share(0.05),
            lag: Duration::from_secs(*self.rng.choice(&[0, 0, 20, 120]).unwrap()),
            // Page one has to show a message of ours: from it the server's time zone is learnt.
            page: *self.rng.choice(&[0, 0, 3, 5]).unwrap(),
            repeats: self.rng.bool(),
            history: self.rng.bool(),
            chatter: self.one_in(3),
            stale: self.share(0.3),
            odd: self.share(0.2),
            odd_times: if self.one_in(6) { 0.2 } else { 0.0 },
            skew: self.rng.i64(-20_000..20_000),
            outages: self.spans(3, 300),
            silences: self.spans(5, 5),
            throttles: self.waits(3, 20),
            maintenance: self.waits(6, 20),
            locks: if self.one_in(10) { vec![(self.span(10), 190)] } else { Vec::new() },
            blocked: match self.one_in(8) {
                true => vec![("number-0", self.span(120), 131_031)],
                false => Vec::new(),
            },
        }
    }

    fn share(&mut self, most: f64) -> f64 {
        if self.rng.bool() { self.rng.f64() * most } else { 0.0 }
    }

    fn span(&mut self, longest: u64) -> Range<Duration> {
        let most = u64::try_from(self.length.as_millis()).unwrap() * 2;
        let from = Duration::from_millis(self.rng.u64(0..most));
        from..from + Duration::from_secs(self.rng.u64(1..longest))
    }

    fn spans(&mut self, one_in: u32, longest: u64) -> Vec<Range<Duration>> {
        if self.one_in(one_in) { vec![self.span(longest)] } else { Vec::new() }
    }

    fn waits(&mut self, one_in: u32, longest: u64) -> Vec<(Range<Duration>, u64)> {
        let spans = self.spans(one_in, longest);
        spans.into_iter().map(|span| (span, self.rng.u64(1..40))).collect()
    }

    /// How long a process may live.
    pub fn lifespan(&mut self) -> Option<Duration> {
        match self.rng.u8(0..4) {
            0 => None,
            1 => Some(self.moment() * 20),
            _ => Some(self.moment()),
        }
    }

    fn moment(&mut self) -> Duration {
        self.length.mul_f64(self.rng.f64())
    }

    /// At which step a process dies, and when its disk fails.
    pub fn fortune(&mut self, kind: &Kind) -> Fortune {
        // Each power of two as likely as the next: as often among the first steps as in mid-run.
        let most = (30 * self.people).ilog2();
        let step = |rng: &mut fastrand::Rng| {
            let power = rng.u32(0..=most);
            rng.u64(1 << power..=2 << power)
        };
        let dies_at = self.rng.bool().then(|| step(&mut self.rng));
        let fails = kind.disk_errors && self.rng.u8(0..3) == 0;
        let kinds = [std::io::ErrorKind::StorageFull, std::io::ErrorKind::Other];
        let fails_at = fails.then(|| {
            let times = *self.rng.choice(&[1, 1, u64::MAX / 2]).unwrap();
            (step(&mut self.rng), times, *self.rng.choice(&kinds).unwrap())
        });
        Fortune { dies_at, half_done: self.rng.bool(), fails_at }
    }

    /// By how many milliseconds the wall clock is set: by moments, hours or a year, either way.
    pub fn jump(&mut self) -> i64 {
        let most = *self.rng.choice(&[5_000, 3_600_000, 100_000_000, 31_536_000_000]).unwrap();
        self.rng.i64(-most..most)
    }

    /// What somebody does while a process runs, and how long after the act before it.
    pub fn acts(&mut self, kind: &Kind, audience: &Audience) -> Vec<(Duration, Act)> {
        (0..self.rng.u64(0..5)).map(|_| (self.moment() / 2, self.act(kind, audience))).collect()
    }

    fn act(&mut self, kind: &Kind, audience: &Audience) -> Act {
        match self.rng.u8(0..10) {
            0 => Act::Interrupt,
            1 | 2 => Act::OptOut(audience.anybody(&mut self.rng)),
            3 | 4 if kind.jumps => Act::Jump(self.jump()),
            5 => Act::OrderAgain,
            _ => Act::Order(self.order(kind, audience)),
        }
    }

    /// An order.
    pub fn order(&mut self, kind: &Kind, audience: &Audience) -> OrderKind {
        let few = |rng: &mut fastrand::Rng| match rng.bool() {
            true => Vec::new(),
            false => (0..20).map(|_| audience.anybody(rng)).collect(),
        };
        match self.rng.u8(0..10) {
            0 | 1 => OrderKind::Pause,
            2 if kind.cancels => OrderKind::Cancel,
            3 | 4 if kind.doubling_orders => {
                OrderKind::Resolve { word: Word::Resend, to: few(&mut self.rng) }
            }
            5 if kind.doubling_orders => OrderKind::Resolve { word: Word::Sent, to: few(&mut self.rng) },
            6 if kind.doubling_orders => OrderKind::Retry { codes: Vec::new() },
            7 if kind.doubling_orders => OrderKind::Retry { codes: vec![kind.code] },
            8 => {
                let mut number = || NumberId::new(format!("number-{}", self.rng.u16(0..audience.senders)));
                OrderKind::Reassign { from: vec![number()], to: number() }
            }
            _ => OrderKind::Resume,
        }
    }

    /// Until somebody starts it again: at once, or later.
    pub async fn rest(&mut self) {
        let most = *self.rng.choice(&[1, 50, 2_000, 60_000]).unwrap();
        sleep(Duration::from_millis(self.rng.u64(0..most))).await;
    }
}
