//! `/d/ID/message`: the message beside what somebody will read.

use hyper::StatusCode;
use maud::{Markup, html};
use serde_json::{Map, Value, json};

use crate::app::AppError;
use crate::domain::format::{count, plural};
use crate::domain::phone::Phone;
use std::time::Duration;

use crate::app::check::Whom;
use crate::app::drafts::{Draft, Key, People, PreviewRequest};
use crate::web::answer::Answer;
use crate::web::asked::{Asked, Fields};
use crate::web::bubble::bubble;
use crate::web::dashboard::Dashboard;
use crate::web::layout;
use crate::web::pages::drafts::{Step, address, find, json_of, render};

/// What a text, a caption and the body beside buttons may have.
const MAX_CHARS: u32 = 4_096;
/// WhatsApp's.
const MAX_BUTTONS: usize = 3;

const KINDS: [(&str, &str); 4] =
    [("text", "Text"), ("media", "Picture, video or file"), ("buttons", "Buttons"), ("flow", "Bot flow")];
const MEDIA: [(&str, &str); 4] =
    [("image", "Picture"), ("video", "Video"), ("audio", "Sound"), ("document", "File")];

/// `GET /d/{id}/message`
pub fn page(dashboard: &Dashboard, asked: &Asked) -> Result<Answer, AppError> {
    let draft = find(asked)?;
    let file = json_of(asked, &draft)?;
    let row = asked.query.get("row").and_then(|row| row.parse().ok());
    let main = step(dashboard, asked, &draft, &file, (file.get("message"), None, row));
    Ok(render(dashboard, asked, (&draft, Step::Message), &main))
}

/// A message, as it stands in the file or was typed; why it wasn't saved; whose to look at.
type Shown<'m> = (Option<&'m Value>, Option<&'m AppError>, Option<u32>);

fn step(
    dashboard: &Dashboard,
    asked: &Asked,
    draft: &Draft,
    file: &Map<String, Value>,
    (message, wrong, row): Shown<'_>,
) -> Markup {
    if file.contains_key("variants") {
        return html! {
            div.card {
                p { "This campaign has several messages, of which each person gets one. They are written in " a href=(address(draft, Step::File)) { "the file" } "." }
                div #preview { (preview(dashboard, draft, None, row)) }
            }
        };
    }
    let word =
        |key: &str| message.and_then(|message| message.get(key)).and_then(Value::as_str).unwrap_or_default();
    let kind = if word("type").is_empty() { "text" } else { word("type") };
    let audience = draft.people(&asked.app).ok();
    let buttons = message.and_then(|message| message.get("buttons")).and_then(Value::as_array);
    let title = |at: usize| {
        let title = buttons.and_then(|buttons| buttons.get(at)).and_then(|button| button.get("title"));
        title.and_then(Value::as_str).unwrap_or_default()
    };
    html! {
        @if let Some(error) = wrong { (layout::error(error)) }
        div.columns.writing {
            form.card method="post" action=(address(draft, Step::Message)) data-preview=(format!("/d/{}/preview", draft.id.as_str())) {
                (layout::of_session(asked))
                fieldset {
                    legend { "Kind" }
                    div.choices {
                        @for (value, words) in KINDS {
                            label.tick { input type="radio" name="type" value=(value) checked[value == kind]; " " (words) }
                        }
                    }
                }
                div.of-text.of-buttons {
                    label { "Message" textarea #body name="body" rows="8" maxlength=(MAX_CHARS) { (word("body")) } }
                    (tools(audience.as_ref()))
                }
                div.of-media {
                    label { "What it is" select name="media_type" {
                        @for (value, words) in MEDIA { option value=(value) selected[value == word("media_type")] { (words) } }
                    } }
                    label { "Where it lies, for everybody to fetch" input name="url" type="url" value=(word("url")) placeholder="https://…"; }
                    label { "Words below it" textarea name="caption" rows="3" maxlength=(MAX_CHARS) { (word("caption")) } }
                }
                div.of-buttons {
                    @for at in 0..MAX_BUTTONS {
                        label { "Button " (at + 1) input name="button" maxlength="20" value=(title(at)) autocomplete="off"; }
                    }
                }
                div.of-flow {
                    label { "Id of the bot flow, from Sendwo’s dashboard" input name="flow_id" value=(word("flow_id")) autocomplete="off"; }
                }
                p.note {
                    "Text, media and buttons reach only people who wrote to you within the last 24 hours. "
                    "To everybody else send a bot flow that begins with a template which WhatsApp has approved."
                }
                label.row { "Look at row " input name="row" inputmode="numeric" value=[row] placeholder="the first"; }
                div.actions {
                    button.main type="submit" name="next" value="check" { "Save, and check" }
                    button type="submit" { "Save" }
                }
            }
            div.card.preview {
                h2 { "What they read" }
                div #preview role="status" { (preview(dashboard, draft, message, row)) }
            }
        }
    }
}

/// What a script puts into the message at the cursor.
fn tools(people: Option<&People>) -> Markup {
    html! {
        div.tools data-script {
            button.small type="button" data-wrap="*" title="bold" { strong { "B" } }
            button.small type="button" data-wrap="_" title="italic" { em { "I" } }
            button.small type="button" data-wrap="~" title="struck" { s { "S" } }
            @if let Some(people) = people {
                @for column in people.understood.columns.iter().filter(|column| !column.variable.is_empty()).take(12) {
                    @let word = if column.filled < people.understood.rows {
                        format!("{{{{ {} | default('there') }}}}", column.variable)
                    } else { format!("{{{{ {} }}}}", column.variable) };
                    button.small type="button" data-insert=(word) { (column.variable) }
                }
            }
        }
    }
}

/// How long a look at what is being typed may take.
const PATIENCE: Duration = Duration::from_millis(500);

/// A message as one person reads it, or why it can't be; and who would read something odd.
fn preview(dashboard: &Dashboard, draft: &Draft, message: Option<&Value>, row: Option<u32>) -> Markup {
    let whom = row.map_or(Whom::First, Whom::Row);
    let request = PreviewRequest { whom, message: message.cloned(), patience: PATIENCE };
    let seen = dashboard.carry_out(async |app| draft.preview(app, &request).await);
    let seen = match seen {
        Ok((seen, _)) => seen,
        Err(error) => return layout::error(&error),
    };
    html! {
        @match &seen.shown {
            Ok(shown) => {
                p.note {
                    "To " (layout::text(&dialled(&shown.to))) @if let Some(row) = shown.row { ", row " (row) }
                    @if let Some(variant) = &shown.variant { ", variant " (layout::text(variant)) }
                }
                (bubble(&shown.message))
            }
            Err(error) => (layout::error(error)),
        }
        p.note {
            @if let Some(previous) = seen.previous { a href=(format!("?row={previous}")) data-row=(previous) { "◀ row " (previous) } " " }
            @if let Some(next) = seen.next { a href=(format!("?row={next}")) data-row=(next) { "row " (next) " ▶" } }
        }
        @for empty in &seen.empty {
            p.note {
                (plural(empty.rows, "row has", "rows have")) " no " (layout::text(&empty.variable))
                @if empty.left_out > 0 { ": nothing is sent to " (count(empty.left_out)) " of them. Write " code { (empty.offered) } " for them." }
                @else { "; they read the fallback." }
            }
        }
        @for line in &seen.warnings { p.note { (layout::prose(line)) } }
    }
}

/// A number as it is dialled, where it is one.
fn dialled(to: &str) -> String {
    Phone::from_digits(to).map_or_else(|| to.to_owned(), layout::number)
}

/// The message that a form says.
fn said(form: &Fields, before: Option<&Value>) -> Value {
    let field = |name: &str| form.get(name).unwrap_or_default().replace("\r\n", "\n");
    match form.get("type") {
        Some("media") => {
            let mut message =
                json!({ "type": "media", "media_type": field("media_type"), "url": field("url").trim() });
            let caption = field("caption");
            if !caption.is_empty() {
                message["caption"] = json!(caption);
            }
            message
        }
        Some("buttons") => {
            let known = before.and_then(|message| message.get("buttons")).and_then(Value::as_array);
            let id = |at: usize| {
                let known = known.and_then(|buttons| buttons.get(at)).and_then(|button| button.get("id"));
                known.cloned().unwrap_or_else(|| json!(format!("button-{}", at + 1)))
            };
            let titles = form.all("button").map(str::trim).enumerate().filter(|(_, title)| !title.is_empty());
            let buttons: Vec<_> = titles.map(|(at, title)| json!({ "id": id(at), "title": title })).collect();
            json!({ "type": "buttons", "body": field("body"), "buttons": buttons })
        }
        Some("flow") => json!({ "type": "flow", "flow_id": field("flow_id").trim() }),
        _ => json!({ "type": "text", "body": field("body") }),
    }
}

/// `POST /d/{id}/preview`: what is being typed, without saving it.
pub fn look(dashboard: &Dashboard, asked: &Asked) -> Result<Answer, AppError> {
    let draft = find(asked)?;
    let before = json_of(asked, &draft)?;
    let row = asked.form.filled("row").and_then(|row| row.parse().ok());
    Ok(Answer::page(preview(dashboard, &draft, Some(&said(&asked.form, before.get("message"))), row)))
}

/// `POST /d/{id}/message`
pub fn save(dashboard: &Dashboard, asked: &Asked) -> Result<Answer, AppError> {
    let draft = find(asked)?;
    let before = json_of(asked, &draft)?;
    let message = said(&asked.form, before.get("message"));
    let row = asked.form.filled("row").and_then(|row| row.parse().ok());
    if let Err(error) = draft.set(&asked.app, &[(Key::Message, Some(message.clone()))]) {
        let main = step(dashboard, asked, &draft, &before, (Some(&message), Some(&error), row));
        return Ok(render(dashboard, asked, (&draft, Step::Message), &main).status(StatusCode::BAD_REQUEST));
    }
    let next = if asked.form.get("next").is_some() { Step::Check } else { Step::Message };
    let query =
        row.filter(|_| next == Step::Message).map(|row: u32| format!("?row={row}")).unwrap_or_default();
    Ok(Answer::see(address(&draft, next) + &query))
}
