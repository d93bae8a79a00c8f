//! `/optouts`: the list of people who are never written to.

use maud::{Markup, html};

use crate::app::optouts::Added;
use crate::app::{AppError, Level, Notice, optouts, phones};
use crate::domain::format::{people, plural};
use crate::engine::optout::OptedOut;
use crate::web::answer::Answer;
use crate::web::asked::Asked;
use crate::web::dashboard::Dashboard;
use crate::web::layout::{self, Page, Place, button};

/// So many are shown at once.
const SHOWN: usize = 50;

/// `GET /optouts?number=3210&from=0`
pub fn page(dashboard: &Dashboard, asked: &Asked) -> Result<Answer, AppError> {
    let (list, damage) = optouts::open_damaged(&asked.app, &asked.app.home(false)?)?;
    let wanted = asked.query.filled("number").unwrap_or_default();
    let digits: String = wanted.chars().filter(char::is_ascii_digit).collect();
    let from: usize = asked.query.get("from").and_then(|from| from.parse().ok()).unwrap_or(0);
    // The newest first.
    let fits = |entry: &&OptedOut| entry.phone.digits().contains(&digits);
    let mut found = list.entries().iter().rev().filter(fits).skip(from);
    let shown: Vec<_> = found.by_ref().take(SHOWN).collect();
    let more = found.next().is_some();
    let main = html! {
        div.head { h1 { "Opt-outs" } }
        p { (plural(list.entries().len() as u64, "person is", "people are")) " on the list: no campaign writes to them." }
        @if let Some(damage) = &damage { (layout::error(damage)) }
        div.columns {
            section.card aria-labelledby="add-title" {
                h2 #add-title { "Add a number" }
                form method="post" action="/optouts/add" {
                    (layout::of_session(asked))
                    label { "Phone number" input name="phone" inputmode="tel" autocomplete="off" required placeholder="+91 98765 43210"; }
                    label { "Why, for your records" input name="reason" value="added by hand" autocomplete="off"; }
                    button type="submit" { "Add" }
                }
            }
            section.card aria-labelledby="import-title" {
                h2 #import-title { "Import a list" }
                p.note { "A spreadsheet with a column of phone numbers." }
                (layout::file_choice("/optouts/import", "Choose a file"))
            }
        }
        section.card aria-labelledby="list-title" {
            h2 #list-title { "The list" }
            form.search method="get" action="/optouts" role="search" {
                label { "Number " input #search name="number" inputmode="numeric" value=(wanted) placeholder="some digits" autocomplete="off"; }
                button type="submit" { "Search" }
            }
            @if shown.is_empty() {
                p { @if digits.is_empty() { "Nobody has opted out." } @else { "Nobody on the list has these digits." } }
            } @else {
                (table(asked, &shown))
            }
            p.pages {
                @if from > 0 { a href=(link(wanted, from.saturating_sub(SHOWN))) { "Earlier on this list" } " " }
                @if more { a href=(link(wanted, from + SHOWN)) { "More" } }
            }
        }
    };
    let page = Page { title: "Opt-outs", place: Place::OptOuts, live: false };
    Ok(page.answer(dashboard, asked, main))
}

fn link(number: &str, from: usize) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query.append_pair("number", number).append_pair("from", &from.to_string());
    format!("/optouts?{}", query.finish())
}

fn table(asked: &Asked, shown: &[&OptedOut]) -> Markup {
    html! {
        table.list {
            thead { tr { th scope="col" { "Number" } th scope="col" { "Why" } th scope="col" { "Since" } td {} } }
            tbody {
                @for entry in shown {
                    @let phone = layout::number(entry.phone);
                    tr {
                        th scope="row" { (phone) }
                        td { (layout::text(&entry.reason)) }
                        td { (layout::text(entry.at.get(..10).unwrap_or(&entry.at))) }
                        td {
                            details.ask {
                                summary { "Take off…" span.unseen { " " (phone) } }
                                div.asked {
                                    p { "Only if they have asked for messages again." }
                                    (button(asked, "/optouts/remove", &[("phone", &phone)], "bad", "Take off the list"))
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// `POST /optouts/add`
pub fn add(dashboard: &Dashboard, asked: &Asked) -> Result<Answer, AppError> {
    let phone = phones::parse(asked.required("phone", "the phone number")?, None)?;
    let reason = asked.form.filled("reason").unwrap_or("added by hand");
    let (mut list, _) = optouts::open_damaged(&asked.app, &asked.app.home(false)?)?;
    dashboard.note(asked, "opt-out added", None, Some(phone.to_string()));
    let added = optouts::add(&asked.app, &mut list, &[phone], reason)?;
    dashboard.tell(asked, told(&added));
    Ok(Answer::see("/optouts"))
}

/// `POST /optouts/remove`
pub fn remove(dashboard: &Dashboard, asked: &Asked) -> Result<Answer, AppError> {
    let phone = phones::parse(asked.required("phone", "the phone number")?, None)?;
    let (mut list, _) = optouts::open_damaged(&asked.app, &asked.app.home(false)?)?;
    dashboard.note(asked, "opt-out removed", None, Some(phone.to_string()));
    let removed = optouts::remove(&asked.app, &mut list, &[phone])?;
    let text = if removed == 0 {
        "nobody was on the list; nothing changed".to_owned()
    } else {
        format!("{} taken off the list", people(removed))
    };
    dashboard.tell(asked, [Notice::new(Level::Info, text)]);
    Ok(Answer::see("/optouts"))
}

/// `PUT /optouts/import`
pub fn import(dashboard: &Dashboard, asked: &Asked) -> Result<Answer, AppError> {
    let (mut list, _) = optouts::open_damaged(&asked.app, &asked.app.home(false)?)?;
    let table = (&*asked.file()?.path, None, None);
    dashboard.note(asked, "opt-outs imported", None, None);
    let added = optouts::import(&asked.app, &mut list, table, "imported")?;
    dashboard.tell(asked, told(&added));
    Ok(Answer::made("/optouts"))
}

fn told(added: &Added) -> Vec<Notice> {
    let mut notices = vec![Notice::new(Level::Info, added.sentence())];
    notices.extend(added.left_out().map(|left_out| {
        let rows: Vec<_> = added.bad_rows().collect();
        Notice::warning(format!("{left_out}: {}", rows.join("; ")))
    }));
    notices
}
