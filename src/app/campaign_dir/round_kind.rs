//! Which command goes on with a round: `run`, or what began it over a table. The round tells by the path it is known by.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use crate::app::campaign_dir::CampaignDir;
use crate::app::{App, AppError};
use crate::domain::format::quoted;
use crate::sys::platform;

/// `subscribers create`
pub const CREATE: &str = "create";
/// `subscribers assign-labels`
pub const ASSIGN_LABELS: &str = "assign-labels";
/// `subscribers add-note`
pub const ADD_NOTE: &str = "add-note";

/// What `subscribers` does for each row of a table.
const COMMANDS: [&str; 3] = [CREATE, ASSIGN_LABELS, ADD_NOTE];

/// What a ledger is known by that `subscribers COMMAND --file FILE` begins: a campaign may be planned from the same file.
#[must_use]
pub fn mark(file: &Path, command: &str) -> PathBuf {
    let mut path = OsString::from(platform::real_path(file));
    path.push(format!("#{command}"));
    PathBuf::from(path)
}

/// The file that stands behind a path by which a ledger is known.
#[must_use]
pub fn file(path: &Path) -> &Path {
    match path.to_str().and_then(|text| text.rsplit_once('#')) {
        Some((file, command)) if COMMANDS.contains(&command) && !path.is_file() => Path::new(file),
        _ => path,
    }
}

/// The word of the command that began what is known by this path; `None` for a campaign.
#[must_use]
pub fn command(path: &Path) -> Option<&str> {
    let (_, command) = path.to_str()?.rsplit_once('#')?;
    COMMANDS.contains(&command).then_some(command).filter(|_| !path.is_file())
}

/// The command that began what is known by this path; `None` for a campaign.
fn began(path: &Path) -> Option<String> {
    if path.is_file() {
        return None;
    }
    let text = path.to_string_lossy();
    let (file, command) = text.rsplit_once('#')?;
    let more = if command == CREATE { "" } else { " …" };
    COMMANDS
        .contains(&command)
        .then(|| format!("sendcast subscribers {command} --file {}{more}", quoted(file)))
}

/// Refuses what is no campaign, to commands that need one.
///
/// # Errors
/// Where it was begun otherwise, with the command that goes on with it.
pub fn refuse(path: &Path) -> Result<(), AppError> {
    began(path).map_or(Ok(()), |command| {
        let what = format!("it is no campaign: it was begun by `{command}`");
        Err(AppError::usage(what).hint("give that command again: it goes on where it stopped"))
    })
}

/// The command that goes on with this ledger, as a hint names it.
#[must_use]
pub fn goes_on(app: &App, campaign_dir: &CampaignDir) -> String {
    let path = campaign_dir.identity(&*app.disk).ok().flatten().map(|identity| identity.path);
    let sandbox = if campaign_dir.home.is_sandbox() { " --sandbox" } else { "" };
    match path.as_deref().and_then(began) {
        Some(command) => format!("`{command}{sandbox}`"),
        None => format!("`sendcast run {}`", campaign_dir.called()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_campaign_is_run_and_nothing_else_is() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("new.csv#create");
        let marked = mark(&dir.path().join("new.csv"), "add-note");
        assert!(refuse(Path::new("/a/offer.json")).is_ok() && refuse(Path::new("/a/b#c")).is_ok());
        let spaced = began(&mark(Path::new("/a b/new.csv"), "create"));
        assert_eq!(spaced.as_deref(), Some("sendcast subscribers create --file \"/a b/new.csv\""));
        let refused = refuse(&marked).unwrap_err();
        assert!(refused.message.contains("subscribers add-note --file"), "{}", refused.message);
        assert!(refuse(&file).is_err());
        std::fs::write(&file, "to,message\n").unwrap();
        assert!(refuse(&file).is_ok(), "a file may be called so");
    }
}
