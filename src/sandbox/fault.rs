//! The fault plan: what goes wrong, how often, and for whom; and how it is written.
//!
//! A plan is a list of faults with commas between them, `[SCOPE.]KIND[=WHEN][@PHONE]` or `…[@from:ID]`:
//!
//! | KIND | does |
//! |---|---|
//! | `latency:50ms`, `latency:20ms-200ms` | waits before the request is handled |
//! | `slow:2s` | handles it at once, and answers late |
//! | `500`, `503:2s`, `429:5s` | answers that HTTP status, with Retry-After where seconds are given |
//! | `reset` | closes the connection with a RST |
//! | `hang` | never answers |
//! | `html` | answers 200 with a page that is no envelope |
//! | `upstream` | answers `"status":"0"` with a text that tells of a timeout upstream |
//! | `cut-after` | accepts, and sends half of the answer's body |
//! | `code:131026` | refuses with Meta's code in the text |
//! | `news:131026` | accepts; the message fails after it was sent |
//! | `limit:80/s` | what a number sends above that rate is throttled with 130429 in an HTTP 200 |
//! | `limit429:80/s` | the same with HTTP 429 and Retry-After |
//!
//! `500`, `reset`, `hang`, `html` and `upstream` apply before anything is accepted; with `-after` behind the
//! word (`reset-after`, `500-after`) the message is accepted first. WHEN is a share (`5%`), the first so many
//! (`3x`), or so many after some that are let pass (`10+3x`); without it, always. `@PHONE` restricts it to a
//! recipient, `@from:ID` to a sending number. SCOPE is `gets` (the questions), `changes` (subscribers, labels, notes, workflows) or `all`;
//! without it, sends only. The plan is gone through in its order and the first that applies ends it; only
//! `latency`, `slow` and `news` go on to the next.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::domain::phone::Phone;
use crate::domain::rate::Rate;

use super::chance::{Share, Span};

/// Faults, in the order in which they are tried. In serde it is its text.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct FaultPlan(pub Vec<Fault>);

/// One thing that goes wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Which requests.
    pub scope: Scope,
    /// What happens.
    pub kind: FaultKind,
    /// How often.
    pub when: When,
    /// For whom.
    pub only: Only,
}

/// For whom a fault applies.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Only {
    /// For everybody.
    #[default]
    All,
    /// For this recipient.
    To(Phone),
    /// For what this number sends.
    From(String),
}

/// Which requests a fault may apply to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Scope {
    /// Those that send a message.
    #[default]
    Sends,
    /// Those that create or change something else: subscribers, labels, notes, workflows, the catalog's sync.
    Changes,
    /// The questions: statuses, conversations, lists.
    Gets,
    /// All of them.
    All,
}

/// How often a fault applies, of the requests that it could apply to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum When {
    /// Every time.
    #[default]
    Always,
    /// By seeded chance.
    Share(Share),
    /// So many in a row.
    Count {
        /// How many are let pass before.
        skip: u32,
        /// How many are faulted.
        count: u32,
    },
}

/// Whether the message is accepted before things go wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Nothing was accepted.
    Before,
    /// The message was accepted (when it was a good one).
    After,
}

/// What goes wrong. The module's table says what each does.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the module's table describes them, once")]
pub enum FaultKind {
    Latency(Span),
    Slow(Span),
    Http { status: u16, stage: Stage, retry_after: Option<u32> },
    Reset(Stage),
    Hang(Stage),
    Html(Stage),
    Upstream(Stage),
    CutAfter,
    Code(u32),
    News(u32),
    Limit { rate: Rate, http_429: bool },
}

/// What is wrong with a written fault.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("fault `{fault}`: {wrong}")]
pub struct FaultError {
    fault: String,
    wrong: String,
}

const KINDS: &str = "latency:, slow:, 429:, 500, 503:, reset, hang, html, upstream (these with -after too), \
                     cut-after, code:, news:, limit:, limit429:";

impl FromStr for FaultPlan {
    type Err = FaultError;
    fn from_str(text: &str) -> Result<FaultPlan, FaultError> {
        let faults = text.split(',').map(str::trim).filter(|fault| !fault.is_empty());
        faults.map(str::parse).collect::<Result<_, _>>().map(FaultPlan)
    }
}

impl FromStr for Fault {
    type Err = FaultError;
    fn from_str(text: &str) -> Result<Fault, FaultError> {
        read_fault(text.trim()).map_err(|wrong| FaultError { fault: text.trim().to_owned(), wrong })
    }
}

fn read_fault(text: &str) -> Result<Fault, String> {
    let (text, only) = match text.rsplit_once('@') {
        Some((text, whom)) => (text, read_only(whom)?),
        None => (text, Only::All),
    };
    let (text, when) = match text.split_once('=') {
        Some((text, when)) => (text, read_when(when)?),
        None => (text, When::Always),
    };
    let (scope, text) = match text.split_once('.') {
        Some(("gets", kind)) => (Scope::Gets, kind),
        Some(("changes", kind)) => (Scope::Changes, kind),
        Some(("all", kind)) => (Scope::All, kind),
        Some((other, _)) => {
            return Err(format!("no scope is called `{other}`; there are `gets`, `changes` and `all`"));
        }
        None => (Scope::Sends, text),
    };
    let kind = read_kind(text)?;
    let about_sends = matches!(kind, FaultKind::News(_) | FaultKind::Limit { .. } | FaultKind::Code(_));
    if about_sends && scope != Scope::Sends {
        return Err("this kind is about sends only: leave out the scope".to_owned());
    }
    Ok(Fault { scope, kind, when, only })
}

fn read_only(text: &str) -> Result<Only, String> {
    match text.strip_prefix("from:") {
        Some(number) if !number.is_empty() => Ok(Only::From(number.to_owned())),
        _ => Phone::from_digits(text).map(Only::To).ok_or_else(|| {
            "after the `@` comes a phone number, digits only, or `from:` and a sending number's id".to_owned()
        }),
    }
}

fn read_when(text: &str) -> Result<When, String> {
    if text.ends_with('%') {
        return text.parse().map(When::Share).map_err(|error: super::ShareError| error.to_string());
    }
    let wrong = || format!("`{text}` is neither a share (`5%`) nor a count (`3x`, `10+3x`)");
    let counts = text.strip_suffix('x').ok_or_else(wrong)?;
    let (skip, count) = counts.split_once('+').unwrap_or(("0", counts));
    Ok(When::Count { skip: whole(skip).ok_or_else(wrong)?, count: whole(count).ok_or_else(wrong)? })
}

fn whole(text: &str) -> Option<u32> {
    if text.bytes().all(|b| b.is_ascii_digit()) { text.parse().ok() } else { None }
}

fn read_kind(text: &str) -> Result<FaultKind, String> {
    let (word, argument) = match text.split_once(':') {
        Some((word, argument)) => (word, Some(argument)),
        None => (text, None),
    };
    let (bare, stage) = match word.strip_suffix("-after") {
        Some(bare) => (bare, Stage::After),
        None => (word, Stage::Before),
    };
    let span = || -> Result<Span, String> {
        argument.unwrap_or_default().parse().map_err(|error: super::SpanError| error.to_string())
    };
    let code = || {
        argument
            .and_then(whole)
            .ok_or_else(|| format!("after `{word}:` comes one of Meta's codes, like 131026"))
    };
    let limit = |http_429| {
        let rate: Rate = argument.unwrap_or_default().parse().map_err(|error| format!("{error}"))?;
        if rate == Rate::Max {
            return Err("a limit needs a rate, like `80/s`".to_owned());
        }
        Ok(FaultKind::Limit { rate, http_429 })
    };
    let kind = match (word, bare) {
        ("latency", _) => FaultKind::Latency(span()?),
        ("slow", _) => FaultKind::Slow(span()?),
        ("code", _) => FaultKind::Code(code()?),
        ("news", _) => FaultKind::News(code()?),
        ("limit", _) => limit(false)?,
        ("limit429", _) => limit(true)?,
        (_, status) if status.len() == 3 && matches!(whole(status), Some(400..=599)) => {
            let retry_after = match argument {
                Some(seconds) => {
                    let seconds = seconds.strip_suffix('s').unwrap_or(seconds);
                    Some(
                        whole(seconds)
                            .ok_or("after the status comes Retry-After in whole seconds, like `429:2s`")?,
                    )
                }
                None => None,
            };
            return Ok(FaultKind::Http { status: status.parse().unwrap_or(500), stage, retry_after });
        }
        _ => {
            if argument.is_some() {
                return Err(format!("`{word}` is unknown or takes no `:`; there are {KINDS}"));
            }
            return match (word, bare) {
                ("cut-after", _) => Ok(FaultKind::CutAfter),
                (_, "reset") => Ok(FaultKind::Reset(stage)),
                (_, "hang") => Ok(FaultKind::Hang(stage)),
                (_, "html") => Ok(FaultKind::Html(stage)),
                (_, "upstream") => Ok(FaultKind::Upstream(stage)),
                _ => Err(format!("no such kind; there are {KINDS}")),
            };
        }
    };
    Ok(kind)
}

impl fmt::Display for FaultPlan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, fault) in self.0.iter().enumerate() {
            let comma = if n == 0 { "" } else { "," };
            write!(f, "{comma}{fault}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.scope {
            Scope::Sends => "",
            Scope::Changes => "changes.",
            Scope::Gets => "gets.",
            Scope::All => "all.",
        })?;
        fmt::Display::fmt(&self.kind, f)?;
        match self.when {
            When::Always => {}
            When::Share(share) => write!(f, "={share}")?,
            When::Count { skip: 0, count } => write!(f, "={count}x")?,
            When::Count { skip, count } => write!(f, "={skip}+{count}x")?,
        }
        match &self.only {
            Only::All => Ok(()),
            Only::To(phone) => write!(f, "@{}", phone.digits()),
            Only::From(number) => write!(f, "@from:{number}"),
        }
    }
}

impl fmt::Display for FaultKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let after = |stage: &Stage| if *stage == Stage::After { "-after" } else { "" };
        match self {
            FaultKind::Latency(span) => write!(f, "latency:{span}"),
            FaultKind::Slow(span) => write!(f, "slow:{span}"),
            FaultKind::Http { status, stage, retry_after: None } => write!(f, "{status}{}", after(stage)),
            FaultKind::Http { status, stage, retry_after: Some(s) } => {
                write!(f, "{status}{}:{s}s", after(stage))
            }
            FaultKind::Reset(stage) => write!(f, "reset{}", after(stage)),
            FaultKind::Hang(stage) => write!(f, "hang{}", after(stage)),
            FaultKind::Html(stage) => write!(f, "html{}", after(stage)),
            FaultKind::Upstream(stage) => write!(f, "upstream{}", after(stage)),
            FaultKind::CutAfter => f.write_str("cut-after"),
            FaultKind::Code(code) => write!(f, "code:{code}"),
            FaultKind::News(code) => write!(f, "news:{code}"),
            FaultKind::Limit { rate, http_429: false } => write!(f, "limit:{rate}"),
            FaultKind::Limit { rate, http_429: true } => write!(f, "limit429:{rate}"),
        }
    }
}

impl TryFrom<String> for FaultPlan {
    type Error = FaultError;
    fn try_from(text: String) -> Result<FaultPlan, FaultError> {
        text.parse()
    }
}

impl From<FaultPlan> for String {
    fn from(plan: FaultPlan) -> String {
        plan.to_string()
    }
}

impl From<Vec<Fault>> for FaultPlan {
    fn from(faults: Vec<Fault>) -> FaultPlan {
        FaultPlan(faults)
    }
}
