//! The part `cap` of a JSON campaign file.

use std::time::Duration;

use schemars::JsonSchema;
use serde::Deserialize;
use serde::de::{Deserializer, Error as _};

use crate::campaign::file::duration::Span;
use crate::domain::cap::Cap;

/// The longest time that a cap looks back.
const MAX_PER: Duration = Duration::from_secs(366 * 86_400);

/// At most so many messages to one person within so long, over all campaigns of the account.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, expecting = "an object such as {\"messages\": 2, \"per\": \"7d\"}")]
pub(super) struct CapFile {
    /// How many messages.
    #[schemars(range(min = 1))]
    pub messages: u32,
    /// Within how long: `7d`, `24h`; a year at most.
    pub per: Span,
}

/// Reads a cap, and whether it makes sense.
pub(super) fn cap<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Cap>, D::Error> {
    let Some(CapFile { messages, per: Span(per) }) = Option::deserialize(deserializer)? else {
        return Ok(None);
    };
    if messages == 0 {
        return Err(D::Error::custom(
            "a cap of 0 messages would reach nobody; write 1 or more, or leave it out",
        ));
    }
    if per < Duration::from_secs(1) || per > MAX_PER {
        return Err(D::Error::custom("`per` is at least a second and a year at most"));
    }
    Ok(Some(Cap { messages, per }))
}
