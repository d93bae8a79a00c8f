//! A part of an audience that is drawn: a share, or so many people.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use serde::de::{Deserializer, Error as _};

use crate::domain::percent::Percent;

/// A part of an audience that is drawn.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Sample {
    /// A share of all.
    Share(Percent),
    /// At most so many people, those who were written to before included.
    People(usize),
}

impl<'de> Deserialize<'de> for Sample {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Sample, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged, expecting = "a share such as \"5%\", or a whole number of people")]
        enum Written<'a> {
            People(u64),
            Share(#[serde(borrow)] Cow<'a, str>),
        }
        let text = match Written::deserialize(deserializer)? {
            Written::People(0) => {
                return Err(D::Error::custom("a sample of nobody; write how many, or a share"));
            }
            Written::People(people) => {
                let most = usize::try_from(people).unwrap_or(usize::MAX);
                return Ok(Sample::People(most));
            }
            Written::Share(text) => text,
        };
        text.parse().map(Sample::Share).map_err(|_| {
            D::Error::custom(format!(
                "`{text}` is no share; write one such as `5%`, or a number of people without quotes"
            ))
        })
    }
}

impl JsonSchema for Sample {
    fn schema_name() -> Cow<'static, str> {
        "Sample".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "A share, or so many people.",
            "anyOf": [
                { "type": "string", "pattern": Percent::PATTERN },
                { "type": "integer", "minimum": 1 }
            ]
        })
    }
}
