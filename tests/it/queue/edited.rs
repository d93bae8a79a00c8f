//! The contract's table of edited files, over every implementation.

use sendcast::domain::ids::NumberId;
use sendcast::domain::job::{News, ResendBy};
use sendcast::domain::status::Status;
use sendcast::queue::{MemoryQueue, StageError};

use super::*;

macro_rules! both {
    ($($name:ident)*) => {$(
        #[test]
        fn $name() {
            run(async {
                tests::$name(MemoryQueue::new(identity())).await;
                tests::$name(World::new().create().unwrap()).await;
            });
        }
    )*};
}

both! {
    the_table_holds
    doubt_keeps_its_old_text
    mended_rows_do_not_add_to_the_total
    a_number_is_written_to_once_whatever_its_key
    a_message_goes_to_a_number_once_where_rows_repeat
    who_was_sent_to_is_listed_when_removed
    who_was_sent_to_in_vain_and_waits_again_is_listed_when_removed
    the_same_file_changes_nothing
    an_edit_that_fails_changes_nothing
    another_number_is_refused
    columns_may_move
    what_was_sent_is_kept_whatever_the_file_says_later
    an_accident_shows
    another_number_takes_over_whom_nobody_tried
}

mod tests {
    use super::*;

    async fn statuses(queue: &mut impl Queue) -> Vec<(u32, Option<u32>, Status)> {
        scan(queue).iter().map(|line| (line.id.0, line.row.row, line.job.status())).collect()
    }

    pub async fn the_table_holds(mut queue: impl Queue) {
        // 0 queued, 1 failed, 2 in doubt, 3 accepted, 4 skipped by event, 5 cancelled, 6 queued
        plan(&mut queue, people(7)).await;
        let only = |n: &'static [u32]| move |c: Candidate| n.contains(&c.job.0);
        let want = [ClaimRequest { sender: SenderNo(0), count: 9, untouched: true }];
        let intents = queue.claim(&want, lease(), T0, &mut only(&[1, 2, 3])).await.unwrap();
        let problem = Problem::new("no");
        record(&mut queue, JobId(1), Event::Refused { attempt: AttemptNo(1), at: T0, problem }).await;
        record(&mut queue, JobId(2), doubted(AttemptNo(1))).await;
        record(&mut queue, JobId(3), accepted(&intents[2])).await;
        record(&mut queue, JobId(4), Event::Skipped { problem: Problem::new("opted out") }).await;
        record(&mut queue, JobId(5), Event::Cancelled { by_removal: false }).await;

        // Everybody's text changes; 6 is gone.
        let rows = (0..6).map(|n| good(n + 2, n, "new")).collect();
        let diff = plan(&mut queue, rows).await;
        let counted =
            (diff.new, diff.changed, diff.already_sent, diff.removed, diff.unsent_before, diff.rows);
        assert_eq!((counted, diff.differs), ((1, 2, 2, 1, 2, 6), 2));
        let expected = [
            (0, Status::Queued),
            (1, Status::Failed),
            (2, Status::InDoubt),
            (3, Status::Accepted),
            (4, Status::Queued),
            (5, Status::Cancelled),
        ];
        let told: Vec<_> = statuses(&mut queue).await.iter().map(|(id, _, s)| (*id, *s)).collect();
        assert_eq!(told, expected);
        assert_eq!(queue.counts().total(), 7);
        assert_eq!(queue.job(JobId(6)).unwrap().unwrap().status(), Status::Cancelled);

        // All but 5 gone, then all back.
        let diff = plan(&mut queue, vec![good(2, 5, "new")]).await;
        assert_eq!((diff.removed, diff.new), (2, 0));
        assert_eq!(record(&mut queue, JobId(2), Event::Resend { by: ResendBy::Operator }).await, Applied::No);
        let retry = Event::Retry { not_before: Millis::ZERO };
        assert_eq!(record(&mut queue, JobId(1), retry).await, Applied::No);
        let told = statuses(&mut queue).await;
        let listed = [(1, None, Status::Failed), (2, None, Status::InDoubt), (3, None, Status::Accepted)];
        assert_eq!(told, [&[(5, Some(2), Status::Cancelled)][..], &listed].concat());
        let diff = plan(&mut queue, people(7)).await;
        assert_eq!((diff.new, diff.already_sent, diff.removed), (3, 2, 0));
        assert_eq!(diff.differs, 0, "the file says again what they were sent");
        assert_eq!(queue.counts()[Status::Queued], 3);
        let sent: Vec<_> = claim(&mut queue, 9, T0).await.iter().map(|i| i.job.0).collect();
        assert_eq!(sent, [0, 4, 6]);
    }

    pub async fn doubt_keeps_its_old_text(mut queue: impl Queue) {
        plan(&mut queue, vec![good(2, 0, "old")]).await;
        claim(&mut queue, 1, T0).await;
        record(&mut queue, JobId(0), doubted(AttemptNo(1))).await;
        let mut row = good(2, 0, "new");
        row.phone = Some(phone(77));
        plan(&mut queue, vec![row]).await;
        let doubt = &queue.in_doubt().unwrap()[0];
        assert_eq!((&*doubt.payload, doubt.phone), (&text("old").into(), phone(0)));
        assert_eq!(queue.listed(JobId(0)).unwrap().unwrap().phone(), Some(phone(0)));
        record(&mut queue, JobId(0), Event::Resend { by: ResendBy::Operator }).await;
        let again = claim(&mut queue, 1, T0).await;
        assert_eq!((&*again[0].payload, again[0].phone), (&text("new").into(), phone(77)));
    }

    pub async fn mended_rows_do_not_add_to_the_total(mut queue: impl Queue) {
        plan(&mut queue, vec![good(2, 0, "a"), bad(3, "x"), good(4, 1, "a"), bad(5, "y")]).await;
        let diff =
            plan(&mut queue, vec![good(2, 0, "a"), good(3, 9, "a"), good(4, 1, "a"), bad(5, "y")]).await;
        assert_eq!((diff.new, diff.changed, diff.skipped), (1, 0, 1));
        assert_eq!((queue.counts().total(), queue.counts()[Status::Queued]), (4, 3));
        assert_eq!(queue.listed(JobId(1)).unwrap().unwrap().row.key.as_deref(), Some("k9"));
        // A bad row vanishes: its job stays, unlisted, until another row needs one.
        plan(&mut queue, vec![good(2, 0, "a"), good(3, 9, "a"), good(4, 1, "a")]).await;
        assert_eq!((queue.counts().total(), scan(&mut queue).len()), (4, 3));
        let mut rows = people(2);
        rows.extend([good(4, 9, "a"), good(5, 10, "a"), good(6, 11, "a")]);
        let diff = plan(&mut queue, rows).await;
        assert_eq!((diff.new, queue.counts().total(), queue.counts()[Status::Queued]), (2, 5, 5));
    }

    pub async fn a_number_is_written_to_once_whatever_its_key(mut queue: impl Queue) {
        plan(&mut queue, people(3)).await;
        let intents = claim(&mut queue, 2, T0).await;
        record(&mut queue, JobId(0), accepted(&intents[0])).await;
        record(&mut queue, JobId(1), doubted(AttemptNo(1))).await;
        let mut rows = people(3);
        // 0's and 1's numbers come under new keys, and 2 takes over 1's.
        rows.extend([good(5, 50, "a"), good(6, 51, "a")]);
        rows[3].phone = Some(phone(0));
        rows[4].phone = Some(phone(1));
        rows[2].phone = Some(phone(1));
        let diff = plan(&mut queue, rows).await;
        assert_eq!((diff.new, diff.skipped, diff.changed), (0, 3, 1));
        assert!(claim(&mut queue, 9, T0).await.is_empty());
        let lines = scan(&mut queue);
        let Fate::Skip { problem, kind, .. } = &lines[3].row.fate else { panic!() };
        assert_eq!(&*problem.reason, "this number was already written to under `k0`");
        assert_eq!(kind, "text");
        assert_eq!(lines[2].job.status(), Status::Skipped);
        // Found not to be theirs any more: the doubt is settled elsewhere, the row stays skipped.
        assert_eq!(queue.counts().total(), 5);
    }

    pub async fn a_message_goes_to_a_number_once_where_rows_repeat(mut queue: impl Queue) {
        // One number, known by keys of their order.
        let row = |n: u32, body: &str| {
            let mut row = good(n + 2, 0, body);
            row.key = Some(format!("p#{n}").into());
            row
        };
        let head = || PlanHead { repeats: true, ..head() };
        plan_as(&mut queue, head(), vec![row(0, "a"), row(1, "b")]).await;
        let intents = claim(&mut queue, 2, T0).await;
        for intent in &intents {
            record(&mut queue, intent.job, accepted(intent)).await;
        }

        // The rows change places: both were sent.
        let diff = plan_as(&mut queue, head(), vec![row(0, "b"), row(1, "a")]).await;
        assert_eq!((diff.new, diff.already_sent, diff.skipped), (0, 2, 0));

        // One comes in before them, so that a key that is new holds a message that isn't.
        let diff = plan_as(&mut queue, head(), vec![row(0, "c"), row(1, "a"), row(2, "b")]).await;
        assert_eq!((diff.new, diff.already_sent, diff.skipped), (0, 2, 1));
        let lines = scan(&mut queue);
        let Fate::Skip { problem, .. } = &lines[2].row.fate else { panic!("{:?}", lines[2].row) };
        assert_eq!(&*problem.reason, "this number was already sent this message under `p#1`");

        // One is added behind them: it alone is sent.
        let diff = plan_as(&mut queue, head(), vec![row(0, "a"), row(1, "b"), row(2, "c")]).await;
        assert_eq!((diff.new, diff.already_sent, diff.skipped), (1, 2, 0));
        let sent = claim(&mut queue, 9, T0).await;
        assert_eq!(sent.iter().map(|intent| &*intent.payload).collect::<Vec<_>>(), [&text("c").into()]);
    }

    pub async fn who_was_sent_to_is_listed_when_removed(mut queue: impl Queue) {
        plan(&mut queue, people(4)).await;
        let intents = claim(&mut queue, 2, T0).await;
        record(&mut queue, JobId(1), accepted(&intents[1])).await;
        // Job 0 is still in flight.
        plan(&mut queue, vec![good(2, 3, "hi 3")]).await;
        let told = statuses(&mut queue).await;
        let expected =
            [(3, Some(2), Status::Queued), (0, None, Status::Sending), (1, None, Status::Accepted)];
        assert_eq!(told, expected);
        assert_eq!(queue.counts()[Status::Cancelled], 1);
        // Not accepted after all: it isn't sent again, because its row is gone.
        let (attempt, problem) = (AttemptNo(1), Problem::new("busy"));
        let event = Event::NotAccepted { attempt, not_before: Millis::ZERO, counts: true, problem };
        record(&mut queue, JobId(0), event).await;
        let sent: Vec<_> = claim(&mut queue, 9, T0).await.iter().map(|i| i.job.0).collect();
        assert_eq!(sent, [3]);
        assert_eq!(queue.job(JobId(0)).unwrap().unwrap().status(), Status::Cancelled);
    }

    pub async fn who_was_sent_to_in_vain_and_waits_again_is_listed_when_removed(mut queue: impl Queue) {
        plan(&mut queue, people(3)).await;
        let intents = claim(&mut queue, 2, T0).await;
        for intent in &intents {
            record(&mut queue, intent.job, accepted(intent)).await;
            let news = News::Failed(Problem::new("undeliverable"));
            record(&mut queue, intent.job, Event::News { attempt: intent.attempt, news, at: T0 }).await;
            record(&mut queue, intent.job, Event::Retry { not_before: Millis::ZERO }).await;
        }
        // Job 1 goes now, and job 0 with the next edition: both were written to.
        plan(&mut queue, vec![good(2, 0, "hi 0"), good(3, 2, "hi 2")]).await;
        plan(&mut queue, vec![good(2, 2, "hi 2")]).await;
        let mut told = statuses(&mut queue).await;
        told.sort_unstable_by_key(|(id, ..)| *id);
        let expected =
            [(0, None, Status::Cancelled), (1, None, Status::Cancelled), (2, Some(2), Status::Queued)];
        assert_eq!(told, expected);
    }

    pub async fn the_same_file_changes_nothing(mut queue: impl Queue) {
        let mut rows = people(300);
        rows.insert(7, bad(1000, "x"));
        rows.push(bad(1001, "y"));
        plan(&mut queue, rows.clone()).await;
        let before = scan(&mut queue);
        let diff = plan(&mut queue, rows).await;
        assert_eq!(
            (diff.new, diff.changed, diff.removed, diff.skipped, diff.unsent_before),
            (0, 0, 0, 2, 300)
        );
        assert_eq!(scan(&mut queue), before);
    }

    pub async fn an_edit_that_fails_changes_nothing(mut queue: impl Queue) {
        plan(&mut queue, people(2)).await;
        let rows = [Ok(good(2, 5, "a")), Err("line 3 can't be read")];
        let failed = queue.stage(head(), &mut rows.into_iter());
        assert!(matches!(failed, Err(StageError::Rows("line 3 can't be read"))));
        // Staged and let go, and an older one after a newer.
        let mut stage = |rows: Vec<_>| queue.stage(head(), &mut rows.into_iter().map(Ok::<_, ()>)).unwrap();
        let old = stage(people(1));
        assert_eq!(old.diff.removed, 1);
        drop(stage(Vec::new()));
        assert!(queue.adopt(old, T0).await.is_err());
        assert_eq!((scan(&mut queue).len(), queue.counts().total()), (2, 2));
        assert_eq!(claim(&mut queue, 5, T0).await.len(), 2);
    }

    pub async fn another_number_is_refused(mut queue: impl Queue) {
        plan(&mut queue, people(1)).await;
        let mut other = head();
        other.senders = vec![NumberId::new("300")];
        let staged = queue.stage(other, &mut people(1).into_iter().map(Ok::<_, ()>));
        let Err(StageError::Queue(error)) = staged else { panic!() };
        assert!(error.to_string().contains("100, 200") && error.to_string().contains("300"), "{error}");
        let mut more = head();
        more.senders.push(NumberId::new("300"));
        plan_as(&mut queue, more, people(1)).await;
    }

    pub async fn columns_may_move(mut queue: impl Queue) {
        plan(&mut queue, people(2)).await;
        let intents = claim(&mut queue, 1, T0).await;
        record(&mut queue, JobId(0), accepted(&intents[0])).await;
        let mut other = head();
        other.columns = vec!["Mobile".to_owned(), "City".to_owned(), "Name".to_owned()];
        plan_as(&mut queue, other, Vec::new()).await;
        let lines = scan(&mut queue);
        assert_eq!(lines.len(), 1);
        assert_eq!(lines[0].row.cells, [phone(0).digits(), String::new(), "name 0".to_owned()]);
    }

    pub async fn what_was_sent_is_kept_whatever_the_file_says_later(mut queue: impl Queue) {
        plan(&mut queue, people(4)).await;
        let intents = claim(&mut queue, 3, T0).await;
        record(&mut queue, JobId(0), accepted(&intents[0])).await;
        record(&mut queue, JobId(1), accepted(&intents[1])).await;
        let refused = Event::Refused { attempt: AttemptNo(1), at: T0, problem: Problem::new("too long") };
        record(&mut queue, JobId(2), refused).await;
        // 0 has other words, and later is gone; 1 has another name only; 2 was refused and is mended.
        let mut other = head();
        other.columns = vec!["Given name".to_owned(), "Mobile".to_owned()];
        let mut rows = people(4);
        rows[0].fate = Fate::Send(text("new").into());
        rows[1].cells[0] = "another".into();
        rows[2].fate = Fate::Send(text("shorter").into());
        let diff = plan_as(&mut queue, other.clone(), rows.clone()).await;
        assert_eq!((diff.already_sent, diff.differs, diff.changed), (2, 1, 1));
        let diff = plan_as(&mut queue, other.clone(), rows[1..].to_vec()).await;
        assert_eq!((diff.already_sent, diff.differs, diff.changed), (1, 0, 0));
        let lines = scan(&mut queue);
        assert_eq!(lines.iter().map(|line| line.id.0).collect::<Vec<_>>(), [1, 2, 3, 0]);
        let mut shown = lines.iter().map(|line| {
            let row = line.shown();
            (row.cells[0].as_str(), row.fate.message().unwrap().clone(), line.sent.as_ref().map(|s| s.plan))
        });
        assert_eq!(shown.next(), Some(("name 1", text("hi 1"), Some(FIRST))));
        assert_eq!(shown.next(), Some(("name 2", text("hi 2"), Some(FIRST))));
        assert_eq!(shown.next(), Some(("name 3", text("hi 3"), None)));
        assert_eq!(shown.next(), Some(("name 0", text("hi 0"), Some(FIRST))));
        assert_eq!((lines[1].row.fate.message(), lines[3].row.row), (Some(&text("shorter")), None));
        // What was refused is tried again with the words of now, and then those are what was sent.
        record(&mut queue, JobId(2), Event::Retry { not_before: Millis::ZERO }).await;
        assert_eq!(queue.listed(JobId(2)).unwrap().unwrap().sent, None);
        let again = claim(&mut queue, 1, T0).await;
        record(&mut queue, JobId(2), accepted(&again[0])).await;
        let line = queue.listed(JobId(2)).unwrap().unwrap();
        assert_eq!((line.shown().fate.message(), &line.sent), (Some(&text("shorter")), &None));
        // In another edition only their names differ: the message doesn't.
        let rows = rows[1..].iter().cloned().map(|mut row| {
            row.cells[0] = "Someone".into();
            row
        });
        let diff = plan_as(&mut queue, other, rows.collect()).await;
        assert_eq!((diff.already_sent, diff.differs), (2, 0));
    }

    pub async fn an_accident_shows(mut queue: impl Queue) {
        plan(&mut queue, people(10)).await;
        let mut diff = |n| {
            let rows = people(n);
            queue.stage(head(), &mut rows.into_iter().map(Ok::<_, ()>)).unwrap().diff
        };
        assert!(!diff(5).looks_like_an_accident());
        assert!(diff(4).looks_like_an_accident() && diff(0).looks_like_an_accident());
    }

    pub async fn another_number_takes_over_whom_nobody_tried(mut queue: impl Queue) {
        let of = |n: u32, sender| PlannedRow { sender: SenderNo(sender), ..good(n + 2, n, "hi") };
        // 0 accepted, 1 in doubt, 2 refused for now, 3 and 4 untouched, all of the first number; 5 of the second.
        let rows = (0..6).map(|n| of(n, u16::from(n == 5))).collect();
        plan(&mut queue, rows).await;
        let intents = claim(&mut queue, 3, T0).await;
        record(&mut queue, JobId(0), accepted(&intents[0])).await;
        record(&mut queue, JobId(1), doubted(AttemptNo(1))).await;
        let problem = Problem::new("blocked");
        let held =
            Event::NotAccepted { attempt: AttemptNo(1), not_before: Millis::ZERO, counts: false, problem };
        record(&mut queue, JobId(2), held).await;
        // One of whom something may have been accepted is queued again: it stays with its number.
        record(&mut queue, JobId(1), Event::Resend { by: ResendBy::Operator }).await;
        let [old, other, new] = ["100", "200", "300"].map(NumberId::new);
        assert_eq!(queue.reassign(std::slice::from_ref(&old), &new, T0).await.unwrap(), 3);
        assert_eq!(queue.head().unwrap().senders, [old.clone(), other.clone(), new.clone()]);
        let senders = |queue: &mut _| scan(queue).iter().map(|line| line.row.sender.0).collect::<Vec<_>>();
        assert_eq!(senders(&mut queue), [0, 0, 2, 2, 2, 1]);
        assert_eq!([0, 1, 2].map(|no| queue.queued_of(SenderNo(no))), [1, 1, 3]);
        assert_eq!(queue.reassign(std::slice::from_ref(&old), &new, T0).await.unwrap(), 0, "done before");
        let want = ClaimRequest { sender: SenderNo(2), count: 9, untouched: true };
        let sent = queue.claim(&[want], lease(), T0, &mut |_| true).await.unwrap();
        assert_eq!(
            sent.iter().map(|intent| (intent.job.0, intent.sender.0)).collect::<Vec<_>>(),
            [(2, 2), (3, 2), (4, 2)]
        );
        assert_eq!(queue.counts().total(), 6);
    }
}
