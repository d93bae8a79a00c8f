//! Which of an audience's columns is which, by the campaign's words or by their headers.

use crate::campaign::error::{CampaignError, probable};
use crate::campaign::file::{Campaign, Content};
use crate::campaign::headers;
use crate::campaign::scope::visible;
use crate::campaign::senders::Senders;
use crate::campaign::source;

/// The column with the phone numbers: as named, else as recognised.
pub(super) fn phone_column(
    campaign: &Campaign,
    columns: &[String],
    notes: &mut Vec<String>,
) -> Result<usize, CampaignError> {
    if let Some(name) = &campaign.audience.phone {
        return named_column(campaign, columns, "audience.phone", name);
    }
    let Some(found) = headers::find_phone(columns) else {
        let what = format!("no column looks like phone numbers; there are {}", list(columns));
        let hint = match campaign.content {
            Content::Message(_) => "say which one it is: \"audience\": {…, \"phone\": \"COLUMN\"}",
            Content::Columns => "call the column with the recipients' numbers `to`",
        };
        return Err(CampaignError::invalid(&campaign.shown, "audience.phone", what).with_hint(hint));
    };
    if !found.others.is_empty() {
        let others: Vec<String> = found.others.iter().map(|&position| columns[position].clone()).collect();
        notes.push(format!(
            "the phone numbers are taken from column `{}`; {} could hold some, too (`audience.phone` says which)",
            columns[found.position],
            list(&others)
        ));
    }
    Ok(found.position)
}

pub(super) fn named_column(
    campaign: &Campaign,
    columns: &[String],
    key: &str,
    name: &str,
) -> Result<usize, CampaignError> {
    headers::find(columns, name).ok_or_else(|| {
        let near = probable(name, columns.iter().map(String::as_str));
        let near = near.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
        CampaignError::invalid(&campaign.shown, key, format!("no column is called `{name}`{near}"))
            .with_hint(format!("the audience has {}", list(columns)))
    })
}

/// Reads a spreadsheet's column `from` through, because a plan's head names all numbers before its rows.
pub(super) fn collect_senders(
    campaign: &Campaign,
    position: usize,
    senders: &mut Senders,
) -> Result<(), CampaignError> {
    for row in source::open(campaign)? {
        let row = row?;
        let number = row.cells.get(position).map_or("", |cell| visible(cell));
        if !number.is_empty() && (senders.known.len() >= 1_000 && senders.find(number).is_none()) {
            let what = "column `from` names more than 1000 numbers";
            return Err(CampaignError::invalid(&campaign.shown, "", what)
                .with_hint("it holds the phone number id that sends, not the recipient"));
        }
        if !number.is_empty() {
            senders.position(number);
        }
    }
    Ok(())
}

/// Up to twenty headers in a sentence.
pub(super) fn list(headers: &[String]) -> String {
    let mut shown: Vec<String> = headers.iter().take(20).map(|header| format!("`{header}`")).collect();
    if headers.len() > 20 {
        shown.push(format!("and {} more", headers.len() - 20));
    }
    shown.join(", ")
}
