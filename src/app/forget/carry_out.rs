//! Forgetting a person: first everything is taken that holds them, then it is done.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::found::{Found, FoundRound, Ids};
use super::look::{homes, readable, singles_of};
use super::{beside, sandboxes, webhooks};
use crate::app::campaign_dir::{CampaignDir, rounds_in};
use crate::app::{App, AppError};
use crate::domain::phone::Phone;
use crate::queue::QueueError;
use crate::queue::local::{HeldRound, Removal, traces};
use crate::sandbox::HeldSandbox;
use crate::sys::clock::Clock;
use crate::sys::platform;

/// What was done.
#[derive(Debug)]
pub struct Forgot {
    /// What there was of them, as it stood before.
    pub found: Found,
    /// They asked for no more messages, and it wasn't known whose wish that was: they are on the opt-out list by it.
    pub stops: u64,
    /// Files of the data directory in which their number still stands; the opt-out list isn't among them.
    pub left: Vec<PathBuf>,
}

/// All that holds the person, and that nobody else can work on.
#[derive(Default)]
struct Held {
    found: Found,
    ids: Ids,
    /// In the order of the rounds that were found.
    rounds: Vec<HeldRound>,
    singles: Vec<Removal>,
    sandboxes: Vec<HeldSandbox>,
    /// Rounds that don't hold them, in which a killed process may have left a plan that does.
    others: Vec<PathBuf>,
    /// What others work on, and that holds them: what it is, and what to do.
    busy: Vec<String>,
}

/// Forgets whoever has this number.
///
/// # Errors
/// Where another process works on something that holds them: nothing is changed then, and it is said what. The disk's: done
/// again, it finishes.
pub async fn forget(app: &App, phone: Phone) -> Result<Forgot, AppError> {
    let mut held = Held::default();
    for home in homes(app)? {
        for campaign_dir in CampaignDir::all(&*app.disk, &home)? {
            held.campaign(app, campaign_dir, phone)?;
        }
        for dir in singles_of(app, &home)? {
            held.single(app, &dir, phone)?;
        }
    }
    held.sandboxes(app, phone)?;
    if !held.busy.is_empty() {
        return Err(AppError::failed(
            "another sendcast is working on what holds this person; nothing was changed",
        )
        .details(held.busy)
        .hint("wait for it, or stop it, and run it again"));
    }
    held.found.take_rest(app, phone, &held.ids)?;
    held.carry_out(app, phone).await.map_err(again)
}

impl Held {
    fn campaign(&mut self, app: &App, campaign_dir: CampaignDir, phone: Phone) -> Result<(), AppError> {
        let mut rounds = Vec::new();
        for (round, dir) in rounds_in(&*app.disk, &campaign_dir.dir)? {
            let (held, traces) = match hold(app, &dir) {
                Ok(held) => {
                    let traces = held.traces(phone);
                    (Some(held), traces)
                }
                Err(QueueError::Locked { .. }) => (None, traces(&app.disk, &dir, phone)),
                Err(error) => (None, Err(error)),
            };
            let unreadable = self.found.unreadable.len();
            let traces = readable(traces, Some(&campaign_dir), &dir, &mut self.found)?;
            let Some(held) = held else {
                // Whose plan can't be read just now may be about to hold them.
                let holds = traces.as_ref().is_some_and(|traces| traces.open);
                if holds || self.found.unreadable.len() > unreadable {
                    self.found.unreadable.truncate(unreadable);
                    let called = campaign_dir.called();
                    self.busy
                        .push(format!("{called}, round {round}: `sendcast pause {called}` ends its run"));
                }
                continue;
            };
            match traces.as_ref().is_some_and(|traces| traces.open) {
                true => self.rounds.push(held),
                false => self.others.push(dir.clone()),
            }
            rounds.extend(traces.map(|traces| FoundRound { round, dir, traces }));
        }
        self.found.take(app, campaign_dir, rounds, &mut self.ids)
    }

    fn single(&mut self, app: &App, dir: &Path, phone: Phone) -> Result<(), AppError> {
        let held = match Removal::hold(&*app.disk, dir) {
            Ok(held) => Some(held),
            Err(QueueError::Locked { .. }) => None,
            Err(QueueError::Disk { source, .. }) if source.kind() == ErrorKind::NotFound => {
                return Ok(());
            }
            Err(error) => return Err(error.into()),
        };
        let traces = readable(traces(&app.disk, dir, phone), None, dir, &mut self.found)?;
        let Some(traces) = traces.filter(|traces| traces.open) else { return Ok(()) };
        match held {
            Some(held) => self.singles.push(held),
            None => self.busy.push("a single message to them, which is being sent".to_owned()),
        }
        self.found.singles += 1;
        self.ids.0.extend(traces.ids);
        Ok(())
    }

    fn sandboxes(&mut self, app: &App, phone: Phone) -> Result<(), AppError> {
        let (held, busy): (_, Vec<PathBuf>) = sandboxes::hold(app, phone)?;
        self.sandboxes = held;
        self.busy.extend(
            busy.iter().map(|dir| format!("the sandbox whose ledger is in {}: stop it", dir.display())),
        );
        Ok(())
    }

    /// Does it. What is known of by other things goes first: interrupted, the rest is found again.
    async fn carry_out(self, app: &App, phone: Phone) -> Result<Forgot, AppError> {
        let Held { found, ids, rounds, singles, sandboxes, others, .. } = self;
        let mut stops = 0;
        for home in homes(app)? {
            stops += webhooks::forget(app, &home, phone, &ids)?;
        }
        let mut held = rounds.into_iter();
        for campaign in &found.campaigns {
            let mut done = Vec::new();
            for round in &campaign.rounds {
                let Some(held) = held.next() else { break };
                held.remove_leftovers()?;
                let held = held.forget(phone, &round.traces, salt()?, app.clock.now()).await?;
                beside::forget_in_round(app, round, phone)?;
                done.push(held);
            }
            beside::forget_in_campaign(app, &campaign.campaign_dir, phone)?;
            for held in done {
                held.finish(phone)?;
            }
        }
        for dir in others {
            match HeldRound::hold(app.disk.clone(), &dir) {
                Ok(held) => held.remove_leftovers()?,
                // Whoever took it since removes them, or has removed it.
                Err(QueueError::Locked { .. }) => {}
                Err(QueueError::Disk { source, .. }) if source.kind() == ErrorKind::NotFound => {}
                Err(error) => return Err(error.into()),
            }
        }
        for single in singles {
            single.carry_out(&*app.disk)?;
        }
        for sandbox in sandboxes {
            sandbox.forget(phone).map_err(|error| {
                AppError::failed(format!("can't take a person out of a sandbox's ledger: {error}"))
            })?;
        }
        let mut left = beside::files_that_tell(app, phone)?;
        // Those are told as drafts'.
        left.retain(|path| !found.drafts.iter().any(|draft| draft.path == *path));
        Ok(Forgot { found, stops, left })
    }
}

/// So often a round is tried that somebody holds, and after so long: whoever hands on webhooks holds it for moments.
const MAX_TRIES: u32 = 10;
const TRY_AFTER: Duration = Duration::from_millis(50);

fn hold(app: &App, dir: &Path) -> Result<HeldRound, QueueError> {
    for _ in 1..MAX_TRIES {
        match HeldRound::hold(app.disk.clone(), dir) {
            Err(QueueError::Locked { .. }) => std::thread::sleep(TRY_AFTER),
            held => return held,
        }
    }
    HeldRound::hold(app.disk.clone(), dir)
}

/// Each round's is its own.
fn salt() -> Result<[u8; 16], AppError> {
    let mut salt = [0; 16];
    platform::fill_random(&mut salt).map_err(AppError::no_randomness)?;
    Ok(salt)
}

fn again(error: AppError) -> AppError {
    error.hint("fix the error above and run it again: what is left is forgotten then")
}
