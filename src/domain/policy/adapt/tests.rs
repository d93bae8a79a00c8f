use super::*;

/// A server of one rule, and a sender that keeps to the rate; each answer comes at once.
struct Line {
    rate: Adaptive,
    now: f64,
    sent: u32,
}

/// What became of a while of sending.
#[derive(Debug)]
struct Seen {
    accepted: f64,
    throttled: f64,
    lasted: f64,
}

impl Seen {
    fn share(&self) -> f64 {
        self.throttled / (self.accepted + self.throttled)
    }

    fn goodput(&self) -> f64 {
        self.accepted / self.lasted
    }
}

impl Line {
    fn new(ceiling: f64) -> Line {
        Line { rate: Adaptive::new(ceiling), now: 1.0, sent: 0 }
    }

    fn millis(&self) -> Millis {
        Millis(1_000) + Duration::from_secs_f64(self.now)
    }

    /// Sends for so long; `takes` says whether the server takes one, by the time, the rate and the message's number.
    fn send(
        &mut self,
        seconds: f64,
        asked: Option<Duration>,
        mut takes: impl FnMut(f64, f64, u32) -> bool,
    ) -> Seen {
        let (mut accepted, mut throttled) = (0.0, 0.0);
        let end = self.now + seconds;
        while self.now < end {
            let at = self.millis();
            self.sent += 1;
            let pause = if takes(self.now, self.rate.rate(), self.sent) {
                accepted += 1.0;
                self.rate.accepted(at, at)
            } else {
                throttled += 1.0;
                self.rate.throttled(at, at, asked).max(asked.unwrap_or_default())
            };
            self.now += pause.as_secs_f64() + 1.0 / self.rate.rate();
        }
        Seen { accepted, throttled, lasted: seconds }
    }
}

/// So many go through in each span of so many seconds.
fn window(count: u32, span: f64) -> impl FnMut(f64, f64, u32) -> bool {
    let mut window = (0.0, 0);
    move |now, _, _| {
        let current = (now / span).floor();
        if window.0 != current {
            window = (current, 0);
        }
        window.1 += 1;
        window.1 <= count
    }
}

#[test]
fn nobody_who_is_not_throttled_is_slowed() {
    let mut line = Line::new(80.0);
    assert_eq!(line.send(60.0, None, |_, _, _| true).throttled, 0.0);
    assert_eq!((line.rate.rate(), line.rate.lesson(line.millis())), (80.0, Lesson::default()));
}

#[test]
fn a_fallen_limit_is_found_and_a_risen_one() {
    for limit in [10, 40] {
        let mut line = Line::new(80.0);
        line.send(20.0, None, |_, _, _| true);
        line.send(30.0, None, window(limit, 1.0));
        let seen = line.send(300.0, None, window(limit, 1.0));
        assert!(seen.share() <= 0.05, "{limit}: {seen:?}");
        assert!(seen.goodput() >= 0.9 * f64::from(limit), "{limit}: {seen:?}");
        line.send(60.0, None, |_, _, _| true);
        assert_eq!(line.rate.rate(), 80.0, "after a limit of {limit}");
    }
}

#[test]
fn one_in_a_hundred_at_any_rate_is_chance_and_changes_nothing() {
    for every in [20, 50, 100, 200] {
        for asked in [None, Some(Duration::from_secs(1))] {
            let mut line = Line::new(200.0);
            let chance = |_: f64, _: f64, sent: u32| !sent.is_multiple_of(every);
            line.send(60.0, asked, chance);
            let seen = line.send(600.0, asked, chance);
            let rest = asked.unwrap_or_default().as_secs_f64();
            let bears = f64::from(every - 1) / (f64::from(every) / 200.0 + rest);
            assert!(seen.goodput() >= 0.9 * bears, "one in {every}, {asked:?}: {seen:?} of {bears}");
        }
    }
}

#[test]
fn a_retry_after_is_a_rest_and_no_verdict() {
    let mut line = Line::new(80.0);
    line.send(10.0, None, |_, _, _| true);
    let rest = Some(Duration::from_secs(40));
    let mut once = true;
    line.send(50.0, rest, |_, _, _| !std::mem::take(&mut once));
    assert_eq!(line.rate.rate(), 80.0);
}

#[test]
fn a_window_of_a_minute_that_ends_in_a_retry_after_is_paced_over() {
    let mut line = Line::new(20.0);
    // What is asked for is the rest of the window.
    for _ in 0..3 {
        let mut takes = window(60, 60.0);
        let seen = line.send(3.2, None, &mut takes);
        assert!(seen.throttled > 0.0);
        let at = line.millis();
        let rest = 60.0 - line.now % 60.0;
        line.rate.throttled(at, at, Some(Duration::from_secs_f64(rest)));
        line.now += rest + 0.01;
        let at = line.millis();
        line.rate.accepted(at, at);
        if line.rate.rate() < 20.0 {
            break;
        }
    }
    assert!((0.85..=1.1).contains(&line.rate.rate()), "{}", line.rate.rate());
}

#[test]
fn a_window_of_a_minute_is_found_without_a_word() {
    let mut line = Line::new(20.0);
    line.send(300.0, None, window(300, 60.0));
    let seen = line.send(1_800.0, None, window(300, 60.0));
    assert!(seen.goodput() >= 0.9 * 5.0 && seen.share() <= 0.05, "{seen:?}");
}

#[test]
fn while_nothing_is_taken_it_asks_ever_less_often_and_then_goes_on_as_before() {
    let mut line = Line::new(80.0);
    line.send(10.0, None, |_, _, _| true);
    let seen = line.send(600.0, None, |_, _, _| false);
    assert!((75.0..300.0).contains(&seen.throttled), "{seen:?}");
    line.send(10.0, None, |_, _, _| true);
    assert_eq!(line.rate.rate(), 80.0);
}

#[test]
fn without_a_ceiling_it_begins_at_what_goes_through() {
    let mut rate = Adaptive::new(f64::INFINITY);
    let mut at = Millis(1_000);
    for n in 0..500 {
        at = at + Duration::from_millis(5);
        if n % 2 == 0 {
            rate.accepted(at, at);
        } else {
            rate.throttled(at, at, None);
        }
    }
    assert!((90.0..=100.0).contains(&rate.rate()), "{}", rate.rate());
}

#[test]
fn what_the_server_tells_bounds_the_rate_and_explains_its_throttles() {
    let mut line = Line::new(80.0);
    let mut at = line.millis();
    let word = |remaining| RateLimit {
        limit: Some(60),
        remaining,
        reset: Some(Duration::from_secs(30)),
        window: Some(Duration::from_secs(60)),
    };
    assert_eq!(line.rate.told(word(15), at, at), Duration::ZERO);
    line.rate.accepted(at, at);
    assert_eq!(line.rate.rate(), 0.5);
    at = at + Duration::from_secs(1);
    assert_eq!(line.rate.told(word(0), at, at), Duration::from_secs(30));
    for _ in 0..100 {
        line.rate.throttled(at, at, Some(Duration::from_secs(30)));
    }
    assert_eq!(line.rate.rate(), 1.0, "60 a minute from then on");
    assert_eq!(line.rate.lesson(at), Lesson::default());
}

#[test]
fn restarts_never_add_up_to_less() {
    for every in [20, 100] {
        let mut line = Line::new(200.0);
        let mut all = 0.0;
        for life in 0..100 {
            let seen = line.send(f64::from(1 + life % 7), None, |_, _, sent| !sent.is_multiple_of(every));
            all += seen.goodput() / 100.0;
            let now = line.millis();
            line.rate = Adaptive::resumed(200.0, line.rate.lesson(now), now);
        }
        assert!(all >= 180.0 * (1.0 - 1.0 / f64::from(every)), "one in {every}: {all}");
    }
}

#[test]
fn what_was_learnt_is_resumed_below_the_ceiling() {
    let lesson = |rate| Lesson { rate: Some(rate), chance: None };
    let resumed = |rate| Adaptive::resumed(80.0, lesson(rate), Millis(1));
    assert_eq!(resumed(9.7).rate(), 9.7);
    assert_eq!(resumed(100.0).lesson(Millis(1)), Lesson::default());
    assert!(resumed(0.0).rate() > 0.0);
    let chance = Adaptive::resumed(80.0, Lesson { rate: None, chance: Some(0.02) }, Millis(1));
    assert_eq!(chance.lesson(Millis(2)).chance, Some(0.02));
}
