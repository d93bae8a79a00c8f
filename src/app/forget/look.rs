//! Looking for a person, without a lock and without changing anything.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use super::found::{Found, FoundCampaign, FoundRound, Ids, UnreadableRound};
use super::{sandboxes, webhooks};
use crate::app::campaign_dir::{CampaignDir, rounds_in};
use crate::app::options::saved_options;
use crate::app::{App, AppError, drafts, optouts};
use crate::domain::phone::Phone;
use crate::engine::OptOuts as _;
use crate::queue::QueueError;
use crate::queue::local::{Traces, traces};
use crate::sys::home::Home;

/// What there is of whoever has this number, in campaigns and trials.
///
/// # Errors
/// The disk's.
pub fn look(app: &App, phone: Phone) -> Result<Found, AppError> {
    let mut found = Found::default();
    let mut ids = Ids::default();
    for home in homes(app)? {
        for campaign_dir in CampaignDir::all(&*app.disk, &home)? {
            let mut rounds = Vec::new();
            for (round, dir) in rounds_in(&*app.disk, &campaign_dir.dir)? {
                let traces = traces(&app.disk, &dir, phone);
                let traces = readable(traces, Some(&campaign_dir), &dir, &mut found)?;
                rounds.extend(traces.map(|traces| FoundRound { round, dir, traces }));
            }
            found.take(app, campaign_dir, rounds, &mut ids)?;
        }
        for dir in singles_of(app, &home)? {
            let traces = traces(&app.disk, &dir, phone);
            let traces = readable(traces, None, &dir, &mut found)?;
            found.singles += u64::from(traces.as_ref().is_some_and(|traces| traces.open));
            ids.0.extend(traces.into_iter().flat_map(|traces| traces.ids));
        }
    }
    found.take_rest(app, phone, &ids)?;
    Ok(found)
}

/// The real part and the trials'.
pub(super) fn homes(app: &App) -> Result<[Home; 2], AppError> {
    Ok([app.home(false)?, app.home(true)?])
}

pub(super) fn singles_of(app: &App, home: &Home) -> Result<Vec<PathBuf>, AppError> {
    let parent = home.singles();
    app.disk.list(&parent).map_err(|error| AppError::disk("read", &parent, &error))
}

/// What was read of a round. One that can't be read is noted; one that isn't there holds nothing.
pub(super) fn readable<T>(
    read: Result<Option<T>, QueueError>,
    campaign_dir: Option<&CampaignDir>,
    dir: &Path,
    found: &mut Found,
) -> Result<Option<T>, AppError> {
    match read {
        Ok(read) => Ok(read),
        Err(QueueError::Disk { source, .. }) if source.kind() == ErrorKind::NotFound => Ok(None),
        Err(error @ QueueError::Disk { .. }) => Err(error.into()),
        Err(error) => {
            let (campaign, dir) = (campaign_dir.map(CampaignDir::called), dir.to_owned());
            found.unreadable.push(UnreadableRound { campaign, dir, reason: error.to_string() });
            Ok(None)
        }
    }
}

impl Found {
    /// Takes in what the rounds of a campaign hold.
    pub(super) fn take(
        &mut self,
        app: &App,
        campaign_dir: CampaignDir,
        rounds: Vec<FoundRound>,
        ids: &mut Ids,
    ) -> Result<(), AppError> {
        let mentions: u64 = rounds.iter().map(|round| round.traces.mentions).sum();
        if mentions > 0 {
            self.mentions.push((campaign_dir.called(), mentions));
        }
        let open = |traces: &Traces| traces.open;
        let rounds: Vec<_> = rounds.into_iter().filter(|round| open(&round.traces)).collect();
        if rounds.is_empty() {
            return Ok(());
        }
        ids.0.extend(rounds.iter().flat_map(|round| round.traces.ids.iter().cloned()));
        let mut reports = saved_options::reports(&*app.disk, &campaign_dir.dir)?;
        reports.retain(|path| path.metadata().is_ok_and(|meta| meta.is_file()));
        self.campaigns.push(FoundCampaign { campaign_dir, rounds, reports });
        Ok(())
    }

    /// Takes in what lies beside campaigns and single messages.
    pub(super) fn take_rest(&mut self, app: &App, phone: Phone, ids: &Ids) -> Result<(), AppError> {
        for home in homes(app)? {
            self.webhooks += webhooks::count(app, &home, phone, ids)?;
        }
        self.sandbox = sandboxes::count(app, phone)?;
        self.drafts = drafts::that_name(app, phone)?;
        let (list, _) = optouts::open_damaged(app, &app.home(false)?)?;
        self.opted_out = list.contains(phone);
        Ok(())
    }
}
