//! What a terminal shows of a run: a pure function from what is known to lines.

use std::time::Duration;

use anstyle::Style;
use jiff::tz::TimeZone;

use crate::domain::status::Status;
use crate::engine::snapshot::{RunState, Snapshot};

use super::super::sanitize;
use super::super::style::{BAD, BOLD, DIM, GOOD, PLAIN, WARN};
use super::super::text::{Line, cut_in_the_middle, left, width};
use super::following::following;
use crate::domain::format::{clock, count, eta, rate};

/// The widest bar, and the narrowest; below it there is none.
const BAR: std::ops::RangeInclusive<usize> = 6..=40;

/// Indent, label, and two spaces on both sides of the bar.
const AROUND: usize = 2 + LABEL + 2 + 2;

/// The labels' column.
const LABEL: usize = 9;

/// Room for ` · 1,280/s · about 59 min left`, also while there is nothing to say.
const PACE: usize = 32;

/// A run as a terminal shows it.
#[derive(Clone, Copy, Debug)]
pub struct Bars<'a> {
    /// What is known.
    pub snapshot: &'a Snapshot,
    /// The zone of its times.
    pub zone: &'a TimeZone,
    /// How long this run has been going.
    pub elapsed: Duration,
    /// The terminal's width.
    pub columns: usize,
    /// Whether to colour.
    pub color: bool,
}

/// Where things stand: by the terminal's width and the audience alone, so that nothing moves from one frame to the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Layout {
    /// The bars' length; 0 for none.
    bar: usize,
    /// Pace and reads stand beside the bars, not on lines of their own.
    beside: bool,
}

impl Layout {
    fn of(columns: usize, total: u64) -> Layout {
        let counts = 2 * width(&count(total)) + " of ".len();
        let room = columns.saturating_sub(AROUND + counts);
        match room.checked_sub(PACE) {
            Some(bar) if bar >= *BAR.start() => Layout { bar: bar.min(*BAR.end()), beside: true },
            _ if room >= *BAR.start() => Layout { bar: room.min(*BAR.end()), beside: false },
            _ => Layout { bar: 0, beside: false },
        }
    }
}

impl Bars<'_> {
    /// The lines, none wider than the terminal.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        let s = self.snapshot;
        // A line as wide as the terminal would wrap on some.
        let most = self.columns.saturating_sub(1);
        let layout = Layout::of(most, s.total);
        let c = &s.counts;
        let (accepted, failed, doubt) = (c.reached(), c[Status::Failed], c[Status::InDoubt]);
        let of = |n: u64| format!("{} of {}", count(n), count(s.people()));
        let pace = self.pace();
        let reads = (c[Status::Read] > 0).then(|| format!("{} read", count(c[Status::Read])));
        let beside = |counts: String, more: &[String]| match more {
            more if layout.beside && !more.is_empty() => format!("{counts} · {}", more.join(" · ")),
            _ => counts,
        };

        let mut lines = vec![self.title(most)];
        let parts = [(GOOD, accepted), (WARN, doubt), (BAD, failed)];
        lines.push(bar_line("accepted", &parts, s.people(), layout.bar, &beside(of(accepted), &pace)));
        if s.tracked {
            let parts = [(GOOD, s.arrived()), (BAD, failed)];
            let tail = beside(of(s.arrived()), reads.as_slice());
            lines.push(bar_line("delivered", &parts, s.people(), layout.bar, &tail));
        }
        if !layout.beside && !pace.is_empty() {
            lines.extend(wrapped(pace.iter().map(|part| (PLAIN, part.clone())), most));
        }
        let reads = reads.filter(|_| !layout.beside && s.tracked).map(|reads| (PLAIN, reads));
        lines.extend(wrapped(reads.into_iter().chain(self.troubles()), most));
        let notes = [(WARN, s.hold.clone()), (DIM, following(s, self.zone))];
        for (style, note) in notes {
            let note = note.map(|note| sanitize::line(&note).into_owned());
            lines.extend(note.into_iter().flat_map(|note| words(style, &note, most)));
        }
        lines.iter().map(|line| line.cut(most).render(self.color)).collect()
    }

    fn title(&self, most: usize) -> Line {
        let state = match self.snapshot.state {
            RunState::Running => "sending",
            RunState::Tracking => "following deliveries",
            other => other.word(),
        };
        let state = format!("  {state} · {}", clock(self.elapsed));
        let mut line = Line::default();
        let name = sanitize::line(&self.snapshot.campaign);
        line.push(BOLD, &cut_in_the_middle(&name, most.saturating_sub(width(&state)).max(1)));
        line.push(DIM, &state);
        line
    }

    /// How fast it goes and how long it takes, while it sends.
    fn pace(&self) -> Vec<String> {
        let s = self.snapshot;
        if !matches!(s.state, RunState::Running | RunState::Waiting) || s.done() == s.people() {
            return Vec::new();
        }
        [rate(s.rate)].into_iter().chain(s.eta_s.map(eta)).collect()
    }

    /// What didn't go as wished; nothing where all did.
    fn troubles(&self) -> impl Iterator<Item = (Style, String)> {
        let s = self.snapshot;
        let parts = [
            (s.counts[Status::Failed], "failed", BAD),
            (s.counts[Status::InDoubt], "in doubt", WARN),
            (s.retrying, "to be tried again", PLAIN),
            (s.counts[Status::Skipped], "skipped", DIM),
            (s.counts[Status::Cancelled], "cancelled", DIM),
        ];
        let told = parts.into_iter().filter(|(n, ..)| *n > 0);
        told.map(|(n, what, style)| (style, format!("{} {what}", count(n))))
    }
}

/// Indented parts with ` · ` in between, on as many lines as they need.
fn wrapped(parts: impl IntoIterator<Item = (Style, String)>, columns: usize) -> Vec<Line> {
    let mut lines: Vec<Line> = Vec::new();
    for (style, part) in parts {
        match lines.last_mut().filter(|line| line.width() + 3 + width(&part) <= columns) {
            Some(line) => {
                line.push(DIM, " · ");
                line.push(style, &part);
            }
            None => lines.push(indented(style, &part)),
        }
    }
    lines
}

/// An indented sentence on as many lines as it needs.
fn words(style: Style, text: &str, columns: usize) -> Vec<Line> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split(' ') {
        match lines.last_mut().filter(|line| 2 + width(line) + 1 + width(word) <= columns) {
            Some(line) => {
                line.push(' ');
                line.push_str(word);
            }
            None => lines.push(word.to_owned()),
        }
    }
    lines.iter().map(|line| indented(style, line)).collect()
}

fn indented(style: Style, text: &str) -> Line {
    let mut line = Line::default();
    line.push(PLAIN, "  ");
    line.push(style, text);
    line
}

fn bar_line(label: &str, parts: &[(Style, u64)], whole: u64, columns: usize, tail: &str) -> Line {
    let mut line = Line::default();
    line.push(PLAIN, &format!("  {}  ", left(label, LABEL)));
    if columns > 0 {
        bar(&mut line, parts, whole, columns);
        line.push(PLAIN, "  ");
    }
    line.push(PLAIN, tail);
    line
}

/// The parts one after the other, `whole` being all columns. Rounded down, so that only all is full.
fn bar(line: &mut Line, parts: &[(Style, u64)], whole: u64, columns: usize) {
    let whole = whole.max(1);
    let mut sum = 0u64;
    let mut filled = 0;
    for (style, part) in parts {
        sum = sum.saturating_add(*part).min(whole);
        let until = u128::from(sum) * columns as u128 / u128::from(whole);
        let until = usize::try_from(until).unwrap_or(columns);
        line.push(*style, &"━".repeat(until - filled));
        filled = until;
    }
    line.push(DIM, &"─".repeat(columns - filled));
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::*;
    use crate::engine::snapshot::example as snapshot;

    fn shown(snapshot: &Snapshot, columns: usize) -> String {
        let bars =
            Bars { snapshot, zone: &TimeZone::UTC, elapsed: Duration::from_secs(25), columns, color: false };
        let lines = bars.lines();
        assert!(lines.iter().all(|line| width(line) < columns.max(1)), "{lines:#?}");
        lines.join("\n")
    }

    #[test]
    fn a_run_in_the_middle() {
        assert_snapshot!(shown(&snapshot(), 100), @r"
        diwali-offer  sending · 0:25
          accepted   ━━━━━━━━━━━━━━━───────────────────────  484 of 1,197 · 19.8/s · about 35 s left
          delivered  ━━━━━━━━━━━━──────────────────────────  388 of 1,197 · 88 read
          9 failed · 2 to be tried again · 3 skipped
        ");
    }

    #[test]
    fn a_run_that_is_held_says_why() {
        let mut s = snapshot();
        s.hold = Some("WhatsApp asks us to slow down; going on at 14:03:20\u{1b}[2J".into());
        s.counts[Status::InDoubt] = 3;
        assert_snapshot!(shown(&s, 80), @r"
        diwali-offer  sending · 0:25
          accepted   ━━━━━━━───────────  484 of 1,197 · 19.8/s · about 35 s left
          delivered  ━━━━━─────────────  388 of 1,197 · 88 read
          9 failed · 3 in doubt · 2 to be tried again · 3 skipped
          WhatsApp asks us to slow down; going on at 14:03:20
        ");
    }

    #[test]
    fn a_run_whose_messages_are_all_sent_follows_deliveries() {
        let mut s = snapshot();
        s.state = RunState::Tracking;
        s.counts[Status::Delivered] += s.counts[Status::Queued] + s.counts[Status::Sending];
        s.counts[Status::Queued] = 0;
        s.counts[Status::Sending] = 0;
        s.retrying = 0;
        assert_snapshot!(shown(&s, 80), @r"
        diwali-offer  following deliveries · 0:25
          accepted   ━━━━━━━━━━━━━━━━━━  1,188 of 1,197
          delivered  ━━━━━━━━━━━━━━━━──  1,092 of 1,197 · 88 read
          9 failed · 3 skipped
        ");
    }

    #[test]
    fn a_run_without_tracking_has_one_bar() {
        let mut s = snapshot();
        s.tracked = false;
        assert_snapshot!(shown(&s, 80), @r"
        diwali-offer  sending · 0:25
          accepted   ━━━━━━━───────────  484 of 1,197 · 19.8/s · about 35 s left
          9 failed · 2 to be tried again · 3 skipped
        ");
    }

    #[test]
    fn a_narrow_terminal_has_more_lines_and_then_no_bars() {
        assert_snapshot!(shown(&snapshot(), 50), @r"
        diwali-offer  sending · 0:25
          accepted   ━━━━━━━━────────────  484 of 1,197
          delivered  ━━━━━━──────────────  388 of 1,197
          19.8/s · about 35 s left
          88 read · 9 failed · 2 to be tried again
          3 skipped
        ");
        assert_snapshot!(shown(&snapshot(), 24), @r"
        diw…fer  sending · 0:25
          accepted   484 of 1,…
          delivered  388 of 1,…
          19.8/s
          about 35 s left
          88 read · 9 failed
          2 to be tried again
          3 skipped
        ");
        for columns in 0..120 {
            shown(&snapshot(), columns);
        }
    }

    #[test]
    fn the_end_of_following_is_told() {
        let mut s = snapshot();
        s.state = RunState::Tracking;
        s.until = Some(crate::domain::time::Millis(1_795_356_300_000));
        s.counts = crate::domain::status::Counts::default();
        (s.counts[Status::Delivered], s.counts[Status::Read], s.retrying) = (1_000, 200, 0);
        assert_snapshot!(shown(&s, 80), @r"
        diwali-offer  following deliveries · 0:25
          accepted   ━━━━━━━━━━━━━━━━━━  1,200 of 1,200
          delivered  ━━━━━━━━━━━━━━━━━━  1,200 of 1,200 · 200 read
          everybody delivered; waiting for reads until 14:05, Ctrl-C is fine
        ");
        (s.counts[Status::Delivered], s.counts[Status::Accepted]) = (993, 7);
        assert_snapshot!(shown(&s, 40), @r"
        diwal…ffer  following deliveries · 0:25
          accepted   ━━━━━━━━━━  1,200 of 1,200
          delivered  ━━━━━━━━━─  1,193 of 1,200
          200 read
          waiting for deliveries until 14:05,
          Ctrl-C is fine
        ");
    }

    #[test]
    fn bars_keep_their_length_whatever_happens() {
        let mut chance = fastrand::Rng::with_seed(4);
        for columns in [40, 50, 60, 72, 80, 100, 132, 200] {
            let mut lengths = std::collections::BTreeSet::new();
            for _ in 0..200 {
                let mut s = snapshot();
                let mut left = s.total;
                for status in Status::ALL {
                    s.counts[status] = chance.u64(0..=left);
                    left -= s.counts[status];
                }
                s.counts[Status::Queued] += left;
                s.rate = chance.f64() * 2000.0;
                s.eta_s = chance.bool().then(|| chance.u64(0..900_000));
                s.state = if chance.bool() { RunState::Running } else { RunState::Tracking };
                let text = shown(&s, columns);
                let bars = text.lines().map(|line| line.chars().filter(|c| matches!(c, '━' | '─')).count());
                lengths.extend(bars.filter(|length| *length > 0));
                let below = text.split_once('\n').unwrap().1;
                assert!(!below.contains('…'), "at {columns} columns nothing but the name is cut:\n{text}");
            }
            assert_eq!(lengths.len(), 1, "{columns}: {lengths:?}");
        }
    }

    #[test]
    fn a_bar_is_full_only_when_all_is_done() {
        let fill = |part, whole| {
            let mut line = Line::default();
            bar(&mut line, &[(PLAIN, part)], whole, 10);
            line.render(false).chars().filter(|c| *c == '━').count()
        };
        assert_eq!((fill(0, 1000), fill(999, 1000), fill(1000, 1000), fill(2000, 1000)), (0, 9, 10, 10));
        assert_eq!((fill(0, 0), fill(u64::MAX, u64::MAX)), (0, 10));
    }

    #[test]
    fn parts_have_their_colours() {
        let mut line = Line::default();
        bar(&mut line, &[(GOOD, 5), (WARN, 1), (BAD, 2)], 10, 10);
        assert_eq!(
            line.render(true),
            "\u{1b}[32m━━━━━\u{1b}[0m\u{1b}[33m━\u{1b}[0m\u{1b}[31m━━\u{1b}[0m\u{1b}[2m──\u{1b}[0m"
        );
    }
}
