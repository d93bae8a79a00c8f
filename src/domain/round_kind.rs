//! What a round does for each row of its table.

use serde::{Deserialize, Serialize};

/// A campaign, or one of the changes to the account's list that `subscribers … --file` makes for everybody in a table.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RoundKind {
    /// People are written to.
    #[default]
    Campaign,
    /// People are put onto the list.
    CreateSubscribers,
    /// People on the list get labels.
    AssignLabels,
    /// A note is added to people on the list.
    AddNotes,
}

impl RoundKind {
    /// The command under `subscribers` that goes on with it; `None` for a campaign, which is run.
    #[must_use]
    pub fn subscribers_command(self) -> Option<&'static str> {
        match self {
            RoundKind::Campaign => None,
            RoundKind::CreateSubscribers => Some("create"),
            RoundKind::AssignLabels => Some("assign-labels"),
            RoundKind::AddNotes => Some("add-note"),
        }
    }
}
