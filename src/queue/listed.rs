//! A job beside its row.

use std::borrow::Cow;

use crate::domain::ids::JobId;
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
    /// The phone that was written to, where an edited row names another one now.
    pub written_to: Option<Phone>,
}

impl Listed<'_> {
    /// Who was written to, or is to be.
    #[must_use]
    pub fn phone(&self) -> Option<Phone> {
        self.written_to.or(self.row.phone)
    }

    /// The same, to be kept.
    #[must_use]
    pub fn into_owned(self) -> Listed<'static> {
        let Listed { id, row, job, written_to } = self;
        Listed { id, row: Cow::Owned(row.into_owned()), job: Cow::Owned(job.into_owned()), written_to }
    }
}
