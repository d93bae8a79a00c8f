//! What went wrong is put right from the page: doubts, in both ways, and what has failed.
#![cfg(test)] // lets clippy take the helpers for test code

use super::context::Context;
use super::desk::{Desk, enter, sum_that_adds_up};
use super::page::Page;
use super::sendcast::Sendcast;

trials! {
    in_browser: [
        what_is_in_doubt_is_counted_as_sent,
        what_is_in_doubt_is_sent_again,
        the_failed_are_tried_again_and_nobody_else,
    ],
    plain: [],
}

/// Two answers were lost, and the token was refused before anybody looked for those two.
fn doubtful() -> (Desk, Sendcast) {
    let desk = Desk::with("max", 4);
    let faults = "reset-after@919876500000,reset-after@919876500001,code:190@919876500002";
    desk.run(&format!("run c.json --sandbox --concurrency 1 --faults {faults}"), 5);
    let server = desk.serve();
    (desk, server)
}

#[track_caller]
fn open(context: &Context, server: &Sendcast, width: u32) -> Page {
    let page = enter(context, server.link());
    page.viewport(width, 800);
    page.goto(&format!("{}/trials/c/c", server.origin()));
    page
}

fn what_is_in_doubt_is_counted_as_sent(context: &Context) {
    let (desk, server) = doubtful();
    let page = open(context, &server, 1280);
    page.until_text("#doubt", "2 messages in doubt");
    assert_eq!(sum_that_adds_up(&page)["in doubt"], 2);
    page.assert_sound();
    page.click("#doubt > .actions > form button");
    page.until_text(".notice", "ounted as sent");
    page.until("!document.querySelector('#doubt')");
    let parts = sum_that_adds_up(&page);
    assert_eq!((parts["accepted"], parts["queued"]), (2, 2), "{parts:?}");
    page.assert_sound();
    page.click("#actions [action$='/go-on'] button");
    page.until_text("#pill", "Done");
    assert_eq!(sum_that_adds_up(&page).into_iter().collect::<Vec<_>>(), [("accepted".to_owned(), 4)]);
    page.assert_sound();
    let got = desk.ledger();
    assert!(got.len() == 4 && got.values().all(|times| *times == 1), "{got:?}");
}

fn what_is_in_doubt_is_sent_again(context: &Context) {
    let (desk, server) = doubtful();
    let page = open(context, &server, 390);
    // Whoever doubts it can look first.
    page.click("#doubt .ask summary");
    page.until_text("#doubt .asked", "reads it twice");
    page.assert_sound();
    page.click("#doubt .asked button");
    page.until_text("#pill", "Done");
    assert_eq!(sum_that_adds_up(&page).into_iter().collect::<Vec<_>>(), [("accepted".to_owned(), 4)]);
    page.assert_sound();
    let times: Vec<_> = desk.ledger().into_values().collect();
    assert_eq!(times, [2, 2, 1, 1], "who was in doubt got it twice, and nobody else");
}

fn the_failed_are_tried_again_and_nobody_else(context: &Context) {
    let desk = Desk::with("max", 5);
    desk.run("run c.json --sandbox --faults code:131026@919876500001,code:131047@919876500003", 3);
    let server = desk.serve();
    let page = open(context, &server, 1280);
    page.until_text("#failed", "2 failed");
    // The reasons lead to those they are about.
    page.click("#failed a.code");
    page.until_text("main", "1 person");
    page.assert_sound();
    page.click(".crumb a");
    page.click("#failed form button");
    page.until_text("#pill", "Done");
    page.until_text(".sum", "5 accepted");
    assert_eq!(sum_that_adds_up(&page)["accepted"], 5);
    page.assert_sound();
    let got = desk.ledger();
    assert!(got.len() == 5 && got.values().all(|times| *times == 1), "{got:?}");
}
