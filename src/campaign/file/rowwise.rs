//! What is done for each row of a table without a campaign file, planned as a campaign is.

use std::path::Path;
use std::time::Duration;

use sha2::{Digest, Sha256};

use crate::campaign::error::CampaignError;
use crate::campaign::file::campaign::{Campaign, Content, Draft};
use crate::campaign::file::json::Name;
use crate::domain::ids::NumberId;
use crate::domain::phone::Country;

/// What is done for each row of a table.
#[derive(Clone, Debug)]
pub struct Rowwise<'a> {
    /// What it is called.
    pub name: Name,
    /// The table.
    pub table: &'a Path,
    /// The column that tells who is meant.
    pub who: String,
    /// The country of national numbers.
    pub country: Option<Country>,
    /// Rendered for each row.
    pub text: String,
    /// What else makes a plan what it is: where it is another, so is the plan.
    pub mark: String,
    /// In the place of the sending number.
    pub lane: NumberId,
}

impl Campaign {
    /// Has the planner read it as a campaign whose message is the text.
    ///
    /// # Errors
    /// When the working directory is gone.
    pub fn rowwise(rows: Rowwise<'_>) -> Result<Campaign, CampaignError> {
        let Rowwise { name, table, who, country, text, mark, lane } = rows;
        let read = |source| CampaignError::Read { path: table.to_owned(), source };
        let path = std::path::absolute(table).map_err(read)?;
        let digest = Sha256::digest(format!("{text:?} {mark:?} {who:?} {country:?}")).into();
        let mut campaign = Campaign::over(name, table, path);
        campaign.audience.phone = Some(who);
        campaign.audience.country = country;
        Ok(Campaign {
            from: vec![lane],
            content: Content::Messages(vec![Draft::Text { body: text }.into()]),
            track: Some(Duration::ZERO),
            digest,
            ..campaign
        })
    }
}
