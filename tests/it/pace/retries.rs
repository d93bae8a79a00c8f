//! Retries as the server sees them: spread by full jitter, at most a tenth of what is sent while others are
//! waiting for their first message, never forbidden, and each of them bounded.

use std::collections::HashMap;
use std::time::Duration;

use sendcast::domain::status::Status;
use sendcast::engine::Ending;
use sendcast::queue::Queue;

use super::stage::{Campaign, Stage};

/// POSTs in turn: when, and which attempt at that person it was.
async fn posts(rate: &str, people: u32, refused: f64) -> (Vec<(Duration, u32, Duration)>, u64) {
    let mut stage = Stage::new(11, rate);
    stage.options.pulse = Duration::from_secs(2);
    stage.server.0.borrow_mut().refused = refused;
    let (queue, ending) = stage.run_for(Campaign::of(people), Duration::from_secs(40_000)).await.unwrap();
    assert_eq!(ending, Ending::Settled, "{:?}", stage.said.0.borrow());
    let mut last: HashMap<u64, (u32, Duration)> = HashMap::new();
    let state = stage.server.0.borrow();
    let posts = state.posts.iter().map(|post| {
        let (attempts, before) = last.get(&post.to).copied().unwrap_or((0, post.left));
        last.insert(post.to, (attempts + 1, post.left));
        (post.left, attempts + 1, post.left - before)
    });
    (posts.collect(), queue.counts()[Status::Failed])
}

#[tokio::test(start_paused = true)]
async fn a_few_retries_are_spread_by_full_jitter() {
    let (posts, _) = posts("40/s", 2_000, 0.04).await;
    for (attempt, ceiling) in [(2, 5.0), (3, 10.0)] {
        let mut delays: Vec<f64> =
            posts.iter().filter(|post| post.1 == attempt).map(|post| post.2.as_secs_f64()).collect();
        delays.sort_by(f64::total_cmp);
        let Some((shortest, longest)) = delays.first().zip(delays.last()) else { continue };
        // The draw, then the budget's slots, a pace's interval and the answer's way.
        assert!(*longest <= ceiling + 3.0, "attempt {attempt}: {longest}");
        if delays.len() >= 40 {
            let middle = delays[delays.len() / 2];
            assert!(*shortest < 0.1 * ceiling, "{shortest}");
            assert!((0.35..0.7).contains(&(middle / ceiling)), "the median is {middle}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn many_retries_are_held_to_a_tenth_and_never_forbidden() {
    let people = 1_500;
    let (posts, failed) = posts("40/s", people, 0.3).await;
    let first_half = posts.iter().filter(|post| post.1 == 1).nth(1_400).unwrap().0;
    let span = Duration::from_secs(10);
    let mut from = Duration::from_secs(10);
    while from + span < first_half {
        let within: Vec<_> = posts.iter().filter(|post| (from..from + span).contains(&post.0)).collect();
        let retries = within.iter().filter(|post| post.1 > 1).count();
        assert!(retries * 100 <= within.len() * 12, "{retries} of {} from {from:?} on", within.len());
        assert!(retries * 100 >= within.len() * 7, "{retries} of {} from {from:?} on", within.len());
        from += span;
    }
    let retries: Vec<_> = posts.iter().filter(|post| post.1 > 1 && post.0 < first_half).collect();
    let pause = retries.windows(2).map(|pair| pair[1].0 - pair[0].0).max().unwrap();
    assert!(pause <= Duration::from_secs(5), "{pause:?} without a retry");
    let longest = posts.iter().map(|post| post.2).max().unwrap();
    assert!(longest <= Duration::from_secs(300 + 300 + 1), "{longest:?} between two attempts");
    assert!(posts.iter().all(|post| post.1 <= 5), "five attempts at the most");
    assert!(failed <= 15, "0.3^5 of 1,500 is 4: {failed}");
}
