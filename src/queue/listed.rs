//! A job beside its row.

use std::borrow::Cow;

use crate::domain::ids::{JobId, PlanNo};
use crate::domain::job::Job;
use crate::domain::phone::Phone;
use crate::domain::plan::PlannedRow;

/// A job with its row: what reports and scans see.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed<'a> {
    /// The job.
    pub id: JobId,
    /// Its row in the newest plan.
    pub row: Cow<'a, PlannedRow>,
    /// Its state.
    pub job: Cow<'a, Job>,
    /// What was sent, where an edited file says something else now.
    pub sent: Option<Sent<'a>>,
}

/// A row as it was sent ([`Job::sent_under`] says under which plan).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sent<'a> {
    /// The plan that it stands in; its cells are under that plan's columns.
    pub plan: PlanNo,
    /// The row.
    pub row: Cow<'a, PlannedRow>,
}

impl Listed<'_> {
    /// The row as it was sent; where nothing was, as it is to be sent.
    #[must_use]
    pub fn shown(&self) -> &PlannedRow {
        self.sent.as_ref().map_or(&self.row, |sent| &sent.row)
    }

    /// Who was written to, or is to be.
    #[must_use]
    pub fn phone(&self) -> Option<Phone> {
        self.shown().phone.or(self.row.phone)
    }

    /// The same, to be kept.
    #[must_use]
    pub fn into_owned(self) -> Listed<'static> {
        let Listed { id, row, job, sent } = self;
        let sent = sent.map(|Sent { plan, row }| Sent { plan, row: Cow::Owned(row.into_owned()) });
        Listed { id, row: Cow::Owned(row.into_owned()), job: Cow::Owned(job.into_owned()), sent }
    }
}
