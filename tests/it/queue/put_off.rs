//! Jobs that are put off until it is time for their people: not asked for before, and not forgotten.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use sendcast::domain::phone::ZoneSet;

use super::*;

/// In three countries, by turns.
fn abroad(n: u32) -> Phone {
    let first = [919_800_000_000u64, 12_125_550_000, 351_912_000_000][usize::try_from(n % 3).unwrap()];
    Phone::from_value(first + u64::from(n)).unwrap()
}

fn rows(n: u32) -> Vec<PlannedRow> {
    let row =
        |i| PlannedRow { to: abroad(i).digits().into(), phone: Some(abroad(i)), ..good(i + 2, i, "hi") };
    (0..n).map(row).collect()
}

/// Claims for those who are open, as the engine does: the others are put off. Who was claimed, and how many were asked for.
async fn claim_open(
    queue: &mut LocalQueue,
    count: usize,
    at: Millis,
    closed: &BTreeMap<ZoneSet, Millis>,
) -> (Vec<Intent>, usize) {
    let want = ClaimRequest { sender: SenderNo(0), count, untouched: true };
    let mut put_off: BTreeMap<ZoneSet, (Millis, Vec<JobId>)> = BTreeMap::new();
    let mut asked = 0;
    let mut admit = |candidate: Candidate| {
        asked += 1;
        let people = candidate.phone.zones();
        let Some(until) = closed.get(&people).filter(|until| **until > at) else { return true };
        put_off.entry(people).or_insert((*until, Vec::new())).1.push(candidate.job);
        false
    };
    let intents = queue.claim(&[want], lease(), at, &mut admit).await.unwrap();
    for (people, (until, jobs)) in put_off {
        queue.put_off(PutOffFor::Hours(people), until, &jobs).unwrap();
    }
    (intents, asked)
}

#[test]
fn nobody_is_asked_for_before_their_time() {
    run(async {
        let mut queue = World::new().create().unwrap();
        plan(&mut queue, rows(300)).await;
        let hour = |n: u64| T0 + Duration::from_secs(3600 * n);
        let closed = BTreeMap::from([(abroad(1).zones(), hour(2)), (abroad(2).zones(), hour(5))]);
        let (first, asked) = claim_open(&mut queue, 300, T0, &closed).await;
        assert_eq!((first.len(), asked), (100, 300));
        assert_eq!(queue.next_due(SenderNo(0), true), Some(hour(2)));
        assert_eq!(queue.next_due(SenderNo(0), false), None, "none of them waits for another attempt");
        let told: Vec<_> = queue.all_put_off().iter().map(|one| (one.until, one.jobs)).collect();
        assert_eq!(
            told.iter().copied().collect::<BTreeSet<_>>(),
            BTreeSet::from([(hour(2), 100), (hour(5), 100)])
        );
        assert_eq!(claim_open(&mut queue, 300, hour(1), &closed).await.1, 0, "nobody is asked for");
        // One goes back, and comes in their turn.
        let back = Event::NotAccepted {
            attempt: AttemptNo(1),
            not_before: hour(1),
            counts: true,
            problem: Problem::new("later"),
        };
        record(&mut queue, first[0].job, back).await;
        assert_eq!(queue.next_due(SenderNo(0), true), Some(hour(1)));
        let closed = BTreeMap::from([(abroad(0).zones(), hour(3)), (abroad(2).zones(), hour(5))]);
        let (second, asked) = claim_open(&mut queue, 40, hour(2), &closed).await;
        assert_eq!((second.len(), asked), (40, 41), "the one that waits is put off, and 40 are open");
        assert!(second.iter().all(|intent| intent.phone.zones() == abroad(1).zones()));
        assert_eq!(queue.next_due(SenderNo(0), true), Some(hour(2)));
        // Who is cancelled meanwhile is gone.
        let open: BTreeSet<_> = second.iter().map(|intent| intent.job).collect();
        let job = (0..300).map(JobId).find(|job| job.0 % 3 == 1 && !open.contains(job)).unwrap();
        record(&mut queue, job, Event::Cancelled { by_removal: false }).await;
        let (third, _) = claim_open(&mut queue, 300, hour(3), &closed).await;
        assert_eq!(third.len(), 60 - 1 + 1, "the rest of the second, and the one that was put off");
        let (last, _) = claim_open(&mut queue, 300, hour(5), &BTreeMap::new()).await;
        assert_eq!((last.len(), queue.next_due(SenderNo(0), true)), (100, None));
    });
}

/// Any turns of hours, outcomes and restarts: whoever is open is found, and in the end everybody was.
#[test]
fn nobody_is_lost_among_those_who_are_put_off() {
    for seed in 0..40 {
        run(async {
            let world = World::new();
            let mut queue = world.create().unwrap();
            plan(&mut queue, rows(200)).await;
            let mut chance = fastrand::Rng::with_seed(seed);
            let mut now = T0;
            let mut closed: BTreeMap<ZoneSet, Millis> = BTreeMap::new();
            let mut waiting: BTreeMap<JobId, Millis> = BTreeMap::new();
            let mut done = BTreeSet::new();
            let mut turns = 0;
            while done.len() < 200 {
                turns += 1;
                let is_open = |people: ZoneSet, closed: &BTreeMap<ZoneSet, Millis>, now: Millis| {
                    closed.get(&people).is_none_or(|until| *until <= now)
                };
                for n in 0..3 {
                    let people = abroad(n).zones();
                    if turns < 2_000 && is_open(people, &closed, now) && chance.u8(0..6) == 0 {
                        closed.insert(people, now + Duration::from_secs(chance.u64(1..2_000)));
                    }
                }
                let (intents, _) = claim_open(&mut queue, chance.usize(1..8), now, &closed).await;
                for intent in intents {
                    assert!(is_open(intent.phone.zones(), &closed, now), "seed {seed}");
                    assert!(waiting.remove(&intent.job).is_none_or(|at| at <= now), "seed {seed}");
                    if chance.u8(0..3) == 0 {
                        let not_before = now + Duration::from_secs(chance.u64(0..500));
                        let (attempt, problem) = (intent.attempt, Problem::new("later"));
                        let event = Event::NotAccepted { attempt, not_before, counts: false, problem };
                        record(&mut queue, intent.job, event).await;
                        waiting.insert(intent.job, not_before);
                    } else {
                        record(&mut queue, intent.job, accepted(&intent)).await;
                        assert!(done.insert(intent.job), "seed {seed}");
                    }
                }
                if chance.u8(0..50) == 0 {
                    queue.close().await.unwrap();
                    queue = world.open().unwrap();
                }
                // It says itself when it is to be asked again; sooner does no harm.
                let next = queue.next_due(SenderNo(0), true);
                assert_eq!(next.is_none(), done.len() == 200, "seed {seed}");
                if let Some(next) = next.filter(|_| chance.bool()) {
                    now = now.max(next);
                } else {
                    now = now + Duration::from_secs(chance.u64(0..60));
                }
                assert!(turns < 20_000, "seed {seed}");
            }
        });
    }
}

/// Whoever waited for the draw and is closed then is put off once more, and isn't asked for at each turn.
#[test]
fn who_was_put_off_for_one_thing_can_be_put_off_for_another() {
    run(async {
        let mut queue = World::new().create().unwrap();
        plan(&mut queue, rows(30)).await;
        let later = T0 + Duration::from_secs(3600);
        let (first, _) = claim_open(&mut queue, 1, T0, &BTreeMap::new()).await;
        let again = Event::NotAccepted {
            attempt: AttemptNo(1),
            not_before: T0,
            counts: false,
            problem: Problem::new("later"),
        };
        record(&mut queue, first[0].job, again).await;
        let all: Vec<JobId> = (0..30).map(JobId).collect();
        let want = ClaimRequest { sender: SenderNo(0), count: 30, untouched: true };
        assert!(queue.claim(&[want], lease(), T0, &mut |_| false).await.unwrap().is_empty());
        queue.put_off(PutOffFor::Draw, later, &all).unwrap();
        assert_eq!(queue.next_due(SenderNo(0), true), Some(later));
        queue.put_off(PutOffFor::Draw, T0, &[]).unwrap();
        let closed: BTreeMap<_, _> = (0..3).map(|n| (abroad(n).zones(), later)).collect();
        assert_eq!(claim_open(&mut queue, 30, T0, &closed).await.1, 30);
        assert_eq!(claim_open(&mut queue, 30, T0, &closed).await.1, 0, "nobody is asked for again");
        assert_eq!(queue.next_due(SenderNo(0), true), Some(later));
        assert_eq!(claim_open(&mut queue, 30, later, &BTreeMap::new()).await.0.len(), 30);
    });
}
