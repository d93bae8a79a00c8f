//! Who of an audience is meant: who isn't left out, what `where` selects, who was drawn.
//!
//! Invariants:
//!
//! - Where it can't be told whether a row is meant, it is bad, and nothing is sent.
//! - Who is drawn follows from the campaign's name and the person alone: an edited file, a new round and another machine
//!   draw the same people.

use crate::campaign::error::CampaignError;
use crate::campaign::file::campaign::Campaign;
use crate::campaign::tables::Kind;
use crate::campaign::template::{Condition, Templates};
use crate::domain::draw;
use crate::domain::plan::SkipCause;
use crate::domain::problem::Problem;
use crate::domain::text::Cell;

/// What selects rows.
#[derive(Debug)]
pub(super) struct Selection {
    filter: Option<(String, Condition)>,
    sample: Option<(f64, String)>,
}

impl Selection {
    /// That of a campaign.
    ///
    /// # Errors
    /// When `where` is no expression over its columns.
    pub fn new(campaign: &Campaign, templates: &Templates, empty: bool) -> Result<Selection, CampaignError> {
        let selection = &campaign.audience.selection;
        // Without columns every name would look unknown, and there is no row to ask about.
        let filter = selection.filter.as_ref().filter(|_| !empty).map(|source| {
            let condition = templates.condition(source).map_err(|error| {
                CampaignError::invalid(&campaign.shown, "audience.where", error.to_string())
            })?;
            Ok::<_, CampaignError>((source.clone(), condition))
        });
        let sample = selection.sample.map(|share| (share, campaign.name.to_string()));
        Ok(Selection { filter: filter.transpose()?, sample })
    }

    /// Why a row isn't meant, by its cells; `None` where it is.
    pub fn filtered(
        &self,
        templates: &mut Templates,
        cells: &mut Vec<Cell>,
        kinds: &[Kind],
    ) -> Option<(SkipCause, Problem)> {
        let (source, condition) = self.filter.as_ref()?;
        templates.hold(std::mem::take(cells), kinds.to_vec());
        let holds = templates.holds(condition);
        *cells = templates.release();
        match holds {
            Ok(true) => None,
            Ok(false) => Some((SkipCause::Filtered, Problem::new(format!("not selected by `{source}`")))),
            Err(error) => {
                let Problem { reason, column, .. } = error.problem();
                let problem = Problem { column, ..Problem::new(format!("`where`: {reason}")) };
                Some((SkipCause::Bad, problem))
            }
        }
    }

    /// Why a person wasn't drawn; `None` where they were.
    pub fn not_drawn(&self, person: u64) -> Option<Problem> {
        let (share, campaign) = self.sample.as_ref()?;
        (draw::draw("sample", campaign, person) >= *share)
            .then(|| Problem::new(format!("not drawn: the sample is {:.4} % of all", share * 100.0)))
    }
}
