//! `forget`: one person is gone from everything, and everybody's counts stay.

use std::path::Path;
use std::process::Stdio;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sendcast::domain::phone::Phone;
use sendcast::domain::time::Millis;
use sendcast::queue::View;
use sendcast::sys::disk::RealDisk;
use sendcast::webhooks::{Button, Hook, HookReply, InboxWriter, Record, StopOfUnknown};
use serde_json::{Value, json};

use super::account::Office;
use super::{Desk, Said, files};

/// Whose message is delivered, fails, is in doubt, waits.
const PEOPLE: [(&str, &str); 5] = [
    ("Ashalata", "919876500001"),
    ("Benjamin", "919876500002"),
    ("Cemalettin", "919876500003"),
    ("Dianthe", "919876500004"),
    ("Esperanza", "919876500005"),
];

fn people() -> String {
    let rows: String = PEOPLE.iter().map(|(name, phone)| format!("{name},+{phone}\n")).collect();
    // A duplicate in another spelling, and a cell that is no number.
    format!("{rows}Ashalata Twice,098765 00001\nAshalata Home,98765 00001 or 98765 00088\n")
}

#[track_caller]
fn run(office: &Office, arguments: &str) -> Said {
    office.run(&arguments.split_whitespace().collect::<Vec<_>>())
}

/// A campaign that has sent to three of five, a trial of it, a single message and a test.
fn lived() -> Office {
    let office = Office::greeting(&people());
    office.running.set_faults("code:131026@919876500002,reset@919876500003".parse().unwrap());
    run(&office, "run c.json --yes --limit 3 --timeout 1s --concurrency 1").exits(6);
    office.running.set_faults("".parse().unwrap());
    run(&office, "run c.json --sandbox").exits(0);
    run(&office, "test c.json --sandbox --to +919876500001").exits(0);
    run(&office, "send text --message Psst --to +919876500001 --from PHONE_NUMBER_ID").exits(0);
    office
}

/// In which files somebody stands, however it is stored, and in which rounds.
fn traces(data: &Path, (name, digits): (&str, &str)) -> Vec<String> {
    let number: u64 = digits.parse().unwrap();
    let phone = Phone::from_digits(digits).unwrap();
    let encoded = STANDARD.encode(digits);
    let stored: [&[u8]; 6] = [
        digits.as_bytes(),
        &digits.as_bytes()[2..],
        name.as_bytes(),
        &number.to_le_bytes(),
        &number.to_be_bytes(),
        encoded.as_bytes(),
    ];
    let mut found = Vec::new();
    for (path, bytes) in files(data) {
        if stored.iter().any(|trace| bytes.windows(trace.len()).any(|window| window == *trace)) {
            found.push(path.strip_prefix(data).unwrap().display().to_string());
        }
        if path.ends_with("manifest.json") {
            let mut view = View::open(RealDisk::shared(), path.parent().unwrap()).unwrap();
            view.scan(&mut |line| {
                for row in std::iter::once(&*line.row).chain(line.sent.as_ref().map(|sent| &*sent.row)) {
                    let told = phone.is_told_in(&row.to)
                        || row.phone.is_some_and(|one| one.identity() == phone.identity())
                        || row.cells.iter().any(|cell| cell.contains(name) || phone.is_told_in(cell))
                        || format!("{:?}", row.fate).contains(name);
                    if told {
                        found.push(format!("a row in {}", path.display()));
                    }
                }
                Ok(())
            })
            .unwrap();
            let mut entries = String::new();
            view.entries(&mut |_, entry| {
                entries += &format!("{entry:?}\n");
                Ok(())
            })
            .unwrap();
            if entries.contains(digits) || entries.contains(&encoded) {
                found.push(format!("the journal in {}", path.display()));
            }
        }
    }
    found
}

fn counts(office: &Office, name: &str) -> Value {
    run(office, &format!("status {name} --json")).exits(0).json()["counts"].clone()
}

fn accepted(office: &Office, digits: &str) -> u64 {
    office.running.stats().recipients.get(digits).copied().unwrap_or_default()
}

fn rows(office: &Office) -> Vec<Value> {
    run(office, "report c --format json").exits(0).json().as_array().unwrap().clone()
}

#[test]
fn one_person_goes_from_everything_and_the_counts_stay() {
    let office = lived();
    let data = &office.desk.data;
    let before = counts(&office, "c");
    assert_eq!(
        (&before["failed"], &before["in_doubt"], &before["queued"]),
        (&json!(1), &json!(1), &json!(2))
    );
    assert!(traces(data, PEOPLE[0]).len() > 5, "there is something to forget");

    // First what there is.
    let listed = run(&office, "forget +919876500001").exits(0);
    let listed = listed.prints("c --sandbox").says("nothing was removed; with `--yes` it would be");
    listed.says("single message").says("isn't on the opt-out list");
    let dry = run(&office, "forget 9876500001 --country IN --dry-run --json").exits(0).json();
    assert_eq!((&dry["dry_run"], &dry["single_messages"]), (&json!(true), &json!(2)));
    assert_eq!(dry["campaigns"].as_array().unwrap().len(), 2);
    assert_eq!(dry["campaigns"][0]["rows"], 3, "the duplicate and the misspelt one, too");
    assert!(traces(data, PEOPLE[0]).len() > 5, "nothing was removed");

    let done = run(&office, "forget +919876500001 --yes").exits(0).says("…0001 is forgotten");
    let done =
        done.says("this file still holds them").says("c.report.csv").says("`sendcast report c -o FILE`");
    assert!(!done.err.contains("9876500001") && !done.out.contains("9876500001"), "{}{}", done.out, done.err);
    assert!(!done.err.contains("still stands in"), "{}", done.err);
    assert_eq!(traces(data, PEOPLE[0]), Vec::<String>::new());
    assert_eq!(counts(&office, "c"), before);
    for verified in ["verify c", "verify c --sandbox"] {
        run(&office, verified).exits(0);
    }
    let report = rows(&office);
    assert_eq!(report.len(), 7);
    let row = &report[0];
    assert_eq!((&row["row"], &row["status"], &row["attempts"]), (&json!(2), &json!("accepted"), &json!(1)));
    assert!(row["accepted_at"].is_string() && row["status_at"].is_string());
    for empty in ["to", "message", "message_id", "Name", "Phone"] {
        let value = &row[empty];
        assert!(value.is_null() || value == "", "{empty}: {value}");
    }
    assert!(row["reason"].as_str().unwrap().contains("forgotten"));
    assert_eq!((&report[5]["status"], &report[5]["skipped_as"]), (&json!("skipped"), &json!("forgotten")));
    assert_eq!(report[1]["Name"], "Benjamin");
    for format in ["csv", "ndjson", "xlsx", "html"] {
        run(&office, &format!("report c -o again.{format}")).exits(0);
        let bytes = std::fs::read(office.desk.dir.join(format!("again.{format}"))).unwrap();
        let text = String::from_utf8_lossy(&bytes);
        assert!(!text.contains("Ashalata") && !text.contains("98765 00001") && !text.contains("9876500001"));
    }
    let again = run(&office, "forget +919876500001 --yes").exits(0);
    again.says("nothing of …0001 is in the data directory");
}

#[test]
fn whoever_failed_waits_or_is_in_doubt_is_never_written_to_again() {
    let office = lived();
    let data = &office.desk.data;
    for person in &PEOPLE[1..4] {
        run(&office, &format!("forget +{} --yes", person.1)).exits(0);
        assert_eq!(traces(data, *person), Vec::<String>::new(), "{person:?}");
    }
    let after = counts(&office, "c");
    assert_eq!((&after["failed"], &after["in_doubt"]), (&json!(1), &json!(1)));
    assert_eq!((&after["queued"], &after["cancelled"]), (&json!(1), &json!(1)));
    let sent: Vec<_> = PEOPLE.iter().map(|(_, phone)| accepted(&office, phone)).collect();
    assert_eq!(sent, [2, 0, 0, 0, 0]);

    // Neither by order nor by going on, nor by an edited file that still has them, under whichever spelling.
    run(&office, "retry c");
    run(&office, "resolve c --resend");
    run(&office, "run c.json --yes --timeout 1s").exits(4);
    office.desk.people(&format!("{}Benjamin,+91 98765 00002\nNewcomer,+919876500009\n", people()));
    let edited = run(&office, "run c.json --yes").exits(4);
    edited.says("1 new");
    let sent: Vec<_> = PEOPLE.iter().map(|(_, phone)| accepted(&office, phone)).collect();
    assert_eq!(sent, [2, 0, 0, 0, 1], "only who waited and wasn't forgotten");
    assert_eq!(accepted(&office, "919876500009"), 1);
    for person in &PEOPLE[1..4] {
        assert_eq!(traces(data, *person), Vec::<String>::new(), "an edited file brought {person:?} back");
    }
    run(&office, "verify c").exits(0);
    let report = rows(&office);
    let statuses: Vec<_> = report.iter().map(|row| row["status"].as_str().unwrap().to_owned()).collect();
    assert_eq!(&statuses[1..4], ["failed", "in_doubt", "cancelled"]);
    assert_eq!(report[1]["error_code"], 131_026);
    let total: u64 = counts(&office, "c").as_object().unwrap().values().map(|n| n.as_u64().unwrap()).sum();
    assert_eq!(total, report.len() as u64);
    // The operator's word on a doubt still counts, though nobody can be looked for.
    run(&office, "resolve c --sent");

    // A new round is a new order: the opt-out list is what keeps it from happening.
    run(&office, "run c.json --yes --again --offline").exits(0);
    assert_eq!(accepted(&office, PEOPLE[1].1), 1);
}

#[test]
fn replies_orders_webhooks_and_waiting_stops_go_too() {
    let office = Office::greeting(&people());
    let data = &office.desk.data;
    office.desk.campaign(
        r#"{"type": "buttons", "body": "Hi {{ name }}", "buttons": [{"id": "yes", "title": "Yes"}]}"#,
    );
    run(&office, "run c.json --yes").exits(0);
    let ids: Vec<_> =
        rows(&office).iter().map(|row| row["message_id"].as_str().unwrap_or_default().to_owned()).collect();
    let account = std::fs::read_dir(data.join("accounts")).unwrap().next().unwrap().unwrap().path();
    let now = Millis(
        std::time::SystemTime::now()
            .duration_since(std::time::UNIX_EPOCH)
            .unwrap()
            .as_millis()
            .try_into()
            .unwrap(),
    );
    let mut writer =
        InboxWriter::open(RealDisk::shared(), sendcast::webhooks::inbox_dir(&account), now).unwrap();
    let reply = |n: usize| {
        let button = Some(Button { id: "yes".into(), title: "Yes".into() });
        let answers = Some(sendcast::domain::ids::MessageId::new(&*ids[n]));
        let id = Some(sendcast::domain::ids::MessageId::new(format!("wamid.reply{n}")));
        let from = Phone::from_digits(PEOPLE[n].1);
        let words = Some("Yes".into());
        Hook::Reply(HookReply { from, id, answers, button, words, ..HookReply::default() })
    };
    let records: Vec<_> = [0, 1].map(|n| Record { received: now, hook: reply(n) }).into();
    writer.append(&records, now).unwrap();
    let stop = StopOfUnknown {
        at: now,
        how: "wrote \"STOP\" (webhook)".into(),
        answers: Some(sendcast::domain::ids::MessageId::new(&*ids[0])),
        user: Some("BSUID".into()),
        id: None,
    };
    writer.unattributed().note(&[stop]).unwrap();
    drop(writer);
    run(&office, "run c.json --yes --track 1s").exits(0);
    assert_eq!(rows(&office)[0]["reply"], "Yes");
    // An order that waits, as it does while another process works on the campaign.
    let round = data.join("campaigns/c/round-001");
    let order = |to: &[usize]| sendcast::engine::orders::Order {
        id: sendcast::domain::ids::OrderId::new(format!("o{}", to.len())),
        at: now,
        order: sendcast::engine::orders::OrderKind::Resolve {
            word: sendcast::engine::orders::Word::Sent,
            to: to.iter().map(|n| Phone::from_digits(PEOPLE[*n].1).unwrap()).collect(),
        },
    };
    for order in [order(&[0]), order(&[0, 1])] {
        sendcast::engine::orders::submit(&RealDisk, &round, &order).unwrap();
    }
    let done = run(&office, "forget +919876500001 --yes --json").exits(0).json();
    assert_eq!((&done["stops_kept"], &done["left"]), (&json!(1), &json!([])));
    assert_eq!(done["webhook_events"], 2);
    let left: Vec<_> = traces(data, PEOPLE[0]);
    assert_eq!(left, ["optout.csv"]);
    run(&office, "optout list").exits(0).prints("919876500001");
    let report = rows(&office);
    assert!(report[0]["reply"].is_null() && report[0]["replied_at"].is_null());
    assert_eq!(report[1]["reply"], "Yes", "others' answers stay");
    let waiting = sendcast::engine::orders::pending(&RealDisk, &round).unwrap();
    assert_eq!(waiting.len(), 1, "an order to nobody would be one to all");
    assert_eq!(waiting[0].1.as_ref().unwrap().order, order(&[1]).order);
    run(&office, "run c.json --yes").exits(0);
    assert!(rows(&office)[0]["reply"].is_null());
    run(&office, "forget +919876500001").exits(0).says("nothing of …0001 is in the data directory");
}

#[test]
fn a_campaign_that_is_being_sent_stops_it_before_anything_is_changed() {
    let office = lived();
    let data = &office.desk.data;
    let mut going = office.command(&["run", "c.json", "--yes", "--track", "1m"]);
    let mut going = going.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let status = data.join("campaigns/c/round-001/status.json");
    while !std::fs::read_to_string(&status).unwrap_or_default().contains("tracking") {
        assert!(going.try_wait().unwrap().is_none());
        std::thread::yield_now();
    }
    let before = traces(data, PEOPLE[0]);
    let refused = run(&office, "forget +919876500001 --yes").exits(1);
    refused.says("nothing was changed").says("c, round 1: `sendcast pause c` ends its run");
    assert_eq!(traces(data, PEOPLE[0]).len(), before.len(), "the trial is as it was, too");
    // Whoever isn't in it can be forgotten meanwhile.
    run(&office, "send text --message Psst --to +919876500042 --from PHONE_NUMBER_ID").exits(0);
    run(&office, "forget +919876500042 --yes").exits(0);
    going.kill().unwrap();
    going.wait().unwrap();
    run(&office, "forget +919876500001 --yes").exits(0);
    assert_eq!(traces(data, PEOPLE[0]), Vec::<String>::new());
    run(&office, "verify c").exits(0);
}

#[test]
fn what_came_by_standard_input_goes_and_the_plan_goes_on() {
    let desk = Desk::with("");
    let feed = |arguments: &str| -> Said {
        let mut command = desk.command(arguments);
        let mut child =
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        std::io::Write::write_all(
            &mut child.stdin.take().unwrap(),
            format!("Name,Phone\n{}", people()).as_bytes(),
        )
        .unwrap();
        child.wait_with_output().unwrap().into()
    };
    feed("run c.json --sandbox --audience - --limit 2 --yes").exits(6);
    assert!(traces(&desk.data, PEOPLE[0]).iter().any(|path| path.contains("standard-input")));
    desk.run("forget +919876500001 --yes").exits(0);
    assert_eq!(traces(&desk.data, PEOPLE[0]), Vec::<String>::new());
    desk.run("run c.json --sandbox --yes").exits(0).says("the frozen plan goes on");
    assert_eq!(desk.counts()["queued"], 0);
    // The same audience once more: they aren't taken in, and it isn't kept.
    feed("run c.json --sandbox --audience - --yes").exits(0);
    assert_eq!(traces(&desk.data, PEOPLE[0]), Vec::<String>::new());
    desk.run("run c.json --sandbox --yes").exits(0).says("the frozen plan goes on");
    desk.run("verify c --sandbox").exits(0);
}

#[test]
fn other_campaigns_that_leave_out_whom_this_one_wrote_to_still_do() {
    let office = lived();
    run(&office, "forget +919876500001 --yes").exits(0);
    let campaign = office.desk.read("c.json").replace(r#""name": "c""#, r#""name": "d""#);
    let campaign = campaign
        .replace(r#""country": "IN""#, r#""country": "IN", "exclude": [{"campaign": "c"}]"#)
        .replace("Hi ", "Dear ");
    office.desk.write("d.json", &campaign);
    run(&office, "run d.json --yes --new").exits(0);
    assert_eq!(accepted(&office, PEOPLE[0].1), 2, "the campaign's and the single one");
    assert_eq!(accepted(&office, PEOPLE[4].1), 1);
}

#[test]
fn what_cant_be_read_is_told_and_the_rest_goes() {
    let office = lived();
    let data = &office.desk.data;
    let journal = data.join("sandbox/campaigns/c/round-001/journal");
    let mut bytes = std::fs::read(&journal).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 0xff;
    std::fs::write(&journal, bytes).unwrap();
    let done = run(&office, "forget +919876500001 --yes").exits(1);
    done.says("it isn't known whether").says("`sendcast erase c --sandbox`").says("…0001 is forgotten");
    let left = traces_but(data, "sandbox/campaigns/c/");
    assert_eq!(left, Vec::<String>::new());
    run(&office, "forget 12").exits(2);
    run(&office, "forget +919876500077 --yes").exits(1).says("nothing of …0077");
    run(&office, "erase c --sandbox --yes").exits(0);
    run(&office, "forget +919876500077 --yes").exits(0).says("nothing of …0077");
}

/// As [`traces`], by bytes alone and without what lies below a directory.
fn traces_but(data: &Path, dir: &str) -> Vec<String> {
    let digits = PEOPLE[0].1.as_bytes();
    let told =
        files(data).into_iter().filter(|(_, bytes)| bytes.windows(digits.len()).any(|at| at == digits));
    let names = told.map(|(path, _)| path.strip_prefix(data).unwrap().display().to_string());
    names.filter(|name| !name.starts_with(dir)).collect()
}
