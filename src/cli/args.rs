//! The command line as clap reads it. clap's structs stop at the settings: nothing below `cli` sees them.

use std::path::PathBuf;

use clap::{ArgAction, Args, Parser};

use crate::campaign::delimiter;
use crate::campaign::tables::TableOptions;
use crate::cli::commands::Command;
use crate::cli::completion;
use crate::cli::zone::Zone;
use crate::domain::phone::Country;
use crate::ui::ColorWhen;

/// Sends WhatsApp campaigns through Sendwo: nobody is written to twice, nobody is lost, doubt is listed
/// exactly, the pace is never exceeded.
#[derive(Debug, Parser)]
#[command(name = "sendcast", version = env!("SENDCAST_VERSION"), max_term_width = 100, arg_required_else_help = true)]
#[command(after_help = "Start with `sendcast init`, then `sendcast run campaigns/welcome.json --sandbox`: \
                        nothing reaches WhatsApp.\n\nExit codes: 0 settled, nobody failed · 1 could not run · \
                        2 wrong usage, or a campaign that can't run · 3 some failed · 4 some in doubt · \
                        5 stopped · 6 unfinished by order · 130, 143 interrupted. All but 2 can be run again.")]
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
