//! From a spreadsheet to what is sent, step by step over the wire.

use std::time::{Duration, Instant};

use super::served::{Served, Visitor};
use crate::cli::{Desk, files};

const PEOPLE: &str = "First Name;Mobile;City\nAsha;98765 43210;Pune\nRavi;98765 43211;Nagpur\n;98765 43212;Pune\nMeera;12;Pune\n";

/// A draft of these bytes; its address.
fn begin(served: &Served, visitor: &Visitor, name: &str, bytes: &[u8]) -> String {
    let made = served.put("/new", visitor, name, bytes).is(201);
    let people = made.all("location")[0].to_owned();
    people.strip_suffix("/people").unwrap().to_owned()
}

fn page(served: &Served, visitor: &Visitor, path: &str) -> String {
    served.get(path, &visitor.cookie).is(200).text()
}

fn until(served: &Served, visitor: &Visitor, path: &str, says: &str) -> String {
    let end = Instant::now() + Duration::from_secs(60);
    loop {
        let page = page(served, visitor, path);
        if page.contains(says) {
            return page;
        }
        let main = page.split_once("<main").map_or(&*page, |(_, main)| main);
        assert!(Instant::now() < end, "never `{says}`: {main}");
        std::thread::sleep(Duration::from_millis(100));
    }
}

#[test]
fn a_spreadsheet_becomes_a_finished_trial() {
    let desk = Desk::new();
    let mut served = Served::start(&desk.data);
    let visitor = served.visitor();
    let draft = begin(&served, &visitor, "Diwali offer.csv", PEOPLE.as_bytes());
    // Numbers without a country reach nobody until it is said.
    let people = page(&served, &visitor, &format!("{draft}/people"));
    assert!(people.contains("<strong>0</strong> of 4 rows have"), "{people}");
    let said = [("phone", "Mobile"), ("country", "IN")];
    served.post(&format!("{draft}/people"), &visitor, &said).is(303);
    let people = page(&served, &visitor, &format!("{draft}/people"));
    assert!(people.contains("<strong>3</strong> of 4 rows have"), "{people}");
    assert!(people.contains("+91 9876543210"), "{people}");
    // What is typed is shown, and not saved.
    let typed = [("type", "text"), ("body", "Hi *{{ first_name | default('there') }}*"), ("row", "4")];
    let shown = served.post(&format!("{draft}/preview"), &visitor, &typed).is(200).text();
    assert!(shown.contains("Hi <strong>there</strong>"), "{shown}");
    let wrong = [("type", "text"), ("body", "Hi {{ frist_name }}")];
    let shown = served.post(&format!("{draft}/preview"), &visitor, &wrong).is(200).text();
    assert!(shown.contains("first_name"), "what was probably meant: {shown}");
    served.post(&format!("{draft}/message"), &visitor, &typed).is(303);
    let check = page(&served, &visitor, &format!("{draft}/check"));
    assert!(check.contains("4 rows = 3 to send + 1 bad"), "{check}");
    served.post(&format!("{draft}/trial"), &visitor, &[]).is(303);
    let name = "Diwali-offer".to_lowercase();
    until(&served, &visitor, &format!("/trials/c/{name}"), "= 4</p>");
    until(&served, &visitor, &format!("/trials/c/{name}"), "= 4");
    let ledger = desk.data.join(format!("sandbox/campaigns/{name}/server/sandbox-ledger.jsonl"));
    let end = Instant::now() + Duration::from_secs(60);
    let posted = || std::fs::read_to_string(&ledger).unwrap_or_default().matches("\"to\":").count();
    while posted() < 3 {
        assert!(Instant::now() < end, "{}", posted());
        std::thread::sleep(Duration::from_millis(50));
    }
    // The commands take the same file.
    let file = files(&desk.data.join("drafts"))
        .into_iter()
        .map(|(path, _)| path)
        .find(|path| path.ends_with("campaign.json"));
    let file = file.unwrap().display().to_string();
    desk.run(&format!("check {file} --offline --from 1")).exits(0).prints("3 to send");
    // Nobody follows its deliveries any longer than the test.
    desk.run(&format!("cancel {name} --sandbox")).exits(0);
}

#[test]
fn what_would_be_no_campaign_is_refused_and_the_file_stays() {
    let desk = Desk::new();
    let mut served = Served::start(&desk.data);
    let visitor = served.visitor();
    let draft = begin(&served, &visitor, "a.csv", PEOPLE.as_bytes());
    let before = files(&desk.data.join("drafts"));
    for (step, fields) in [
        ("message", vec![("type", "buttons"), ("body", "Hi")]),
        ("message", vec![("type", "media"), ("url", "https://x.example/a"), ("media_type", "song")]),
        ("settings", vec![("name", "../x"), ("from", "1")]),
        ("settings", vec![("name", "a"), ("from", "1"), ("rate", "fast")]),
        ("settings", vec![("name", "a"), ("from", "1"), ("hours-from", "09:00")]),
        ("file", vec![("text", "{")]),
        ("file", vec![("text", "{\"name\": \"a\"}")]),
        ("people", vec![("phone", "Mobile"), ("country", "XX")]),
    ] {
        let refused = served.post(&format!("{draft}/{step}"), &visitor, &fields);
        assert_eq!(refused.status, 400, "{step} {fields:?}");
        let refused = refused.text();
        assert!(refused.contains("notice-bad"), "{step}: {refused}");
        assert!(files(&desk.data.join("drafts")) == before, "{step}");
    }
    // The control: a good one changes it.
    served.post(&format!("{draft}/settings"), &visitor, &[("name", "b"), ("from", "1")]).is(303);
    assert!(files(&desk.data.join("drafts")) != before);
}

#[test]
fn what_is_no_table_begins_nothing() {
    let desk = Desk::new();
    let mut served = Served::start(&desk.data);
    let visitor = served.visitor();
    for (name, bytes) in
        [("x.csv", &b""[..]), ("x.xlsx", b"PK\x03\x04 no workbook"), ("x.pdf", b"%PDF-1.4 no table\n")]
    {
        let refused = served.put("/new", &visitor, name, bytes);
        assert_eq!(refused.status, 400, "{name}: {}", refused.text());
        assert!(!refused.text().contains("audience-"), "our own name for it: {}", refused.text());
    }
    assert!(files(&desk.data).iter().all(|(path, _)| path.ends_with("serve-name")));
}

#[test]
fn a_draft_is_found_by_its_id_alone_and_never_behind_a_link() {
    let desk = Desk::new();
    let mut served = Served::start(&desk.data);
    let visitor = served.visitor();
    let draft = begin(&served, &visitor, "a.csv", PEOPLE.as_bytes());
    for id in ["..", "0123456789abcdef", "0123456789ABCDEF", "x", &"0".repeat(17)] {
        let status = served.get(&format!("/d/{id}/people"), &visitor.cookie).status;
        assert!([400, 404].contains(&status), "{id}: {status}");
    }
    #[cfg(unix)]
    {
        let elsewhere = desk.dir.join("elsewhere");
        let dir = desk.data.join("drafts").join(draft.strip_prefix("/d/").unwrap());
        std::fs::rename(&dir, &elsewhere).unwrap();
        std::os::unix::fs::symlink(&elsewhere, &dir).unwrap();
        let said = served.get(&format!("{draft}/people"), &visitor.cookie);
        assert!(said.status == 500 && said.text().contains("link"), "{}", said.text());
    }
}

#[test]
fn two_campaigns_of_one_name_are_refused() {
    let desk = Desk::new();
    let mut served = Served::start(&desk.data);
    let visitor = served.visitor();
    let first = begin(&served, &visitor, "offer.csv", PEOPLE.as_bytes());
    let second = begin(&served, &visitor, "offer.csv", PEOPLE.as_bytes());
    assert_ne!(first, second);
    let send = page(&served, &visitor, &format!("{second}/send"));
    assert!(send.contains("value=\"offer-2\""), "{send}");
    let refused = served
        .post(&format!("{second}/settings"), &visitor, &[("name", "offer"), ("from", "1")])
        .is(400)
        .text();
    assert!(refused.contains("is taken"), "{refused}");
    served.post(&format!("{first}/remove"), &visitor, &[]).is(303);
    served.post(&format!("{second}/settings"), &visitor, &[("name", "offer"), ("from", "1")]).is(303);
}
