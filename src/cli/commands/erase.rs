//! `erase CAMPAIGN [--reports] [--yes]`

use std::io;
use std::path::{Path, PathBuf};

use serde_json::json;

use crate::cli::args::CampaignArgs;
use crate::cli::context::Context;
use crate::cli::error::CliError;
use crate::cli::exit::Exit;
use crate::cli::ledger::Ledger;
use crate::cli::stored;
use crate::queue::{LocalQueue, QueueError};
use crate::report;
use crate::sendwo::BaseUrl;
use crate::sys::disk::LockGuard;

/// Arguments of `erase`.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    campaign: CampaignArgs,
    /// Remove the reports it wrote, too
    #[arg(long)]
    reports: bool,
    /// Don't ask
    #[arg(short, long)]
    yes: bool,
}

/// Removes a campaign from the data directory.
///
/// # Errors
/// When there is no such campaign, somebody is working on it, or the disk says no.
pub fn run(args: &Args, ctx: &Context) -> Result<Exit, CliError> {
    let ledger = Ledger::find(ctx, &args.campaign)?;
    let disk = &*ctx.disk;
    // What isn't a regular file (`/dev/stdout`) is none of ours, and holds nothing.
    let named = stored::reports(disk, &ledger.dir)?;
    let reports: Vec<PathBuf> = named.iter().filter(|path| path.is_file()).cloned().collect();
    if !args.yes {
        let kept = match (reports.len(), args.reports) {
            (0, _) => String::new(),
            (n, true) => format!(" and {n} of its reports"),
            (n, false) => format!("; {n} of its reports stay (`--reports` removes them too)"),
        };
        let question = format!(
            "Erase {}: its rows, messages, journal and all rounds{kept}? If it is run again, everybody is \
             written to again.",
            ledger.called()
        );
        if !ctx.ask(&question)? {
            ctx.say("nothing was erased");
            return Ok(Exit::CouldNotRun);
        }
    }
    let singles = singles_of(ctx, &ledger)?;
    // Whoever sent to `sendcast sandbox` left people in that one's ledger, with those of other trials.
    let imitation = ledger.home.sandbox_server();
    let local = ledger.identity(disk).ok().flatten().is_some_and(|identity| is_loopback(&identity.origin));
    // Nobody may be sending while the ground is taken away.
    let entries = disk.list(&ledger.dir).map_err(|e| CliError::disk("read", &ledger.dir, &e))?;
    let mut held: Vec<LockGuard> = Vec::new();
    for round in entries.iter().chain(&singles).filter(|path| LocalQueue::exists(disk, path)) {
        let path = round.join("lock");
        let lock = disk.try_lock(&path).map_err(|error| CliError::disk("lock", &path, &error))?;
        held.push(lock.ok_or(QueueError::Locked { path })?);
    }
    // The list of reports and the newest round go last: by them what was broken off is found and taken up again.
    for path in &named {
        report::file::remove_leftovers(disk, path)
            .map_err(|e| CliError::disk("remove what is left of", path, &e))?;
    }
    let mut removed = Vec::new();
    if args.reports {
        for path in &reports {
            match disk.remove_file(path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    return Err(CliError::disk("remove", path, &error));
                }
                _ => removed.push(path.clone()),
            }
        }
    }
    for dir in &singles {
        remove(ctx, dir)?;
    }
    let newest = ledger.round_dir();
    for path in entries.iter().filter(|path| path.is_dir() && **path != newest) {
        remove(ctx, path)?;
    }
    remove(ctx, &newest)?;
    remove(ctx, &ledger.dir)?;
    drop(held);
    let parent = ledger.home.campaigns();
    disk.sync_dir(&parent).map_err(|e| CliError::disk("sync", &parent, &e))?;
    let left: Vec<_> = reports.into_iter().filter(|path| !removed.contains(path)).collect();
    if ctx.json() {
        ctx.out_json(&json!({ "erased": ledger.name, "reports_removed": removed, "reports_left": left }))?;
        return Ok(Exit::Done);
    }
    ctx.say(&format!("{} is erased", ledger.called()));
    for path in &removed {
        ctx.say(&format!("removed the report {}", path.display()));
    }
    for path in &left {
        ctx.say(&format!("left the report {}", path.display()));
    }
    if local && disk.exists(&imitation) {
        ctx.say(&format!(
            "it was sent to a server on this machine: if that was `sendcast sandbox`, its ledger in {} still has \
             these people; remove it while no sandbox is running",
            imitation.display()
        ));
    }
    ctx.say(
        "what stays: the opt-out list, and salted hashes of the people written to in the last 24 hours, which \
         the daily limit needs; they tell nobody's number unless all numbers are tried with the salt beside them",
    );
    Ok(Exit::Done)
}

fn is_loopback(origin: &str) -> bool {
    origin.parse::<BaseUrl>().is_ok_and(|url| url.is_loopback())
}

/// Single messages (`test`) that were rendered from the campaign's rows.
fn singles_of(ctx: &Context, ledger: &Ledger) -> Result<Vec<PathBuf>, CliError> {
    let parent = ledger.home.singles();
    let dirs = ctx.disk.list(&parent).map_err(|e| CliError::disk("read", &parent, &e))?;
    let mut found = Vec::new();
    for dir in dirs {
        match LocalQueue::identity_of(&*ctx.disk, &dir) {
            Ok(identity) if identity.campaign == ledger.name => found.push(dir),
            Ok(_) => {}
            // A kill left it before anybody's number was in it, or it is damaged.
            Err(_) if LocalQueue::exists(&*ctx.disk, &dir) => ctx.warn(&format!(
                "whose single message is in {} can't be read: remove it by hand if it may be this campaign's",
                dir.display()
            )),
            Err(_) => {}
        }
    }
    Ok(found)
}

fn remove(ctx: &Context, dir: &Path) -> Result<(), CliError> {
    ctx.disk.remove_dir_all(dir).map_err(|error| {
        CliError::disk("remove", dir, &error).hint("mend that and run it again: what is left is removed then")
    })
}
