//! Why a campaign can't run, where, and what to do about it.

use std::path::{Path, PathBuf};

use crate::campaign::file::json_numbers::UNREADABLE;
use crate::campaign::tables::TableError;
use crate::campaign::template::Misspelt;
use crate::campaign::text::{nearest, probable};
use crate::domain::phone::Country;

/// Why a campaign can't be planned. One bad row is none of these: it is listed and skipped.
#[derive(Debug, thiserror::Error)]
pub enum CampaignError {
    /// The campaign file can't be read.
    #[error("can't read {}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// The campaign file says something that can't be.
    #[error(transparent)]
    Invalid(Box<Invalid>),
    /// The audience can't be read.
    #[error(transparent)]
    Table(#[from] TableError),
    /// The audience was written to while it was read.
    #[error("{} changed while it was read", path.display())]
    Changed {
        /// The file.
        path: PathBuf,
    },
}

/// Something in a campaign file, or in its audience's header, that can't be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invalid {
    /// The file.
    pub path: PathBuf,
    /// Line and column, from 1, where they are known.
    pub at: Option<(usize, usize)>,
    /// The place in the JSON (`audience.country`), or empty.
    pub key: String,
    /// What is wrong.
    pub what: String,
    /// What to do.
    pub hint: Option<String>,
    /// Where the audience's country is missing: those in which its numbers are valid, the likeliest first.
    pub countries: Vec<Country>,
    /// Where a name in a template is at fault, which one was probably meant.
    pub misspelt: Option<Misspelt>,
}

impl std::error::Error for Invalid {}

impl std::fmt::Display for Invalid {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.path.display())?;
        if let Some((line, column)) = self.at {
            write!(f, ":{line}:{column}")?;
        }
        if !self.key.is_empty() {
            write!(f, ": `{}`", self.key)?;
        }
        write!(f, ": {}", self.what)
    }
}

impl CampaignError {
    /// What to do about it, in a sentence, where there is something to say.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            CampaignError::Invalid(invalid) => invalid.hint.clone(),
            CampaignError::Changed { .. } => Some("save it, then run again".to_owned()),
            CampaignError::Read { source, .. } if source.kind() == std::io::ErrorKind::NotFound => Some(
                "name a campaign file (JSON or a spreadsheet); `sendcast init` writes one to start from"
                    .into(),
            ),
            CampaignError::Table(error) => error.hint().map(str::to_owned),
            CampaignError::Read { .. } => Some("check its path and its rights".to_owned()),
        }
    }

    pub(super) fn invalid(path: &Path, key: impl Into<String>, what: impl Into<String>) -> CampaignError {
        let (path, key, what) = (path.to_owned(), key.into(), what.into());
        CampaignError::Invalid(Box::new(Invalid {
            path,
            at: None,
            key,
            what,
            hint: None,
            countries: Vec::new(),
            misspelt: None,
        }))
    }

    pub(super) fn with_hint(mut self, text: impl Into<String>) -> CampaignError {
        if let CampaignError::Invalid(invalid) = &mut self {
            invalid.hint = Some(text.into());
        }
        self
    }

    pub(super) fn with_countries(mut self, countries: Vec<Country>) -> CampaignError {
        if let CampaignError::Invalid(invalid) = &mut self {
            invalid.countries = countries;
        }
        self
    }

    pub(super) fn with_misspelt(mut self, misspelt: Option<Misspelt>) -> CampaignError {
        if let CampaignError::Invalid(invalid) = &mut self {
            invalid.misspelt = misspelt;
        }
        self
    }

    /// What serde said of a campaign file, in a marketer's words.
    pub(super) fn from_json(
        path: &Path,
        error: &serde_path_to_error::Error<serde_json::Error>,
    ) -> CampaignError {
        let inner = error.inner();
        let at = (inner.line() > 0).then(|| (inner.line(), inner.column()));
        let text = inner.to_string();
        let text = text.split(" at line ").next().unwrap_or_default();
        let mut key = error.path().to_string();
        if key == "." || key == "?" {
            key.clear();
        }
        let (what, hint) = if inner.is_syntax() || inner.is_eof() {
            key.clear();
            (format!("isn't valid JSON: {text}"), Some(syntax_hint(text)))
        } else if let Some((word, known)) = listed(text, "unknown field ") {
            // The path ends in the unknown key itself; name the object that holds it.
            let holder = match key.strip_suffix(&word) {
                Some(rest) => rest.trim_end_matches('.').to_owned(),
                None => key,
            };
            let near = nearest(&word, known.iter().map(String::as_str)).unwrap_or_default().to_owned();
            key = holder;
            (
                format!("unknown key `{word}`; did you mean `{near}`?"),
                Some(format!("known keys here: {}", known.join(", "))),
            )
        } else if let Some((word, _)) = listed(text, "unknown variant ").filter(|(word, _)| is_template(word))
        {
            (
                format!("`{word}`: Meta's message templates can't be sent by themselves"),
                Some(TEMPLATE_HINT.to_owned()),
            )
        } else if let Some((word, known)) = listed(text, "unknown variant ") {
            let near = probable(&word, known.iter().map(String::as_str));
            let near = near.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
            (format!("`{word}` isn't allowed here{near}"), Some(format!("allowed: {}", known.join(", "))))
        } else if let Some(cause) = text.strip_prefix(UNREADABLE) {
            (text.to_owned(), Some(syntax_hint(cause)))
        } else if text.starts_with("duplicate field ") {
            (text.to_owned(), Some("write it once".to_owned()))
        } else if let Some(field) = text.strip_prefix("missing field ") {
            (format!("{field} is missing"), None)
        } else {
            (text.to_owned(), None)
        };
        CampaignError::Invalid(Box::new(Invalid {
            path: path.to_owned(),
            at,
            key,
            what,
            hint,
            countries: Vec::new(),
            misspelt: None,
        }))
    }
}

/// What to do where a message template of Meta's is wanted.
pub(super) const TEMPLATE_HINT: &str = "put the template into a bot flow of your Sendwo account and send that: \
                                        {\"type\": \"flow\", \"flow_id\": \"…\"}";

/// Whether a message's type is the word for Meta's message templates.
pub(super) fn is_template(word: &str) -> bool {
    let word = word.to_lowercase().replace(['-', ' '], "_");
    matches!(
        word.as_str(),
        "template" | "hsm" | "template_message" | "message_template" | "whatsapp_template" | "templates"
    )
}

/// serde's ``unknown field `x`, expected one of `a`, `b` ``: the word, and the known ones.
fn listed(text: &str, prefix: &str) -> Option<(String, Vec<String>)> {
    let mut ticked = text.strip_prefix(prefix)?.split('`').skip(1).step_by(2).map(str::to_owned);
    Some((ticked.next()?, ticked.filter(|known| !known.starts_with('$')).collect()))
}

fn syntax_hint(text: &str) -> String {
    if text.contains("trailing comma") {
        "take the comma before the closing bracket away".to_owned()
    } else if text.contains("EOF") {
        "the file ends too early: a bracket or a quote is missing".to_owned()
    } else if text.contains("recursion limit") {
        "its lists and objects stand too deep within each other".to_owned()
    } else if text.contains("control character") {
        "a text runs over the end of its line: close its quote, or write a line break as \\n".to_owned()
    } else {
        "look for a missing comma or quote, or typographic quotes, just before this place".to_owned()
    }
}
