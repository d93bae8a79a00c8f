//! The part `schedule` of a JSON campaign file.

use schemars::JsonSchema;
use serde::Deserialize;
use serde::de::{Deserializer, Error as _};

use crate::domain::schedule::{Day, Days, Hours, Late, Schedule, Start, WhoseZone};

/// When the campaign may send.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, expecting = "an object such as {\"hours\": \"09:00-20:00\"}")]
pub(super) struct ScheduleFile {
    /// Nothing is sent before this: `2026-12-01T10:00` by the clock of `timezone`, or with an offset or a zone of its own.
    #[schemars(with = "Option<String>", extend("examples" = ["2026-12-01T10:00", "2026-12-01T10:00+05:30"]))]
    pub start: Option<Start>,
    /// The hours of a day, `09:00-20:00`; over midnight as `20:00-02:00`. All day when absent.
    #[schemars(
        with = "Option<String>",
        regex(pattern = r"^\s*\d{1,2}(:\d\d)?\s*[-–]\s*\d{1,2}(:\d\d)?\s*$")
    )]
    pub hours: Option<Hours>,
    /// The days of the week; hours over midnight belong to the day on which they begin. All seven when absent.
    #[schemars(with = "Option<Vec<Day>>", length(min = 1))]
    pub days: Option<Days>,
    /// By whose clock: a zone such as `Asia/Kolkata`, or `recipient` for the zone of each person's number (of several, all
    /// have to agree). The machine's when absent.
    #[schemars(with = "Option<String>")]
    pub timezone: Option<WhoseZone>,
    /// What becomes of the campaign when its start was missed: `ask` (default), `send` it, or `skip` it.
    pub late: Option<Late>,
}

/// Reads a schedule, and whether it makes sense.
pub(super) fn schedule<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Schedule>, D::Error> {
    let Some(file) = Option::<ScheduleFile>::deserialize(deserializer)? else { return Ok(None) };
    let ScheduleFile { start, hours, days, timezone, late } = file;
    Schedule::new((start, hours, days), timezone, late).map(Some).map_err(D::Error::custom)
}
