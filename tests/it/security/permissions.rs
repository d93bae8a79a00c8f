//! What is written is its owner's alone, from its first moment on and whatever the umask.

use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::desk::{Desk, below, until};

const MASKS: [&str; 4] = ["000", "022", "077", "0277"];

/// What others may do with anything below a directory, and links that lead out of it.
fn open_to_others(dir: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for path in below(dir) {
        // Temporary files come and go.
        let Ok(meta) = path.symlink_metadata() else { continue };
        let private = if meta.is_dir() { 0o700 } else { 0o600 };
        if meta.mode() & 0o7777 & !private != 0 || meta.is_symlink() {
            found.push(format!("{} {:o}", path.display(), meta.mode() & 0o7777));
        }
    }
    found
}

/// Ends a look-out, also where the test fails.
struct Ends<'a>(&'a AtomicBool);

impl Drop for Ends<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

#[test]
fn files_are_0600_and_directories_0700_at_every_moment() {
    let threads = MASKS.map(|mask| {
        std::thread::spawn(move || {
            let desk = Desk::new();
            let rows: String =
                (0..300).map(|n| format!("Guest {n},+91{}\n", 9_876_000_000_u64 + n)).collect();
            desk.campaign(&rows);
            let umask = format!("umask {mask};");
            let over = AtomicBool::new(false);
            let (data, work) = (desk.data(), desk.work());
            let given = [work.join("people.csv"), work.join("c.json"), work.join("stop.csv")];
            std::fs::write(&given[2], "phone\n+919876000001\n").unwrap();
            std::thread::scope(|scope| {
                let ends = Ends(&over);
                // Somebody who looks all the time.
                let watcher = scope.spawn(|| {
                    let mut looks = 0_u64;
                    let mut found = Vec::new();
                    while !over.load(Ordering::Relaxed) {
                        found.extend(open_to_others(&data));
                        for path in below(&work).into_iter().filter(|path| !given.contains(path)) {
                            let mode = path.symlink_metadata().map_or(0o600, |meta| meta.mode() & 0o777);
                            if mode & !0o600 != 0 {
                                found.push(format!("{} {mode:o}", path.display()));
                            }
                        }
                        looks += 1;
                        std::thread::sleep(Duration::from_millis(1));
                    }
                    (looks, found)
                });
                for command in [
                    "optout import stop.csv",
                    "optout add +919876000002",
                    "run c.json --sandbox --limit 100 --faults reset-after=1x",
                    "run c.json --sandbox --limit 100",
                    "pause c --sandbox",
                    "resume c --sandbox",
                    "test c.json --sandbox --to +919876000003",
                    "report c --sandbox",
                    "report c --sandbox -o r.json",
                    "optout remove +919876000002",
                    "run c.json --sandbox",
                ] {
                    let arguments: Vec<_> = command.split(' ').collect();
                    let (said, ended) =
                        until(desk.command(&umask, &arguments), super::desk::LONGEST, |_| false);
                    assert!(
                        ended && matches!(said.code, Some(0 | 3 | 4 | 6)),
                        "{mask} {command}: {:?} {}",
                        said.code,
                        said.err()
                    );
                }
                // A kill leaves what it leaves.
                let kill = desk
                    .command(&umask, &["run", "c.json", "--sandbox", "--again", "--yes", "--rate", "50/s"]);
                until(kill, Duration::from_millis(700), |_| false);
                drop(ends);
                let (looks, mut found) = watcher.join().unwrap();
                found.sort();
                found.dedup();
                assert_eq!(found, Vec::<String>::new(), "umask {mask}");
                assert!(looks > 20, "{looks} looks");
            });
            assert_eq!(open_to_others(&desk.root().join("data")), Vec::<String>::new());
            assert!(below(&desk.data()).len() > 20, "there was something to look at");
            assert_eq!(desk.data().metadata().unwrap().mode() & 0o777, 0o700);
            assert_eq!(below(&desk.root().join("tmp")).len(), 0);
        })
    });
    for thread in threads {
        thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
    }
}

#[test]
fn what_init_writes_has_the_users_usual_rights() {
    for (mask, file, dir) in [("022", 0o644, 0o755), ("077", 0o600, 0o700), ("002", 0o664, 0o775)] {
        let desk = Desk::new();
        let (said, _) =
            until(desk.command(&format!("umask {mask};"), &["init", "new"]), super::desk::LONGEST, |_| false);
        assert_eq!(said.code, Some(0), "{}", said.err());
        let mode = |path: &str| desk.work().join(path).metadata().unwrap().mode() & 0o777;
        assert_eq!((mode("new"), mode("new/customers.csv")), (dir, file), "umask {mask}");
    }
}

#[test]
fn a_report_that_others_could_read_is_its_owners_afterwards() {
    let desk = Desk::new();
    desk.campaign("Ann,+919876543210\n");
    desk.write("r.csv", "old");
    std::fs::set_permissions(desk.work().join("r.csv"), std::fs::Permissions::from_mode(0o666)).unwrap();
    desk.says("run c.json --sandbox --report r.csv").exits(0);
    assert_eq!(desk.work().join("r.csv").metadata().unwrap().mode() & 0o777, 0o600);
}

#[test]
fn a_data_directory_that_cant_be_written_is_named() {
    // Root may write anywhere.
    if Command::new("id").arg("-u").output().unwrap().stdout == b"0\n" {
        return;
    }
    let desk = Desk::new();
    desk.campaign("Ann,+919876543210\n");
    std::fs::create_dir(desk.data()).unwrap();
    std::fs::set_permissions(desk.data(), std::fs::Permissions::from_mode(0o500)).unwrap();
    desk.says("run c.json --sandbox").exits(1).says("denied").says("data");
    std::fs::set_permissions(desk.data(), std::fs::Permissions::from_mode(0o700)).unwrap();
}
