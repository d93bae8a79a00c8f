//! Whom a campaign leaves out: everybody in a file, whom other campaigns wrote to, who carries a label; and who was forgotten
//! in one of these campaigns, or in this round.
//!
//! Judged when the campaign is planned. In doubt whether another campaign's message arrived, the person is left out: also
//! where they were forgotten since, and nobody knows any more what they got.

use std::collections::HashMap;
use std::path::Path;

use crate::app::campaign_dir::CampaignDir;
use crate::app::{App, AppError, phones};
use crate::campaign::{Campaign, Exclude};
use crate::domain::format::plural;
use crate::domain::phone::{Phone, PhoneIdentity};
use crate::domain::status::Status;
use crate::queue::View;
use crate::queue::local::Forgotten;
use crate::sys::home::{Home, round_dir};

/// Who may have got a message.
const WRITTEN_TO: [Status; 6] =
    [Status::Sending, Status::Accepted, Status::Sent, Status::Delivered, Status::Read, Status::InDoubt];

/// The people who are left out, each with the first list that names them.
#[derive(Clone, Debug, Default)]
pub struct Exclusions {
    lists: Vec<String>,
    people: HashMap<PhoneIdentity, usize>,
    /// Of each round that it goes by, where there are any.
    forgotten: Vec<(Forgotten, usize)>,
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
        let listed = self.people.get(&phone.identity()).copied();
        let forgotten =
            || self.forgotten.iter().find(|(forgotten, _)| forgotten.has(phone)).map(|(_, list)| *list);
        listed.or_else(forgotten).and_then(|list| self.lists.get(list)).map(String::as_str)
    }

    /// With those who were forgotten in the round in `dir`, where there is one that is planned again.
    ///
    /// # Errors
    /// The disk's; where it isn't known who they are.
    pub fn with_forgotten(mut self, app: &App, dir: Option<&Path>) -> Result<Exclusions, AppError> {
        dir.map_or(Ok(()), |dir| self.forgotten_in(app, dir, "forgotten in this round"))?;
        Ok(self)
    }

    fn forgotten_in(&mut self, app: &App, dir: &Path, list: &str) -> Result<(), AppError> {
        if let Some(forgotten) = Forgotten::load(&*app.disk, dir)? {
            self.forgotten.push((forgotten, self.lists.len()));
            self.lists.push(list.to_owned());
        }
        Ok(())
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
            let dir = round_dir(&campaign_dir.dir, round);
            self.forgotten_in(app, &dir, &format!("forgotten in {name}"))?;
            let mut view = View::open(app.disk.clone(), &dir)?;
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
