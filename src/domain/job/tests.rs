//! The table of transitions, and the invariants over random lives.

use proptest::prelude::*;

use super::*;
use crate::domain::ids::{AttemptNo, MessageId, OwnerId, PlanNo, SenderNo};
use crate::domain::problem::Problem;
use crate::domain::status::Status;
use crate::domain::time::Millis;

const AT: Millis = Millis(1_000);

fn claimed(n: u32) -> Event {
    Event::Claimed {
        attempt: AttemptNo(n),
        sender: SenderNo(0),
        plan: PlanNo(1),
        owner: OwnerId(1),
        lease_until: Millis(90_000),
        at: AT,
    }
}

fn accepted(n: u32) -> Event {
    Event::Accepted { attempt: AttemptNo(n), id: Some(MessageId::new(format!("wamid.{n}"))), at: AT }
}

fn doubted(n: u32) -> Event {
    Event::Doubted { attempt: AttemptNo(n), at: AT, problem: Problem::new("timeout") }
}

fn refused(n: u32) -> Event {
    Event::Refused { attempt: AttemptNo(n), at: AT, problem: Problem::coded(131_026, "undeliverable") }
}

fn again(n: u32) -> Event {
    let problem = Problem::new("temporary");
    Event::NotAccepted { attempt: AttemptNo(n), not_before: Millis(5_000), counts: true, problem }
}

fn withdrawn(n: u32) -> Event {
    Event::Withdrawn { attempt: AttemptNo(n), not_before: Millis::ZERO }
}

fn news(n: u32, news: News) -> Event {
    Event::News { attempt: AttemptNo(n), news, at: Millis(2_000) }
}

fn found(n: u32) -> Event {
    Event::Found { attempt: AttemptNo(n), id: Some(MessageId::new("wamid.found")), at: AT }
}

fn resend() -> Event {
    Event::Resend { by: ResendBy::Operator }
}

fn looked(n: u32, unseen: bool) -> Event {
    Event::Looked { attempt: AttemptNo(n), at: AT, unseen, problem: Problem::new("looked") }
}

#[track_caller]
fn live(events: &[Event]) -> Job {
    events.iter().fold(Job::queued(), |job, event| job.apply(event).unwrap())
}

#[track_caller]
fn check(events: &[Event], status: Status) {
    assert_eq!(live(events).status(), status, "{events:?}");
}

#[track_caller]
fn refuses(events: &[Event], last: &Event) {
    let job = live(events);
    let error = job.apply(last).unwrap_err();
    assert_eq!((error.status, error.event), (job.status(), last.name()));
}

#[test]
fn the_plain_way() {
    let reached = |reach| news(1, News::Reached(reach));
    check(&[claimed(1)], Status::Sending);
    check(&[claimed(1), accepted(1)], Status::Accepted);
    check(&[claimed(1), accepted(1), reached(Reach::Sent)], Status::Sent);
    check(&[claimed(1), accepted(1), reached(Reach::Read)], Status::Read);
    check(&[claimed(1), accepted(1), reached(Reach::Read), reached(Reach::Sent)], Status::Read);
    check(&[claimed(1), accepted(1), news(1, News::Failed(Problem::new("blocked")))], Status::Failed);
    check(&[claimed(1), refused(1)], Status::Failed);
    check(&[claimed(1), again(1)], Status::Queued);
    check(&[claimed(1), doubted(1)], Status::InDoubt);
    check(&[Event::Cancelled { by_removal: false }], Status::Cancelled);
}

#[test]
fn only_a_post_uses_up_an_attempt() {
    assert_eq!(live(&[claimed(1), withdrawn(1)]).used, 0);
    let held = Event::NotAccepted {
        attempt: AttemptNo(1),
        not_before: Millis::ZERO,
        counts: false,
        problem: Problem::new("throttled"),
    };
    assert!(live(&[claimed(1), held]).untouched());
    assert_eq!(live(&[claimed(1), again(1), claimed(2), accepted(2)]).used, 2);
    assert_eq!(live(&[claimed(1), withdrawn(1), claimed(2)]).issued, 2);
}

#[test]
fn nothing_is_claimed_twice_or_out_of_turn() {
    refuses(&[claimed(1)], &claimed(2));
    refuses(&[], &claimed(2));
    refuses(&[claimed(1), accepted(1)], &claimed(2));
    refuses(&[claimed(1), doubted(1)], &claimed(2));
    refuses(&[claimed(1), refused(1)], &claimed(2));
    refuses(&[claimed(1), again(1), claimed(2)], &accepted(1));
}

#[test]
fn doubt_ends_by_a_verdict_or_an_order_only() {
    let doubt = [claimed(1), doubted(1)];
    refuses(&doubt, &Event::Retry { not_before: Millis::ZERO });
    refuses(&doubt, &Event::Cancelled { by_removal: false });
    refuses(&doubt, &Event::Skipped { problem: Problem::new("opted out") });
    refuses(&doubt, &news(1, News::Reached(Reach::Read)));
    check(&[claimed(1), doubted(1), found(1)], Status::Accepted);
    check(&[claimed(1), doubted(1), resend()], Status::Queued);
    refuses(&[claimed(1), doubted(1), resend()], &resend());
    let removed = [claimed(1), doubted(1), Event::Removed];
    refuses(&removed, &resend());
}

#[test]
fn unseen_is_no_verdict_and_resends_once() {
    let by_unseen = Event::Resend { by: ResendBy::Unseen };
    refuses(&[claimed(1), doubted(1)], &by_unseen);
    refuses(&[claimed(1), doubted(1), looked(1, false)], &by_unseen);
    check(&[claimed(1), doubted(1), looked(1, true)], Status::InDoubt);
    let once =
        [claimed(1), doubted(1), looked(1, true), by_unseen.clone(), claimed(2), doubted(2), looked(2, true)];
    check(&once, Status::InDoubt);
    refuses(&once, &by_unseen);
}

#[test]
fn an_earlier_attempt_stays_watched_after_a_resend() {
    let resent = [claimed(1), doubted(1), resend()];
    let with = |more: &[Event]| [&resent[..], more].concat();
    check(&with(&[found(1)]), Status::Accepted);
    check(&with(&[claimed(2), found(1), withdrawn(2)]), Status::Accepted);
    check(&with(&[claimed(2), found(1), refused(2)]), Status::Accepted);
    check(&with(&[claimed(2), refused(2)]), Status::InDoubt);
    check(&with(&[claimed(2), again(2), Event::Cancelled { by_removal: false }]), Status::InDoubt);
    check(&with(&[claimed(2), accepted(2), found(1)]), Status::Accepted);
}

#[test]
fn a_retry_that_turns_out_to_be_needless_is_not_sent() {
    let failed = news(1, News::Failed(Problem::new("expired")));
    let retried = [claimed(1), accepted(1), failed.clone(), Event::Retry { not_before: Millis::ZERO }];
    check(&retried, Status::Queued);
    check(&[&retried[..], &[news(1, News::Reached(Reach::Delivered))]].concat(), Status::Delivered);
    refuses(&retried, &failed);
}

#[test]
fn a_wait_is_only_ever_cut_short() {
    let rescheduled = |ms| Event::Rescheduled { not_before: Millis(ms) };
    let cut = live(&[claimed(1), again(1), rescheduled(4_000)]);
    assert_eq!(cut.state, State::Queued { not_before: Millis(4_000) });
    refuses(&[claimed(1), again(1)], &rescheduled(5_000));
    refuses(&[claimed(1)], &rescheduled(0));
    refuses(&[claimed(1), doubted(1)], &rescheduled(0));
}

#[test]
fn edits_of_the_file() {
    let gone = Event::Cancelled { by_removal: true };
    check(&[gone.clone(), Event::Returned], Status::Queued);
    refuses(&[Event::Cancelled { by_removal: false }], &Event::Returned);
    check(&[claimed(1), accepted(1), Event::Removed, Event::Returned], Status::Accepted);
    refuses(&[claimed(1), accepted(1)], &Event::Returned);
    let bad = Event::Skipped { problem: Problem::new("no phone") };
    check(&[bad.clone(), Event::Returned], Status::Queued);
    refuses(&[claimed(1), refused(1), Event::Removed], &Event::Retry { not_before: Millis::ZERO });
}

fn any_event() -> impl Strategy<Value = Event> {
    let n = 1..6u32;
    prop_oneof![
        6 => n.clone().prop_map(claimed),
        2 => n.clone().prop_map(accepted),
        2 => n.clone().prop_map(doubted),
        2 => n.clone().prop_map(again),
        1 => n.clone().prop_map(refused),
        1 => n.clone().prop_map(withdrawn),
        1 => n.clone().prop_map(found),
        1 => (n.clone(), any::<bool>()).prop_map(|(n, unseen)| looked(n, unseen)),
        1 => n.clone().prop_map(|n| Event::FoundFailed {
            attempt: AttemptNo(n), id: None, at: AT, problem: Problem::new("failed")
        }),
        1 => (n.clone(), 0..4u8).prop_map(|(n, reach)| news(n, News::Reached(
            [Reach::Accepted, Reach::Sent, Reach::Delivered, Reach::Read][usize::from(reach)]
        ))),
        1 => n.prop_map(|n| news(n, News::Failed(Problem::new("late")))),
        2 => Just(resend()),
        1 => Just(Event::Resend { by: ResendBy::Unseen }),
        2 => Just(Event::Retry { not_before: Millis::ZERO }),
        1 => any::<bool>().prop_map(|by_removal| Event::Cancelled { by_removal }),
        1 => Just(Event::Skipped { problem: Problem::new("bad row") }),
        1 => Just(Event::Removed),
        1 => Just(Event::Returned),
        1 => (0..9_000u64).prop_map(|ms| Event::Rescheduled { not_before: Millis(ms) }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn invariants_hold_over_any_life(events in prop::collection::vec(any_event(), 0..60)) {
        let mut job = Job::queued();
        // What the world knows: attempts whose outcome nobody recorded, and which were really accepted.
        let mut open = std::collections::BTreeSet::new();
        let mut ordered = false;
        for event in &events {
            let before = job.clone();
            let Ok(after) = job.apply(event) else { continue };
            job = after;
            prop_assert_eq!(job.revision, before.revision + 1);
            match event {
                Event::Claimed { .. } => {
                    let never_reached = !before.deliveries().any(|(_, d)| !d.failed());
                    let known_unsent = before.doubts().next().is_none();
                    prop_assert!(never_reached && (known_unsent || ordered), "sent again without an order: {:?}", before);
                    ordered = false;
                }
                Event::Doubted { attempt, .. } => { open.insert(*attempt); }
                Event::Found { attempt, .. } | Event::FoundFailed { attempt, .. } => { open.remove(attempt); }
                Event::Accepted { attempt, .. } => { open.remove(attempt); }
                Event::Resend { .. } => ordered = true,
                Event::Withdrawn { .. } | Event::NotAccepted { .. } => ordered = open.len() == job.doubts().count() && job.doubts().next().is_some(),
                _ => {}
            }
            let doubts: std::collections::BTreeSet<_> = job.doubts().map(|a| a.no).collect();
            prop_assert_eq!(&doubts, &open, "doubt is exact");
            if matches!(job.status(), Status::Failed | Status::Cancelled | Status::Skipped) {
                prop_assert!(doubts.is_empty());
            }
            let encoded = postcard::to_stdvec(&job).unwrap();
            prop_assert_eq!(&postcard::from_bytes::<Job>(&encoded).unwrap(), &job);
        }
    }
}
