//! `/`: all campaigns, by what they need.

use maud::{Markup, html};

use crate::app::AppError;
use crate::app::campaign_dir::CampaignDir;
use crate::app::drafts;
use crate::domain::format::{count, local, plural};
use crate::domain::status::Status;
use crate::domain::time::Millis;
use crate::report::charts::{Tone as BarTone, bar};
use crate::web::answer::Answer;
use crate::web::asked::Asked;
use crate::web::dashboard::Dashboard;
use crate::web::layout::{self, Page, Place};
use crate::web::looking::{self, Looked};
use crate::web::pages::campaign::quick;
use crate::web::pages::drafts as steps;
use crate::web::state::Section;

const SECTIONS: [(Section, &str); 4] = [
    (Section::NeedsYou, "Needs you"),
    (Section::Sending, "Sending"),
    (Section::Ready, "Ready"),
    (Section::Done, "Done"),
];

/// A campaign of the list: as it was looked at, or why it can't be.
type Row = Result<Box<Looked>, Box<(String, AppError)>>;

/// `GET /`
pub fn page(dashboard: &Dashboard, asked: &Asked) -> Result<Answer, AppError> {
    let home = asked.app.home(asked.trial)?;
    let mut rows: Vec<Row> = CampaignDir::all(&*asked.app.disk, &home)?
        .into_iter()
        .map(|campaign_dir| {
            let name = campaign_dir.name.clone();
            looking::look(dashboard, asked, campaign_dir)
                .map(Box::new)
                .map_err(|error| Box::new((name, error)))
        })
        .collect();
    // The one that began last first.
    rows.sort_by_key(|row| std::cmp::Reverse(row.as_ref().map_or(Millis::ZERO, |looked| began(looked))));
    let drafts = if asked.trial {
        Vec::new()
    } else {
        drafts::list(&asked.app)?.into_iter().filter(|draft| draft.planned.is_none()).collect()
    };
    let trials = !asked.trial && any_trial(asked)?;
    let main = html! {
        div.head {
            h1 { @if asked.trial { "Trials" } @else { "Campaigns" } }
            @if !asked.trial { a.button.main href="/new" data-key="n" { "New campaign" } }
        }
        div #campaigns {
            @if rows.is_empty() && drafts.is_empty() { (empty(asked)) }
            @for (section, title) in SECTIONS {
                @let within: Vec<&Row> = rows.iter().filter(|row| section_of(row) == section).collect();
                @if !within.is_empty() {
                    section.card aria-label=(title) {
                        h2 { (title) }
                        ul.campaigns { @for row in within { (line(dashboard, asked, row)) } }
                    }
                }
            }
        }
        @if !drafts.is_empty() {
            section.card #drafts aria-labelledby="drafts-title" {
                h2 #drafts-title { "Drafts" }
                ul.campaigns {
                    @for draft in &drafts {
                        li {
                            div.campaign-name {
                                a href=(format!("/d/{}/people", draft.id.as_str())) { (draft.name.as_deref().unwrap_or("can’t be read")) }
                            }
                            p.campaign-said {
                                (draft.steps.done()) " of 4 steps"
                                @if let Some(at) = draft.changed { " · changed " (local(at, &dashboard.settings.timezone)) }
                            }
                        }
                    }
                }
            }
        }
        @if trials { p.note { a href="/trials" { "Trials" } ": campaigns that ran in the sandbox." } }
    };
    let page = Page { title: "Campaigns", place: Place::Campaigns, live: true };
    Ok(page.answer(dashboard, asked, main))
}

fn any_trial(asked: &Asked) -> Result<bool, AppError> {
    let home = asked.app.home(true)?;
    let there = asked.app.disk.list(&home.campaigns());
    Ok(!there.map_err(|error| AppError::disk("read", &home.campaigns(), &error))?.is_empty())
}

fn began(looked: &Looked) -> Millis {
    looked.look.started_at.unwrap_or(Millis(u64::MAX))
}

fn section_of(row: &Row) -> Section {
    row.as_ref().map_or(Section::NeedsYou, |looked| looked.state.section)
}

fn empty(asked: &Asked) -> Markup {
    html! {
        div.card.empty {
            @if asked.trial {
                p { "No campaign has run in the sandbox." }
            } @else {
                p { strong { "No campaign yet." } " It begins with a spreadsheet of your customers." }
                (steps::choice())
            }
        }
    }
}

fn line(dashboard: &Dashboard, asked: &Asked, row: &Row) -> Markup {
    let looked = match row {
        Ok(looked) => looked,
        Err(why) => {
            let (name, error) = &**why;
            return html! {
                li {
                    div.campaign-name { strong { (name) } span class="pill pill-bad" { "Can’t be read" } }
                    (layout::error(error))
                }
            };
        }
    };
    let name = &looked.campaign_dir.name;
    let state = &looked.state;
    let look = &looked.look;
    let said = state.card.as_ref().filter(|_| state.section == Section::NeedsYou);
    html! {
        li {
            div.campaign-name {
                a href=(asked.beside(&format!("/c/{name}"))) { (name) }
                span class=(state.tone.class()) { (state.pill) }
            }
            @if state.section == Section::Done {
                p.campaign-said { (done(dashboard, looked)) }
            } @else if look.people() > 0 {
                div.campaign-bar {
                    (bar(look.done(), look.people(), BarTone::Good))
                    span { (count(look.done())) " of " (count(look.people())) }
                }
            }
            @if let Some((title, words)) = said {
                p.campaign-said { (layout::prose(title)) @if let Some(first) = words.first() { ": " (layout::text(first)) } }
            }
            (quick(dashboard, asked, looked))
        }
    }
}

/// `12 May · 938 delivered, 642 read, 22 failed`
fn done(dashboard: &Dashboard, looked: &Looked) -> Markup {
    let c = &looked.look.counts;
    let figures = [
        (c.reached(), "accepted"),
        (c.arrived(), "delivered"),
        (c[Status::Read], "read"),
        (c[Status::Failed], "failed"),
        (c[Status::InDoubt], "in doubt"),
    ];
    let figures: Vec<_> =
        figures.into_iter().filter(|(n, _)| *n > 0).map(|(n, word)| format!("{} {word}", count(n))).collect();
    let figures =
        if figures.is_empty() { plural(looked.look.total, "row", "rows") } else { figures.join(", ") };
    html! {
        @if let Some(at) = looked.look.started_at { (local(at, &dashboard.settings.timezone)) " · " }
        (figures)
    }
}
