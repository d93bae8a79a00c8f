//! What is said on the command line, and the name that the work gets.

use std::path::{Path, PathBuf};

use crate::campaign::{Name, name_of_file};
use crate::cli::choices::ChoiceArgs;
use crate::cli::error::CliError;
use crate::cli::stored::Stored;
use crate::cli::trial::HiddenFaultArgs;
use crate::domain::rate::Rate;

use super::task::Task;

/// Everybody in a table instead of one person.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Everybody in a table")]
pub struct BulkArgs {
    /// For everybody in this file (CSV, TSV, JSON, NDJSON); given again it goes on where it stopped
    #[arg(long, value_name = "FILE")]
    pub file: Option<PathBuf>,
    /// The column that tells who is meant: phone numbers or, of people on the list, `subscriber_id`
    /// [default: the one that looks like it]
    #[arg(long, value_name = "COLUMN", requires = "file")]
    pub phone_column: Option<String>,
    /// What `status`, `pause`, `report`, `resolve` and `erase` know it by [default: made from the file's name]
    #[arg(long, value_name = "NAME", requires = "file")]
    pub name: Option<Name>,
    /// The ceiling: `20/s`, `600/m`, `1000/h` or `max` [default: 20/s]
    #[arg(long, value_name = "RATE", requires = "file")]
    pub rate: Option<Rate>,
    /// Where to write the report [default: `NAME.report.csv` in the working directory]
    #[arg(long, value_name = "FILE", requires = "file")]
    pub report: Option<PathBuf>,
    /// In the imitation of the API: nothing reaches Sendwo
    #[arg(long, requires = "file")]
    pub sandbox: bool,
    /// Don't ask whether to do it
    #[arg(short, long, requires = "file")]
    pub yes: bool,
    /// Leave out those who are gone from the file, also where that looks like an accident
    #[arg(long, requires = "file")]
    pub accept_removals: bool,
    /// For those who test.
    #[command(flatten)]
    pub faults: HiddenFaultArgs,
}

/// One person on the list, or everybody in a table.
#[derive(Debug, clap::Args)]
#[command(group = clap::ArgGroup::new("who").required(true).args(["id", "file"]))]
pub struct ListedArgs {
    /// The subscriber's id, as `subscribers list` shows it
    #[arg(value_name = "ID", conflicts_with_all = BulkArgs::ALL, conflicts_with = "country")]
    pub id: Option<String>,
    /// ISO code of the country that national numbers in the file belong to
    #[arg(long, value_name = "CODE", requires = "file")]
    pub country: Option<String>,
    /// Everybody in a table.
    #[command(flatten)]
    pub bulk: BulkArgs,
}

impl BulkArgs {
    /// What makes no sense for one person. clap takes no `requires` for whom a conflict rules out.
    pub const ALL: [&str; 8] =
        ["file", "phone_column", "name", "rate", "report", "sandbox", "yes", "accept_removals"];

    /// What stays with it until said otherwise.
    ///
    /// # Errors
    /// When a path can't be made absolute.
    pub fn said(&self) -> Result<Stored, CliError> {
        ChoiceArgs { rate: self.rate, report: self.report.clone(), ..ChoiceArgs::default() }.said()
    }

    /// The name it was given, or one made from what is done and the file's name.
    ///
    /// # Errors
    /// When the file's name doesn't lend itself to that.
    pub fn named(&self, file: &Path, task: &Task) -> Result<Name, CliError> {
        if let Some(name) = &self.name {
            return Ok(name.clone());
        }
        let of_file = name_of_file(file).ok();
        of_file.and_then(|name| format!("{}-{name}", task.word()).parse().ok()).ok_or_else(|| {
            let stem = file.file_stem().unwrap_or_default().to_string_lossy();
            CliError::usage(format!("no name can be made from the file name `{stem}`"))
                .hint("give it one of letters (a–z), digits, - and _ with `--name NAME`")
        })
    }
}
