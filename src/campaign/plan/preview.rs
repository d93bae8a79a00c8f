//! One row out of the plan, for a look at its message.

use crate::campaign::error::CampaignError;
use crate::campaign::file::campaign::Campaign;
use crate::campaign::plan::planner::{PlanOptions, Planner};
use crate::domain::phone::Phone;
use crate::domain::plan::PlannedRow;

/// Whose message to look at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pick<'a> {
    /// The first that would be sent.
    First,
    /// The first that would be sent this variant of the message.
    Variant(&'a str),
    /// That row, as the spreadsheet counts.
    Row(u32),
    /// That person.
    To(Phone),
}

/// Plans until the wanted row has come: with its message, or with the reason why it is skipped. `None` where
/// no row is the wanted one. Needs nobody to send.
///
/// # Errors
/// As [`Planner::new`] and the planner's rows.
pub fn preview<'a>(
    campaign: &'a Campaign,
    pick: Pick<'_>,
    options: PlanOptions<'a>,
) -> Result<Option<PlannedRow>, CampaignError> {
    let options = PlanOptions { without_sender: true, ..options };
    let mut skipped = None;
    for row in Planner::new(campaign, options)? {
        let row = row?;
        let wanted = match pick {
            Pick::First => row.fate.message().is_some(),
            Pick::Variant(name) => row.fate.message().is_some() && row.variant.as_deref() == Some(name),
            Pick::Row(number) => row.row == Some(number),
            Pick::To(phone) => row.phone.is_some_and(|row| row.identity() == phone.identity()),
        };
        if !wanted {
            continue;
        }
        // A person may stand in a bad row before the good one.
        if row.fate.message().is_some() || matches!(pick, Pick::Row(_)) {
            return Ok(Some(row));
        }
        skipped.get_or_insert(row);
    }
    Ok(skipped)
}
