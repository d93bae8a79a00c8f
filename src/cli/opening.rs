//! From what the user named to a campaign and its round's queue.

use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde_json::json;

use crate::campaign::Campaign;
use crate::cli::begun;
use crate::cli::claims::{self, Claim, ClaimArgs, Decision, Kind, Known};
use crate::cli::context::Context;
use crate::cli::error::CliError;
use crate::cli::exit::Exit;
use crate::cli::ledger::{self, Ledger};
use crate::cli::observe;
use crate::engine::snapshot::RunState;
use crate::queue::local::remove_if_empty;
use crate::queue::{Identity, LocalQueue, Queue, QueueError, Wanted};
use crate::sys::home::Home;
use crate::sys::platform;

/// A campaign as it was named, with its file where there still is one.
#[derive(Debug)]
pub struct Source {
    /// Real, or the trials' part.
    pub home: Home,
    /// Its name.
    pub name: String,
    /// Its file's path, by which the ledger knows it.
    pub path: PathBuf,
    /// What the file says; `None` when it is gone and the frozen plan is all there is.
    pub campaign: Option<Campaign>,
    /// Its ledger, once it has one.
    pub ledger: Option<Ledger>,
    /// A ledger that it may go on with, until that is decided; then the one that it takes over.
    pub claim: Option<Claim>,
    dir: PathBuf,
}

impl Source {
    /// A campaign of this name, known by this path.
    ///
    /// # Errors
    /// The disk's.
    pub fn of(
        ctx: &Context,
        home: Home,
        (name, path): (&str, PathBuf),
        campaign: Option<Campaign>,
    ) -> Result<Source, CliError> {
        let ledger = Ledger::named(&*ctx.disk, &home, name)?;
        let claim = claims::find(ctx, ledger.as_ref(), &Known { home: &home, name, path: &path })?;
        let dir = match &ledger {
            Some(ledger) => ledger.dir.clone(),
            None => Ledger::place(&*ctx.disk, &home, name)?,
        };
        Ok(Source { home, name: name.to_owned(), path, campaign, ledger, claim, dir })
    }

    /// By what it is known.
    #[must_use]
    pub fn known(&self) -> Known<'_> {
        Known { home: &self.home, name: &self.name, path: &self.path }
    }

    /// Decides whose ledger it goes on with, where that is in question; `false`: nothing is to be done.
    ///
    /// # Errors
    /// When nobody can be asked, or the name is taken.
    pub fn settle_claim(&mut self, ctx: &Context, said: ClaimArgs) -> Result<bool, CliError> {
        let Some(claim) = self.claim.take() else { return Ok(true) };
        self.decide(ctx, claim, said)
    }

    /// Takes over the ledger that it was decided to go on with.
    pub fn take(&mut self, claim: Claim) -> bool {
        self.dir.clone_from(&claim.ledger.dir);
        self.ledger = Some(claim.ledger.clone());
        self.claim = Some(claim);
        true
    }

    /// Goes on where its file was moved. What is no campaign has nothing else to decide.
    ///
    /// # Errors
    /// When its name is that of something else.
    pub fn follow(&mut self, ctx: &Context) -> Result<(), CliError> {
        let Some(claim) = self.claim.take() else { return Ok(()) };
        let (was, now) = (begun::command(&claim.identity.path), begun::command(&self.path));
        if claim.kind == Kind::Moved && was == now {
            ctx.printer.note(format!("{}: going on with it", claim.what(ctx, &self.known())));
            self.claim = Some(claim);
            return Ok(());
        }
        if matches!(claim.kind, Kind::Moved | Kind::Copied) {
            let what = format!("the name {} belongs to {}", self.name, claim.identity.path.display());
            return Err(CliError::usage(what).hint("give it another one with `--name NAME`"));
        }
        Ok(())
    }

    /// Decides about this claim.
    ///
    /// # Errors
    /// When nobody can be asked, or the name is taken.
    pub fn decide(&mut self, ctx: &Context, claim: Claim, said: ClaimArgs) -> Result<bool, CliError> {
        begun::refuse(&claim.identity.path)?;
        match claim.decide(ctx, &self.known(), said)? {
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
    pub fn find(ctx: &Context, home: Home, text: &str) -> Result<Source, CliError> {
        let path = Path::new(text);
        if path.is_file() {
            let campaign = Campaign::load(path)?;
            let name = campaign.name.as_str().to_owned();
            return Source::of(ctx, home, (&name, platform::real_path(path)), Some(campaign));
        }
        let name = match ledger::planned_from(ctx, &home, path)? {
            Some(name) => name,
            None if ledger::is_name(text) => text.to_owned(),
            None if path.exists() => return Err(no_regular_file(text)),
            None => {
                return Err(CliError::usage(format!("there is no file {text}")).hint(
                    "name a campaign file (JSON or a spreadsheet); `sendcast init` writes one to start from",
                ));
            }
        };
        let Some(ledger) = Ledger::find_named(ctx, &home, &name)? else {
            return Err(ledger::not_planned(ctx, &home, text, &name));
        };
        let Some(identity) = ledger.identity(&*ctx.disk)? else {
            return Err(ledger::not_planned(ctx, &home, text, &name));
        };
        let mut campaign = None;
        if identity.path.is_file() {
            // A file that bears another name now is another campaign.
            campaign = Some(Campaign::load(&identity.path)?)
                .filter(|campaign| campaign.name.as_str() == ledger.name);
        }
        let dir = ledger.dir.clone();
        let name = ledger.name.clone();
        Ok(Source { home, name, path: identity.path, campaign, ledger: Some(ledger), claim: None, dir })
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
    fn identity(&self, origin: &str, round: u32) -> Identity {
        let (campaign, path) = (self.name.clone(), self.path.clone());
        Identity { campaign, path, origin: origin.to_owned(), round }
    }

    /// Whether a ledger that is known by this is its own, or the one that it takes over.
    fn owns(&self, found: &Identity, asked: &Identity) -> Result<(), CliError> {
        if !claims::is_same_server(&found.origin, &asked.origin) {
            let what = format!(
                "the campaign {} was planned for the server {}, and this is {}",
                found.campaign, found.origin, asked.origin
            );
            return Err(CliError::usage(what).hint(
                "where both are one account, go back to the first with `--base-url`: who was reached is known there \
                 alone; for another account give the campaign another \"name\"",
            ));
        }
        // Only a directory or two apart: whoever was asked was asked about this one.
        let taken = self.claim.as_ref().is_some_and(|claim| {
            (&claim.identity.campaign, &claim.identity.path) == (&found.campaign, &found.path)
        });
        if taken || (&found.campaign, &found.path) == (&asked.campaign, &asked.path) {
            return Ok(());
        }
        let what = format!(
            "this ledger is that of the campaign {}, planned from {}",
            found.campaign,
            found.path.display()
        );
        Err(CliError::usage(what).hint("run it again: another sendcast has changed whose it is"))
    }

    /// The campaign's file.
    ///
    /// # Errors
    /// When it is gone, or never was one.
    pub fn campaign(self) -> Result<Campaign, CliError> {
        begun::refuse(&self.path)?;
        let gone = format!("{}, and with it what the campaign says", self.lost());
        self.campaign
            .ok_or_else(|| CliError::usage(gone).hint("`status` and `report` tell what became of it"))
    }
}

/// Says that what was named as a campaign is there and can't be one.
pub fn no_regular_file(text: &str) -> CliError {
    CliError::usage(format!("{text} is not a regular file"))
        .hint("name a campaign file (JSON or a spreadsheet), not a directory, a pipe or a device")
}

/// How long to wait for a round that is held by nobody who sends: `webhooks listen` and orders hold it for moments.
const MOMENTS: Duration = Duration::from_secs(10);

/// Opens a round, once whoever holds it for a moment lets go. Where somebody is sending it is an error at once.
fn once_let_go(
    ctx: &Context,
    ledger: &Ledger,
    open: impl Fn() -> Result<LocalQueue, QueueError>,
) -> Result<LocalQueue, QueueError> {
    let until = Instant::now() + MOMENTS;
    let mut held = None;
    loop {
        match (open(), held) {
            (Err(locked @ QueueError::Locked { .. }), _)
                if Instant::now() < until && !observe::is_alive(ctx, ledger) =>
            {
                held = Some(locked);
                std::thread::sleep(Duration::from_millis(50));
            }
            // It was held by somebody who has erased it.
            (Err(QueueError::Disk { source, .. }), Some(locked))
                if source.kind() == io::ErrorKind::NotFound =>
            {
                return Err(locked);
            }
            (opened, _) => return opened,
        }
    }
}

/// Whether nothing is left of its newest round to be sent or followed.
fn is_over(ctx: &Context, ledger: &Ledger) -> Result<bool, CliError> {
    Ok(matches!(observe::look(ctx, ledger)?.state, RunState::Settled | RunState::Cancelled))
}

/// A round's queue, open and locked.
#[derive(Debug)]
pub struct Opened {
    /// The queue.
    pub queue: LocalQueue,
    /// Where.
    pub ledger: Ledger,
}

impl Opened {
    /// Opens the newest round, or creates the first one, or with `again` the next one.
    ///
    /// # Errors
    /// When another sendcast holds it, it belongs to another server or file, or the disk says no.
    pub fn open(ctx: &Context, source: &Source, origin: &str, again: bool) -> Result<Opened, CliError> {
        let Some(ledger) = &source.ledger else { return Opened::round(ctx, source, origin, 1) };
        let next = ledger.round + 1;
        if let (true, Some(found)) = (again, ledger.identity(&*ctx.disk)?) {
            source.owns(&found, &source.identity(origin, next))?;
        }
        if again && is_over(ctx, ledger)? {
            return Opened::round(ctx, source, origin, next);
        }
        let opened = Opened::round(ctx, source, origin, ledger.round)?;
        if !again {
            return Ok(opened);
        }
        // Whoever was at work on it has let go of it by now.
        if is_over(ctx, ledger)? {
            drop(opened);
            return Opened::round(ctx, source, origin, next);
        }
        ctx.printer.note(format!("round {} isn't settled yet: going on with that one", ledger.round));
        Ok(opened)
    }

    fn round(ctx: &Context, source: &Source, origin: &str, number: u32) -> Result<Opened, CliError> {
        if number > 1
            && source.ledger.as_ref().is_none_or(|ledger| ledger.round < number)
            && source.campaign.is_none()
        {
            return Err(CliError::usage("a new round needs the campaign file, and it is gone"));
        }
        let identity = source.identity(origin, number);
        let ledger =
            Ledger { home: source.home.clone(), name: source.name.clone(), dir: source.dir(), round: number };
        let dir = ledger.round_dir();
        let opened = if ledger.identity(&*ctx.disk)?.is_some() {
            once_let_go(ctx, &ledger, || LocalQueue::open(ctx.disk.clone(), &dir, None))
        } else {
            match LocalQueue::create(ctx.disk.clone(), &dir, source.home.data(), identity.clone()) {
                // Another sendcast has created it meanwhile, and is done with it.
                Err(QueueError::Disk { source, .. }) if source.kind() == io::ErrorKind::AlreadyExists => {
                    LocalQueue::open(ctx.disk.clone(), &dir, None)
                }
                created => created,
            }
        };
        let queue = opened.map_err(|error| match error {
            QueueError::Locked { .. } => CliError::from(error)
                .hint(format!("`sendcast status {} --watch` shows how it goes", ledger.called())),
            error => error.into(),
        })?;
        source.owns(queue.identity(), &identity)?;
        Ok(Opened { queue, ledger })
    }

    /// Has the round known by what the campaign is called, where it lies and how its server is spelt now.
    ///
    /// # Errors
    /// The disk's.
    pub fn readdress(&mut self, source: &Source, origin: &str) -> Result<(), CliError> {
        Ok(self.queue.readdress(&source.identity(origin, self.ledger.round))?)
    }

    /// Says so when the operator's word keeps the round from going on: then `nothing` was done, and after it was cancelled
    /// `anew` is how to begin again.
    ///
    /// # Errors
    /// When stdout can't be written.
    pub fn held(&self, ctx: &Context, nothing: &str, anew: &str) -> Result<Option<Exit>, CliError> {
        let Ledger { name, .. } = &self.ledger;
        let resume = format!("`sendcast resume {}` clears that", self.ledger.called());
        let (state, hint) = match self.queue.wanted() {
            Wanted::Running => return Ok(None),
            Wanted::Paused => ("paused", &*resume),
            Wanted::Cancelled => ("cancelled", anew),
        };
        let text = format!("it is {state}");
        ctx.printer.warning(format!("{name}: {text}; {nothing}"), Some(hint));
        if ctx.json() {
            ctx.out_json(&json!({
                "campaign": name, "state": state, "counts": self.queue.counts(), "report": null,
                "reason": text, "exit_code": Exit::Unfinished.code(),
            }))?;
        }
        Ok(Some(Exit::Unfinished))
    }

    /// It and what is `ready` with it. Where the user said no, `nothing` was done and it is let go of, as after an error.
    ///
    /// # Errors
    /// That error, or the disk's.
    pub async fn if_ready<R>(
        self,
        ctx: &Context,
        ready: Result<Option<R>, CliError>,
        nothing: &str,
    ) -> Result<Option<(Opened, R)>, CliError> {
        match ready {
            Ok(Some(ready)) => return Ok(Some((self, ready))),
            Ok(None) => ctx.say(nothing),
            Err(error) => {
                self.discard(ctx).await?;
                return Err(error);
            }
        }
        self.discard(ctx).await?;
        Ok(None)
    }

    /// Lets go of it. A round that was never planned leaves nothing behind.
    ///
    /// # Errors
    /// The disk's.
    pub async fn discard(self, ctx: &Context) -> Result<(), CliError> {
        let Opened { queue, ledger } = self;
        if queue.head().is_some() {
            return Ok(queue.close().await?);
        }
        queue.remove()?;
        Ok(remove_if_empty(&*ctx.disk, &ledger.dir)?)
    }
}
