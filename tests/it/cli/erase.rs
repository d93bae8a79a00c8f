//! `erase` beyond one campaign: the trial of its name, what is old, single messages. What it leaves of a person is tried in
//! `security::erase`.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::{Value, json};

use super::account::Office;
use super::{Desk, Said, THREE, files};

fn office() -> Office {
    Office::greeting(THREE)
}

#[track_caller]
fn run(office: &Office, arguments: &str) -> Said {
    office.run(&arguments.split_whitespace().collect::<Vec<_>>())
}

/// A campaign file of this name over the same people.
fn campaign(desk: &Desk, name: &str) {
    let text = desk.read("c.json").replace(r#""name": "c""#, &format!(r#""name": "{name}""#));
    desk.write(&format!("{name}.json"), &text.replace("people.csv", &format!("{name}.csv")));
    // People of its own, or it would be taken for a copy.
    let number = name.bytes().fold(0_u32, |sum, byte| (sum * 31 + u32::from(byte)) % 900) + 100;
    let rows: String = (0..3).map(|n| format!("Ann,+91987650{number}{n}\n")).collect();
    desk.write(&format!("{name}.csv"), &format!("Name,Phone\n{rows}"));
}

fn singles(data: &Path) -> Vec<PathBuf> {
    let dirs = std::fs::read_dir(data.join("singles")).into_iter().flatten();
    dirs.map(|entry| entry.unwrap().path()).collect()
}

/// Makes a single message one of long ago.
fn aged(single: &Path) -> PathBuf {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    let at = (now - Duration::from_secs(31 * 24 * 3600)).as_millis();
    let (_, chance) = single.file_name().unwrap().to_str().unwrap().split_once('-').unwrap();
    let old = single.with_file_name(format!("{at:013}-{chance}"));
    std::fs::rename(single, &old).unwrap();
    old
}

fn names(list: &Value) -> Vec<&str> {
    list.as_array().unwrap().iter().map(|one| one["campaign"].as_str().unwrap()).collect()
}

#[test]
fn the_trial_of_the_same_name_is_told_and_goes_by_its_own_order_or_with_all() {
    let office = office();
    let real = office.desk.data.join("campaigns/c");
    let trial = office.desk.data.join("sandbox/campaigns/c");
    let both = || {
        run(&office, "run c.json --yes").exits(0);
        run(&office, "run c.json --sandbox --yes").exits(0);
        assert!(real.exists() && trial.exists());
    };
    both();
    run(&office, "erase c --yes").exits(0).says("`sendcast erase c --sandbox` removes it");
    assert!(!real.exists() && trial.exists());
    run(&office, "erase c --yes").exits(2).says("add `--sandbox`");
    run(&office, "erase c --sandbox --yes").exits(0).says("c --sandbox is erased");
    assert!(!trial.exists());

    both();
    let erased = run(&office, "erase c.json --yes --json").exits(0).json();
    assert_eq!((&erased["erased"], &erased["trial"]), (&json!("c"), &json!("left")));
    run(&office, "run c.json --yes").exits(0);
    run(&office, "erase c --all").exits(2).says("--yes");
    let erased = run(&office, "erase c --all --yes --reports --json").exits(0).json();
    assert_eq!(erased["trial"], "erased");
    assert_eq!(erased["reports_removed"].as_array().unwrap().len(), 2);
    assert!(!real.exists() && !trial.exists());
    run(&office, "erase c --all --yes").exits(2).says("no campaign called `c`");

    // One of them alone.
    run(&office, "run c.json --sandbox --yes").exits(0);
    run(&office, "erase c --all --yes").exits(0).says("c --sandbox is erased");
    run(&office, "run c.json --yes").exits(0);
    let alone = run(&office, "erase c --all --yes").exits(0).says("c is erased");
    assert!(!alone.err.contains("--sandbox") && !real.exists(), "{}", alone.err);
    run(&office, "erase c --all --sandbox --yes").exits(2);
    run(&office, "erase").exits(2);
    run(&office, "erase c --singles").exits(2);
}

#[test]
fn old_campaigns_are_listed_first_and_those_that_wait_stay() {
    let office = office();
    let desk = &office.desk;
    for name in ["done", "waits", "stopped", "over", "broken"] {
        campaign(desk, name);
    }
    run(&office, "run done.json --yes").exits(0);
    run(&office, "run done.json --sandbox --yes").exits(0);
    run(&office, "run waits.json --yes --limit 1").exits(6);
    run(&office, "pause waits").exits(0);
    run(&office, "run stopped.json --yes --limit 1").exits(6);
    run(&office, "run over.json --yes --limit 1").exits(6);
    run(&office, "cancel over").exits(0);
    run(&office, "run broken.json --yes").exits(0);
    let journal = desk.data.join("campaigns/broken/round-001/journal");
    let mut bytes = std::fs::read(&journal).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 0xff;
    std::fs::write(&journal, bytes).unwrap();
    // What is left of an erasure that was broken off.
    std::fs::create_dir(desk.data.join("campaigns/half")).unwrap();

    // Nothing is so old.
    let young = run(&office, "erase --older-than 1h --yes --json").exits(0).json();
    assert_eq!(young["campaigns"], json!([]));
    assert!(!names(&young["kept"]).contains(&"waits"), "{young}");

    let dry = run(&office, "erase --older-than 0").exits(0);
    let dry = dry.prints("done").prints("stopped").prints("over").says("with `--yes` 3 campaigns would be");
    let dry = dry.says("waits stays: it is paused, with 2 people not yet sent to; `sendcast erase waits`");
    dry.says("broken stays: its age isn't known").says("half stays: nothing in it tells its age");
    let dry = run(&office, "erase --older-than 0 --json").exits(0).json();
    assert_eq!((&dry["dry_run"], names(&dry["campaigns"]).len()), (&json!(true), 3));
    assert_eq!(names(&dry["campaigns"])[0], "done", "the oldest first");
    assert_eq!(dry["campaigns"][0]["reports_left"].as_array().unwrap().len(), 1);
    let mut kept = names(&dry["kept"]);
    kept.sort_unstable();
    assert_eq!(kept, ["broken", "half", "waits"]);
    assert_eq!(run(&office, "status --json").exits(0).json().as_array().unwrap().len(), 5);

    let said = run(&office, "erase --older-than 0 --yes --reports").exits(0);
    said.says("done is erased").says("removed the report").says("the opt-out list, and salted hashes");
    let left = run(&office, "status --json").exits(0).json();
    let mut left = names(&left);
    left.sort_unstable();
    assert_eq!(left, ["broken", "waits"]);
    assert!(!desk.dir.join("done.report.csv").exists());
    assert!(desk.dir.join("done.sandbox.report.csv").exists(), "the trial stays");

    let trials = run(&office, "erase --older-than 0 --sandbox --yes --json").exits(0).json();
    assert_eq!((names(&trials["campaigns"]), &trials["dry_run"]), (vec!["done"], &json!(false)));
    assert_eq!(trials["campaigns"][0]["reports_left"].as_array().unwrap().len(), 1);
    assert_eq!(run(&office, "status --sandbox --json").exits(0).json(), json!([]));
    run(&office, "erase --older-than soon").exits(2);
    // Whoever is cancelled no longer waits.
    run(&office, "cancel waits").exits(0);
    run(&office, "erase --older-than 0 --all --yes").exits(0).says("waits is erased");
}

#[cfg(unix)]
#[test]
fn a_campaign_that_somebody_works_on_stays_however_old_it_is() {
    let office = office();
    let mut run_on = office.command(&["run", "c.json", "--yes", "--track", "1m"]);
    run_on.stderr(std::process::Stdio::null());
    let mut going = run_on.spawn().unwrap();
    let status = office.desk.data.join("campaigns/c/round-001/status.json");
    while !std::fs::read_to_string(&status).unwrap_or_default().contains("tracking") {
        assert!(going.try_wait().unwrap().is_none());
        std::thread::yield_now();
    }
    let said = run(&office, "erase --older-than 0 --yes").exits(0);
    said.says("c stays: another sendcast is working on it");
    assert!(status.exists());
    // Also where its heartbeat can't be seen.
    std::fs::write(&status, "{}").unwrap();
    let said = run(&office, "erase --older-than 0 --yes").exits(0);
    said.says("c stays: another sendcast is working on it");
    assert!(office.desk.data.join("campaigns/c/round-001/journal").exists());
    going.kill().unwrap();
    going.wait().unwrap();
}

#[test]
fn single_messages_go_after_thirty_days_or_when_that_is_asked_for() {
    let office = office();
    let send = "send text --message Psst --to +919876500001 --from PHONE_NUMBER_ID";
    let (data, all) = (&office.desk.data, || singles(&office.desk.data));
    run(&office, send).exits(0);
    let first = aged(&all()[0]);
    office.running.set_faults("reset-after=1x".parse().unwrap());
    run(&office, send).exits(4);
    assert!(!first.exists(), "the next one removes it");
    assert_eq!(all().len(), 1);

    // In doubt for more than a month.
    let doubtful = aged(&all()[0]);
    run(&office, send).exits(0);
    assert!(!doubtful.exists() && all().len() == 1);
    // One that is being sent, however old it seems.
    let held = aged(&all()[0]);
    let lock = std::fs::OpenOptions::new().write(true).open(held.join("lock")).unwrap();
    lock.lock().unwrap();
    run(&office, "test c.json --to +919876500002").exits(0);
    assert!(held.exists(), "somebody is sending it");
    assert_eq!(all().len(), 2);
    let some = run(&office, "erase --singles --yes --json").exits(0).json();
    assert_eq!(some, json!({ "erased": 1, "kept": 1 }));
    assert_eq!(all(), [held.as_path()]);
    lock.unlock().unwrap();

    run(&office, "erase --singles").exits(2).says("--yes");
    run(&office, "erase --singles --yes").exits(0).says("1 single message is erased");
    assert_eq!(all(), Vec::<PathBuf>::new());
    run(&office, "erase --singles").exits(0).says("0 single messages are erased");
    for (path, bytes) in files(data) {
        let text = String::from_utf8_lossy(&bytes);
        for trace in ["919876500001", "919876500002", "Psst"] {
            assert!(!text.contains(trace), "{trace} is still in {}", path.display());
        }
    }
    // Trials are apart.
    run(&office, &format!("{send} --sandbox")).exits(0);
    run(&office, "erase --singles --yes").exits(0).says("0 single messages are erased");
    run(&office, "erase --singles --all --yes").exits(0).says("1 single message is erased");
}
