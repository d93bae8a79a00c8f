//! A start that was missed: whether the campaign goes out all the same.
//!
//! It was missed where its time came more than a quarter of an hour ago and nothing was sent. Where each person has their own
//! clock, the machine's counts for this. One that is skipped stays as it is: run with another word, or another start, it goes.

use crate::app::options::zone;
use crate::app::question::LateQuestion;
use crate::app::{App, AppError, Question};
use crate::domain::format::local;
use crate::domain::schedule::{Late, Timetable, missed_start};
use crate::domain::status::Counts;
use crate::domain::time::Millis;
use crate::sys::clock::Clock;

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
    let Some(at) = timetable.missed(counts, app.clock.now()) else { return Ok(Goes::Yes) };
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
            let what = format!("{campaign}: {}", missed_start(&missed.shown));
            let question = LateQuestion { campaign: missed.campaign, at, what: what.clone() };
            let goes = app.confirm(Question::Late(question), || {
                AppError::usage(format!("{what}; nothing was sent"))
                    .hint("`--late send` sends it now; or give its schedule another `start`")
            })?;
            Ok(if goes { Goes::Yes } else { Goes::No })
        }
    }
}
