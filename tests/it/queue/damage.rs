//! Damage, strangers, locks, and looking in.

use std::fs;
use std::io::Write;

use sendcast::domain::status::Status;
use sendcast::queue::local::{StatesCheck, verify, verify_on};
use sendcast::queue::{Entry, View};
use sendcast::sys::disk::{Disk, RealDisk};

use super::*;
use crate::cli::{Desk, THREE};

/// A round with 300 people, some of them sent to, over several commit batches. Closed.
async fn round(world: &World) {
    let mut queue = world.create().unwrap();
    plan(&mut queue, people(300)).await;
    work(&mut queue).await;
    queue.close().await.unwrap();
}

async fn work(queue: &mut LocalQueue) {
    queue.take(OWNER, T0).await.unwrap();
    for _ in 0..5 {
        for intent in claim(queue, 20, T0).await {
            let event = match intent.job.0 % 4 {
                0 => doubted(intent.attempt),
                _ => accepted(&intent),
            };
            record(queue, intent.job, event).await;
        }
    }
    queue.sync().await.unwrap();
}

fn journal_bytes(world: &World) -> Vec<u8> {
    world.disk.read(&World::file("journal")).unwrap()
}

fn ends_of_groups(bytes: &[u8]) -> Vec<usize> {
    let mut ends = vec![32];
    while let Some(head) = bytes.get(ends[ends.len() - 1]..).and_then(|rest| rest.get(..8)) {
        let len = u32::from_le_bytes(head[4..8].try_into().unwrap()) as usize;
        ends.push(ends[ends.len() - 1] + 32 + len);
    }
    ends
}

#[test]
fn every_flipped_byte_of_the_journal_is_refused_with_a_remedy() {
    run(async {
        let world = World::new();
        round(&world).await;
        let bytes = journal_bytes(&world);
        let path = World::file("journal");
        for byte in (0..bytes.len()).step_by(37).chain(0..64) {
            world.disk.flip(&path, byte, u8::try_from(byte % 8).unwrap()).unwrap();
            let error = world.open().unwrap_err();
            let QueueError::Damaged { path: file, what, hint } = &error else {
                panic!("byte {byte}: {error}")
            };
            assert_eq!(*file, path);
            assert!(what.contains("byte") || what.contains("round"), "{what}");
            assert!(hint.contains("backup"));
            let seen = View::open(Arc::new(world.disk.clone()), Path::new(DIR));
            assert!(seen.is_err(), "byte {byte}: a reader saw nothing");
            let seen = listed(Arc::new(world.disk.clone()), Path::new(DIR));
            assert!(seen.is_err(), "byte {byte}: a report saw nothing");
            assert!(!verify_on(&world.storage(), Path::new(DIR)).unwrap().is_sound());
            world.disk.edit(&path, |now| now.clone_from(&bytes)).unwrap();
        }
        world.open().unwrap();
    });
}

#[test]
fn a_journal_cut_anywhere_is_refused_while_mark_or_states_know_better() {
    run(async {
        let world = World::new();
        round(&world).await;
        let bytes = journal_bytes(&world);
        let path = World::file("journal");
        let mut cuts = ends_of_groups(&bytes);
        cuts.pop();
        cuts.extend((0..bytes.len()).step_by(101));
        let mark = world.disk.read(&World::file("mark")).unwrap();
        for lose_mark in [false, true] {
            if lose_mark {
                world.disk.edit(&World::file("mark"), Vec::clear).unwrap();
            }
            for &cut in &cuts {
                world.disk.edit(&path, |now| now.truncate(cut)).unwrap();
                assert!(matches!(world.open(), Err(QueueError::Damaged { .. })), "cut at {cut}");
                world.disk.edit(&path, |now| now.clone_from(&bytes)).unwrap();
            }
        }
        world.disk.edit(&World::file("mark"), |now| now.clone_from(&mark)).unwrap();
        // The states lost: the commit marker alone still knows.
        world.stores.restore(&Default::default());
        world.disk.edit(&path, |now| now.truncate(cuts[3])).unwrap();
        assert!(matches!(world.open(), Err(QueueError::Damaged { .. })));
        world.disk.remove_file(&path).unwrap();
        assert!(matches!(world.open(), Err(QueueError::Damaged { .. })));
    });
}

#[test]
fn only_a_last_group_that_nobody_noted_is_cut() {
    run(async {
        let world = World::new();
        let mut queue = world.create().unwrap();
        plan(&mut queue, people(50)).await;
        queue.close().await.unwrap();
        let mark = world.disk.read(&World::file("mark")).unwrap();
        let mut queue = world.open().unwrap();
        claim(&mut queue, 5, T0).await;
        claim(&mut queue, 5, T0).await;
        drop(queue);
        // Mark and states lag by two commit batches.
        world.disk.edit(&World::file("mark"), |now| now.clone_from(&mark)).unwrap();
        let bytes = journal_bytes(&world);
        let ends = ends_of_groups(&bytes);
        let (second_last, last) = (ends[ends.len() - 3], ends[ends.len() - 2]);
        let path = World::file("journal");
        // The last one broken: it was never released.
        world.disk.flip(&path, last + 40, 1).unwrap();
        let mut view = View::open(Arc::new(world.disk.clone()), Path::new(DIR)).unwrap();
        assert_eq!(view.counts()[Status::Sending], 5);
        assert_eq!(journal_bytes(&world).len(), bytes.len(), "a reader never cuts");
        let queue = world.open().unwrap();
        assert_eq!(queue.counts()[Status::Sending], 5);
        assert_eq!(journal_bytes(&world).len(), last);
        assert_eq!(view.refresh().unwrap(), 0);
        drop(queue);
        // The one before it broken, with a whole one behind: it was on disk once.
        world.disk.edit(&World::file("mark"), |now| now.clone_from(&mark)).unwrap();
        world.disk.edit(&path, |now| now.clone_from(&bytes)).unwrap();
        world.disk.flip(&path, second_last + 40, 1).unwrap();
        assert!(matches!(world.open(), Err(QueueError::Damaged { .. })));
    });
}

#[test]
fn decayed_states_are_rebuilt() {
    run(async {
        let world = World::new();
        round(&world).await;
        let mut queue = world.open().unwrap();
        let before = (queue.counts(), scan(&mut queue));
        drop(queue);
        let image = world.stores.image();
        for n in 0..20 {
            world.stores.restore(&image);
            world.stores.corrupt(n);
            // What is found when opening is rebuilt at once, what is found later at the next opening.
            for _ in 0..2 {
                let mut queue = world.open().unwrap();
                assert_eq!(queue.counts(), before.0);
                let mut lines = Vec::new();
                let scanned = queue.scan(&mut |line| {
                    lines.push(line.into_owned());
                    Ok(())
                });
                if scanned.is_ok() {
                    assert_eq!(lines, before.1, "value {n}");
                }
            }
            let mut queue = world.open().unwrap();
            assert_eq!(scan(&mut queue), before.1, "value {n}");
        }
    });
}

#[test]
fn a_real_sled_in_pieces_is_moved_aside_and_rebuilt() {
    run(async {
        let dir = tempfile::tempdir().unwrap();
        let round = dir.path().join("c/1");
        let mut queue = LocalQueue::create(RealDisk::shared(), &round, dir.path(), identity()).unwrap();
        plan(&mut queue, people(300)).await;
        work(&mut queue).await;
        let before = scan(&mut queue);
        queue.close().await.unwrap();
        let report = verify(RealDisk::shared(), &round).unwrap();
        assert!(report.is_sound(), "{report:?}");
        assert!(matches!(report.states, StatesCheck::Agree { .. }));

        let leftover = round.join("queue/snap.0000.generating");
        fs::write(&leftover, b"half").unwrap();
        for damage in 0..3u8 {
            let db = round.join("queue/db");
            match damage {
                0 => fs::OpenOptions::new().write(true).open(&db).unwrap().write_all(&[7; 9000]).unwrap(),
                1 => fs::write(round.join("queue/conf"), b"nonsense").unwrap(),
                _ => fs::write(&db, b"").unwrap(),
            }
            let mut queue = LocalQueue::open(RealDisk::shared(), &round, None).unwrap();
            assert!(!leftover.exists());
            assert_eq!(scan(&mut queue), before, "damage {damage}");
            queue.close().await.unwrap();
            assert!(verify(RealDisk::shared(), &round).unwrap().is_sound());
        }
        assert!(round.join("queue.damaged-1").exists());
    });
}

#[test]
fn a_round_has_one_owner_and_one_server() {
    run(async {
        let dir = tempfile::tempdir().unwrap();
        let round = dir.path().join("c/1");
        let disk = RealDisk::shared();
        let queue = LocalQueue::create(disk.clone(), &round, dir.path(), identity()).unwrap();
        assert!(matches!(LocalQueue::open(disk.clone(), &round, None), Err(QueueError::Locked { .. })));
        let report = verify(disk.clone(), &round).unwrap();
        assert_eq!((report.states, report.is_sound()), (StatesCheck::Held, true));
        assert!(LocalQueue::exists(&*disk, &round).unwrap());
        drop(queue);
        for (change, name) in [
            (Identity { origin: "http://127.0.0.1:1".to_owned(), ..identity() }, "127.0.0.1"),
            (Identity { path: "/elsewhere.json".into(), ..identity() }, "/elsewhere.json"),
            (Identity { round: 2, ..identity() }, "round 2"),
        ] {
            let error = LocalQueue::open(disk.clone(), &round, Some(&change)).unwrap_err();
            assert!(
                matches!(error, QueueError::Foreign { .. }) && error.to_string().contains(name),
                "{error}"
            );
        }
        assert!(LocalQueue::create(disk.clone(), &round, dir.path(), identity()).is_err(), "there is one");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
            assert_eq!((mode(&round), mode(&dir.path().join("c"))), (0o700, 0o700));
            for entry in ["journal", "mark", "manifest.json", "lock"] {
                assert_eq!(mode(&round.join(entry)), 0o600, "{entry}");
            }
        }
        // A journal of another round under this one's manifest.
        let other = dir.path().join("c/2");
        let foreign = Identity { round: 2, ..identity() };
        drop(LocalQueue::create(disk.clone(), &other, dir.path(), foreign).unwrap());
        fs::copy(other.join("journal"), round.join("journal")).unwrap();
        assert!(matches!(LocalQueue::open(disk, &round, None), Err(QueueError::Damaged { .. })));
    });
}

#[test]
fn damaged_plans_and_manifests_are_refused() {
    run(async {
        let world = World::new();
        round(&world).await;
        let plan = World::file("plan-001.plan");
        let bytes = world.disk.read(&plan).unwrap();
        for byte in (0..bytes.len()).step_by(bytes.len() / 150) {
            world.disk.flip(&plan, byte, 3).unwrap();
            let opened = world.open();
            let failed = match opened {
                Ok(mut queue) => queue.scan(&mut |_| Ok(())).is_err(),
                Err(QueueError::Damaged { path, .. }) => path == plan,
                Err(QueueError::OtherFormat { .. }) => true,
                Err(_) => false,
            };
            assert!(failed, "byte {byte}");
            let report = verify_on(&world.storage(), Path::new(DIR)).unwrap();
            assert!(!report.is_sound(), "byte {byte}");
            world.disk.edit(&plan, |now| now.clone_from(&bytes)).unwrap();
        }
        let manifest = World::file("manifest.json");
        let text = String::from_utf8(world.disk.read(&manifest).unwrap()).unwrap();
        world.disk.edit(&manifest, |now| *now = b"{}".to_vec()).unwrap();
        assert!(matches!(world.open(), Err(QueueError::Damaged { .. })));
        let newer = text.replacen("\"version\": 2", "\"version\": 3", 1);
        world.disk.edit(&manifest, |now| *now = newer.into_bytes()).unwrap();
        assert!(matches!(world.open(), Err(QueueError::OtherFormat { found: 3, known: 2, .. })));
        world.disk.remove_file(&manifest).unwrap();
        assert!(matches!(world.create(), Err(QueueError::Damaged { .. })), "a journal without its manifest");
    });
}

/// Each block is whole, and so is the file; only its SHA-256 tells that they changed places.
#[test]
fn blocks_of_a_plan_that_changed_places_are_refused() {
    run(async {
        let plan_file = World::file("plan-001.plan");
        let word =
            |bytes: &[u8], at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap()) as usize;
        let mut swapped = 0;
        for salt in 0..60 {
            let world = World::new();
            let mut queue = world.create().unwrap();
            plan(&mut queue, (0..512).map(|n| good(n + 20_000, n + 1000 + salt * 31, "hello")).collect())
                .await;
            let intents = claim(&mut queue, 100, T0).await;
            for intent in &intents {
                record(&mut queue, intent.job, accepted(intent)).await;
            }
            queue.close().await.unwrap();
            let bytes = world.disk.read(&plan_file).unwrap();
            let first = 32 + word(&bytes, 24);
            let second = first + 8 + word(&bytes, first);
            let len = 8 + word(&bytes, second);
            if second - first != len {
                continue;
            }
            // People who were reached would stand in the rows of those who are queued.
            world.disk.edit(&plan_file, |now| now[first..second + len].rotate_left(len)).unwrap();
            let Err(QueueError::Damaged { path, what, .. }) = world.open() else { panic!("opened") };
            assert!(path == plan_file && what.contains("manifest.json"), "{what}");
            assert!(View::open(Arc::new(world.disk.clone()), Path::new(DIR)).is_err());
            assert!(listed(Arc::new(world.disk.clone()), Path::new(DIR)).is_err());
            swapped += 1;
        }
        assert!(swapped > 0, "no two blocks of one length");
    });
}

#[test]
fn a_round_that_lost_its_manifest_and_its_journal_is_not_begun_anew() {
    run(async {
        let world = World::new();
        round(&world).await;
        let mark = world.disk.read(&World::file("mark")).unwrap();
        let states = world.stores.image();
        world.disk.remove_file(&World::file("manifest.json")).unwrap();
        world.disk.remove_file(&World::file("journal")).unwrap();
        let refused = |world: &World, by: &str| {
            let Err(QueueError::Damaged { path, what, .. }) = world.create() else { panic!("begun anew") };
            assert!(path.ends_with("manifest.json") && what.contains(by), "{what}");
        };
        refused(&world, "mark");
        world.disk.edit(&World::file("mark"), Vec::clear).unwrap();
        refused(&world, "queue");
        world.stores.restore(&Default::default());
        refused(&world, "plan-001.plan");
        world.disk.edit(&World::file("mark"), |now| now.clone_from(&mark)).unwrap();
        world.stores.restore(&states);
        assert!(!world.disk.exists(&World::file("journal")).unwrap(), "nothing was made");
    });
}

#[test]
fn a_damaged_mark_is_mended_where_states_or_journal_know_as_much_and_refused_where_not() {
    run(async {
        /// With the slots that it takes.
        type Harm<'a> = (fn(&mut Vec<u8>), &'a [usize]);
        let harms: [Harm; 5] = [
            (Vec::clear, &[0, 1]),
            (|mark| mark.truncate(530), &[1]),
            (|mark| mark[9] ^= 1, &[0]),
            (|mark| mark[520] ^= 1, &[1]),
            (|mark| mark.copy_within(0..28, 512), &[1]),
        ];
        for (n, (harm, takes)) in harms.into_iter().enumerate() {
            for killed in [false, true] {
                let world = World::new();
                let mut queue = world.create().unwrap();
                plan(&mut queue, people(50)).await;
                let released = claim(&mut queue, 5, T0).await.len() as u64;
                if killed {
                    drop(queue)
                } else {
                    queue.close().await.unwrap()
                }
                let mark = World::file("mark");
                let whole = world.disk.read(&mark).unwrap();
                let newest = [0, 1].into_iter().max_by_key(|slot| whole[slot * 512 + 8]).unwrap();
                // A kill may have torn the newest slot: the journal holds its commit batch all the same.
                let torn = takes == [newest];
                world.disk.edit(&mark, harm).unwrap();
                let bytes = world.disk.read(&mark).unwrap();
                assert!(!verify_on(&world.storage(), Path::new(DIR)).unwrap().is_sound());
                match world.open() {
                    Ok(mut queue) => {
                        assert!(!killed || torn, "harm {n}: nothing tells whether the journal is whole");
                        assert_eq!(queue.take(OWNER, T0).await.unwrap(), released);
                        drop(queue);
                        assert!(verify_on(&world.storage(), Path::new(DIR)).unwrap().is_sound());
                    }
                    Err(QueueError::Damaged { path, hint, .. }) => {
                        assert!(
                            killed && !torn && path == mark && hint.contains("backup"),
                            "harm {n}: {hint}"
                        );
                        assert_eq!(world.disk.read(&mark).unwrap(), bytes);
                    }
                    Err(error) => panic!("harm {n}: {error}"),
                }
            }
        }
    });
}

#[test]
fn users_are_told_of_damaged_states_and_see_no_panic() {
    let desk = Desk::with(THREE);
    desk.run("run c.json --sandbox --limit 1").exits(6);
    let round = desk.data.join("sandbox/campaigns/c/round-001");
    let db = round.join("queue/db");
    let bytes = fs::read(&db).unwrap();
    for extra in ["", " -vv"] {
        // A segment that stands there twice is what sled panics over.
        let mut twice = bytes.clone();
        twice.resize(512 << 10, 0);
        twice.extend_from_slice(&bytes);
        fs::write(&db, twice).unwrap();
        let verified = desk.run("verify c --sandbox").exits(1).says("1 problem found");
        let verified = verified.says("nothing is lost: the next run rebuilds it");
        assert!(!verified.err.contains("send nothing before"), "{}", verified.err);
        let said = desk.run(&format!("pause c --sandbox{extra}")).exits(0).says("moved aside");
        assert!(!said.err.contains("RUST_BACKTRACE") && !said.err.contains("thread '"), "{}", said.err);
        let logged = said.err.contains("a crate panicked over its files panic=");
        assert_eq!(logged, !extra.is_empty(), "{}", said.err);
    }
    desk.run("resume c --sandbox").exits(0);
    desk.run("run c --sandbox").exits(0);
    assert_eq!(desk.counts()["accepted"], 3);
    desk.run("verify c --sandbox").exits(0);
}

#[test]
fn looking_in_follows_a_writer() {
    run(async {
        let world = World::new();
        let mut queue = world.create().unwrap();
        let disk: SharedDisk = Arc::new(world.disk.clone());
        let mut view = View::open(disk.clone(), Path::new(DIR)).unwrap();
        assert!(view.head().is_none() && view.counts().total() == 0);
        plan(&mut queue, people(600)).await;
        queue.take(OWNER, T0).await.unwrap();
        let intents = claim(&mut queue, 300, T0).await;
        for intent in &intents {
            record(&mut queue, intent.job, accepted(intent)).await;
        }
        // Outcomes ride with the next commit batch: a reader sees what is on disk.
        assert_eq!(view.refresh().unwrap(), 302);
        assert_eq!((view.counts()[Status::Sending], view.counts()[Status::Accepted]), (300, 0));
        queue.sync().await.unwrap();
        assert_eq!(view.refresh().unwrap(), 300);
        assert_eq!((view.counts(), view.identity()), (queue.counts(), queue.identity()));
        let mut ids = Vec::new();
        view.message_ids(&mut |id| ids.push(id.clone())).unwrap();
        assert_eq!((ids.len(), ids[0].as_str()), (300, "wamid.0.1="));
        let mut entries = 0;
        view.entries(&mut |n, entry| {
            entries += 1;
            assert_eq!(n, entries);
            assert!(n > 1 || matches!(entry, Entry::Plan { .. }));
            Ok(())
        })
        .unwrap();
        assert_eq!((entries, view.sequence()), (602, 602));
    });
}

/// The journal's format, byte for byte: what was written must stay readable.
#[test]
fn the_journals_bytes_are_these() {
    run(async {
        let world = World::new();
        let mut queue = world.create().unwrap();
        plan(&mut queue, people(2)).await;
        let intents = claim(&mut queue, 1, T0).await;
        record(&mut queue, JobId(0), accepted(&intents[0])).await;
        queue.sync().await.unwrap();
        let hex: Vec<_> = journal_bytes(&world)
            .chunks(32)
            .map(|line| line.iter().map(|byte| format!("{byte:02x}")).collect::<String>())
            .collect();
        assert_eq!(hex, GOLDEN_JOURNAL);
        let mark: String = world.disk.read(&World::file("mark")).unwrap()[512..]
            .iter()
            .map(|b| format!("{b:02x}"))
            .collect();
        assert_eq!(mark, GOLDEN_MARK);
    });
}

/// Head; the plan's commit batch; the claim's; the outcome's.
const GOLDEN_JOURNAL: &[&str] = &[
    "73656e6463617374206a6f75726e616c02000000ebbc7c69000000008c099f34",
    "677270310b0000000100000000000000010000000000000001000000f29dd918",
    "0a0101000280d8c1a28c34677270311400000002000000000000000200000000",
    "00000001000000a9bb0efd1302000001000107e0acc5a28c3480d8c1a28c3467",
    "7270311700000003000000000000000300000000000000010000002b585a5916",
    "02000201010a77616d69642e302e313d80d8c1a28c34",
];
const GOLDEN_MARK: &str = "6d61726b000000000300000000000000b600000000000000fe4c5b1c";
