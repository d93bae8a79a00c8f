//! Finding a campaign's ledger in the data directory, by its file or by its name.

use std::path::{Path, PathBuf};

use crate::campaign::{Campaign, Name};
use crate::cli::args::CampaignArgs;
use crate::cli::context::Context;
use crate::cli::error::CliError;
use crate::cli::opening::no_regular_file;
use crate::queue::{Identity, LocalQueue};
use crate::sys::disk::Disk;
use crate::sys::home::{Home, round_number};
use crate::sys::platform;

/// A campaign that has been planned at least once.
#[derive(Clone, Debug)]
pub struct Ledger {
    /// Real, or the trials' part.
    pub home: Home,
    /// Its name.
    pub name: String,
    /// Its directory: `settings.json`, `reports.json`, and the rounds.
    pub dir: PathBuf,
    /// The newest round's number.
    pub round: u32,
}

impl Ledger {
    /// The ledger that `args` names.
    ///
    /// # Errors
    /// When nothing was planned under that name.
    pub fn find(ctx: &Context, args: &CampaignArgs) -> Result<Ledger, CliError> {
        let home = ctx.home(args.sandbox)?;
        let name = name_of(ctx, &home, &args.campaign)?;
        Ledger::named(&*ctx.disk, &home, &name)?.ok_or_else(|| not_planned(ctx, &home, &args.campaign, &name))
    }

    /// What there is of the ledger that `args` names, to be erased: also what is left where that was
    /// interrupted.
    ///
    /// # Errors
    /// When there is nothing under that name.
    pub fn find_remains(ctx: &Context, args: &CampaignArgs) -> Result<Ledger, CliError> {
        let home = ctx.home(args.sandbox)?;
        let name = name_of(ctx, &home, &args.campaign)?;
        let dir = home.campaign(&name);
        match Ledger::named(&*ctx.disk, &home, &name)? {
            Some(ledger) => Ok(ledger),
            None if ctx.disk.exists(&dir).map_err(|error| CliError::disk("find", &dir, &error))? => {
                Ok(Ledger { home, name, dir, round: 1 })
            }
            None => Err(not_planned(ctx, &home, &args.campaign, &name)),
        }
    }

    /// The ledger of the campaign with this name, if it has one.
    ///
    /// # Errors
    /// The disk's.
    pub fn named(disk: &dyn Disk, home: &Home, name: &str) -> Result<Option<Ledger>, CliError> {
        let dir = home.campaign(name);
        let rounds = disk.list(&dir).map_err(|error| CliError::disk("read", &dir, &error))?;
        let mut newest = None;
        for path in rounds {
            // What a kill left of a round's making is none yet.
            if let Some(number) = round_number(&path)
                && !LocalQueue::is_blank(disk, &path)?
            {
                newest = newest.max(Some(number));
            }
        }
        Ok(newest.map(|round| Ledger { home: home.clone(), name: name.to_owned(), dir, round }))
    }

    /// All ledgers, by name.
    ///
    /// # Errors
    /// The disk's.
    pub fn all(disk: &dyn Disk, home: &Home) -> Result<Vec<Ledger>, CliError> {
        let parent = home.campaigns();
        let dirs = disk.list(&parent).map_err(|error| CliError::disk("read", &parent, &error))?;
        let mut ledgers = Vec::new();
        for dir in dirs {
            // A campaign's name is its directory's: it holds nothing that would be escaped.
            let Some(name) = dir.file_name().and_then(|name| name.to_str()) else { continue };
            ledgers.extend(Ledger::named(disk, home, name)?);
        }
        Ok(ledgers)
    }

    /// The newest round's directory.
    #[must_use]
    pub fn round_dir(&self) -> PathBuf {
        self.home.round(&self.name, self.round)
    }

    /// Whose queue the newest round is; `None` when a crash left it before that was written.
    ///
    /// # Errors
    /// When it is there and can't be read.
    pub fn identity(&self, disk: &dyn Disk) -> Result<Option<Identity>, CliError> {
        let round = self.round_dir();
        if !LocalQueue::exists(disk, &round)? {
            return Ok(None);
        }
        Ok(Some(LocalQueue::identity_of(disk, &round)?))
    }

    /// How to name the campaign in a hint: with `--sandbox` where it is a trial.
    #[must_use]
    pub fn called(&self) -> String {
        called(&self.home, &self.name)
    }
}

/// How to name a campaign on the command line.
#[must_use]
pub fn called(home: &Home, name: &str) -> String {
    if home.is_sandbox() { format!("{name} --sandbox") } else { name.to_owned() }
}

/// The name of the campaign that the user means by `text`: a file, or a name.
fn name_of(ctx: &Context, home: &Home, text: &str) -> Result<String, CliError> {
    let path = Path::new(text);
    if path.is_file() {
        return match Campaign::load(path) {
            Ok(campaign) => Ok(campaign.name.as_str().to_owned()),
            // An order must get through while the file is being edited.
            Err(error) => planned_from(ctx, home, path)?.ok_or_else(|| error.into()),
        };
    }
    if is_name(text) {
        return Ok(text.to_owned());
    }
    planned_from(ctx, home, path)?.ok_or_else(|| {
        if path.exists() {
            return no_regular_file(text);
        }
        CliError::usage(format!("there is no file {text}, and no campaign was planned from it"))
            .hint("`sendcast status` lists the campaigns that have been planned")
    })
}

/// The name of the campaign that was planned from the file at `path`, which may be gone.
///
/// # Errors
/// The disk's.
pub fn planned_from(ctx: &Context, home: &Home, path: &Path) -> Result<Option<String>, CliError> {
    let real = platform::real_path(path);
    for ledger in Ledger::all(&*ctx.disk, home)? {
        // What another campaign's damaged manifest says is no concern here.
        if let Ok(Some(identity)) = ledger.identity(&*ctx.disk)
            && identity.path == real
        {
            return Ok(Some(ledger.name));
        }
    }
    Ok(None)
}

/// Whether it could be a campaign's name.
#[must_use]
pub fn is_name(text: &str) -> bool {
    text.parse::<Name>().is_ok()
}

/// Says that nothing was planned under a name, and where it might be instead.
pub fn not_planned(ctx: &Context, home: &Home, text: &str, name: &str) -> CliError {
    let other = ctx.home(!home.is_sandbox()).ok();
    let elsewhere = other.and_then(|other| Ledger::named(&*ctx.disk, &other, name).ok().flatten()).is_some();
    let error = CliError::usage(format!("no campaign called `{name}` has been planned"));
    match (elsewhere, home.is_sandbox()) {
        (true, false) => error.hint("there is a trial of that name: add `--sandbox` to mean that one"),
        (true, true) => {
            error.hint("there is a real one of that name: leave out `--sandbox` to mean that one")
        }
        (false, sandbox) if Path::new(text).is_file() => {
            let sandbox = if sandbox { " --sandbox" } else { "" };
            error.hint(format!("`sendcast run {text}{sandbox}` plans and sends it"))
        }
        (false, _) => {
            let known: Vec<_> =
                Ledger::all(&*ctx.disk, home).unwrap_or_default().into_iter().map(|l| l.name).collect();
            let near = known
                .iter()
                .map(|known| (strsim::normalized_damerau_levenshtein(known, name), known))
                .filter(|(likeness, _)| *likeness >= 0.5)
                .max_by(|a, b| a.0.total_cmp(&b.0));
            match near {
                Some((_, near)) => error.hint(format!("did you mean `{near}`?")),
                None => {
                    error.hint("name its file, or see `sendcast status` for those that have been planned")
                }
            }
        }
    }
}
