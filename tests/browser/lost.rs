//! The server goes while its pages are open, and comes again.
#![cfg(test)] // lets clippy take the helpers for test code

use serde_json::json;

use super::context::Context;
use super::desk::{Desk, enter};
use super::page::Page;
use super::sendcast::Sendcast;

trials! {
    in_browser: [
        a_page_says_that_nobody_answers_and_goes_on_with_a_new_link,
        what_is_typed_is_kept_until_somebody_takes_it,
    ],
    plain: [],
}

/// Serves on this port once more, for the same data directory: under the same name.
#[track_caller]
fn again(desk: &Desk, gone: &Sendcast) -> Sendcast {
    let server = Sendcast::start(Sendcast::command(&desk.data(), gone.port())).unwrap();
    assert_eq!(server.origin(), gone.origin());
    server
}

/// Has the page ask at once, as it does when it is looked at again.
fn look_again(page: &Page) {
    page.bring_to_front();
    page.eval("dispatchEvent(new Event('visibilitychange'))");
}

fn a_page_says_that_nobody_answers_and_goes_on_with_a_new_link(context: &Context) {
    let desk = Desk::with("max", 10);
    desk.run("run c.json --sandbox --limit 4", 6);
    for width in [390, 1280] {
        let mut server = desk.serve();
        let page = enter(context, server.link());
        page.viewport(width, 800);
        page.goto(&format!("{}/trials/c/c", server.origin()));
        let (sum, pill) = (page.text(".sum"), page.text("#pill"));
        server.kill();
        page.until("!document.querySelector('#lost').hidden");
        page.expect_complaint("ERR_CONNECTION_REFUSED");
        let off = "[...document.querySelectorAll('main button')].every(button => button.disabled)";
        assert_eq!(page.eval(off), json!(true));
        assert_eq!((page.text(".sum"), page.text("#pill")), (sum.clone(), pill.clone()), "the figures stay");
        assert!(page.text("#since").contains(':'), "and say of when they are");
        page.screenshot(&format!("lost-light-{width}"));
        // More of them may have been asked for meanwhile.
        page.complaints();
        assert_eq!(page.sideways(), Vec::<String>::new());

        let server = again(&desk, &server);
        look_again(&page);
        page.until("document.querySelector('#lost').hidden && !document.querySelector('#over').hidden");
        assert_eq!(page.eval(off), json!(true));
        assert_eq!((page.text(".sum"), page.text("#pill")), (sum, pill));
        page.screenshot(&format!("over-light-{width}"));
        page.complaints();

        // The new link is opened in a tab of its own, as from a terminal.
        let other = enter(context, server.link());
        look_again(&page);
        page.until("document.querySelector('#over').hidden && document.readyState === 'complete'");
        // It asked in vain as often as it was looked at.
        page.complaints();
        page.until_text("#pill", "Stopped");
        assert_eq!(page.eval(off), json!(false));
        other.assert_sound();
        page.assert_sound();
    }
}

fn what_is_typed_is_kept_until_somebody_takes_it(context: &Context) {
    let desk = Desk::new();
    let mut server = desk.serve();
    let page = enter(context, server.link());
    page.goto(&format!("{}/optouts", server.origin()));
    page.fill("[name=phone]", "+91 98765 00009");
    page.fill("[name=reason]", "asked on the phone");
    server.kill();
    let press = || page.click("form[action='/optouts/add'] button");
    let typed = "[...document.querySelectorAll('[name=phone], [name=reason]')].map(field => field.value)";
    let kept = json!(["+91 98765 00009", "asked on the phone"]);
    press();
    page.until("!document.querySelector('#lost').hidden");
    page.expect_complaint("ERR_CONNECTION_REFUSED");
    assert_eq!(page.eval(typed), kept);
    page.assert_sound();

    let server = again(&desk, &server);
    press();
    page.until("!document.querySelector('#over').hidden");
    page.expect_complaint("401");
    assert_eq!(page.eval(typed), kept);
    page.assert_sound();

    let _other = enter(context, server.link());
    page.bring_to_front();
    press();
    page.until_text(".notice", "1 person added");
    page.until_text("table", "asked on the phone");
    page.assert_sound();
}
