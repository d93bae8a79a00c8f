//! What the command line gives in place of what the campaign file says.

use std::path::PathBuf;

use crate::campaign::tables::TableOptions;
use crate::domain::ids::NumberId;
use crate::domain::phone::Country;

/// What the command line gives in place of what the file says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Overrides {
    /// `--audience`: relative to the working directory.
    pub audience: Option<PathBuf>,
    /// `--from`; empty for "as the file says".
    pub from: Vec<NumberId>,
    /// `--phone`: the column with the phone numbers.
    pub phone: Option<String>,
    /// `--message`: the column with the texts, of a spreadsheet that is the campaign.
    pub message: Option<String>,
    /// `--country`: the country of national numbers.
    pub country: Option<Country>,
    /// `--sheet`, `--encoding`, `--delimiter`, `--header-row`; what is `None` isn't said. Its `country` counts for
    /// nothing: the campaign's does.
    pub reading: TableOptions,
}
