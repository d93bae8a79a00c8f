//! `erase` leaves nothing of a recipient but what it says.

use std::path::Path;
use std::time::Duration;

use super::canary::{PEOPLE, rows};
use super::desk::{Desk, Said, below, contents, until};

/// Somebody's number, name or message in a file below `dir`, whichever way it is stored.
fn traces(dir: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for (path, bytes) in contents(dir) {
        for (name, phone) in PEOPLE {
            let number: u64 = phone.parse().unwrap();
            let stored: [&[u8]; 5] = [
                phone.as_bytes(),
                &phone.as_bytes()[2..],
                name.split(' ').next().unwrap().as_bytes(),
                &number.to_le_bytes(),
                &number.to_be_bytes(),
            ];
            if stored.iter().any(|trace| bytes.windows(trace.len()).any(|window| window == *trace)) {
                found.push(format!("{name} in {}", path.display()));
            }
        }
    }
    found
}

/// A campaign that has lived: sent, failed, in doubt, tried again, edited, tested, reported, killed.
fn lived() -> Desk {
    let desk = Desk::new();
    desk.campaign(&rows());
    let faults = format!("code:131000@{},reset-after=1x", PEOPLE[1].1);
    desk.says(&format!("run c.json --sandbox --timeout 1s --limit 2 --faults {faults}"));
    desk.says("retry c --sandbox");
    desk.says("run c.json --sandbox");
    desk.campaign(&format!("{}Neu,+919876500009\n", rows()));
    desk.says("run c.json --sandbox --report other.json");
    desk.says(&format!("test c.json --sandbox --to +{}", PEOPLE[2].1)).exits(0);
    desk.says("report c --sandbox -o third.ndjson").exits(0);
    desk.says("run c.json --sandbox --again --yes");
    let more = desk.command("", &["run", "c.json", "--sandbox", "--again", "--yes", "--rate", "1/s"]);
    until(more, Duration::from_millis(1_500), |_| false);
    desk
}

#[test]
fn nothing_is_left_but_what_it_says() {
    let desk = lived();
    assert!(traces(&desk.data()).len() > 3, "there was something to erase");
    // What a killed report leaves, and a file that only looks alike.
    desk.write(".other.json.4711-0.tmp", format!("half {}", PEOPLE[0].1));
    desk.write(".other.json.mine.tmp", "mine");
    desk.says(&format!("optout add +{}", PEOPLE[0].1)).exits(0);
    let said = desk.says("erase c --sandbox --yes --reports").exits(0);
    let said = said.says("removed the report").says("the opt-out list, and salted hashes");
    assert!(!said.err().contains("left the report"), "{}", said.err());
    for gone in ["c.sandbox.report.csv", "other.json", "third.ndjson", ".other.json.4711-0.tmp"] {
        assert!(!desk.work().join(gone).exists(), "{gone}");
    }
    assert!(desk.work().join(".other.json.mine.tmp").exists());
    assert!(desk.work().join("people.csv").exists());
    let left = traces(&desk.data());
    assert_eq!(left.len(), 1, "{left:?}");
    assert!(left[0].ends_with("optout.csv"));
    let names: Vec<_> = below(&desk.data())
        .iter()
        .filter(|path| path.is_file())
        .map(|path| path.strip_prefix(desk.data()).unwrap().display().to_string())
        .collect();
    for name in &names {
        let kept = ["optout.csv", "optout.lock", "sandbox/numbers/", "sandbox/accounts/"];
        assert!(kept.iter().any(|kept| name.starts_with(kept)), "{name} is left: {names:?}");
    }
    desk.says("status c --sandbox").exits(2);
}

#[test]
fn without_reports_they_are_listed_and_half_ones_go() {
    let desk = lived();
    desk.write(".third.ndjson.99-7.tmp", "half");
    let said = desk.says("erase c --sandbox --yes").exits(0);
    let err = said.err();
    for report in ["c.sandbox.report.csv", "other.json", "third.ndjson"] {
        assert!(err.contains("left the report") && err.contains(report), "{err}");
        assert!(desk.work().join(report).exists());
    }
    assert!(!desk.work().join(".third.ndjson.99-7.tmp").exists());
    assert_eq!(traces(&desk.data()), Vec::<String>::new());
}

#[test]
fn old_campaigns_and_single_messages_leave_nothing_either() {
    let desk = Desk::new();
    desk.campaign(&rows());
    desk.says("run c.json --sandbox").exits(0);
    desk.says("run c.json --sandbox --again --yes").exits(0);
    desk.says(&format!("test c.json --sandbox --to +{}", PEOPLE[2].1)).exits(0);
    let to = format!("+{}", PEOPLE[1].1);
    let way = ["--from", "PHONE_NUMBER_ID", "--sandbox", "--to", &to];
    desk.run(&[&["send", "text", "--message", PEOPLE[0].0][..], &way].concat()).exits(0);
    assert!(traces(&desk.data()).iter().any(|trace| trace.contains("singles")));
    desk.says("erase --older-than 0 --sandbox").exits(0).says("nothing was erased");
    assert!(traces(&desk.data()).len() > 3);
    desk.says("erase --older-than 0 --sandbox --yes --reports").exits(0);
    let left = traces(&desk.data());
    assert!(!left.is_empty() && left.iter().all(|trace| trace.contains("singles")), "{left:?}");
    assert!(!desk.work().join("c.sandbox.report.csv").exists());
    desk.says("erase --singles --sandbox --yes").exits(0).says("1 single message is erased");
    assert_eq!(traces(&desk.data()), Vec::<String>::new());
}

#[test]
fn a_linked_report_goes_where_its_bytes_are_and_no_device_goes() {
    let desk = Desk::new();
    desk.campaign(&rows());
    std::fs::create_dir(desk.root().join("elsewhere")).unwrap();
    let real = desk.root().join("elsewhere/real.csv");
    std::fs::write(&real, "").unwrap();
    std::os::unix::fs::symlink(&real, desk.work().join("r.csv")).unwrap();
    desk.says("run c.json --sandbox --report r.csv").exits(0);
    assert!(traces(&desk.root().join("elsewhere")).len() >= 3);
    // Had it been taken for a report, it would be gone (and where this runs as root, the machine's own).
    let (null, pipe) = (desk.work().join("null"), desk.work().join("pipe"));
    std::os::unix::fs::symlink("/dev/null", &null).unwrap();
    desk.says("report c --sandbox -o null").exits(0);
    desk.says("report c --sandbox -o /dev/null").exits(0);
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let reader = std::thread::spawn({
        let pipe = pipe.clone();
        move || std::fs::read(pipe).unwrap()
    });
    desk.says("report c --sandbox -o pipe").exits(0);
    assert!(!reader.join().unwrap().is_empty());
    desk.says("erase c --sandbox --yes --reports").exits(0);
    assert!(!real.exists(), "the bytes of a linked report are gone");
    assert!(null.exists() && pipe.exists() && Path::new("/dev/null").exists());
    assert_eq!(traces(&desk.root().join("elsewhere")), Vec::<String>::new());
}

#[test]
fn a_run_that_is_going_is_not_erased() {
    let desk = Desk::new();
    desk.campaign(&rows());
    let mut refused: Option<Said> = None;
    let run = desk.command("", &["run", "c.json", "--sandbox", "--rate", "1/s"]);
    let (_, ended) = until(run, Duration::from_secs(10), |_| {
        if refused.is_none() && desk.data().join("sandbox/campaigns/c/round-001/status.json").exists() {
            refused = Some(desk.says("erase c --sandbox --yes --reports"));
        }
        refused.is_some()
    });
    assert!(!ended);
    refused.unwrap().exits(1).says("another sendcast is working on this campaign");
    assert!(traces(&desk.data()).len() > 1, "nothing was taken from under it");
    desk.says("erase c --sandbox --yes").exits(0);
    assert_eq!(traces(&desk.data()), Vec::<String>::new());
}

#[test]
fn broken_off_anywhere_it_is_taken_up_again() {
    // An erase that was killed has removed some of the entries, whichever. `settings.json` and `server` hold the people of
    // a trial too; what leads to them must go last.
    let campaign = |desk: &Desk| desk.data().join("sandbox/campaigns/c");
    let lived = lived();
    let rounds = below(&campaign(&lived))
        .iter()
        .filter(|path| path.is_dir() && path.parent() == Some(&campaign(&lived)))
        .count();
    assert!(rounds >= 3, "{rounds}");
    // Killed at random moments, again and again, until it gets through.
    for pause in [3_u64, 6, 9, 12, 15, 20, 30, 45] {
        // The last one may have been done when it was killed.
        if !campaign(&lived).exists() {
            break;
        }
        let erase = lived.command("", &["erase", "c", "--sandbox", "--yes", "--reports"]);
        let (said, ended) = until(erase, Duration::from_millis(pause), |_| false);
        if ended {
            assert_eq!(said.code, Some(0), "{}", said.err());
            break;
        }
    }
    if campaign(&lived).exists() {
        lived.says("erase c --sandbox --yes --reports").exits(0);
    }
    assert_eq!(traces(&lived.data()), Vec::<String>::new());
    assert!(!lived.work().join("third.ndjson").exists() && !lived.work().join("other.json").exists());
}

#[test]
fn as_long_as_anything_is_left_erase_finds_it() {
    for gone in [
        vec!["round-001"],
        vec!["server"],
        vec!["round-001", "server", "settings.json"],
        vec!["round-001", "server", "round-002/manifest.json", "round-002/journal"],
    ] {
        let desk = Desk::new();
        desk.campaign(&rows());
        desk.says("run c.json --sandbox").exits(0);
        desk.says("run c.json --sandbox --again").exits(0);
        let dir = desk.data().join("sandbox/campaigns/c");
        for name in &gone {
            let path = dir.join(name);
            if path.is_dir() {
                std::fs::remove_dir_all(&path).unwrap()
            } else {
                std::fs::remove_file(&path).unwrap()
            }
        }
        desk.says("erase c --sandbox --yes --reports").exits(0);
        assert!(!dir.exists(), "{gone:?}");
        assert!(!desk.work().join("c.sandbox.report.csv").exists(), "{gone:?}");
        assert_eq!(traces(&desk.data()), Vec::<String>::new());
    }
}
