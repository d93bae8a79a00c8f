//! `/d/ID/check`: who would get it, what is wrong with the rest, a message to oneself, and the trial.

use std::ffi::OsString;

use maud::{Markup, html};

use crate::app::campaign_dir::{CampaignDir, observe};
use crate::app::check::Examined;
use crate::app::drafts::Draft;
use crate::app::one_message::{self, OneSent, TestRequest};
use crate::app::{AppError, Level, Notice};
use crate::campaign::starter;
use crate::domain::format::{count, plural};
use crate::domain::phone::Phone;
use crate::domain::status::Status;
use crate::engine::snapshot::RunState;
use crate::web::answer::Answer;
use crate::web::asked::Asked;
use crate::web::dashboard::Dashboard;
use crate::web::layout;
use crate::web::pages::drafts::{Step, address, find, render};
use crate::web::pages::send;

/// So many bad rows are listed; the report of the trial has all of them.
const BAD_SHOWN: usize = 50;

/// So many are shown without being asked for.
const BAD_OPEN: usize = 8;

/// A row that is skipped: where, what stood there, why.
type Bad = (String, String, String);

/// `GET /d/{id}/check`
pub fn page(dashboard: &Dashboard, asked: &Asked) -> Result<Answer, AppError> {
    let draft = find(asked)?;
    let mut bad: Vec<Bad> = Vec::new();
    let examined = dashboard.carry_out(async |app| {
        draft
            .check(app, false, &mut |_, row| {
                if bad.len() < BAD_SHOWN {
                    let at = row.row.map_or_else(String::new, |row| count(u64::from(row)));
                    bad.push((at, row.to.to_string(), row.reason));
                }
                Ok(())
            })
            .await
    });
    let main = html! {
        @match &examined {
            Err(error) => (layout::error(error)),
            Ok((examined, notices)) => {
                (found(examined))
                @for notice in notices.iter().filter(|notice| notice.level != Level::Info) {
                    (layout::told(std::slice::from_ref(notice)))
                }
            }
        }
        div.columns {
            (test_form(asked, &draft))
            (trial_form(asked, &draft))
        }
        @if let Ok((examined, _)) = &examined { (left_out(examined, &bad)) }
        @if examined.is_ok() { p { a.button.main href=(address(&draft, Step::Send)) { "Next: send" } } }
    };
    Ok(render(dashboard, asked, (&draft, Step::Check), &main))
}

fn found(examined: &Examined) -> Markup {
    let findings = &examined.findings;
    html! {
        section.card aria-labelledby="found-title" {
            h2 #found-title { "Who gets it" }
            p.figure { strong { (count(findings.good)) } " " (if findings.good == 1 { "person" } else { "people" }) }
            p.sum { (send::rows(findings)) }
            p { (layout::prose(&examined.estimate.when())) "." }
            @if let Some(why) = examined.estimate.why() { p.note { (layout::prose(&why)) "." } }
            @if let Some(cost) = &examined.cost { p { "Costs " (cost.sums()) "." } }
            @match &examined.asked {
                Some(Ok(_)) => p { "✓ The token works, and the number is connected." },
                Some(Err(error)) => (layout::error(error)),
                None => p.note { "The account wasn’t asked: there is no token yet. A trial needs none." },
            }
            @if let Some(damage) = &examined.damage { (layout::error(damage)) }
            @if let Some(claim) = &examined.claim { (layout::told(std::slice::from_ref(claim))) }
        }
    }
}

/// Whom nothing is sent to.
fn left_out(examined: &Examined, bad: &[Bad]) -> Markup {
    let findings = &examined.findings;
    let all = findings.bad + findings.duplicates + findings.opted_out;
    let more = all.saturating_sub(bad.len() as u64);
    html! {
        @if !bad.is_empty() {
            details.card open[bad.len() <= BAD_OPEN] {
                summary { strong { "Who doesn’t get it" } " · " (plural(all, "row", "rows")) }
                table.list {
                    thead { tr { th scope="col" { "Row" } th scope="col" { "What stands there" } th scope="col" { "Why" } } }
                    tbody {
                        @for (row, there, why) in bad {
                            tr { th scope="row" { (row) } td { (layout::text(there)) } td { (layout::prose(why)) } }
                        }
                    }
                }
                @if more > 0 { p.note { "and " (plural(more, "more row", "more rows")) } }
            }
        }
    }
}

fn test_form(asked: &Asked, draft: &Draft) -> Markup {
    html! {
        section.card aria-labelledby="test-title" {
            h2 #test-title { "Send one to yourself" }
            form method="post" action=(format!("/d/{}/test", draft.id.as_str())) {
                (layout::of_session(asked))
                label { "Your number" input name="to" inputmode="tel" autocomplete="tel" placeholder="+91 98765 43210" required; }
                button type="submit" { "Send me this" }
            }
            p.note { "One real message, with the first row’s words. It needs a token and a connected number." }
        }
    }
}

fn trial_form(asked: &Asked, draft: &Draft) -> Markup {
    html! {
        section.card aria-labelledby="trial-title" {
            h2 #trial-title { "Run a trial" }
            p { "The whole way with everybody, against an imitation of Sendwo. " strong { "Nothing reaches WhatsApp." } }
            form method="post" action=(format!("/d/{}/trial", draft.id.as_str())) {
                (layout::of_session(asked))
                button type="submit" { "Run the trial" }
            }
        }
    }
}

/// `POST /d/{id}/test`
pub fn test(dashboard: &Dashboard, asked: &Asked) -> Result<Answer, AppError> {
    let draft = find(asked)?;
    let to = asked.required("to", "your number")?.to_owned();
    dashboard.note(asked, "test to oneself", None, None);
    let request = TestRequest { campaign: draft.source(), to, ..TestRequest::default() };
    let sent = dashboard.carry_out(async |app| one_message::test(app, &request).await);
    match sent {
        Ok(((phone, sent), mut notices)) => {
            notices.push(told(phone, &sent));
            dashboard.tell(asked, notices);
        }
        Err(error) => {
            let notice = Notice::error(error.message.clone());
            dashboard.tell(
                asked,
                [match &error.hint {
                    Some(hint) => notice.with_hint(hint.clone()),
                    None => notice,
                }],
            );
        }
    }
    Ok(Answer::see(address(&draft, Step::Check)))
}

fn told(phone: Phone, sent: &OneSent) -> Notice {
    let phone = layout::number(phone);
    match (sent.status, &sent.id, &sent.reason) {
        (Status::InDoubt, ..) => Notice::warning(format!(
            "nobody knows whether the message to {phone} arrived: look at your phone"
        )),
        (_, Some(_), _) | (Status::Accepted, ..) => {
            Notice::new(Level::Info, format!("sent to {phone}: look at your phone"))
        }
        (_, None, Some(reason)) => Notice::error(format!("not sent to {phone}: {reason}")),
        (status, None, None) => Notice::error(format!("not sent to {phone}: it is {status}")),
    }
}

/// `POST /d/{id}/trial`
pub fn trial(dashboard: &Dashboard, asked: &Asked) -> Result<Answer, AppError> {
    let draft = find(asked)?;
    let campaign = draft.campaign(&asked.app)?;
    let name = campaign.name.to_string();
    let home = asked.app.home(true)?;
    let mut arguments: Vec<OsString> = vec![
        draft.source().into(),
        "--sandbox".into(),
        "--yes".into(),
        "--accept-removals".into(),
        "--new".into(),
    ];
    if campaign.from.is_empty() && campaign.from_column.is_none() {
        // The imitation takes any number.
        arguments.extend(["--from".into(), starter::SENDER.into()]);
    }
    let mut place = CampaignDir::place(&*asked.app.disk, &home, &name)?;
    if let Some(before) = CampaignDir::named(&*asked.app.disk, &home, &name)? {
        place.clone_from(&before.dir);
        let look = observe::look(&asked.app, &before)?;
        if matches!(look.state, RunState::Settled | RunState::Cancelled) {
            arguments.push("--again".into());
        }
    }
    dashboard.runs.start((true, &name), &arguments, &place, dashboard.now())?;
    Ok(Answer::see(format!("/trials/c/{name}")))
}
