//! `report CAMPAIGN [--format F] [-o FILE] [--status S]…`

use std::io::IsTerminal as _;
use std::path::PathBuf;

use crate::cli::args::CampaignArgs;
use crate::cli::context::Context;
use crate::cli::error::CliError;
use crate::cli::exit::Exit;
use crate::cli::ledger::{Ledger, not_planned};
use crate::cli::reporting;
use crate::cli::stored::Stored;
use crate::domain::plan::PlanHead;
use crate::domain::status::Status;
use crate::queue::Listing;
use crate::report::{self, Filter, Format, Scan, Spec};
use crate::ui::format::plural;

/// Arguments of `report`.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    campaign: CampaignArgs,
    /// csv, json or ndjson [default: by the file's name, else csv]
    #[arg(long, value_name = "FORMAT")]
    format: Option<Format>,
    /// Where to; `-` is stdout. Without this, a plain `report` rewrites the report that `run` writes and, where
    /// stdout is no terminal, prints it there too; with `--format` or `--status` it prints
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Only rows in this status; may be given several times
    #[arg(long = "status", value_name = "STATUS", value_delimiter = ',')]
    statuses: Vec<Status>,
}

/// Writes the report from what is on disk; somebody may be working on the campaign.
///
/// # Errors
/// When there is no such campaign, its ledger can't be read, or the report can't be written.
pub fn run(args: &Args, ctx: &Context) -> Result<Exit, CliError> {
    let ledger = Ledger::find(ctx, &args.campaign)?;
    let mut listing = Listing::open(ctx.disk.clone(), &ledger.round_dir())?;
    let Some(head) = listing.head().cloned() else {
        return Err(not_planned(ctx, &ledger.home, &args.campaign.campaign, &ledger.name));
    };
    let file = args.output.as_ref().filter(|path| path.as_os_str() != "-");
    let format = match (args.format, file) {
        (Some(format), _) => format,
        (None, _) if ctx.json() => Format::Json,
        (None, Some(path)) => reporting::format_of(path)?,
        (None, None) => Format::Csv,
    };
    let spec = Spec { format, filter: Filter::of(&args.statuses) };
    let scan: &mut Scan<'_> = &mut |make, take| listing.parts(make, take);
    // On demand: the run's own report, brought up to date.
    let plain = args.output.is_none() && args.format.is_none() && args.statuses.is_empty() && !ctx.json();
    let file = match file {
        None if plain => Some(reporting::path(&ledger, &Stored::load(&*ctx.disk, &ledger.dir)?)),
        file => file.cloned(),
    };
    if file.is_none() || (plain && !std::io::stdout().is_terminal()) {
        let write = |head: &PlanHead, scan: &mut Scan<'_>| report::write(ctx.raw_out(), spec, head, scan);
        match reporting::with_pressed(ctx, &ledger, &head, scan, write)? {
            Ok(_) => {}
            Err(report::WriteError::Output(error)) => ctx.out_failed(&error)?,
            Err(report::WriteError::Queue(error)) => return Err(error.into()),
        }
    }
    let Some(path) = file else { return Ok(Exit::Done) };
    let spec = if plain { Spec { format: reporting::format_of(&path)?, ..spec } } else { spec };
    let written = reporting::to_file(ctx, &ledger, &path, spec, &head, scan)?;
    let rows = written.tally.written;
    ctx.say(&format!("{} in {}", plural(rows, "row", "rows"), written.path.display()));
    if ctx.json() {
        ctx.out_json(&serde_json::json!({ "report": written.path, "rows": rows }))?;
    }
    Ok(Exit::Done)
}
