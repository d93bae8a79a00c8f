//! Who stands in front of a use case: a terminal, a page, a test.
//!
//! What a use case has to say on the way goes here as a value, and what it has to ask; how that is shown, and whether
//! anybody is there to answer, is the operator's own affair.

use std::fmt;
use std::io::Read;
use std::rc::Rc;

use tokio::sync::watch;

use crate::app::error::AppError;
use crate::app::init::Prompt;
use crate::app::question::{Answer, Question};
use crate::engine::snapshot::{Notice, Snapshot};
use crate::sys::platform::Interrupt;

/// Where notices, progress and questions go, and where an order to end comes from.
pub trait Operator: fmt::Debug {
    /// Something worth a line.
    fn tell(&self, notice: &Notice);

    /// How far something has come. It comes often: what it costs is paid for each page of a list and twice a second of
    /// a run.
    fn progress(&self, progress: Progress<'_>);

    /// A question that the use case waits for. [`Answer::Nobody`] where it can't be answered: the use case then ends with
    /// [`ErrorKind::Unanswered`](crate::app::ErrorKind::Unanswered) and has changed nothing.
    fn ask(&self, question: &Question) -> Answer;

    /// Asks for a line of text. `None` where nobody is there to write one, or whoever was has left.
    fn enter(&self, _prompt: &Prompt) -> Option<String> {
        None
    }

    /// Called once sending begins. From then on a value in the receiver asks for an orderly end.
    ///
    /// # Errors
    /// When such orders can't be listened for.
    fn interrupts(&self) -> Result<watch::Receiver<Option<Interrupt>>, AppError>;

    /// What stands behind a file called `-`, to be read to its end once.
    ///
    /// # Errors
    /// Where nothing does.
    fn standard_input(&self) -> Result<Box<dyn Read>, AppError>;
}

/// How far something has come.
#[derive(Clone, Copy, Debug)]
pub enum Progress<'a> {
    /// Something begins to be read whose end isn't known.
    Reading,
    /// So many rows of a table were read so far.
    Rows(u64),
    /// So many of these were read from the account so far.
    Listed(&'a str, u64),
    /// What was read is at its end.
    Read,
    /// A run begins.
    Sending,
    /// Where it stands.
    Running(&'a Snapshot),
    /// It has ended, with the last look at it.
    Sent(Option<&'a Snapshot>),
}

/// Something that is being read; it has ended when this is dropped.
#[derive(Debug)]
pub struct Reading(Rc<dyn Operator>);

impl Reading {
    /// Begins.
    #[must_use]
    pub fn start(operator: &Rc<dyn Operator>) -> Reading {
        operator.progress(Progress::Reading);
        Reading(Rc::clone(operator))
    }

    /// So many rows of a table so far.
    pub fn rows(&self, count: u64) {
        // Looking at the clock for each row would cost as much as reading it.
        if count.is_multiple_of(4_096) {
            self.0.progress(Progress::Rows(count));
        }
    }

    /// So many of these from the account so far.
    pub fn listed(&self, what: &str, count: u64) {
        self.0.progress(Progress::Listed(what, count));
    }
}

impl Drop for Reading {
    fn drop(&mut self) {
        self.0.progress(Progress::Read);
    }
}
