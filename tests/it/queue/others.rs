//! What a campaign in doubt knows of the other ledgers of its data directory.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use sendcast::app::run::OtherLedgers;
use sendcast::domain::ids::MessageId;
use sendcast::domain::time::Millis;
use sendcast::engine::OtherCampaigns;
use sendcast::queue::local::{MemoryStores, Storage};
use sendcast::queue::{LocalQueue, Queue};
use sendcast::sys::disk::Disk;
use sendcast::sys::home::Home;
use sendcast::sys::memory_disk::MemoryDisk;

use super::{accepted, claim, doubted, identity, people, phone, plan, record, text};

const HOUR: Duration = Duration::from_secs(3600);

fn home() -> Home {
    Home::new("/data")
}

/// Another campaign, which has been planned.
async fn other(disk: &MemoryDisk) -> LocalQueue {
    let (shared, stores) = (Arc::new(disk.clone()), Box::new(MemoryStores::default()));
    let storage = Storage { disk: shared, stores, inline: true };
    let round = home().round("other", 1);
    let mut queue = LocalQueue::create_on(storage, &round, Path::new("/data"), identity()).unwrap();
    plan(&mut queue, people(4)).await;
    queue
}

fn ledgers(disk: &MemoryDisk) -> OtherLedgers {
    OtherLedgers::new(Arc::new(disk.clone()), home(), home().round("own", 1))
}

fn id(intent: &str) -> MessageId {
    MessageId::new(format!("wamid.{intent}="))
}

#[tokio::test(start_paused = true)]
async fn what_may_have_been_accepted_elsewhere_is_known_from_its_intent_on() {
    let disk = MemoryDisk::new();
    let mut queue = other(&disk).await;
    let mut ledgers = ledgers(&disk);
    assert!(ledgers.refresh().unwrap());
    assert!(ledgers.open_attempts(phone(0)).is_empty());
    let intents = claim(&mut queue, 3, super::T0).await;
    // It was read only just now: not as of now.
    assert!(!ledgers.refresh().unwrap());
    tokio::time::advance(HOUR).await;
    assert!(ledgers.refresh().unwrap());
    let in_flight = vec![(super::T0, Arc::new(text("hi 1").into()))];
    assert_eq!(ledgers.open_attempts(phone(1)), in_flight);
    assert!(ledgers.open_attempts(phone(3)).is_empty());
    // One accepted, one in doubt, one withdrawn.
    record(&mut queue, intents[0].job, accepted(&intents[0])).await;
    record(&mut queue, intents[1].job, doubted(intents[1].attempt)).await;
    let withdrawn =
        sendcast::domain::job::Event::Withdrawn { attempt: intents[2].attempt, not_before: Millis::ZERO };
    record(&mut queue, intents[2].job, withdrawn).await;
    queue.sync().await.unwrap();
    tokio::time::advance(HOUR).await;
    assert!(!ledgers.knows(&id("0.1")));
    assert!(ledgers.refresh().unwrap());
    assert!(ledgers.knows(&id("0.1")) && !ledgers.knows(&id("1.1")));
    assert_eq!(ledgers.open_attempts(phone(1)), in_flight);
    assert!(ledgers.open_attempts(phone(0)).is_empty() && ledgers.open_attempts(phone(2)).is_empty());
    // Nothing new: as of now, however often.
    assert!(ledgers.refresh().unwrap() && ledgers.refresh().unwrap());
}

#[tokio::test(start_paused = true)]
async fn a_ledger_that_is_damaged_leaves_doubts_and_ends_no_run() {
    let disk = MemoryDisk::new();
    let mut queue = other(&disk).await;
    let intents = claim(&mut queue, 1, super::T0).await;
    record(&mut queue, intents[0].job, accepted(&intents[0])).await;
    queue.close().await.unwrap();
    let journal: PathBuf = home().round("other", 1).join("journal");
    disk.open(&journal).unwrap().write_at(40, b"damage").unwrap();
    let mut ledgers = ledgers(&disk);
    assert!(!ledgers.refresh().unwrap() && !ledgers.refresh().unwrap());
    assert!(!ledgers.knows(&id("0.1")));
}
