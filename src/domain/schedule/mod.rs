//! When a campaign may send: from when on, at which hours of which days, by whose clock.
//!
//! Invariants (**H**):
//!
//! - Hours and days are the wall clock's. Where it is set ahead, what would open in between opens when it has been; where
//!   it is set back, the hour that comes twice counts twice.
//! - Somebody who may be in several zones is written to only when it is time in all of them.
//! - Nothing here reads a clock: the moment is handed in.

mod days;
mod estimate;
mod hours;
mod late;
mod plan;
mod start;
#[cfg(test)]
mod tests;
mod timetable;
mod week;

pub use days::{Day, Days};
pub use estimate::{Forecast, Load, ends_at, forecast};
pub use hours::{Hours, HoursError};
pub use late::{Late, missed_start};
pub use plan::{Schedule, ScheduleError, WhoseZone};
pub use start::{Start, StartError};
pub use timetable::Timetable;
