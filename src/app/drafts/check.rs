//! The check of a draft: that of every campaign, and a note that it was done.

use sha2::{Digest, Sha256};

use super::Draft;
use super::notes::Notes;
use super::object::Object;
use crate::app::check::{CheckRequest, Examined, examine};
use crate::app::options::Choices;
use crate::app::plan::SkippedRow;
use crate::app::{App, AppError};
use crate::campaign::starter;
use crate::domain::hex::hex;

/// Keys that say from where, when and how fast: who gets what isn't changed by them.
const OF_SENDING: [&str; 10] =
    ["from", "rate", "daily", "priority", "schedule", "canary", "guard", "retry", "track", "rates"];

impl Draft {
    /// Everything short of sending, as `check::examine` finds it; `skipped` is called for each row that would be. Where nobody
    /// is named to send yet, `Examined::from` names a number that is none, and the account isn't asked. Where somebody would be
    /// sent to, the step counts as done until people or message are changed.
    ///
    /// # Errors
    /// When the campaign can't be read or planned, or what `skipped` says; the disk's.
    pub async fn check(
        &self,
        app: &App,
        offline: bool,
        skipped: &mut dyn FnMut(&str, SkippedRow) -> Result<(), AppError>,
    ) -> Result<Examined, AppError> {
        let text = self.as_file(app)?;
        let campaign = self.parsed(&text).map_err(|error| self.told(app, error))?;
        self.refuse_links(&campaign)?;
        let nobody = campaign.from.is_empty() && campaign.from_column.is_none();
        let from = if nobody { vec![starter::SENDER.to_owned()] } else { Vec::new() };
        let choices = Choices { from, ..Choices::default() };
        let request =
            CheckRequest { campaign: self.source(), choices, offline: offline || nobody, sandbox: false };
        let notes = Notes::load(app, &self.dir)?;
        let file = self.people_called(&campaign, &notes);
        let mut renamed = |source: &str, row: SkippedRow| skipped(file.as_deref().unwrap_or(source), row);
        let mut examined = examine(app, &request, &mut renamed).await?;
        examined.file = file.clone().unwrap_or(examined.file);
        let _guard = self.lock(app)?;
        let mut notes = Notes::load(app, &self.dir)?;
        // What was changed while it was looked at wasn't looked at.
        let checked = fingerprint(&text).filter(|_| examined.findings.good > 0 && examined.damage.is_none());
        if notes.checked != checked {
            notes.checked = checked;
            notes.save(app, &self.dir)?;
        }
        Ok(examined)
    }
}

/// Of whom a campaign file names and with what; `None` where it is no object.
pub(super) fn fingerprint(text: &str) -> Option<String> {
    let object = Object::read(text).ok()?;
    let mut hash = Sha256::new();
    for (key, value) in object.iter().filter(|(key, _)| !OF_SENDING.contains(key)) {
        hash.update(format!("{key}\0{value}\0"));
    }
    Some(hex(&hash.finalize()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_says_who_gets_what_is_in_it() {
        let of = |text: &str| fingerprint(text).unwrap();
        let text =
            r#"{"name": "x", "audience": {"file": "a.csv"}, "message": {"type": "text", "body": "Hi"}}"#;
        let later = text.replace("\"name\"", "\"from\": \"1\", \"daily\": 5, \"rate\": \"1/s\", \"name\"");
        assert_eq!(of(text), of(&later));
        for (old, new) in
            [("a.csv", "b.csv"), ("Hi", "Ho"), ("\"x\"", "\"y\""), ("\"name\"", "\"cap\": {}, \"name\"")]
        {
            assert_ne!(of(text), of(&text.replace(old, new)), "{old}");
        }
        assert_eq!(fingerprint("[]"), None);
    }
}
