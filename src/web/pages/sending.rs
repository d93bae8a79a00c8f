//! `/d/ID/send`: from which number, how fast, when; and the one confirmation.

use hyper::StatusCode;
use maud::{Markup, html};
use serde_json::{Map, Value, json};

use crate::app::AppError;
use crate::app::account;
use crate::app::campaign_dir::CampaignDir;
use crate::app::drafts::{Draft, Key};
use crate::app::options::zone;
use crate::campaign::starter;
use crate::sendwo::ConnectedNumber;
use crate::web::answer::Answer;
use crate::web::asked::Asked;
use crate::web::dashboard::Dashboard;
use crate::web::layout;
use crate::web::pages::drafts::{self, Step, address, find, json_of, number, render};
use crate::web::pages::send;

const DAYS: [(&str, &str); 7] = [
    ("mon", "Mon"),
    ("tue", "Tue"),
    ("wed", "Wed"),
    ("thu", "Thu"),
    ("fri", "Fri"),
    ("sat", "Sat"),
    ("sun", "Sun"),
];

/// `GET /d/{id}/send`
pub fn page(dashboard: &Dashboard, asked: &Asked) -> Result<Answer, AppError> {
    let draft = find(asked)?;
    let main = step(dashboard, asked, &draft, None)?;
    Ok(render(dashboard, asked, (&draft, Step::Send), &main))
}

fn step(
    dashboard: &Dashboard,
    asked: &Asked,
    draft: &Draft,
    wrong: Option<&AppError>,
) -> Result<Markup, AppError> {
    let file = json_of(asked, draft)?;
    let numbers = numbers(dashboard);
    let from = from(&file);
    let nobody_sends = from.is_empty() || from.iter().any(|id| id == starter::SENDER);
    let about = format!("/d/{}", draft.id.as_str());
    Ok(html! {
        @if let Some(error) = wrong { (layout::error(error)) }
        (settings(dashboard, asked, draft, &file, (&from, numbers.as_ref())))
        @if nobody_sends {
            div.notice.notice-warn {
                p { strong { "Nobody sends yet." } " Choose the number above, and save." }
                @if numbers.is_err() { p.hint { a href="/account" { "Put in the API token first" } } }
            }
        } @else {
            (send::offer(dashboard, asked, &draft.source(), &format!("{about}/start"), &about))
        }
    })
}

/// The account's numbers, where it can be asked.
fn numbers(dashboard: &Dashboard) -> Result<Vec<ConnectedNumber>, AppError> {
    if !dashboard.settings.credentials.is_given() {
        return Err(AppError::usage("there is no API token yet"));
    }
    let asked = dashboard.carry_out(async |app| {
        let client = account::client(app)?;
        account::connected_numbers(app, &client).await
    });
    asked.map(|(numbers, _)| numbers)
}

/// Which numbers the file names.
fn from(file: &Map<String, Value>) -> Vec<String> {
    match file.get("from") {
        Some(Value::String(id)) => vec![id.clone()],
        Some(Value::Number(id)) => vec![id.to_string()],
        Some(Value::Array(ids)) => {
            ids.iter().map(|id| id.as_str().map_or_else(|| id.to_string(), str::to_owned)).collect()
        }
        _ => Vec::new(),
    }
}

fn settings(
    dashboard: &Dashboard,
    asked: &Asked,
    draft: &Draft,
    file: &Map<String, Value>,
    (from, numbers): (&[String], Result<&Vec<ConnectedNumber>, &AppError>),
) -> Markup {
    let word = |key: &str| text(file.get(key));
    let part = |part: &str, key: &str| text(file.get(part).and_then(|part| part.get(key)));
    let start = part("schedule", "start");
    let (day, time) = start.split_once('T').unwrap_or((&start, ""));
    let hours = part("schedule", "hours");
    let (begin, end) = hours.split_once('-').unwrap_or_default();
    let days: Vec<&str> = match file.get("schedule").and_then(|schedule| schedule.get("days")) {
        Some(Value::Array(days)) => days.iter().filter_map(Value::as_str).collect(),
        _ => DAYS.iter().map(|(day, _)| *day).collect(),
    };
    let zone_name = part("schedule", "timezone");
    let machine = zone::name(&dashboard.settings.timezone);
    let folded = ["daily", "cap", "canary", "guard"].iter().any(|key| file.contains_key(*key));
    html! {
        section.card aria-labelledby="how-title" {
            h2 #how-title { "How it is sent" }
            form method="post" action=(format!("/d/{}/settings", draft.id.as_str())) {
                (layout::of_session(asked))
                div.columns {
                    label { "Name of the campaign" input name="name" required pattern="[A-Za-z0-9_\\-]{1,100}" value=(word("name")) autocomplete="off"; }
                    @match numbers {
                        Ok(numbers) if !numbers.is_empty() => label {
                            "From"
                            select name="from" {
                                @if !numbers.iter().any(|known| from.iter().any(|id| id == known.number.as_str())) {
                                    option value="" { "choose" }
                                }
                                @for known in numbers {
                                    option value=(known.number) selected[from.iter().any(|id| id == known.number.as_str())] {
                                        (known.display.as_deref().unwrap_or(known.number.as_str())) " " (known.name.as_deref().unwrap_or_default())
                                    }
                                }
                            }
                        },
                        _ => label { "From (the id of the number that sends)" input name="from" value=(from.join(",")) autocomplete="off"; },
                    }
                    label { "Pace" input name="rate" value=(word("rate")) placeholder="20/s" autocomplete="off"; }
                }
                fieldset {
                    legend { "When" }
                    div.columns {
                        label { "Day (empty: as soon as you confirm)" input type="date" name="start-day" value=(day); }
                        label { "Time" input type="time" name="start-time" value=(time.get(..5).unwrap_or(time)); }
                        label { "Only from" input type="time" name="hours-from" value=(begin.trim()); }
                        label { "to" input type="time" name="hours-to" value=(end.trim()); }
                        label { "By the clock of" select name="timezone" {
                            option value="" selected[zone_name.is_empty()] { "this computer: " (machine) }
                            option value="recipient" selected[zone_name == "recipient"] { "each recipient" }
                            @if !zone_name.is_empty() && zone_name != "recipient" { option value=(zone_name) selected { (zone_name) } }
                            @for name in ["Asia/Kolkata", "America/Sao_Paulo", "Asia/Jakarta", "Africa/Lagos", "Europe/London", "Asia/Dubai", "UTC"] {
                                @if name != zone_name { option value=(name) { (name) } }
                            }
                        } }
                    }
                    div.choices {
                        @for (day, words) in DAYS {
                            label.tick { input type="checkbox" name="days" value=(day) checked[days.contains(&day)]; " " (words) }
                        }
                    }
                }
                details open[folded] {
                    summary { "Limits and safety" }
                    div.columns {
                        label { "Different people in 24 hours" input name="daily" inputmode="numeric" value=(word("daily")) placeholder="no limit"; }
                        label { "A few people first" input name="canary" value=(part("canary", "share")) placeholder="2%"; }
                        label { "Pause when so many fail" input name="guard" value=(part("guard", "max_failed")) placeholder="20%"; }
                        label { "Messages to one person at most" input name="cap" inputmode="numeric" value=(part("cap", "messages")) placeholder="no limit"; }
                        label { "within" input name="cap-per" value=(part("cap", "per")) placeholder="7d"; }
                    }
                }
                button type="submit" { "Save" }
            }
            details {
                summary { "What it costs: a list of prices" }
                (layout::file_choice(&format!("/d/{}/rates", draft.id.as_str()), "Choose a list of prices"))
            }
        }
    }
}

fn text(value: Option<&Value>) -> String {
    match value {
        None => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    }
}

/// `POST /d/{id}/settings`
pub fn save(dashboard: &Dashboard, asked: &Asked) -> Result<Answer, AppError> {
    let draft = find(asked)?;
    let file = json_of(asked, &draft)?;
    let field = |name: &str| asked.form.get(name).unwrap_or_default().trim();
    let word = |name: &str| drafts::text(field(name));
    let from: Vec<&str> = field("from").split(',').map(str::trim).filter(|id| !id.is_empty()).collect();
    let from = match from[..] {
        [] => None,
        [one] => Some(json!(one)),
        _ => Some(json!(from)),
    };
    let start = word("start-day").map(|_| {
        let time = field("start-time");
        json!(format!("{}T{}", field("start-day"), if time.is_empty() { "00:00" } else { time }))
    });
    let (begin, end) = (field("hours-from"), field("hours-to"));
    let hours = (!begin.is_empty() || !end.is_empty()).then(|| json!(format!("{begin}-{end}")));
    let days: Vec<&str> = asked.form.all("days").collect();
    // All seven are what no word says.
    let days = (!days.is_empty() && days.len() < DAYS.len()).then(|| json!(days));
    let timezone = word("timezone").filter(|_| start.is_some() || hours.is_some() || days.is_some());
    let mut changes = vec![
        (Key::Name, word("name")),
        (Key::Rate, word("rate")),
        (Key::Daily, number(field("daily"))),
        (Key::Start, start),
        (Key::Hours, hours),
        (Key::Days, days),
        (Key::Timezone, timezone),
        (Key::Canary, object(&file, "canary", &[("share", word("canary"))])),
        (Key::Guard, object(&file, "guard", &[("max_failed", word("guard"))])),
        (Key::Cap, object(&file, "cap", &[("messages", number(field("cap"))), ("per", word("cap-per"))])),
    ];
    if from.is_some() {
        changes.push((Key::From, from));
    }
    if let Err(error) = draft.set(&asked.app, &changes) {
        if !error.is_usage() {
            return Err(error);
        }
        let main = step(dashboard, asked, &draft, Some(&error))?;
        return Ok(render(dashboard, asked, (&draft, Step::Send), &main).status(StatusCode::BAD_REQUEST));
    }
    Ok(Answer::see(address(&draft, Step::Send)))
}

/// A part of the file with these words in it; gone where the first of them is. What else an expert wrote into it stays.
fn object(file: &Map<String, Value>, part: &str, words: &[(&str, Option<Value>)]) -> Option<Value> {
    words.first()?.1.as_ref()?;
    let mut object = file.get(part).and_then(Value::as_object).cloned().unwrap_or_default();
    for (key, value) in words {
        match value {
            Some(value) => drop(object.insert((*key).to_owned(), value.clone())),
            None => drop(object.shift_remove(*key)),
        }
    }
    Some(Value::Object(object))
}

/// `POST /d/{id}/start`: what was confirmed goes out.
pub fn start(dashboard: &Dashboard, asked: &Asked) -> Result<Answer, AppError> {
    let draft = find(asked)?;
    let name = draft.campaign(&asked.app)?.name.to_string();
    let at = format!("/c/{name}");
    if !dashboard.take_turn(&format!("/d/{}", draft.id.as_str()), asked.form.get("turn")) {
        return Ok(Answer::see(at));
    }
    let arguments = send::confirmed(asked, &draft.source())?;
    let place = CampaignDir::place(&*asked.app.disk, &asked.app.home(false)?, &name)?;
    dashboard.note(asked, "start", Some(&name), None);
    dashboard.runs.start((false, &name), &arguments, &place, dashboard.now())?;
    Ok(Answer::see(at))
}
