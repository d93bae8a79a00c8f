//! A campaign is watched while it is sent, and given orders: by the mouse, and by the keyboard alone.
#![cfg(test)] // lets clippy take the helpers for test code

use std::time::Duration;

use serde_json::json;

use super::context::Context;
use super::desk::{Desk, enter, sum_that_adds_up};
use super::page::Page;

trials! {
    in_browser: [
        a_campaign_is_watched_paused_gone_on_with_and_cancelled,
        a_campaign_is_watched_on_a_phone,
        everything_is_reached_by_the_keyboard,
        what_somebody_opened_and_where_the_focus_is_stay,
    ],
    plain: [],
}

/// Waits until so many more were accepted, and looks at the sum all the while.
#[track_caller]
fn goes_on(page: &Page, more: u64) {
    let accepted = |page: &Page| sum_that_adds_up(page).get("accepted").copied().unwrap_or(0);
    let before = accepted(page);
    for so_far in 1..=more {
        page.until(&format!(
            "Number(document.querySelector('.sum').innerText.match(/([\\d,]+) accepted/)?.[1].replace(',', '') ?? 0) >= {}",
            before + so_far
        ));
        assert!(accepted(page) >= before + so_far);
    }
    assert_eq!(page.eval("window.kept"), json!(true), "the page was loaded again");
}

/// Marks the page as it is, so that another one is known.
fn keep(page: &Page) {
    page.eval("window.kept = true");
}

/// Waits for the page that an order leads to.
#[track_caller]
fn led_on(page: &Page) {
    page.until("!window.kept && document.readyState === 'complete'");
}

fn watched(context: &Context, width: u32) {
    let desk = Desk::with("5/s", 300);
    let server = desk.serve();
    let mut run = desk.beside("run c.json --sandbox --yes");
    let page = enter(context, server.link());
    page.viewport(width, 800);
    page.goto(&format!("{}/trials", server.origin()));
    // The list shows it by itself, as soon as it is there.
    page.until_text("#campaigns", "Sending");
    page.click(".campaign-name a");
    page.until_text("#pill", "Sending");
    keep(&page);
    goes_on(&page, 4);
    page.assert_sound();

    page.click("#actions [action$='/pause'] button");
    led_on(&page);
    page.until_text("#pill", "Paused");
    page.until("!document.querySelector('#pill').innerText.includes('…')");
    let paused = sum_that_adds_up(&page);
    page.assert_sound();
    keep(&page);
    page.click("#actions [action$='/resume'] button");
    led_on(&page);
    page.until_text("#pill", "Sending");
    keep(&page);
    goes_on(&page, 3);
    assert!(sum_that_adds_up(&page)["accepted"] > paused["accepted"]);

    page.click("#actions .ask summary");
    page.until_text(".asked", "can’t be taken back");
    page.assert_sound();
    page.click("#actions [action$='/cancel'] button");
    page.until_text("#pill", "Cancelled");
    run.ends();
    page.until("!document.querySelector('#pill').innerText.includes('…')");
    let parts = sum_that_adds_up(&page);
    assert_eq!(parts.keys().collect::<Vec<_>>(), ["accepted", "cancelled"], "{parts:?}");
    assert_eq!(desk.ledger().len() as u64, parts["accepted"]);
    page.assert_sound();
}

fn a_campaign_is_watched_paused_gone_on_with_and_cancelled(context: &Context) {
    watched(context, 1280);
}

fn a_campaign_is_watched_on_a_phone(context: &Context) {
    watched(context, 390);
}

/// Presses Tab until what has the focus is called so.
#[track_caller]
fn tab_to(page: &Page, name: &str) {
    let mut met = Vec::new();
    for _ in 0..40 {
        page.press("Tab");
        let focus = page.focus();
        if focus.name.contains(name) {
            return;
        }
        met.push(focus.name);
    }
    panic!("Tab never comes to {name}: {met:?}");
}

fn everything_is_reached_by_the_keyboard(context: &Context) {
    let desk = Desk::with("5/s", 300);
    let server = desk.serve();
    let mut run = desk.beside("run c.json --sandbox --yes");
    let page = enter(context, server.link());
    let names: Vec<_> = page.tab_order(8).into_iter().map(|focus| focus.name).collect();
    let expected =
        ["Skip to the page", "sendcast", "Campaigns", "Opt-outs", "Numbers", "Account", "Help", "Log out"];
    assert_eq!(names, expected);
    // The first stop leads past all that.
    page.reload();
    page.press("Tab");
    page.press("Enter");
    page.until("document.activeElement.id === 'main'");

    for (keys, path) in [("o", "/optouts"), ("n", "/numbers"), ("a", "/account"), ("c", "/")] {
        page.press("g");
        page.press(keys);
        page.until(&format!("location.pathname === '{path}' && document.readyState === 'complete'"));
    }
    page.press("?");
    page.until("location.pathname === '/help' && document.readyState === 'complete'");
    page.press("g");
    page.press("o");
    page.until("location.pathname === '/optouts' && document.readyState === 'complete'");
    page.press("/");
    page.until("document.activeElement.id === 'search'");
    // In a field the keys are letters.
    page.press("g");
    page.press("c");
    page.press("?");
    assert_eq!(page.eval("[location.pathname, document.activeElement.value]"), json!(["/optouts", "gc?"]));

    page.goto(&format!("{}/trials", server.origin()));
    page.until_text("#campaigns", "Sending");
    tab_to(&page, "Real campaigns");
    tab_to(&page, "c");
    page.press("Enter");
    page.until_text("#pill", "Sending");
    keep(&page);
    page.press("p");
    led_on(&page);
    page.until_text("#pill", "Paused");
    page.until("document.querySelector('#actions [action$=\"/resume\"]')");
    keep(&page);
    page.press("p");
    led_on(&page);
    page.until_text("#pill", "Sending");
    tab_to(&page, "Cancel what is left…");
    page.press("Enter");
    page.until("document.querySelector('#actions .ask').open");
    // Esc closes it, and the focus is where it was.
    page.press("Tab");
    assert_eq!(page.focus().name, "Cancel what is left");
    page.press("Escape");
    page.until("!document.querySelector('#actions .ask').open");
    assert_eq!(page.focus().name, "Cancel what is left…");
    page.press("Space");
    page.press("Tab");
    page.press("Enter");
    page.until_text("#pill", "Cancelled");
    run.ends();
    page.assert_sound();
}

fn what_somebody_opened_and_where_the_focus_is_stay(context: &Context) {
    let desk = Desk::with("5/s", 300);
    let server = desk.serve();
    let mut run = desk.beside("run c.json --sandbox --yes --faults code:131026=30%");
    let page = enter(context, server.link());
    page.goto(&format!("{}/trials/c/c", server.origin()));
    keep(&page);
    page.until_text("#failed", "failed");
    page.click("#actions .ask summary");
    page.press("Tab");
    assert_eq!(page.focus().name, "Cancel what is left");
    page.eval("window.had = document.activeElement");
    goes_on(&page, 5);
    assert_eq!(page.eval("document.activeElement === window.had"), json!(true));
    assert_eq!(page.eval("document.querySelector('#actions .ask').open"), json!(true));
    // Also where what is opened is itself made anew each time.
    page.holds_within(Duration::from_secs(30), "document.querySelector('#over-time details')").unwrap();
    page.click("#over-time summary");
    goes_on(&page, 5);
    assert_eq!(page.eval("document.querySelector('#over-time details').open"), json!(true));
    page.assert_sound();
    page.eval("document.querySelector('#actions .ask').open = true");
    page.click("#actions [action$='/cancel'] button");
    page.until_text("#pill", "Cancelled");
    run.ends();
}
