use std::collections::BTreeMap;

use super::*;

fn undelivered(n: u32) -> Undelivered {
    Undelivered {
        job: JobId(n),
        attempt: AttemptNo(1),
        sender: crate::domain::ids::SenderNo(0),
        id: MessageId::new(format!("wamid.{n}")),
        accepted_at: crate::domain::time::Millis(1),
        status: Status::Accepted,
    }
}

/// A queue's unfinished messages.
type Unfinished = BTreeMap<JobId, Undelivered>;

fn unfinished(count: u32) -> Unfinished {
    (0..count).map(undelivered).map(|one| (one.job, one)).collect()
}

/// Fetches what the tracker has room for, as the engine does, and takes what is due.
fn turn(tracker: &mut Tracker, queue: &Unfinished) -> Vec<Followed> {
    if let Some((from, room)) = tracker.wants() {
        tracker.refill(queue.range(from..).take(room).map(|(_, one)| one.clone()).collect(), room);
    }
    assert!(tracker.heap.len() <= WINDOW);
    tracker.take_due(1000.0)
}

#[tokio::test(start_paused = true)]
async fn everything_is_asked_for_once_within_bounded_memory() {
    let mut tracker = Tracker::new();
    let all = unfinished(50_000);
    let mut asked = vec![0u32; all.len()];
    while !tracker.asked_all() {
        for followed in turn(&mut tracker, &all) {
            asked[followed.job.0 as usize] += 1;
            let finished = asked[followed.job.0 as usize] == 1;
            tracker.answered(followed, finished, false);
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    assert!(asked.iter().all(|n| *n == 1));
    assert!(tracker.is_idle());
}

/// Most messages are never read: no status ends the asking.
#[tokio::test(start_paused = true)]
async fn more_than_the_window_that_never_finish_are_all_asked_for_again_and_again() {
    let mut tracker = Tracker::new();
    let all = unfinished(50_000);
    let mut asked = vec![0u32; all.len()];
    let begun = Instant::now();
    let (mut first, mut second) = (None, None);
    while second.is_none() {
        for followed in turn(&mut tracker, &all) {
            asked[followed.job.0 as usize] += 1;
            tracker.answered(followed, false, false);
        }
        if first.is_none() && tracker.asked_all() {
            assert!(asked.iter().all(|n| *n >= 1));
            first = Some(begun.elapsed());
        }
        second = asked.iter().all(|n| *n >= 2).then(|| begun.elapsed());
        assert!(begun.elapsed() < Duration::from_secs(600), "{first:?}");
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    // A thousand a second.
    assert!(first.unwrap() < Duration::from_secs(120), "{first:?}");
    assert!(second.unwrap() < Duration::from_secs(240), "{second:?}");
    assert!(!tracker.is_idle());
}

#[tokio::test(start_paused = true)]
async fn without_news_the_rounds_come_ever_later_and_the_last_finished_one_ends_them() {
    let mut tracker = Tracker::new();
    let mut left = unfinished(15_000);
    let begun = Instant::now();
    let (hour, mut asked) = (Duration::from_secs(3600), 0);
    while !tracker.is_idle() {
        let over = begun.elapsed() >= hour;
        for followed in turn(&mut tracker, &left) {
            asked += usize::from(!over);
            if over {
                left.remove(&followed.job);
            }
            tracker.answered(followed, over, false);
        }
        assert!(begun.elapsed() < 2 * hour, "{} are left", left.len());
        let now = Instant::now();
        let (soon, late) = (now + Duration::from_millis(1), now + Duration::from_secs(1));
        tokio::time::sleep_until(tracker.next().unwrap_or(late).clamp(soon, late)).await;
    }
    assert!(left.is_empty());
    assert!((5 * 15_000..=20 * 15_000).contains(&asked), "{asked} in an hour");
}

#[tokio::test(start_paused = true)]
async fn a_tenth_of_the_rate_while_sending() {
    for (sending, expected) in [(true, 20), (false, 200)] {
        let mut tracker = Tracker::new();
        tracker.refill((0..5000).map(undelivered).collect(), 10_000);
        let start = Instant::now();
        let mut polls: i32 = 0;
        while start.elapsed() < Duration::from_secs(10) {
            for followed in tracker.take_due(if sending { 2.0 } else { 20.0 }) {
                polls += 1;
                tracker.answered(followed, true, false);
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        assert!((polls - expected).abs() <= 2, "{polls}");
    }
}

/// Far more messages than the window holds, all of them told of by webhooks as far as they got: none is read.
#[tokio::test(start_paused = true)]
async fn where_webhooks_tell_a_tenth_is_asked_for_also_beyond_the_window() {
    let mut asked = [0_u32; 2];
    for (hooks, asked) in [false, true].into_iter().zip(&mut asked) {
        let mut tracker = Tracker::new();
        let mut all = Unfinished::new();
        let begun = Instant::now();
        let mut told = 0;
        while begun.elapsed() < Duration::from_secs(600) {
            // Fifty thousand are accepted within the first minute, and each is on a phone five seconds later.
            let age = begun.elapsed().as_millis();
            let sent = u32::try_from((age * 50_000 / 60_000).min(50_000)).unwrap();
            for n in u32::try_from(all.len()).unwrap()..sent {
                let one = undelivered(n);
                tracker.follow(one.job, one.attempt, one.id.clone());
                all.insert(one.job, one);
            }
            while told < sent && u128::from(told) * 60_000 / 50_000 + 5_000 <= age {
                if let Some(one) = all.get_mut(&JobId(told)) {
                    one.status = Status::Delivered;
                }
                if hooks {
                    tracker.hooked(JobId(told), AttemptNo(1), false);
                }
                told += 1;
            }
            for followed in turn(&mut tracker, &all) {
                *asked += 1;
                tracker.answered(followed, false, false);
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
    assert!(asked[1] * 10 <= asked[0], "{asked:?}");
}

/// What webhooks finished leaves at once, and an end by them is the run's end.
#[tokio::test(start_paused = true)]
async fn what_webhooks_finish_is_followed_no_more() {
    let mut tracker = Tracker::new();
    tracker.refill(Vec::new(), 1);
    for n in 0..15_000 {
        let one = undelivered(n);
        tracker.follow(one.job, one.attempt, one.id);
    }
    for n in 0..15_000 {
        assert!(!tracker.is_idle());
        tracker.hooked(JobId(n), AttemptNo(1), true);
        tracker.hooked(JobId(n), AttemptNo(1), true);
    }
    assert!(tracker.is_idle() && tracker.asked_all());
    tokio::time::sleep(Duration::from_secs(3)).await;
    assert!(tracker.take_due(1000.0).is_empty());
    assert!(tracker.is_idle() && tracker.heap.is_empty() && tracker.known.is_empty());
}
