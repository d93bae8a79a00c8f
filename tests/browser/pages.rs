//! Every page there is, in every state that a walk can bring about, light and dark, narrow and wide: sound, and with a
//! screenshot to be looked at.
#![cfg(test)] // lets clippy take the helpers for test code

use super::context::Context;
use super::desk::{Desk, TEXT, enter};
use super::page::{Page, Theme};
use super::sendcast::Sendcast;

trials! {
    in_browser: [
        pages_of_an_empty_desk_are_sound,
        pages_of_trials_are_sound,
        pages_of_a_real_campaign_are_sound,
        pages_of_an_account_are_sound,
        pages_of_a_draft_are_sound,
        pages_of_somebody_who_is_not_let_in_are_sound,
    ],
    plain: [],
}

/// Looks at a page in each theme and width.
#[track_caller]
fn look(page: &Page, name: &str) {
    for (theme, said) in [(Theme::Light, "light"), (Theme::Dark, "dark")] {
        for width in [390, 1280] {
            page.viewport(width, 800);
            page.theme(theme);
            page.assert_sound();
            page.screenshot(&format!("{name}-{said}-{width}"));
        }
    }
}

/// Goes there first.
#[track_caller]
fn look_at(page: &Page, server: &Sendcast, path: &str, name: &str) {
    page.goto(&format!("{}{path}", server.origin()));
    look(page, name);
}

fn pages_of_an_empty_desk_are_sound(context: &Context) {
    let desk = Desk::new();
    let server = desk.serve();
    let page = enter(context, server.link());
    look(&page, "list-empty");
    for (path, name) in [
        ("/trials", "trials-empty"),
        ("/new", "new"),
        ("/optouts", "optouts-empty"),
        ("/account", "account-none"),
        ("/help", "help"),
    ] {
        look_at(&page, &server, path, name);
    }
    // There is no token, so that the numbers can't be asked for.
    look_at(&page, &server, "/numbers", "numbers-no-token");
}

/// A message with every mark, and one with buttons, and media.
const BUTTONS: &str = r#"{"type": "buttons", "body": "Hi {{ name }}, how was *your last* delivery?\n_Please press one._",
    "buttons": [{"id": "good", "title": "All good"}, {"id": "late", "title": "It came late"}]}"#;
const MEDIA: &str = r#"{"type": "media", "media_type": "image",
    "url": "https://example.com/catalogue/winter-of-this-year/with-a-very-long-path/that-has-to-be-broken/cover.jpg",
    "caption": "The winter catalogue, {{ name }}."}"#;

fn pages_of_trials_are_sound(context: &Context) {
    let desk = Desk::new();
    let people =
        "Asha Rao,+919876543210\nBob,+919876543211\nCem,+905321234567\nDora,12\nAsha,+919876543210\n";
    let many: String = (0..60).map(|n| format!("Person {n},+9198765{n:05}\n")).collect();
    desk.write("people.csv", &format!("Name,Phone\n{people}{many}"));
    desk.campaign("done", "max", BUTTONS);
    desk.campaign("failed", "max", TEXT);
    desk.campaign("limited", "max", MEDIA);
    desk.campaign("doubts", "max", TEXT);
    desk.campaign("a-campaign-with-a-name-that-is-as-long-as-names-may-be-0123456789", "max", TEXT);
    desk.run("run done.json --sandbox --new --track 2s --faults latency:1ms-2ms", 0);
    desk.run("run failed.json --sandbox --new --faults code:131026=20%,code:131047=10%,code:131049=5%", 3);
    desk.run("run limited.json --sandbox --new --limit 20", 6);
    let faults = "reset-after@919876543210,reset-after@919876543211,code:190@905321234567";
    desk.run(&format!("run doubts.json --sandbox --new --concurrency 1 --faults {faults}"), 5);
    desk.run("run a-campaign-with-a-name-that-is-as-long-as-names-may-be-0123456789.json --sandbox --new --limit 5", 6);
    desk.run("cancel a-campaign-with-a-name-that-is-as-long-as-names-may-be-0123456789 --sandbox", 0);
    let server = desk.serve();
    let page = enter(context, server.link());
    look(&page, "list-trials-only");
    for (path, name) in [
        ("/trials", "trials"),
        ("/trials/c/done", "campaign-done"),
        ("/trials/c/failed", "campaign-failed"),
        ("/trials/c/limited", "campaign-limited"),
        ("/trials/c/doubts", "campaign-doubts"),
        ("/trials/c/a-campaign-with-a-name-that-is-as-long-as-names-may-be-0123456789", "campaign-cancelled"),
        ("/trials/c/failed/people", "people"),
        ("/trials/c/failed/people?status=failed&number=9876543", "people-none"),
        ("/trials/c/failed/people?number=5", "people-wrong"),
        ("/trials/c/done/people/0", "story-done"),
        ("/trials/c/doubts/people/0", "story-doubt"),
        ("/trials/c/failed/people/3", "story-skipped"),
        ("/trials/c/failed/report", "report-failed"),
        ("/trials/c/done/report", "report-done"),
        ("/trials/c/limited/send", "send-trial"),
    ] {
        look_at(&page, &server, path, name);
    }
    // Opened, what asks before it is done.
    page.goto(&format!("{}/trials/c/limited", server.origin()));
    page.click("#actions summary");
    look(&page, "campaign-asked");
    desk.run("pause limited --sandbox", 0);
    look_at(&page, &server, "/trials/c/limited", "campaign-paused");
}

fn pages_of_a_real_campaign_are_sound(context: &Context) {
    let (desk, _sandbox, server) = office();
    let page = enter(context, server.link());
    for (path, name) in [
        ("/", "list"),
        ("/c/offer", "campaign-real"),
        ("/c/offer/send", "send"),
        ("/c/offer/people", "people-real"),
        ("/optouts", "optouts"),
    ] {
        look_at(&page, &server, path, name);
    }
    page.click("details.ask summary");
    look(&page, "optouts-asked");
    for (path, name) in [("/c/nobody", "error-no-campaign"), ("/nowhere", "error-not-found")] {
        page.goto(&format!("{}{path}", server.origin()));
        page.expect_complaint("Failed to load resource");
        look(&page, name);
    }
    drop(desk);
}

fn pages_of_an_account_are_sound(context: &Context) {
    let (desk, _sandbox, server) = office();
    let page = enter(context, server.link());
    look_at(&page, &server, "/numbers", "numbers");
    page.until_text("main", "PHONE_NUMBER_ID");
    look_at(&page, &server, "/account", "account");
    drop(desk);
}

/// A desk with an account at a sandbox of its own, with a campaign of which some were sent, and people who opted out.
fn office() -> (Desk, super::desk::Beside, Sendcast) {
    let desk = Desk::with("max", 1_500);
    let mut sandbox = desk.beside("sandbox --json --number 440000000000002");
    let url = sandbox.first_line();
    let url = url.split('"').nth(3).unwrap().to_owned();
    desk.campaign("offer", "max", TEXT);
    let run = |arguments: &str, code| {
        let mut command = desk.command(arguments);
        command.env("SENDWO_BASE_URL", &url).env("SENDWO_API_TOKEN", "12345|a-token-that-is-long-enough");
        let out = command.output().unwrap();
        assert_eq!(out.status.code(), Some(code), "{}", String::from_utf8_lossy(&out.stderr));
    };
    run("run offer.json --yes --limit 20", 6);
    desk.run("optout add +919876500001 --reason STOP", 0);
    desk.run("optout add +919876500002", 0);
    let mut command = Sendcast::command(&desk.data(), 0);
    command.env("SENDWO_BASE_URL", &url).env("SENDWO_API_TOKEN", "12345|a-token-that-is-long-enough");
    let server = Sendcast::start(command).unwrap();
    (desk, sandbox, server)
}

fn pages_of_a_draft_are_sound(context: &Context) {
    let desk = Desk::new();
    let server = desk.serve();
    let page = enter(context, server.link());
    let rows =
        "Asha Rao,+919876543210,Pune,12\nBob,98765 43211,,7\nCem,nobody,Izmir,\nAsha,+919876543210,Pune,1\n";
    let list = desk.write("customers.csv", &format!("Name,Mobile,City,Points of the customer\n{rows}"));
    page.goto(&format!("{}/new", server.origin()));
    page.set_files("input[type=file]", &list);
    page.until("location.pathname.startsWith('/d/') && document.readyState === 'complete'");
    look(&page, "draft-people");
    let url = page.url();
    let draft = url.strip_suffix("/people").unwrap().strip_prefix(server.origin()).unwrap();
    for step in ["message", "check", "send", "file"] {
        look_at(&page, &server, &format!("{draft}/{step}"), &format!("draft-{step}"));
    }
    look_at(&page, &server, "/", "list-draft");
}

fn pages_of_somebody_who_is_not_let_in_are_sound(context: &Context) {
    let desk = Desk::new();
    let server = desk.serve();
    let page = context.open(&format!("{}/enter", server.origin()));
    look(&page, "enter");
    page.goto(&format!("{}/c/whatever", server.origin()));
    page.expect_complaint("401");
    page.until_text("h1", "Open the link");
}
