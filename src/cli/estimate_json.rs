//! An estimate in `--json`, the same for every command that tells one.

use serde_json::{Value, json};

use crate::app::plan::Estimate;
use crate::domain::time::Millis;

/// How many days are listed.
const MAX_DAYS: usize = 366;

/// Adds when what is left goes out, and what limits it, to an object.
#[must_use]
pub fn with(mut value: Value, estimate: &Estimate) -> Value {
    let forecast = estimate.forecast.as_ref();
    let days: Vec<_> = estimate.days().iter().take(MAX_DAYS).map(ToString::to_string).collect();
    let told = json!({
        "left": estimate.messages, "starts_at": forecast.map(|told| told.starts.rfc3339()),
        "ends_at": forecast.and_then(|told| told.ends).map(Millis::rfc3339),
        "duration_s": estimate.sending().map(|time| time.as_secs()), "days": days, "limited_by": estimate.limited_by,
    });
    if let (Value::Object(value), Value::Object(told)) = (&mut value, told) {
        value.extend(told);
    }
    value
}
