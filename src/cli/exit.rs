//! The exit codes, as README.md lists them: other people's scripts lean on them.

use std::process::ExitCode;

use crate::app::AppError;
use crate::domain::status::{Counts, Status};
use crate::engine::Ending;
use crate::sys::platform::Interrupt;

/// How the process ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// 0: settled, nobody failed; or the command did what it was asked.
    Done,
    /// 1: could not run; the reason is on stderr.
    CouldNotRun,
    /// 2: wrong usage, or a campaign that can't run.
    Usage,
    /// 3: settled, some failed.
    SomeFailed,
    /// 4: settled, some in doubt.
    SomeInDoubt,
    /// 5: stopped by an error that concerns everybody.
    Stopped,
    /// 6: incomplete: a limit, a pause, a cancellation.
    Incomplete,
    /// 130 or 143: interrupted.
    Interrupted(Interrupt),
}

impl Exit {
    /// The code of a run that got as far as sending: the first of README.md's list that applies
    /// (2 and 1 come before there is an ending).
    #[must_use]
    pub fn of(ending: &Ending, counts: &Counts) -> Exit {
        match ending {
            Ending::Interrupted(signal) => Exit::Interrupted(*signal),
            Ending::Stopped(_) => Exit::Stopped,
            Ending::LimitReached | Ending::Paused | Ending::Cancelled | Ending::Missed(_) => Exit::Incomplete,
            Ending::Settled if counts[Status::InDoubt] > 0 => Exit::SomeInDoubt,
            Ending::Settled if counts[Status::Failed] > 0 => Exit::SomeFailed,
            Ending::Settled => Exit::Done,
        }
    }

    /// The code of a command that couldn't do as asked.
    #[must_use]
    pub fn of_error(error: &AppError) -> Exit {
        if error.is_usage() { Exit::Usage } else { Exit::CouldNotRun }
    }

    /// The number.
    #[must_use]
    pub fn code(self) -> u8 {
        match self {
            Exit::Done => 0,
            Exit::CouldNotRun => 1,
            Exit::Usage => 2,
            Exit::SomeFailed => 3,
            Exit::SomeInDoubt => 4,
            Exit::Stopped => 5,
            Exit::Incomplete => 6,
            Exit::Interrupted(signal) => signal.exit_code(),
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> ExitCode {
        ExitCode::from(exit.code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::problem::Problem;

    #[test]
    fn the_first_that_applies() {
        let mut counts = Counts::default();
        assert_eq!(Exit::of(&Ending::Settled, &counts).code(), 0);
        counts[Status::Skipped] = 3;
        assert_eq!(Exit::of(&Ending::Settled, &counts).code(), 0, "skipped rows alone don't change it");
        counts[Status::Failed] = 1;
        assert_eq!(Exit::of(&Ending::Settled, &counts).code(), 3);
        counts[Status::InDoubt] = 1;
        assert_eq!(Exit::of(&Ending::Settled, &counts).code(), 4);
        for ending in [Ending::LimitReached, Ending::Paused, Ending::Cancelled] {
            assert_eq!(Exit::of(&ending, &counts).code(), 6);
        }
        assert_eq!(Exit::of(&Ending::Stopped(Problem::new("x")), &counts).code(), 5);
        assert_eq!(Exit::of(&Ending::Interrupted(Interrupt::Interrupt), &counts).code(), 130);
        assert_eq!(Exit::of(&Ending::Interrupted(Interrupt::Terminate), &counts).code(), 143);
    }
}
