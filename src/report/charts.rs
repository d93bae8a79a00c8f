//! Charts as SVG, made where the page is: no script draws them, and they print.
//!
//! An SVG holds bars and no words: words and numbers stand beside it in HTML, so that they stay readable at any width and
//! are read aloud. [`CSS`] gives it colours by the page's own variables: `--good`, `--read`, `--bad`, `--track`,
//! `--muted`, `--line`.

use maud::{Markup, html};

use crate::domain::format::{count, hundredths, shares};
use crate::domain::funnel::Funnel;
use crate::domain::proportion::Proportion;
use crate::report::comparison::with_interval;

/// The colours of pages, light and dark, by the names that [`CSS`] uses.
pub const COLOURS: &str = include_str!("colours.css");
/// The style of all charts and of the marks of statuses; no element has one of its own.
pub const CSS: &str = include_str!("charts.css");

/// What a bar stands for. Its colour is never the only sign of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// What was sent and arrived.
    Good,
    /// What people did with it.
    Read,
    /// What failed.
    Bad,
    /// What was handed over, whatever became of it.
    Sent,
}

impl Tone {
    fn class(self) -> &'static str {
        match self {
            Tone::Good => "bar bar-good",
            Tone::Read => "bar bar-read",
            Tone::Bad => "bar bar-bad",
            Tone::Sent => "bar bar-sent",
        }
    }
}

impl Tone {
    fn line(self) -> &'static str {
        match self {
            Tone::Good => "line-good",
            Tone::Read => "line-read",
            Tone::Bad => "line-bad",
            Tone::Sent => "line-sent",
        }
    }
}

/// A bar as long as its share. One that isn't empty is seen, however small the share.
#[must_use]
pub fn bar(part: u64, whole: u64, tone: Tone) -> Markup {
    /// The shortest bar, in thousandths of the whole.
    const MIN: u128 = 8;
    let thousandths = u128::from(part.min(whole)) * 1000 / u128::from(whole.max(1));
    let shown = if part == 0 { 0 } else { thousandths.max(MIN) };
    let width = format!("{}.{}%", shown / 10, shown % 10);
    html! {
        svg class=(tone.class()) width="100%" height="10" aria-hidden="true" focusable="false" {
            rect class="bar-track" width="100%" height="10" rx="5" {}
            @if shown > 0 {
                rect class="bar-fill" width=(width) height="10" rx="5" {}
            }
        }
    }
}

/// The stages of a campaign, a bar each: as long as its share of the audience, beside its share of those written to.
#[must_use]
pub fn funnel(funnel: &Funnel) -> Markup {
    html! {
        table.chart.funnel {
            thead.chart-head {
                tr { th scope="col" { "Stage" } td {} th scope="col" { "People" } th scope="col" { "Of those written to" } }
            }
            tbody {
                @for stage in funnel.stages() {
                    tr {
                        th scope="row" { (stage.name) }
                        td.chart-bar {
                            @let tone = if matches!(stage.name, "read" | "replied") { Tone::Read } else { Tone::Good };
                            (bar(stage.people, funnel.audience, tone))
                        }
                        td.chart-number { (count(stage.people)) }
                        td.chart-percent {
                            @if let Some(percent) = stage.percent { (percent) " %" }
                        }
                    }
                }
            }
        }
    }
}

/// One bar of [`bars`].
#[derive(Debug)]
pub struct Bar {
    /// What it is.
    pub label: Markup,
    /// How many.
    pub count: u64,
}

/// Bars below each other, each with its label above it, and as long as its share of `whole`, which stands beside it.
#[must_use]
pub fn bars(rows: &[Bar], whole: u64, tone: Tone) -> Markup {
    let mut parts: Vec<u64> = rows.iter().map(|row| row.count).collect();
    // With whom no row counts, the shares add up to all.
    let percents = match whole.checked_sub(parts.iter().sum()) {
        Some(others) => {
            parts.push(others);
            shares(&parts, 100)
        }
        None => parts.iter().map(|part| hundredths(*part, whole)).collect(),
    };
    html! {
        table.chart.bars {
            tbody {
                @for (row, percent) in rows.iter().zip(percents) {
                    tr {
                        th scope="row" { (row.label) }
                        td.chart-bar { (bar(row.count, whole, tone)) }
                        td.chart-number { (count(row.count)) }
                        td.chart-percent { (percent) " %" }
                    }
                }
            }
        }
    }
}

/// One bar of [`intervals`].
#[derive(Debug)]
pub struct ShareBar {
    /// Of whom.
    pub label: Markup,
    /// How many of how many.
    pub share: Proportion,
}

/// Shares below each other, so that they can be compared: a bar each, with a line over it from the lower to the upper end
/// of its 95 % interval. All bars have the same scale, which goes to a round share above the highest end.
#[must_use]
pub fn intervals(rows: &[ShareBar], tone: Tone) -> Markup {
    let top = rows.iter().map(|row| row.share.interval().1).fold(0.0, f64::max);
    let scale = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5].into_iter().find(|scale| top <= *scale).unwrap_or(1.0);
    let at = |share: f64| format!("{:.2}%", share / scale * 100.0);
    html! {
        table.chart.shares {
            tbody {
                @for ShareBar { label, share } in rows {
                    @let (low, high) = share.interval();
                    tr {
                        th scope="row" { (label) }
                        td.chart-bar {
                            svg class=(tone.class()) width="100%" height="14" aria-hidden="true" focusable="false" {
                                rect class="bar-track" y="2" width="100%" height="10" rx="5" {}
                                rect class="bar-fill" y="2" width=(at(share.share())) height="10" rx="5" {}
                                line class="bar-interval" x1=(at(low)) x2=(at(high)) y1="7" y2="7" {}
                                line class="bar-interval" x1=(at(low)) x2=(at(low)) y1="1" y2="13" {}
                                line class="bar-interval" x1=(at(high)) x2=(at(high)) y1="1" y2="13" {}
                            }
                        }
                        td.chart-number { (count(share.people)) }
                        td.chart-interval { (with_interval(*share)) }
                    }
                }
            }
        }
    }
}

/// One line of [`lines`]: what it is, how it looks, and its values from left to right.
#[derive(Debug)]
pub struct Line {
    /// What it is.
    pub name: &'static str,
    /// How it looks.
    pub tone: Tone,
    /// Its values.
    pub values: Vec<u64>,
}

/// Lines over the same places, all on one scale from zero; words and numbers stand below it. What each value is, a table
/// beside it has to say.
#[must_use]
pub fn lines(lines: &[Line]) -> Markup {
    const HEIGHT: u64 = 1_000;
    let top = lines.iter().flat_map(|line| line.values.iter().copied()).max().unwrap_or(0).max(1);
    let places = lines.iter().map(|line| line.values.len()).max().unwrap_or(0);
    let width = places.saturating_sub(1).max(1);
    let height = |value: u64| {
        HEIGHT - u64::try_from(u128::from(value) * u128::from(HEIGHT) / u128::from(top)).unwrap_or(0)
    };
    let points = |line: &Line| {
        // One value is a level line.
        let first = line
            .values
            .first()
            .filter(|_| line.values.len() == 1)
            .map(|value| format!("1,{}", height(*value)));
        let points = line.values.iter().enumerate().map(|(at, value)| format!("{at},{}", height(*value)));
        points.chain(first).collect::<Vec<_>>().join(" ")
    };
    html! {
        svg.lines viewBox={ "0 0 " (width) " " (HEIGHT) } preserveAspectRatio="none" width="100%" height="180" aria-hidden="true" focusable="false" {
            @for at in 0..=2_u64 {
                line class="lines-grid" x1="0" x2=(width) y1=(at * HEIGHT / 2) y2=(at * HEIGHT / 2) {}
            }
            @for line in lines { polyline class={ "line " (line.tone.line()) } points=(points(line)) {} }
        }
        ul.lines-legend {
            @for line in lines {
                li class={ "key " (line.tone.line()) } { (line.name) " " strong { (count(line.values.last().copied().unwrap_or(0))) } }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn width(part: u64, whole: u64) -> Option<String> {
        let svg = bar(part, whole, Tone::Bad).into_string();
        let (_, fill) = svg.split_once("class=\"bar-fill\" width=\"")?;
        Some(fill.split_once('"')?.0.to_owned())
    }

    #[test]
    fn a_bar_is_as_long_as_its_share() {
        assert_eq!(width(1, 3).as_deref(), Some("33.3%"));
        assert_eq!(width(3, 3).as_deref(), Some("100.0%"));
        assert_eq!(width(1, 1_000_000).as_deref(), Some("0.8%"), "it is seen");
        assert_eq!(width(5, 3).as_deref(), Some("100.0%"), "never beyond the chart");
        assert_eq!(width(0, 3), None);
        assert_eq!(width(0, 0), None);
    }

    #[test]
    fn a_label_is_escaped_by_whoever_makes_it() {
        let label = html! { "<b>" };
        let made = bars(&[Bar { label, count: 2 }], 4, Tone::Read).into_string();
        assert!(made.contains("&lt;b&gt;") && made.contains("50 %"), "{made}");
    }

    #[test]
    fn shares_add_up() {
        let rows = [3, 3, 3].map(|count| Bar { label: html! {}, count });
        let made = bars(&rows, 9, Tone::Bad).into_string();
        assert_eq!((made.matches("33 %").count(), made.matches("34 %").count()), (2, 1), "{made}");
    }

    #[test]
    fn lines_begin_at_zero_and_end_at_the_top() {
        let line = |values: &[u64]| Line { name: "sent", tone: Tone::Good, values: values.to_vec() };
        let made = lines(&[line(&[0, 5, 10]), line(&[0, 0, 5])]).into_string();
        assert!(
            made.contains("points=\"0,1000 1,500 2,0\"") && made.contains("points=\"0,1000 1,1000 2,500\""),
            "{made}"
        );
        assert!(lines(&[line(&[3])]).into_string().contains("points=\"0,0 1,0\""), "a level line");
        assert!(lines(&[]).into_string().contains("<svg"));
    }
}
