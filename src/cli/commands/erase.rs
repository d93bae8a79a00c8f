//! `erase CAMPAIGN [--reports] [--yes]`

use std::io;
use std::path::{Path, PathBuf};

use serde_json::json;

use crate::cli::args::CampaignArgs;
use crate::cli::context::Context;
use crate::cli::error::CliError;
use crate::cli::exit::Exit;
use crate::cli::forgetting::forget_hooks;
use crate::cli::ledger::Ledger;
use crate::cli::stored;
use crate::queue::local::{Removal, remove_if_empty};
use crate::queue::{LocalQueue, QueueError};
use crate::report;
use crate::sendwo::BaseUrl;
use crate::sys::disk::{Disk, if_there};
use crate::sys::home::round_number;

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
    let ledger = Ledger::find_remains(ctx, &args.campaign)?;
    let disk = &*ctx.disk;
    let named = stored::reports(disk, &ledger.dir)?;
    // What isn't a regular file (`/dev/stdout`) is none of ours, and holds nothing. One that can't be looked for
    // may be there.
    let ours = |path: &&PathBuf| {
        path.metadata().map_or_else(|error| error.kind() != io::ErrorKind::NotFound, |meta| meta.is_file())
    };
    let reports: Vec<PathBuf> = named.iter().filter(ours).cloned().collect();
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
    let there = disk.list(&ledger.dir).map_err(|e| CliError::disk("read", &ledger.dir, &e))?;
    let (rounds, beside): (Vec<_>, Vec<_>) = there.into_iter().partition(|path| round_number(path).is_some());
    let held = singles.iter().chain(&rounds).map(|dir| Removal::hold(disk, dir));
    let held = held.collect::<Result<Vec<_>, _>>()?;
    let dirs: Vec<PathBuf> = singles.iter().chain(&rounds).cloned().collect();
    forget_hooks(ctx, &ledger.home, &dirs)?;
    // Interrupted at any point, what is left can be found and erased again: the list of reports outlasts the
    // reports, and the campaign's directory everything in it.
    for path in &named {
        report::file::remove_leftovers(disk, path)
            .map_err(|e| CliError::disk("remove what is left of", path, &e))?;
    }
    let mut removed = Vec::new();
    if args.reports {
        for path in &reports {
            remove(disk, path)?;
            removed.push(path.clone());
        }
    }
    for round in held {
        round.carry_out(disk).map_err(again)?;
    }
    for path in &beside {
        remove(disk, path)?;
    }
    remove_if_empty(disk, &ledger.dir).map_err(again)?;
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
    if local && disk.exists(&imitation).unwrap_or(true) {
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
    // `test` rendered some of them when it was still called otherwise.
    let mut names = vec![ledger.name.clone()];
    names.extend(ledger.identities(&*ctx.disk).into_iter().map(|identity| identity.campaign));
    let mut found = Vec::new();
    for dir in dirs {
        match LocalQueue::identity_of(&*ctx.disk, &dir) {
            Ok(identity) if names.contains(&identity.campaign) => found.push(dir),
            Ok(_) => {}
            // A kill left it before anybody's number was in it, or it is damaged.
            Err(_) if LocalQueue::exists(&*ctx.disk, &dir).unwrap_or(true) => ctx.warn(&format!(
                "whose single message is in {} can't be read: remove it by hand if it may be this campaign's",
                dir.display()
            )),
            Err(_) => {}
        }
    }
    Ok(found)
}

fn remove(disk: &dyn Disk, path: &Path) -> Result<(), CliError> {
    if_there(disk.remove_all(path)).map(drop).map_err(QueueError::disk("remove", path)).map_err(again)
}

fn again(error: QueueError) -> CliError {
    CliError::from(error).hint("mend that and run it again: what is left is removed then")
}
