//! Who a campaign's people are, where its file names only what they have in common: asked before it is planned.
//!
//! Asked again at every run: who carries a label, or read a message, is another now. Where that can't be known, a plan that
//! there is goes on as it was frozen.

use std::path::Path;

use crate::app::account::{Account, Reached, TrialOptions};
use crate::app::campaign_dir::CampaignDir;
use crate::app::open::Source;
use crate::app::plan::labelled;
use crate::app::plan::listing::List;
use crate::app::plan::retarget::{self, Taken};
use crate::app::{App, AppError};
use crate::campaign::{self, Campaign};
use crate::sys::home::Home;

/// What came of asking before planning. The client is the one to go on with: a trial's imitation ends with it.
#[derive(Debug, Default)]
pub struct Asked {
    /// The account, where it was asked.
    pub reached: Option<Reached>,
    /// Whom another campaign gave, and whom not.
    pub taken: Option<Taken>,
    /// Who is written to; gone with this.
    list: Option<List>,
}

/// Where a campaign's people are looked up.
#[derive(Clone, Copy, Debug)]
pub struct Places<'a> {
    /// Real, or the trials' part.
    pub home: &'a Home,
    /// The campaign's own directory.
    pub dir: &'a Path,
    /// Where a trial keeps its account; nowhere when absent.
    pub trial: Option<&'a Path>,
}

/// Has a campaign know whom it means.
///
/// # Errors
/// When a label, a campaign or a round is unknown (exit 2), the account can't be asked, or the disk says no.
pub async fn ask(
    app: &App,
    account: &Account,
    campaign: &mut Campaign,
    places: Places<'_>,
    (offline, options): (bool, &TrialOptions),
) -> Result<Asked, AppError> {
    let mut asked = Asked::default();
    if let campaign::Source::Campaign { retarget, .. } = &campaign.audience.source {
        let retarget = retarget.clone();
        let (list, taken) = retarget::list(app, places.home, campaign, &retarget, places.dir)?;
        asked = Asked { list: Some(list), taken: Some(taken), reached: None };
    }
    if campaign.audience.needs_account() && (account.is_trial() || !offline) {
        let reached = account.reach(app, places.trial, options)?;
        if let Some(list) = labelled::ask(app, &reached.client, campaign, places.dir).await? {
            asked.list = Some(list);
        }
        asked.reached = Some(reached);
    }
    Ok(asked)
}

/// The same for a run. Where nobody is asked, or nobody can tell, a plan that there is goes on as it was frozen.
///
/// # Errors
/// As for [`ask`], where nothing was planned yet.
pub async fn ask_for_run(
    app: &App,
    account: &Account,
    source: &mut Source,
    offline: bool,
    options: &TrialOptions,
) -> Result<Asked, AppError> {
    let (dir, planned) = (source.dir(), source.campaign_dir.is_some());
    let Some(campaign) = &mut source.campaign else { return Ok(Asked::default()) };
    if let campaign::Source::Campaign { retarget, .. } = &campaign.audience.source
        && planned
        && CampaignDir::find_named(app, &source.home, &retarget.campaign)?.is_none()
    {
        app.note(format!("the campaign {} is gone", retarget.campaign));
        return Ok(Asked::default());
    }
    let places = Places { home: &source.home, dir: &dir, trial: Some(&dir) };
    match ask(app, account, campaign, places, (offline, options)).await {
        Err(error) if planned && !error.is_usage() => {
            app.warn(error.message);
            Ok(Asked::default())
        }
        asked => asked,
    }
}
