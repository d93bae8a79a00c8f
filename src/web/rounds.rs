//! The rounds that pages look through, kept between requests: reading one of a million takes over a second, and then a look
//! costs nothing.
//!
//! Invariants: at most [`MAX_KEPT`] are kept, each until nobody has looked for [`KEPT_FOR`]; a round is read on a thread of its
//! own, so that a page never waits for more than [`PATIENCE`]; figures are those of the last entry that was written when the
//! page was asked for.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::app::AppError;
use crate::app::campaign_dir::CampaignDir;
use crate::app::recipients::Recipients;
use crate::domain::time::Millis;
use crate::sys::disk::SharedDisk;

/// So many rounds of a million take 160 MB.
const MAX_KEPT: usize = 2;
/// How long one is kept after the last look.
const KEPT_FOR: Duration = Duration::from_mins(2);
/// A small round is read within this, so that its page comes whole at once.
const PATIENCE: Duration = Duration::from_millis(250);

/// A round, as far as it was read.
pub enum Reading<T> {
    /// What was asked for.
    Read(T),
    /// It is being read; so many entries of its journal so far.
    Under(u64),
}

#[derive(Debug, Default)]
enum Progress {
    #[default]
    Begun,
    Open(Box<Recipients>),
    Failed(AppError),
}

#[derive(Debug, Default)]
struct Round {
    entries: AtomicU64,
    progress: Mutex<Progress>,
    read: Condvar,
}

#[derive(Debug)]
struct Kept {
    dir: PathBuf,
    used: Millis,
    round: Arc<Round>,
}

/// Those that are kept.
#[derive(Debug, Default)]
pub struct Rounds(Mutex<Vec<Kept>>);

impl Rounds {
    /// Looks through a campaign's newest round; begins to read it where it isn't kept.
    ///
    /// # Errors
    /// What `look` says, and where it can't be read.
    pub fn look<T>(
        &self,
        disk: &SharedDisk,
        campaign_dir: &CampaignDir,
        now: Millis,
        look: impl FnOnce(&mut Recipients) -> Result<T, AppError>,
    ) -> Result<Reading<T>, AppError> {
        let round = self.kept(disk, campaign_dir, now);
        let progress = round.lock();
        let is_begun = |progress: &mut Progress| matches!(progress, Progress::Begun);
        let waited = round.read.wait_timeout_while(progress, PATIENCE, is_begun);
        let (mut progress, _) = waited.unwrap_or_else(PoisonError::into_inner);
        match &mut *progress {
            Progress::Begun => Ok(Reading::Under(round.entries.load(Ordering::Relaxed))),
            Progress::Open(recipients) => {
                let looked = recipients.refresh().and_then(|_| look(recipients));
                drop(progress);
                if looked.is_err() {
                    self.forget(&round);
                }
                looked.map(Reading::Read)
            }
            Progress::Failed(_) => {
                self.forget(&round);
                let Progress::Failed(error) = std::mem::take(&mut *progress) else {
                    return Ok(Reading::Under(0));
                };
                Err(error)
            }
        }
    }

    /// Lets go of those nobody has looked at for a while.
    pub fn tidy(&self, now: Millis) {
        self.all().retain(|kept| now.since(kept.used) < KEPT_FOR);
    }

    fn kept(&self, disk: &SharedDisk, campaign_dir: &CampaignDir, now: Millis) -> Arc<Round> {
        let dir = campaign_dir.round_dir();
        let mut all = self.all();
        if let Some(kept) = all.iter_mut().find(|kept| kept.dir == dir) {
            kept.used = now;
            return Arc::clone(&kept.round);
        }
        if all.len() >= MAX_KEPT
            && let Some((oldest, _)) = all.iter().enumerate().min_by_key(|(_, kept)| kept.used)
        {
            all.swap_remove(oldest);
        }
        let round = Arc::new(Round::default());
        all.push(Kept { dir, used: now, round: Arc::clone(&round) });
        let (disk, campaign_dir, reading) = (Arc::clone(disk), campaign_dir.clone(), Arc::clone(&round));
        std::thread::spawn(move || {
            let told = |entries| reading.entries.store(entries, Ordering::Relaxed);
            let read = Recipients::open(&disk, &campaign_dir, &told).and_then(|mut read| {
                read.index_numbers()?;
                Ok(read)
            });
            *reading.lock() = read.map_or_else(Progress::Failed, |read| Progress::Open(Box::new(read)));
            reading.read.notify_all();
        });
        round
    }

    fn forget(&self, round: &Arc<Round>) {
        self.all().retain(|kept| !Arc::ptr_eq(&kept.round, round));
    }

    fn all(&self) -> MutexGuard<'_, Vec<Kept>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Round {
    fn lock(&self) -> MutexGuard<'_, Progress> {
        self.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
