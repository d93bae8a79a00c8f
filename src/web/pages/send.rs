//! The one confirmation: what is about to be sent, to how many, when, the first message as it is read, and one button.
//!
//! What is shown has a fingerprint ([`Review`]), which the button carries and the run is told to expect: when anything has
//! changed in between, nothing is sent, and it is shown again.

use std::ffi::OsString;

use maud::{Markup, html};

use crate::app::claims::ClaimAnswers;
use crate::app::plan::{Findings, Review};
use crate::app::run::{self, DryRun, RunOutcome, RunRequest};
use crate::app::{AppError, ErrorKind, Level, Notice, Question, SendQuestion};
use crate::domain::format::{count, local, plural};
use crate::domain::plan::PlanDiff;
use crate::web::answer::Answer;
use crate::web::asked::Asked;
use crate::web::bubble::bubble;
use crate::web::dashboard::Dashboard;
use crate::web::layout::{self, Page, Place};
use crate::web::looking;

/// From so many messages on, their number is typed before they are sent.
const TYPED_FROM: u64 = 1_000;
/// So many kinds of bad rows are named.
const COMPLAINTS_SHOWN: usize = 6;

/// `GET /c/{name}/send`: what a run of a campaign that was planned would send now.
pub fn page(dashboard: &Dashboard, asked: &Asked) -> Result<Answer, AppError> {
    let campaign_dir = looking::find(asked, asked.param("name"))?;
    let at = asked.beside(&format!("/c/{}", campaign_dir.name));
    let main = html! {
        div.head {
            div {
                p.crumb { a href=(at) { (campaign_dir.name) } }
                h1 { "Send" }
            }
        }
        (offer(dashboard, asked, &campaign_dir.name, &format!("{at}/send"), &at))
    };
    let page = Page { title: &format!("Send {}", campaign_dir.name), place: Place::Campaigns, live: false };
    Ok(page.answer(dashboard, asked, main))
}

/// What would be sent of the campaign that `source` names (its name, or its file), with the button that posts to `action`.
/// Forms are numbered by `about`.
pub fn offer(dashboard: &Dashboard, asked: &Asked, source: &str, action: &str, about: &str) -> Markup {
    let claim = asked.query.get("claim");
    let request = RunRequest {
        campaign: source.to_owned(),
        sandbox: asked.trial,
        dry_run: true,
        again: asked.query.get("again").is_some(),
        claims: ClaimAnswers { adopt: claim == Some("adopt"), new: claim == Some("new") },
        ..RunRequest::default()
    };
    match dashboard.carry_out(async |app| run::run(app, &request).await) {
        Ok((RunOutcome::DryRun(dry), notices)) => html! {
            (told(&notices))
            (shown(dashboard, asked, &dry, action, about))
        },
        Ok((_, notices)) => html! {
            (layout::told(&notices))
            div.card { p { "There is nothing to send just now." } }
        },
        Err(error) => question(&error),
    }
}

/// What planning had to say, folded where it is much.
fn told(notices: &[Notice]) -> Markup {
    // What was done shows below.
    let notices: Vec<_> = notices.iter().filter(|notice| notice.level != Level::Info).cloned().collect();
    let notices = &notices[..];
    html! {
        @if notices.len() > 3 {
            details.card {
                summary { (count(notices.len() as u64)) " things to know about the file" }
                (layout::told(notices))
            }
        } @else { (layout::told(notices)) }
    }
}

fn shown(dashboard: &Dashboard, asked: &Asked, dry: &DryRun, action: &str, about: &str) -> Markup {
    let DryRun { changes, findings, send, .. } = dry;
    let SendQuestion { messages, senders, firsts, .. } = send;
    let from = senders.iter().map(|id| id.as_str()).collect::<Vec<_>>().join(", ");
    let what = plural(*messages, "message", "messages");
    html! {
        @if let Some(changes) = changes { (changed(changes)) }
        @if findings.good > 0 { section.card aria-labelledby="who-title" {
            h2 #who-title { "Who gets it" }
            p.sum { (rows(findings)) }
            @for line in findings.complaints.lines("", COMPLAINTS_SHOWN) { p.note { (layout::prose(line.trim_start_matches([':', ' ']))) } }
        } }
        section.card aria-labelledby="first-title" {
            h2 #first-title { @if firsts.len() > 1 { "The first messages" } @else { "The first message" } }
            @for first in firsts {
                p.note { "To " (layout::number(first.to)) @if let Some(variant) = &first.variant { ", variant " (layout::text(variant)) } }
                (bubble(&first.message))
            }
        }
        section.card.state aria-labelledby="send-title" {
            h2 #send-title {
                @if asked.trial { "Run the trial" } @else { "You are about to send" }
            }
            @if asked.trial {
                p { strong { (what) } " to an imitation of Sendwo in this computer. Nothing reaches WhatsApp." }
            } @else {
                p { strong { (what) } " from " (from) "." }
            }
            @for fact in send.facts() { p { (layout::prose(&fact)) "." } }
            p { "It can be paused and cancelled; what was sent can’t be taken back. It goes on when this page is closed." }
            (go(dashboard, asked, dry, action, about))
        }
    }
}

/// The button.
fn go(dashboard: &Dashboard, asked: &Asked, dry: &DryRun, action: &str, about: &str) -> Markup {
    let DryRun { changes, review, send: SendQuestion { messages, .. }, missed, .. } = dry;
    let messages = *messages;
    let accident = changes.as_ref().filter(|changes| changes.looks_like_an_accident());
    html! {
        @if messages == 0 && changes.is_none() {
            p { strong { "Everybody has been written to." } }
        } @else {
            form method="post" action=(action) {
                (layout::of_session(asked))
                input type="hidden" name="turn" value=(dashboard.turn(about));
                input type="hidden" name="expect" value=(review);
                input type="hidden" name="messages" value=(messages);
                @if asked.query.get("again").is_some() { input type="hidden" name="again" value="1"; }
                @if let Some(claim) = asked.query.get("claim") { input type="hidden" name="claim" value=(claim); }
                @if let Some(at) = missed {
                    p {
                        strong { "Its time came " (local(*at, &dashboard.settings.timezone)) ", and nothing was sent." }
                        " This sends it now; for another time, give its schedule another start first."
                    }
                    input type="hidden" name="late" value="send";
                }
                @if let Some(changes) = accident {
                    label.tick {
                        input type="checkbox" name="accept-removals" value="yes" required;
                        " " (layout::prose(&crate::app::removals(changes))) ". Cancel those."
                    }
                }
                @if !asked.trial && messages >= TYPED_FROM {
                    label {
                        "Type the number of messages to go on"
                        input name="typed" inputmode="numeric" autocomplete="off" required;
                    }
                }
                button.main type="submit" {
                    @if asked.trial { "Run the trial" } @else { "Send " (plural(messages, "message", "messages")) }
                }
            }
        }
    }
}

/// `4,812 rows = 4,740 to send + 41 bad + 27 twice + 4 opted out`
pub fn rows(findings: &Findings) -> String {
    let parts = [
        (findings.good, "to send"),
        (findings.bad, "bad"),
        (findings.duplicates, "repeated"),
        (findings.opted_out, "opted out"),
        (findings.excluded, "left out"),
        (findings.filtered, "not selected"),
        (findings.not_sampled, "not drawn"),
        (findings.capped, "who got enough messages already"),
    ];
    let all: u64 = parts.iter().map(|(n, _)| n).sum();
    let parts: Vec<_> =
        parts.into_iter().filter(|(n, _)| *n > 0).map(|(n, what)| format!("{} {what}", count(n))).collect();
    format!("{} = {}", plural(all, "row", "rows"), parts.join(" + "))
}

fn changed(changes: &PlanDiff) -> Markup {
    let parts = [
        (changes.new, "new"),
        (changes.changed, "changed"),
        (changes.already_sent, "sent already"),
        (changes.removed, "removed"),
    ];
    let parts: Vec<_> =
        parts.into_iter().filter(|(n, _)| *n > 0).map(|(n, what)| format!("{} {what}", count(n))).collect();
    html! {
        div.notice.notice-note {
            p { strong { "The file has changed since the last run: " } (parts.join(", ")) "." }
            @if changes.differs > 0 {
                p { (plural(changes.differs, "person was", "people were")) " sent another message than the file says now; it stays with that one." }
            }
        }
    }
}

/// A question that has to be answered first, or why it can't be sent.
fn question(error: &AppError) -> Markup {
    let ErrorKind::Unanswered(question) = &error.kind else { return layout::error(error) };
    html! {
        section.card.state aria-labelledby="question-title" {
            h2 #question-title { "First, a question" }
            p { (layout::prose(&question.text())) }
            @if let Question::Claim(_) = &**question {
                form method="get" {
                    div.actions {
                        button type="submit" name="claim" value="adopt" { "Yes, go on with it" }
                        button type="submit" name="claim" value="new" { "No, it is a new campaign" }
                    }
                }
            }
        }
    }
}

/// `POST /c/{name}/send`
pub fn send(dashboard: &Dashboard, asked: &Asked) -> Result<Answer, AppError> {
    let campaign_dir = looking::find(asked, asked.param("name"))?;
    let at = asked.beside(&format!("/c/{}", campaign_dir.name));
    if !dashboard.take_turn(&at, asked.form.get("turn")) {
        return Ok(Answer::see(at));
    }
    let arguments = confirmed(asked, &campaign_dir.name)?;
    dashboard.note(asked, "send", Some(&campaign_dir.name), None);
    let of = (asked.trial, &*campaign_dir.name);
    dashboard.runs.start(of, &arguments, &campaign_dir.dir, dashboard.now())?;
    Ok(Answer::see(at))
}

/// The arguments of the run that was confirmed.
///
/// # Errors
/// Where the number that was typed is another, or it isn't said what was reviewed.
pub fn confirmed(asked: &Asked, source: &str) -> Result<Vec<OsString>, AppError> {
    let expect: Review = asked
        .form
        .get("expect")
        .unwrap_or_default()
        .parse()
        .map_err(|_| AppError::usage("what was looked at is missing: look at it again"))?;
    let messages: u64 = asked.form.get("messages").and_then(|n| n.parse().ok()).unwrap_or(u64::MAX);
    let digits = |text: &str| text.chars().filter(char::is_ascii_digit).collect::<String>();
    let typed = asked.form.get("typed").map(digits).unwrap_or_default();
    if !asked.trial && messages >= TYPED_FROM && typed != messages.to_string() {
        return Err(AppError::usage(format!(
            "{} messages are to be sent, and another number was typed",
            count(messages)
        ))
        .hint("go back and type the number that stands there; nothing was sent"));
    }
    let mut arguments: Vec<OsString> =
        vec![source.into(), "--yes".into(), "--expect".into(), expect.to_string().into()];
    if asked.trial {
        arguments.push("--sandbox".into());
    }
    if asked.form.get("again").is_some() {
        arguments.push("--again".into());
    }
    if asked.form.get("accept-removals").is_some() {
        arguments.push("--accept-removals".into());
    }
    match asked.form.get("claim") {
        Some("adopt") => arguments.push("--adopt".into()),
        Some("new") => arguments.push("--new".into()),
        _ => {}
    }
    if let Some(late @ ("send" | "skip")) = asked.form.get("late") {
        arguments.extend(["--late".into(), late.into()]);
    }
    Ok(arguments)
}
