//! The page as a whole: its head, its figures, and what its sections say.

use std::io::{self, Write};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use sha2::{Digest as _, Sha256};

use super::recipients::{Recipients, day, text};
use crate::domain::codes::advice;
use crate::domain::format::{count, percent, plural};
use crate::domain::funnel::Funnel;
use crate::domain::status::Status;
use crate::report::charts::{self, Bar, ShareBar, Tone, bars};
use crate::report::columns::audience_names;
use crate::report::comparison::{Comparison, NOTE as COMPARISON_NOTE};
use crate::report::head::Head;
use crate::report::overview::{FUNNEL_NOTE, MAX_GROUPS, Overview, REPLIES_NOTE, not_accepted};
use crate::report::row::Row;
use crate::report::tally::{Failure, Tally};
use crate::report::write::{Document, Spec};

/// The page's own style, after that of the charts.
const CSS: &str = include_str!("page.css");

/// A page in the making.
pub(in crate::report) struct Page {
    overview: Overview,
    recipients: Recipients,
}

impl Page {
    /// Without rows.
    pub(in crate::report) fn new(spec: &Spec, head: &Head) -> Page {
        let recipients = Recipients::new(audience_names(&head.columns));
        Page { overview: Overview::new(spec, head), recipients }
    }

    fn render(&self, tally: &Tally) -> Markup {
        let style = format!("{}{}{CSS}", charts::COLOURS, charts::CSS);
        let hash = STANDARD.encode(Sha256::digest(&style));
        let policy =
            format!("default-src 'none'; style-src 'sha256-{hash}'; base-uri 'none'; form-action 'none'");
        let campaign = text(&self.overview.about.campaign);
        html! {
            (DOCTYPE)
            html lang="en" {
                head {
                    meta charset="utf-8";
                    meta http-equiv="Content-Security-Policy" content=(policy);
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    meta name="color-scheme" content="light dark";
                    meta name="referrer" content="no-referrer";
                    meta name="robots" content="noindex";
                    title { (campaign) ": report" }
                    style { (PreEscaped(style)) }
                }
                body {
                    (self.header(tally))
                    main {
                        (figures(tally))
                        div.columns {
                            (reach(&tally.funnel()))
                            (others(tally))
                        }
                        (variants(tally))
                        (failures(tally))
                        (replies(tally, &self.recipients))
                        (self.recipients.render(tally, &self.overview.rows(tally)))
                    }
                    footer {
                        p { "It says what was known when it was made. It holds phone numbers: treat it as such." }
                    }
                }
            }
        }
    }

    fn header(&self, tally: &Tally) -> Markup {
        let Overview { about, zone, made, .. } = &self.overview;
        html! {
            header {
                p.eyebrow {
                    "Campaign report"
                    @if about.trial { span.pill { "trial: nothing has reached WhatsApp" } }
                }
                h1 { bdi { (text(&about.campaign)) } }
                dl.about {
                    div { dt { "Round" } dd { (about.round.max(1)) } }
                    @if let Some(made) = made {
                        div { dt { "Made" } dd { time datetime=(made) { (day(*made)) } } }
                    }
                    div { dt { "Times are" } dd { (zone) } }
                    div { dt { "Holds" } dd { (self.overview.rows(tally)) } }
                }
            }
        }
    }
}

impl Document for Page {
    fn take(&mut self, rows: &[Row]) -> io::Result<()> {
        self.recipients.take(rows);
        Ok(())
    }

    fn finish(self: Box<Self>, tally: &Tally, out: &mut (dyn Write + Send)) -> io::Result<()> {
        out.write_all(self.render(tally).into_string().as_bytes())?;
        out.write_all(b"\n")
    }
}

/// The four figures that people ask for first.
fn figures(tally: &Tally) -> Markup {
    let Funnel { written_to, delivered, read, .. } = tally.funnel();
    let failed = tally.counts[Status::Failed];
    let told = [
        ("written to", written_to, "whole"),
        ("delivered", delivered, "good"),
        ("read", read, "read"),
        ("failed", failed, if failed > 0 { "bad" } else { "none" }),
    ];
    html! {
        dl.figures {
            @for (name, people, tone) in told {
                div class=(tone) {
                    dt { (name) }
                    dd {
                        strong { (count(people)) }
                        @if name == "written to" {
                            span { "of " (count(tally.counts.total())) }
                        } @else if written_to > 0 {
                            span { (percent(people, written_to)) }
                        }
                    }
                }
            }
        }
    }
}

fn reach(funnel: &Funnel) -> Markup {
    html! {
        section.card aria-labelledby="funnel" {
            h2 #funnel { "From the audience to the replies" }
            (charts::funnel(funnel))
            p.note { (FUNNEL_NOTE) }
        }
    }
}

fn others(tally: &Tally) -> Markup {
    let mut others = not_accepted(&tally.counts).peekable();
    let accepted = tally.counts.reached();
    html! {
        section.card aria-labelledby="others" {
            h2 #others { "Not among the accepted" }
            @if others.peek().is_none() {
                p.note { "Everybody of the audience is." }
            } @else {
                ul.others {
                    @for (status, meaning, people) in others {
                        li {
                            span.number { (count(people)) }
                            span { (badge(status)) span.meaning { (meaning) } }
                        }
                    }
                }
                p.note {
                    "With the " (count(accepted)) " accepted these are all "
                    (plural(tally.counts.total(), "row", "rows")) "."
                }
            }
        }
    }
}

/// A status as a word beside its sign.
pub(super) fn badge(status: Status) -> Markup {
    let class = format!("badge badge-{}", status.word());
    html! { span class=(class) { (status.word().replace('_', " ")) } }
}

fn variants(tally: &Tally) -> Markup {
    let Some(compared) = Comparison::of(tally) else { return html! {} };
    html! {
        section.card aria-labelledby="variants" {
            h2 #variants { "Variants" }
            ul.variants {
                @for (name, people) in &compared.variants {
                    li { bdi { (text(name)) } ": written to " (crate::domain::format::people(*people)) }
                }
            }
            @for measure in &compared.measures {
                @let bars: Vec<_> = compared.variants.iter().zip(&measure.shares).map(|((name, _), share)| {
                    ShareBar { label: html! { bdi { (text(name)) } }, share: *share }
                }).collect();
                h3 { bdi { (text(&measure.name)) } }
                @let tone = if measure.name == "delivered" { Tone::Good } else { Tone::Read };
                (charts::intervals(&bars, tone))
                p.verdict { (commands(&text(&compared.verdict(measure)))) }
            }
            p.note { (COMPARISON_NOTE) }
        }
    }
}

fn failures(tally: &Tally) -> Markup {
    let failures = tally.failures(MAX_GROUPS);
    if failures.is_empty() {
        return html! {};
    }
    let label = |failure: &Failure| {
        html! {
            bdi.reason { (text(&failure.reason)) }
            @if let Some(code) = failure.code { " " span.code { "code " (code) } }
            @if let Some(todo) = failure.code.and_then(advice) { span.todo { (commands(todo)) } }
        }
    };
    let rows: Vec<_> = failures.iter().map(|f| Bar { label: label(f), count: f.count }).collect();
    let failed = tally.counts[Status::Failed];
    html! {
        section.card aria-labelledby="failures" {
            h2 #failures { "Failures by reason" }
            (bars(&rows, failed, Tone::Bad))
            p.note { "Shares are of the " (count(failed)) " who failed." }
        }
    }
}

/// A text of ours, in which commands stand between backticks.
fn commands(text: &str) -> Markup {
    html! {
        @for (at, piece) in text.split('`').enumerate() {
            @if at % 2 == 0 { (piece) } @else { code { (piece) } }
        }
    }
}

fn replies(tally: &Tally, recipients: &Recipients) -> Markup {
    let replies = tally.replies(MAX_GROUPS);
    if replies.is_empty() && tally.stopped == 0 {
        return html! {};
    }
    let rows: Vec<_> = replies
        .iter()
        .map(|reply| Bar { label: html! { bdi { (text(&reply.reply)) } }, count: reply.people })
        .collect();
    html! {
        section.card aria-labelledby="replies" {
            h2 #replies { "Replies" }
            @if !rows.is_empty() {
                (bars(&rows, tally.replied, Tone::Read))
                p.note { (REPLIES_NOTE) " Shares are of the " (count(tally.replied)) " who replied." }
            }
            @if tally.stopped > 0 {
                p.stopped { strong { (plural(tally.stopped, "person", "people")) } " asked for no more messages in answer." }
            }
            (recipients.replies())
        }
    }
}
