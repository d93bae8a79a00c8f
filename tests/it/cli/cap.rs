//! `cap`: how many messages one person gets from all campaigns together. The witness is what the imitation accepted.

use std::collections::BTreeMap;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use sendcast::sandbox::{Delivery, SandboxOptions, Share};
use serde_json::{Value, json};

use super::Desk;
use super::account::Office;
use crate::kills::setting;
use crate::webhooks::desk::until;

/// A campaign of this name over `people.csv`, with this cap.
fn campaign(desk: &Desk, name: &str, cap: &Value) {
    let campaign = json!({
        "name": name, "from": "PHONE_NUMBER_ID", "rate": "max", "track": "0", "cap": cap,
        "audience": {"file": "people.csv"}, "message": {"type": "text", "body": format!("{name}, {{{{ name }}}}")}
    });
    desk.write(&format!("{name}.json"), &campaign.to_string());
}

/// What a report says of each person: where it stands or why it is skipped, and the reason.
fn told(desk: &Desk, campaign: &str) -> Vec<(String, String)> {
    let report = desk.run(&format!("report {campaign} --sandbox --json")).exits(0).json();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let each = |row: &Value| {
        let skipped_as = text(&row["skipped_as"]);
        (if skipped_as.is_empty() { text(&row["status"]) } else { skipped_as }, text(&row["reason"]))
    };
    report.as_array().unwrap().iter().map(each).collect()
}

fn states(desk: &Desk, campaign: &str) -> Vec<String> {
    told(desk, campaign).into_iter().map(|(state, _)| state).collect()
}

#[test]
fn who_got_as_many_as_are_allowed_is_skipped_and_why_is_said() {
    let desk = Desk::with("Ann,+919876543210\nBob,+919876543211\nCem,+919876543212\n");
    let cap = json!({"messages": 2, "per": "7d"});
    desk.run("run c.json --sandbox --limit 2").exits(6);
    campaign(&desk, "second", &cap);
    desk.run("run second.json --sandbox --new").exits(0).says("3 rows: 3 to send");
    campaign(&desk, "third", &cap);
    let check = desk.run("check third.json --offline --sandbox --json").exits(0).json();
    assert_eq!((&check["to_send"], &check["capped"]), (&json!(1), &json!(2)));
    assert_eq!(check["cap"], json!({"messages": 2, "per_s": 604_800}));
    desk.run("run third.json --sandbox --new").exits(0).says("3 rows: 1 to send, 2 capped");
    assert_eq!(states(&desk, "third"), ["capped", "capped", "accepted"]);
    let why = told(&desk, "third")[0].1.clone();
    let begins = "capped: 2 messages in the last 7 days; the next one is allowed from ";
    assert!(why.starts_with(begins), "{why}");
    // A trial's messages are no real ones, and other accounts' are others'.
    let real = desk.run("check third.json --offline --json").exits(0).json();
    assert_eq!(real["to_send"], 3);
    // Whom it wrote to itself stays as they are, whatever the file says; a new round counts like another campaign.
    desk.write("people.csv", "Name,Phone\nCem,+919876543212\nAnn,+919876543210\n");
    desk.run("run third.json --sandbox").exits(0).says("1 already sent");
    assert_eq!(states(&desk, "third"), ["accepted", "capped"]);
    desk.run("run third.json --sandbox --again").exits(2).says("no row can be sent to");
    // Messages of an erased campaign are gone, and so they don't count.
    desk.run("erase c --sandbox --yes").exits(0);
    desk.run("run third.json --sandbox --again").exits(0).says("2 rows: 1 to send, 1 capped");
    for (cap, says) in [
        (json!({"messages": 0, "per": "7d"}), "a cap of 0 messages would reach nobody"),
        (json!({"messages": 1, "per": "0"}), "`per` is at least a second"),
        (json!({"messages": 1, "per": "7"}), "has no unit"),
        (json!({"mesages": 1, "per": "7d"}), "did you mean `messages`?"),
        (json!(2), "an object such as {\"messages\": 2, \"per\": \"7d\"}"),
    ] {
        campaign(&desk, "third", &cap);
        desk.run("check third.json --offline").exits(2).says(says);
    }
}

/// A plan is frozen: what others wrote since is seen when a message is claimed.
#[test]
fn what_other_campaigns_wrote_since_it_was_planned_counts() {
    let desk = Desk::with("Ann,+919876543210\nBob,+919876543211\nCem,+919876543212\n");
    campaign(&desk, "first", &json!({"messages": 1, "per": "24h"}));
    desk.run("run first.json --sandbox --limit 1").exits(6).says("3 rows: 3 to send");
    desk.write(
        "c.json",
        &desk.read("c.json").replace("\"country\"", "\"where\": \"name == 'Bob'\", \"country\""),
    );
    desk.run("run c.json --sandbox --new").exits(0);
    desk.run("run first.json --sandbox").exits(0);
    assert_eq!(states(&desk, "first"), ["accepted", "capped", "accepted"]);
    assert!(
        told(&desk, "first")[1].1.starts_with("capped: 1 message in the last 1 day;"),
        "{:?}",
        told(&desk, "first")
    );
    // Several messages of one campaign to one person count as well.
    desk.write(
        "bills.csv",
        "Name,Phone,Bill\nEve,+919876543219,1\nEve,+919876543219,2\nEve,+919876543219,3\n",
    );
    let bills = json!({
        "name": "bills", "from": "PHONE_NUMBER_ID", "rate": "max", "track": "0",
        "cap": {"messages": 2, "per": "1h"}, "message": {"type": "text", "body": "Bill {{ bill }}"},
        "audience": {"file": "bills.csv", "duplicates": "send"}
    });
    desk.write("bills.json", &bills.to_string());
    desk.run("run bills.json --sandbox").exits(0).says("3 to send");
    assert_eq!(states(&desk, "bills"), ["accepted", "accepted", "capped"]);
}

const A_DAY: Duration = Duration::from_secs(24 * 3600);

/// Campaigns that run at once on one account, each on a number of its own: on one they would take turns.
struct Together {
    office: Office,
    ledger: tempfile::TempDir,
    files: [&'static str; 3],
    cap: u32,
    per: Duration,
}

impl Together {
    fn new(seed: u64, people: u64, cap: u32, per: Duration) -> Together {
        let faults = "latency:2ms-20ms,slow:2ms-30ms,reset-after=3%,500=3%,502-after=2%".parse().unwrap();
        let ledger = tempfile::tempdir().unwrap();
        let ledger_dir = Some(ledger.path().to_owned());
        // What isn't delivered makes room for another message.
        let delivery = Delivery { failing: Share::percent(0), ..Delivery::default() };
        let options = SandboxOptions { faults, seed, ledger_dir, delivery, ..SandboxOptions::default() };
        let office = Office::with(options);
        let people: String = (0..people).map(|n| format!("P{n},+9198{n:08}\n")).collect();
        office.desk.people(&people);
        let files = ["a.json", "b.json", "d.json"];
        for file in files {
            let name = &file[..1];
            campaign(&office.desk, name, &json!({"messages": cap, "per": format!("{}s", per.as_secs())}));
            let text = office.desk.read(file).replace("PHONE_NUMBER_ID", &format!("NUMBER-{name}"));
            office.desk.write(file, &text);
        }
        Together { office, ledger, files, cap, per }
    }

    /// A run, until it is killed.
    fn start(&self, file: &str, round: &str) -> Child {
        let run = ["run", file, "--yes", "--offline", round, "--track", "0", "--concurrency", "4"];
        self.office.command(&run).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
    }

    /// All of them run until it is `enough` or they have ended, and are killed. How many had ended by then.
    fn run_until(&self, round: &str, enough: impl Fn() -> bool) -> usize {
        let mut runs = self.files.map(|file| self.start(file, round));
        let mut ended = 0;
        until("they have sent some", || {
            ended = runs.iter_mut().filter_map(|run| run.try_wait().unwrap()).count();
            enough() || ended == self.files.len()
        });
        for run in &mut runs {
            let _ = run.kill();
            run.wait().unwrap();
        }
        ended
    }

    /// When the imitation accepted what, by person.
    fn accepted(&self) -> BTreeMap<String, Vec<u64>> {
        let text = std::fs::read_to_string(self.ledger.path().join("sandbox-ledger.jsonl")).unwrap();
        let mut people: BTreeMap<String, Vec<u64>> = BTreeMap::new();
        for line in text.lines() {
            let line: Value = serde_json::from_str(line).unwrap();
            // The first line says what file it is.
            if let (Some(to), Some(at)) = (line.get("to"), line.get("at")) {
                people.entry(to.to_string()).or_default().push(at.as_u64().unwrap());
            }
        }
        people
    }

    /// No window of that length has more messages to one person than are allowed. Yields the most that one has.
    fn judge(&self) -> usize {
        let per = u64::try_from(self.per.as_millis()).unwrap();
        let mut most = 0;
        for (to, mut times) in self.accepted() {
            times.sort_unstable();
            for (begin, from) in times.iter().enumerate() {
                let within = times[begin..].iter().take_while(|at| **at < from + per).count();
                assert!(within <= self.cap as usize, "{to} got {within} messages within {per} ms: {times:?}");
                most = most.max(within);
            }
        }
        most
    }

    /// Each comes to its end: everybody got as many as are allowed, or may have, and every other row says why not.
    fn settle(&self) {
        let mut got: BTreeMap<String, u32> = BTreeMap::new();
        for file in self.files {
            let run = self.office.run(&["run", file, "--yes", "--offline", "--new", "--track", "0"]);
            assert!(matches!(run.code, 0 | 3 | 4), "{} {}", run.code, run.err);
            let rows = self.office.run(&["report", &file[..1], "--json"]).exits(0).json();
            for row in rows.as_array().unwrap() {
                let may_have_arrived = matches!(
                    row["status"].as_str().unwrap(),
                    "accepted" | "sent" | "delivered" | "read" | "in_doubt"
                );
                let capped = row["skipped_as"] == "capped";
                assert!(may_have_arrived || capped, "{row}");
                *got.entry(row["to"].to_string()).or_default() += u32::from(may_have_arrived);
            }
        }
        let lost: Vec<_> = got.iter().filter(|(_, times)| **times != self.cap).collect();
        assert!(lost.is_empty(), "{} each, and not {lost:?}", self.cap);
    }
}

#[test]
fn campaigns_that_run_at_once_and_are_killed_write_to_nobody_too_often() {
    let together = Together::new(1, 150, 2, A_DAY);
    for goal in [40, 100, 170, 230] {
        together.run_until("--new", || together.office.running.stats().accepted >= goal);
        together.judge();
    }
    together.settle();
    assert_eq!(together.judge(), 2);
}

/// Round after round, and a person may be written to once more as soon as the time is over.
#[test]
fn within_no_time_as_long_as_the_caps_are_there_more_messages_than_it_allows() {
    let together = Together::new(2, 30, 1, Duration::from_secs(1));
    rounds(&together, &mut fastrand::Rng::with_seed(2), 6);
}

fn rounds(together: &Together, chance: &mut fastrand::Rng, rounds: u64) -> u64 {
    let accepted = || together.office.running.stats().accepted;
    for _ in 0..rounds {
        let goal = accepted() + chance.u64(1..40);
        let begun = Instant::now();
        let longest = Duration::from_millis(chance.u64(200..2_000));
        // A new round begins once the last one is settled.
        let round = chance.choice(&["--again", "--new"]).unwrap();
        together.run_until(round, || accepted() >= goal || begun.elapsed() > longest);
        together.judge();
    }
    until("somebody is written to once more", || {
        for round in ["--new", "--again"] {
            let run = together.office.run(&["run", "a.json", "--yes", "--offline", round, "--track", "0"]);
            // With nobody to write to there is nothing to do.
            assert!(matches!(run.code, 0 | 2 | 3 | 4 | 5), "{} {}", run.code, run.err);
        }
        together.accepted().values().any(|times| times.len() > together.cap as usize)
    });
    assert_eq!(together.judge(), together.cap as usize);
    accepted()
}

/// `SENDCAST_SOAK_SIZE` lives of three campaigns, drawn by `SENDCAST_SOAK_SEED`: half with a cap that holds for all of it,
/// half with one of a second or two, round after round.
#[test]
#[ignore = "a soak: run it with `.ci/soak cap`"]
fn soak_cap() {
    let (seed, size) = (setting("SENDCAST_SOAK_SEED", 1), setting("SENDCAST_SOAK_SIZE", 50));
    let (mut accepted, mut kills) = (0, 0);
    for life in seed..seed + size {
        let mut chance = fastrand::Rng::with_seed(life);
        let cap = chance.u32(1..3);
        if chance.bool() {
            let per = Duration::from_secs(chance.u64(1..3));
            let together = Together::new(life, chance.u64(5..60), cap, per);
            accepted += rounds(&together, &mut chance, 15);
            kills += 15;
            continue;
        }
        let people = chance.u64(50..400);
        let together = Together::new(life, people, cap, A_DAY);
        for _ in 0..8 {
            let goal = chance.u64(0..people * u64::from(cap));
            // What is in doubt may never have been accepted, and runs that look for it last.
            let begun = Instant::now();
            let enough = || {
                let waited = begun.elapsed() > Duration::from_secs(15);
                waited || together.office.running.stats().accepted >= goal
            };
            let ended = together.run_until("--new", enough);
            together.judge();
            kills += u64::from(ended < together.files.len());
        }
        together.settle();
        assert_eq!(together.judge(), cap as usize, "life {life}");
        accepted += together.office.running.stats().accepted;
    }
    println!(
        "{size} lives, {accepted} messages, three campaigns at once killed {kills} times: nobody too often, nobody lost"
    );
}
