//! The list of people who are never written to.
#![cfg(test)] // lets clippy take the helpers for test code

use super::context::Context;
use super::desk::{Desk, enter};
use super::page::Page;

trials! {
    in_browser: [people_are_added_found_imported_and_taken_off, people_are_added_and_taken_off_on_a_phone],
    plain: [],
}

/// How many people the page lists.
fn rows(page: &Page) -> u64 {
    page.eval("document.querySelectorAll('main tbody tr').length").as_u64().unwrap()
}

fn walk(context: &Context, width: u32) {
    let desk = Desk::new();
    let server = desk.serve();
    let page = enter(context, server.link());
    page.viewport(width, 800);
    page.goto(&format!("{}/optouts", server.origin()));
    page.until_text("main", "Nobody has opted out");
    let form = "form[action='/optouts/add']";

    // What is no number is refused in words, and Back leads to the form.
    page.fill("[name=phone]", "12");
    page.click(&format!("{form} button"));
    page.until_text(".notice", "hone number");
    page.expect_complaint("400");
    page.assert_sound();
    page.click("main p > a");
    page.fill("[name=phone]", "+91 98765 43210");
    page.fill("[name=reason]", "wrote STOP");
    page.click(&format!("{form} button"));
    page.until_text(".notice", "1 person added");
    page.until_text("table", "wrote STOP");
    page.assert_sound();

    // A list with a row that is none: chosen, and then the same dropped.
    let list = desk.write("list.csv", "Name,Phone\nAnn,+919876543211\nBob,nobody\nCem,+919876543212\n");
    page.set_files("input[type=file]", &list);
    page.until_text("main", "2 people added");
    page.until_text("main", "1 row was left out");
    page.assert_sound();
    page.drop_file(".drop", &list);
    page.until_text("main", "on the list already");
    assert_eq!(rows(&page), 3);
    page.assert_sound();
    // What is no list at all is said where it was dropped.
    let nothing = desk.write("nothing.csv", "Name,City\nAnn,Pune\n");
    page.drop_file(".drop", &nothing);
    page.until_text(".drop-error", "phone");
    page.expect_complaint("400");
    page.assert_sound();

    page.fill("#search", "3211");
    page.press("Enter");
    page.until("location.search.includes('number=3211') && document.readyState === 'complete'");
    assert_eq!(rows(&page), 1);
    page.assert_sound();
    page.click(".list summary");
    page.until_text(".list .asked", "Only if they have asked");
    page.assert_sound();
    page.click(".list .asked button");
    page.until_text(".notice", "1 person taken off the list");
    assert_eq!(rows(&page), 2);
    page.assert_sound();
}

fn people_are_added_found_imported_and_taken_off(context: &Context) {
    walk(context, 1280);
}

fn people_are_added_and_taken_off_on_a_phone(context: &Context) {
    walk(context, 390);
}
