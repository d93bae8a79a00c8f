//! The rate that a number really bears, found by what the server throttles and what it takes.
//!
//! - **Held** (`Held`): a rate that the server bears; at the ceiling until it is told otherwise.
//! - A single throttle at a held rate lowers it a little (× 0.97): a sliding second is sometimes overfull for a
//!   jittery arrival. Many at once mean that the limit fell: × 0.7, again and again, each time after a pause for the
//!   server's window to clear, until a step is borne (`Falling`). From there the gap up to the lowest rate that was
//!   throttled is halved until it is narrow (`Closing`).
//! - Every so often a held rate below the ceiling is tried a little higher (`Probing`). What is borne for a
//!   server's second is kept and the next step is twice as long, so that a limit that rose eightfold is found in a
//!   dozen seconds. The first throttle ends it, back at the last rate that was borne.
//! - A throttle is judged by when its message left: what left before the last change tells of an older rate.
//! - Trying costs throttles, so it has a budget: 1.3 % of what is answered. Where a throttle also costs a pause
//!   (Retry-After), the next try is as much rarer.
//! - A limit over a minute lets everything through for a while, then nothing: who is let through again goes on
//!   at what the last minute bore on average.

use std::time::Duration;

use super::borne::Borne;
use crate::domain::time::Millis;

/// One number's adaptive rate, in POSTs a second. Times are handed in, on a clock that never jumps.
#[derive(Clone, Debug, PartialEq)]
pub struct Adaptive {
    ceiling: f64,
    current: f64,
    phase: Phase,
    /// Since when `current` is tried: what left earlier says nothing of it.
    since: Millis,
    /// Messages taken that left since then.
    taken: u32,
    /// The lowest rate that was throttled, until the next probing.
    throttled: Option<f64>,
    /// Throttles of the last second, and when the first of them came.
    strikes: (Millis, u32),
    /// Not before this is a higher rate tried.
    probe_at: Millis,
    /// How many throttles trying may cost.
    allowance: f64,
    borne: Borne,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Phase {
    /// `current` is borne.
    Held,
    /// Throttled at everything so far; falling. `cuts` since anything was taken; `mean` is what the minute
    /// before the first of them bore.
    Falling { cuts: u32, mean: f64 },
    /// Between `low`, which is borne, and the lowest that was throttled.
    Closing { low: f64 },
    /// Above `low`, which is borne; `stride` is the step, as a share. `proven` is the last step that was borne.
    Probing { low: f64, proven: f64, stride: f64 },
    /// Back from a step that was throttled, at the last one that was borne; `low` is borne for longer. A gap
    /// wider than `gap` is closed afterwards.
    Settling { low: f64, gap: f64 },
}

impl Adaptive {
    /// A server's second, and a little for a jittery arrival.
    const WINDOW: Duration = Duration::from_millis(1_200);
    /// For the server's window to clear.
    const PAUSE: Duration = Duration::from_secs(1);
    const LONGEST_PAUSE: Duration = Duration::from_secs(8);
    const CUT: f64 = 0.7;
    const TRIM: f64 = 0.97;
    /// So many throttles within a second (and a tenth of what is sent in one) mean that the limit fell.
    const STRIKES: u32 = 3;
    const STRIKE_SHARE: f64 = 0.1;
    const RECENT: Duration = Duration::from_secs(2);
    /// A gap this narrow is closed.
    const NARROW: f64 = 1.05;
    /// A gap this wide is closed at once; a narrower one by the next probing.
    const WIDE: f64 = 1.06;
    /// A step back that is longer leaves the server's window overfull.
    const FAR: f64 = 1.4;
    const STRIDE: f64 = 0.03;
    /// Between two tries to go higher, at least; and so many times what the last one cost in pauses.
    const REST: Duration = Duration::from_secs(7);
    const PAUSE_COST: u32 = 60;
    const LONGEST_REST: Duration = Duration::from_secs(1_800);
    /// The share of answers that may be throttles for the sake of trying.
    const BUDGET: f64 = 0.013;
    const MOST_ALLOWANCE: f64 = 3.0;
    /// After so many cuts with nothing taken, or a wait this long, the server's window is longer than a second.
    const BLOCKED: u32 = 3;
    const LONG_WAIT: Duration = Duration::from_secs(5);
    /// Where a number without a ceiling begins to adapt, at least: what WhatsApp allows most of them.
    const USUAL: f64 = 80.0;
    /// Never slower than one in ten seconds.
    const FLOOR: f64 = 0.1;

    /// Starts at the ceiling, a rate per second; infinite where there is none.
    #[must_use]
    pub fn new(ceiling: f64) -> Adaptive {
        Adaptive {
            ceiling,
            current: ceiling,
            phase: Phase::Held,
            since: Millis::ZERO,
            taken: 0,
            throttled: None,
            strikes: (Millis::ZERO, 0),
            probe_at: Millis::ZERO,
            allowance: Self::MOST_ALLOWANCE,
            borne: Borne::default(),
        }
    }

    /// Starts at a rate that was learnt a while ago.
    #[must_use]
    pub fn resumed(ceiling: f64, learnt: f64) -> Adaptive {
        let current = learnt.clamp(Self::FLOOR.min(ceiling), ceiling);
        Adaptive { current, ..Adaptive::new(ceiling) }
    }

    /// The rate at the moment; infinite where nothing limits it.
    #[must_use]
    pub fn rate(&self) -> f64 {
        self.current
    }

    /// The highest rate that is known or hoped to be borne; `None` while that is the ceiling.
    #[must_use]
    pub fn learnt(&self) -> Option<f64> {
        let low = match self.phase {
            Phase::Held | Phase::Falling { .. } => self.current,
            Phase::Closing { low } | Phase::Probing { low, .. } | Phase::Settling { low, .. } => low,
        };
        (low < self.ceiling).then_some(low)
    }

    /// An answer that is no throttle, to a message that left at `sent`. Returns whether the rate changed.
    pub fn taken(&mut self, sent: Millis, now: Millis) -> bool {
        self.begin(sent);
        self.borne.add(now);
        self.allowance = (self.allowance + Self::BUDGET).min(Self::MOST_ALLOWANCE);
        if sent < self.since {
            return false;
        }
        self.taken += 1;
        if let Phase::Falling { cuts, mean } = self.phase {
            if cuts >= Self::BLOCKED {
                // It was a long window that was full.
                self.hold_at((mean * Self::TRIM).max(self.current), now);
                self.rest(Self::PAUSE, now);
                return true;
            }
            self.phase = Phase::Falling { cuts: 0, mean };
        }
        match self.phase {
            Phase::Held => self.probe_if_due(now),
            _ if !self.stood(sent) => false,
            _ => self.passed(now),
        }
    }

    /// A throttle of a message that left at `sent`; `asked` is the server's Retry-After. Returns how long to
    /// wait before anything else is sent.
    pub fn throttled(&mut self, sent: Millis, now: Millis, asked: Option<Duration>) -> Duration {
        self.begin(sent);
        let asked = asked.unwrap_or(Duration::ZERO);
        if self.current.is_infinite() {
            self.current = self.borne.in_a_second(now).max(Self::USUAL);
        }
        let of_now = sent >= self.since;
        // At a held rate, what was in flight when it was lowered still tells whether the limit fell.
        let recent = self.phase == Phase::Held && self.since.since(sent) < Self::RECENT;
        if !of_now && !recent {
            return asked;
        }
        let many = self.strike(now);
        if !matches!(self.phase, Phase::Falling { .. }) {
            self.allowance = (self.allowance - 1.0).max(-1.0);
        }
        let full = self.full_at(sent, now);
        match self.phase {
            Phase::Probing { low, proven, .. } => {
                return self.step_back(low, proven, Self::WIDE, full, now, asked);
            }
            Phase::Closing { low } => return self.step_back(low, low, Self::NARROW, full, now, asked),
            Phase::Held | Phase::Settling { .. } if many => {
                return self.fall(0, self.borne.in_a_minute(now), now, asked);
            }
            Phase::Settling { low, .. } if of_now && low < self.current => {
                let to = low.max(self.current * Self::CUT);
                return self.step_back(low, to, Self::WIDE, full, now, asked);
            }
            Phase::Held | Phase::Settling { .. } if of_now => {
                self.throttled = Some(full);
                self.hold_at(self.floored(full * Self::TRIM), now + asked);
            }
            Phase::Held | Phase::Settling { .. } => {}
            Phase::Falling { cuts, mean } => return self.fall(cuts, mean, now, asked),
        }
        self.rest(asked, now);
        asked
    }

    fn begin(&mut self, sent: Millis) {
        if self.since == Millis::ZERO {
            self.since = sent;
        }
    }

    /// What was throttled, at the most: the present rate, or what the last second took where that is less. A
    /// sliding second that is full says exactly what fits into it; one that has hardly begun says nothing.
    fn full_at(&self, sent: Millis, now: Millis) -> f64 {
        let tried = sent.since(self.since) >= Self::WINDOW / 4;
        let second = if tried { self.borne.in_a_second(now).max(1.0) } else { f64::INFINITY };
        self.current.min(second)
    }

    /// Back to a rate that was borne; from far above it, once the server's window has cleared.
    fn step_back(
        &mut self,
        low: f64,
        to: f64,
        gap: f64,
        full: f64,
        now: Millis,
        asked: Duration,
    ) -> Duration {
        let far = self.current > to * Self::FAR;
        let pause = if far { Self::PAUSE.max(asked) } else { asked };
        self.throttled = Some(self.throttled.map_or(full, |known| known.min(full)));
        self.go(Phase::Settling { low, gap }, to, now + pause);
        self.rest(asked, now);
        pause
    }

    /// Cuts the rate, and waits for the server's window to clear: ever longer while nothing is taken.
    fn fall(&mut self, cuts: u32, mean: f64, now: Millis, asked: Duration) -> Duration {
        let pause = (Self::PAUSE * (1 << cuts.saturating_sub(1).min(3))).min(Self::LONGEST_PAUSE).max(asked);
        let cuts = if asked >= Self::LONG_WAIT { Self::BLOCKED } else { cuts + 1 };
        self.throttled = Some(self.current);
        self.go(Phase::Falling { cuts, mean }, self.floored(self.current * Self::CUT), now + pause);
        self.rest(Duration::ZERO, now + pause);
        pause
    }

    /// The present step was borne.
    fn passed(&mut self, now: Millis) -> bool {
        let borne = self.current;
        match self.phase {
            Phase::Held => return false,
            Phase::Falling { .. } => self.close_or_hold(borne, Self::NARROW, now),
            Phase::Closing { low } => self.close_or_hold(borne.max(low), Self::NARROW, now),
            Phase::Settling { gap, .. } => self.close_or_hold(borne, gap, now),
            Phase::Probing { low, stride, .. } => self.step_up(low, borne, (stride * 2.0).min(1.0), now),
        }
        true
    }

    /// Half way up to the lowest rate that was throttled, or the rate that is borne where that is near.
    fn close_or_hold(&mut self, low: f64, narrow: f64, now: Millis) {
        match self.throttled {
            Some(high) if low * narrow < high => {
                self.go(Phase::Closing { low }, f64::midpoint(low, high), now)
            }
            _ => self.hold_at(low, now),
        }
    }

    fn probe_if_due(&mut self, now: Millis) -> bool {
        let due = self.current < self.ceiling && now >= self.probe_at && self.allowance >= 1.0;
        if due {
            self.throttled = None;
            self.step_up(self.current, self.current, Self::STRIDE, now);
        }
        due
    }

    fn step_up(&mut self, low: f64, proven: f64, stride: f64, now: Millis) {
        let next = proven * (1.0 + stride);
        if proven >= self.ceiling {
            self.hold_at(self.ceiling, now);
        } else {
            self.go(Phase::Probing { low, proven, stride }, next.min(self.ceiling), now);
        }
    }

    fn hold_at(&mut self, rate: f64, now: Millis) {
        self.go(Phase::Held, rate.min(self.ceiling), now);
    }

    fn go(&mut self, phase: Phase, rate: f64, since: Millis) {
        (self.phase, self.current, self.since, self.taken) = (phase, rate, since, 0);
    }

    fn rest(&mut self, cost: Duration, now: Millis) {
        let rest = Self::REST.max(cost * Self::PAUSE_COST).min(Self::LONGEST_REST);
        self.probe_at = self.probe_at.max(now + rest);
    }

    /// Whether the present rate was tried for a server's second.
    fn stood(&self, sent: Millis) -> bool {
        let enough = (self.current * Self::WINDOW.as_secs_f64() * 0.7).max(3.0);
        sent.since(self.since) >= Self::WINDOW && f64::from(self.taken) >= enough
    }

    /// Counts a throttle; whether there were many within a second.
    fn strike(&mut self, now: Millis) -> bool {
        if now.since(self.strikes.0) >= Self::PAUSE {
            self.strikes = (now, 0);
        }
        self.strikes.1 += 1;
        let many = f64::from(Self::STRIKES).max(self.current * Self::STRIKE_SHARE);
        f64::from(self.strikes.1) >= many
    }

    fn floored(&self, rate: f64) -> f64 {
        rate.max(Self::FLOOR.min(self.ceiling))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A server of one rule, and a sender that keeps to the adaptive rate; each answer comes at once.
    struct Line {
        rate: Adaptive,
        now: f64,
    }

    impl Line {
        fn new(ceiling: f64) -> Line {
            Line { rate: Adaptive::new(ceiling), now: 1.0 }
        }

        fn millis(&self) -> Millis {
            Millis(1_000) + Duration::from_secs_f64(self.now)
        }

        /// Sends for so long; whatever goes faster than `limit` is throttled.
        fn send(&mut self, seconds: f64, limit: f64, asked: Option<Duration>) -> (u32, u32) {
            let (mut taken, mut throttled) = (0, 0);
            let end = self.now + seconds;
            while self.now < end {
                let at = self.millis();
                if self.rate.rate() <= limit {
                    taken += 1;
                    self.rate.taken(at, at);
                } else {
                    throttled += 1;
                    self.now += self.rate.throttled(at, at, asked).as_secs_f64();
                }
                self.now += 1.0 / self.rate.rate();
            }
            (taken, throttled)
        }
    }

    #[test]
    fn nobody_who_is_not_throttled_is_slowed() {
        let mut line = Line::new(80.0);
        assert_eq!(line.send(60.0, 80.0, None).1, 0);
        assert!((line.rate.rate() - 80.0).abs() < f64::EPSILON);
        assert_eq!(line.rate.learnt(), None);
    }

    #[test]
    fn a_single_throttle_costs_a_little_and_once() {
        let mut line = Line::new(80.0);
        line.send(5.0, 80.0, None);
        let at = line.millis();
        assert_eq!(line.rate.throttled(at, at, None), Duration::ZERO);
        let lowered = line.rate.rate();
        assert!((75.5..=77.7).contains(&lowered), "{lowered}");
        // What was in flight with it tells of the old rate.
        let left = Millis(at.0 - 30);
        assert_eq!(line.rate.throttled(left, at, None), Duration::ZERO);
        assert!((line.rate.rate() - lowered).abs() < f64::EPSILON);
    }

    #[test]
    fn a_fallen_limit_is_found_and_kept_nearly_full() {
        let mut line = Line::new(80.0);
        line.send(10.0, 80.0, None);
        line.send(30.0, 10.0, None);
        let (taken, throttled) = line.send(300.0, 10.0, None);
        assert!(taken >= 2_850, "{taken} of 3,000");
        assert!(throttled * 50 <= taken, "{throttled} throttled of {taken}");
        assert!(line.rate.learnt().is_some_and(|rate| (9.0..=10.0).contains(&rate)));
    }

    #[test]
    fn a_risen_limit_is_found_within_half_a_minute() {
        let mut line = Line::new(80.0);
        line.send(10.0, 80.0, None);
        line.send(200.0, 10.0, None);
        line.send(30.0, 80.0, None);
        assert!((line.rate.rate() - 80.0).abs() < f64::EPSILON, "{}", line.rate.rate());
        assert_eq!(line.rate.learnt(), None);
    }

    #[test]
    fn what_the_server_asks_for_is_waited_for_and_makes_trying_rare() {
        let mut line = Line::new(80.0);
        line.send(10.0, 80.0, None);
        let at = line.millis();
        assert_eq!(line.rate.throttled(at, at, Some(Duration::from_secs(7))), Duration::from_secs(7));
        line.now += 7.0;
        line.send(60.0, 20.0, Some(Duration::from_secs(1)));
        let (_, throttled) = line.send(300.0, 20.0, Some(Duration::from_secs(1)));
        assert!(throttled <= 10, "{throttled} pauses of a second in five minutes");
    }

    #[test]
    fn while_nothing_is_taken_the_pauses_grow_and_the_rate_never_dies() {
        let mut line = Line::new(80.0);
        line.send(10.0, 80.0, None);
        let (taken, throttled) = line.send(600.0, 0.0, None);
        assert_eq!(taken, 0);
        assert!((35..110).contains(&throttled), "{throttled} in ten minutes");
        assert!(line.rate.rate() >= Adaptive::FLOOR);
    }

    #[test]
    fn a_window_of_a_minute_is_recognised() {
        let mut line = Line::new(80.0);
        // Ten a second over a minute: the first 600 at once, then nothing for the rest of the minute.
        assert_eq!(line.send(7.5, 80.0, None).1, 0);
        line.send(52.0, 0.0, None);
        let at = line.millis();
        line.rate.taken(at, at);
        assert!((9.0..=10.5).contains(&line.rate.rate()), "{}", line.rate.rate());
    }

    #[test]
    fn without_a_ceiling_it_begins_at_what_is_usual() {
        let mut rate = Adaptive::new(f64::INFINITY);
        assert!(rate.rate().is_infinite());
        rate.taken(Millis(1_000), Millis(1_100));
        rate.throttled(Millis(1_000), Millis(1_110), None);
        assert!((rate.rate() - 77.6).abs() < 1e-9, "{}", rate.rate());
    }

    #[test]
    fn what_was_learnt_is_resumed_below_the_ceiling() {
        assert!((Adaptive::resumed(80.0, 9.7).rate() - 9.7).abs() < f64::EPSILON);
        assert_eq!(Adaptive::resumed(80.0, 100.0).learnt(), None);
        assert!(Adaptive::resumed(80.0, 0.0).rate() > 0.0);
    }
}
