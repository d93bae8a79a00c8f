//! What a report says before its recipients: the figures, how far people got, who isn't among the accepted, variants, why
//! messages failed, what people replied. The page of a report and the dashboard show the same.

use std::borrow::Cow;

use maud::{Markup, html};

use crate::domain::codes::advice;
use crate::domain::format::{count, percent, plural};
use crate::domain::funnel::Funnel;
use crate::domain::status::Status;
use crate::domain::text::tidy;
use crate::report::charts::{self, Bar, ShareBar, Tone, bars};
use crate::report::comparison::{Comparison, NOTE as COMPARISON_NOTE};
use crate::report::overview::{FUNNEL_NOTE, MAX_GROUPS, REPLIES_NOTE, not_accepted};
use crate::report::tally::{Failure, Tally};

/// Characters of a text on a page.
const MAX_TEXT: usize = 300;

/// The style of the sections, after that of the charts.
pub const CSS: &str = include_str!("sections.css");

/// All of them. `first` stands at the end of the replies, where there are any: what a page shows of them one by one.
#[must_use]
pub fn sections(tally: &Tally, first: &Markup) -> Markup {
    html! {
        (figures(tally))
        div.columns {
            (reach(&tally.funnel()))
            (others(tally))
        }
        (variants(tally))
        (failures(tally))
        (replies(tally, first))
    }
}

/// A text from outside, as a page shows it.
pub(super) fn text(text: &str) -> Cow<'_, str> {
    tidy(text, MAX_TEXT)
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
#[must_use]
pub fn badge(status: Status) -> Markup {
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

fn replies(tally: &Tally, first: &Markup) -> Markup {
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
            (first)
        }
    }
}
