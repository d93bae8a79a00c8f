//! States that belong to another round: they look right, and tell of other people.

use std::path::Path;

use sendcast::domain::ids::{JobId, SenderNo};
use sendcast::domain::status::Status;
use sendcast::queue::{Candidate, ClaimRequest, Identity, LocalQueue, Queue};

use super::{DATA, DIR, T0, World, accepted, identity, lease, people, plan, record, run};

/// A round in which one person was reached; byte for byte as long as any other such.
async fn reached(world: &World, round: u32, whom: u32) {
    let identity = Identity { round, ..identity() };
    let created = LocalQueue::create_on(world.storage(), Path::new(DIR), Path::new(DATA), identity);
    let mut queue = created.unwrap();
    plan(&mut queue, people(3)).await;
    let want = ClaimRequest { sender: SenderNo(0), count: 1, untouched: true };
    let admit = &mut |candidate: Candidate| candidate.job.0 == whom;
    let intents = queue.claim(&[want], lease(), T0, admit).await.unwrap();
    record(&mut queue, JobId(whom), accepted(&intents[0])).await;
    queue.close().await.unwrap();
}

#[test]
fn another_rounds_states_are_not_believed() {
    run(async {
        let (first, second) = (World::new(), World::new());
        reached(&first, 1, 0).await;
        reached(&second, 2, 1).await;
        let journal = |world: &World| world.storage().disk.read(&World::file("journal")).unwrap().len();
        assert_eq!(journal(&first), journal(&second), "else it would show by that");
        let exchanged = World { disk: first.disk, stores: second.stores };
        let mut queue = exchanged.open().unwrap();
        let status = |queue: &mut LocalQueue, n| queue.job(JobId(n)).unwrap().unwrap().status();
        assert_eq!(status(&mut queue, 0), Status::Accepted, "who was reached stays so");
        assert_eq!(status(&mut queue, 1), Status::Queued);
    });
}
