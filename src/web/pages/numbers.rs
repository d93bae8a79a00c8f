//! `/numbers`: what the account can send from, how fast each goes, and how many people were written to within a day.

use maud::{Markup, html};

use crate::app::AppError;
use crate::app::account::{self, Account, NumberState};
use crate::domain::format::{count, people, rate, soon};
use crate::sendwo::ConnectedNumber;
use crate::web::answer::Answer;
use crate::web::asked::Asked;
use crate::web::dashboard::Dashboard;
use crate::web::layout::{self, Page, Place};

/// `GET /numbers`
pub fn page(dashboard: &Dashboard, asked: &Asked) -> Result<Answer, AppError> {
    let home = asked.app.home(false)?;
    let account = Account::of(&asked.app, false);
    let lately = account::written_to_lately(&asked.app, &home, account.origin())?;
    let numbers = dashboard.carry_out(async |app| {
        let client = account::client(app)?;
        account::connected_numbers(app, &client).await
    });
    let (now, zone) = (dashboard.now(), &dashboard.settings.timezone);
    let main = html! {
        div.head { h1 { "Numbers" } }
        @match &numbers {
            Err(_) if !dashboard.settings.credentials.is_given() => {
                div.card {
                    p { strong { "There is no API token yet." } " A trial in the sandbox needs none." }
                    div.actions { a.button.main href="/account" { "Put in the token" } }
                }
            }
            Err(error) => (layout::error(error)),
            Ok((numbers, _)) if numbers.is_empty() => {
                div.card { p { "No WhatsApp number is connected: connect one in Sendwo’s dashboard." } }
            }
            Ok((numbers, _)) => {
                @for known in numbers {
                    (number(dashboard, known, &account::number_state(&asked.app, &home, &known.number)?))
                }
            }
        }
        section.card aria-labelledby="lately-title" {
            h2 #lately-title { "The last 24 hours" }
            @match lately {
                None | Some((_, 0)) => p { "Nobody was written to." },
                Some((free, n)) => {
                    p { strong { (people(n)) } " were written to from this computer. WhatsApp limits how many different ones that may be." }
                    p.note { "The first of these places is free again " (soon(free, now, zone)) "." }
                }
            }
        }
    };
    let page = Page { title: "Numbers", place: Place::Numbers, live: false };
    Ok(page.answer(dashboard, asked, main))
}

fn number(dashboard: &Dashboard, known: &ConnectedNumber, state: &NumberState) -> Markup {
    let NumberState { learnt, hold, campaigns } = state;
    let (now, zone) = (dashboard.now(), &dashboard.settings.timezone);
    html! {
        section.card aria-label=(known.display.as_deref().unwrap_or(known.number.as_str())) {
            h2 {
                (layout::text(known.display.as_deref().unwrap_or(known.number.as_str())))
                @if let Some(name) = &known.name { " · " (layout::text(name)) }
            }
            @if let Some(hold) = hold {
                p { strong { "Nothing is sent from it until " (soon(hold.until, now, zone)) ": " } (layout::text(&hold.why)) "." }
            }
            @match learnt {
                Some(learnt) => p { "WhatsApp has slowed it down lately: it goes at " (rate(*learnt)) ", and tries to go faster by itself." },
                None => p { "It goes as fast as each campaign says." },
            }
            @if campaigns.is_empty() { p.note { "No campaign sends from it just now." } }
            @else {
                p {
                    "Sending from it: "
                    @for (at, campaign) in campaigns.iter().enumerate() {
                        @if at > 0 { ", " }
                        a href=(format!("/c/{campaign}")) { (layout::text(campaign)) }
                    }
                    @if campaigns.len() > 1 { ". They take turns: " (count(campaigns.len() as u64)) " share its pace." }
                }
            }
            p.note { "Phone number id " (layout::text(known.number.as_str())) }
        }
    }
}
