//! The command line as clap reads it. clap's structs stop at the settings: nothing below `cli` sees them.

use std::path::PathBuf;
use std::time::Duration;

use clap::{ArgAction, Args, Parser};

use crate::app::account::TrialOptions;
use crate::app::claims::ClaimAnswers;
use crate::app::options::choices::MAX_CONCURRENCY;
use crate::app::options::{Choices, Zone};
use crate::campaign::delimiter;
use crate::campaign::duration::Span;
use crate::campaign::tables::TableOptions;
use crate::cli::commands::Command;
use crate::cli::completion;
use crate::domain::phone::Country;
use crate::domain::rate::Rate;
use crate::sandbox::FaultPlan;
use crate::ui::ColorWhen;

/// Sends WhatsApp campaigns through Sendwo: nobody is written to twice, nobody is lost, doubt is listed
/// exactly, the pace is never exceeded.
#[derive(Debug, Parser)]
#[command(name = "sendcast", version = env!("SENDCAST_VERSION"), max_term_width = 100, arg_required_else_help = true)]
#[command(
    after_help = "Examples:\n  sendcast init diwali\n  sendcast run diwali/first-campaign.json --sandbox    \
                        # nothing reaches WhatsApp\n\nExit codes: 0 settled, nobody failed · 1 could not run · \
                        2 wrong usage, or a campaign that can't run · 3 some failed · 4 some in doubt · \
                        5 stopped · 6 incomplete (limit, pause or cancel) · 130, 143 interrupted. All but 2 can be run again."
)]
pub struct Cli {
    /// Options everywhere.
    #[command(flatten)]
    pub global: GlobalArgs,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// Options that every command takes.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Options everywhere")]
pub struct GlobalArgs {
    /// Where campaigns, numbers and the opt-out list are kept [default: the platform's data directory]
    #[arg(long, global = true, value_name = "DIR", env = "SENDCAST_DATA_DIR", hide_env_values = true)]
    pub data_dir: Option<PathBuf>,
    /// The API's address [default: Sendwo, `https://login.sendwo.com/api/v1`]
    #[arg(long, global = true, value_name = "URL", env = "SENDWO_BASE_URL", hide_env_values = true)]
    pub base_url: Option<String>,
    /// A file that holds the API token and that only you can read (else SENDWO_API_TOKEN, else `login`)
    #[arg(long, global = true, value_name = "FILE")]
    pub token_file: Option<PathBuf>,
    /// The time zone of what people read: `Asia/Kolkata`, `UTC`, `+05:30` [default: the machine's]
    #[arg(long, global = true, value_name = "ZONE")]
    pub timezone: Option<Zone>,
    /// Results as JSON on stdout, and nothing else there
    #[arg(long, global = true)]
    pub json: bool,
    /// Tell more on stderr; twice for everything
    #[arg(short, long, global = true, action = ArgAction::Count)]
    pub verbose: u8,
    /// Only results and errors
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub quiet: bool,
    /// When to use colours
    #[arg(long, global = true, value_name = "WHEN", value_enum, default_value_t = ColorWhen::Auto)]
    pub color: ColorWhen,
}

/// Names a campaign.
#[derive(Args, Clone, Debug)]
pub struct CampaignArgs {
    /// The campaign: its file, or its name once it has been planned
    #[arg(value_name = "CAMPAIGN", add = completion::campaigns())]
    pub campaign: String,
    /// The trial's ledger, not the real one
    #[arg(long)]
    pub sandbox: bool,
}

/// What changes how a campaign's file is read, for the commands that look at it before it is sent.
#[derive(Args, Clone, Debug, Default)]
pub struct SourceArgs {
    /// Send to the people in this file instead; `-` is standard input
    #[arg(long, value_name = "FILE")]
    pub audience: Option<PathBuf>,
    /// Send from this phone number id; several share the recipients
    #[arg(long, value_name = "ID", value_delimiter = ',')]
    pub from: Vec<String>,
    /// How the table is read.
    #[command(flatten)]
    pub reading: ReadingArgs,
}

/// How a table is read, where it isn't recognised.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Reading the table")]
pub struct ReadingArgs {
    /// The column with the phone numbers
    #[arg(long, value_name = "COLUMN")]
    pub phone: Option<String>,
    /// The column with the messages, of a spreadsheet that is the campaign
    #[arg(long, value_name = "COLUMN")]
    pub message: Option<String>,
    /// How the file is read.
    #[command(flatten)]
    pub file: FileArgs,
}

/// How a file with a table is read, where it isn't recognised as its owner means it.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Reading the table")]
pub struct FileArgs {
    /// ISO code of the country that national numbers belong to; it also helps to recognise an old encoding
    #[arg(long, value_name = "CC")]
    pub country: Option<Country>,
    /// The worksheet [default: the first one that holds a table with phone numbers]
    #[arg(long, value_name = "NAME")]
    pub sheet: Option<String>,
    /// The file's encoding, such as `windows-1252`, `MacRoman` or `cp850` [default: recognised]
    #[arg(long, value_name = "NAME")]
    pub encoding: Option<String>,
    /// What stands between cells: one character, or `tab` [default: recognised]
    #[arg(long, value_name = "C", value_parser = delimiter)]
    pub delimiter: Option<char>,
    /// The row that holds the column names, from 1 [default: found by what stands below it]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub header_row: Option<u32>,
}

impl FileArgs {
    /// As the tables take it.
    #[must_use]
    pub fn options(&self) -> TableOptions {
        let FileArgs { country, sheet, encoding, delimiter, header_row } = self.clone();
        TableOptions { sheet, encoding, delimiter, header_row, country }
    }
}

impl SourceArgs {
    /// As the use cases take it.
    #[must_use]
    pub fn choices(&self) -> Choices {
        Choices {
            audience: self.audience.clone(),
            from: self.from.clone(),
            phone: self.reading.phone.clone(),
            message: self.reading.message.clone(),
            reading: self.reading.file.options(),
            ..Choices::default()
        }
    }
}

/// The choices that a run takes and that stay with the campaign.
#[derive(Args, Clone, Debug, Default)]
pub struct ChoiceArgs {
    /// Where people and numbers come from.
    #[command(flatten)]
    pub source: SourceArgs,
    /// The ceiling for each number: `20/s`, `600/m`, `1000/h` or `max` [default: 20/s]
    #[arg(long, value_name = "RATE")]
    pub rate: Option<Rate>,
    /// How long to follow deliveries after the last send; `0` for not at all [default: 10m]
    #[arg(long, value_name = "DURATION")]
    pub track: Option<Span>,
    /// Messages in flight at most [default: 64]
    #[arg(long, value_name = "N", value_parser = concurrency)]
    pub concurrency: Option<usize>,
    /// Where to write the report [default: `NAME.report.csv` in the working directory]
    #[arg(long, value_name = "FILE")]
    pub report: Option<PathBuf>,
}

fn concurrency(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(n) if (1..=MAX_CONCURRENCY).contains(&n) => Ok(n),
        _ => Err(format!("write a number from 1 to {MAX_CONCURRENCY}")),
    }
}

impl ChoiceArgs {
    /// As the use cases take it.
    #[must_use]
    pub fn choices(&self) -> Choices {
        let ChoiceArgs { source, rate, track, concurrency, report } = self;
        let (rate, track, concurrency) = (*rate, *track, *concurrency);
        Choices { rate, track, concurrency, report: report.clone(), ..source.choices() }
    }
}

/// Whose ledger a file goes on with, said beforehand.
#[derive(Args, Clone, Copy, Debug, Default)]
pub struct ClaimArgs {
    /// The file goes on with the ledger of a campaign that was planned under another name or path
    #[arg(long, conflicts_with = "new")]
    pub adopt: bool,
    /// The file is a new campaign, whatever it has in common with one that was planned before
    #[arg(long)]
    pub new: bool,
}

impl From<ClaimArgs> for ClaimAnswers {
    fn from(args: ClaimArgs) -> ClaimAnswers {
        ClaimAnswers { adopt: args.adopt, new: args.new }
    }
}

/// Things that can be made to go wrong in the imitation of the API.
#[derive(Args, Clone, Debug, Default)]
pub struct FaultArgs {
    /// What goes wrong, with commas between: `reset-after=5%`, `500=2%`, `hang=1%`, `429:5s=3x`,
    /// `latency:20ms-200ms`, `code:131026@919876543210`, `limit:80/s`
    #[arg(long, value_name = "LIST")]
    pub faults: Option<FaultPlan>,
    /// The seed of all chance
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub seed: u64,
}

/// The same for `run --sandbox`, out of sight, and what else is only for those who test.
#[derive(Args, Clone, Debug, Default)]
pub struct HiddenFaultArgs {
    #[arg(long, value_name = "LIST", hide = true, requires = "sandbox")]
    faults: Option<FaultPlan>,
    #[arg(long, value_name = "N", default_value_t = 1, hide = true)]
    seed: u64,
    /// How long to wait for an answer; from then on the message is in doubt.
    #[arg(long, value_name = "DURATION", value_parser = timeout, hide = true)]
    timeout: Option<Duration>,
}

fn timeout(text: &str) -> Result<Duration, String> {
    match text.parse() {
        Ok(Span(timeout)) if !timeout.is_zero() => Ok(timeout),
        Ok(_) => Err("a request takes some time".to_owned()),
        Err(error) => Err(error.to_string()),
    }
}

impl From<FaultArgs> for TrialOptions {
    fn from(args: FaultArgs) -> TrialOptions {
        TrialOptions { faults: args.faults.unwrap_or_default(), seed: args.seed, timeout: None }
    }
}

impl From<HiddenFaultArgs> for TrialOptions {
    fn from(args: HiddenFaultArgs) -> TrialOptions {
        let HiddenFaultArgs { faults, seed, timeout } = args;
        TrialOptions { faults: faults.unwrap_or_default(), seed, timeout }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_in_flight_is_bounded() {
        assert!(concurrency("0").is_err() && concurrency("2000").is_err() && concurrency("64").is_ok());
    }
}
