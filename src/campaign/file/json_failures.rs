//! The parts `canary` and `guard` of a JSON campaign file.

use std::time::Duration;

use schemars::JsonSchema;
use serde::Deserialize;
use serde::de::{Deserializer, Error as _};

use crate::campaign::file::duration::Span;
use crate::domain::percent::Percent;
use crate::domain::policy::{Canary, FailureGuard};

/// How long a canary's deliveries are waited for, unless the file says otherwise.
const DEFAULT_WAIT: Duration = Duration::from_secs(600);
/// How many people have to be reached or failed before the guard says anything, unless the file says otherwise.
const DEFAULT_AFTER: u64 = 100;

/// A few people, drawn by chance, are written to first; everybody else once it is seen what became of them.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(
    deny_unknown_fields,
    expecting = "an object such as {\"share\": \"2%\", \"wait\": \"10m\", \"max_failed\": \"5%\"}"
)]
pub(super) struct CanaryFile {
    /// How many of all: `2%`, at least one person.
    #[schemars(with = "String", regex(pattern = Percent::PATTERN))]
    pub share: Percent,
    /// How long their deliveries are waited for at most; `10m` when absent.
    pub wait: Option<Span>,
    /// With more of them failed the campaign pauses; `5%` when absent.
    #[schemars(with = "Option<String>", regex(pattern = Percent::PATTERN))]
    pub max_failed: Option<Percent>,
}

/// Pauses the campaign when too many messages fail, refused or reported as undelivered.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, expecting = "an object such as {\"max_failed\": \"20%\", \"after\": 100}")]
pub(super) struct GuardFile {
    /// With more of the people failed the campaign pauses.
    #[schemars(with = "String", regex(pattern = Percent::PATTERN))]
    pub max_failed: Percent,
    /// Not before so many were accepted or refused; 100 when absent.
    #[schemars(range(min = 1))]
    pub after: Option<u64>,
}

/// Reads a canary.
pub(super) fn canary<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Canary>, D::Error> {
    let Some(file) = Option::<CanaryFile>::deserialize(deserializer)? else { return Ok(None) };
    let CanaryFile { share, wait, max_failed } = file;
    let wait = wait.map_or(DEFAULT_WAIT, |Span(wait)| wait);
    if wait.is_zero() {
        return Err(D::Error::custom(
            "`wait` is 0: what became of the canary would never be seen; write `10m`",
        ));
    }
    let max_failed = max_failed.map_or_else(|| "5%".parse().map_err(D::Error::custom), Ok)?;
    Ok(Some(Canary { share, wait, max_failed }))
}

/// Reads a guard.
pub(super) fn guard<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<FailureGuard>, D::Error> {
    let Some(file) = Option::<GuardFile>::deserialize(deserializer)? else { return Ok(None) };
    match file.after {
        Some(0) => Err(D::Error::custom("`after` is 0: nothing is known of nobody; write 1 or more")),
        after => {
            Ok(Some(FailureGuard { max_failed: file.max_failed, after: after.unwrap_or(DEFAULT_AFTER) }))
        }
    }
}
