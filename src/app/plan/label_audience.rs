//! Campaigns over labels: the account's subscribers, put into a table that the planner reads like any other, so that what
//! holds for an edited file holds for them. The table goes once it is planned; the plan keeps who they were.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::{Map, Value};

use crate::app::account::Labels;
use crate::app::account::TrialOptions;
use crate::app::account::pages;
use crate::app::account::{Account, Reached};
use crate::app::open::Source;
use crate::app::{App, AppError};
use crate::campaign::Campaign;
use crate::queue::local::remove_if_empty;
use crate::sendwo::{Client, Subscriber, Transport};
use crate::sys::disk::{DiskFile, SharedDisk, if_there};

/// A list that nobody has written to for so long was left by a killed process.
const STALE_AFTER: Duration = Duration::from_secs(3600);
/// Bytes that are collected before they are written.
const BUFFER_BYTES: usize = 256 * 1024;

/// The list that a campaign reads. It is gone with this: the plan keeps who they were.
#[derive(Debug)]
pub struct List {
    disk: SharedDisk,
    dir: PathBuf,
    path: PathBuf,
}

impl Drop for List {
    fn drop(&mut self) {
        let _ = self.disk.remove_file(&self.path);
        let _ = remove_if_empty(&*self.disk, &self.dir);
    }
}

/// Asks the account who carries the campaign's labels, where it names labels, and has the campaign read them. They lie
/// in `dir`, the campaign's own, for as long as what comes back is held.
///
/// # Errors
/// When a label is unknown (exit 2), the account can't be asked, or the disk says no.
pub async fn list<T: Transport>(
    app: &App,
    client: &Client<T>,
    campaign: &mut Campaign,
    dir: &Path,
) -> Result<Option<List>, AppError> {
    let Some(labels) = campaign.labels() else { return Ok(None) };
    let known = Labels::of(app, client).await?;
    // Subscribers name their labels; a label without a name is found on nobody.
    let wanted: Vec<String> = known.named(labels)?.iter().filter_map(|label| label.name.clone()).collect();
    let mut table = Writing::start(app, dir)?;
    let pages = client.subscribers().all();
    let mut written = Ok(());
    pages::each(app, "subscribers", pages, |subscriber| {
        if written.is_ok() && wanted.iter().any(|label| subscriber.carries(label)) {
            written = table.push(&subscriber);
        }
    })
    .await?;
    written?;
    let list = table.finish()?;
    campaign.listed(list.path.clone());
    Ok(Some(list))
}

/// What came of asking the account before planning. The client is the one to go on with: a trial's imitation ends
/// with it.
#[derive(Debug, Default)]
pub struct Asked {
    /// The account, where it was asked.
    pub reached: Option<Reached>,
    /// Who carries the campaign's labels.
    pub list: Option<List>,
}

/// Has a campaign over labels read who carries them. `dir` is the campaign's own; a trial keeps its account in `trial`, or
/// nowhere.
///
/// # Errors
/// As for [`list`].
pub async fn ask(
    app: &App,
    account: &Account,
    campaign: &mut Campaign,
    (dir, trial): (&Path, Option<&Path>),
    options: &TrialOptions,
) -> Result<Asked, AppError> {
    if !campaign.is_unlisted() {
        return Ok(Asked::default());
    }
    let reached = account.reach(app, trial, options)?;
    let list = list(app, &reached.client, campaign, dir).await?;
    Ok(Asked { reached: Some(reached), list })
}

/// The same for a run. Where nobody is asked, or the account can't be, a plan that there is goes on as it was frozen.
///
/// # Errors
/// As for [`list`], where nothing was planned yet.
pub async fn ask_for_run(
    app: &App,
    account: &Account,
    source: &mut Source,
    offline: bool,
    options: &TrialOptions,
) -> Result<Asked, AppError> {
    let (dir, planned) = (source.dir(), source.campaign_dir.is_some());
    match &mut source.campaign {
        Some(campaign) if account.is_trial() || !offline => {
            match ask(app, account, campaign, (&dir, Some(&dir)), options).await {
                Err(error) if planned && !error.is_usage() => {
                    app.warn(error.message);
                    Ok(Asked::default())
                }
                asked => asked,
            }
        }
        _ => Ok(Asked::default()),
    }
}

/// The table as it is written: an object a line.
struct Writing {
    list: List,
    file: Box<dyn DiskFile>,
    at: u64,
    buffer: Vec<u8>,
}

impl Writing {
    fn start(app: &App, dir: &Path) -> Result<Writing, AppError> {
        let failed = |error| AppError::disk("write", dir, &error);
        app.disk.create_dir_all(dir).map_err(failed)?;
        remove_stale(app, dir);
        let path = dir.join(format!("audience-{}-{:08x}.ndjson", std::process::id(), fastrand::u32(..)));
        let file = app.disk.create_new(&path).map_err(failed)?;
        let list = List { disk: app.disk.clone(), dir: dir.to_owned(), path };
        Ok(Writing { list, file, at: 0, buffer: Vec::new() })
    }

    fn push(&mut self, subscriber: &Subscriber) -> Result<(), AppError> {
        serde_json::to_writer(&mut self.buffer, &row(subscriber))
            .map_err(|error| AppError::disk("write", &self.list.path, &error.into()))?;
        self.buffer.push(b'\n');
        if self.buffer.len() >= BUFFER_BYTES { self.drain() } else { Ok(()) }
    }

    fn drain(&mut self) -> Result<(), AppError> {
        let written = self.file.write_at(self.at, &self.buffer);
        written.map_err(|error| AppError::disk("write", &self.list.path, &error))?;
        self.at += self.buffer.len() as u64;
        self.buffer.clear();
        Ok(())
    }

    fn finish(mut self) -> Result<List, AppError> {
        self.drain()?;
        Ok(self.list)
    }
}

/// A subscriber as a row: the documented fields under their names, then whatever else Sendwo tells.
fn row(subscriber: &Subscriber) -> Map<String, Value> {
    let Subscriber { id, first_name, last_name, phone, labels, other } = subscriber;
    let mut row = Map::new();
    let mut put = |name: &str, value: Option<&str>| {
        row.insert(name.to_owned(), value.map_or(Value::Null, Value::from));
    };
    put("subscriber_id", id.as_ref().map(|id| id.as_str()));
    put("first_name", first_name.as_deref());
    put("last_name", last_name.as_deref());
    put("phone_number", phone.map(|phone| phone.digits()).as_deref());
    put("labels", Some(&labels.join(", ")));
    for (name, value) in other {
        // A number that is masked is shown as it came, in the row that can't be sent to.
        let known = row.get(name).is_some_and(|value| !value.is_null());
        if !known && !value.is_object() && !value.is_array() {
            row.insert(name.clone(), value.clone());
        }
    }
    row
}

fn remove_stale(app: &App, dir: &Path) {
    for path in if_there(app.disk.list(dir)).ok().flatten().unwrap_or_default() {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let age = std::fs::metadata(&path).and_then(|meta| meta.modified()).map(|at| at.elapsed());
        if name.starts_with("audience-")
            && name.ends_with(".ndjson")
            && matches!(age, Ok(Ok(age)) if age > STALE_AFTER)
        {
            let _ = app.disk.remove_file(&path);
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::domain::ids::SubscriberId;
    use crate::domain::phone::Phone;

    #[test]
    fn a_subscriber_is_a_row() {
        let subscriber = Subscriber {
            id: Some(SubscriberId::new("501")),
            first_name: Some("Amit".into()),
            phone: Phone::from_digits("919876543210"),
            labels: vec!["Lead".into(), "Ecommerce".into()],
            other: [("city".to_owned(), json!("Pune")), ("tags".to_owned(), json!([1]))]
                .into_iter()
                .collect(),
            ..Subscriber::default()
        };
        assert_eq!(
            Value::Object(row(&subscriber)),
            json!({"subscriber_id": "501", "first_name": "Amit", "last_name": null,
                "phone_number": "919876543210", "labels": "Lead, Ecommerce", "city": "Pune"})
        );
        let masked = Subscriber {
            other: [("phone_number".to_owned(), json!("+91 98765 XXXXX"))].into_iter().collect(),
            ..Subscriber::default()
        };
        assert_eq!(row(&masked)["phone_number"], "+91 98765 XXXXX");
    }
}
