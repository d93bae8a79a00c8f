//! The report's lines as a reader lists them: those of the queue, whatever order rows and journal are in.

use sendcast::domain::job::{News, Reach};
use sendcast::sys::disk::Disk;

use super::*;

/// More than two windows of lines.
const PEOPLE: u32 = 20_000;

/// Sends to the next `count`, and accepts what was sent.
async fn send(queue: &mut LocalQueue, count: usize) -> Vec<Intent> {
    let intents = claim(queue, count, T0).await;
    for intent in &intents {
        record(queue, intent.job, accepted(intent)).await;
    }
    intents
}

fn same(world: &World, queue: &mut LocalQueue) -> Vec<Listed<'static>> {
    let lines = listed(Arc::new(world.disk.clone()), Path::new(DIR)).unwrap();
    assert!(lines == scan(queue), "the reader's lines aren't the queue's");
    lines
}

#[test]
fn it_lists_what_the_queue_lists() {
    run(async {
        let world = World::new();
        let mut chance = fastrand::Rng::with_seed(7);
        let mut queue = world.create().unwrap();
        assert_eq!(same(&world, &mut queue), []);
        plan(&mut queue, people(PEOPLE)).await;
        queue.take(OWNER, T0).await.unwrap();
        let mut sent = send(&mut queue, 12_000).await;
        // News come in any order, from all over the journal.
        chance.shuffle(&mut sent);
        for intent in &sent[..3_000] {
            let news = Event::News {
                attempt: intent.attempt,
                news: News::Reached(Reach::Delivered),
                at: Millis(T0.0 + u64::from(intent.job.0)),
            };
            record(&mut queue, intent.job, news).await;
        }
        for intent in claim(&mut queue, 500, T0).await {
            record(&mut queue, intent.job, doubted(intent.attempt)).await;
        }
        queue.sync().await.unwrap();
        same(&world, &mut queue);

        // The file is sorted anew, some are gone and some are new: no line stands where its job does.
        let mut rows: Vec<u32> = (0..PEOPLE + 100).filter(|n| n % 9 > 0).collect();
        chance.shuffle(&mut rows);
        let rows = (2..).zip(rows).map(|(row, n)| good(row, n, &format!("hi {n}"))).collect();
        plan(&mut queue, rows).await;
        send(&mut queue, 1_000).await;
        queue.sync().await.unwrap();
        let lines = same(&world, &mut queue);
        let removed = lines.iter().filter(|line| line.row.row.is_none()).count();
        assert!(removed > 1_000 && lines[0].id.0 > 0, "{removed} were removed after they had been sent to");
        let ids = lines.iter().filter(|line| line.job.deliveries().next().is_some()).count();
        assert_eq!(ids, 13_000);

        // Everybody's words are others: who was sent to keeps theirs, under whichever plan that was.
        let rows = (0..PEOPLE + 100).map(|n| good(n + 2, n, &format!("new {n}"))).collect();
        let diff = plan(&mut queue, rows).await;
        assert_eq!((diff.already_sent, diff.differs), (13_500, 13_500));
        send(&mut queue, 100).await;
        queue.sync().await.unwrap();
        let lines = same(&world, &mut queue);
        let told = |line: &Listed<'_>| line.shown().fate.message().cloned().unwrap();
        for line in lines.iter().filter(|line| line.job.sent_under().is_some()) {
            let new = line.job.sent_under() == Some(PlanNo(3));
            let name = line.row.cells[0].strip_prefix("name ").unwrap();
            assert_eq!(told(line), text(&format!("{} {name}", if new { "new" } else { "hi" })));
            assert_eq!(line.sent.is_none(), new);
        }
    });
}

#[test]
fn columns_of_earlier_plans_are_told_where_somebody_was_sent_to_under_them() {
    run(async {
        let world = World::new();
        let mut queue = world.create().unwrap();
        let columns =
            |first: &str| PlanHead { columns: vec![first.to_owned(), "Mobile".to_owned()], ..head() };
        let earlier = || {
            let listing = Listing::open(Arc::new(world.disk.clone()), Path::new(DIR)).unwrap();
            let heads = listing.earlier_heads().unwrap();
            heads.iter().map(|(no, head)| (no.0, head.columns[0].clone())).collect::<Vec<_>>()
        };
        plan_as(&mut queue, columns("Typo"), people(5)).await;
        plan_as(&mut queue, columns("First name"), people(5)).await;
        queue.take(OWNER, T0).await.unwrap();
        send(&mut queue, 2).await;
        queue.sync().await.unwrap();
        assert_eq!(earlier(), [], "nobody was sent to under the first");
        plan_as(&mut queue, columns("Name"), people(5)).await;
        assert_eq!(earlier(), [(2, "First name".to_owned())]);
        same(&world, &mut queue);
    });
}

#[test]
fn a_plan_that_isnt_the_rounds_own_is_refused() {
    run(async {
        let world = World::new();
        let mut queue = world.create().unwrap();
        plan(&mut queue, people(3)).await;
        queue.take(OWNER, T0).await.unwrap();
        send(&mut queue, 1).await;
        queue.close().await.unwrap();
        // Of another round, in which somebody is skipped who was sent to here.
        let other = World::new();
        let mut others = other.create().unwrap();
        plan(&mut others, vec![bad(2, "no"), good(3, 1, "hi 1"), good(4, 2, "hi 2")]).await;
        others.close().await.unwrap();
        let plan_file = World::file("plan-001.plan");
        let bytes = other.disk.read(&plan_file).unwrap();
        let own = world.disk.read(&plan_file).unwrap();
        world.disk.edit(&plan_file, |now| *now = bytes).unwrap();
        let error = listed(Arc::new(world.disk.clone()), Path::new(DIR)).unwrap_err();
        assert!(error.to_string().contains("manifest.json"), "{error}");
        world.disk.edit(&plan_file, |now| *now = own).unwrap();
        assert_eq!(listed(Arc::new(world.disk.clone()), Path::new(DIR)).unwrap().len(), 3);
    });
}
