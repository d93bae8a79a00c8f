//! Which column is what, and whom a row means by its country.

use sendcast::campaign::{Campaign, Overrides, PlanOptions, Planner};
use sendcast::domain::ids::NumberId;
use sendcast::domain::message::Message;
use sendcast::domain::payload::Payload;
use sendcast::domain::plan::{Fate, PlannedRow};
use tempfile::TempDir;

use super::{file, shown};

const TEXT: &str = r#""message": {"type": "text", "body": "Hi {{ name | default('there') }}"}"#;

/// What is planned, a line a row, then the notes; or the error and its hint.
fn planned(campaign: &Campaign, dir: &TempDir) -> String {
    let mut planner = match Planner::new(campaign, PlanOptions::default()) {
        Ok(planner) => planner,
        Err(error) => return shown(&error, dir.path()),
    };
    let rows: Vec<PlannedRow> = planner.by_ref().map(Result::unwrap).collect();
    let lines = rows.iter().map(|row| {
        let what = match &row.fate {
            Fate::Send(Payload::Message(Message::Text { body })) => body.clone(),
            Fate::Send(other) => format!("{other:?}"),
            Fate::Skip { cause, problem, .. } => format!("{cause:?}: {problem}"),
        };
        format!("{} {}: {what}", row.key.as_deref().unwrap_or("-"), row.to)
    });
    let notes = planner.warnings().notes.iter().map(|note| format!("note: {note}"));
    lines.chain(notes).collect::<Vec<_>>().join("\n")
}

/// A campaign over a table, with `audience` as its further keys.
fn over(table: &str, audience: &str) -> String {
    let dir = TempDir::new().unwrap();
    file(&dir, "people.csv", table);
    let text = format!(r#"{{"from": "1", "audience": {{"file": "people.csv"{audience}}}, {TEXT}}}"#);
    planned(&Campaign::load(&file(&dir, "c.json", &text)).unwrap(), &dir)
}

/// A spreadsheet that is the campaign.
fn bare(table: &str, overrides: Overrides) -> String {
    let dir = TempDir::new().unwrap();
    let mut campaign = Campaign::load(&file(&dir, "offers.csv", table)).unwrap();
    match campaign.apply(overrides) {
        Ok(()) => planned(&campaign, &dir),
        Err(error) => shown(&error, dir.path()),
    }
}

fn from_one() -> Overrides {
    Overrides { from: vec![NumberId::new("1")], ..Overrides::default() }
}

#[test]
fn a_national_list_without_a_country_is_refused_as_a_whole() {
    let refused = over("name,phone\nAnn,(415) 867-5309\nBob,212-736-5000\n", "");
    assert!(
        refused.starts_with("c.json: `audience.country`: column `phone` holds national numbers"),
        "{refused}"
    );
    assert!(refused.contains("the numbers are valid in IN (India), US (United States)"), "{refused}");
    insta::assert_snapshot!(
        over("name,phone\nAna,+919876543210\nBea,98765 43211\n", ""),
        @r#"
    919876543210 919876543210: Hi Ana
    - 98765 43211: Bad: column `phone`: a national number, and nobody says of which country: write it with + and the country's code, set `country` for the audience, or `"numbers": "international"` where all numbers begin with their country's code
    "#
    );
    assert!(over("name,phone\nAnn,(415) 867-5309\n", r#", "country": "US""#).starts_with("14158675309 "));
}

#[test]
fn a_country_column_that_is_empty_leaves_the_campaigns_country() {
    let table = "name,phone,Country\nAna,9876543210,\nBea,9841234567,NP\n";
    insta::assert_snapshot!(over(table, r#", "country": "IN""#), @r#"
    919876543210 919876543210: Hi Ana
    9779841234567 9779841234567: Hi Bea
    note: the country of each row's number is taken from column `Country` (`audience.country_column` says which; "" for none)
    "#);
    insta::assert_snapshot!(over(table, ""), @r#"
    - 9876543210: Bad: column `phone`: a national number, and nobody says of which country: write it with + and the country's code, set `country` for the audience, or `"numbers": "international"` where all numbers begin with their country's code
    9779841234567 9779841234567: Hi Bea
    note: the country of each row's number is taken from column `Country` (`audience.country_column` says which; "" for none)
    "#);
}

#[test]
fn type_and_from_count_only_where_they_fit() {
    insta::assert_snapshot!(
        bare("to,message,type,from\n+919876543210,Hi {{ type }} from {{ from }},VIP,Pune\n", from_one()),
        @r#"
    919876543210 919876543210: Hi VIP from Pune
    note: column `type` doesn't hold types of messages (text, media, buttons, flow): it is taken for data
    note: column `from` doesn't hold phone number ids that send (`sendcast numbers` lists them): it is taken for data
    "#
    );
    insta::assert_snapshot!(
        bare("to,message,type,from\n+919876543210,Hi,text,100001\n+919876543211,Hi,txt,100002\n", Overrides::default()),
        @r#"
    919876543210 919876543210: Hi
    919876543211 919876543211: Bad: column `type`: `txt` isn't allowed; did you mean `text`?, it is text, media, buttons or flow
    "#
    );
}

#[test]
fn the_command_line_names_the_columns_of_a_spreadsheet() {
    let table = "Kunde,Nummer A,Nummer B,Nachricht\nAna,98765 43210,98765 43211,Hallo {{ Kunde }}\n";
    let overrides = Overrides {
        phone: Some("Nummer B".to_owned()),
        message: Some("nachricht".to_owned()),
        country: "IN".parse().ok(),
        ..from_one()
    };
    insta::assert_snapshot!(bare(table, overrides.clone()), @r#"919876543211 919876543211: Hallo Ana"#);
    let missing = Overrides { message: Some("Text".to_owned()), ..overrides.clone() };
    insta::assert_snapshot!(bare(table, missing), @r#"
    offers.csv: `--message`: no column is called `Text`
    hint: the audience has `Kunde`, `Nummer A`, `Nummer B`, `Nachricht`
    "#);

    let dir = TempDir::new().unwrap();
    let text = format!(r#"{{"from": "1", "audience": {{"file": "people.csv"}}, {TEXT}}}"#);
    let mut campaign = Campaign::load(&file(&dir, "c.json", &text)).unwrap();
    insta::assert_snapshot!(shown(&campaign.apply(overrides).unwrap_err(), dir.path()), @r#"
    c.json: has a message of its own: `--message` names the column of a spreadsheet that is the campaign
    hint: leave `--message` out
    "#);
    let inline = format!(r#"{{"from": "1", "audience": {{"recipients": []}}, {TEXT}}}"#);
    let mut campaign = Campaign::load(&file(&dir, "c.json", &inline)).unwrap();
    let mut sheet = Overrides::default();
    sheet.reading.sheet = Some("May".to_owned());
    insta::assert_snapshot!(shown(&campaign.apply(sheet).unwrap_err(), dir.path()), @r#"
    c.json: `--sheet` says how a file is read, and this audience isn't one
    hint: leave the option out
    "#);
}

#[test]
fn what_the_command_line_says_is_in_the_hash() {
    let dir = TempDir::new().unwrap();
    let path = file(&dir, "offers.csv", "a,b,c\n");
    let hash = |overrides: Overrides| {
        let mut campaign = Campaign::load(&path).unwrap();
        campaign.apply(overrides).unwrap();
        sendcast::campaign::source_hash(&campaign).unwrap()
    };
    let mut reading = Overrides::default();
    reading.reading.delimiter = Some(';');
    let all = [
        Overrides::default(),
        Overrides { phone: Some("a".to_owned()), ..Overrides::default() },
        Overrides { message: Some("a".to_owned()), ..Overrides::default() },
        Overrides { country: "IN".parse().ok(), ..Overrides::default() },
        reading,
    ];
    let hashes: std::collections::HashSet<_> = all.into_iter().map(hash).collect();
    assert_eq!(hashes.len(), 5);
}

#[test]
fn several_messages_go_to_one_number_where_the_campaign_says_so() {
    let table =
        "name,phone\nAna,+919876543210\nBea,+919876543210\nAna,+919876543210\n,12\nCem,+919876543211\n";
    insta::assert_snapshot!(over(table, r#", "duplicates": "send""#), @r#"
    919876543210 919876543210: Hi Ana
    919876543210#2 919876543210: Hi Bea
    - 919876543210: Duplicate: the same message to the same number as row 2
    - 12: Bad: column `phone`: the phone number is too short
    919876543211 919876543211: Hi Cem
    "#);
    let keyed = "name,phone,id\nAna,+919876543210,7\nBea,+919876543210,8\nCem,+919876543211,8\n";
    insta::assert_snapshot!(over(keyed, r#", "duplicates": "send", "key": "id""#), @r#"
    7 919876543210: Hi Ana
    8 919876543210: Hi Bea
    - 919876543211: Duplicate: duplicate of row 3: the same `id`
    "#);
}

#[test]
fn a_report_is_no_campaign() {
    let head = "row,to,status,type,message_id,attempts,error_code,reason,from,accepted_at,message\n";
    insta::assert_snapshot!(bare(&format!("{head}2,+919876543210,read,text,w,1,,,1,,Hi\n"), from_one()), @r#"
    offers.csv: is a report: it says who was written to, and isn't a campaign
    hint: name it as the audience of a campaign in JSON: "audience": {"file": …}
    "#);
}
