//! What is known of a campaign, gathered for its pages.

use crate::app::AppError;
use crate::app::campaign_dir::{CampaignDir, not_planned, observe};
use crate::engine::orders;
use crate::engine::snapshot::Snapshot;
use crate::web::asked::Asked;
use crate::web::dashboard::Dashboard;
use crate::web::state::{Launched, Seen, State};

/// A campaign as it was looked at.
pub struct Looked {
    /// Where it lies.
    pub campaign_dir: CampaignDir,
    /// Where it stands.
    pub look: Snapshot,
    /// The same in words.
    pub state: State,
}

/// The campaign of this name, in the part that is asked for.
///
/// # Errors
/// Where none was planned, or the disk says no.
pub fn find(asked: &Asked, name: &str) -> Result<CampaignDir, AppError> {
    let home = asked.app.home(asked.trial)?;
    CampaignDir::named(&*asked.app.disk, &home, name)?
        .ok_or_else(|| not_planned(&asked.app, &home, name, name))
}

/// Looks at one.
///
/// # Errors
/// Where it can't be read.
pub fn look(dashboard: &Dashboard, asked: &Asked, campaign_dir: CampaignDir) -> Result<Looked, AppError> {
    let look = observe::look(&asked.app, &campaign_dir)?;
    let now = dashboard.now();
    let alive = observe::is_fresh(&look, now);
    let launched = dashboard.runs.of(asked.trial, &campaign_dir.name).map(|started| {
        let ended = started.ended().map(|status| status.code().unwrap_or(-1));
        // They are told only while nobody is working on it.
        let words = if alive { Vec::new() } else { started.last_words() };
        Launched { at: started.at, ended, words }
    });
    let round = campaign_dir.round_dir();
    let waiting = orders::pending(&*asked.app.disk, &round)
        .map_err(|error| AppError::disk("read the orders in", &round, &error))?;
    let ordered = waiting.iter().filter_map(|(_, order)| Some(order.as_ref().ok()?.at)).min();
    let zone = &dashboard.settings.timezone;
    let state = Seen { look: &look, alive, launched, ordered, now, zone }.state();
    Ok(Looked { campaign_dir, look, state })
}
