//! Coming in by the link from the terminal, and leaving.
#![cfg(test)] // lets clippy take the helpers for test code

use serde_json::json;

use super::context::Context;
use super::desk::{Desk, enter, enter_in};

trials! {
    in_browser: [
        the_link_opens_once_and_leaves_no_trace,
        nothing_is_shown_after_leaving_not_even_by_back,
        leaving_one_session_leaves_the_other,
    ],
    plain: [],
}

fn the_link_opens_once_and_leaves_no_trace(context: &Context) {
    let desk = Desk::new();
    let mut server = desk.serve();
    for width in [390, 1280] {
        let link = server.another_link();
        let code = link.split_once('#').unwrap().1;
        let user = context.stranger();
        let page = user.blank();
        page.viewport(width, 800);
        enter_in(&page, &link);
        assert_eq!(page.url(), format!("{}/", server.origin()));
        let history = page.call("Page.getNavigationHistory", json!({})).unwrap().to_string();
        assert!(!history.contains(code), "the code stays in the history: {history}");
        let cookies = user.cookies();
        assert_eq!(cookies.len(), 1, "{cookies:?}");
        assert!(cookies[0].http_only && cookies[0].same_site.as_deref() == Some("Strict"), "{cookies:?}");
        page.assert_sound();

        // Somebody else who has seen it comes too late.
        let stranger = context.stranger();
        let late = stranger.blank();
        late.viewport(width, 800);
        late.goto(&link);
        late.until_text("#entering", "has been used");
        late.expect_complaint("401");
        assert_eq!(late.url(), format!("{}/enter", server.origin()));
        late.assert_sound();
    }
}

fn nothing_is_shown_after_leaving_not_even_by_back(context: &Context) {
    let desk = Desk::with("max", 3);
    desk.run("run c.json --sandbox", 0);
    let server = desk.serve();
    let page = enter(context, server.link());
    page.goto(&format!("{}/trials/c/c", server.origin()));
    page.until_text("#pill", "Done");
    page.click(".leave button");
    page.until("location.pathname === '/enter'");
    assert_eq!(context.cookies(), []);
    page.assert_sound();
    page.back();
    page.until_text("h1", "Open the link");
    assert!(!page.html().unwrap().contains("accepted"));
    page.expect_complaint("401");
    page.assert_sound();
}

fn leaving_one_session_leaves_the_other(context: &Context) {
    let desk = Desk::new();
    let mut server = desk.serve();
    let stranger = context.stranger();
    let other = enter(&stranger, &server.another_link());
    let page = enter(context, server.link());
    page.click(".leave button");
    page.until("location.pathname === '/enter'");
    other.reload();
    other.until_text("h1", "Campaigns");
    other.assert_sound();
    page.assert_sound();
}
