//! A campaign, from its JSON file or from a spreadsheet that is the campaign.
//!
//! Loading reads the campaign file alone; the audience is opened by the planner.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::campaign::error::CampaignError;
use crate::campaign::file::audience::{Audience, Source, audience};
use crate::campaign::file::duration::Span;
use crate::campaign::file::json::{self, CampaignFile, MessageFile, Name, RetryFile, VariantFile};
use crate::campaign::file::overrides::Overrides;
use crate::domain::cap::Cap;
use crate::domain::ids::NumberId;
use crate::domain::message::{self, MediaKind};
use crate::domain::policy::{Canary, FailureGuard};
use crate::domain::priority::Priority;
use crate::domain::rate::Rate;
use crate::domain::schedule::Schedule;
use crate::domain::text;

/// Largest campaign file in JSON. Audiences of this size belong into a file of their own.
const FILE_LIMIT: u64 = 64 * 1024 * 1024;
/// Most values in a campaign file in JSON: some 50,000 recipients with three columns.
const VALUES: usize = 200_000;

/// Most variants of a message: a report compares them with each other.
const MAX_VARIANTS: usize = 10;
/// Longest name of one, in characters.
const VARIANT_NAME_LIMIT: usize = 40;

/// What is sent to whom, how fast. Paths are absolute.
#[derive(Clone, Debug)]
pub struct Campaign {
    /// Its file.
    pub path: PathBuf,
    /// Its identity.
    pub name: Name,
    /// Who sends; empty until somebody says so (`--from`, or a spreadsheet's column `from`).
    pub from: Vec<NumberId>,
    /// The column that says who sends, where the campaign names one; `from` then sends where it is empty.
    pub from_column: Option<String>,
    /// Who is written to.
    pub audience: Audience,
    /// What is sent.
    pub content: Content,
    /// Values for the templates, the same for everybody.
    pub variables: BTreeMap<String, Value>,
    /// Ceiling for each number, where the file says so.
    pub rate: Option<Rate>,
    /// How many different people may be written to in a rolling 24-hour window.
    pub daily: Option<u32>,
    /// At most so many messages to one person within so long, over all campaigns of the account.
    pub cap: Option<Cap>,
    /// Its share of a number that other campaigns send from, too.
    pub priority: Priority,
    /// When it may send; at all times where the file says nothing.
    pub schedule: Option<Schedule>,
    /// Who is written to before everybody else, so that failures show.
    pub canary: Option<Canary>,
    /// When failures pause it.
    pub guard: Option<FailureGuard>,
    /// How a refused message is tried again.
    pub retry: Retry,
    /// How long deliveries are followed, where the file says so.
    pub track: Option<Duration>,
    /// The list of prices.
    pub rates: Option<PathBuf>,
    /// The file as the user named it, for errors.
    pub(in crate::campaign) shown: PathBuf,
    /// SHA-256 of the campaign file; zeros for a spreadsheet, which is hashed as the audience.
    pub(in crate::campaign) digest: [u8; 32],
    /// What the command line put in place of the file's words.
    pub(in crate::campaign) overrides: Overrides,
}

/// What is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// One message for everybody, or several of which each person gets one; their texts are templates. There is at least
    /// one.
    Messages(Vec<Variant>),
    /// Each row brings its own, in columns that a campaign in a spreadsheet has (see `plan::columns`).
    Columns,
}

/// One of the messages of which a person gets one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Variant {
    /// What people call it; `None` for a campaign's only message.
    pub name: Option<String>,
    /// Its share of the people, beside the others' weights; at least 1.
    pub weight: u32,
    /// Braces and brackets of other tools are meant as they stand (`message.literal`).
    pub literal: bool,
    /// The message.
    pub draft: Draft,
}

impl From<Draft> for Variant {
    /// The only message of a campaign.
    fn from(draft: Draft) -> Variant {
        Variant { name: None, weight: 1, literal: false, draft }
    }
}

/// A message whose texts are templates still.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Draft {
    /// Text.
    Text {
        /// The text.
        body: String,
    },
    /// Media.
    Media {
        /// Which kind.
        kind: MediaKind,
        /// The address of the file, a template.
        url: String,
        /// The text below it.
        caption: Option<String>,
    },
    /// Text with buttons.
    Buttons {
        /// The text.
        body: String,
        /// Ids and titles.
        buttons: Vec<(String, String)>,
    },
    /// A flow.
    Flow {
        /// Its id.
        flow_id: String,
    },
}

impl Draft {
    /// The contract's word for the type.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Draft::Text { .. } => "text",
            Draft::Media { .. } => "media",
            Draft::Buttons { .. } => "buttons",
            Draft::Flow { .. } => "flow",
        }
    }
}

/// How a message that was refused for now is tried again: full jitter over `min(cap, base · 2ⁿ)`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retry {
    /// Tries at most, the first included; 1 to 20.
    pub attempts: u32,
    /// The wait after the first try.
    pub base: Duration,
    /// The longest wait.
    pub cap: Duration,
}

impl Default for Retry {
    /// Five tries, 5 s to 5 min: what FACTS says of temporary errors.
    fn default() -> Retry {
        Retry { attempts: 5, base: Duration::from_secs(5), cap: Duration::from_secs(300) }
    }
}

impl Campaign {
    /// Reads a campaign file: JSON, or a spreadsheet that is the campaign.
    ///
    /// # Errors
    /// When it can't be read, or says what can't be; the error names the place and what is allowed.
    pub fn load(path: &Path) -> Result<Campaign, CampaignError> {
        let read = |source| CampaignError::Read { path: path.to_owned(), source };
        let absolute = std::path::absolute(path).map_err(read)?;
        let metadata = std::fs::metadata(&absolute).map_err(read)?;
        if metadata.is_dir() {
            return Err(CampaignError::invalid(path, "", "is a directory, not a campaign file"));
        }
        let extension = path.extension().and_then(|e| e.to_str()).unwrap_or_default().to_ascii_lowercase();
        let json = match extension.as_str() {
            "json" => true,
            "csv" | "tsv" | "tab" | "txt" | "xlsx" | "xlsm" | "xlsb" | "xls" | "ods" | "ndjson" | "jsonl" => {
                false
            }
            _ => begins_with_a_brace(&absolute).map_err(read)?,
        };
        if !json {
            return Campaign::from_spreadsheet(path, absolute);
        }
        if metadata.len() > FILE_LIMIT {
            let what = format!("has {} MB; a campaign file has at most 64", metadata.len() / 1_048_576);
            return Err(CampaignError::invalid(path, "", what)
                .with_hint("put the recipients into a file of their own and name it in `audience.file`"));
        }
        let bytes = std::fs::read(&absolute).map_err(read)?;
        Campaign::from_json(path, absolute, &bytes)
    }

    /// Reads the text of a campaign file in JSON as if it stood at this path, where nothing need be yet.
    ///
    /// # Errors
    /// As [`Campaign::load`].
    pub fn parse(path: &Path, text: &str) -> Result<Campaign, CampaignError> {
        let read = |source| CampaignError::Read { path: path.to_owned(), source };
        Campaign::from_json(path, std::path::absolute(path).map_err(read)?, text.as_bytes())
    }

    fn from_spreadsheet(shown: &Path, path: PathBuf) -> Result<Campaign, CampaignError> {
        Ok(Campaign::over(name_of_file(shown)?, shown, path))
    }

    /// A campaign that is a table, and says nothing beside it. It was named as `shown`, and is at `path`.
    pub(super) fn over(name: Name, shown: &Path, path: PathBuf) -> Campaign {
        let source = Source::File { path: path.clone() };
        Campaign {
            path,
            name,
            from: Vec::new(),
            from_column: None,
            audience: Audience::at(source),
            content: Content::Columns,
            variables: BTreeMap::new(),
            rate: None,
            daily: None,
            cap: None,
            priority: Priority::default(),
            schedule: None,
            canary: None,
            guard: None,
            retry: Retry::default(),
            track: None,
            rates: None,
            shown: shown.to_owned(),
            digest: [0; 32],
            overrides: Overrides::default(),
        }
    }

    fn from_json(shown: &Path, path: PathBuf, bytes: &[u8]) -> Result<Campaign, CampaignError> {
        let invalid = |key: &str, what: &str| CampaignError::invalid(shown, key, what);
        let digest = Sha256::digest(bytes).into();
        let text = std::str::from_utf8(bytes)
            .map_err(|_| invalid("", "isn't UTF-8 text").with_hint("save it as UTF-8"))?;
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        if text.trim_start().starts_with('[') {
            return Err(invalid("", "is a list: an audience, not a campaign")
                .with_hint("name it in a campaign's `audience.file`, or give it by --audience"));
        }
        // Read, a value takes a hundred times its room.
        if json::values(text) > VALUES {
            let what = format!("holds more than {} values", VALUES);
            return Err(invalid("", &what).with_hint(
                "put the recipients into a CSV or NDJSON file of their own and name it in `audience.file`",
            ));
        }
        let mut deserializer = serde_json::Deserializer::from_str(text);
        let file: CampaignFile = serde_path_to_error::deserialize(&mut deserializer)
            .map_err(|error| CampaignError::from_json(shown, &error))?;
        deserializer.end().map_err(|error| {
            let at = format!("goes on after its end, in line {}, column {}", error.line(), error.column());
            invalid("", &at).with_hint("a campaign file is one JSON object")
        })?;
        let name = match file.name {
            Some(name) => name,
            None => name_of_file(shown)?,
        };
        let messages = messages(file.message, file.variants).map_err(|(key, what)| invalid(&key, &what))?;
        let audience = audience(&path, file.audience).map_err(|what| {
            invalid("audience", &what).with_hint("it has one of `file`, `recipients`, `labels`, `campaign`")
        })?;
        if let Some(name) = file.variables.keys().find(|name| name.trim().is_empty()) {
            return Err(invalid("variables", &format!("`{name}` is no name for a variable")));
        }
        let rates =
            file.rates.map(|list| beside(&path, &list)).transpose().map_err(|what| invalid("rates", what))?;
        let (from, from_column) = match file.from {
            Some(json::Senders::Numbers(numbers)) => (numbers, None),
            Some(json::Senders::Column(name)) => (Vec::new(), Some(name)),
            None => (Vec::new(), None),
        };
        Ok(Campaign {
            path,
            name,
            from,
            from_column,
            audience,
            content: Content::Messages(messages),
            variables: file.variables,
            rate: file.rate,
            daily: file.daily,
            cap: file.cap,
            priority: file.priority.unwrap_or_default(),
            schedule: file.schedule,
            canary: file.canary,
            guard: file.guard,
            retry: retry(file.retry.unwrap_or_default()),
            track: file.track.map(|Span(duration)| duration),
            rates,
            shown: shown.to_owned(),
            digest,
            overrides: Overrides::default(),
        })
    }

    /// The name of one of its variants, as the file writes it.
    ///
    /// # Errors
    /// When none is called so.
    pub fn variant(&self, name: &str) -> Result<&str, CampaignError> {
        let Content::Messages(messages) = &self.content else {
            return Err(CampaignError::invalid(
                &self.shown,
                "variants",
                "has none: each row brings its own message",
            ));
        };
        let names: Vec<&str> = messages.iter().filter_map(|message| message.name.as_deref()).collect();
        let found = names.iter().find(|known| known.to_lowercase() == name.to_lowercase());
        found.copied().ok_or_else(|| {
            let there = match names.is_empty() {
                true => "the campaign has one message".to_owned(),
                false => format!("there are `{}`", names.join("`, `")),
            };
            CampaignError::invalid(&self.shown, "variants", format!("none is called `{name}`: {there}"))
        })
    }

    /// Where the file says the message at this position: `message`, or `variants[1].message`.
    pub(in crate::campaign) fn message_key(&self, position: usize) -> String {
        match &self.content {
            Content::Messages(messages) if messages.iter().any(|message| message.name.is_some()) => {
                format!("variants[{position}].message")
            }
            _ => "message".to_owned(),
        }
    }

    /// Puts the command line's words in place of the file's.
    ///
    /// # Errors
    /// When a spreadsheet campaign, which carries its people itself, is given another audience, or any other campaign
    /// a column of messages; when the options for reading a file meet an audience that is none; when the working
    /// directory is gone.
    pub fn apply(&mut self, overrides: Overrides) -> Result<(), CampaignError> {
        if let Some(path) = &overrides.audience {
            if self.content == Content::Columns {
                let what = "carries its own audience: the spreadsheet is the campaign";
                return Err(CampaignError::invalid(&self.shown, "", what)
                    .with_hint("run the other spreadsheet itself, or write a JSON campaign"));
            }
            let read = |source| CampaignError::Read { path: path.clone(), source };
            // A worksheet's name goes along to another workbook, not to a CSV file.
            let extension =
                path.extension().and_then(|e| e.to_str()).unwrap_or_default().to_ascii_lowercase();
            if !matches!(extension.as_str(), "xlsx" | "xlsm" | "xlsb" | "xls" | "ods") {
                self.audience.reading.sheet = None;
            }
            self.audience.source = Source::File { path: std::path::absolute(path).map_err(read)? };
        }
        if !overrides.from.is_empty() {
            self.from.clone_from(&overrides.from);
        }
        if overrides.message.is_some() && self.content != Content::Columns {
            let what = "has a message of its own: `--message` names the column of a spreadsheet that is the campaign";
            return Err(CampaignError::invalid(&self.shown, "", what).with_hint("leave `--message` out"));
        }
        self.audience.apply(&overrides).map_err(|what| {
            CampaignError::invalid(&self.shown, "", what).with_hint("leave the option out")
        })?;
        self.overrides = overrides;
        Ok(())
    }
}

/// A name out of a file's: what isn't allowed becomes `-`.
///
/// # Errors
/// Where little is left of it.
pub fn name_of_file(path: &Path) -> Result<Name, CampaignError> {
    let stem = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
    let mut name = String::with_capacity(stem.len());
    for c in stem.chars() {
        if c.is_ascii_alphanumeric() || c == '_' || c == '-' {
            name.push(c);
        } else if !name.is_empty() && !name.ends_with('-') {
            name.push('-');
        }
    }
    // Where little is left of a name in another script, two such files would share an identity.
    let foreign = stem.chars().any(|c| !c.is_ascii() && c.is_alphanumeric());
    let parsed = name.trim_end_matches('-').parse::<Name>();
    match parsed {
        Ok(name) if !foreign => Ok(name),
        _ => {
            let what = format!("its file name `{stem}` can't be made the campaign's name");
            Err(CampaignError::invalid(path, "name", what).with_hint(
                "write a \"name\" of letters (a–z), digits, - and _ into it, or rename the file that way",
            ))
        }
    }
}

fn begins_with_a_brace(path: &Path) -> std::io::Result<bool> {
    use std::io::Read;
    let mut start = Vec::new();
    std::fs::File::open(path)?.take(4_096).read_to_end(&mut start)?;
    let start = start.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&start);
    Ok(start.trim_ascii_start().first() == Some(&b'{'))
}

/// A file that the campaign file names.
fn beside(campaign: &Path, named: &str) -> Result<PathBuf, &'static str> {
    let base = campaign.parent().unwrap_or(Path::new(""));
    if named.trim().is_empty() { Err("is empty") } else { Ok(base.join(named)) }
}

fn retry(file: RetryFile) -> Retry {
    let default = Retry::default();
    let base = file.base.map_or(default.base, |Span(base)| base);
    let cap = file.cap.map_or(default.cap.max(base), |Span(cap)| cap);
    Retry { attempts: file.attempts.unwrap_or(default.attempts), base, cap }
}

/// Makes messages of what the file says, or tells which key is wrong and how.
fn messages(
    message: Option<MessageFile>,
    variants: Option<Vec<VariantFile>>,
) -> Result<Vec<Variant>, (String, String)> {
    let of_message = |place: &str, file: MessageFile| {
        let literal = file.literal;
        let draft = draft(file).map_err(|(key, what)| (format!("{place}{key}"), what));
        draft.map(|draft| (literal, draft))
    };
    let wrong = |key: &str, what: &str| Err((key.to_owned(), what.to_owned()));
    let files = match (message, variants) {
        (Some(message), None) => {
            let (literal, draft) = of_message("message", message)?;
            return Ok(vec![Variant { literal, ..draft.into() }]);
        }
        (None, Some(files)) => files,
        (Some(_), Some(_)) => {
            return wrong("variants", "stands in the place of `message`; leave one of them out");
        }
        (None, None) => {
            return wrong("message", "is missing: a campaign says what is sent (`message`, or `variants`)");
        }
    };
    if files.is_empty() || files.len() > MAX_VARIANTS {
        return wrong("variants", &format!("has {} messages; write 1 to {MAX_VARIANTS}", files.len()));
    }
    let mut variants: Vec<Variant> = Vec::with_capacity(files.len());
    for (at, VariantFile { name, weight, message }) in files.into_iter().enumerate() {
        let shown = text::tidy(&name, VARIANT_NAME_LIMIT);
        if shown.is_empty() || shown != name {
            let what = format!("is no name: 1 to {VARIANT_NAME_LIMIT} characters, on one line");
            return Err((format!("variants[{at}].name"), what));
        }
        let taken = |other: &Variant| {
            other.name.as_ref().is_some_and(|other| other.to_lowercase() == name.to_lowercase())
        };
        if variants.iter().any(taken) {
            return Err((format!("variants[{at}].name"), format!("`{name}` is there twice")));
        }
        let (literal, draft) = of_message(&format!("variants[{at}].message"), message)?;
        variants.push(Variant { name: Some(name), weight: weight.unwrap_or(1), literal, draft });
    }
    Ok(variants)
}

/// Makes a draft of what the file says, or tells which key (`.body`) is wrong and how.
fn draft(file: MessageFile) -> Result<Draft, (String, String)> {
    let Some((_, word, required, optional)) = json::SHAPES.iter().find(|shape| shape.0 == file.kind) else {
        return Err((String::new(), "has no known type".to_owned()));
    };
    let given = [
        ("body", file.body.is_some()),
        ("media_type", file.media_type.is_some()),
        ("url", file.url.is_some()),
        ("caption", file.caption.is_some()),
        ("buttons", file.buttons.is_some()),
        ("flow_id", file.flow_id.is_some()),
    ];
    if let Some((key, _)) =
        given.iter().find(|(key, given)| *given && !required.contains(key) && !optional.contains(key))
    {
        let mut keys: Vec<&str> = required.iter().chain(*optional).copied().collect();
        keys.insert(0, "type");
        let what = format!("doesn't belong to a message of type `{word}`, which has {}", keys.join(", "));
        return Err((format!(".{key}"), what));
    }
    let missing = |key: &str| (String::new(), format!("a message of type `{word}` needs `{key}`"));
    let draft = match *word {
        "text" => Draft::Text { body: file.body.ok_or_else(|| missing("body"))? },
        "media" => Draft::Media {
            kind: file.media_type.ok_or_else(|| missing("media_type"))?.into(),
            url: file.url.ok_or_else(|| missing("url"))?,
            caption: file.caption,
        },
        "buttons" => {
            let body = file.body.ok_or_else(|| missing("body"))?;
            let buttons = file.buttons.ok_or_else(|| missing("buttons"))?;
            message::check_button_count(buttons.len()).map_err(|e| (format!(".{}", e.part), e.what))?;
            Draft::Buttons { body, buttons: buttons.into_iter().map(|b| (b.id.0, b.title)).collect() }
        }
        _ => Draft::Flow { flow_id: file.flow_id.ok_or_else(|| missing("flow_id"))?.0 },
    };
    Ok(draft)
}
