//! Retargeting: an audience that another campaign reached in some way.

use crate::campaign::file::json_audience::{AudienceFile, Codes};
use crate::domain::status::Status;

/// Who may be taken where no status is named: they got a message, as far as is known. In doubt nobody is.
const REACHED: [Status; 4] = [Status::Accepted, Status::Sent, Status::Delivered, Status::Read];

/// Whom another campaign reached, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Retarget {
    /// That campaign's name.
    pub campaign: String,
    /// Where its messages stand; never empty.
    pub statuses: Vec<Status>,
    /// Of those that failed, only these codes; all when empty.
    pub codes: Vec<u32>,
    /// Whether the person answered in whatever way; either when absent.
    pub replied: Option<bool>,
    /// The button that was pressed, by its id or its title.
    pub button: Option<String>,
    /// Which round; the newest when absent.
    pub round: Option<u32>,
}

/// The other campaign that an audience names, or what is wrong with how it is named.
pub(super) fn retarget(file: &AudienceFile) -> Result<Option<Retarget>, String> {
    let own = [
        ("status", file.status.is_some()),
        ("code", file.code.is_some()),
        ("replied", file.replied.is_some()),
        ("button", file.button.is_some()),
        ("round", file.round.is_some()),
    ];
    let Some(campaign) = &file.campaign else {
        return match own.iter().find(|(_, given)| *given) {
            Some((key, _)) => Err(format!("`{key}` belongs to `campaign`")),
            None => Ok(None),
        };
    };
    let of_a_table = [
        ("phone", file.phone.is_some()),
        ("country_column", file.country_column.is_some()),
        ("numbers", file.numbers.is_some()),
        ("accept", file.accept.is_some()),
        ("duplicates", file.duplicates.is_some()),
    ];
    if let Some((key, _)) = of_a_table.iter().find(|(_, given)| *given) {
        return Err(format!("`{key}` says how a table is read; whom a campaign reached is known"));
    }
    if campaign.trim().is_empty() {
        return Err("`campaign` is empty".to_owned());
    }
    let codes = file.code.as_ref().map(|Codes(codes)| codes.clone()).unwrap_or_default();
    let statuses = match (&file.status, codes.is_empty()) {
        (Some(statuses), _) if statuses.is_empty() => return Err("`status` names no status".to_owned()),
        (Some(statuses), _) if statuses.contains(&Status::Skipped) => {
            return Err("`status`: rows that were skipped were left out for a reason; none of them is taken"
                .to_owned());
        }
        (Some(statuses), false) if !statuses.contains(&Status::Failed) => {
            return Err("`code` goes with the status `failed`".to_owned());
        }
        (Some(statuses), _) => statuses.clone(),
        (None, false) => vec![Status::Failed],
        (None, true) => REACHED.to_vec(),
    };
    if file.replied == Some(false) && file.button.is_some() {
        return Err("who pressed a `button` has replied: leave out `\"replied\": false`".to_owned());
    }
    let button = file.button.as_ref().map(|button| button.trim().to_owned());
    if button.as_ref().is_some_and(String::is_empty) {
        return Err("`button` is empty".to_owned());
    }
    let (campaign, replied, round) = (campaign.trim().to_owned(), file.replied, file.round);
    Ok(Some(Retarget { campaign, statuses, codes, replied, button, round }))
}
