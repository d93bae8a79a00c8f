//! `/new` and `/d/ID/people`: a campaign begins with a spreadsheet, and with how it is understood.

use std::path::Path;

use hyper::StatusCode;
use maud::{Markup, html};
use serde_json::{Map, Value, json};

use crate::app::drafts::{self, Draft, Key, People, Role};
use crate::app::init;
use crate::app::{AppError, Notice};
use crate::campaign::{Understood, name_of_file};
use crate::domain::format::{count, plural};
use crate::domain::phone::Country;
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

/// So many names are tried for a campaign after its spreadsheet's.
const MAX_NAMES: u32 = 50;

/// The draft that is asked for.
pub fn find(asked: &Asked) -> Result<Draft, AppError> {
    drafts::open(&asked.app, asked.param("id"))
}

/// The address of a step.
pub fn address(draft: &Draft, step: Step) -> String {
    let path = STEPS.iter().find(|(each, ..)| *each == step).map_or("people", |(_, path, _)| path);
    format!("/d/{}/{path}", draft.id.as_str())
}

/// A step's page.
pub fn render(dashboard: &Dashboard, asked: &Asked, (draft, step): (&Draft, Step), main: &Markup) -> Answer {
    let name = draft
        .campaign(&asked.app)
        .map_or_else(|_| "A campaign".to_owned(), |campaign| campaign.name.to_string());
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
                    (button(asked, &format!("/d/{}/remove", draft.id.as_str()), &[], "bad", "Remove it"))
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
    page.answer(dashboard, asked, main)
}

/// `GET /new`
pub fn new(dashboard: &Dashboard, asked: &Asked) -> Result<Answer, AppError> {
    let main = html! {
        div.head { h1 { "New campaign" } }
        section.card aria-label="Spreadsheet" { (choice()) }
    };
    let page = Page { title: "New campaign", place: Place::Campaigns, live: false };
    Ok(page.answer(dashboard, asked, main))
}

/// Where a spreadsheet is dropped that begins a campaign.
pub fn choice() -> Markup {
    html! {
        (layout::file_choice("/new", "Choose a spreadsheet"))
        p.note { "CSV or Excel, up to 200 MB. It stays on this computer." }
    }
}

/// `PUT /new`
pub fn begin(dashboard: &Dashboard, asked: &Asked) -> Result<Answer, AppError> {
    let upload = asked.file()?;
    let draft = named_after(asked, &upload.name)?;
    let (taken, notices) = dashboard
        .carry_out(async |app| Ok(draft.take_upload(app, &upload.path, &upload.name, Role::Audience)))?;
    if let Err(error) = taken {
        // Nothing was begun: what can't be read is no draft.
        draft.remove(&asked.app)?;
        return Err(error);
    }
    if let Ok(people) = draft.people(&asked.app) {
        let message = json!({ "type": "text", "body": init::offered(&people.understood.columns) });
        draft.set(&asked.app, &[(Key::Message, Some(message))])?;
    }
    dashboard.tell(asked, notices);
    Ok(Answer::made(address(&draft, Step::People)))
}

/// A draft that is called like its spreadsheet, or nearly so where that is taken.
fn named_after(asked: &Asked, called: &str) -> Result<Draft, AppError> {
    let stem = Path::new(called).file_stem().map(|stem| stem.to_string_lossy().replace('.', "-"));
    let stem = stem.and_then(|stem| name_of_file(Path::new(&format!("{stem}.json"))).ok());
    let Some(stem) = stem.map(|name| name.to_string().to_ascii_lowercase()) else {
        return drafts::create(&asked.app, None);
    };
    for n in 1..=MAX_NAMES {
        let name = if n == 1 { stem.clone() } else { format!("{stem}-{n}") };
        match drafts::create(&asked.app, Some(&name)) {
            Err(error) if error.is_usage() => {}
            made => return made,
        }
    }
    drafts::create(&asked.app, None)
}

/// `PUT /d/{id}/audience`
pub fn replace_audience(dashboard: &Dashboard, asked: &Asked) -> Result<Answer, AppError> {
    bring(dashboard, asked, Role::Audience)
}

/// `PUT /d/{id}/exclude`
pub fn leave_out(dashboard: &Dashboard, asked: &Asked) -> Result<Answer, AppError> {
    bring(dashboard, asked, Role::Exclude)
}

/// `PUT /d/{id}/rates`
pub fn rates(dashboard: &Dashboard, asked: &Asked) -> Result<Answer, AppError> {
    bring(dashboard, asked, Role::Rates)?;
    Ok(Answer::made(address(&find(asked)?, Step::Send)))
}

fn bring(dashboard: &Dashboard, asked: &Asked, role: Role) -> Result<Answer, AppError> {
    let (draft, upload) = (find(asked)?, asked.file()?);
    let ((), notices) =
        dashboard.carry_out(async |app| draft.take_upload(app, &upload.path, &upload.name, role))?;
    dashboard.tell(asked, notices);
    Ok(Answer::made(address(&draft, Step::People)))
}

/// `POST /d/{id}/remove`
pub fn remove(dashboard: &Dashboard, asked: &Asked) -> Result<Answer, AppError> {
    let draft = find(asked)?;
    let removed = draft.remove(&asked.app)?;
    dashboard.note(asked, "draft removed", None, None);
    if let Some(trial) = removed.trial {
        let what = format!("the trial {trial} is still there, with its people");
        let hint = format!("`sendcast erase {trial} --sandbox` removes it");
        dashboard.tell(asked, [Notice::note(what).with_hint(hint)]);
    }
    Ok(Answer::see("/"))
}

/// `GET /d/{id}/people`
pub fn people(dashboard: &Dashboard, asked: &Asked) -> Result<Answer, AppError> {
    let draft = find(asked)?;
    let file = json_of(asked, &draft)?;
    let read = draft.people(&asked.app);
    let called =
        read.as_ref().ok().and_then(|people| people.file.as_ref()).map_or("The people", |file| &*file.called);
    let main = html! {
        section.card aria-labelledby="file-title" {
            h2 #file-title { (layout::text(called)) }
            @match &read {
                Ok(people) => {
                    @if let Some(problem) = &people.problem { (layout::error(problem)) }
                    (understood(people))
                }
                Err(error) => (layout::error(error)),
            }
            (corrections(asked, &draft, &file, read.as_ref().ok()))
        }
        @if let Ok(people) = &read { (first_rows(people)) }
        details.card {
            summary { "Take another spreadsheet, or leave people out" }
            div.columns {
                div { h3 { "In place of this one" } (layout::file_choice(&format!("/d/{}/audience", draft.id.as_str()), "Choose a spreadsheet")) }
                div { h3 { "Whoever stands in this one gets nothing" } (layout::file_choice(&format!("/d/{}/exclude", draft.id.as_str()), "Choose a list")) }
            }
        }
        @if read.is_ok_and(|people| people.problem.is_none()) { p { a.button.main href=(address(&draft, Step::Message)) { "Next: the message" } } }
    };
    Ok(render(dashboard, asked, (&draft, Step::People), &main))
}

/// The draft's file, by its keys; none where somebody wrote no object.
pub fn json_of(asked: &Asked, draft: &Draft) -> Result<Map<String, Value>, AppError> {
    let text = draft.as_file(&asked.app)?;
    Ok(serde_json::from_str(&text).unwrap_or_default())
}

fn understood(people: &People) -> Markup {
    let Understood { reading, rows, numbers, warnings, .. } = &people.understood;
    html! {
        p.figure { strong { (count(numbers.good)) } " of " (plural(*rows, "row has", "rows have")) " a phone number" }
        p.note { (layout::prose(&reading.how().join(" · "))) }
        @if let Some((written, read)) = &numbers.example {
            p {
                (plural(numbers.national, "number has", "numbers have")) " no country code, such as " (layout::text(written)) ": "
                @match read {
                    Some(read) => { "read as " strong { (layout::number(*read)) } "." },
                    None => "nothing says of which country they are.",
                }
            }
        }
        @if !numbers.rejected.is_empty() {
            details {
                summary { "Cells that are no numbers to write to" }
                ul.examples {
                    @for reason in &numbers.rejected {
                        li { (plural(reason.rows, "row", "rows")) ": " (layout::prose(&reason.reason)) " (row " (reason.row) ": " (layout::text(&reason.cell)) ")" }
                    }
                }
            }
        }
        @for line in warnings { p.note { (layout::prose(line)) } }
    }
}

fn corrections(asked: &Asked, draft: &Draft, file: &Map<String, Value>, people: Option<&People>) -> Markup {
    let said = file.get("audience").and_then(Value::as_object);
    let word = |key: &str| match said.and_then(|said| said.get(key)) {
        Some(Value::String(text)) => text.clone(),
        Some(value) => value.to_string(),
        None => String::new(),
    };
    let understood = people.map(|people| &people.understood);
    let columns: Vec<&str> =
        understood.map(|it| it.columns.iter().map(|column| &*column.name).collect()).unwrap_or_default();
    let phone = match understood.map(|it| &it.phone) {
        Some(Ok((at, _))) => columns.get(*at).map_or_else(String::new, |name| (*name).to_owned()),
        _ => word("phone"),
    };
    let country = word("country");
    let fitting: Vec<Country> = understood.map(|it| it.numbers.fitting.clone()).unwrap_or_default();
    let known = |code: &str| COUNTRIES.iter().any(|(each, _)| *each == code);
    let advanced = ["sheet", "header_row", "encoding", "delimiter", "where", "sample"];
    let is_open =
        people.is_none() || advanced.iter().any(|key| said.is_some_and(|said| said.contains_key(*key)));
    let sheets = understood.map(|it| it.sheets.as_slice()).unwrap_or_default();
    let sheet = understood.and_then(|it| it.reading.sheet.clone()).unwrap_or_else(|| word("sheet"));
    html! {
        form method="post" action=(address(draft, Step::People)) {
            (layout::of_session(asked))
            div.columns {
                label {
                    "Which column holds the phone numbers?"
                    select name="phone" {
                        @if !columns.contains(&&*phone) { option value=(phone) { (if phone.is_empty() { "choose" } else { &phone }) } }
                        @for column in &columns { option value=(column) selected[**column == phone] { (column) } }
                    }
                    @if let Some(why) = people.and_then(|people| people.why.as_ref()) { span.note { (layout::prose(why)) } }
                }
                label {
                    "Numbers without a country code are from"
                    select name="country" {
                        option value="" { "no country: leave them out" }
                        @for country in &fitting { @if !known(country.code()) && country.code() != word("country") { option value=(country.code()) { (country.name()) " (fits)" } } }
                        @for (code, name) in COUNTRIES {
                            option value=(code) selected[code == country] {
                                (name) @if fitting.first().is_some_and(|first| first.code() == code) { ": fits" }
                            }
                        }
                        @if !country.is_empty() && !known(&country) { option value=(country) selected { (country) } }
                    }
                }
            }
            details open[is_open] {
                summary { "Another country, sheet, encoding, or only some of the people" }
                div.columns {
                    label { "Another country, by its two letters" input name="other-country" maxlength="2" autocomplete="off"; }
                    @if sheets.len() > 1 {
                        label { "Sheet" select name="sheet" { @for each in sheets { option value=(each) selected[*each == sheet] { (each) } } } }
                    } @else { input type="hidden" name="sheet" value=(word("sheet")); }
                    label { "Row of the column names" input name="header_row" inputmode="numeric" value=(word("header_row")) placeholder="recognised"; }
                    label { "Encoding" input name="encoding" value=(word("encoding")) placeholder="recognised"; }
                    label { "Between cells stands" input name="delimiter" value=(word("delimiter")) placeholder="recognised" maxlength="3"; }
                    label { "Only rows where" input name="where" value=(word("where")) placeholder="city == 'Pune'"; }
                    label { "Only so many, drawn by chance" input name="sample" value=(word("sample")) placeholder="5% or 500"; }
                }
            }
            button type="submit" { "Read it so" }
        }
    }
}

fn first_rows(people: &People) -> Markup {
    let Understood { columns, first, rows, phone, .. } = &people.understood;
    let at = phone.as_ref().ok().map(|(at, _)| *at);
    html! {
        section.card aria-labelledby="rows-title" {
            h2 #rows-title { "The first rows" }
            div.scroll tabindex="0" role="region" aria-label="Rows, which scroll sideways" {
                table.rows {
                    thead { tr {
                        th scope="col" { "Row" }
                        @for (position, column) in columns.iter().enumerate() {
                            th scope="col" {
                                (layout::text(&column.name)) @if Some(position) == at { " ☎" }
                                span.meaning { @if column.variable.is_empty() { (column.guess.word()) } @else { "{{ " (column.variable) " }}" } }
                            }
                        }
                    } }
                    tbody {
                        @for row in first {
                            tr {
                                th scope="row" { (row.number) }
                                @for cell in &row.cells { td { (layout::text(cell)) } }
                            }
                        }
                    }
                }
            }
            @let some_empty: Vec<_> = columns.iter().filter(|column| column.filled < *rows && column.filled > 0).collect();
            @if !some_empty.is_empty() {
                p.note {
                    "Not filled in every row: "
                    @for (at, column) in some_empty.iter().enumerate() {
                        @if at > 0 { ", " }
                        (layout::text(&column.name)) " (" (count(rows - column.filled)) " empty)"
                    }
                    "."
                }
            }
        }
    }
}

/// `POST /d/{id}/people`
pub fn correct(dashboard: &Dashboard, asked: &Asked) -> Result<Answer, AppError> {
    let draft = find(asked)?;
    let field = |name: &str| asked.form.get(name).unwrap_or_default().trim();
    let country = match field("other-country") {
        "" => field("country").to_owned(),
        other => other.to_ascii_uppercase(),
    };
    let changes = [
        (Key::Phone, text(field("phone"))),
        (Key::Country, text(&country)),
        (Key::Sheet, text(field("sheet"))),
        (Key::HeaderRow, number(field("header_row"))),
        (Key::Encoding, text(field("encoding"))),
        (Key::Delimiter, text(field("delimiter"))),
        (Key::Where, text(field("where"))),
        (Key::Sample, number(field("sample"))),
    ];
    if let Err(error) = draft.set(&asked.app, &changes) {
        return refused(dashboard, asked, (&draft, Step::People), error);
    }
    Ok(Answer::see(address(&draft, Step::People)))
}

/// A form that was refused: why, and the step as it stands.
pub fn refused(
    dashboard: &Dashboard,
    asked: &Asked,
    (draft, step): (&Draft, Step),
    error: AppError,
) -> Result<Answer, AppError> {
    if !error.is_usage() {
        return Err(error);
    }
    let main = html! {
        (layout::error(&error))
        p { "Nothing was changed. " a href=(address(draft, step)) { "Back to this step" } }
    };
    Ok(render(dashboard, asked, (draft, step), &main).status(StatusCode::BAD_REQUEST))
}

/// What a field says; nothing takes its key out.
pub fn text(field: &str) -> Option<Value> {
    (!field.is_empty()).then(|| json!(field))
}

/// A number where it is one, else the text, which the parser then refuses in its words.
pub fn number(field: &str) -> Option<Value> {
    let digits: String = field.chars().filter(|c| !matches!(c, ',' | ' ')).collect();
    digits.parse::<u64>().map(|n| json!(n)).ok().or_else(|| text(field))
}

/// `GET /d/{id}/file`
pub fn as_file(dashboard: &Dashboard, asked: &Asked) -> Result<Answer, AppError> {
    let draft = find(asked)?;
    let text = draft.as_file(&asked.app)?;
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
    if let Err(error) = draft.replace_file(&asked.app, &text) {
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
