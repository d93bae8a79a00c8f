//! What a run says where there is no terminal: a line at its start, whenever ten seconds or a tenth have
//! passed, when its state changes, and at its end. Never the same line twice.

use std::time::Duration;

use jiff::tz::TimeZone;

use crate::domain::status::Status;
use crate::engine::snapshot::{RunState, Snapshot};

use super::super::sanitize;
use super::following::following;
use crate::domain::format::{count, eta, hundredths, percent, rate};

/// How long nothing is said while something changes.
const PAUSE: Duration = Duration::from_secs(10);

/// Decides what is worth a line. Pure: it is told the time.
#[derive(Clone, Debug)]
pub struct Plain {
    zone: TimeZone,
    told: Option<Told>,
    hold: Option<String>,
    following: Option<String>,
}

#[derive(Clone, Debug)]
struct Told {
    at: Duration,
    state: RunState,
    tenth: u64,
    line: String,
}

impl Plain {
    /// Nothing told yet; times are by the clock of this zone.
    #[must_use]
    pub fn new(zone: TimeZone) -> Plain {
        Plain { zone, told: None, hold: None, following: None }
    }

    /// The lines to print now, `elapsed` after the start.
    pub fn next(&mut self, snapshot: &Snapshot, elapsed: Duration) -> Vec<String> {
        let mut lines = Vec::new();
        let tenth = tenth(snapshot);
        let due = match &self.told {
            None => true,
            Some(told) => {
                told.state != snapshot.state
                    || told.tenth != tenth
                    || elapsed.saturating_sub(told.at) >= PAUSE
            }
        };
        if due {
            lines.extend(self.tell(snapshot, elapsed));
        }
        if self.hold != snapshot.hold {
            self.hold.clone_from(&snapshot.hold);
            let text = snapshot.hold.as_deref().unwrap_or("going on");
            lines.push(format!("{}: {}", sanitize::line(&snapshot.campaign), sanitize::line(text)));
        }
        let following = following(snapshot, &self.zone);
        if self.following != following {
            lines.extend(
                following.as_ref().map(|text| format!("{}: {text}", sanitize::line(&snapshot.campaign))),
            );
            self.following = following;
        }
        lines
    }

    /// The last line, unless it was the last one told.
    pub fn last(&mut self, snapshot: &Snapshot, elapsed: Duration) -> Option<String> {
        self.tell(snapshot, elapsed)
    }

    fn tell(&mut self, snapshot: &Snapshot, elapsed: Duration) -> Option<String> {
        let line = line(snapshot);
        let new = self.told.as_ref().is_none_or(|told| told.line != line);
        if new || self.told.as_ref().is_some_and(|told| told.state != snapshot.state) {
            self.told =
                Some(Told { at: elapsed, state: snapshot.state, tenth: tenth(snapshot), line: line.clone() });
        }
        new.then_some(line)
    }
}

/// Tenths of what the present phase is about.
fn tenth(snapshot: &Snapshot) -> u64 {
    let part = if snapshot.state == RunState::Tracking { snapshot.arrived() } else { snapshot.done() };
    hundredths(part, snapshot.people()) / 10
}

fn line(s: &Snapshot) -> String {
    let mut parts = Vec::new();
    let (accepted, people) = (s.counts.reached(), s.people());
    let state = match s.state {
        RunState::Running => "sending",
        RunState::Tracking => "following deliveries",
        other => other.word(),
    };
    let share = percent(accepted, people);
    parts.push(format!("{state}, {} of {} accepted ({share})", count(accepted), count(people)));
    for (n, what) in [
        (s.arrived(), "delivered"),
        (s.counts[Status::Read], "read"),
        (s.counts[Status::Failed], "failed"),
        (s.counts[Status::InDoubt], "in doubt"),
        (s.retrying, "to be tried again"),
        (s.counts[Status::Skipped], "skipped"),
        (s.counts[Status::Cancelled], "cancelled"),
    ] {
        if n > 0 {
            parts.push(format!("{} {what}", count(n)));
        }
    }
    if matches!(s.state, RunState::Running | RunState::Waiting) {
        if s.rate > 0.0 {
            parts.push(rate(s.rate));
        }
        parts.extend(s.eta_s.map(eta));
    }
    format!("{}: {}", sanitize::line(&s.campaign), parts.join(" · "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::status::Counts;
    use crate::engine::snapshot::example as snapshot;

    fn plain() -> Plain {
        Plain::new(TimeZone::UTC)
    }

    fn seconds(s: u64) -> Duration {
        Duration::from_secs(s)
    }

    #[test]
    fn a_line_says_where_the_run_stands() {
        let lines = plain().next(&snapshot(), seconds(0));
        assert_eq!(
            lines,
            ["diwali-offer: sending, 484 of 1,197 accepted (40 %) · 388 delivered · 88 read · 9 failed · \
              2 to be tried again · 3 skipped · 19.8/s · about 35 s left"]
        );
    }

    #[test]
    fn it_speaks_at_the_start_every_ten_seconds_and_at_each_tenth() {
        let mut plain = plain();
        let mut s = snapshot();
        let mut spoke = Vec::new();
        for second in 0..60 {
            if !plain.next(&s, seconds(second)).is_empty() {
                spoke.push(second);
            }
            // Slowly, but a tenth (119) between the 30th and the 31st second.
            let n = if second == 30 { 119 } else { 1 };
            s.counts[Status::Queued] -= n;
            s.counts[Status::Accepted] += n;
        }
        assert_eq!(spoke, [0, 10, 20, 30, 31, 41, 51]);
    }

    #[test]
    fn nothing_new_is_no_line() {
        let mut plain = plain();
        let s = snapshot();
        assert_eq!(plain.next(&s, seconds(0)).len(), 1);
        assert!((1..100).all(|t| plain.next(&s, seconds(t)).is_empty()));
        assert_eq!(plain.last(&s, seconds(101)), None);
    }

    #[test]
    fn a_change_of_phase_and_a_hold_are_told_at_once() {
        let mut plain = plain();
        let mut s = snapshot();
        plain.next(&s, seconds(0));
        s.hold = Some("WhatsApp asks us to slow down; going on at 14:03:20".into());
        assert_eq!(
            plain.next(&s, seconds(1)),
            ["diwali-offer: WhatsApp asks us to slow down; going on at 14:03:20"]
        );
        assert!(plain.next(&s, seconds(2)).is_empty());
        s.hold = None;
        assert_eq!(plain.next(&s, seconds(3)), ["diwali-offer: going on"]);
        s.state = RunState::Paused;
        assert!(
            plain.next(&s, seconds(4))[0].starts_with("diwali-offer: paused, 484 of 1,197 accepted (40 %)")
        );
        s.state = RunState::Tracking;
        assert!(plain.next(&s, seconds(5))[0].starts_with("diwali-offer: following deliveries, 484 of"));
    }

    #[test]
    fn what_is_in_doubt_is_not_counted_as_accepted_and_the_end_of_following_is_told_once() {
        let mut plain = plain();
        let mut s = snapshot();
        s.state = RunState::Tracking;
        s.counts = Counts::default();
        (s.counts[Status::Delivered], s.counts[Status::InDoubt], s.counts[Status::Skipped]) = (1_195, 2, 3);
        s.retrying = 0;
        s.until = Some(crate::domain::time::Millis(1_795_356_300_000));
        assert_eq!(
            plain.next(&s, seconds(0)),
            [
                "diwali-offer: following deliveries, 1,195 of 1,197 accepted (99 %) · 1,195 delivered · 2 in doubt · \
                 3 skipped",
                "diwali-offer: all that were accepted are delivered; waiting for reads until 14:05, Ctrl-C is fine"
            ]
        );
        assert!((1..100).all(|t| plain.next(&s, seconds(t)).is_empty()));
    }

    #[test]
    fn the_end_is_told() {
        let mut plain = plain();
        let mut s = snapshot();
        plain.next(&s, seconds(0));
        s.state = RunState::Settled;
        assert!(plain.last(&s, seconds(1)).is_some_and(|line| line.starts_with("diwali-offer: settled, ")));
        assert_eq!(plain.last(&s, seconds(1)), None);
    }
}
