//! The JSON campaign file, as serde reads it and as its schema describes it: one set of structs for both.
//!
//! Unknown keys are errors everywhere. What needs no look at other keys is checked while reading, so that
//! the error has a line and a column.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::campaign::file::duration::Span;
use crate::campaign::file::json_audience::AudienceFile;
use crate::campaign::file::json_cap::{self, CapFile};
use crate::campaign::file::json_failures::{self, CanaryFile, GuardFile};
use crate::campaign::file::json_numbers;
use crate::campaign::file::json_schedule::{self, ScheduleFile};
use crate::domain::cap::Cap;
use crate::domain::ids::NumberId;
use crate::domain::message::MediaKind;
use crate::domain::policy::{Canary, FailureGuard};
use crate::domain::priority::Priority;
use crate::domain::rate::Rate;
use crate::domain::schedule::Schedule;

/// A sendcast campaign: who is written to, what, and how fast.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, expecting = "an object with `from`, `audience` and `message`")]
#[schemars(title = "sendcast campaign", transform = message_or_variants)]
pub(super) struct CampaignFile {
    /// Where this file's schema is, for editors.
    #[serde(rename = "$schema", default)]
    #[schemars(rename = "$schema")]
    pub _schema: Option<String>,
    /// The campaign's identity: letters, digits, `-` and `_`. The file's name when absent.
    pub name: Option<Name>,
    /// Who sends: one phone number id, a list over which the recipients are spread, or the column that says it for each.
    pub from: Option<Senders>,
    /// Who is written to.
    pub audience: Option<AudienceFile>,
    /// What is sent. Every text in it is a template; columns are variables.
    pub message: Option<MessageFile>,
    /// In the place of `message`: several messages, of which each person gets one, always the same.
    #[schemars(length(min = 1, max = 10))]
    pub variants: Option<Vec<VariantFile>>,
    /// Values for the templates, the same for everybody. A column of the same name goes before.
    #[serde(default, deserialize_with = "json_numbers::variables")]
    pub variables: BTreeMap<String, Value>,
    /// Ceiling for each number: `20/s`, `600/m`, `1000/h` or `max`. `20/s` when absent.
    #[schemars(with = "Option<String>", regex(pattern = r"^\s*(max|\d+\s*/\s*(s|m|h))\s*$"))]
    pub rate: Option<Rate>,
    /// How many different people may be written to in a rolling 24-hour window, per account.
    #[serde(default, deserialize_with = "at_least_one")]
    #[schemars(range(min = 1))]
    pub daily: Option<u32>,
    /// At most so many messages to one person within so long, over all campaigns of the account. No limit when absent.
    #[serde(default, deserialize_with = "json_cap::cap")]
    #[schemars(with = "Option<CapFile>")]
    pub cap: Option<Cap>,
    /// Its share of a number that other campaigns send from, too: `high`, `normal` or `low`, each three times the next.
    /// `normal` when absent.
    pub priority: Option<Priority>,
    /// When it may send: from when on, at which hours of which days, by whose clock. At all times when absent.
    #[serde(default, deserialize_with = "json_schedule::schedule")]
    #[schemars(with = "Option<ScheduleFile>")]
    pub schedule: Option<Schedule>,
    /// A few people, drawn by chance, are written to first; everybody else once it is seen what became of them.
    #[serde(default, deserialize_with = "json_failures::canary")]
    #[schemars(with = "Option<CanaryFile>")]
    pub canary: Option<Canary>,
    /// Pauses the campaign when too many messages fail.
    #[serde(default, deserialize_with = "json_failures::guard")]
    #[schemars(with = "Option<GuardFile>")]
    pub guard: Option<FailureGuard>,
    /// How a message that was refused for now is tried again.
    pub retry: Option<RetryFile>,
    /// How long deliveries are followed after the last send; `0` for not at all.
    pub track: Option<Span>,
    /// What it will cost: a table `country,price,currency`, relative to this file. `check` and the question before sending tell.
    #[schemars(length(min = 1))]
    pub rates: Option<String>,
}

/// One of several messages.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(
    deny_unknown_fields,
    expecting = "an object such as {\"name\": \"A\", \"message\": {\"type\": \"text\", \"body\": \"Hi\"}}"
)]
pub(super) struct VariantFile {
    /// What the report calls it; 1 to 40 characters, unique. Under another name it is drawn anew.
    #[schemars(length(min = 1, max = 40))]
    pub name: String,
    /// Its share of the people, beside the others' weights; 1 when absent.
    #[serde(default, deserialize_with = "weight")]
    #[schemars(range(min = 1, max = 1000))]
    pub weight: Option<u32>,
    /// What is sent.
    pub message: MessageFile,
}

/// The message: what belongs to its type, and nothing else.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, expecting = "an object such as {\"type\": \"text\", \"body\": \"Hi\"}")]
#[schemars(transform = one_shape_for_each_type)]
pub(super) struct MessageFile {
    /// What kind of message.
    #[serde(rename = "type")]
    pub kind: MessageType,
    /// The text, or the body above buttons.
    pub body: Option<String>,
    /// What kind of media.
    pub media_type: Option<MediaType>,
    /// Where the media is: a public http or https address.
    pub url: Option<String>,
    /// The text below the media; none for audio.
    pub caption: Option<String>,
    /// One to three quick-reply buttons.
    #[schemars(length(min = 1, max = 3))]
    pub buttons: Option<Vec<ButtonFile>>,
    /// The id of a bot flow of the account.
    pub flow_id: Option<Id>,
    /// Placeholders of other tools (`{name}`, `[Name]`) are meant as they stand.
    #[serde(default)]
    pub literal: bool,
}

/// Which of the four.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum MessageType {
    /// Text alone.
    Text,
    /// An image, video, audio file or document.
    Media,
    /// Text with quick-reply buttons.
    Buttons,
    /// A saved bot flow.
    Flow,
}

/// The four kinds of media.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum MediaType {
    /// jpeg or png, at most 5 MB.
    Image,
    /// mp4 or 3gp, at most 16 MB.
    Video,
    /// aac, amr, mp3, m4a or ogg, at most 16 MB; no caption.
    Audio,
    /// pdf, doc(x), xls(x), ppt(x) or txt, at most 100 MB.
    Document,
}

impl From<MediaType> for MediaKind {
    fn from(media: MediaType) -> MediaKind {
        match media {
            MediaType::Image => MediaKind::Image,
            MediaType::Video => MediaKind::Video,
            MediaType::Audio => MediaKind::Audio,
            MediaType::Document => MediaKind::Document,
        }
    }
}

/// One quick-reply button.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, expecting = "an object such as {\"id\": \"yes\", \"title\": \"Yes\"}")]
pub(super) struct ButtonFile {
    /// What a reply is told by; 1 to 256 characters, unique.
    pub id: Id,
    /// What the recipient reads; 1 to 20 characters, unique.
    pub title: String,
}

/// How a message that was refused for now is tried again.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, expecting = "an object such as {\"attempts\": 5}")]
pub(super) struct RetryFile {
    /// How often a message is tried at most, the first time included; 5 when absent.
    #[serde(default, deserialize_with = "attempts")]
    #[schemars(range(min = 1, max = 20))]
    pub attempts: Option<u32>,
    /// The wait after the first try, doubled after each; `5s` when absent.
    pub base: Option<Span>,
    /// The longest wait; `5m` when absent.
    pub cap: Option<Span>,
}

/// The JSON Schema of a campaign file, from the structs that read it.
#[must_use]
pub fn schema() -> Value {
    schemars::schema_for!(CampaignFile).to_value()
}

/// At least as many values as a JSON text holds, counted without reading it.
pub(super) fn values(text: &str) -> usize {
    let (mut quoted, mut escaped, mut values) = (false, false, 0);
    for byte in text.bytes() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = quoted,
            b'"' => quoted = !quoted,
            b',' | b'[' | b'{' if !quoted => values += 1,
            _ => {}
        }
    }
    values
}

/// Which keys belong to which type; the first list is required.
pub(super) const SHAPES: [(MessageType, &str, &[&str], &[&str]); 4] = [
    (MessageType::Text, "text", &["body"], &[]),
    (MessageType::Media, "media", &["media_type", "url"], &["caption"]),
    (MessageType::Buttons, "buttons", &["body", "buttons"], &[]),
    (MessageType::Flow, "flow", &["flow_id"], &[]),
];

fn message_or_variants(schema: &mut Schema) {
    let one = |key| serde_json::json!({ "required": [key] });
    schema.insert("oneOf".to_owned(), Value::Array(vec![one("message"), one("variants")]));
}

fn one_shape_for_each_type(schema: &mut Schema) {
    let shapes = SHAPES.iter().map(|(_, word, required, optional)| {
        let absent = |key: &&&str| !required.contains(*key) && !optional.contains(*key);
        let all: Vec<&str> = SHAPES.iter().flat_map(|(_, _, r, o)| r.iter().chain(*o)).copied().collect();
        let mut properties = serde_json::Map::new();
        properties.insert("type".into(), serde_json::json!({ "const": word }));
        for key in all.iter().filter(|key| absent(key)) {
            properties.insert((*key).into(), Value::Bool(false));
        }
        serde_json::json!({ "properties": properties, "required": required })
    });
    let shapes: Vec<Value> = shapes.collect();
    schema.insert("oneOf".to_owned(), Value::Array(shapes));
}

fn at_least_one<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u32>, D::Error> {
    match Option::<u32>::deserialize(deserializer)? {
        Some(0) => Err(D::Error::custom("0 would reach nobody; write 1 or more, or leave it out")),
        other => Ok(other),
    }
}

fn weight<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u32>, D::Error> {
    match Option::<u32>::deserialize(deserializer)? {
        Some(n) if !(1..=1000).contains(&n) => {
            Err(D::Error::custom(format!("{n} isn't allowed; write 1 to 1000, such as 70 beside 30")))
        }
        other => Ok(other),
    }
}

fn attempts<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u32>, D::Error> {
    match Option::<u32>::deserialize(deserializer)? {
        Some(n) if !(1..=20).contains(&n) => {
            Err(D::Error::custom(format!("{n} isn't allowed; write 1 to 20")))
        }
        other => Ok(other),
    }
}

/// A campaign's name: ASCII letters, digits, `-`, `_`; at most 100. It names directories and reports.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(extend("pattern" = "^[A-Za-z0-9_-]{1,100}$"))]
pub struct Name(String);

/// Why a text is no name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{name}` is no name for a campaign: {why}")]
pub struct NameError {
    name: String,
    why: &'static str,
}

impl Name {
    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Name {
    type Err = NameError;
    fn from_str(text: &str) -> Result<Name, NameError> {
        let error = |why| Err(NameError { name: text.to_owned(), why });
        if text.is_empty() || !text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_')) {
            return error("use letters (a–z), digits, `-` and `_`");
        }
        if text.len() > 100 {
            return error("it has more than 100 characters");
        }
        // Windows opens a device under these names, whatever the extension.
        let upper = text.to_ascii_uppercase();
        let numbered = |stem: &str| {
            upper.strip_prefix(stem).is_some_and(|n| n.len() == 1 && n.bytes().all(|b| b.is_ascii_digit()))
        };
        if ["CON", "PRN", "AUX", "NUL"].contains(&upper.as_str()) || numbered("COM") || numbered("LPT") {
            return error("Windows keeps it for a device");
        }
        Ok(Name(text.to_owned()))
    }
}

impl TryFrom<String> for Name {
    type Error = NameError;
    fn try_from(text: String) -> Result<Name, NameError> {
        text.parse()
    }
}

impl From<Name> for String {
    fn from(name: Name) -> String {
        name.0
    }
}

/// An id, written as a text or as a number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Id(pub String);

impl<'de> Deserialize<'de> for Id {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Id, D::Error> {
        struct Written;
        impl Visitor<'_> for Written {
            type Value = Id;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an id, as a text")
            }
            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Id, E> {
                Ok(Id(text.to_owned()))
            }
            fn visit_u64<E: serde::de::Error>(self, number: u64) -> Result<Id, E> {
                Ok(Id(number.to_string()))
            }
        }
        deserializer.deserialize_any(Written)
    }
}

impl JsonSchema for Id {
    fn schema_name() -> Cow<'static, str> {
        "Id".into()
    }
    fn inline_schema() -> bool {
        true
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": ["string", "integer"] })
    }
}

/// Who sends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Senders {
    /// One phone number id, or several; none of them blank or twice.
    Numbers(Vec<NumberId>),
    /// The column of the audience that names it.
    Column(String),
}

/// A column that says who sends.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct SenderColumn {
    /// The column of the audience that holds the phone number id that sends. `--from` sends where it is empty.
    column: String,
}

/// Who sends, as it was given.
enum Given {
    Ids(Vec<Id>),
    Column(String),
}

impl<'de> Deserialize<'de> for Senders {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Senders, D::Error> {
        struct Named(PhantomData<()>);
        impl<'de> Visitor<'de> for Named {
            type Value = Given;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a phone number id, a list of them, or {\"column\": NAME}")
            }
            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Given, E> {
                Ok(Given::Ids(vec![Id(text.to_owned())]))
            }
            fn visit_u64<E: serde::de::Error>(self, number: u64) -> Result<Given, E> {
                Ok(Given::Ids(vec![Id(number.to_string())]))
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Given, A::Error> {
                let mut ids = Vec::new();
                while let Some(id) = list.next_element()? {
                    ids.push(id);
                }
                Ok(Given::Ids(ids))
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Given, A::Error> {
                let SenderColumn { column } = Deserialize::deserialize(MapAccessDeserializer::new(map))?;
                Ok(Given::Column(column))
            }
        }
        match deserializer.deserialize_any(Named(PhantomData))? {
            Given::Ids(ids) => {
                senders(ids.into_iter().map(|Id(id)| id)).map(Senders::Numbers).map_err(D::Error::custom)
            }
            Given::Column(name) => Ok(Senders::Column(name)),
        }
    }
}

impl JsonSchema for Senders {
    fn schema_name() -> Cow<'static, str> {
        "Senders".into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let id = generator.subschema_for::<Id>();
        let column = generator.subschema_for::<SenderColumn>();
        json_schema!({
            "description": "One phone number id, a list of them over which the recipients are spread, or the column that says which.",
            "anyOf": [
                id.clone(),
                { "type": "array", "items": id, "minItems": 1, "uniqueItems": true },
                column
            ]
        })
    }
}

/// Makes a list of sending numbers: trimmed, at least one, each once.
pub(super) fn senders(ids: impl IntoIterator<Item = String>) -> Result<Vec<NumberId>, String> {
    let mut numbers: Vec<NumberId> = Vec::new();
    for id in ids {
        let id = id.trim();
        if id.is_empty() {
            return Err("a phone number id is empty".to_owned());
        }
        if numbers.iter().any(|known| known.as_str() == id) {
            return Err(format!("`{id}` is listed twice"));
        }
        if numbers.len() == 1_000 {
            return Err("too many numbers: at most 1000 can send one campaign".to_owned());
        }
        numbers.push(NumberId::new(id));
    }
    if numbers.is_empty() {
        return Err("the list is empty; name at least one phone number id".to_owned());
    }
    Ok(numbers)
}
