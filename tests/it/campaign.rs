//! Campaign files: what is read, and what errors say. What is planned from them is in [`plan`].

#![expect(clippy::unwrap_used, reason = "the helpers of tests are tests")]

mod columns;
mod numbers;
mod plan;
mod words;

use std::path::Path;
use std::time::Duration;

use sendcast::campaign::{
    Campaign, CampaignError, Content, Draft, KnownPeople, Overrides, PlanOptions, Planner, Source,
};
use sendcast::domain::ids::NumberId;
use sendcast::domain::phone::Phone;
use sendcast::domain::plan::{Fate, SkipCause};
use sendcast::domain::rate::Rate;
use tempfile::TempDir;

/// These people are on the opt-out list.
struct OptedOut(Vec<Phone>);

impl KnownPeople for OptedOut {
    fn has_opted_out(&self, phone: Phone) -> bool {
        self.0.iter().any(|one| one.identity() == phone.identity())
    }
}

/// Whoever may be in several zones can't be written to.
struct InOneZone;

impl KnownPeople for InOneZone {
    fn never(&self, phone: Phone) -> Option<String> {
        (phone.zones().names().len() > 1).then(|| "the schedule has no time".to_owned())
    }
}

fn file(dir: &TempDir, name: &str, text: &str) -> std::path::PathBuf {
    let path = dir.path().join(name);
    std::fs::write(&path, text).unwrap();
    path
}

/// The error of a campaign file, with its hint, without the directory.
fn complaint(text: &str) -> String {
    let dir = TempDir::new().unwrap();
    let path = file(&dir, "c.json", text);
    match Campaign::load(&path) {
        Ok(campaign) => format!("{campaign:?}"),
        Err(error) => shown(&error, dir.path()),
    }
}

fn shown(error: &CampaignError, dir: &Path) -> String {
    let hint = error.hint().map(|hint| format!("\nhint: {hint}")).unwrap_or_default();
    format!("{error}{hint}").replace(&format!("{}{}", dir.display(), std::path::MAIN_SEPARATOR), "")
}

const WHOLE: &str = r#"{
  "$schema": "./campaign.schema.json",
  "name": "diwali-offer",
  "from": "PHONE_NUMBER_ID",
  "audience": {"file": "../samples/customers.csv", "phone": "Mobile", "country": "IN", "key": "Id", "sheet": "May"},
  "message": {"type": "text", "body": "Hi {{ first_name | default('there') }}, 20% off till {{ ends }}."},
  "variables": {"ends": "Sunday", "percent": 20},
  "rate": "20/s",
  "daily": 1000,
  "retry": {"attempts": 3, "base": "10s", "cap": "1h"},
  "track": "10m"
}"#;

#[test]
fn every_key_of_the_contract_is_read() {
    let dir = TempDir::new().unwrap();
    let campaign = Campaign::load(&file(&dir, "other-name.json", WHOLE)).unwrap();
    assert_eq!(campaign.name.as_str(), "diwali-offer");
    assert_eq!(campaign.from, [NumberId::new("PHONE_NUMBER_ID")]);
    let path = dir.path().join("../samples/customers.csv");
    assert_eq!(campaign.audience.source, Source::File { path });
    assert_eq!(campaign.audience.reading.sheet.as_deref(), Some("May"));
    assert_eq!(campaign.audience.phone.as_deref(), Some("Mobile"));
    assert_eq!(campaign.audience.key.as_deref(), Some("Id"));
    assert!(campaign.audience.country.is_some());
    let Content::Messages(messages) = &campaign.content else { panic!("it has a message") };
    assert!(matches!(&messages[0].draft, Draft::Text { body } if body.starts_with("Hi {{")));
    assert_eq!(campaign.variables["percent"], 20);
    assert_eq!(campaign.rate, Some(Rate::DEFAULT));
    assert_eq!(campaign.daily, Some(1000));
    assert_eq!((campaign.retry.attempts, campaign.retry.base), (3, Duration::from_secs(10)));
    assert_eq!(campaign.retry.cap, Duration::from_secs(3_600));
    assert_eq!(campaign.track, Some(Duration::from_secs(600)));
}

#[test]
fn all_four_messages_are_read() {
    let dir = TempDir::new().unwrap();
    for (message, kind) in [
        (r#"{"type": "text", "body": "Hi"}"#, "text"),
        (
            r#"{"type": "media", "media_type": "image", "url": "https://e.org/a.png", "caption": "Hi"}"#,
            "media",
        ),
        (r#"{"type": "buttons", "body": "Hi", "buttons": [{"id": "y", "title": "Yes"}]}"#, "buttons"),
        (r#"{"type": "flow", "flow_id": 77}"#, "flow"),
    ] {
        let path = file(&dir, "c.json", &format!(r#"{{"message": {message}, "from": [1, "2"]}}"#));
        let campaign = Campaign::load(&path).unwrap();
        let Content::Messages(messages) = &campaign.content else { panic!("{message}") };
        assert_eq!((messages.len(), messages[0].draft.kind()), (1, kind));
        assert_eq!(campaign.from, [NumberId::new("1"), NumberId::new("2")]);
        assert_eq!(campaign.name.as_str(), "c", "the file's name when absent");
    }
}

#[test]
fn a_schedule_is_read_and_goes_back_and_forth() {
    let dir = tempfile::tempdir().unwrap();
    let said = r#"{"start": "2026-12-01T10:00", "hours": "9:00-20:00", "days": ["fri", "mon"], "timezone": "asia/kolkata",
        "late": "skip"}"#;
    let text = format!(r#"{{"message": {{"type": "text", "body": "x"}}, "schedule": {said}}}"#);
    let schedule = Campaign::load(&file(&dir, "c.json", &text)).unwrap().schedule.unwrap();
    let kept = serde_json::to_string(&schedule).unwrap();
    insta::assert_snapshot!(kept, @r#"{"start":"2026-12-01T10:00:00","hours":"09:00-20:00","days":["mon","fri"],"timezone":"Asia/Kolkata","late":"skip"}"#);
    assert_eq!(serde_json::from_str::<sendcast::domain::schedule::Schedule>(&kept).unwrap(), schedule);
}

#[test]
fn who_has_no_hour_of_the_schedule_is_a_bad_row() {
    let dir = tempfile::tempdir().unwrap();
    file(&dir, "a.csv", "phone\n+12125550123\n+18005550123\n");
    let text = r#"{"from": "1", "audience": {"file": "a.csv"}, "message": {"type": "text", "body": "x"}}"#;
    let campaign = Campaign::load(&file(&dir, "c.json", text)).unwrap();
    let options = PlanOptions { known: &InOneZone, ..PlanOptions::default() };
    let rows: Vec<_> = Planner::new(&campaign, options).unwrap().map(Result::unwrap).collect();
    assert!(matches!(rows[0].fate, Fate::Send(_)));
    let Fate::Skip { cause: SkipCause::Bad, problem, .. } = &rows[1].fate else {
        panic!("{:?}", rows[1].fate)
    };
    assert_eq!(&*problem.reason, "the schedule has no time");
}

#[test]
fn unknown_keys_name_the_nearest_known_one() {
    insta::assert_snapshot!(complaint("{\n  \"mesage\": {}\n}"), @r"
    c.json:2:10: unknown key `mesage`; did you mean `message`?
    hint: known keys here: name, from, audience, message, variants, variables, rate, daily, cap, priority, schedule, canary, guard, retry, track, rates
    ");
    insta::assert_snapshot!(
        complaint(r#"{"message": {"type": "text", "body": "x"}, "audience": {"fiel": "a.csv"}}"#), @r"
    c.json:1:62: `audience`: unknown key `fiel`; did you mean `file`?
    hint: known keys here: file, recipients, labels, campaign, status, code, replied, button, round, phone, sheet, encoding, delimiter, header_row, country, country_column, numbers, accept, duplicates, key, where, exclude, sample
    ");
    insta::assert_snapshot!(
        complaint(r#"{"message": {"type": "buttons", "body": "x", "buttons": [{"id": "1", "titel": "x"}]}}"#), @r"
    c.json:1:76: `message.buttons[0]`: unknown key `titel`; did you mean `title`?
    hint: known keys here: id, title
    ");
}

#[test]
fn bad_values_say_what_is_allowed() {
    let with =
        |key: &str| complaint(&format!("{{\"message\": {{\"type\": \"text\", \"body\": \"x\"}}, {key}}}"));
    insta::assert_snapshot!(with(r#""rate": "fast""#), @"c.json:1:58: `rate`: `fast` is no rate; write `20/s`, `600/m`, `1000/h` or `max`");
    insta::assert_snapshot!(with(r#""daily": 0"#), @"c.json:1:54: `daily`: 0 would reach nobody; write 1 or more, or leave it out");
    insta::assert_snapshot!(with(r#""priority": "hgih""#), @"
    c.json:1:61: `priority`: `hgih` isn't allowed here; did you mean `high`?
    hint: allowed: low, normal, high
    ");
    insta::assert_snapshot!(with(r#""schedule": {"hour": "9-20"}"#), @"
    c.json:1:62: `schedule`: unknown key `hour`; did you mean `hours`?
    hint: known keys here: start, hours, days, timezone, late
    ");
    insta::assert_snapshot!(with(r#""schedule": {"hours": "9am-8pm"}"#), @"c.json:1:75: `schedule.hours`: `9am-8pm` is no time of day; write hours as `09:00-20:00`, or over midnight as `20:00-02:00`");
    insta::assert_snapshot!(with(r#""schedule": {"days": ["mon", "tues"]}"#), @"
    c.json:1:78: `schedule.days[1]`: `tues` isn't allowed here; did you mean `tue`?
    hint: allowed: mon, tue, wed, thu, fri, sat, sun
    ");
    insta::assert_snapshot!(with(r#""schedule": {"days": []}"#), @"c.json:1:67: `schedule.days`: name a day, or leave `days` out for all of them");
    insta::assert_snapshot!(with(r#""schedule": {"hours": "9-20", "timezone": "IST"}"#), @"c.json:1:91: `schedule.timezone`: write a time zone as `Asia/Kolkata`, `UTC` or `+05:30`; or `recipient`, for each person's own");
    insta::assert_snapshot!(with(r#""schedule": {"start": "tomorrow"}"#), @"c.json:1:76: `schedule.start`: `tomorrow` is no date and time; write `2026-12-01T10:00`, or with an offset or a zone as `2026-12-01T10:00+05:30` or `2026-12-01T10:00[Asia/Kolkata]`");
    insta::assert_snapshot!(with(r#""schedule": {"hours": "9-20", "late": "send"}"#), @"c.json:1:89: `schedule`: has `late` and no `start` that could be missed: leave `late` out, or say when it starts");
    insta::assert_snapshot!(with(r#""schedule": {}"#), @"c.json:1:58: `schedule`: says nothing of when: give it `start`, `hours` or `days`");
    insta::assert_snapshot!(with(r#""track": "10""#), @"c.json:1:56: `track`: `10` has no unit; write `10s`, `10m` or `10h`");
    insta::assert_snapshot!(with(r#""retry": {"attempts": 0}"#), @"c.json:1:67: `retry.attempts`: 0 isn't allowed; write 1 to 20");
    insta::assert_snapshot!(with(r#""name": "a b""#), @"c.json:1:57: `name`: `a b` is no name for a campaign: use letters (a–z), digits, `-` and `_`");
    insta::assert_snapshot!(with(r#""name": "nul""#), @"c.json:1:57: `name`: `nul` is no name for a campaign: Windows keeps it for a device");
    insta::assert_snapshot!(with(r#""from": []"#), @"c.json:1:54: `from`: the list is empty; name at least one phone number id");
    insta::assert_snapshot!(with(r#""from": ["1", "1"]"#), @"c.json:1:62: `from`: `1` is listed twice");
    insta::assert_snapshot!(with(r#""from": true"#), @r#"c.json:1:55: `from`: invalid type: boolean `true`, expected a phone number id, a list of them, or {"column": NAME}"#);
    insta::assert_snapshot!(with(r#""from": {}"#), @"c.json:1:53: `from`: `column` is missing");
    let country = with(r#""audience": {"country": "XX", "file": "a"}"#);
    assert!(country.starts_with("c.json:1:71: `audience.country`: `XX` is no "), "{country}");
    insta::assert_snapshot!(with(r#""audience": {"file": "a", "labels": ["b"]}"#), @r"
    c.json: `audience`: says more than once who is written to
    hint: it has one of `file`, `recipients`, `labels`, `campaign`
    ");
    insta::assert_snapshot!(with(r#""audience": "a.csv""#), @r#"c.json:1:62: `audience`: invalid type: string "a.csv", expected an object such as {"file": "customers.csv"}"#);
}

#[test]
fn messages_have_what_belongs_to_their_type() {
    let with = |message: &str| complaint(&format!("{{\"message\": {message}}}"));
    insta::assert_snapshot!(with(r#"{"type": "txt", "body": "x"}"#), @r"
    c.json:1:26: `message.type`: `txt` isn't allowed here; did you mean `text`?
    hint: allowed: text, media, buttons, flow
    ");
    insta::assert_snapshot!(with(r#"{"body": "x"}"#), @"c.json:1:25: `message`: `type` is missing");
    insta::assert_snapshot!(with(r#"{"type": "text"}"#), @"c.json: `message`: a message of type `text` needs `body`");
    insta::assert_snapshot!(with(r#"{"type": "text", "body": "x", "url": "y"}"#), @"c.json: `message.url`: doesn't belong to a message of type `text`, which has type, body");
    insta::assert_snapshot!(with(r#"{"type": "media", "media_type": "gif", "url": "y"}"#), @r"
    c.json:1:49: `message.media_type`: `gif` isn't allowed here
    hint: allowed: image, video, audio, document
    ");
    insta::assert_snapshot!(with(r#"{"type": "buttons", "body": "x", "buttons": []}"#), @"c.json: `message.buttons`: there are 0; WhatsApp takes 1 to 3");
}

#[test]
fn broken_files_say_where() {
    insta::assert_snapshot!(complaint("{\"message\": {\"type\": \"text\", \"body\": \"x\"},}"), @r"
    c.json:1:43: isn't valid JSON: trailing comma
    hint: take the comma before the closing bracket away
    ");
    insta::assert_snapshot!(complaint("{\"message\": "), @r"
    c.json:1:12: isn't valid JSON: EOF while parsing a value
    hint: the file ends too early: a bracket or a quote is missing
    ");
    insta::assert_snapshot!(complaint(""), @r"
    c.json:1:0: isn't valid JSON: EOF while parsing a value
    hint: the file ends too early: a bracket or a quote is missing
    ");
    insta::assert_snapshot!(complaint("[{\"phone\": 1}]"), @r"
    c.json: is a list: an audience, not a campaign
    hint: name it in a campaign's `audience.file`, or give it by --audience
    ");
    insta::assert_snapshot!(
        complaint("{}"),
        @"c.json: `message`: is missing: a campaign says what is sent (`message`, or `variants`)"
    );
    insta::assert_snapshot!(complaint("{\"message\": {\"type\": \"text\", \"body\": \"x\"}} x"), @r"
    c.json: goes on after its end, in line 1, column 44
    hint: a campaign file is one JSON object
    ");
    let missing = Campaign::load(Path::new("no-such-campaign.json")).unwrap_err();
    assert!(missing.to_string().starts_with("can't read no-such-campaign.json: "), "{missing}");
    assert!(missing.hint().unwrap().contains("sendcast init"));
}

#[test]
fn the_files_name_is_cleaned_or_refused() {
    let dir = TempDir::new().unwrap();
    let text = r#"{"message": {"type": "text", "body": "x"}}"#;
    let campaign = Campaign::load(&file(&dir, "Diwali Offer (2).json", text)).unwrap();
    assert_eq!(campaign.name.as_str(), "Diwali-Offer-2");
    let error = Campaign::load(&file(&dir, "दिवाली.json", text)).unwrap_err();
    insta::assert_snapshot!(shown(&error, dir.path()), @r#"
    दिवाली.json: `name`: its file name `दिवाली` can't be made the campaign's name
    hint: write a "name" of letters (a–z), digits, - and _ into it, or rename the file that way
    "#);
}

#[test]
fn the_command_line_goes_before_the_file() {
    let dir = TempDir::new().unwrap();
    let mut campaign = Campaign::load(&file(&dir, "c.json", WHOLE)).unwrap();
    let audience = dir.path().join("other.csv");
    campaign
        .apply(Overrides {
            audience: Some(audience.clone()),
            from: vec![NumberId::new("9")],
            ..Overrides::default()
        })
        .unwrap();
    assert!(matches!(&campaign.audience.source, Source::File { path, .. } if *path == audience));
    assert_eq!(campaign.audience.phone.as_deref(), Some("Mobile"), "how it is read stays");
    assert_eq!(campaign.from, [NumberId::new("9")]);

    let mut sheet = Campaign::load(&file(&dir, "s.csv", "to,message\n919876543210,Hi\n")).unwrap();
    let error = sheet
        .apply(Overrides { audience: Some(audience), from: vec![], ..Overrides::default() })
        .unwrap_err();
    assert!(
        error.to_string().ends_with("carries its own audience: the spreadsheet is the campaign"),
        "{error}"
    );
}

#[test]
fn the_schema_describes_what_is_read() {
    let schema = sendcast::campaign::schema();
    let properties = schema["properties"].as_object().unwrap();
    let keys: Vec<_> = properties.keys().map(String::as_str).collect();
    assert_eq!(
        keys,
        [
            "$schema",
            "name",
            "from",
            "audience",
            "message",
            "variants",
            "variables",
            "rate",
            "daily",
            "cap",
            "priority",
            "schedule",
            "canary",
            "guard",
            "retry",
            "track",
            "rates"
        ]
    );
    assert_eq!(schema["additionalProperties"], false);
    let one_of = serde_json::json!([{ "required": ["message"] }, { "required": ["variants"] }]);
    assert_eq!(schema["oneOf"], one_of);
    assert_eq!(
        properties["from"]["description"],
        "Who sends: one phone number id, a list over which the recipients are spread, or the column that says it for each."
    );
    let message = &schema["$defs"]["MessageFile"];
    assert_eq!(message["oneOf"][0]["required"], serde_json::json!(["body"]));
    assert_eq!(message["oneOf"][0]["properties"]["url"], false);
    assert_eq!(message["oneOf"][1]["properties"]["type"]["const"], "media");
}
