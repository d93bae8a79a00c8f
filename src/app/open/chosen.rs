//! A campaign with the options that hold for it, for whoever looks at it without taking its queue.

use std::path::PathBuf;

use super::source::Source;
use super::standard_input::{self, Spool};
use crate::app::campaign_dir::CampaignDir;
use crate::app::claims::Claim;
use crate::app::options::{self, Choices, FromFile, SavedOptions, choices};
use crate::app::{App, AppError};
use crate::campaign::Campaign;
use crate::sys::clock::Clock;
use crate::sys::home::Home;

/// A campaign's file with all options applied.
#[derive(Debug)]
pub struct Chosen {
    /// Real, or the trials' part.
    pub home: Home,
    /// Its name.
    pub name: String,
    /// Its directory, which may not be there yet.
    pub dir: PathBuf,
    /// What the file says, with what was said in its place.
    pub campaign: Campaign,
    /// What was said now, or stayed from before, and what the file asks of a run.
    pub stored: SavedOptions,
    /// Its ledger, once it has one.
    pub campaign_dir: Option<CampaignDir>,
    /// A ledger that it may go on with.
    pub claim: Option<Claim>,
    /// What was read from standard input; it is gone with this.
    _spool: Option<Spool>,
}

impl Chosen {
    /// The campaign that `text` names, a file or a name.
    ///
    /// # Errors
    /// When there is no such campaign or its file is gone, or an option makes no sense for it.
    pub fn of(app: &App, text: &str, sandbox: bool, choices: &Choices) -> Result<Chosen, AppError> {
        standard_input::refuse_as_campaign(text)?;
        Chosen::over(app, Source::find(app, app.home(sandbox)?, text)?, choices)
    }

    /// The same of a campaign that was found already.
    ///
    /// # Errors
    /// When its file is gone, or an option makes no sense for it.
    pub fn over(app: &App, source: Source, choices: &Choices) -> Result<Chosen, AppError> {
        let (said, spool) = choices::choose(app, &source, choices)?;
        let mut stored = SavedOptions::load(&*app.disk, &source.dir())?.with(said.clone(), app.clock.now());
        let (name, home, dir) = (source.name.clone(), source.home.clone(), source.dir());
        let (campaign_dir, claim) = (source.campaign_dir.clone(), source.claim.clone());
        let mut campaign = source.campaign()?;
        campaign
            .apply(choices::overrides(&stored))
            .map_err(|error| options::explain(app, error.into(), &stored, &said))?;
        stored.file = FromFile::of(&campaign);
        Ok(Chosen { home, name, dir, campaign, stored, campaign_dir, claim, _spool: spool })
    }
}
