//! The operator behind a page: collects what is said, answers no question, and hears no signal.

use std::cell::RefCell;
use std::io::Read;

use tokio::sync::watch;

use crate::app::{Answer, AppError, Notice, Operator, Progress, Question};
use crate::sys::platform::Interrupt;

/// What was said so far. A question is left to the page: the use case ends with it, having changed nothing.
#[derive(Debug, Default)]
pub struct Collecting(RefCell<Vec<Notice>>);

impl Collecting {
    /// Takes what was said.
    pub fn take(&self) -> Vec<Notice> {
        self.0.take()
    }
}

impl Operator for Collecting {
    fn tell(&self, notice: &Notice) {
        self.0.borrow_mut().push(notice.clone());
    }

    fn progress(&self, _progress: Progress<'_>) {}

    fn ask(&self, _question: &Question) -> Answer {
        Answer::Nobody
    }

    fn interrupts(&self) -> Result<watch::Receiver<Option<Interrupt>>, AppError> {
        Ok(watch::channel(None).1)
    }

    fn standard_input(&self) -> Result<Box<dyn Read>, AppError> {
        Err(AppError::usage("`-` is a terminal's standard input, which a page has not")
            .hint("name a file in its place"))
    }
}
