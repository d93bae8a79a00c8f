//! What there is of a person.

use std::collections::HashSet;
use std::path::PathBuf;

use crate::app::campaign_dir::CampaignDir;
use crate::app::drafts::FoundDraft;
use crate::domain::ids::MessageId;
use crate::domain::status::Counts;
use crate::queue::local::Traces;

/// What the data directory holds of a person.
#[derive(Debug, Default)]
pub struct Found {
    /// Campaigns and trials that have rows of theirs.
    pub campaigns: Vec<FoundCampaign>,
    /// Campaigns, as a command names them, with rows of other people that may mention the number, and how many.
    pub mentions: Vec<(String, u64)>,
    /// Single messages (`test`, `send`) to them.
    pub singles: u64,
    /// Events that webhooks told of them.
    pub webhooks: u64,
    /// Lines in the ledgers of imitations.
    pub sandbox: u64,
    /// Drafts whose uploads name them: those stay as they were uploaded.
    pub drafts: Vec<FoundDraft>,
    /// They are on the opt-out list.
    pub opted_out: bool,
    /// What can't be read, and may hold them.
    pub unreadable: Vec<UnreadableRound>,
}

/// A campaign that has rows of theirs.
#[derive(Debug)]
pub struct FoundCampaign {
    /// Which.
    pub campaign_dir: CampaignDir,
    /// Its rounds that have them, the first one first.
    pub rounds: Vec<FoundRound>,
    /// The reports it wrote that are still there: they hold what they held when they were written.
    pub reports: Vec<PathBuf>,
}

/// A round that has rows of theirs.
#[derive(Debug)]
pub struct FoundRound {
    /// Its number.
    pub round: u32,
    /// Its directory.
    pub dir: PathBuf,
    /// What it holds.
    pub traces: Traces,
}

/// A round that can't be read.
#[derive(Clone, Debug)]
pub struct UnreadableRound {
    /// The campaign, as a command names it; `None` for a single message.
    pub campaign: Option<String>,
    /// Its directory.
    pub dir: PathBuf,
    /// Why, as a fragment.
    pub reason: String,
}

impl Found {
    /// Whether there is nothing to forget.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.campaigns.is_empty() && self.singles + self.webhooks + self.sandbox == 0
    }
}

impl FoundCampaign {
    /// Their rows in all rounds, by where they stand.
    #[must_use]
    pub fn counts(&self) -> Counts {
        let mut all = Counts::default();
        for round in &self.rounds {
            for status in crate::domain::status::Status::ALL {
                all[status] += round.traces.counts[status];
            }
        }
        all
    }
}

/// By what webhooks are known to be about the person.
#[derive(Debug, Default)]
pub(super) struct Ids(pub HashSet<MessageId>);
