//! The fault plan at work: which fault applies to this request.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::time::Duration;

use crate::domain::phone::Phone;
use crate::domain::rate::{Rate, RateUnit};
use crate::domain::time::Millis;

use super::fault::{FaultKind, FaultPlan, Only, Scope, When};

/// What is known of a request when its fate is drawn.
#[derive(Clone, Copy, Debug)]
pub(super) struct FaultTarget<'a> {
    /// Never [`Scope::All`].
    pub(super) scope: Scope,
    pub(super) number: &'a str,
    pub(super) to: Option<Phone>,
    pub(super) now: Millis,
}

/// What goes wrong with one request.
#[derive(Clone, Debug, Default)]
pub(super) struct FaultDecision {
    /// Wait before it is handled.
    pub(super) latency: Duration,
    /// Wait before it is answered.
    pub(super) slow: Duration,
    /// The message fails after it was sent, with this code.
    pub(super) news: Option<u32>,
    /// The fault that applies; never one of the three above.
    pub(super) fault: Option<FaultKind>,
}

/// The plan with its counts and its chance.
#[derive(Debug)]
pub(super) struct Chaos {
    faults: Vec<Live>,
    rng: fastrand::Rng,
    /// Hits by the fault's text, of this plan and of those before it.
    hits: BTreeMap<String, u64>,
}

#[derive(Debug)]
struct Live {
    fault: super::fault::Fault,
    text: String,
    /// Requests that it could apply to, so far.
    met: u64,
    /// For a limit: when each number's unthrottled sends came, within the rate's unit.
    passed: HashMap<Box<str>, VecDeque<Millis>>,
}

impl Chaos {
    pub(super) fn new(plan: FaultPlan, seed: u64) -> Chaos {
        let mut chaos =
            Chaos { faults: Vec::new(), rng: fastrand::Rng::with_seed(seed), hits: BTreeMap::new() };
        chaos.set_plan(plan);
        chaos
    }

    pub(super) fn set_plan(&mut self, plan: FaultPlan) {
        let live = |fault: super::fault::Fault| {
            let text = fault.to_string();
            Live { fault, text, met: 0, passed: HashMap::new() }
        };
        self.faults = plan.0.into_iter().map(live).collect();
    }

    pub(super) fn hits(&self) -> &BTreeMap<String, u64> {
        &self.hits
    }

    /// Draws what happens to this request.
    pub(super) fn draw(&mut self, request: FaultTarget<'_>) -> FaultDecision {
        let mut decision = FaultDecision::default();
        for live in &mut self.faults {
            if !live.may_apply(request) || !live.applies(request, &mut self.rng) {
                continue;
            }
            match self.hits.get_mut(&live.text) {
                Some(hits) => *hits += 1,
                None => _ = self.hits.insert(live.text.clone(), 1),
            }
            match &live.fault.kind {
                FaultKind::Latency(span) => decision.latency += span.pick(self.rng.u64(..)),
                FaultKind::Slow(span) => decision.slow += span.pick(self.rng.u64(..)),
                FaultKind::News(code) => decision.news = Some(*code),
                kind => {
                    decision.fault = Some(kind.clone());
                    break;
                }
            }
        }
        decision
    }
}

impl Live {
    fn may_apply(&self, request: FaultTarget<'_>) -> bool {
        let in_scope = self.fault.scope == Scope::All || self.fault.scope == request.scope;
        in_scope
            && match &self.fault.only {
                Only::All => true,
                Only::To(phone) => request.to == Some(*phone),
                Only::From(number) => request.number == number,
            }
    }

    fn applies(&mut self, request: FaultTarget<'_>, rng: &mut fastrand::Rng) -> bool {
        let nth = self.met;
        self.met += 1;
        let due = match self.fault.when {
            When::Always => true,
            When::Share(share) => share.takes(rng.u64(..)),
            When::Count { skip, count } => nth >= u64::from(skip) && nth - u64::from(skip) < u64::from(count),
        };
        match self.fault.kind {
            FaultKind::Limit { rate: Rate::Per { count, unit }, .. } => {
                due && self.over(request, count, unit_ms(unit))
            }
            _ => due,
        }
    }

    /// Whether one more send of this number, now, would be more than `count` within `window_ms`.
    fn over(&mut self, request: FaultTarget<'_>, count: u32, window_ms: u64) -> bool {
        if !self.passed.contains_key(request.number) {
            self.passed.insert(request.number.into(), VecDeque::new());
        }
        let Some(passed) = self.passed.get_mut(request.number) else { return false };
        while passed.front().is_some_and(|at| at.0.saturating_add(window_ms) <= request.now.0) {
            passed.pop_front();
        }
        if passed.len() >= count as usize {
            return true;
        }
        passed.push_back(request.now);
        false
    }
}

fn unit_ms(unit: RateUnit) -> u64 {
    match unit {
        RateUnit::Second => 1_000,
        RateUnit::Minute => 60_000,
        RateUnit::Hour => 3_600_000,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn send(now: u64) -> FaultTarget<'static> {
        FaultTarget {
            scope: Scope::Sends,
            number: "N",
            to: Phone::from_digits("919876543210"),
            now: Millis(now),
        }
    }

    fn applies(plan: &str, requests: impl Iterator<Item = FaultTarget<'static>>) -> Vec<bool> {
        let mut chaos = Chaos::new(plan.parse().expect("a plan"), 7);
        requests.map(|request| chaos.draw(request).fault.is_some()).collect()
    }

    #[test]
    fn counts_strike_where_they_say() {
        assert_eq!(applies("500=2x", (0..4).map(send)), [true, true, false, false]);
        assert_eq!(applies("500=1+2x", (0..4).map(send)), [false, true, true, false]);
    }

    #[test]
    fn scopes_and_recipients_are_kept_apart() {
        let get = FaultTarget { scope: Scope::Gets, ..send(0) };
        let change = FaultTarget { scope: Scope::Changes, ..send(0) };
        let other = FaultTarget { to: Phone::from_digits("4915112345678"), ..send(0) };
        let each = || [send(0), change, get].into_iter();
        assert_eq!(applies("500", each()), [true, false, false]);
        assert_eq!(applies("changes.500", each()), [false, true, false]);
        assert_eq!(applies("gets.500", each()), [false, false, true]);
        assert_eq!(applies("all.500", each()), [true, true, true]);
        assert_eq!(applies("500@919876543210", [send(0), other].into_iter()), [true, false]);
    }

    #[test]
    fn a_limit_lets_its_rate_through_in_any_window() {
        let faulted = applies("limit:2/s", [0, 10, 20, 999, 1000, 1005, 1010].into_iter().map(send));
        assert_eq!(faulted, [false, false, true, true, false, true, false]);
    }

    #[test]
    fn the_same_seed_strikes_the_same() {
        let run = || applies("500=30%,reset=30%", (0..200).map(send));
        let faulted = run();
        assert_eq!(faulted, run());
        let hits = faulted.iter().filter(|hit| **hit).count();
        assert!((75..130).contains(&hits), "about 51 % of 200, not {hits}");
    }

    #[test]
    fn waits_add_up_and_go_on() {
        let mut chaos =
            Chaos::new("latency:50ms,latency:20ms,slow:2s,news:131049,hang".parse().expect("a plan"), 7);
        let decision = chaos.draw(send(0));
        assert_eq!((decision.latency, decision.slow), (Duration::from_millis(70), Duration::from_secs(2)));
        assert_eq!(decision.news, Some(131_049));
        assert!(matches!(decision.fault, Some(FaultKind::Hang(_))));
        assert_eq!(chaos.hits().len(), 5);
    }
}
