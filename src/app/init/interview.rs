//! One question after the other: people, message, number, schedule. A wrong answer is told why, and asked for again.

use std::path::Path;

use crate::app::account;
use crate::app::init::draft::{self, Draft, People};
use crate::app::init::prompt::Prompt;
use crate::app::init::start::{InitRequest, free};
use crate::app::options::zone;
use crate::app::{App, AppError, FirstMessage};
use crate::campaign::profile::{Column, Guess, Profile};
use crate::campaign::tables::{self, TableError, TableOptions};
use crate::campaign::{self, CampaignError, fitting_countries, headers, starter};
use crate::domain::format::plural;
use crate::domain::phone::Country;
use crate::domain::schedule::{Hours, Start};
use crate::sendwo::ConnectedNumber;
use crate::sys::clock::Clock;
use crate::sys::platform;

/// A message that any table has the columns for.
const PLAIN_BODY: &str = "Thank you for writing to us.";

/// What is asked, of whom.
#[derive(Debug)]
pub(super) struct Interview<'a> {
    pub app: &'a App,
    pub request: &'a InitRequest,
}

impl Interview<'_> {
    /// Asks everything.
    ///
    /// # Errors
    /// When the answers end too early, or where nobody is asked and something isn't sure.
    pub async fn draft(&self, path: &Path, name: String) -> Result<Draft, AppError> {
        let empty = Draft {
            path: path.to_owned(),
            name,
            from: starter::SENDER.to_owned(),
            people: People::Sample,
            phone: None,
            country: None,
            body: PLAIN_BODY.to_owned(),
            hours: None,
            start: None,
        };
        let (mut draft, columns) = self.people(empty)?;
        self.message(&mut draft, &columns)?;
        draft.from = self.sender().await?;
        let zone = zone::name(&self.app.settings.timezone);
        draft.hours = self.parsed(&Prompt::Hours { zone }, |text| {
            text.parse().map_err(|error: <Hours as std::str::FromStr>::Err| error.to_string())
        })?;
        draft.start = self.parsed(&Prompt::Start, |text| self.start(text))?;
        Ok(draft)
    }

    /// An answer, or what Enter takes.
    fn ask(&self, prompt: &Prompt) -> Result<String, AppError> {
        if !self.request.asks {
            // Of several countries none is sure.
            let sure = !matches!(prompt, Prompt::Country { fitting } if fitting.len() != 1);
            return prompt.default().filter(|_| sure).ok_or_else(|| {
                let facts = prompt.facts().join("; ");
                AppError::usage(format!(
                    "somebody has to say it: {} ({facts})",
                    prompt.text().trim_end_matches(':')
                ))
                .hint("run `sendcast init` on a terminal, where it asks")
            });
        }
        loop {
            let Some(line) = self.app.operator.enter(prompt) else {
                return Err(AppError::failed(
                    "the answers ended before the last question; nothing was written",
                )
                .hint("run it again; Enter takes what a question offers"));
            };
            let line = line.trim();
            if line.chars().any(|c| c.is_control() && c != '\t') {
                self.app.warn("that holds a control character, such as an arrow key's; write it once more");
                continue;
            }
            return Ok(match line {
                "" => prompt.default().unwrap_or_default(),
                line => line.to_owned(),
            });
        }
    }

    /// Tells why an answer won't do; it is asked for again.
    ///
    /// # Errors
    /// The same, where nobody is asked.
    fn wrong(&self, error: AppError) -> Result<(), AppError> {
        if !self.request.asks {
            return Err(error);
        }
        match error.hint {
            Some(hint) => self.app.warn_with(error.message, hint),
            None => self.app.warn(error.message),
        }
        Ok(())
    }

    /// Asks until the answer can be read; nothing is nothing.
    fn parsed<T>(
        &self,
        prompt: &Prompt,
        read: impl Fn(&str) -> Result<T, String>,
    ) -> Result<Option<T>, AppError> {
        loop {
            let text = self.ask(prompt)?;
            if text.is_empty() {
                return Ok(None);
            }
            match read(&text) {
                Ok(value) => return Ok(Some(value)),
                Err(why) => self.wrong(AppError::usage(why))?,
            }
        }
    }

    fn start(&self, text: &str) -> Result<Start, String> {
        let start: Start = text.parse().map_err(|error| format!("{error}"))?;
        match start.in_zone(&self.app.settings.timezone) {
            Some(at) if at > self.app.clock.now() => Ok(start),
            _ => Err(format!("`{text}` is over; name a time to come, or press Enter")),
        }
    }

    /// The people, and what their columns hold.
    fn people(&self, empty: Draft) -> Result<(Draft, Vec<Column>), AppError> {
        let mut named = self.request.file.clone();
        loop {
            let path = match named.take() {
                Some(path) => path,
                None => match self.ask(&Prompt::Audience)? {
                    text if text.is_empty() => {
                        if let Err(there) = free(&[&empty.path.with_file_name(starter::AUDIENCE_NAME)]) {
                            let there = there.details.join(", ");
                            self.wrong(AppError::usage(format!(
                                "{there} is there already: name it to use it"
                            )))?;
                            continue;
                        }
                        let (phone, country) =
                            (Some(starter::PHONE.to_owned()), starter::COUNTRY.parse().ok());
                        return Ok((Draft { phone, country, ..empty }, draft::sample_columns()));
                    }
                    text => platform::typed_path(&text),
                },
            };
            let profile = match self.read(&path) {
                Ok(profile) => profile,
                // What was named by an option isn't asked for again.
                Err(error) if self.request.file.as_ref() == Some(&path) => return Err(error),
                Err(error) => {
                    self.wrong(error)?;
                    continue;
                }
            };
            let people = People::File(std::path::absolute(&path).unwrap_or(path));
            let mut draft = Draft { people, ..empty.clone() };
            if self.numbers(&mut draft, &profile)? {
                return Ok((draft, profile.columns));
            }
        }
    }

    /// Reads a spreadsheet through, and tells how it was understood.
    fn read(&self, path: &Path) -> Result<Profile, AppError> {
        if !draft::is_text(path) {
            return Err(AppError::usage(format!("{} has a name that isn't text; rename it", path.display())));
        }
        let table = tables::open(path, &TableOptions::default()).map_err(CampaignError::from)?;
        let (reading, warnings) = (table.reading.clone(), table.warnings.clone());
        let (shown, mut rows) = (self.app.reading(), 0);
        let profile = Profile::of::<TableError>(table, |_| {
            rows += 1;
            shown.rows(rows);
            Ok(())
        });
        drop(shown);
        let profile = profile.map_err(CampaignError::from)?;
        let file = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy();
        self.app.say(reading.headline(&file, profile.rows, profile.columns.len()));
        for warning in warnings.iter().chain(&profile.late) {
            self.app.warn(warning.to_string());
        }
        Ok(profile)
    }

    /// Which column holds the phone numbers, and of which country they are. `false`: nobody can be written to.
    fn numbers(&self, draft: &mut Draft, profile: &Profile) -> Result<bool, AppError> {
        let columns: Vec<String> = profile.columns.iter().map(|column| column.name.clone()).collect();
        let guess = match draft.plan(self.app) {
            Ok(planned) => Some(planned.phone),
            Err(_) => {
                let mut phones = profile.columns.iter().filter(|column| column.guess == Guess::Phone);
                phones.next().map(|column| column.name.clone())
            }
        };
        let prompt = Prompt::Phone { columns: columns.clone(), guess };
        let position = loop {
            let text = self.ask(&prompt)?;
            match headers::find(&columns, &text) {
                Some(position) => break position,
                None => self.wrong(
                    AppError::usage(format!("no column is called `{text}`"))
                        .hint(format!("there are {}", columns.join(", "))),
                )?,
            }
        };
        draft.phone = columns.get(position).cloned();
        let mut asked = false;
        loop {
            let fitting = match draft.plan(self.app) {
                Ok(planned) if planned.good == 0 && (asked || planned.national.is_empty()) => {
                    let why = planned.problem.map(|why| format!(": {why}")).unwrap_or_default();
                    self.wrong(AppError::usage(format!("nobody in it can be written to{why}")))?;
                    return Ok(false);
                }
                Ok(planned) if asked || planned.national.is_empty() => {
                    self.app.say(planned.sentence());
                    return Ok(true);
                }
                Ok(planned) => {
                    fitting_countries(&planned.national.iter().map(String::as_str).collect::<Vec<_>>())
                }
                Err(CampaignError::Invalid(invalid)) if invalid.key == "audience.country" => {
                    if asked {
                        self.wrong(AppError::usage("nearly all of its numbers need a country"))?;
                    }
                    invalid.countries
                }
                Err(error) => {
                    self.wrong(plain(error))?;
                    return Ok(false);
                }
            };
            draft.country = self.country(fitting)?;
            asked = true;
        }
    }

    fn country(&self, fitting: Vec<Country>) -> Result<Option<Country>, AppError> {
        let prompt = Prompt::Country { fitting };
        loop {
            let text = self.ask(&prompt)?;
            if text == "-" {
                return Ok(None);
            }
            match campaign::country(&text).map_or_else(|| text.parse::<Country>(), Ok) {
                Ok(country) => return Ok(Some(country)),
                Err(error) => self.wrong(AppError::usage(error.to_string()))?,
            }
        }
    }

    /// The message. What it comes to is shown before it is taken.
    fn message(&self, draft: &mut Draft, columns: &[Column]) -> Result<(), AppError> {
        let mut names: Vec<String> = Vec::new();
        for column in columns.iter().filter(|column| !column.variable.is_empty()) {
            if !names.contains(&column.variable) {
                names.push(column.variable.clone());
            }
        }
        // Any column may be empty in every row.
        let mut first = None;
        for body in [draft::offered(columns), PLAIN_BODY.to_owned()] {
            draft.body = body;
            first = self.first(draft).ok();
            if first.is_some() {
                break;
            }
        }
        loop {
            let Some(shown) = first.clone() else { return self.first(draft).map(drop) };
            let text = self.ask(&Prompt::Message { columns: names.clone(), first: Box::new(shown) })?;
            if text.is_empty() {
                return Ok(());
            }
            let tried = Draft { body: text.replace("\\n", "\n"), ..draft.clone() };
            match self.first(&tried) {
                Ok(shown) => {
                    *draft = tried;
                    first = Some(shown);
                }
                Err(error) => self.wrong(error)?,
            }
        }
    }

    /// The first message that the draft would send.
    fn first(&self, draft: &Draft) -> Result<FirstMessage, AppError> {
        let planned = draft.plan(self.app).map_err(plain)?;
        let why = planned.problem.as_deref().map(|why| format!(": {why}")).unwrap_or_default();
        let first =
            planned.first.ok_or_else(|| AppError::usage(format!("nobody can be sent this message{why}")))?;
        if planned.bad > 0 && draft.body != PLAIN_BODY {
            self.app.note(format!(
                "{}, listed and skipped{why}",
                plural(planned.bad, "row is bad", "rows are bad")
            ));
        }
        Ok(first)
    }

    async fn sender(&self) -> Result<String, AppError> {
        let mut numbers = Vec::new();
        if self.request.asks && self.app.settings.credentials.is_given() {
            match self.connected().await {
                Ok(connected) => numbers = connected,
                Err(error) => self.wrong(error)?,
            }
        }
        let prompt = Prompt::Sender { numbers: numbers.clone() };
        loop {
            let text = self.ask(&prompt)?;
            let by_id = numbers.iter().find(|known| known.number.as_str() == text);
            let chosen = by_id.or_else(|| numbers.get(text.parse::<usize>().ok()?.checked_sub(1)?));
            match chosen {
                Some(number) => return Ok(number.number.to_string()),
                None if !numbers.is_empty() => {
                    let what = format!("`{text}` is none of the account's numbers");
                    self.wrong(AppError::usage(what).hint("write its place in the list, or its id"))?;
                }
                None if text.is_empty() => return Ok(starter::SENDER.to_owned()),
                None if text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-')) => {
                    return Ok(text);
                }
                None => self.wrong(AppError::usage(format!("`{text}` is no phone number id")).hint(
                    "it is the id that Sendwo's dashboard shows beside the number, not the number itself",
                ))?,
            }
        }
    }

    async fn connected(&self) -> Result<Vec<ConnectedNumber>, AppError> {
        let client = account::client(self.app)?;
        account::connected_numbers(self.app, &client).await
    }
}

/// What is wrong, without the path of a file that isn't written yet.
fn plain(error: CampaignError) -> AppError {
    match error {
        CampaignError::Invalid(invalid) => AppError { hint: invalid.hint, ..AppError::usage(invalid.what) },
        error => error.into(),
    }
}
