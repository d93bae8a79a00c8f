//! From a spreadsheet to a finished trial and its report, as a marketer goes there who has never seen it.
#![cfg(test)] // lets clippy take the helpers for test code

use std::path::{Path, PathBuf};

use rust_xlsxwriter::Workbook;

use super::context::Context;
use super::desk::{Desk, enter, sum_that_adds_up};
use super::page::{Page, Theme};

trials! {
    in_browser: [
        a_workbook_becomes_a_finished_trial,
        a_workbook_becomes_a_finished_trial_on_a_phone,
        a_trial_is_reached_by_keyboard_alone,
        a_wrong_column_is_corrected,
        a_schedule_in_another_zone_is_shown_as_it_is_meant,
    ],
    plain: [],
}

/// A workbook with a sheet of notes and one of customers, whose first column is no phone.
fn workbook(dir: &Path) -> PathBuf {
    let mut book = Workbook::new();
    book.add_worksheet().set_name("Notes").unwrap().write(0, 0, "Exported in May").unwrap();
    let sheet = book.add_worksheet().set_name("Customers").unwrap();
    for (column, header) in ["Name", "Landline", "Mobile", "City"].into_iter().enumerate() {
        sheet.write(0, u16::try_from(column).unwrap(), header).unwrap();
    }
    for row in 1..=40_u32 {
        sheet.write(row, 0, if row == 3 { String::new() } else { format!("Asha {row}") }).unwrap();
        sheet.write(row, 1, format!("020 2553 {row:04}")).unwrap();
        sheet.write(row, 2, if row == 7 { "ask".to_owned() } else { format!("98765 {row:05}") }).unwrap();
        sheet.write(row, 3, "Pune").unwrap();
    }
    let path = dir.join("customers.xlsx");
    book.save(&path).unwrap();
    path
}

/// Each step is sound in both themes.
#[track_caller]
fn sound(page: &Page, name: &str, width: u32) {
    for (theme, said) in [(Theme::Light, "light"), (Theme::Dark, "dark")] {
        page.theme(theme);
        page.assert_sound();
        page.screenshot(&format!("step-{name}-{said}-{width}"));
    }
    page.theme(Theme::Light);
}

fn walk(context: &Context, width: u32) {
    let desk = Desk::new();
    let server = desk.serve();
    let page = enter(context, server.link());
    page.viewport(width, 900);
    page.until_text("main", "No campaign yet");
    page.drop_file(".drop", &workbook(&desk.dir()));

    page.until("location.pathname.endsWith('/people') && document.readyState === 'complete'");
    page.until_text("main", "sheet Customers");
    page.until_text(".notice-bad", "of which country");
    assert_eq!(page.eval("document.querySelector('[name=phone]').value"), "Mobile");
    sound(&page, "people-no-country", width);
    page.choose("[name=country]", "IN");
    page.click("main form[action$='/people'] button");
    page.until_text(".figure", "39 of 40 rows have a phone number");
    sound(&page, "people", width);
    page.click("main a.button.main");

    page.until("location.pathname.endsWith('/message') && document.readyState === 'complete'");
    page.until_text("#preview", "Hi Asha 1,");
    page.fill("#body", "Hello *{{ name | default('friend') }}* in {{ city }}");
    page.until("document.querySelector('#preview strong')?.textContent === 'Asha 1'");
    page.fill("[name=row]", "4");
    page.until("document.querySelector('#preview strong')?.textContent === 'friend'");
    sound(&page, "message", width);
    page.fill("#body", "Hello {{ nmae }}");
    page.until_text("#preview", "name");
    page.until("document.querySelector('#preview .notice-bad') !== null");
    sound(&page, "message-misspelt", width);
    page.fill("#body", "Hello *{{ name | default('friend') }}* in {{ city }}");
    page.click("[name=next]");

    page.until("location.pathname.endsWith('/check') && document.readyState === 'complete'");
    page.until_text(".sum", "40 rows = 39 to send + 1 bad");
    sound(&page, "check", width);
    page.click("form[action$='/trial'] button");

    page.until("location.pathname === '/trials/c/customers' && document.readyState === 'complete'");
    page.until("document.querySelector('.sum')?.textContent.endsWith('= 40') && !document.querySelector('.sum').textContent.includes('queued')");
    let parts = sum_that_adds_up(&page);
    assert_eq!(parts.get("skipped"), Some(&1), "{parts:?}");
    sound(&page, "trial", width);
    page.click(".links a[href$='/report']");
    page.until_text("h1", "Report");
    sound(&page, "report", width);
    // The draft is a draft still: only a real run makes a campaign of it.
    page.goto(&format!("{}/", server.origin()));
    page.until_text("#drafts", "customers");
    sound(&page, "list-with-draft", width);
    // Nobody follows its deliveries any longer than the test.
    desk.run("cancel customers --sandbox", 0);
}

fn a_workbook_becomes_a_finished_trial(context: &Context) {
    walk(context, 1280);
}

fn a_workbook_becomes_a_finished_trial_on_a_phone(context: &Context) {
    walk(context, 390);
}

fn a_trial_is_reached_by_keyboard_alone(context: &Context) {
    let desk = Desk::new();
    let server = desk.serve();
    let page = enter(context, server.link());
    page.press("n");
    page.until("location.pathname === '/new' && document.readyState === 'complete'");
    // What a file dialog does can't be tried; that the way to it has the focus can.
    let order = page.tab_order(12);
    assert!(order.iter().any(|focus| focus.tag == "input"), "{order:?}");
    page.set_files("input[type=file]", &workbook(&desk.dir()));
    page.until("location.pathname.endsWith('/people') && document.readyState === 'complete'");
    let tab_to = |selector: &str| {
        for _ in 0..60 {
            page.press("Tab");
            if page.eval(&format!("document.activeElement.matches({selector:?})")) == true {
                return;
            }
        }
        panic!("the keyboard never reaches {selector}");
    };
    tab_to("[name=country]");
    page.press("i");
    page.until("document.activeElement.value === 'IN'");
    tab_to("form[action$='/people'] button");
    page.press("Enter");
    page.until_text(".figure", "39 of 40");
    tab_to("main a.button.main");
    page.press("Enter");
    page.until("location.pathname.endsWith('/message') && document.readyState === 'complete'");
    tab_to("[name=next]");
    page.press("Enter");
    page.until("location.pathname.endsWith('/check') && document.readyState === 'complete'");
    tab_to("form[action$='/trial'] button");
    page.press("Enter");
    page.until("document.querySelector('.sum')?.textContent.endsWith('= 40')");
    page.assert_sound();
    desk.run("cancel customers --sandbox", 0);
}

fn a_wrong_column_is_corrected(context: &Context) {
    let desk = Desk::new();
    let server = desk.serve();
    let page = enter(context, server.link());
    page.drop_file(".drop", &workbook(&desk.dir()));
    page.until("location.pathname.endsWith('/people') && document.readyState === 'complete'");
    page.choose("[name=country]", "IN");
    page.choose("[name=phone]", "City");
    page.click("main form[action$='/people'] button");
    page.until_text(".notice-bad", "City");
    page.assert_sound();
    page.choose("[name=phone]", "Mobile");
    page.click("main form[action$='/people'] button");
    page.until_text(".figure", "39 of 40");
    page.assert_sound();
    // The other sheet is offered, and taken back.
    page.click("main form details summary");
    page.choose("[name=sheet]", "Notes");
    page.click("main form[action$='/people'] button");
    page.until("document.querySelector('.notice-bad') !== null");
    // What was refused changes nothing, and may be complained of by the browser as such.
    if page.url().ends_with("/people") && page.eval("document.querySelector('.figure') === null") == true {
        let _ = page.complaints();
    }
}

fn a_schedule_in_another_zone_is_shown_as_it_is_meant(context: &Context) {
    let desk = Desk::new();
    let server = desk.serve();
    let page = enter(context, server.link());
    page.drop_file(".drop", &workbook(&desk.dir()));
    page.until("location.pathname.endsWith('/people') && document.readyState === 'complete'");
    page.choose("[name=country]", "IN");
    page.click("main form[action$='/people'] button");
    page.until_text(".figure", "39 of 40");
    let send = page.url().replace("/people", "/send");
    page.goto(&send);
    page.fill("[name=from]", "1001");
    page.eval("document.querySelector('[name=start-day]').value = '2030-07-01'");
    page.eval("document.querySelector('[name=start-time]').value = '10:00'");
    page.eval("document.querySelector('[name=hours-from]').value = '09:00'");
    page.eval("document.querySelector('[name=hours-to]').value = '20:00'");
    page.choose("[name=timezone]", "Asia/Kolkata");
    page.click("form[action$='/settings'] button");
    page.until_text("main", "2030-07-01");
    page.until_text(".state", "10:00");
    let said = page.text(".state");
    assert!(said.contains("Asia/Kolkata"), "{said}");
    page.assert_sound();
    page.screenshot("step-send-scheduled-light-1280");
    // In the past it is refused, and never means "now".
    page.eval("document.querySelector('[name=start-day]').value = '2020-07-01'");
    page.click("form[action$='/settings'] button");
    page.until_text(".state", "nothing was sent");
    page.assert_sound();
}
