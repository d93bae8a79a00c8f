//! From what the user named to a campaign.

use std::path::{Path, PathBuf};

use crate::app::campaign_dir::round_kind;
use crate::app::campaign_dir::{self, CampaignDir};
use crate::app::claims::{self, Claim, ClaimAnswers, Decision, Kind, Known};
use crate::app::{App, AppError};
use crate::campaign::Campaign;
use crate::domain::round_kind::RoundKind;
use crate::queue::Identity;
use crate::sys::home::Home;
use crate::sys::platform;

/// A campaign as it was named, with its file where there still is one.
#[derive(Debug)]
pub struct Source {
    /// Real, or the trials' part.
    pub home: Home,
    /// Its name.
    pub name: String,
    /// What is done for each row.
    pub kind: RoundKind,
    /// Its file's path, by which the ledger knows it.
    pub path: PathBuf,
    /// What the file says; `None` when it is gone and the frozen plan is all there is.
    pub campaign: Option<Campaign>,
    /// Its ledger, once it has one.
    pub campaign_dir: Option<CampaignDir>,
    /// A ledger that it may go on with, until that is decided; then the one that it takes over.
    pub claim: Option<Claim>,
    dir: PathBuf,
}

impl Source {
    /// What is known by this name, and made from the file at this path.
    ///
    /// # Errors
    /// The disk's.
    pub fn of(
        app: &App,
        home: Home,
        (kind, name, path): (RoundKind, &str, PathBuf),
        campaign: Option<Campaign>,
    ) -> Result<Source, AppError> {
        let campaign_dir = CampaignDir::named(&*app.disk, &home, name)?;
        let claim =
            claims::find(app, campaign_dir.as_ref(), &Known { home: &home, kind, name, path: &path })?;
        let dir = match &campaign_dir {
            Some(campaign_dir) => campaign_dir.dir.clone(),
            None => CampaignDir::place(&*app.disk, &home, name)?,
        };
        Ok(Source { home, name: name.to_owned(), kind, path, campaign, campaign_dir, claim, dir })
    }

    /// By what it is known.
    #[must_use]
    pub fn known(&self) -> Known<'_> {
        Known { home: &self.home, kind: self.kind, name: &self.name, path: &self.path }
    }

    /// Decides whose ledger it goes on with, where that is in question; `false`: nothing is to be done.
    ///
    /// # Errors
    /// When no terminal is there to confirm it, or the name is taken.
    pub fn settle_claim(&mut self, app: &App, said: ClaimAnswers) -> Result<bool, AppError> {
        let Some(claim) = self.claim.take() else { return Ok(true) };
        self.decide(app, claim, said)
    }

    /// Takes over the ledger that it was decided to go on with.
    pub fn take(&mut self, claim: Claim) -> bool {
        self.dir.clone_from(&claim.campaign_dir.dir);
        self.campaign_dir = Some(claim.campaign_dir.clone());
        self.claim = Some(claim);
        true
    }

    /// Goes on where its file was moved. What is no campaign has nothing else to decide.
    ///
    /// # Errors
    /// When its name is that of something else.
    pub fn follow(&mut self, app: &App) -> Result<(), AppError> {
        let Some(claim) = self.claim.take() else { return Ok(()) };
        if claim.kind == Kind::Moved && claim.identity.kind == self.kind {
            app.note(format!("{}: going on with it", claim.what(app, &self.known())));
            self.claim = Some(claim);
            return Ok(());
        }
        if matches!(claim.kind, Kind::Moved | Kind::Copied) {
            let what = format!("the name {} belongs to {}", self.name, claim.identity.path.display());
            return Err(AppError::usage(what).hint("give it another one with `--name NAME`"));
        }
        Ok(())
    }

    /// Decides about this claim.
    ///
    /// # Errors
    /// When no terminal is there to confirm it, or the name is taken.
    pub fn decide(&mut self, app: &App, claim: Claim, said: ClaimAnswers) -> Result<bool, AppError> {
        round_kind::refuse(claim.identity.kind, &claim.identity.path)?;
        match claim.decide(app, &self.known(), said)? {
            Decision::Nothing => return Ok(false),
            Decision::New => {}
            Decision::Adopt => return Ok(self.take(claim)),
        }
        Ok(true)
    }

    /// Finds it by its file, or by its name once it has been planned.
    ///
    /// # Errors
    /// When there is neither file nor ledger, or the file can't be read as a campaign.
    pub fn find(app: &App, home: Home, text: &str) -> Result<Source, AppError> {
        let path = Path::new(text);
        if path.is_file() {
            let campaign = Campaign::load(path)?;
            let name = campaign.name.as_str().to_owned();
            return Source::of(
                app,
                home,
                (RoundKind::Campaign, &name, platform::real_path(path)),
                Some(campaign),
            );
        }
        let name = match campaign_dir::planned_from(app, &home, path)? {
            Some(name) => name,
            None if campaign_dir::is_name(text) => text.to_owned(),
            None if path.exists() => return Err(no_regular_file(text)),
            None => {
                return Err(AppError::usage(format!("there is no file {text}")).hint(
                    "name a campaign file (JSON or a spreadsheet); `sendcast init` writes one to start from",
                ));
            }
        };
        let Some(campaign_dir) = CampaignDir::find_named(app, &home, &name)? else {
            return Err(campaign_dir::not_planned(app, &home, text, &name));
        };
        let Some(identity) = campaign_dir.identity(&*app.disk)? else {
            return Err(campaign_dir::not_planned(app, &home, text, &name));
        };
        let mut campaign = None;
        if identity.kind == RoundKind::Campaign && identity.path.is_file() {
            // A file that bears another name now is another campaign.
            campaign = Some(Campaign::load(&identity.path)?)
                .filter(|campaign| campaign.name.as_str() == campaign_dir.name);
        }
        let dir = campaign_dir.dir.clone();
        let name = campaign_dir.name.clone();
        Ok(Source {
            home,
            name,
            kind: identity.kind,
            path: identity.path,
            campaign,
            campaign_dir: Some(campaign_dir),
            claim: None,
            dir,
        })
    }

    /// The campaign's directory.
    #[must_use]
    pub fn dir(&self) -> PathBuf {
        self.dir.clone()
    }

    /// What became of its file, where that can't be read as this campaign: `c.json is gone`.
    #[must_use]
    pub fn lost(&self) -> String {
        let path = self.path.display();
        if self.path.is_file() {
            format!("{path} is another campaign now")
        } else {
            format!("{path} is gone")
        }
    }

    /// What a round of it is known by.
    pub(super) fn identity(&self, origin: &str, round: u32) -> Identity {
        let (campaign, path) = (self.name.clone(), self.path.clone());
        Identity { campaign, kind: self.kind, path, origin: origin.to_owned(), round }
    }

    /// Whether a ledger that is known by this is its own, or the one that it takes over.
    pub(super) fn owns(&self, found: &Identity, asked: &Identity) -> Result<(), AppError> {
        if !claims::is_same_server(&found.origin, &asked.origin) {
            let what = format!(
                "the campaign {} was planned for the server {}, and this is {}",
                found.campaign, found.origin, asked.origin
            );
            return Err(AppError::usage(what).hint(
                "where both are one account, go back to the first with `--base-url`: who was reached is known there \
                 alone; for another account give the campaign another \"name\"",
            ));
        }
        // Only a directory or two apart: whoever was asked was asked about this one.
        let taken = self.claim.as_ref().is_some_and(|claim| {
            (&claim.identity.campaign, &claim.identity.path) == (&found.campaign, &found.path)
        });
        let asked = (&asked.campaign, asked.kind, &asked.path);
        if taken || (&found.campaign, found.kind, &found.path) == asked {
            return Ok(());
        }
        let what = format!(
            "this ledger is that of the campaign {}, planned from {}",
            found.campaign,
            found.path.display()
        );
        Err(AppError::usage(what).hint("run it again: another sendcast has changed whose it is"))
    }

    /// The campaign's file.
    ///
    /// # Errors
    /// When it is gone, or never was one.
    pub fn campaign(self) -> Result<Campaign, AppError> {
        round_kind::refuse(self.kind, &self.path)?;
        let gone = format!("{}, and with it what the campaign says", self.lost());
        self.campaign
            .ok_or_else(|| AppError::usage(gone).hint("`status` and `report` tell what became of it"))
    }
}

/// Says that what was named as a campaign is there and can't be one.
pub fn no_regular_file(text: &str) -> AppError {
    AppError::usage(format!("{text} is not a regular file"))
        .hint("name a campaign file (JSON or a spreadsheet), not a directory, a pipe or a device")
}
