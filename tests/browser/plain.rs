//! Without scripts, and on paper.
#![cfg(test)] // lets clippy take the helpers for test code

use std::fs;

use serde_json::json;

use super::context::Context;
use super::desk::{Desk, enter};
use super::page::Page;
use super::wait;

trials! {
    in_browser: [whoever_has_a_session_needs_no_script, a_report_is_printed_without_its_surroundings],
    plain: [],
}

fn whoever_has_a_session_needs_no_script(context: &Context) {
    let desk = Desk::with("5/s", 200);
    let server = desk.serve();
    let mut run = desk.beside("run c.json --sandbox --yes");
    let page = enter(context, server.link());
    page.scripts(false);
    for width in [390, 1280] {
        page.viewport(width, 800);
        page.goto(&format!("{}/trials", server.origin()));
        loads_until(&page, "main", "Sending");
        page.click(".campaign-name a");
        page.until_text("#pill", "Sending");
        press(&page, "#actions [action$='/pause'] button");
        loads_until(&page, "#actions", "Go on");
        press(&page, "#actions [action$='/resume'] button");
        loads_until(&page, "#actions", "Pause");
    }
    page.click(".links a");
    page.fill("#search", "00007");
    page.click(".search button");
    page.until_text("main", "1 person");
    page.click("table a");
    page.until_text("h1", "00007");
    page.until_text("main", "What the row says");
    // What needs a script says so.
    page.goto(&format!("{}/optouts", server.origin()));
    page.until_text(".drop", "needs JavaScript");
    page.fill("[name=phone]", "+919876543210");
    page.click("form[action='/optouts/add'] button");
    page.until_text(".notice", "1 person added");
    page.goto(&format!("{}/trials/c/c", server.origin()));
    page.click("#actions .ask summary");
    press(&page, "#actions [action$='/cancel'] button");
    run.ends();
    loads_until(&page, "#pill", "Cancelled");
}

/// Presses a button and waits for the page that this leads to.
#[track_caller]
fn press(page: &Page, selector: &str) {
    page.eval("window.pressed = true");
    page.click(selector);
    page.until("!window.pressed && document.readyState === 'complete' && document.querySelector('.notice')");
}

/// Loads the page again until it says so.
#[track_caller]
fn loads_until(page: &Page, selector: &str, part: &str) {
    let said = wait::until(wait::LIMIT, || {
        let said = page.text(selector).contains(part);
        if !said {
            page.reload();
        }
        said.then_some(())
    });
    said.unwrap_or_else(|| panic!("in 10 s {selector} never said {part}"));
}

fn a_report_is_printed_without_its_surroundings(context: &Context) {
    let desk = Desk::with("max", 40);
    desk.run("run c.json --sandbox --faults code:131026=20%", 3);
    let server = desk.serve();
    let page = enter(context, server.link());
    page.goto(&format!("{}/trials/c/c/report", server.origin()));
    page.print_media(true);
    let shown = |selector: &str| {
        let shown = format!(
            "[...document.querySelectorAll({})].some(each => each.checkVisibility())",
            json!(selector)
        );
        page.eval(&shown) == json!(true)
    };
    for hidden in [".top", "nav", "button", ".skip", "[download]"] {
        assert!(!shown(hidden), "{hidden} is printed");
    }
    // A trial is told as such on paper, too.
    for printed in ["h1", ".stripe", ".card", "table"] {
        assert!(shown(printed), "{printed} isn't printed");
    }
    page.screenshot("report-print");
    let pdf = fs::read(page.pdf("report-print")).unwrap();
    assert!(pdf.starts_with(b"%PDF") && pdf.len() > 10_000, "{} bytes", pdf.len());
    page.print_media(false);
    page.assert_sound();
}
