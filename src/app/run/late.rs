//! A start that was missed: whether the campaign goes out all the same.
//!
//! It was missed where its time came more than a quarter of an hour ago and nothing was sent. Where each person has their own
//! clock, the machine's counts for this. One that is skipped stays as it is: run with another word, or another start, it goes.

use std::time::Duration;

use crate::app::options::zone;
use crate::app::question::LateQuestion;
use crate::app::{App, AppError, Question};
use crate::domain::format::local;
use crate::domain::phone::ZoneSet;
use crate::domain::schedule::{Late, Timetable};
use crate::domain::status::{Counts, Status};
use crate::domain::time::Millis;
use crate::sys::clock::Clock;

/// Later than this isn't in time any more.
const GRACE: Duration = Duration::from_secs(15 * 60);

/// A campaign that isn't sent, because its start was missed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Missed {
    /// The campaign's name.
    pub campaign: String,
    /// When its time came.
    pub at: Millis,
    /// The same as people read it.
    pub shown: String,
}

/// Whether it goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Goes {
    Yes,
    /// Somebody said no.
    No,
    /// It is to be skipped then.
    Skipped(Missed),
}

/// When its time came, where that was missed.
#[must_use]
pub fn missed(timetable: &Timetable, counts: &Counts, now: Millis) -> Option<Millis> {
    let start = timetable.starts_at()?;
    let came = timetable.next_open(start, ZoneSet::UNKNOWN)?;
    let unsent = [Status::Queued, Status::Skipped, Status::Cancelled];
    let nothing_sent = counts.iter().all(|(status, n)| n == 0 || unsent.contains(&status));
    (nothing_sent && now > came + GRACE).then_some(came)
}

/// Decides by what was said this time, then by the schedule's word, then by who is asked.
///
/// # Errors
/// When nobody answers.
pub(super) fn decide(
    app: &App,
    campaign: &str,
    timetable: &Timetable,
    counts: &Counts,
    said: Option<Late>,
) -> Result<Goes, AppError> {
    let Some(at) = missed(timetable, counts, app.clock.now()) else { return Ok(Goes::Yes) };
    let home = timetable.home();
    let shown = format!("{} ({})", local(at, home), zone::name(home));
    let missed = Missed { campaign: campaign.to_owned(), at, shown };
    match said.unwrap_or(timetable.late()) {
        Late::Send => {
            app.note(format!("its time came {}; it goes out now", missed.shown));
            Ok(Goes::Yes)
        }
        Late::Skip => Ok(Goes::Skipped(missed)),
        Late::Ask => {
            let what = format!("{campaign}: its start was missed: it should have gone out {}", missed.shown);
            let question = LateQuestion { campaign: missed.campaign, at, what: what.clone() };
            let goes = app.confirm(Question::Late(question), || {
                AppError::usage(format!("{what}; nothing was sent"))
                    .hint("`--late send` sends it now; or give its schedule another `start`")
            })?;
            Ok(if goes { Goes::Yes } else { Goes::No })
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZone;

    use super::*;

    #[test]
    fn a_start_is_missed_a_quarter_of_an_hour_after_its_time_unless_something_was_sent() {
        let schedule =
            r#"{"start": "2026-11-28T10:00", "hours": "09:00-20:00", "days": ["mon"], "timezone": "UTC"}"#;
        let timetable = Timetable::new(serde_json::from_str(schedule).unwrap(), TimeZone::UTC);
        // The first Monday after that Saturday, at nine.
        let came = Millis(1_796_029_200_000);
        let mut counts = Counts::default();
        counts[Status::Queued] = 3;
        let minutes = |n: u64| came + Duration::from_secs(n * 60);
        assert_eq!(missed(&timetable, &counts, minutes(15)), None);
        assert_eq!(missed(&timetable, &counts, minutes(16)), Some(came));
        counts[Status::Accepted] = 1;
        assert_eq!(missed(&timetable, &counts, minutes(16)), None, "it had begun");
    }
}
