//! The rate that a number bears, found by what its server accepts.
//!
//! ```text
//!              throttled: cut to the goodput                   the share fell: it is a limit
//!     ┌──────▶ Steady ─────────────────────────▶ Asking ─────────────────────────▶ Steady, at the cut
//!     │          │                                  └─ it stayed, twice: chance ──▶ Steady, at the ceiling
//!     │          │ rested, below the ceiling
//!     │          ▼
//!     └────── Rising ──▶ held for a while: the next step, twice as long
//!   throttled: back to the last step that held
//! ```
//!
//! - *Goodput* is what was accepted a second. More than 5 % throttled within a window (20 answers and 2 s, at least) sets
//!   the rate to 0.97 of it; a smaller share that keeps trickling asks the same question more patiently, and so does a
//!   still smaller one whose rests (Retry-After) take much of the time.
//! - A share that stays when the rate is cut, and cut once more and deeply, is **chance** (`chance.rs`): a platform that
//!   refuses one in a hundred at any rate. Where throttles lead to rests, deeply is what went through with all rests: no
//!   limit lies below that. Such a share is tolerated for some minutes, and forgotten when more than it is throttled. So
//!   cuts don't add up, and the rate can't go astray.
//! - A rate that was too much is remembered. Steps go half the way to it, and where a failure costs a rest they don't
//!   reach it for a while.
//! - **Blocked**: a long `Retry-After`, or nothing accepted for longer than a second. The first time that says nothing of
//!   the rate, which afterwards is the one before. When it comes again soon, the server counts over a longer window: the
//!   goodput from one release to the next, rests included, is what it bears, and windows are that long from then on.
//! - What the server tells of its limit ([`Told`]) bounds the rate, and a throttle that it explains isn't counted.
//! - An answer tells of the rate at which its message left.

use std::time::Duration;

use super::chance::Chance;
use super::steps::Steps;
use super::tally::Tally;
use super::told::Told;
use crate::domain::rate_limit::RateLimit;
use crate::domain::time::Millis;

/// What is worth keeping of a number for the next run.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Lesson {
    /// The highest rate that is known to be sustained, a second; `None` while that is the ceiling.
    pub rate: Option<f64>,
    /// The share that is throttled at any rate; `None` where none is.
    pub chance: Option<f64>,
}

/// One number's rate, in POSTs a second.
#[derive(Clone, Debug, PartialEq)]
pub struct Adaptive {
    ceiling: f64,
    rate: f64,
    /// What the next run is to begin with.
    kept: f64,
    phase: Phase,
    /// Answers to what left at the present rate, since the window began.
    window: Tally,
    /// The same over many windows, for a share that trickles.
    trickle: Tally,
    /// The same since the last release, whatever the rate.
    cycle: Tally,
    blocked: Option<Blocked>,
    /// The last short rest that the server asked for: from when to when.
    rested: (Millis, Millis),
    /// When the last block ended.
    released: Option<Millis>,
    /// How long the server's window is.
    span: Duration,
    chance: Chance,
    steps: Steps,
    /// The rate that was too much when one last was, and until when it isn't tried again.
    failed: f64,
    failed_until: Millis,
    told: Told,
    /// What the server told allows at the moment.
    allowed: f64,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Phase {
    /// The rate is sustained.
    Steady,
    /// It was cut where `share` was throttled: does that fall? `again`: so deeply that no limit lies below.
    Asking { share: f64, again: bool },
    /// It is a step above `low`, which is sustained.
    Rising { low: f64, step: f64 },
}

/// Nothing goes through.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Blocked {
    /// What leaves from then on tells whether it is over.
    until: Millis,
    /// When it began.
    since: Millis,
    /// It began soon after the last one.
    again: bool,
    /// The rate before, where the present one only asks whether it is over.
    before: Option<f64>,
}

impl Adaptive {
    /// A window is no shorter.
    const WINDOW: Duration = Duration::from_secs(2);
    /// After so long it is judged by fewer answers.
    const LONG_ENOUGH: Duration = Duration::from_secs(30);
    const LONGEST_WINDOW: Duration = Duration::from_secs(600);
    /// A smaller share isn't worth a question; one is asked after so many throttles.
    const FEW: f64 = 0.004;
    const TRICKLE: u32 = 4;
    const TRICKLE_ANSWERS: u32 = 1_000;
    /// The rate is set to this share of the goodput.
    const CUT: f64 = 0.97;
    /// The second cut is so deep that no limit can hide behind it.
    const DEEP_CUT: f64 = 0.8;
    /// No cut is deeper where rests blur the goodput: a bucket of one lets one go for each. The second may be deeper.
    const DEEPEST: f64 = 0.25;
    const DEEPEST_AGAIN: f64 = 0.12;
    const SURELY: f64 = 0.2;
    /// A question is asked of so many answers that the old share would show in this many throttles. So many rests, or
    /// throttles without any, show it sooner.
    const EXPECTED: f64 = 8.0;
    const SHOWN: u32 = 5;
    const LEAST_ASKED: f64 = 100.0;
    /// And for no longer.
    const ASKED_FOR: Duration = Duration::from_secs(45);
    /// A limit that is kept throttles hardly anybody: more of the old share than this is chance's.
    const STAYED: f64 = 0.25;
    /// Rests that take so much of the time are worth a question; one says nothing yet.
    const DEAR: f64 = 0.02;
    const RESTS: u32 = 2;
    /// Nothing accepted for a second and a little is a window longer than one.
    const BLOCKED: Duration = Duration::from_millis(1_200);
    const BLOCKED_ANSWERS: u32 = 3;
    /// While blocked, asked so often at first and then ever less often, down to the floor.
    const ASKING_RATE: f64 = 1.0;
    const ASKED_IN_A_WINDOW: f64 = 8.0;
    const SLOWEST_ASKING: f64 = 0.125;
    const AGAIN: Duration = Duration::from_secs(120);
    const LONG_WINDOW: Duration = Duration::from_secs(5);
    /// So slow a rate takes long for a window: steps grow faster.
    const SLOW: f64 = 5.0;
    /// A rate that was too much isn't tried before so many times the rest that it cost.
    const TRIED_AGAIN: u32 = 50;
    const FLOOR: f64 = 0.1;

    /// Starts at the ceiling, a rate per second; infinite where there is none.
    #[must_use]
    pub fn new(ceiling: f64) -> Adaptive {
        Adaptive {
            ceiling,
            rate: ceiling,
            kept: ceiling,
            phase: Phase::Steady,
            window: Tally::default(),
            trickle: Tally::default(),
            cycle: Tally::default(),
            blocked: None,
            rested: (Millis::ZERO, Millis::ZERO),
            released: None,
            span: Self::WINDOW,
            chance: Chance::default(),
            steps: Steps::new(),
            failed: f64::INFINITY,
            failed_until: Millis::ZERO,
            told: Told::default(),
            allowed: f64::INFINITY,
        }
    }

    /// Starts with what was learnt a while ago; `now` is when its clock begins.
    #[must_use]
    pub fn resumed(ceiling: f64, lesson: Lesson, now: Millis) -> Adaptive {
        let fresh = Adaptive::new(ceiling);
        let rate = lesson.rate.map_or(ceiling, |rate| fresh.floored(rate));
        let chance = lesson.chance.map_or(Chance::default(), |share| Chance::of(share, now));
        Adaptive { rate, kept: rate, chance, ..fresh }
    }

    /// The rate at the moment; infinite where nothing limits it.
    #[must_use]
    pub fn rate(&self) -> f64 {
        self.rate.min(self.allowed)
    }

    /// What the next run is to begin with: no cut that chance may account for, so that restarts don't add up to less.
    #[must_use]
    pub fn lesson(&self, now: Millis) -> Lesson {
        Lesson { rate: Some(self.kept).filter(|rate| *rate < self.ceiling), chance: self.chance.known(now) }
    }

    /// The server told of its limit with the answer to a message that left at `left`. Returns how long nothing may leave.
    pub fn told(&mut self, word: RateLimit, left: Millis, now: Millis) -> Duration {
        let pause = self.told.hear(word, left, now);
        self.allowed = self.told.rate(now + pause);
        pause
    }

    /// An answer that is no throttle, to a message that left at `left`. Returns how long to wait for the server's
    /// second to clear.
    pub fn accepted(&mut self, left: Millis, now: Millis) -> Duration {
        self.first(left, now);
        self.cycle.add(left, false);
        self.steps.earn(now);
        if self.blocked.is_some_and(|blocked| left >= blocked.until) {
            return self.release(left, now);
        }
        self.window.add(left, false);
        self.trickle.add(left, false);
        self.judge(now, true)
    }

    /// A throttle of a message that left at `left`; `asked` is the server's Retry-After. Returns how long to wait
    /// apart from that.
    pub fn throttled(&mut self, left: Millis, now: Millis, asked: Option<Duration>) -> Duration {
        self.first(left, now);
        let asked = asked.unwrap_or(Duration::ZERO);
        if self.told.used_up(now) {
            // It had said so.
            self.begin(now + asked);
            return Duration::ZERO;
        }
        self.cycle.add(left, true);
        if let Some(blocked) = &mut self.blocked {
            if !asked.is_zero() {
                blocked.until = blocked.until.max(now + asked);
                self.window.add(left, true);
            } else if left >= blocked.until {
                self.rate = (self.rate / 2.0).max(Self::SLOWEST_ASKING.min(self.rate));
                self.steps.spend();
            }
            return Duration::ZERO;
        }
        self.window.add(left, true);
        if asked > Self::WINDOW {
            self.block(now, asked, None);
            return self.judge(now, false);
        }
        self.rest(left, asked, now);
        if left < self.window.since {
            return Duration::ZERO;
        }
        self.trickle.add(left, true);
        let silent = self.window.until.since(self.window.accepted_at) >= Self::BLOCKED;
        let blocked = silent && self.window.in_a_row >= Self::BLOCKED_ANSWERS;
        match self.phase {
            Phase::Rising { low, step } if blocked => self.fall_back(low, step, true, now),
            _ if blocked => {
                self.block_and_ask(now);
                Duration::ZERO
            }
            _ => self.judge(now, false),
        }
    }

    fn first(&mut self, left: Millis, now: Millis) {
        if self.cycle.since == Millis::ZERO {
            self.cycle = Tally::from(left);
            self.steps.begin(now);
            self.begin(left);
        }
    }

    /// A short rest begins; what is in flight may ask for it again.
    fn rest(&mut self, left: Millis, asked: Duration, now: Millis) {
        if asked.is_zero() || now < self.rested.1 {
            return;
        }
        for tally in [&mut self.window, &mut self.trickle] {
            tally.rest(left, asked);
        }
        self.rested = (now, now + asked);
    }

    /// Nothing is accepted at the present rate for a while.
    fn block_and_ask(&mut self, now: Millis) {
        let before = self.rate;
        self.phase = Phase::Steady;
        self.block(now, Duration::ZERO, Some(before));
        self.rate = before.min(Self::ASKING_RATE).min(Self::ASKED_IN_A_WINDOW / self.span.as_secs_f64());
    }

    fn block(&mut self, now: Millis, asked: Duration, before: Option<f64>) {
        let again = self.released == Some(self.cycle.since) && now.since(self.cycle.since) < Self::AGAIN;
        self.blocked = Some(Blocked { until: now + asked, since: now, again, before });
    }

    /// Something went through that left at `left`.
    fn release(&mut self, left: Millis, now: Millis) -> Duration {
        let Some(blocked) = self.blocked.take() else { return Duration::ZERO };
        if let Some(before) = blocked.before {
            self.rate = before;
        }
        let cycle = std::mem::replace(&mut self.cycle, Tally::from(left));
        self.released = Some(left);
        let steady = self.phase == Phase::Steady;
        if steady {
            self.begin(left);
        }
        let share = cycle.share();
        let rest = left.since(blocked.since);
        let costs = match self.chance.known(now) {
            Some(_) => share > self.chance.tolerated(cycle.answers(), now),
            None => rest * 50 > cycle.lasted(),
        };
        if steady && blocked.again && costs {
            let long = rest * 4 >= cycle.lasted();
            if long {
                self.span = cycle.lasted().clamp(Self::WINDOW, Self::LONGEST_WINDOW);
            }
            return self.ask(cycle, long, left);
        }
        Duration::ZERO
    }

    /// What the answers since the last change say; `accepted`: the last was, for a wall isn't measured before its end.
    fn judge(&mut self, now: Millis, accepted: bool) -> Duration {
        let window = self.window;
        let long = window.lasted() >= Self::LONG_ENOUGH && window.answers() >= Self::BLOCKED_ANSWERS;
        let answers = window.answers() >= self.chance.answers(now) || long;
        let enough = accepted && answers && window.lasted() >= self.span;
        // What went through with rests shows from one to another.
        let tells = enough && (window.rests == 0 || window.rests >= Self::RESTS) && self.blocked.is_none();
        match self.phase {
            Phase::Steady if self.blocked.is_some() => {}
            Phase::Steady => {
                let trickle = self.trickle;
                if tells && self.too_many(now) {
                    return self.ask(window, false, now);
                } else if accepted && self.trickles() && self.chance.known(now).is_none() {
                    return self.ask(trickle, false, now);
                } else if self.rises(now) {
                    self.rise(self.rate, Steps::first(self.is_slow()), now);
                } else {
                    if enough && !self.too_many(now) {
                        self.window = Tally::from(window.until);
                    }
                    if trickle.answers() >= Self::TRICKLE_ANSWERS && trickle.lasted() >= Self::LONG_ENOUGH {
                        self.trickle = Tally::from(trickle.until);
                    }
                }
            }
            Phase::Asking { share, again } => {
                let after = window.share();
                let heard = enough && self.heard(share, again);
                if tells && after > Self::SURELY {
                    return self.ask(window, false, now);
                } else if heard && (after <= share * Self::STAYED || window.episodes() <= 1) {
                    self.go(Phase::Steady, self.rate, now);
                } else if heard && !again {
                    return self.ask_again(share, now);
                } else if heard && Chance::accounts_for(share, window) {
                    self.chance = Chance::of(after.max(share), now);
                    self.steps.free(now);
                    self.failed = f64::INFINITY;
                    self.go(Phase::Steady, self.ceiling, now);
                } else if heard && self.blocked.is_none() {
                    return self.ask(window, false, now);
                }
            }
            Phase::Rising { low, step } => {
                let waits =
                    (self.blocked.is_some() || now < self.rested.1) && self.chance.known(now).is_none();
                if waits || self.too_many(now) {
                    return self.fall_back(low, step, self.has_long_window(), now);
                }
                let expected = self.rate * window.active().as_secs_f64();
                let stood = f64::from(window.answers()) >= 0.7 * expected;
                if enough && stood && self.blocked.is_none() {
                    if self.rate >= self.failed {
                        self.failed = f64::INFINITY;
                    }
                    if self.rate >= self.ceiling {
                        self.span = Self::WINDOW;
                        self.go(Phase::Steady, self.ceiling, now);
                    } else if !self.has_room(now) {
                        self.go(Phase::Steady, self.rate, now);
                    } else {
                        self.rise(self.rate, Steps::after(step, self.is_slow()), now);
                    }
                }
            }
        }
        Duration::ZERO
    }

    /// Cuts the rate to a little less than what is accepted, to see whether fewer are throttled.
    fn ask(&mut self, seen: Tally, long: bool, now: Millis) -> Duration {
        let least = if seen.rests > 0 && self.rate.is_finite() { self.rate * Self::DEEPEST } else { 0.0 };
        let deep = !long && seen.rests >= Self::RESTS && seen.share() >= Chance::MANY;
        let goodput = if deep { seen.through() } else { seen.goodput() };
        let again = deep && goodput >= least;
        let share = if again { seen.share().min(Chance::MANY) } else { seen.share() };
        let cut = self.floored(goodput.max(least).min(self.rate) * Self::CUT);
        self.remember(now);
        self.steps.cut(self.window.throttled, now);
        // What chance doesn't account for may well be all of it.
        self.chance = Chance::default();
        if seen.share() > Self::SURELY || long {
            self.kept = cut;
        }
        let far = if self.rate.is_finite() { 1.0 - cut / self.rate } else { 1.0 };
        self.go(Phase::Asking { share, again }, cut, now);
        self.settle(far, now)
    }

    /// Cuts it once more and deeply.
    fn ask_again(&mut self, share: f64, now: Millis) -> Duration {
        let window = self.window;
        let (through, least) = (window.through(), self.rate * Self::DEEPEST_AGAIN);
        let cut = self.floored(through.clamp(least, self.rate * Self::DEEP_CUT));
        let share = window.share().min(share).min(Chance::MANY);
        let far = if window.rests > 0 { 1.0 - cut / self.rate } else { 0.0 };
        self.remember(now);
        self.go(Phase::Asking { share, again: through >= least }, cut, now);
        self.settle(far, now)
    }

    /// Waits for the server's second to clear, the longer the more was sent too fast.
    fn settle(&mut self, far: f64, now: Millis) -> Duration {
        let pause = Duration::from_secs_f64(far.clamp(0.0, 1.0));
        self.begin(now + pause);
        pause
    }

    fn rises(&self, now: Millis) -> bool {
        self.rate < self.ceiling.min(self.allowed) && self.steps.due(now) && self.has_room(now)
    }

    /// The next step doesn't lead to where it was too much lately.
    fn has_room(&self, now: Millis) -> bool {
        now >= self.failed_until || self.rate * (1.0 + Steps::FIRST) < self.failed
    }

    fn rise(&mut self, low: f64, step: f64, now: Millis) {
        self.kept = self.kept.max(low);
        let half_way = f64::midpoint(low, self.failed).max(low * (1.0 + Steps::FIRST));
        let most = if self.is_slow() { self.ceiling } else { half_way.min(self.ceiling) };
        let rate = (low * (1.0 + step)).min(most);
        self.go(Phase::Rising { low, step: rate / low - 1.0 }, rate, now);
    }

    /// Back to the last step that held, once the server's window has cleared.
    fn fall_back(&mut self, low: f64, step: f64, blocked: bool, now: Millis) -> Duration {
        let until = self.blocked.map_or(self.rested.1, |blocked| blocked.until);
        let rest = until.since(now).min(Self::WINDOW);
        self.remember(now);
        self.steps.failed(step, self.window.throttled, rest, self.span, now);
        self.go(Phase::Steady, low, now);
        if self.blocked.is_none() && blocked {
            self.block_and_ask(now);
            return Duration::ZERO;
        }
        self.settle(step, now)
    }

    fn go(&mut self, phase: Phase, rate: f64, now: Millis) {
        (self.phase, self.rate) = (phase, rate);
        if phase == Phase::Steady {
            self.kept = self.kept.max(rate);
        }
        self.cycle = Tally::from(now);
        if let Some(blocked) = &mut self.blocked {
            blocked.again = false;
        }
        self.begin(now);
    }

    /// A window begins, after a rest that isn't over.
    fn begin(&mut self, now: Millis) {
        let since = now.max(self.rested.1);
        (self.window, self.trickle) = (Tally::from(since), Tally::from(since));
    }

    /// More throttled in this window than chance accounts for.
    fn too_many(&self, now: Millis) -> bool {
        let answers = self.window.answers().max(self.chance.answers(now));
        f64::from(self.window.throttled) > self.chance.tolerated(answers, now) * f64::from(answers)
    }

    /// Whether enough was answered since a share was throttled to see if it is still so much.
    fn heard(&self, share: f64, again: bool) -> bool {
        let Tally { throttled, rests, since, until, .. } = self.window;
        let answers = f64::from(self.window.answers());
        let expected = answers * share;
        let clear = match throttled {
            0 => expected >= Self::EXPECTED / 2.0,
            _ => self.window.episodes() >= if rests > 0 && !again { Self::RESTS } else { Self::SHOWN },
        };
        let all = expected >= Self::EXPECTED && answers >= Self::LEAST_ASKED;
        share > Self::SURELY || clear || all || until.since(since) >= Self::ASKED_FOR
    }

    /// A small share, or rests that cost much, keep coming.
    fn trickles(&self) -> bool {
        let trickle = &self.trickle;
        let many = trickle.throttled >= Self::TRICKLE && trickle.share() >= Self::FEW;
        let dear = trickle.rests >= Self::RESTS && trickle.lost() >= Self::DEAR;
        (many || dear) && trickle.share() < Chance::MANY
    }

    fn has_long_window(&self) -> bool {
        self.span > Self::LONG_WINDOW
    }

    /// The present rate is too much: it isn't tried again for a while where a try is dear.
    fn remember(&mut self, now: Millis) {
        let rest = if self.window.rests > 0 { self.rested.1.since(self.rested.0) } else { Duration::ZERO };
        (self.failed, self.failed_until) = (self.rate, now + Self::TRIED_AGAIN * rest);
    }

    /// A window takes long.
    fn is_slow(&self) -> bool {
        self.has_long_window() || self.rate < Self::SLOW
    }

    fn floored(&self, rate: f64) -> f64 {
        rate.clamp(Self::FLOOR.min(self.ceiling), self.ceiling)
    }
}

#[cfg(test)]
mod tests;
