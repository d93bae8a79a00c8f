//! What a shell offers at TAB. Its script, which [`register`] writes, asks this binary with the words so far; [`answer`]
//! answers. Reads the data directory, changes nothing, and asks the network nothing.

use std::env;
use std::ffi::{OsStr, OsString};
use std::io::{self, Write};
use std::path::PathBuf;

use clap::{CommandFactory, ValueEnum};
use clap_complete::engine::{CompletionCandidate, PathCompleter, ValueCompleter};
use clap_complete::env::Shells;
use clap_complete::{ArgValueCandidates, ArgValueCompleter, CompleteEnv};

use crate::app::campaign_dir::CampaignDir;
use crate::cli::args::Cli;
use crate::cli::settings;
use crate::domain::status::Status;
use crate::report::Format;
use crate::sys::disk::RealDisk;
use crate::sys::home::Home;

/// Set by a shell's script: then this process only completes.
const VARIABLE: &str = "SENDCAST_COMPLETE";

/// The endings of what can be a campaign.
const CAMPAIGN_FILES: [&str; 11] =
    ["json", "csv", "tsv", "tab", "txt", "xlsx", "xlsm", "xlsb", "xls", "ods", "ndjson"];

/// A shell that can complete.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Shell {
    /// From 4.4 on with candidates in order.
    Bash,
    /// Elvish.
    Elvish,
    /// From 3.0 on.
    Fish,
    /// Windows PowerShell, or PowerShell 7.
    Powershell,
    /// From 5.2 on.
    Zsh,
}

impl Shell {
    fn name(self) -> &'static str {
        match self {
            Shell::Bash => "bash",
            Shell::Elvish => "elvish",
            Shell::Fish => "fish",
            Shell::Powershell => "powershell",
            Shell::Zsh => "zsh",
        }
    }
}

/// Completes, where a shell's script asks for it; whether it did. Goes before everything else: stdout is the shell's.
///
/// # Errors
/// When the script is one of an unknown shell, or stdout can't be written.
pub(super) fn answer() -> Result<bool, clap::Error> {
    CompleteEnv::with_factory(Cli::command)
        .var(VARIABLE)
        .try_complete(env::args_os(), env::current_dir().ok().as_deref())
}

/// Writes a shell's script. It asks the binary that is found as `sendcast`, or the one that was started by its path.
///
/// # Errors
/// When `out` can't be written.
pub(super) fn register(shell: Shell, out: &mut dyn Write) -> io::Result<()> {
    let shells = Shells::builtins();
    let shell = shells.completer(shell.name()).ok_or_else(|| io::Error::other("an unknown shell"))?;
    let started = env::args_os().next().map(PathBuf::from).unwrap_or_else(|| PathBuf::from("sendcast"));
    let completer = match started.components().count() {
        0 | 1 => started,
        _ => std::path::absolute(started)?,
    };
    shell.write_registration(VARIABLE, "sendcast", "sendcast", &completer.to_string_lossy(), out)
}

/// The names of planned campaigns, and files that may be campaigns.
pub(super) fn campaigns() -> ArgValueCompleter {
    ArgValueCompleter::new(|current: &OsStr| {
        let words: Vec<OsString> = env::args_os().collect();
        let starts = |name: &String| current.to_str().is_some_and(|current| name.starts_with(current));
        let names = planned(&words).into_iter().filter(starts).map(CompletionCandidate::new);
        let files = PathCompleter::file().filter(|path| {
            let ending = path.extension().and_then(OsStr::to_str).unwrap_or_default();
            CAMPAIGN_FILES.iter().any(|known| ending.eq_ignore_ascii_case(known))
        });
        names.chain(files.complete(current)).collect()
    })
}

/// The words for a job's state.
pub(super) fn states() -> ArgValueCandidates {
    ArgValueCandidates::new(|| Status::ALL.map(|status| CompletionCandidate::new(status.word())).into())
}

/// The formats that a report comes in.
pub(super) fn report_formats() -> ArgValueCandidates {
    ArgValueCandidates::new(|| Format::ALL.map(|format| CompletionCandidate::new(format.word())).into())
}

/// The campaigns in the data directory that the words so far mean; none where it can't be read.
fn planned(words: &[OsString]) -> Vec<String> {
    let Some(data) = said_data_dir(words).or_else(settings::usual_data_dir) else { return Vec::new() };
    let home = Home::new(data);
    let home = if words.iter().any(|word| word == "--sandbox") { home.sandbox() } else { home };
    let planned = CampaignDir::all(&*RealDisk::shared(), &home).unwrap_or_default();
    planned.into_iter().map(|campaign| campaign.name).collect()
}

/// `--data-dir DIR`, where it is among the words.
fn said_data_dir(words: &[OsString]) -> Option<PathBuf> {
    let at = words.iter().rposition(|word| word == "--data-dir");
    let joined = || words.iter().rev().find_map(|word| word.to_str()?.strip_prefix("--data-dir="));
    let apart = at.and_then(|at| words.get(at + 1)).map(PathBuf::from);
    apart.or_else(|| joined().map(PathBuf::from)).filter(|dir| !dir.as_os_str().is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_data_directory_is_the_one_that_was_said() {
        let said = |words: &str| said_data_dir(&words.split(' ').map(OsString::from).collect::<Vec<_>>());
        assert_eq!(said("sendcast --data-dir /d status"), Some(PathBuf::from("/d")));
        assert_eq!(said("sendcast status --data-dir=/d"), Some(PathBuf::from("/d")));
        assert_eq!(said("sendcast status --data-dir"), None);
        assert_eq!(said("sendcast status"), None);
    }
}
