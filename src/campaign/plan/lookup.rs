//! Which of an audience's columns is which, by the campaign's words, by their headers and by their cells.

use crate::campaign::error::CampaignError;
use crate::campaign::file::campaign::{Campaign, Content};
use crate::campaign::plan::senders::Senders;
use crate::campaign::plan::source;
use crate::campaign::recognise::headers;
use crate::campaign::recognise::{self, By, Found, Unclear};
use crate::campaign::tables::Row;
use crate::campaign::text::probable;
use crate::campaign::text::visible;
use crate::domain::phone::{Bare, Rules};

/// How the column with the phone numbers was found. Others are told by their positions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PhoneBy {
    /// The campaign names it.
    Said,
    /// By its header; others could hold some, too.
    Header {
        /// Those others.
        others: Vec<usize>,
    },
    /// By its cells: no header says so.
    Cells {
        /// The column whose header says so and whose cells aren't phone numbers.
        against: Option<usize>,
    },
    /// It is a report of ours.
    Report,
}

impl Default for PhoneBy {
    fn default() -> PhoneBy {
        PhoneBy::Header { others: Vec::new() }
    }
}

/// Which column is which.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Layout {
    /// The recipients' numbers.
    pub phone: usize,
    /// How that column was found.
    pub by: PhoneBy,
    /// What identifies a person, where it isn't the number.
    pub key: Option<usize>,
    /// Each row's country, the nearest to the number first; those of one group have to agree.
    pub countries: Vec<Vec<usize>>,
    /// It is a report of ours.
    pub report: bool,
}

impl Layout {
    /// Finds the columns of an audience that has any; `rows` are its first ones. `of_ids` where the phone column holds the
    /// account's ids.
    ///
    /// # Errors
    /// When a column that is named isn't there, or it isn't clear which one holds the numbers.
    pub fn find(
        campaign: &Campaign,
        columns: &[String],
        rows: &[&Row],
        of_ids: bool,
    ) -> Result<Layout, CampaignError> {
        let report = !of_ids && recognise::is_report(columns);
        if report && campaign.content == Content::Columns {
            let what = "is a report: it says who was written to, and isn't a campaign";
            return Err(CampaignError::invalid(&campaign.shown, "", what)
                .with_hint("name it as the audience of a campaign in JSON: \"audience\": {\"file\": …}"));
        }
        let (phone, by) = match &campaign.audience.phone {
            Some(name) => (named_column(campaign, columns, "audience.phone", name)?, PhoneBy::Said),
            None if report => (headers::find(columns, "to").unwrap_or_default(), PhoneBy::Report),
            None => phone_column(campaign, columns, rows, of_ids)?,
        };
        let report = report && columns.get(phone).is_some_and(|header| header == "to");
        let key = match &campaign.audience.key {
            Some(key) => Some(named_column(campaign, columns, "audience.key", key)?),
            None => None,
        };
        let countries = match campaign.audience.country_column.as_deref() {
            _ if of_ids || report => Vec::new(),
            // Said to be none.
            Some("") => Vec::new(),
            Some(name) => vec![vec![named_column(campaign, columns, "audience.country_column", name)?]],
            None if campaign.audience.numbers == Bare::International => Vec::new(),
            None => recognise::country_columns(columns, phone, rows),
        };
        Ok(Layout { phone, by, key, countries, report })
    }

    /// What is to be said of the column with the phone numbers.
    pub fn phone_note(&self, columns: &[String]) -> Option<String> {
        let header = |position: usize| columns.get(position).map_or("", String::as_str);
        let taken = header(self.phone);
        Some(match &self.by {
            PhoneBy::Cells { against: None } => format!(
                "the phone numbers are taken from column `{taken}`, because its cells are phone numbers; no header says so \
                 (`audience.phone` or `--phone` says which)"
            ),
            PhoneBy::Cells { against: Some(lies) } => format!(
                "the phone numbers are taken from column `{taken}`, because its cells are phone numbers; those of `{}` aren't \
                 (`audience.phone` or `--phone` says which)",
                header(*lies)
            ),
            PhoneBy::Header { others } if !others.is_empty() => format!(
                "the phone numbers are taken from column `{taken}`; {} could hold some, too (`audience.phone` or `--phone` says \
                 which)",
                named(columns, others)
            ),
            PhoneBy::Header { .. } | PhoneBy::Said | PhoneBy::Report => return None,
        })
    }

    /// What is to be said of the numbers in it, and of their countries.
    pub fn notes(&self, campaign: &Campaign, columns: &[String]) -> Vec<String> {
        let mut notes = Vec::new();
        if self.report {
            notes.push(
                "the audience is a report of sendcast: its column `to` holds international numbers"
                    .to_owned(),
            );
        }
        if let Some(group) = self.countries.first().filter(|_| campaign.audience.country_column.is_none()) {
            let how = match campaign.content {
                Content::Messages(_) => " (`audience.country_column` says which; \"\" for none)",
                Content::Columns => "",
            };
            notes.push(format!(
                "the country of each row's number is taken from {} {}{how}",
                if group.len() == 1 { "column" } else { "columns" },
                named(columns, group)
            ));
        }
        notes
    }
}

/// The columns at these positions, in a sentence.
fn named(columns: &[String], positions: &[usize]) -> String {
    list(&positions.iter().filter_map(|&position| columns.get(position).cloned()).collect::<Vec<_>>())
}

/// The column with the phone numbers, as recognised.
fn phone_column(
    campaign: &Campaign,
    columns: &[String],
    rows: &[&Row],
    of_ids: bool,
) -> Result<(usize, PhoneBy), CampaignError> {
    let hint = match campaign.content {
        Content::Messages(_) => {
            "say which one it is: \"audience\": {…, \"phone\": \"COLUMN\"}, or `--phone COLUMN`"
        }
        Content::Columns => "say which one it is: `--phone COLUMN`; or call it `to`",
    };
    let unclear =
        |what: String| CampaignError::invalid(&campaign.shown, "audience.phone", what).with_hint(hint);
    let audience = &campaign.audience;
    let rules = Rules { country: audience.country, bare: audience.numbers, accept: audience.accept };
    // What cells are doesn't count where they are the account's ids.
    let rows = if of_ids { &[] } else { rows };
    let Found { position, others, by } = recognise::find(columns, rows, rules).map_err(|why| match why {
        Unclear::Nothing => {
            unclear(format!("no column looks like phone numbers; there are {}", list(columns)))
        }
        Unclear::Several(several) => unclear(format!(
            "{} all look like phone numbers, and no header says which one is the recipient's",
            named(columns, &several)
        )),
    })?;
    let by = match by {
        By::Cells(against) => PhoneBy::Cells { against },
        By::Header => PhoneBy::Header { others },
    };
    Ok((position, by))
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
