//! What is said on the command line, and the name that the work gets.

use std::path::{Path, PathBuf};

use crate::campaign::Name;
use crate::cli::choices::ChoiceArgs;
use crate::cli::error::CliError;
use crate::cli::stored::Stored;
use crate::cli::trial::HiddenFaultArgs;
use crate::domain::rate::Rate;

use super::task::Task;

/// Everybody in a spreadsheet instead of one person.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Everybody in a spreadsheet")]
pub struct BulkArgs {
    /// For everybody in this file (CSV, TSV, JSON, NDJSON); run it again to go on where it stopped
    #[arg(long, value_name = "FILE")]
    pub file: Option<PathBuf>,
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
    /// Don't ask
    #[arg(short, long, requires = "file")]
    pub yes: bool,
    /// For those who test.
    #[command(flatten)]
    pub faults: HiddenFaultArgs,
}

impl BulkArgs {
    /// What makes no sense for one person. clap takes no `requires` for whom a conflict rules out.
    pub const ALL: [&str; 6] = ["file", "name", "rate", "report", "sandbox", "yes"];

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
        let stem = file.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
        let plain = |c: char| if c.is_ascii_alphanumeric() || c == '_' { c } else { '-' };
        let name = format!("{}-{}", task.word(), stem.chars().map(plain).collect::<String>());
        // Where little is left of a name in another script, two such files would share an identity.
        let foreign = stem.chars().any(|c| !c.is_ascii() && c.is_alphanumeric());
        match name.trim_end_matches('-').parse() {
            Ok(name) if !foreign && !stem.is_empty() => Ok(name),
            _ => Err(CliError::usage(format!("no name can be made from the file name `{stem}`"))
                .hint("give it one of letters (a–z), digits, - and _ with `--name NAME`")),
        }
    }
}
