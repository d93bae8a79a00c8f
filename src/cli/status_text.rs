//! A look at a campaign in words.

use std::fmt::Write as _;
use std::time::Duration;

use jiff::tz::TimeZone;

use crate::domain::format::{count, duration, eta, local, rate, shares};
use crate::domain::status::{Counts, Status};
use crate::domain::time::Millis;
use crate::engine::snapshot::{BlockedNumber, RunState, Snapshot};
use crate::ui::sanitize;

/// `status CAMPAIGN`: the state, then how many are where, then what to do. It is `called` so, and `run` goes on with it.
/// Lines that aren't indented add up to the total; who has read a message is among the delivered, and both among the accepted.
#[must_use]
pub fn status(look: &Snapshot, (called, run): (&str, &str), now: Millis, zone: &TimeZone) -> String {
    let mut text = format!("{}: {}", look.campaign, look.state);
    if let Some(until) = look.until {
        let _ = write!(text, " until {}", local(until, zone));
    }
    if look.rate > 0.0 {
        let _ = write!(text, ", {}", rate(look.rate));
    }
    if let Some(seconds) = look.eta_s {
        let _ = write!(text, ", {}", eta(seconds));
    }
    if let Some(started) = look.started_at {
        let ago = duration(Duration::from_secs(now.since(started).as_secs()));
        let _ = write!(text, " (started {}, {ago} ago)", local(started, zone));
    }
    text.push('\n');
    for (name, n, share) in lines(&look.counts) {
        if n == 0 {
            continue;
        }
        let _ = write!(text, "  {name:<11} {:>9}  {:>5}", count(n), format!("{share} %"));
        if name == "queued" && look.retrying > 0 {
            let _ = write!(text, "  ({} to be tried again)", count(look.retrying));
        }
        text.push('\n');
    }
    let _ = writeln!(text, "  {:<11} {:>9}", "total", count(look.total));
    let mut people = |name: &str, n: u64| {
        if n > 0 {
            let _ = writeln!(text, "  {name:<11} {:>9}", count(n));
        }
    };
    people("replied", look.replied);
    people("asked to stop", look.asked_to_stop);
    for reply in &look.replies {
        let shown = sanitize::line(if reply.title.is_empty() { &reply.id } else { &reply.title });
        let _ = writeln!(text, "  {:<11} {:>9}  {shown}", "pressed", count(reply.count));
    }
    let blocked: Vec<_> = look.blocked.iter().map(ToString::to_string).collect();
    let hold = look.hold.iter().filter(|hold| !blocked.contains(hold));
    for line in hold.chain(&look.reason).chain(&blocked) {
        let _ = writeln!(text, "{line}");
    }
    if !blocked.is_empty() {
        let _ = writeln!(text, "{}", BlockedNumber::remedy(called));
    }
    if let Some(next) = next(look, (called, run)) {
        let _ = writeln!(text, "{next}");
    }
    text
}

/// What is counted, with its share in per cent. Shares of lines that aren't indented add up to 100; an indented one is a part of
/// the line above it.
fn lines(c: &Counts) -> [(&'static str, u64, u64); 9] {
    let (accepted, delivered, read) = (c.reached(), c.arrived(), c[Status::Read]);
    let whole = [
        c[Status::Queued],
        c[Status::Sending],
        accepted,
        c[Status::Failed],
        c[Status::InDoubt],
        c[Status::Skipped],
        c[Status::Cancelled],
    ];
    let of_all = shares(&whole, 100);
    let part = |part: u64, whole: u64, share: u64| shares(&[part, whole - part], share)[0];
    let of_accepted = part(delivered, accepted, of_all[2]);
    [
        ("queued", whole[0], of_all[0]),
        ("sending", whole[1], of_all[1]),
        ("accepted", accepted, of_all[2]),
        ("  delivered", delivered, of_accepted),
        ("  read", read, part(read, delivered, of_accepted)),
        ("failed", whole[3], of_all[3]),
        ("in doubt", whole[4], of_all[4]),
        ("skipped", whole[5], of_all[5]),
        ("cancelled", whole[6], of_all[6]),
    ]
}

/// A status as people read it.
#[must_use]
pub fn word(status: Status) -> &'static str {
    if status == Status::InDoubt { "in doubt" } else { status.word() }
}

/// What to do next, where there is something to do.
fn next(look: &Snapshot, (called, run): (&str, &str)) -> Option<String> {
    let doubt = look.counts[Status::InDoubt];
    match look.state {
        RunState::Planned => Some(format!("{run} sends it")),
        RunState::Paused => Some(format!("`sendcast resume {called}` clears the pause")),
        RunState::Stopped => Some(format!("{run} goes on where it stopped")),
        RunState::Settled if doubt > 0 => Some(format!(
            "the outcome of the messages in doubt is unknown: `sendcast report {called} --status in_doubt` lists \
             them, `sendcast resolve {called}` settles them"
        )),
        RunState::Scheduled
        | RunState::Waiting
        | RunState::Running
        | RunState::Tracking
        | RunState::Settled
        | RunState::Cancelled => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ids::NumberId;
    use crate::engine::replies::ReplyCount;

    #[test]
    fn it_says_where_it_stands_and_what_to_do() {
        let mut counts = Counts::default();
        counts[Status::Queued] = 700;
        counts[Status::Delivered] = 411;
        counts[Status::Read] = 88;
        counts[Status::InDoubt] = 1;
        let look = Snapshot {
            campaign: "diwali".into(),
            state: RunState::Stopped,
            total: counts.total(),
            counts,
            retrying: 2,
            rate: 0.0,
            started_at: Some(Millis(1_700_000_000_000)),
            eta_s: None,
            waiting_for: None,
            until: None,
            hold: None,
            blocked: vec![BlockedNumber {
                number: NumberId::new("1001"),
                reason: "the account is locked".into(),
                code: Some(131_031),
                queued: 420,
            }],
            reason: Some("the token is invalid or expired".into()),
            tracked: true,
            replied: 1300,
            asked_to_stop: 3,
            replies: vec![
                ReplyCount { id: "yes".into(), title: "Yes, please".into(), count: 1234 },
                ReplyCount { id: "no".into(), title: String::new(), count: 5 },
            ],
            heartbeat: None,
            code: None,
        };
        insta::assert_snapshot!(status(&look, ("diwali", "`sendcast run diwali`"), Millis(1_700_000_125_000), &TimeZone::UTC), @"
        diwali: stopped (started Tue 2023-11-14 22:13, 2 min 5 s ago)
          queued            700   58 %  (2 to be tried again)
          accepted          499   42 %
            delivered       499   42 %
            read             88    7 %
          in doubt            1    0 %
          total           1,200
          replied         1,300
          asked to stop         3
          pressed         1,234  Yes, please
          pressed             5  no
        the token is invalid or expired
        the number 1001 is blocked: the account is locked; 420 people wait for it
        `sendcast resume diwali --from OTHER` has the number OTHER write to them
        `sendcast run diwali` goes on where it stopped
        ");
    }

    #[test]
    fn shares_add_up_and_no_part_has_more_than_its_whole() {
        let mut chance = fastrand::Rng::with_seed(3);
        for _ in 0..500 {
            let mut counts = Counts::default();
            Status::ALL.into_iter().for_each(|status| counts[status] = chance.u64(0..9));
            let told = lines(&counts);
            let share = |at: usize| told[at].2;
            let sum: u64 =
                told.iter().filter(|(name, ..)| !name.starts_with(' ')).map(|(.., share)| share).sum();
            assert_eq!(sum, if counts.total() == 0 { 0 } else { 100 }, "{told:?}");
            assert!(share(2) >= share(3) && share(3) >= share(4), "{told:?}");
        }
    }
}
