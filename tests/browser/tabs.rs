//! Several tabs at once.
#![cfg(test)] // lets clippy take the helpers for test code

use serde_json::json;

use super::context::Context;
use super::desk::{Desk, enter, sum_that_adds_up};

trials! {
    in_browser: [two_tabs_press_go_on_and_one_run_sends, twelve_tabs_are_open_and_none_hangs],
    plain: [],
}

fn two_tabs_press_go_on_and_one_run_sends(context: &Context) {
    let desk = Desk::with("max", 40);
    desk.run("run c.json --sandbox --limit 10", 6);
    let server = desk.serve();
    let at = format!("{}/trials/c/c", server.origin());
    let one = enter(context, server.link());
    one.goto(&at);
    let other = context.open(&at);
    let press = "setTimeout(() => document.querySelector('#actions [action$=\"/go-on\"] button').click())";
    one.eval(press);
    other.eval(press);
    for page in [&one, &other] {
        page.bring_to_front();
        page.until_text("#pill", "Done");
        assert_eq!(sum_that_adds_up(page)["accepted"], 40);
    }
    let told = [&one, &other].map(|page| page.text("main").contains("older look"));
    assert_eq!(told.iter().filter(|told| **told).count(), 1, "who came second is told: {told:?}");
    let got = desk.ledger();
    assert!(got.len() == 40 && got.values().all(|times| *times == 1), "{got:?}");
    one.assert_sound();
    other.assert_sound();
}

fn twelve_tabs_are_open_and_none_hangs(context: &Context) {
    let desk = Desk::with("5/s", 300);
    let server = desk.serve();
    let mut run = desk.beside("run c.json --sandbox --yes");
    let at = format!("{}/trials/c/c", server.origin());
    let first = enter(context, server.link());
    first.goto(&at);
    let mut tabs = vec![first];
    tabs.extend((1..12).map(|_| context.open(&at)));
    for page in &tabs {
        // Each asks for news once it is looked at, and goes on doing so.
        page.bring_to_front();
        page.until_text("#pill", "Sending");
        let before = page.text(".sum");
        page.until(&format!("document.querySelector('.sum').innerText !== {}", json!(before)));
        sum_that_adds_up(page);
    }
    desk.run("cancel c --sandbox", 0);
    run.ends();
    for page in &tabs {
        page.bring_to_front();
        page.until_text("#pill", "Cancelled");
    }
    tabs[11].assert_sound();
}
