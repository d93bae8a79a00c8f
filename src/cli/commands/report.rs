//! `report CAMPAIGN [--format F] [-o FILE] [--status S]… [--round N]`

use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};

use crate::app::AppError;
use crate::app::campaign_dir::{CampaignDir, not_planned};
use crate::app::options::SavedOptions;
use crate::app::options::choices;
use crate::app::options::zone;
use crate::app::reports;
use crate::cli::args::CampaignArgs;
use crate::cli::completion;
use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::domain::format::plural;
use crate::domain::status::Status;
use crate::queue::Listing;
use crate::report::{self, Filter, Format, Scan, Spec};

/// What to do about a file whose ending is no format's.
const ENDINGS: &str = "give it the ending of its format (.csv, .tsv, .json, .ndjson, .xlsx, .html), or say which it is with `--format`";

/// Arguments of `report`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  sendcast report diwali\n  sendcast report diwali --status failed -o failed.csv\n  sendcast report diwali -o result.xlsx"
)]
pub struct Args {
    #[command(flatten)]
    campaign: CampaignArgs,
    /// csv, json, ndjson, xlsx or html [default: by the file's ending, else csv]
    #[arg(long, value_name = "FORMAT", add = completion::report_formats())]
    format: Option<Format>,
    /// Where to; `-` is stdout. Its ending chooses the format: .csv, .tsv, .json, .ndjson, .xlsx, .html. Without this, a plain `report` rewrites the report that `run` writes and, where
    /// stdout is no terminal, prints it there too; with `--format`, `--delimiter` or `--status` it prints
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Only rows in this status; may be given several times
    #[arg(long = "status", value_name = "STATUS", value_delimiter = ',', add = completion::states())]
    statuses: Vec<Status>,
    /// What stands between the cells of CSV: a character, or `tab` [default: a comma; a tab in a .tsv file]
    #[arg(long, value_name = "C", value_parser = delimiter)]
    delimiter: Option<u8>,
    /// Which round's [default: the newest]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    round: Option<u32>,
}

/// Writes the report from what is on disk; somebody may be working on the campaign.
///
/// # Errors
/// When there is no such campaign or round, its ledger can't be read, or the report can't be written.
pub fn run(args: &Args, ctx: &Context) -> Result<Exit, AppError> {
    contradiction(args, ctx.json())?;
    let newest = CampaignDir::find(&ctx.app, &args.campaign.campaign, args.campaign.sandbox)?;
    let campaign_dir = reports::of_round(&ctx.app, &newest, args.round)?;
    let stored = SavedOptions::load(&*ctx.app.disk, &campaign_dir.dir)?;
    let mut listing = Listing::open(ctx.app.disk.clone(), &campaign_dir.round_dir())?;
    let Some(head) = reports::head(&ctx.app, &campaign_dir, &listing)? else {
        return Err(not_planned(&ctx.app, &campaign_dir.home, &args.campaign.campaign, &campaign_dir.name));
    };
    // On demand: the run's own report, brought up to date.
    let plain = args.output.is_none()
        && args.format.is_none()
        && args.delimiter.is_none()
        && args.statuses.is_empty()
        && !ctx.json();
    let file = match args.output.as_ref().filter(|path| path.as_os_str() != "-") {
        None if plain => Some(reports::path(&campaign_dir, newest.round, &stored)),
        file => file.cloned(),
    };
    let (by_name, usual_delimiter) = match &file {
        Some(path) if args.format.is_none() => {
            reports::form_of(path).map_err(|error| match &args.output {
                Some(_) => error.hint(ENDINGS),
                None => error,
            })?
        }
        // What was said holds, whatever the ending; a `.tsv` file still has tabs.
        Some(path) => reports::named_form(path).unwrap_or((Format::Csv, b',')),
        None => (if ctx.json() { Format::Json } else { Format::Csv }, b','),
    };
    let format = args.format.unwrap_or(by_name);
    if args.delimiter.is_some() && format != Format::Csv {
        return Err(AppError::usage(format!("`--delimiter` is for CSV; this report is {format}")));
    }
    let zone = choices::timezone(&ctx.app.settings, &stored);
    let delimiter = args.delimiter.unwrap_or(usual_delimiter);
    if file.is_none() && format == Format::Xlsx && std::io::stdout().is_terminal() {
        return Err(AppError::usage("a workbook is nothing for a terminal")
            .hint("write it to a file: `-o report.xlsx`"));
    }
    let spec = Spec { format, filter: Filter::of(&args.statuses), delimiter, zone, ..Spec::default() };
    let scan: &mut Scan<'_> = &mut |make, take| listing.parts(make, take);
    if file.is_none() || (plain && !std::io::stdout().is_terminal()) {
        // Of a plain report stdout gets CSV, whatever the file is.
        let printed = Spec { format: if plain { Format::Csv } else { spec.format }, ..spec.clone() };
        match report::write(ctx.raw_out(), &printed, &head, scan) {
            Ok(_) => {}
            Err(report::WriteError::Output(error)) => ctx.out_failed(&error)?,
            Err(report::WriteError::Queue(error)) => return Err(error.into()),
        }
    }
    let Some(path) = file else { return Ok(Exit::Done) };
    let written = reports::to_file(&ctx.app, &campaign_dir, &path, &spec, &head, scan)?;
    let rows = written.tally.written;
    let times = reports::times(spec.format, &spec.zone);
    let said = times.as_ref().map_or(String::new(), |times| format!("; {times}"));
    ctx.say(&format!("{} in {}{said}", plural(rows, "row", "rows"), written.path.display()));
    if ctx.json() {
        let zone = times.map(|_| zone::name(&spec.zone));
        ctx.out_json(&serde_json::json!({ "report": written.path, "rows": rows, "timezone": zone }))?;
    }
    Ok(Exit::Done)
}

/// What was said twice, and not alike.
fn contradiction(args: &Args, json: bool) -> Result<(), AppError> {
    let file = args.output.as_deref().filter(|path| path.as_os_str() != "-");
    let named = |path: &Path| reports::named_form(path).map(|(format, _)| format);
    match (args.format, file) {
        (Some(format), Some(path)) if named(path).is_some_and(|named| named != format) => {
            Err(AppError::usage(format!("`--format {format}` contradicts `-o {}`", path.display()))
                .hint("leave out `--format`, or give the file the ending of its format"))
        }
        (Some(format @ (Format::Csv | Format::Xlsx | Format::Html)), None) if json => {
            let what =
                format!("`--format {format}` contradicts `--json`: stdout carries JSON and nothing else");
            Err(AppError::usage(what).hint("leave one of them out, or write the report to a file: `-o FILE`"))
        }
        (None, None) if json && args.delimiter.is_some() => {
            Err(AppError::usage("`--delimiter` contradicts `--json`: it is for CSV")
                .hint("leave one of them out, or write the table to a file: `-o FILE`"))
        }
        _ => Ok(()),
    }
}

/// A character that can stand between cells.
fn delimiter(text: &str) -> Result<u8, String> {
    match text.as_bytes() {
        b"tab" | b"\\t" | b"\t" => Ok(b'\t'),
        [byte] if byte.is_ascii_punctuation() && !matches!(byte, b'"' | b'\'' | b'+' | b'-' | b'.') => {
            Ok(*byte)
        }
        [b' '] => Ok(b' '),
        _ => {
            Err("one character that doesn't stand in the cells themselves, as `;` or `|`, or `tab`"
                .to_owned())
        }
    }
}
