//! Plans: every row once, duplicates, opt-outs, senders, what errors and reasons say.

use std::collections::HashSet;

use sendcast::campaign::preview::{Pick, preview};
use sendcast::campaign::{Campaign, Overrides, PlanOptions, Planner, source_hash, starter};
use sendcast::domain::ids::{NumberId, SenderNo};
use sendcast::domain::message::Message;
use sendcast::domain::payload::Payload;
use sendcast::domain::phone::Phone;
use sendcast::domain::plan::{Fate, PlanHead, PlannedRow};
use tempfile::TempDir;

use super::{OptedOut, file, shown};

/// A campaign over an audience, side by side in a directory of their own.
struct Desk {
    dir: TempDir,
}

impl Desk {
    fn new(audience: &str) -> Desk {
        let dir = TempDir::new().unwrap();
        file(&dir, "people.csv", audience);
        Desk { dir }
    }

    fn campaign(&self, audience: &str, body: &str) -> Campaign {
        let text = format!(
            r#"{{"from": "1", "audience": {{"file": "people.csv"{audience}}},
                "message": {{"type": "text", "body": "{body}"}}}}"#
        );
        Campaign::load(&file(&self.dir, "c.json", &text)).unwrap()
    }

    fn complaint(&self, campaign: &Campaign) -> String {
        let error = Planner::new(campaign, PlanOptions::default()).unwrap_err();
        shown(&error, self.dir.path())
    }
}

/// What is planned, however great the audience is taken to be.
fn plan(campaign: &Campaign) -> Vec<PlannedRow> {
    let plan = |twice_from| {
        let options = PlanOptions { twice_from: Some(twice_from), ..PlanOptions::default() };
        Planner::new(campaign, options).unwrap().collect::<Result<Vec<_>, _>>().unwrap()
    };
    let planned = plan(u64::MAX);
    assert_eq!(plan(0), planned);
    planned
}

/// A row as `row key to: message or reason`.
fn line(row: &PlannedRow) -> String {
    let what = match &row.fate {
        Fate::Send(Payload::Message(Message::Text { body })) => body.clone(),
        Fate::Send(other) => format!("{:?}", other.message().unwrap()),
        // What is wrong with a number is told by the phone's own tests.
        Fate::Skip { problem, kind, .. } if row.phone.is_none() => {
            let reason = problem.to_string();
            let (column, why) = reason.split_once("`: ").unwrap();
            assert!(!why.is_empty());
            format!("skipped {kind}: {column}`: …")
        }
        Fate::Skip { problem, kind, .. } => format!("skipped {kind}: {problem}"),
    };
    format!("{} {} {}: {what}", row.row.unwrap(), row.key.as_deref().unwrap_or("-"), row.to)
}

fn lines(rows: &[PlannedRow]) -> String {
    rows.iter().map(line).collect::<Vec<_>>().join("\n")
}

#[test]
fn every_row_comes_out_once_with_its_message_or_its_reason() {
    let desk = Desk::new(
        "First Name,Mobile,City\n\
         Ana,+91 98765 43210,Pune\n\
         ,919876543211,Pune\n\
         Bea,12,Pune\n\
         Cem,919876543210,Pune\n\
         Dan,919876543212,\n",
    );
    let campaign = desk.campaign("", "Hi {{ first_name | default('there') }} in {{ City }}");
    let rows = plan(&campaign);
    insta::assert_snapshot!(lines(&rows), @r#"
    2 919876543210 919876543210: Hi Ana in Pune
    3 919876543211 919876543211: Hi there in Pune
    4 - 12: skipped text: column `Mobile`: …
    5 - 919876543210: skipped text: duplicate of row 2: "duplicates": "send" in the audience sends to one number several times
    6 919876543212 919876543212: skipped text: column `City` is empty; fill it in, or give the message a fallback: {{ City | default('…') }}
    "#);
    assert_eq!(rows[0].cells, ["Ana", "+91 98765 43210", "Pune"], "the cells stay as they were");
    assert_eq!(rows[4].cells, ["Dan", "919876543212", ""], "also those of a bad row");
    assert_eq!(rows[2].phone, None);
}

#[test]
fn the_first_good_row_has_the_person() {
    let desk = Desk::new(
        "name,phone\n\
         ,919876543210\n\
         Ana,+919876543210\n\
         Bea,919876543210\n\
         ,919876543211\n\
         ,919876543211\n",
    );
    let rows = plan(&desk.campaign("", "Hi {{ name }}"));
    insta::assert_snapshot!(lines(&rows), @r#"
    2 - 919876543210: skipped text: column `name` is empty; fill it in, or give the message a fallback: {{ name | default('…') }}
    3 919876543210 919876543210: Hi Ana
    4 - 919876543210: skipped text: duplicate of row 3: "duplicates": "send" in the audience sends to one number several times
    5 - 919876543211: skipped text: column `name` is empty; fill it in, or give the message a fallback: {{ name | default('…') }}
    6 - 919876543211: skipped text: column `name` is empty; fill it in, or give the message a fallback: {{ name | default('…') }}
    "#);
    let keys: Vec<_> = rows.iter().filter_map(|row| row.key.as_ref()).collect();
    assert_eq!(keys.iter().collect::<HashSet<_>>().len(), keys.len(), "no key stands twice in a plan");
}

#[test]
fn a_key_column_tells_who_is_who() {
    let desk = Desk::new(
        "Id,phone\n\
         7,919876543210\n\
         7,919876543211\n\
         8,919876543210\n\
         ,919876543213\n\
          9 ,919876543214\n",
    );
    let rows = plan(&desk.campaign(r#", "key": "id""#, "Hi"));
    insta::assert_snapshot!(lines(&rows), @r#"
    2 7 919876543210: Hi
    3 - 919876543211: skipped text: duplicate of row 2: the same `Id`
    4 - 919876543210: skipped text: duplicate of row 2: "duplicates": "send" in the audience sends to one number several times
    5 - 919876543213: skipped text: column `Id` is empty, and it tells who this is
    6 9 919876543214: Hi
    "#);
}

#[test]
fn nobody_on_the_opt_out_list_is_planned_and_their_key_stays() {
    let desk = Desk::new("phone\n919876543210\n919876543211\n919876543210\n");
    let campaign = desk.campaign("", "Hi");
    let known = OptedOut(vec![Phone::from_digits("919876543210").unwrap()]);
    let options = PlanOptions { known: &known, ..PlanOptions::default() };
    let rows: Vec<_> = Planner::new(&campaign, options).unwrap().map(Result::unwrap).collect();
    insta::assert_snapshot!(lines(&rows), @r#"
    2 919876543210 919876543210: skipped text: on the opt-out list
    3 919876543211 919876543211: Hi
    4 - 919876543210: skipped text: duplicate of row 2: "duplicates": "send" in the audience sends to one number several times
    "#);
}

#[test]
fn limits_make_bad_rows_where_they_depend_on_the_row() {
    let long = "x".repeat(4_090);
    let desk = Desk::new(&format!("phone,text\n919876543210,{long}\n919876543211,short\n"));
    let rows = plan(&desk.campaign("", "Hi, all: {{ text }}"));
    assert_eq!(
        line(&rows[0]),
        "2 919876543210 919876543210: skipped text: body: is 4099 characters long; WhatsApp takes at most 4096"
    );
    assert_eq!(line(&rows[1]), "3 919876543211 919876543211: Hi, all: short");
}

#[test]
fn what_is_wrong_for_everybody_stops_the_campaign() {
    let desk = Desk::new("First Name,Line\nAna,\n");
    insta::assert_snapshot!(desk.complaint(&desk.campaign("", "Hi")), @r#"
    c.json: `audience.phone`: no column looks like phone numbers; there are `First Name`, `Line`
    hint: say which one it is: "audience": {…, "phone": "COLUMN"}, or `--phone COLUMN`
    "#);
    insta::assert_snapshot!(desk.complaint(&desk.campaign(r#", "phone": "Linne""#, "Hi")), @r"
    c.json: `audience.phone`: no column is called `Linne`; did you mean `Line`?
    hint: the audience has `First Name`, `Line`
    ");
    let phone = r#", "phone": "line""#;
    insta::assert_snapshot!(desk.complaint(&desk.campaign(&format!("{phone}, \"key\": \"id\""), "Hi")), @r"
    c.json: `audience.key`: no column is called `id`
    hint: the audience has `First Name`, `Line`
    ");
    insta::assert_snapshot!(desk.complaint(&desk.campaign(phone, "Hi {{ frist_name }}")), @"c.json: `message.body`: no column and no variable is called `frist_name`; did you mean `first_name`?; there are `first_name`, `Line`");
    insta::assert_snapshot!(desk.complaint(&desk.campaign(phone, "Hi {{ first_name")), @"c.json: `message.body`: the template has a mistake: unexpected end of input, expected end of variable block");
    insta::assert_snapshot!(desk.complaint(&desk.campaign(phone, " ")), @"c.json: `message.body`: is empty");

    let message = |message: &str| {
        let text = format!(
            r#"{{"from": "1", "audience": {{"recipients": [{{"to": "919876543210"}}]}}, "message": {message}}}"#
        );
        desk.complaint(&Campaign::load(&file(&desk.dir, "m.json", &text)).unwrap())
    };
    insta::assert_snapshot!(
        message(r#"{"type": "buttons", "body": "{{ to }}", "buttons": [{"id": "a", "title": "Twenty-one characters"}]}"#), @"m.json: `message.buttons[0].title`: is 21 characters long; WhatsApp takes at most 20");
    insta::assert_snapshot!(
        message(r#"{"type": "media", "media_type": "audio", "url": "https://e.org/a.mp3", "caption": "x"}"#), @"m.json: `message.caption`: WhatsApp shows none with audio; leave it out");
    insta::assert_snapshot!(
        message(r#"{"type": "media", "media_type": "image", "url": "https://e.org/a.mp4"}"#), @"m.json: `message.url`: ends in .mp4, which is video, not image");
}

#[test]
fn who_sends_and_to_whom_has_to_be_said() {
    let desk = Desk::new("phone\n919876543210\n");
    let load = |text: &str| Campaign::load(&file(&desk.dir, "c.json", text)).unwrap();
    let message = r#""message": {"type": "text", "body": "Hi"}"#;
    insta::assert_snapshot!(desk.complaint(&load(&format!("{{{message}}}"))), @r#"
    c.json: `audience`: doesn't say who is written to
    hint: add "audience": {"file": "customers.csv"}, or give --audience FILE
    "#);
    let labels = load(&format!(r#"{{"from": "1", "audience": {{"labels": ["Lead"]}}, {message}}}"#));
    insta::assert_snapshot!(desk.complaint(&labels), @r"
    c.json: `audience.labels`: names people whom only the account knows, and it wasn't asked
    hint: leave out `--offline`, and give the token
    ");
    let mut nobody = load(&format!(r#"{{"audience": {{"file": "people.csv"}}, {message}}}"#));
    insta::assert_snapshot!(desk.complaint(&nobody), @r"
    c.json: `from`: nobody is named to send
    hint: give --from PHONE_NUMBER_ID, or write it into the campaign; `sendcast numbers` lists yours
    ");
    assert!(
        preview(&nobody, Pick::First, PlanOptions::default()).unwrap().is_some(),
        "a look needs no sender"
    );
    nobody.apply(Overrides { from: vec![NumberId::new("5")], ..Overrides::default() }).unwrap();
    assert_eq!(Planner::new(&nobody, PlanOptions::default()).unwrap().head().senders, [NumberId::new("5")]);
}

#[test]
fn the_head_tells_what_the_rows_have_in_common() {
    let desk = Desk::new("Name,Phone\nAna,919876543210\n");
    let campaign = desk.campaign("", "Hi");
    let planner = Planner::new(&campaign, PlanOptions::default()).unwrap();
    let head = planner.head().clone();
    assert_eq!(head.columns, ["Name", "Phone"]);
    assert_eq!(head.source, desk.dir.path().join("people.csv").display().to_string());
    assert_eq!(head.source_hash, source_hash(&campaign).unwrap());
    assert_eq!(head.source_hash.len(), 64);

    file(&desk.dir, "people.csv", "Name,Phone\nAnna,919876543210\n");
    let after = source_hash(&campaign).unwrap();
    assert_ne!(after, head.source_hash, "another audience");
    let campaign = desk.campaign("", "Hello");
    assert_ne!(source_hash(&campaign).unwrap(), after, "another message");
    let mut other = campaign.clone();
    other.apply(Overrides { from: vec![NumberId::new("2")], ..Overrides::default() }).unwrap();
    assert_ne!(source_hash(&other).unwrap(), source_hash(&campaign).unwrap(), "another number");
}

#[test]
fn a_file_that_changes_while_it_is_read_is_no_plan() {
    let desk = Desk::new("phone\n919876543210\n919876543211\n");
    let campaign = desk.campaign("", "Hi");
    let mut planner = Planner::new(&campaign, PlanOptions::default()).unwrap();
    assert!(planner.next().unwrap().is_ok());
    file(&desk.dir, "people.csv", "phone\n919876543210\n919876543211\n919876543212\n");
    let end = planner.find_map(Result::err).expect("an error");
    assert!(end.to_string().ends_with("people.csv changed while it was read"), "{end}");
    assert!(planner.next().is_none());
}

#[test]
fn recipients_are_spread_over_the_numbers_and_stay_there() {
    let people: String = (0..400).map(|n| format!("919876543{n:03}\n")).collect();
    let desk = Desk::new(&format!("phone\n{people}"));
    let mut campaign = desk.campaign("", "Hi");
    campaign.from = ["1", "2"].map(NumberId::new).to_vec();
    let before = plan(&campaign);
    let first = before.iter().filter(|row| row.sender == SenderNo(0)).count();
    assert!((150..250).contains(&first), "{first} of 400");

    // The file loses its first half; a third number that sends no more stands first in the old plan.
    let rest: String = (200..400).map(|n| format!("919876543{n:03}\n")).collect();
    file(&desk.dir, "people.csv", &format!("phone\n{rest}"));
    let senders = ["0", "1", "2"].map(NumberId::new).to_vec();
    let earlier = PlanHead { senders: senders.clone(), ..PlanHead::default() };
    let options = PlanOptions { earlier: Some(&earlier), ..PlanOptions::default() };
    let planner = Planner::new(&campaign, options).unwrap();
    assert_eq!(planner.head().senders, senders, "a later plan only appends");
    for (before, after) in before[200..].iter().zip(planner.map(Result::unwrap)) {
        assert_eq!((&before.to, before.sender.0 + 1), (&after.to, after.sender.0));
    }
}

#[test]
fn warnings_and_notes_are_collected() {
    let desk =
        Desk::new("Phone,Mobile,First Name,first_name\n+6591234568,707070707,Ana,Anna\n+6591234569,12,,\n");
    let campaign = desk.campaign(
        r#", "country": "CI""#,
        "Hi {{ nick | default('there') }} {{ first_name | default('you') }}",
    );
    let mut planner = Planner::new(&campaign, PlanOptions::default()).unwrap();
    assert_eq!(planner.by_ref().count(), 2);
    let warnings = planner.warnings();
    assert_eq!(warnings.count, 1);
    assert_eq!(warnings.rows[0].row, 2);
    assert!(warnings.rows[0].text.starts_with("column `Mobile`: read with a 0 in front"));
    insta::assert_snapshot!(warnings.notes.join("\n"), @r"
    the phone numbers are taken from column `Mobile`; `Phone` could hold some, too (`audience.phone` or `--phone` says which)
    columns `First Name`, `first_name` are all `first_name` in a template; `first_name` is the first of them, or the one of that very name
    body: no column and no variable is called `nick`, so everybody gets its fallback
    ");
}

#[test]
fn a_spreadsheet_can_be_the_campaign() {
    let dir = TempDir::new().unwrap();
    let path = file(
        &dir,
        "offers.csv",
        "to,name,message,media_url,button1_title,flow_id,from,type\n\
         919876543210,Ana,Hi {{ name }},,,,100001,\n\
         919876543211,Bea,,https://example.org/menu.pdf,,,100002,\n\
         919876543212,Cem,Coming?,,Yes,,,\n\
         919876543213,Dan,,,,77,100001,\n\
         919876543214,Eve,,,,,100001,\n\
         919876543215,,Hi {{ name }},,,,100001,\n\
         919876543210,Ana,Hi,,,,100001,\n",
    );
    let mut campaign = Campaign::load(&path).unwrap();
    assert_eq!(campaign.name.as_str(), "offers");
    let rows = plan(&campaign);
    insta::assert_snapshot!(lines(&rows), @r#"
    2 919876543210 919876543210: Hi Ana
    3 919876543211 919876543211: Media { kind: Document, url: "https://example.org/menu.pdf", caption: None }
    4 919876543212 919876543212: skipped buttons: column `from` is empty, and no other number is named to send
    5 919876543213 919876543213: Flow { flow_id: "77" }
    6 919876543214 919876543214: skipped : there is nothing to send in this row
    7 919876543215 919876543215: skipped text: column `message`: column `name` is empty; fill it in, or give the message a fallback: {{ name | default('…') }}
    8 - 919876543210: skipped text: duplicate of row 2: a campaign in JSON can send each ("duplicates": "send")
    "#);
    campaign.apply(Overrides { from: vec![NumberId::new("C")], ..Overrides::default() }).unwrap();
    let planner = Planner::new(&campaign, PlanOptions::default()).unwrap();
    assert_eq!(planner.head().senders, ["C", "100001", "100002"].map(NumberId::new));
    let senders: Vec<_> = planner.map(|row| row.unwrap().sender.0).collect();
    assert_eq!(
        senders,
        [1, 2, 0, 1, 1, 1, 1],
        "the column says who sends; who is named outside fills its gaps"
    );

    let path = file(&dir, "audience.csv", "phone,name\n919876543210,Ana\n");
    let campaign = Campaign::load(&path).unwrap();
    let error = Planner::new(&campaign, PlanOptions::default()).unwrap_err();
    insta::assert_snapshot!(shown(&error, dir.path()), @r"
    audience.csv: has none of the columns `message`, `media_url` and `flow_id`, so there is nothing to send
    hint: add a column `message`, or say which one it is: `--message COLUMN`; or, where this is only the audience, name it in a JSON campaign's `audience.file`
    ");
}

#[test]
fn inline_recipients_are_planned() {
    let dir = TempDir::new().unwrap();
    let text = r#"{"from": "1", "audience": {"recipients": [{"to": "919876543210", "n": 3}, {"to": 919876543211}]},
                   "message": {"type": "text", "body": "{{ n | default(0) }} left"}}"#;
    let campaign = Campaign::load(&file(&dir, "c.json", text)).unwrap();
    insta::assert_snapshot!(lines(&plan(&campaign)), @r"
    1 919876543210 919876543210: 3 left
    2 919876543211 919876543211: 0 left
    ");
    assert_eq!(Planner::new(&campaign, PlanOptions::default()).unwrap().head().source, "inline");
}

#[test]
fn an_empty_audience_is_a_plan_without_rows() {
    for audience in ["", "phone,name\n"] {
        let desk = Desk::new(audience);
        assert_eq!(plan(&desk.campaign("", "Hi {{ name }}")), []);
    }
}

#[test]
fn a_preview_shows_one_person() {
    let desk = Desk::new("name,phone\n,919876543210\nAna,919876543210\nBea,919876543211\n,919876543212\n");
    let campaign = desk.campaign("", "Hi {{ name }}");
    let look = |pick| preview(&campaign, pick, PlanOptions::default()).unwrap().map(|row| line(&row));
    let to = |digits| Pick::To(Phone::from_digits(digits).unwrap());
    assert_eq!(look(Pick::First).unwrap(), "3 919876543210 919876543210: Hi Ana");
    assert_eq!(look(Pick::Row(4)).unwrap(), "4 919876543211 919876543211: Hi Bea");
    assert_eq!(
        look(to("919876543210")).unwrap(),
        "3 919876543210 919876543210: Hi Ana",
        "the good row of the two"
    );
    assert!(look(Pick::Row(2)).unwrap().contains("column `name` is empty"));
    assert!(look(to("919876543212")).unwrap().contains("column `name` is empty"));
    assert_eq!(look(to("919876543219")), None);
    assert_eq!(look(Pick::Row(9)), None);
}

#[test]
fn the_starter_runs_as_it_is() {
    let dir = TempDir::new().unwrap();
    file(&dir, starter::AUDIENCE_NAME, starter::AUDIENCE);
    let campaign = Campaign::load(&file(&dir, starter::CAMPAIGN_NAME, starter::CAMPAIGN)).unwrap();
    let rows = plan(&campaign);
    assert_eq!(rows.len(), 6);
    assert!(rows.iter().all(|row| row.fate.message().is_some()), "{}", lines(&rows));
    assert!(line(&rows[2]).contains("Hi there, thank you"), "{}", line(&rows[2]));
}
