//! A campaign in the making, and what comes of it.

use std::path::{Path, PathBuf};

use serde_json::{Map, Value, json};

use crate::app::{App, FirstMessage};
use crate::campaign::profile::{Column, Guess};
use crate::campaign::{Campaign, CampaignError, PlanOptions, Planner, starter};
use crate::domain::format::{count, plural};
use crate::domain::payload::Payload;
use crate::domain::phone::{self, Country, PhoneError, Rules};
use crate::domain::plan::{Fate, SkipCause};
use crate::domain::schedule::{Hours, Start};

/// So many national numbers are kept, to see of which country they may be.
const MAX_NATIONAL_KEPT: usize = 1_000;

/// The people of a campaign.
#[derive(Clone, Debug)]
pub(super) enum People {
    /// The starter's.
    Sample,
    /// Those of a spreadsheet, by its absolute path.
    File(PathBuf),
}

/// A campaign in the making.
#[derive(Clone, Debug)]
pub(super) struct Draft {
    /// Where its file is going to stand.
    pub path: PathBuf,
    pub name: String,
    pub from: String,
    pub people: People,
    pub phone: Option<String>,
    pub country: Option<Country>,
    pub body: String,
    pub hours: Option<Hours>,
    pub start: Option<Start>,
}

/// What a draft comes to.
#[derive(Clone, Debug, Default)]
pub(super) struct Planned {
    /// The column that the phone numbers are taken from.
    pub phone: String,
    pub rows: u64,
    pub good: u64,
    pub bad: u64,
    pub duplicates: u64,
    /// The first message that would be sent.
    pub first: Option<FirstMessage>,
    /// Why the first bad row is.
    pub problem: Option<String>,
    /// Numbers that are skipped because nobody says of which country they are; not all of many.
    pub national: Vec<String>,
}

impl Draft {
    /// The campaign file.
    pub fn text(&self, audience: &str) -> String {
        let mut text = format!("{:#}", self.json(json!({ "file": audience })));
        text.push('\n');
        text
    }

    fn json(&self, mut audience: Value) -> Value {
        if let Some(phone) = &self.phone {
            audience["phone"] = json!(phone);
        }
        if let Some(country) = self.country {
            audience["country"] = json!(country.code());
        }
        let mut file = json!({
            "name": self.name, "from": self.from, "audience": audience,
            "message": { "type": "text", "body": self.body },
        });
        let mut schedule = Map::new();
        schedule.extend(self.start.map(|start| ("start".to_owned(), json!(start))));
        schedule.extend(self.hours.map(|hours| ("hours".to_owned(), json!(hours))));
        if !schedule.is_empty() {
            file["schedule"] = Value::Object(schedule);
        }
        file["rate"] = json!("20/s");
        file["track"] = json!("10m");
        file
    }

    /// Plans it as `run` would, from the first row to the last.
    ///
    /// # Errors
    /// Why it can't run.
    pub fn plan(&self, app: &App) -> Result<Planned, CampaignError> {
        let audience = match &self.people {
            People::File(path) => json!({ "file": path }),
            People::Sample => json!({ "recipients": sample() }),
        };
        let campaign = Campaign::parse(&self.path, &self.json(audience).to_string())?;
        let reading = app.reading();
        let planner =
            Planner::new(&campaign, PlanOptions { without_sender: true, ..PlanOptions::default() })?;
        let mut planned = Planned { phone: planner.phone_column().to_owned(), ..Planned::default() };
        for row in planner {
            let row = row?;
            planned.rows += 1;
            reading.rows(planned.rows);
            match row.fate {
                Fate::Send(Payload::Message(message)) => {
                    planned.good += 1;
                    if let Some(to) = row.phone.filter(|_| planned.first.is_none()) {
                        planned.first = Some(FirstMessage { variant: None, to, message });
                    }
                }
                Fate::Skip { cause: SkipCause::Duplicate, .. } => planned.duplicates += 1,
                Fate::Skip { problem, .. } => {
                    planned.bad += 1;
                    planned.problem.get_or_insert_with(|| match row.row {
                        Some(number) => format!("row {number}: {problem}"),
                        None => problem.to_string(),
                    });
                    let national = row.phone.is_none()
                        && self.country.is_none()
                        && matches!(phone::parse(&row.to, Rules::default()), Err(PhoneError::NeedsCountry));
                    if national && planned.national.len() < MAX_NATIONAL_KEPT {
                        planned.national.push(row.to.to_string());
                    }
                }
                Fate::Send(Payload::SubscriberAction(_)) => {}
            }
        }
        Ok(planned)
    }
}

impl Planned {
    /// `960 of 1,000 rows can be sent, 25 bad, 15 duplicates (row 29: …)`
    pub fn sentence(&self) -> String {
        let mut text = format!("{} of {} can be sent", count(self.good), plural(self.rows, "row", "rows"));
        for (n, what) in [(self.bad, "bad"), (self.duplicates, "of numbers that stand in it before")] {
            if n > 0 {
                text.push_str(&format!(", {} {what}", count(n)));
            }
        }
        if let Some(problem) = &self.problem {
            text.push_str(&format!(" ({problem})"));
        }
        text
    }
}

/// The message to begin with, over columns that are there.
#[must_use]
pub fn offered(columns: &[Column]) -> String {
    let named = |guess| columns.iter().find(|column| column.guess == guess && !column.variable.is_empty());
    if columns.iter().any(|column| column.variable == "message") {
        return "{{ message }}".to_owned();
    }
    let whom = match named(Guess::FirstName).or_else(|| named(Guess::Name)) {
        Some(column) => format!("{{{{ {} | default('there') }}}}", column.variable),
        None => "there".to_owned(),
    };
    format!("Hi {whom}, thank you for writing to us. 20% off your next order till Sunday.")
}

/// The starter's people, a list.
fn sample() -> Vec<Map<String, Value>> {
    let mut lines = starter::AUDIENCE.lines().map(|line| line.split(','));
    let header: Vec<&str> = lines.next().map(Iterator::collect).unwrap_or_default();
    lines
        .map(|cells| header.iter().zip(cells).map(|(name, cell)| ((*name).to_owned(), json!(cell))).collect())
        .collect()
}

/// What the starter's columns are called in a template.
pub(super) fn sample_columns() -> Vec<Column> {
    let mut profiler = crate::campaign::profile::Profiler::new(
        &starter::AUDIENCE
            .lines()
            .next()
            .unwrap_or_default()
            .split(',')
            .map(str::to_owned)
            .collect::<Vec<_>>(),
    );
    for row in starter::AUDIENCE.lines().skip(1) {
        profiler.add(&row.split(',').map(Into::into).collect::<Vec<_>>(), &[]);
    }
    profiler.columns()
}

/// Whether a campaign's path can be written into it.
pub(super) fn is_text(path: &Path) -> bool {
    path.to_str().is_some()
}
