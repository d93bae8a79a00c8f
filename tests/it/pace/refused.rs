//! Recipients who are refused alike: when a run stops, when it pauses and asks, and when it goes on.

use std::time::Duration;

use sendcast::domain::status::Status;
use sendcast::engine::Ending;
use sendcast::queue::{DesiredState, Queue};

use super::stage::{Campaign, Stage};

const LONG: Duration = Duration::from_secs(40_000);

/// Every tenth attempt meets a temporary fault: the last in the queue are second tries, and no sample of anybody.
#[tokio::test(start_paused = true)]
async fn temporary_faults_of_one_in_ten_stop_nobody() {
    let stage = Stage::new(1, "80/s");
    stage.server.0.borrow_mut().refused = 0.1;
    let (queue, ending) = stage.run_for(Campaign::of(2_000), LONG).await.unwrap();
    assert_eq!(ending, Ending::Settled, "{:?}", stage.said.0.borrow());
    let counts = queue.counts();
    assert!(counts[Status::Accepted] >= 1_998, "{counts:?}");
}

/// The second tries of 300 people meet faults only, all alike, once everybody else is through.
#[tokio::test(start_paused = true)]
async fn second_tries_that_all_fail_stop_nobody() {
    let stage = Stage::new(2, "80/s");
    {
        let state = &mut *stage.server.0.borrow_mut();
        state.bad = Some((200..500, 131_016));
    }
    let (queue, ending) = stage.run_for(Campaign::of(600), LONG).await.unwrap();
    assert_eq!(ending, Ending::Settled, "{:?}", stage.said.0.borrow());
    assert_eq!((queue.counts()[Status::Accepted], queue.counts()[Status::Failed]), (300, 300));
}

/// A bad stretch in a sorted list: the run pauses as by order, says so, and goes on when it is told to.
#[tokio::test(start_paused = true)]
async fn a_stretch_of_landlines_pauses_and_asks() {
    let stage = Stage::new(3, "80/s");
    stage.server.0.borrow_mut().bad = Some((200..290, 131_026));
    let campaign = Campaign::of(600);
    let (queue, ending) = stage.run_for(campaign, LONG).await.unwrap();
    assert_eq!((ending, queue.wanted()), (Ending::Paused, DesiredState::Paused));
    let counts = queue.counts();
    assert_eq!(counts[Status::Accepted], 200);
    assert!((50..60).contains(&counts[Status::Failed]), "{counts:?}");
    let said = stage.said.0.borrow().join("\n");
    assert!(said.contains("50 recipients in a row were refused alike") && said.contains("131026"), "{said}");
    drop(queue);
    // Another run says so again and sends nothing.
    let posts = stage.server.0.borrow().posts.len();
    let (queue, ending) = stage.run_for(campaign, LONG).await.unwrap();
    assert_eq!((ending, stage.server.0.borrow().posts.len()), (Ending::Paused, posts));
    drop(queue);
    stage.resume(campaign).await;
    let (queue, ending) = stage.run_for(campaign, LONG).await.unwrap();
    assert_eq!(ending, Ending::Settled, "{:?}", stage.said.0.borrow());
    let counts = queue.counts();
    assert_eq!((counts[Status::Accepted], counts[Status::Failed]), (510, 90));
}

#[tokio::test(start_paused = true)]
async fn the_first_twenty_who_are_refused_alike_stop_it() {
    let stage = Stage::new(4, "10/s");
    stage.server.0.borrow_mut().bad = Some((0..600, 131_026));
    let (queue, ending) = stage.run_for(Campaign::of(600), LONG).await.unwrap();
    assert!(matches!(ending, Ending::Stopped(_)), "{ending:?}");
    assert!((20..23).contains(&queue.counts()[Status::Failed]), "{:?}", queue.counts());
}

/// What may pass by itself is waited for, and stops a run only when nobody at all gets through.
#[tokio::test(start_paused = true)]
async fn temporary_faults_of_everybody_stop_it_after_a_while() {
    let stage = Stage::new(5, "10/s");
    stage.server.0.borrow_mut().bad = Some((0..600, 131_016));
    let (_, ending) = stage.run_for(Campaign::of(600), LONG).await.unwrap();
    assert!(matches!(ending, Ending::Stopped(_)), "{ending:?}");
    let asked: std::collections::HashSet<_> =
        stage.server.0.borrow().posts.iter().map(|post| post.to).collect();
    assert!((50..60).contains(&asked.len()), "{} people", asked.len());
}
