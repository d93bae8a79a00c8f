//! Whom a campaign leaves out: everybody in a file, whom other campaigns wrote to, who carries a label.
//!
//! Judged when the campaign is planned. In doubt whether another campaign's message arrived, the person is left out.

use std::collections::HashMap;
use std::path::Path;

use crate::app::campaign_dir::CampaignDir;
use crate::app::{App, AppError, phones};
use crate::campaign::{Campaign, Exclude};
use crate::domain::format::plural;
use crate::domain::phone::{Phone, PhoneIdentity};
use crate::domain::status::Status;
use crate::queue::View;
use crate::sys::home::{Home, round_dir};

/// Who may have got a message.
const WRITTEN_TO: [Status; 6] =
    [Status::Sending, Status::Accepted, Status::Sent, Status::Delivered, Status::Read, Status::InDoubt];

/// The people who are left out, each with the first list that names them.
#[derive(Clone, Debug, Default)]
pub struct Exclusions {
    lists: Vec<String>,
    people: HashMap<PhoneIdentity, usize>,
}

impl Exclusions {
    /// Reads what the campaign leaves out.
    ///
    /// # Errors
    /// When a file can't be read, or holds no number; when a campaign was never planned, or its ledger can't be read.
    pub fn of(app: &App, home: &Home, campaign: &Campaign) -> Result<Exclusions, AppError> {
        let mut exclusions = Exclusions::default();
        for exclude in &campaign.audience.selection.exclude {
            match exclude {
                Exclude::File { path, phone, country } => {
                    let country = country.map(|country| country.to_string());
                    exclusions.file(app, path, phone.as_deref(), country.as_deref())?;
                }
                Exclude::Campaign { name, statuses } => exclusions.campaign(app, home, name, statuses)?,
                // Without them the campaign isn't planned.
                Exclude::Labels { labels, carriers } => exclusions.add(
                    format!("labelled {}", labels.join(" or ")),
                    carriers.as_deref().unwrap_or_default().iter().copied(),
                ),
            }
        }
        Ok(exclusions)
    }

    /// The list for whose sake this person is left out.
    #[must_use]
    pub fn list_of(&self, phone: Phone) -> Option<&str> {
        self.people.get(&phone.identity()).and_then(|list| self.lists.get(*list)).map(String::as_str)
    }

    fn file(
        &mut self,
        app: &App,
        path: &Path,
        phone: Option<&str>,
        country: Option<&str>,
    ) -> Result<(), AppError> {
        let found = phones::in_table(path, phone, country)?;
        let name = super::replan::short(&path.display().to_string());
        if let Some(first) = found.bad.first() {
            if found.phones.is_empty() {
                return Err(AppError::usage(format!("`exclude`: {name} holds no usable number: {first}"))
                    .hint("say whose national numbers they are: \"country\": \"IN\" beside the file"));
            }
            let rows = plural(found.bad.len() as u64, "row", "rows");
            app.warn(format!(
                "`exclude`: {rows} of {name} without a usable number; whoever is meant isn't left out: {first}"
            ));
        }
        self.add(format!("in {name}"), found.phones);
        Ok(())
    }

    fn campaign(&mut self, app: &App, home: &Home, name: &str, statuses: &[Status]) -> Result<(), AppError> {
        let Some(campaign_dir) = CampaignDir::find_named(app, home, name)? else {
            return Err(AppError::usage(format!("`exclude`: no campaign called `{name}` has been planned"))
                .hint("`sendcast status` lists them"));
        };
        let statuses = if statuses.is_empty() { &WRITTEN_TO[..] } else { statuses };
        let mut phones = Vec::new();
        for round in 1..=campaign_dir.round {
            let mut view = View::open(app.disk.clone(), &round_dir(&campaign_dir.dir, round))?;
            view.scan(&mut |listed| {
                if statuses.contains(&listed.job.status()) {
                    phones.extend(listed.phone());
                }
                Ok(())
            })?;
        }
        let which = match statuses {
            _ if statuses == WRITTEN_TO => "written to".to_owned(),
            _ => statuses.iter().map(|status| status.word()).collect::<Vec<_>>().join(" or "),
        };
        self.add(format!("{which} by {name}"), phones);
        Ok(())
    }

    fn add(&mut self, list: String, phones: impl IntoIterator<Item = Phone>) {
        let at = self.lists.len();
        self.lists.push(list);
        for phone in phones {
            self.people.entry(phone.identity()).or_insert(at);
        }
    }
}
