//! Which command goes on with a round: `run`, or what began it over a table.

use std::path::Path;

use crate::app::campaign_dir::CampaignDir;
use crate::app::{App, AppError};
use crate::domain::format::quoted;
use crate::domain::round_kind::RoundKind;

/// The command that began what isn't a campaign.
fn began(kind: RoundKind, file: &Path) -> Option<String> {
    let more = if kind == RoundKind::CreateSubscribers { "" } else { " …" };
    let file = quoted(&file.to_string_lossy());
    kind.subscribers_command().map(|command| format!("sendcast subscribers {command} --file {file}{more}"))
}

/// Refuses what is no campaign, to commands that need one. `file` is what it was planned from.
///
/// # Errors
/// Where it was begun otherwise, with the command that goes on with it.
pub fn refuse(kind: RoundKind, file: &Path) -> Result<(), AppError> {
    began(kind, file).map_or(Ok(()), |command| {
        let what = format!("it is no campaign: it was begun by `{command}`");
        Err(AppError::usage(what).hint("give that command again: it goes on where it stopped"))
    })
}

/// The command that goes on with this round, as a hint names it.
#[must_use]
pub fn goes_on(app: &App, campaign_dir: &CampaignDir) -> String {
    let identity = campaign_dir.identity(&*app.disk).ok().flatten();
    let sandbox = if campaign_dir.home.is_sandbox() { " --sandbox" } else { "" };
    match identity.and_then(|identity| began(identity.kind, &identity.path)) {
        Some(command) => format!("`{command}{sandbox}`"),
        None => format!("`sendcast run {}`", campaign_dir.called()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_campaign_is_run_and_nothing_else_is() {
        let file = Path::new("/a b/new.csv");
        assert!(refuse(RoundKind::Campaign, file).is_ok());
        let spaced = began(RoundKind::CreateSubscribers, file);
        assert_eq!(spaced.as_deref(), Some("sendcast subscribers create --file \"/a b/new.csv\""));
        let refused = refuse(RoundKind::AddNotes, file).unwrap_err();
        assert!(refused.message.contains("subscribers add-note --file"), "{}", refused.message);
    }
}
