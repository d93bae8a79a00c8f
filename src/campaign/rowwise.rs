//! What is done for each row of a table without a campaign file, planned as a campaign is.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use sha2::{Digest, Sha256};

use crate::campaign::error::CampaignError;
use crate::campaign::file::{Audience, Campaign, Content, Draft, Overrides, Retry, Source};
use crate::campaign::json::Name;
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
    /// When there is no such file.
    pub fn rowwise(rows: Rowwise<'_>) -> Result<Campaign, CampaignError> {
        let Rowwise { name, table, who, country, text, mark, lane } = rows;
        let read = |source| CampaignError::Read { path: table.to_owned(), source };
        let path = std::path::absolute(table).map_err(read)?;
        std::fs::metadata(&path).map_err(read)?;
        let digest = Sha256::digest(format!("{text:?} {mark:?} {who:?} {country:?}")).into();
        let source = Source::File { path: path.clone(), sheet: None };
        Ok(Campaign {
            path,
            name,
            from: vec![lane],
            audience: Audience { source, phone: Some(who), country, key: None },
            content: Content::Message(Draft::Text { body: text }),
            variables: BTreeMap::new(),
            rate: None,
            daily: None,
            retry: Retry::default(),
            track: Some(Duration::ZERO),
            shown: table.to_owned(),
            digest,
            overrides: Overrides::default(),
        })
    }
}
