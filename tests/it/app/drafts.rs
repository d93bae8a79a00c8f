//! Drafts: an upload, what is said about it, and the campaign that comes of it.

mod faults;
mod hostile;
mod later;
mod look;

use std::path::Path;
use std::time::Duration;

use sendcast::app::check::Whom;
use sendcast::app::drafts::{self, Draft, Key, PreviewRequest, Role};
use sendcast::domain::message::Message;
use serde_json::{Value, json};

use super::*;

/// The bench's drafts begin with these people.
const PEOPLE: &str = "First Name,Mobile,City\nAsha,98765 43210,Pune\n,98765 43211,Goa\nBela,+919876543212,Pune\nCyr,12,Goa\n\
                      Dev,98765 43213,\n";

/// Brings a file as a page does: it lies on the same disk, under a name that says nothing.
fn bring(bench: &Bench, draft: &Draft, called: &str, bytes: &[u8]) -> Result<(), AppError> {
    bring_as(bench, draft, called, bytes, Role::Audience)
}

fn bring_as(bench: &Bench, draft: &Draft, called: &str, bytes: &[u8], role: Role) -> Result<(), AppError> {
    let from = bench.path("upload.part");
    std::fs::write(&from, bytes).unwrap();
    draft.take_upload(&bench.app, &from, called, role)
}

/// A draft that could be sent.
fn ready(bench: &Bench) -> Draft {
    let draft = drafts::create(&bench.app, Some("spring")).unwrap();
    bring(bench, &draft, "My people.csv", PEOPLE.as_bytes()).unwrap();
    let body = "Hi {{ first_name | default('there') }}!";
    let changes = [
        (Key::Country, Some(json!("IN"))),
        (Key::Message, Some(json!({ "type": "text", "body": body }))),
        (Key::From, Some(json!("PHONE_NUMBER_ID"))),
        (Key::Track, Some(json!("0"))),
    ];
    draft.set(&bench.app, &changes).unwrap();
    draft
}

/// The names of what lies in a draft.
fn names(draft: &Draft) -> Vec<String> {
    let entries = std::fs::read_dir(draft.dir()).unwrap();
    let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

async fn preview(bench: &Bench, draft: &Draft, whom: Whom, message: Option<Value>) -> drafts::Preview {
    let request = PreviewRequest { whom, message, patience: Duration::from_secs(60) };
    draft.preview(&bench.app, &request).await.unwrap()
}

fn text(preview: &drafts::Preview) -> &str {
    match &preview.shown.as_ref().unwrap().message {
        Message::Text { body } => body,
        message => panic!("{message:?}"),
    }
}

#[tokio::test]
async fn a_draft_becomes_an_ordinary_campaign_step_by_step() {
    let bench = Bench::new(Page::default());
    let app = &bench.app;
    assert!(drafts::list(app).unwrap().is_empty());
    let draft = drafts::create(app, None).unwrap();
    let listed = drafts::list(app).unwrap();
    assert_eq!((listed.len(), listed[0].name.as_deref()), (1, Some("new-campaign")));
    assert_eq!((listed[0].steps.done(), &listed[0].planned), (0, &None));
    assert!(listed[0].changed.is_some_and(|at| at.0 > 1_700_000_000_000));
    assert!(draft.people(app).unwrap_err().message.contains("no people yet"));

    bring(&bench, &draft, "My people.csv", PEOPLE.as_bytes()).unwrap();
    assert!(draft.steps(app).unwrap().people);
    let names = names(&draft);
    assert_eq!((names.len(), names[0].starts_with("audience-"), names[0].len()), (4, true, 9 + 64 + 4));
    assert_eq!(names[1..], ["campaign.json", "draft.json", "lock"]);
    let kept = std::fs::read(draft.dir().join(&names[0])).unwrap();
    assert_eq!(kept, PEOPLE.as_bytes(), "it is kept as it came");
    assert!(!bench.path("upload.part").exists());

    let message = json!({ "type": "text", "body": "Hi {{ first_name | default('there') }}" });
    draft.set(app, &[(Key::Message, Some(message)), (Key::Country, Some(json!("IN")))]).unwrap();
    let steps = draft.steps(app).unwrap();
    assert_eq!((steps.people, steps.message, steps.check, steps.send), (true, true, false, false));

    // Nobody is named to send, and it is checked all the same.
    let mut skipped = Vec::new();
    let mut keep = |file: &str, row| {
        skipped.push((file.to_owned(), row));
        Ok(())
    };
    let examined = draft.check(app, false, &mut keep).await.unwrap();
    assert_eq!((examined.findings.good, examined.findings.bad, examined.asked.is_none()), (4, 1, true));
    assert_eq!((skipped.len(), skipped[0].0.as_str(), skipped[0].1.row), (1, "My people.csv", Some(5)));
    assert_eq!(examined.file, "My people.csv");
    assert!(draft.steps(app).unwrap().check);

    // From where and how fast it goes changes nothing of who gets what; another message does.
    let sending = [
        (Key::From, Some(json!(["PHONE_NUMBER_ID", "2"]))),
        (Key::Rate, Some(json!("10/s"))),
        (Key::Daily, Some(json!(2000))),
        (Key::Hours, Some(json!("09:00-20:00"))),
    ];
    draft.set(app, &sending).unwrap();
    assert_eq!(draft.steps(app).unwrap().done(), 4);
    draft.set(app, &[(Key::Message, Some(json!({ "type": "text", "body": "Ho" })))]).unwrap();
    assert!(!draft.steps(app).unwrap().check);

    // An expert's eyes.
    let file: Value = serde_json::from_str(&draft.as_file(app).unwrap()).unwrap();
    assert_eq!(
        file,
        json!({
            "name": "new-campaign",
            "message": { "type": "text", "body": "Ho" },
            "audience": { "file": names[0], "country": "IN" },
            "from": ["PHONE_NUMBER_ID", "2"],
            "rate": "10/s",
            "daily": 2000,
            "schedule": { "hours": "09:00-20:00" },
        })
    );
    assert_eq!(draft.remove(app).unwrap().trial, None);
    assert!(drafts::list(app).unwrap().is_empty() && !draft.dir().exists());
    assert!(draft.as_file(app).unwrap_err().is_usage());
    assert!(drafts::open(app, draft.id.as_str()).unwrap_err().is_usage());
}

#[test]
fn the_command_line_takes_a_draft_as_it_is() {
    let bench = Bench::new(Page::default());
    let draft = ready(&bench);
    let desk = crate::cli::Desk::new();
    let run = |arguments: &str| {
        let mut command = desk.command(arguments);
        command.arg(draft.source()).env("SENDCAST_DATA_DIR", bench.path("data"));
        crate::cli::Said::from(command.output().unwrap())
    };
    let checked = run("check --offline --json").exits(0).json();
    assert_eq!((&checked["campaign"], &checked["to_send"]), (&json!("spring"), &json!(4)));
    run("preview --row 3").exits(0).prints("Hi there!");
    run("run --sandbox").exits(0).says("spring");
    assert_eq!(draft.trial(&bench.app).unwrap().unwrap().name, "spring");
    assert!(draft.planned(&bench.app).unwrap().is_none(), "a trial leaves a draft a draft");
    assert_eq!(draft.remove(&bench.app).unwrap().trial.as_deref(), Some("spring"));
}

#[test]
fn a_key_is_set_and_the_rest_stays_as_an_expert_wrote_it() {
    let bench = Bench::new(Page::default());
    let draft = ready(&bench);
    let app = &bench.app;
    let file: Value = serde_json::from_str(&draft.as_file(app).unwrap()).unwrap();
    let audience = file["audience"]["file"].as_str().unwrap();
    let expert = format!(
        "{{\"$schema\": \"campaign.schema.json\",\n \"name\": \"spring\",   \"variables\": {{\"price\": 1.50, \"n\": 1e400}},\n\
         \"audience\": {{\"file\": \"{audience}\", \"country\":\"IN\",\n  \"where\": \"city  !=  'Goa'\"}},\n\
         \"message\": {{\"type\": \"text\", \"body\": \"\\u0048i {{{{ price }}}}\"}}}}\n"
    );
    let expert = expert.replace("1e400", "12345678901234567890123");
    draft.replace_file(app, &expert).unwrap();
    assert_eq!(draft.as_file(app).unwrap(), expert, "as it was written");
    draft.set(app, &[(Key::Phone, Some(json!("Mobile"))), (Key::Daily, Some(json!(5)))]).unwrap();
    let after = draft.as_file(app).unwrap();
    for kept in [
        "{\"price\": 1.50, \"n\": 12345678901234567890123}",
        "\"city  !=  'Goa'\"",
        "\\u0048i",
        "campaign.schema",
    ] {
        assert!(after.contains(kept), "{kept} in {after}");
    }
    let campaign = draft.campaign(app).unwrap();
    assert_eq!((campaign.audience.phone.as_deref(), campaign.daily), (Some("Mobile"), Some(5)));
    draft.set(app, &[(Key::Phone, None), (Key::Daily, None)]).unwrap();
    let campaign = draft.campaign(app).unwrap();
    assert_eq!((campaign.audience.phone, campaign.daily), (None, None));

    // Variants and one message exclude each other.
    let one = |body: &str| json!({ "type": "text", "body": body });
    let variants = json!([{ "name": "A", "message": one("a") }, { "name": "B", "message": one("b") }]);
    draft.set(app, &[(Key::Variants, Some(variants))]).unwrap();
    assert!(!draft.as_file(app).unwrap().contains("\"\\u0048i"));
    draft.set(app, &[(Key::Message, Some(one("c")))]).unwrap();
    assert!(!draft.as_file(app).unwrap().contains("variants"));
}

#[test]
fn what_the_parser_refuses_isnt_written() {
    let bench = Bench::new(Page::default());
    let draft = ready(&bench);
    let app = &bench.app;
    let before = draft.as_file(app).unwrap();
    for (key, value, said) in [
        (Key::Country, json!("XQ"), "XQ"),
        (Key::Daily, json!(0), "0 would reach nobody"),
        (Key::Rate, json!("fast"), "fast"),
        (Key::Delimiter, json!("ab"), "isn't allowed between cells"),
        (Key::HeaderRow, json!(0), "rows count from 1"),
        (Key::Name, json!("no name"), "`no name` is no name for a campaign"),
        (Key::Message, json!({ "type": "text" }), "needs `body`"),
        (Key::Message, json!({ "type": "text", "body": "x", "url": "y" }), "doesn't belong to a message"),
        (Key::Hours, json!("25-26"), "25-26"),
        (Key::Timezone, json!("Atlantis"), "write a time zone as"),
        (Key::From, json!([]), "list is empty"),
        (Key::Guard, json!({ "max_failed": "200%" }), "200%"),
    ] {
        // Beside another change, which isn't made either.
        let error = draft.set(app, &[(Key::Track, Some(json!("5m"))), (key, Some(value))]).unwrap_err();
        assert!(error.is_usage() && error.message.contains(said), "{key:?}: {error:?}");
        assert!(!error.message.contains("campaign.json"), "{error:?}");
        assert_eq!(draft.as_file(app).unwrap(), before);
    }
    for (text, said) in [
        ("{", "isn't valid JSON"),
        ("[]", "is a list"),
        ("{\"name\": \"spring\"}", "`message`: is missing"),
        ("{\n\"nme\": 1}", "line 2, column"),
    ] {
        let error = draft.replace_file(app, text).unwrap_err();
        assert!(error.message.contains(said), "{error:?}");
        assert_eq!(draft.as_file(app).unwrap(), before);
    }
    // What somebody has broken by hand is told, and mended as a whole.
    std::fs::write(draft.path(), "{\"name\": ").unwrap();
    let error = draft.set(app, &[(Key::Daily, Some(json!(1)))]).unwrap_err();
    assert!(error.message.contains("isn't valid JSON") && error.hint.unwrap().contains("as a whole"));
    assert_eq!((drafts::list(app).unwrap()[0].name.as_deref(), draft.steps(app).unwrap().done()), (None, 0));
    draft.replace_file(app, &before).unwrap();
    assert_eq!(draft.as_file(app).unwrap(), before);
}

#[test]
fn a_name_is_nobody_elses() {
    let bench = Bench::new(Page::default());
    let app = &bench.app;
    let names: Vec<_> =
        (0..3).map(|_| drafts::create(app, None).unwrap().campaign(app).unwrap().name.to_string()).collect();
    assert_eq!(names, ["new-campaign", "new-campaign-2", "new-campaign-3"]);
    let draft = ready(&bench);
    let set = |name: &str| draft.set(app, &[(Key::Name, Some(json!(name)))]);
    assert!(set("New-Campaign").unwrap_err().message.contains("is taken"));
    assert!(drafts::create(app, Some("spring")).unwrap_err().message.contains("`spring` is taken"));
    assert!(drafts::create(app, Some("../x")).unwrap_err().is_usage());
    let copy = draft.as_file(app).unwrap();
    let other = drafts::create(app, Some("other")).unwrap();
    assert!(other.replace_file(app, &copy).unwrap_err().message.contains("is taken"));
    set("spring").unwrap();
    set("Spring").unwrap();
    set("summer").unwrap();
    assert_eq!(drafts::create(app, Some("spring")).unwrap().campaign(app).unwrap().name.as_str(), "spring");
}

#[test]
fn another_upload_takes_the_place_and_what_was_said_of_the_first_stays_where_it_fits() {
    let bench = Bench::new(Page::default());
    let draft = ready(&bench);
    let app = &bench.app;
    let said = [
        (Key::Phone, Some(json!("Mobile"))),
        (Key::Delimiter, Some(json!(","))),
        (Key::HeaderRow, Some(json!(1))),
        (Key::Where, Some(json!("city != 'Goa'"))),
    ];
    draft.set(app, &said).unwrap();
    bring(&bench, &draft, "later.csv", b"Mobile,City\n98765 43219,Pune\n").unwrap();
    let uploads =
        |draft: &Draft| names(draft).into_iter().filter(|name| name.starts_with("audience-")).count();
    assert_eq!(uploads(&draft), 1, "the one before is removed");
    let campaign = draft.campaign(app).unwrap();
    assert_eq!(campaign.audience.phone.as_deref(), Some("Mobile"));
    assert_eq!(
        (campaign.audience.reading.delimiter, campaign.audience.reading.header_row),
        (Some(','), None)
    );
    assert!(
        bench
            .page
            .notices
            .borrow()
            .iter()
            .any(|notice| notice.text.contains("the column names are in row 1"))
    );

    bring(&bench, &draft, "other.txt", b"Phone;City\n98765 43219;Pune\n98765 43218;Goa\n").unwrap();
    let campaign = draft.campaign(app).unwrap();
    assert_eq!((campaign.audience.phone, campaign.audience.reading.delimiter), (None, None));
    assert_eq!(
        campaign.audience.selection.filter.as_deref(),
        Some("city != 'Goa'"),
        "it is no matter of the file"
    );
    let people = draft.people(app).unwrap();
    assert_eq!(people.file.unwrap().called, "other.txt");
    assert_eq!(people.understood.reading.delimiter, Some(';'));
    // The same once more is no change.
    draft.set(app, &[(Key::Delimiter, Some(json!(";")))]).unwrap();
    bring(&bench, &draft, "again.txt", b"Phone;City\n98765 43219;Pune\n98765 43218;Goa\n").unwrap();
    assert_eq!(draft.campaign(app).unwrap().audience.reading.delimiter, Some(';'));
    assert_eq!((uploads(&draft), draft.people(app).unwrap().file.unwrap().called.as_str()), (1, "again.txt"));
}

#[tokio::test]
async fn people_are_left_out_and_prices_told_by_uploads_of_their_own() {
    let bench = Bench::new(Page::default());
    let draft = ready(&bench);
    let app = &bench.app;
    bring_as(&bench, &draft, "gone.csv", b"Phone\n+919876543210\n", Role::Exclude).unwrap();
    bring_as(&bench, &draft, "gone too.csv", b"Phone\n+919876543213\n", Role::Exclude).unwrap();
    let prices = b"country,price,currency\nIN,0.80,INR\n";
    bring_as(&bench, &draft, "prices.csv", prices, Role::Rates).unwrap();
    let examined = draft.check(app, true, &mut |_, _| Ok(())).await.unwrap();
    assert_eq!((examined.findings.excluded, examined.findings.good), (2, 2));
    assert!(examined.cost.is_some());
    let count = |draft: &Draft| names(draft).len();
    assert_eq!(count(&draft), 7);
    draft.set(app, &[(Key::Exclude, None), (Key::Rates, None)]).unwrap();
    assert_eq!(count(&draft), 4, "what nothing names goes");
}
