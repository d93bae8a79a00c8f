//! What a terminal shows of a run: a pure function from what is known to lines.

use std::time::Duration;

use anstyle::Style;

use crate::domain::status::Status;
use crate::engine::snapshot::{RunState, Snapshot};

use super::super::sanitize;
use super::super::style::{BAD, BOLD, DIM, GOOD, PLAIN, WARN};
use super::super::text::{Line, left, width};
use crate::domain::format::{clock, count, eta, rate};

/// The widest bar, and the narrowest; below it there is none.
const BAR: std::ops::RangeInclusive<usize> = 8..=40;

/// The labels' column.
const LABEL: usize = 9;

/// A run as a terminal shows it.
#[derive(Clone, Copy, Debug)]
pub struct Bars<'a> {
    /// What is known.
    pub snapshot: &'a Snapshot,
    /// How long this run has been going.
    pub elapsed: Duration,
    /// The terminal's width.
    pub columns: usize,
    /// Whether to colour.
    pub color: bool,
}

impl Bars<'_> {
    /// The lines, none wider than the terminal.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        let s = self.snapshot;
        let mut lines = vec![self.title()];
        let sending = self.sending_tail();
        let deliveries = self.deliveries_tail();
        let tails = width(&sending).max(if s.tracked { width(&deliveries) } else { 0 });
        // A line as wide as the terminal would wrap on some.
        let most = self.columns.saturating_sub(1);
        // Indent, label, bar, tail, and two spaces on both sides of the bar.
        let room = most.saturating_sub(2 + LABEL + 2 + 2 + tails).min(*BAR.end());
        let bar = if BAR.contains(&room) { room } else { 0 };

        let c = &s.counts;
        let (failed, doubt) = (c[Status::Failed], c[Status::InDoubt]);
        let clean = s.done().saturating_sub(failed + doubt);
        lines.push(bar_line(
            "sending",
            &[(GOOD, clean), (WARN, doubt), (BAD, failed)],
            s.people(),
            bar,
            &sending,
        ));
        if s.tracked {
            let parts = [(GOOD, s.arrived()), (BAD, failed)];
            lines.push(bar_line("delivered", &parts, s.people(), bar, &deliveries));
        }
        lines.extend(self.troubles());
        if let Some(hold) = &s.hold {
            let mut line = Line::default();
            line.push(PLAIN, "  ");
            line.push(WARN, &sanitize::line(hold));
            lines.push(line);
        }
        lines.iter().map(|line| line.cut(most).render(self.color)).collect()
    }

    fn title(&self) -> Line {
        let mut line = Line::default();
        line.push(BOLD, &sanitize::line(&self.snapshot.campaign));
        let state = match self.snapshot.state {
            RunState::Running => "sending",
            RunState::Tracking => "following deliveries",
            other => other.word(),
        };
        line.push(DIM, &format!("  {state} · {}", clock(self.elapsed)));
        line
    }

    fn sending_tail(&self) -> String {
        let s = self.snapshot;
        let mut tail = format!("{} of {}", count(s.done()), count(s.people()));
        if matches!(s.state, RunState::Running | RunState::Waiting) && s.done() < s.people() {
            tail.push_str(&format!(" · {}", rate(s.rate)));
            if let Some(seconds) = s.eta_s {
                tail.push_str(&format!(" · {}", eta(seconds)));
            }
        }
        tail
    }

    fn deliveries_tail(&self) -> String {
        let s = self.snapshot;
        let read = s.counts[Status::Read];
        let tail = format!("{} of {}", count(s.arrived()), count(s.people()));
        if read > 0 { format!("{tail} · {} read", count(read)) } else { tail }
    }

    /// What didn't go as wished; nothing where all did.
    fn troubles(&self) -> Option<Line> {
        let s = self.snapshot;
        let parts = [
            (s.counts[Status::Failed], "failed", BAD),
            (s.counts[Status::InDoubt], "in doubt", WARN),
            (s.retrying, "to be tried again", PLAIN),
            (s.counts[Status::Skipped], "skipped", DIM),
            (s.counts[Status::Cancelled], "cancelled", DIM),
        ];
        let mut line = Line::default();
        for (n, what, style) in parts.into_iter().filter(|(n, ..)| *n > 0) {
            line.push(DIM, if line.width() == 0 { "  " } else { " · " });
            line.push(style, &format!("{} {what}", count(n)));
        }
        (line.width() > 0).then_some(line)
    }
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
        let bars = Bars { snapshot, elapsed: Duration::from_secs(25), columns, color: false };
        let lines = bars.lines();
        assert!(lines.iter().all(|line| width(line) < columns.max(1)), "{lines:#?}");
        lines.join("\n")
    }

    #[test]
    fn a_run_in_the_middle() {
        assert_snapshot!(shown(&snapshot(), 100), @r"
        diwali-offer  sending · 0:25
          sending    ━━━━━━━━━━━━━━━━────────────────────────  493 of 1,197 · 19.8/s · about 35 s left
          delivered  ━━━━━━━━━━━━━───────────────────────────  388 of 1,197 · 88 read
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
          sending    ━━━━━━━━━━───────────────  493 of 1,197 · 19.8/s · about 35 s left
          delivered  ━━━━━━━━─────────────────  388 of 1,197 · 88 read
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
          sending    ━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━  1,197 of 1,197
          delivered  ━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━────  1,092 of 1,197 · 88 read
          9 failed · 3 skipped
        ");
    }

    #[test]
    fn a_run_without_tracking_has_one_bar() {
        let mut s = snapshot();
        s.tracked = false;
        assert_snapshot!(shown(&s, 80), @r"
        diwali-offer  sending · 0:25
          sending    ━━━━━━━━━━───────────────  493 of 1,197 · 19.8/s · about 35 s left
          9 failed · 2 to be tried again · 3 skipped
        ");
    }

    #[test]
    fn a_narrow_terminal_loses_the_bars_and_then_the_ends() {
        assert_snapshot!(shown(&snapshot(), 50), @r"
        diwali-offer  sending · 0:25
          sending    493 of 1,197 · 19.8/s · about 35 s…
          delivered  388 of 1,197 · 88 read
          9 failed · 2 to be tried again · 3 skipped
        ");
        assert_snapshot!(shown(&snapshot(), 24), @r"
        diwali-offer  sending…
          sending    493 of 1,…
          delivered  388 of 1,…
          9 failed · 2 to be t…
        ");
        for columns in 0..120 {
            shown(&snapshot(), columns);
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
