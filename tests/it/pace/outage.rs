//! A server that is away for ten minutes: it isn't fed with messages, and soon after it is back the pace is.

use std::time::Duration;

use sendcast::domain::status::Status;
use sendcast::engine::Ending;
use sendcast::queue::Queue;

use super::server::Away;
use super::stage::{Campaign, Stage};

const AWAY: Duration = Duration::from_secs(600);

/// What an outage cost.
#[derive(Debug)]
struct Seen {
    /// Requests while it lasted, questions among them.
    during: usize,
    /// All requests beyond one for each message, over the whole campaign.
    extra: f64,
    /// Of the pace, in half a minute from half a minute after its end on.
    used: f64,
    in_doubt: u64,
}

#[expect(clippy::cast_precision_loss, reason = "small and positive")]
async fn outage(away: Away, rate: &str, people: u32, from: Duration) -> Seen {
    let mut stage = Stage::new(7, rate);
    stage.options.concurrency = 64;
    stage.options.pulse = Duration::from_secs(1);
    let span = from..from + AWAY;
    stage.server.0.borrow_mut().away = vec![(span.clone(), away)];
    let (queue, ending) = stage.run_for(Campaign::of(people), Duration::from_secs(40_000)).await.unwrap();
    assert_eq!(ending, Ending::Settled, "{away:?}: {:?}", stage.said.0.borrow());
    let counts = queue.counts();
    assert_eq!(counts[Status::Queued] + counts[Status::Failed], 0, "{away:?}");
    // What was in flight, and what took the places of the first few that were lost.
    assert!(counts[Status::InDoubt] <= 64 + 5, "{away:?}: {counts:?}");
    let steady = span.end + Duration::from_secs(30)..span.end + Duration::from_secs(60);
    let (all, ..) = stage.server.within(steady);
    let pace = stage.options.rate.per_second().unwrap() * 30.0;
    let (posts, ..) = stage.server.within(span.clone());
    let state = stage.server.0.borrow();
    let probes = state.probes.iter().filter(|at| span.contains(*at)).count();
    let requests = state.posts.len() + state.probes.len();
    assert_eq!(state.early, 0, "nothing leaves inside of a Retry-After");
    Seen {
        during: posts + probes,
        extra: (requests as f64 - f64::from(people)) / f64::from(people),
        used: all as f64 / pace,
        in_doubt: counts[Status::InDoubt],
    }
}

fn check(away: Away, seen: &Seen) {
    assert!(seen.extra <= 0.10, "{away:?}: {seen:?}");
    assert!(seen.used >= 0.95, "{away:?}: {seen:?}");
}

const WAYS: [Away; 5] = [
    Away::Refused,
    Away::Silent,
    Away::Unavailable(None),
    Away::Unavailable(Some(1)),
    Away::Unavailable(Some(10)),
];

#[tokio::test(start_paused = true)]
async fn ten_minutes_away_cost_few_requests_and_the_pace_is_back_at_once() {
    for away in WAYS {
        // So few messages that a hundred requests count.
        let seen = outage(away, "12/s", 960, Duration::from_secs(3)).await;
        assert!(seen.during <= 220, "{away:?}: {seen:?}");
        assert!(seen.used >= 0.95, "{away:?}: {seen:?}");
    }
}

/// 60,000 people at 80 a second, ten minutes away, five ways; nothing is drawn.
#[tokio::test(start_paused = true)]
#[ignore = "a soak: run it with `.ci/soak outage`"]
async fn soak_outage() {
    for away in WAYS {
        let seen = outage(away, "80/s", 60_000, Duration::from_secs(120)).await;
        check(away, &seen);
        println!(
            "{away:?}: {} requests while away, {:.2} % extra in all, {:.1} % of the pace after 30 s, {} in doubt",
            seen.during,
            seen.extra * 100.0,
            seen.used * 100.0,
            seen.in_doubt
        );
    }
}
