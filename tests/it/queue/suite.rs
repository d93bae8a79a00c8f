//! What every queue must do, run over each of them.

use sendcast::domain::job::{News, Reach, ResendBy};
use sendcast::domain::status::Status;
use sendcast::queue::{DesiredState, MemoryQueue};

use super::*;

/// Runs one test over every implementation.
macro_rules! suite {
    ($($name:ident)*) => {$(
        #[test]
        fn $name() {
            run(async {
                tests::$name(MemoryQueue::new(identity())).await;
                tests::$name(World::new().create().unwrap()).await;
                let dir = tempfile::tempdir().unwrap();
                let disk = sendcast::sys::disk::RealDisk::shared();
                let round = dir.path().join("c/1");
                tests::$name(LocalQueue::create(disk, &round, dir.path(), identity()).unwrap()).await;
            });
        }
    )*};
}

suite! {
    a_message_goes_out_and_is_followed
    candidates_come_in_order
    what_is_passed_over_stays
    senders_are_apart
    an_interrupted_run_leaves_doubt
    doubt_ends_by_verdict_or_order
    orders_apply_once
    a_revision_guards_a_change
    pages_go_on_where_they_ended
    unsendable_jobs_leave_the_queue
    a_claim_comes_from_claim_alone
}

mod tests {
    use super::*;

    pub async fn a_message_goes_out_and_is_followed(mut queue: impl Queue) {
        assert!(queue.head().is_none() && queue.next_due(SenderNo(0), true).is_none());
        let rows = vec![good(2, 0, "hi"), bad(3, "too short"), good(4, 1, "ho")];
        let diff = plan(&mut queue, rows.clone()).await;
        assert_eq!((diff.new, diff.skipped, diff.rows), (2, 1, 3));
        assert_eq!(queue.head(), Some(&head()));
        assert_eq!(queue.identity(), &identity());
        assert_eq!((queue.counts()[Status::Queued], queue.counts()[Status::Skipped]), (2, 1));
        assert_eq!(queue.next_due(SenderNo(0), true), Some(Millis::ZERO));

        assert_eq!(queue.take(OWNER, T0).await.unwrap(), 0);
        assert_eq!(queue.started_at(), Some(T0));
        let intents = claim(&mut queue, 10, T0).await;
        let seen: Vec<_> = intents.iter().map(|i| (i.job, i.attempt, i.phone, i.first, i.used)).collect();
        let one = AttemptNo(1);
        assert_eq!(seen, [(JobId(0), one, phone(0), true, 0), (JobId(2), one, phone(1), true, 0)]);
        assert_eq!(*intents[0].payload, text("hi").into());
        assert_eq!(queue.counts()[Status::Sending], 2);
        assert_eq!(queue.next_due(SenderNo(0), true), None);

        let applied = record(&mut queue, JobId(0), accepted(&intents[0])).await;
        assert_eq!(applied, Applied::Yes { from: Status::Sending, to: Status::Accepted });
        assert_eq!(record(&mut queue, JobId(0), accepted(&intents[0])).await, Applied::No);
        let refused = Event::Refused { attempt: one, at: T0, problem: Problem::coded(131_026, "no") };
        record(&mut queue, JobId(2), refused).await;

        let open = queue.undelivered(JobId(0), 10).unwrap();
        assert_eq!(open.len(), 1);
        assert_eq!((open[0].job, open[0].status, open[0].accepted_at), (JobId(0), Status::Accepted, T0));
        assert_eq!(queue.by_message_id(&open[0].id).unwrap(), Some((JobId(0), one)));
        assert_eq!(queue.by_message_id(&MessageId::new("wamid.other")).unwrap(), None);
        let read = Event::News { attempt: one, news: News::Reached(Reach::Read), at: T0 };
        record(&mut queue, JobId(0), read).await;
        assert_eq!(queue.undelivered(JobId(0), 10).unwrap(), []);

        let lines = scan(&mut queue);
        let told: Vec<_> = lines.iter().map(|line| (line.id.0, line.job.status())).collect();
        assert_eq!(told, [(0, Status::Read), (1, Status::Skipped), (2, Status::Failed)]);
        assert!(lines.iter().zip(&rows).all(|(line, row)| *line.row == *row && line.sent.is_none()));
        assert_eq!(queue.counts().total(), 3);
        queue.close().await.unwrap();
    }

    pub async fn candidates_come_in_order(mut queue: impl Queue) {
        plan(&mut queue, people(5)).await;
        let first = claim(&mut queue, 3, T0).await;
        let later = |ms| Millis(T0.0 + ms);
        for (intent, not_before) in first.iter().zip([later(900), later(500), Millis::ZERO]) {
            let (attempt, problem) = (intent.attempt, Problem::new("busy"));
            let event = Event::NotAccepted { attempt, not_before, counts: true, problem };
            record(&mut queue, intent.job, event).await;
        }
        assert_eq!(queue.retrying(), 3);
        // At once: the one without a time, then the fresh ones in the plan's order.
        let jobs = |intents: Vec<Intent>| intents.iter().map(|i| i.job.0).collect::<Vec<_>>();
        assert_eq!(jobs(claim(&mut queue, 2, T0).await), [2, 3]);
        assert_eq!(jobs(claim(&mut queue, 9, later(500)).await), [1, 4]);
        assert_eq!(queue.next_due(SenderNo(0), true), Some(later(900)));
        assert_eq!(jobs(claim(&mut queue, 9, later(899)).await), [0; 0]);
        let last = claim(&mut queue, 9, later(900)).await;
        assert_eq!((last[0].job.0, last[0].attempt.0, last[0].first, last[0].used), (0, 2, false, 1));
        assert_eq!(queue.next_due(SenderNo(0), true), None);
    }

    pub async fn what_is_passed_over_stays(mut queue: impl Queue) {
        plan(&mut queue, people(6)).await;
        let want = [ClaimRequest { sender: SenderNo(0), count: 3, untouched: true }];
        let mut seen = Vec::new();
        let mut odd = |candidate: Candidate| {
            seen.push(candidate.job.0);
            assert!(candidate.untouched && candidate.phone == phone(candidate.job.0));
            candidate.job.0 % 2 == 1
        };
        let intents = queue.claim(&want, lease(), T0, &mut odd).await.unwrap();
        assert_eq!(intents.iter().map(|i| i.job.0).collect::<Vec<_>>(), [1, 3, 5]);
        assert_eq!(seen, [0, 1, 2, 3, 4, 5]);
        assert_eq!(queue.next_due(SenderNo(0), true), Some(Millis::ZERO));
        assert!(queue.claim(&want, lease(), T0, &mut |_| false).await.unwrap().is_empty());
        // A withdrawn one is in its old place again: nobody was written to.
        let back = Event::Withdrawn { attempt: AttemptNo(1), not_before: Millis::ZERO };
        record(&mut queue, JobId(3), back).await;
        let rest = claim(&mut queue, 9, T0).await;
        assert_eq!(rest.iter().map(|i| i.job.0).collect::<Vec<_>>(), [0, 2, 3, 4]);
        assert_eq!((rest[2].attempt.0, rest[2].first), (2, true));
    }

    pub async fn senders_are_apart(mut queue: impl Queue) {
        let mut rows = people(600);
        for row in &mut rows {
            row.sender = SenderNo(u16::from(row.row.is_some_and(|n| n % 3 == 0)));
        }
        plan(&mut queue, rows).await;
        let wants = [
            ClaimRequest { sender: SenderNo(1), count: 2, untouched: true },
            ClaimRequest { sender: SenderNo(0), count: 2, untouched: true },
        ];
        let intents = queue.claim(&wants, lease(), T0, &mut |_| true).await.unwrap();
        let seen: Vec<_> = intents.iter().map(|i| (i.job.0, i.sender.0)).collect();
        assert_eq!(seen, [(1, 1), (4, 1), (0, 0), (2, 0)]);
        let all = [ClaimRequest { sender: SenderNo(1), count: 1000, untouched: true }];
        let rest = queue.claim(&all, lease(), T0, &mut |_| true).await.unwrap();
        assert_eq!(rest.len(), 198);
        assert_eq!(
            (queue.next_due(SenderNo(1), true), queue.next_due(SenderNo(0), true)),
            (None, Some(Millis::ZERO))
        );
        assert_eq!(queue.next_due(SenderNo(2), true), None);
    }

    pub async fn an_interrupted_run_leaves_doubt(mut queue: impl Queue) {
        plan(&mut queue, people(4)).await;
        queue.take(OWNER, T0).await.unwrap();
        let intents = claim(&mut queue, 3, T0).await;
        record(&mut queue, JobId(1), accepted(&intents[1])).await;

        let later = Millis(T0.0 + 5000);
        assert_eq!(queue.take(OwnerId(8), later).await.unwrap(), 2);
        let doubts = queue.in_doubt().unwrap();
        let seen: Vec<_> =
            doubts.iter().map(|d| (d.job.0, d.attempt.0, d.phone, d.at, d.since, d.looks)).collect();
        assert_eq!(seen, [(0, 1, phone(0), T0, later, 0), (2, 1, phone(2), T0, later, 0)]);
        assert_eq!(*doubts[1].payload, text("hi 2").into());
        let problem = queue.job(JobId(0)).unwrap().unwrap().problem.unwrap();
        assert_eq!(&*problem.reason, "sendcast was interrupted while this was being sent");
        assert_eq!(queue.take(OwnerId(9), later).await.unwrap(), 0);
        assert_eq!(queue.started_at(), Some(T0));
        assert_eq!(queue.counts()[Status::InDoubt], 2);
    }

    pub async fn doubt_ends_by_verdict_or_order(mut queue: impl Queue) {
        plan(&mut queue, people(3)).await;
        for intent in claim(&mut queue, 3, T0).await {
            record(&mut queue, intent.job, doubted(intent.attempt)).await;
        }
        let one = AttemptNo(1);
        let problem = Problem::new("looked at 20 messages");
        record(&mut queue, JobId(0), Event::Looked { attempt: one, at: T0, unseen: true, problem }).await;
        assert!(queue.in_doubt().unwrap()[0].unseen);
        let found = Event::Found { attempt: one, id: Some(MessageId::new("wamid.f")), at: T0 };
        record(&mut queue, JobId(1), found.clone()).await;
        assert_eq!(record(&mut queue, JobId(1), found).await, Applied::No);
        assert_eq!(queue.by_message_id(&MessageId::new("wamid.f")).unwrap(), Some((JobId(1), one)));
        // Sent again, and doubtful again: both attempts are listed.
        record(&mut queue, JobId(0), Event::Resend { by: ResendBy::Unseen }).await;
        let again = claim(&mut queue, 1, T0).await;
        assert_eq!((again[0].job.0, again[0].attempt.0, again[0].first, again[0].used), (0, 2, false, 0));
        record(&mut queue, JobId(0), doubted(AttemptNo(2))).await;
        let seen: Vec<_> = queue.in_doubt().unwrap().iter().map(|d| (d.job.0, d.attempt.0)).collect();
        assert_eq!(seen, [(0, 1), (0, 2), (2, 1)]);
        assert_eq!(record(&mut queue, JobId(0), Event::Resend { by: ResendBy::Unseen }).await, Applied::No);
    }

    pub async fn orders_apply_once(mut queue: impl Queue) {
        plan(&mut queue, people(2)).await;
        let order = sendcast::domain::ids::OrderId::new("20261122-cancel");
        let change = Change { job: JobId(1), expect: None, event: Event::Cancelled { by_removal: false } };
        let batch = Batch {
            order: Some(order.clone()),
            wanted: Some(DesiredState::Paused),
            changes: vec![change.clone()],
        };
        assert!(!queue.order_applied(&order));
        let applied = queue.record(batch.clone(), T0).await.unwrap();
        assert_eq!(applied, [Applied::Yes { from: Status::Queued, to: Status::Cancelled }]);
        assert!(queue.order_applied(&order) && queue.wanted() == DesiredState::Paused);
        let resume = Batch { wanted: Some(DesiredState::Running), ..Batch::default() };
        queue.record(resume, T0).await.unwrap();
        assert_eq!(queue.record(batch, T0).await.unwrap(), [Applied::No]);
        assert_eq!(queue.wanted(), DesiredState::Running);
        assert_eq!(queue.counts()[Status::Cancelled], 1);
    }

    pub async fn a_revision_guards_a_change(mut queue: impl Queue) {
        plan(&mut queue, people(1)).await;
        let revision = queue.job(JobId(0)).unwrap().unwrap().revision;
        let event = Event::Cancelled { by_removal: false };
        let change = |job, expect| Change { job: JobId(job), expect, event: event.clone() };
        let stale = Batch {
            changes: vec![change(0, Some(revision + 1)), change(7, None), change(0, Some(revision))],
            ..Batch::default()
        };
        let applied = queue.record(stale, T0).await.unwrap();
        let done = Applied::Yes { from: Status::Queued, to: Status::Cancelled };
        assert_eq!(applied, [Applied::No, Applied::No, done]);
    }

    pub async fn pages_go_on_where_they_ended(mut queue: impl Queue) {
        plan(&mut queue, people(700)).await;
        for intent in claim(&mut queue, 600, T0).await {
            if intent.job.0 % 2 == 0 {
                record(&mut queue, intent.job, accepted(&intent)).await;
            }
        }
        let mut from = JobId(0);
        let mut seen = Vec::new();
        loop {
            let page = queue.undelivered(from, 7).unwrap();
            assert!(page.len() <= 7);
            let Some(last) = page.last() else { break };
            from = JobId(last.job.0 + 1);
            seen.extend(page.iter().map(|u| u.job.0));
        }
        assert_eq!(seen, (0..600).step_by(2).collect::<Vec<_>>());
        let sending = queue.in_status(Status::Sending, JobId(301), 3).unwrap();
        assert_eq!(sending.iter().map(|(id, _)| id.0).collect::<Vec<_>>(), [301, 303, 305]);
        assert_eq!(queue.in_status(Status::Queued, JobId(0), 1000).unwrap().len(), 100);
        assert_eq!(queue.in_status(Status::Queued, JobId(0), 0).unwrap().len(), 0);
        assert_eq!(queue.undelivered(JobId(0), 0).unwrap().len(), 0);
        assert_eq!(queue.in_status(Status::Queued, JobId(5000), 9).unwrap().len(), 0);
        assert!(queue.job(JobId(700)).unwrap().is_none() && queue.listed(JobId(700)).unwrap().is_none());
    }

    /// A job that failed, whose row then turned bad, and that is ordered to be tried again.
    pub async fn unsendable_jobs_leave_the_queue(mut queue: impl Queue) {
        plan(&mut queue, people(2)).await;
        let intents = claim(&mut queue, 1, T0).await;
        let refused = Event::Refused { attempt: AttemptNo(1), at: T0, problem: Problem::new("no") };
        record(&mut queue, intents[0].job, refused).await;
        let mut rows = people(2);
        rows[0].fate = Fate::Skip {
            cause: SkipCause::OptedOut,
            problem: Problem::new("opted out"),
            kind: "text".to_owned(),
        };
        let diff = plan(&mut queue, rows).await;
        assert_eq!((diff.changed, diff.skipped, diff.removed), (1, 1, 0));
        assert_eq!(queue.counts()[Status::Failed], 1);
        record(&mut queue, JobId(0), Event::Retry { not_before: Millis::ZERO }).await;
        let claimed = claim(&mut queue, 5, T0).await;
        assert_eq!(claimed.iter().map(|i| i.job.0).collect::<Vec<_>>(), [1]);
        let job = queue.job(JobId(0)).unwrap().unwrap();
        assert_eq!((job.status(), &*job.problem.unwrap().reason), (Status::Skipped, "opted out"));
    }

    pub async fn a_claim_comes_from_claim_alone(mut queue: impl Queue) {
        plan(&mut queue, people(1)).await;
        let (attempt, sender, plan, lease_until, at) = (AttemptNo(1), SenderNo(0), FIRST, T0, T0);
        let event = Event::Claimed { attempt, sender, plan, owner: OWNER, lease_until, at };
        assert_eq!(record(&mut queue, JobId(0), event).await, Applied::No);
        assert_eq!(queue.counts()[Status::Queued], 1);
    }
}
