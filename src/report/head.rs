//! What all lines of a report have in common: the audience's columns, who sends, what people answered.

use std::borrow::Cow;
use std::collections::HashMap;

use crate::domain::ids::{JobId, NumberId, PlanNo, SenderNo};
use crate::domain::plan::PlanHead;
use crate::domain::text::Cell;
use crate::domain::time::Millis;
use crate::queue::{Listed, places};

/// What somebody answered first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// What a report shows of it: the words, what stands on the button, or its kind in brackets.
    pub text: Cell,
    /// What stands on the button that was pressed first, where one was.
    pub button: Option<Cell>,
    /// Unix time, in milliseconds.
    pub at: Millis,
}

/// That somebody asked for no more messages in answer to one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stop {
    /// How: `STOP`, `WhatsApp's settings`.
    pub reason: Cell,
    /// Unix time, in milliseconds.
    pub at: Millis,
}

/// What a report is about, for those formats that say it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct About {
    /// The campaign's name.
    pub campaign: String,
    /// Which round, from 1.
    pub round: u32,
    /// Nothing of it reached WhatsApp.
    pub trial: bool,
    /// When the report is made.
    pub made_at: Millis,
}

/// What all lines of a report have in common.
#[derive(Clone, Debug, Default)]
pub struct Head {
    /// The audience's columns: the newest plan's, then those that only earlier plans had under which somebody was
    /// sent to.
    pub columns: Vec<String>,
    /// The first answer to each job's message.
    pub replies: HashMap<JobId, Reply>,
    /// The jobs whose people asked for no more messages in answer.
    pub stops: HashMap<JobId, Stop>,
    /// What the report is about.
    pub about: About,
    senders: Vec<NumberId>,
    /// Of each earlier plan whose columns aren't the first of these: for each column, where its cells stand there.
    earlier: Vec<(PlanNo, Vec<Option<usize>>)>,
}

impl Head {
    /// Of a round whose newest plan is this, and to whose people messages went under `earlier` ones.
    #[must_use]
    pub fn new(newest: &PlanHead, earlier: &[(PlanNo, &PlanHead)]) -> Head {
        let mut columns = newest.columns.clone();
        for (_, head) in earlier {
            let lacking = places(&columns, &head.columns);
            let lacking = lacking.iter().zip(&head.columns).filter(|(place, _)| place.is_none());
            let names: Vec<_> = lacking.map(|(_, name)| name.clone()).collect();
            columns.extend(names);
        }
        let moved = earlier.iter().filter(|(_, head)| !columns.starts_with(&head.columns));
        let earlier = moved.map(|(no, head)| (*no, places(&head.columns, &columns))).collect();
        Head { columns, senders: newest.senders.clone(), earlier, ..Head::default() }
    }

    /// The same with what people answered.
    #[must_use]
    pub fn with_replies(self, replies: HashMap<JobId, Reply>) -> Head {
        Head { replies, ..self }
    }

    /// The same with who asked for no more messages in answer.
    #[must_use]
    pub fn with_stops(self, stops: HashMap<JobId, Stop>) -> Head {
        Head { stops, ..self }
    }

    /// The same, about this campaign.
    #[must_use]
    pub fn about(self, about: About) -> Head {
        Head { about, ..self }
    }

    /// The number that a sender stands for.
    pub(super) fn number(&self, sender: SenderNo) -> Option<&NumberId> {
        self.senders.get(usize::from(sender.0))
    }

    /// A job's cells under these columns; fewer where its row was shorter.
    pub(super) fn cells<'a>(&self, listed: &'a Listed<'_>) -> Cow<'a, [Cell]> {
        let cells = &listed.shown().cells;
        let plan = listed.sent.as_ref().map(|sent| sent.plan);
        match self.earlier.iter().find(|(no, _)| Some(*no) == plan) {
            None => Cow::Borrowed(cells),
            Some((_, places)) => {
                let cell = |at: &Option<usize>| at.and_then(|at| cells.get(at)).cloned().unwrap_or_default();
                Cow::Owned(places.iter().map(cell).collect())
            }
        }
    }
}

impl From<&PlanHead> for Head {
    fn from(newest: &PlanHead) -> Head {
        Head::new(newest, &[])
    }
}
