//! `/new` and `/d/ID/people`: a campaign begins with a spreadsheet, and with how it is understood.

use hyper::StatusCode;
use maud::{Markup, html};
use serde_json::Value;

use crate::app::AppError;
use crate::app::drafts::{self, Audience, Draft, Object, People};
use crate::campaign::{Source, tables};
use crate::domain::format::{count, plural};
use crate::web::answer::Answer;
use crate::web::asked::Asked;
use crate::web::dashboard::Dashboard;
use crate::web::layout::{self, Page, Place, button};

/// A step on the way from a file to what is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    People,
    Message,
    Check,
    Send,
    File,
}

const STEPS: [(Step, &str, &str); 5] = [
    (Step::People, "people", "1 People"),
    (Step::Message, "message", "2 Message"),
    (Step::Check, "check", "3 Check"),
    (Step::Send, "send", "4 Send"),
    (Step::File, "file", "As a file"),
];

/// Countries that are offered first; any other one is written by its code.
const COUNTRIES: [(&str, &str); 12] = [
    ("IN", "India (+91)"),
    ("BR", "Brazil (+55)"),
    ("ID", "Indonesia (+62)"),
    ("MX", "Mexico (+52)"),
    ("NG", "Nigeria (+234)"),
    ("PK", "Pakistan (+92)"),
    ("BD", "Bangladesh (+880)"),
    ("ZA", "South Africa (+27)"),
    ("AE", "United Arab Emirates (+971)"),
    ("GB", "United Kingdom (+44)"),
    ("DE", "Germany (+49)"),
    ("US", "United States (+1)"),
];

/// The draft that is asked for.
pub fn find(asked: &Asked) -> Result<Draft, AppError> {
    Draft::find(&asked.app, asked.param("id"))
}

/// The address of a step.
pub fn address(draft: &Draft, step: Step) -> String {
    let path = STEPS.iter().find(|(each, ..)| *each == step).map_or("people", |(_, path, _)| path);
    format!("/d/{}/{path}", draft.id)
}

/// A step's page.
pub fn render(dashboard: &Dashboard, asked: &Asked, (draft, step): (&Draft, Step), main: &Markup) -> Answer {
    let name =
        draft.campaign().map_or_else(|_| "A campaign".to_owned(), |campaign| campaign.name.to_string());
    let main = html! {
        div.head {
            div {
                p.crumb { a href="/" { "Campaigns" } }
                h1 { (name) }
            }
            details.ask {
                summary { "Remove this draft…" }
                div.asked {
                    p { "The spreadsheet and what was written here go for good. What was sent stays in its report." }
                    (button(asked, &format!("/d/{}/remove", draft.id), &[], "bad", "Remove it"))
                }
            }
        }
        nav.steps aria-label="Steps" {
            @for (each, _, words) in STEPS {
                a href=(address(draft, each)) aria-current=[(each == step).then_some("step")] { (words) }
            }
        }
        (main)
    };
    let page = Page { title: &name, place: Place::Campaigns, live: false };
    Answer::page(page.render(dashboard, asked, &main))
}

/// `GET /new`
pub fn new(dashboard: &Dashboard, asked: &Asked) -> Result<Answer, AppError> {
    let main = html! {
        div.head { h1 { "New campaign" } }
        section.card aria-label="Spreadsheet" { (choice()) }
    };
    let page = Page { title: "New campaign", place: Place::Campaigns, live: false };
    Ok(Answer::page(page.render(dashboard, asked, &main)))
}

/// Where a spreadsheet is dropped that begins a campaign.
pub fn choice() -> Markup {
    html! {
        (layout::file_choice("/new", "Choose a spreadsheet"))
        p.note { "CSV or Excel, up to 200 MB. It stays on this computer." }
    }
}

/// `PUT /new`
pub fn begin(_: &Dashboard, asked: &Asked) -> Result<Answer, AppError> {
    let upload = asked.file()?;
    let draft = Draft::begin(&asked.app, &upload.path, &upload.name)?;
    Ok(Answer::made(address(&draft, Step::People)))
}

/// `PUT /d/{id}/audience`
pub fn replace_audience(_: &Dashboard, asked: &Asked) -> Result<Answer, AppError> {
    let (draft, upload) = (find(asked)?, asked.file()?);
    draft.replace_audience(&asked.app, &upload.path, &upload.name)?;
    Ok(Answer::made(address(&draft, Step::People)))
}

/// `POST /d/{id}/remove`
pub fn remove(dashboard: &Dashboard, asked: &Asked) -> Result<Answer, AppError> {
    let draft = find(asked)?;
    dashboard.note(asked, "draft removed", None, None);
    draft.remove(&asked.app)?;
    Ok(Answer::see("/"))
}

/// `GET /d/{id}/people`
pub fn people(dashboard: &Dashboard, asked: &Asked) -> Result<Answer, AppError> {
    let draft = find(asked)?;
    let file = draft.json(&asked.app)?;
    let read = drafts::audience(&asked.app, &draft);
    let main = html! {
        section.card aria-labelledby="file-title" {
            h2 #file-title { (layout::text(&draft.called())) }
            @match &read {
                Ok(audience) => (understood(audience)),
                Err(error) => (layout::error(error)),
            }
            (corrections(asked, &draft, &file, read.as_ref().ok()))
        }
        @if let Ok(audience) = &read { (first_rows(audience)) }
        details.card {
            summary { "Take another spreadsheet" }
            (layout::file_choice(&format!("/d/{}/audience", draft.id), "Choose a spreadsheet"))
        }
        @if read.is_ok() { p { a.button.main href=(address(&draft, Step::Message)) { "Next: the message" } } }
    };
    Ok(render(dashboard, asked, (&draft, Step::People), &main))
}

fn understood(audience: &Audience) -> Markup {
    let Audience { rows, with_number, reading, examples, bad, warnings, .. } = audience;
    let mut how: Vec<String> = Vec::new();
    how.extend(reading.sheet.as_ref().map(|sheet| format!("sheet {sheet}")));
    how.extend(reading.encoding.map(str::to_owned));
    how.extend(reading.delimiter.map(|delimiter| match delimiter {
        '\t' => "separated by tabs".to_owned(),
        other => format!("separated by {other}"),
    }));
    how.extend(reading.header_row.map(|row| format!("column names in row {row}")));
    html! {
        p.figure { strong { (count(*with_number)) } " of " (plural(*rows, "row has", "rows have")) " a phone number" }
        p.note { (layout::text(&how.join(" · "))) }
        @if !examples.is_empty() {
            p { "Numbers are understood like this:" }
            ul.examples {
                @for example in examples {
                    li {
                        (layout::text(&example.written)) " → "
                        @match &example.read {
                            Some(read) => strong { (layout::number(*read)) },
                            None => em { "not a number that can be written to" },
                        }
                    }
                }
            }
        }
        @for line in bad { p.note { (layout::prose(line)) } }
        @for line in warnings { p.note { (layout::prose(line)) } }
    }
}

fn word<'f>(object: Option<&'f Object>, key: &str) -> &'f str {
    object.and_then(|object| object.get(key)).and_then(Value::as_str).unwrap_or_default()
}

fn corrections(asked: &Asked, draft: &Draft, file: &Object, audience: Option<&Audience>) -> Markup {
    let said = file.get("audience").and_then(Value::as_object);
    let columns = columns(draft);
    let phone = audience.map_or_else(|| word(said, "phone"), |audience| &audience.phone);
    let country = word(said, "country");
    let known = COUNTRIES.iter().any(|(code, _)| *code == country);
    let other = |key: &str| match said.and_then(|said| said.get(key)) {
        Some(Value::String(text)) => text.clone(),
        Some(value) => value.to_string(),
        None => String::new(),
    };
    let advanced = ["sheet", "header_row", "encoding", "delimiter", "where", "sample"];
    let is_open = advanced.iter().any(|key| said.is_some_and(|said| said.contains_key(*key)));
    let mut sheets: Vec<String> = audience.map(|audience| audience.other_sheets.clone()).unwrap_or_default();
    sheets.extend(audience.and_then(|audience| audience.reading.sheet.clone()));
    html! {
        form method="post" action=(address(draft, Step::People)) {
            (layout::of_session(asked))
            div.columns {
                label {
                    "Which column holds the phone numbers?"
                    select name="phone" {
                        @if phone.is_empty() { option value="" { "choose" } }
                        @for column in &columns { option value=(column) selected[column == phone] { (column) } }
                    }
                }
                label {
                    "Numbers without a country code are from"
                    select name="country" {
                        option value="" { "no country: leave them out" }
                        @for (code, name) in COUNTRIES { option value=(code) selected[code == country] { (name) } }
                        @if !country.is_empty() && !known { option value=(country) selected { (country) } }
                    }
                }
            }
            details open[is_open] {
                summary { "Another country, sheet, encoding, or only some of the people" }
                div.columns {
                    label { "Another country, by its two letters" input name="other-country" maxlength="2" autocomplete="off"; }
                    label {
                        "Sheet"
                        @if sheets.len() > 1 {
                            select name="sheet" {
                                @for sheet in &sheets {
                                    option value=(sheet) selected[audience.is_some_and(|a| a.reading.sheet.as_ref() == Some(sheet))] { (sheet) }
                                }
                            }
                        } @else { input name="sheet" value=(other("sheet")) placeholder="recognised"; }
                    }
                    label { "Row of the column names" input name="header_row" inputmode="numeric" value=(other("header_row")) placeholder="recognised"; }
                    label { "Encoding" input name="encoding" value=(other("encoding")) placeholder="recognised"; }
                    label { "Between cells stands" input name="delimiter" value=(other("delimiter")) placeholder="recognised" maxlength="3"; }
                    label { "Only rows where" input name="where" value=(other("where")) placeholder="city == 'Pune'"; }
                    label { "Only so many, drawn by chance" input name="sample" value=(other("sample")) placeholder="5% or 500"; }
                }
            }
            button type="submit" { "Read it so" }
        }
    }
}

/// The spreadsheet's columns, as far as it can be read.
fn columns(draft: &Draft) -> Vec<String> {
    let Ok(campaign) = draft.campaign() else { return Vec::new() };
    let Source::File { path } = &campaign.audience.source else { return Vec::new() };
    tables::open(path, &campaign.audience.reading).map(|table| table.columns).unwrap_or_default()
}

fn first_rows(audience: &Audience) -> Markup {
    html! {
        section.card aria-labelledby="rows-title" {
            h2 #rows-title { "The first rows" }
            div.scroll tabindex="0" role="region" aria-labelledby="rows-title" {
                table.rows {
                    thead { tr {
                        @for column in &audience.columns {
                            th scope="col" {
                                (layout::text(&column.name))
                                @if column.name == audience.phone { " ☎" }
                                span.meaning {
                                    @if column.variable.is_empty() { (column.guess.word()) } @else { "{{ " (column.variable) " }}" }
                                }
                            }
                        }
                    } }
                    tbody {
                        @for row in &audience.first { tr { @for cell in row { td { (layout::text(cell)) } } } }
                    }
                }
            }
            @let some_empty: Vec<_> = audience.columns.iter().filter(|c| c.filled < audience.rows && c.filled > 0).collect();
            @if !some_empty.is_empty() {
                p.note {
                    "Not filled in every row: "
                    @for (at, column) in some_empty.iter().enumerate() {
                        @if at > 0 { ", " }
                        (layout::text(&column.name)) " (" (count(audience.rows - column.filled)) " empty)"
                    }
                    ". Give such a word a fallback: " code { "{{ name | default('there') }}" } "."
                }
            }
        }
    }
}

/// `POST /d/{id}/people`
pub fn correct(_: &Dashboard, asked: &Asked) -> Result<Answer, AppError> {
    let draft = find(asked)?;
    let field = |name: &str| asked.form.get(name).unwrap_or_default().to_owned();
    let other = field("other-country");
    let people = People {
        phone: field("phone"),
        country: if other.trim().is_empty() { field("country") } else { other.trim().to_ascii_uppercase() },
        sheet: field("sheet"),
        header_row: field("header_row"),
        encoding: field("encoding"),
        delimiter: field("delimiter"),
        only: field("where"),
        sample: field("sample"),
    };
    draft.change(&asked.app, |file| people.into_file(file))?;
    Ok(Answer::see(address(&draft, Step::People)))
}

/// `GET /d/{id}/file`
pub fn as_file(dashboard: &Dashboard, asked: &Asked) -> Result<Answer, AppError> {
    let draft = find(asked)?;
    let text = draft.text(&asked.app)?;
    let main = html! {
        section.card aria-labelledby="as-file-title" {
            h2 #as-file-title { "The campaign as a file" }
            p.note {
                "What the steps write, and what " code { "sendcast run" } " takes: " code { (draft.source()) }
                ". Whatever the steps don’t know of (variants, lists of prices, whom to leave out) is written here."
            }
            form method="post" action=(address(&draft, Step::File)) {
                (layout::of_session(asked))
                label { "campaign.json" textarea.code-area name="text" rows="24" spellcheck="false" { (text) } }
                button type="submit" { "Save" }
            }
        }
    };
    Ok(render(dashboard, asked, (&draft, Step::File), &main))
}

/// `POST /d/{id}/file`
pub fn save_file(dashboard: &Dashboard, asked: &Asked) -> Result<Answer, AppError> {
    let draft = find(asked)?;
    // Browsers send line ends as CR LF.
    let text = asked.form.get("text").unwrap_or_default().replace("\r\n", "\n");
    if let Err(error) = draft.replace(&asked.app, &text) {
        let main = html! {
            (layout::error(&error))
            section.card aria-label="The campaign as a file" {
                form method="post" action=(address(&draft, Step::File)) {
                    (layout::of_session(asked))
                    label { "campaign.json, not saved" textarea.code-area name="text" rows="24" spellcheck="false" { (text) } }
                    button type="submit" { "Save" }
                }
            }
        };
        return Ok(render(dashboard, asked, (&draft, Step::File), &main).status(StatusCode::BAD_REQUEST));
    }
    Ok(Answer::see(address(&draft, Step::File)))
}
