//! `erase CAMPAIGN [--reports] [--yes]`

use serde_json::json;

use crate::app::AppError;
use crate::app::erase::{Erased, Erasure};
use crate::cli::args::CampaignArgs;
use crate::cli::context::Context;
use crate::cli::exit::Exit;

/// Arguments of `erase`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  sendcast erase diwali\n  sendcast erase diwali --reports")]
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
pub fn run(args: &Args, ctx: &Context) -> Result<Exit, AppError> {
    let erasure = Erasure::of(&ctx.app, &args.campaign.campaign, args.campaign.sandbox)?;
    let (name, called) = (erasure.campaign_dir.name.clone(), erasure.campaign_dir.called());
    if !args.yes {
        let kept = match (erasure.reports.len(), args.reports) {
            (0, _) => String::new(),
            (n, true) => format!(" and {n} of its reports"),
            (n, false) => format!("; {n} of its reports stay (`--reports` removes them too)"),
        };
        let question = format!(
            "Erase {called}: its rows, messages, journal and all rounds{kept}? If it is run again, everybody is \
             written to again."
        );
        if !ctx.ask(&question)? {
            ctx.say("nothing was erased");
            return Ok(Exit::CouldNotRun);
        }
    }
    let Erased { removed, left, imitation } = erasure.carry_out(&ctx.app, args.reports)?;
    if ctx.json() {
        ctx.out_json(&json!({ "erased": name, "reports_removed": removed, "reports_left": left }))?;
        return Ok(Exit::Done);
    }
    ctx.say(&format!("{called} is erased"));
    for path in &removed {
        ctx.say(&format!("removed the report {}", path.display()));
    }
    for path in &left {
        ctx.say(&format!("left the report {}", path.display()));
    }
    if let Some(imitation) = imitation {
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
