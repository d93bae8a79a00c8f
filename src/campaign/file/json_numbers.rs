//! JSON values of a campaign whose numbers print as they are written.
//!
//! Invariant: a number that `serde_json` would print in another way (`9.50`, an id of 23 digits) becomes a text that holds
//! it as it stands. Templates compute with such a text as with any cell.

use std::collections::BTreeMap;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;
use serde_json::{Number, Value};

/// What the error begins with over a value that is no JSON.
pub const UNREADABLE: &str = "isn't valid JSON: ";

/// A value, read so that its numbers keep their form.
struct Written(Value);

impl<'de> Deserialize<'de> for Written {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Written, D::Error> {
        let raw = Box::<RawValue>::deserialize(deserializer)?;
        let value = serde_json::from_str(&kept(raw.get()));
        value.map(Written).map_err(|error| D::Error::custom(format!("{UNREADABLE}{error}")))
    }
}

/// The campaign's variables.
pub(super) fn variables<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<BTreeMap<String, Value>, D::Error> {
    let variables = BTreeMap::<String, Written>::deserialize(deserializer)?;
    Ok(variables.into_iter().map(|(name, Written(value))| (name, value)).collect())
}

/// The recipients that stand in the campaign itself.
pub(super) fn recipients<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Vec<Value>>, D::Error> {
    let recipients = Option::<Vec<Written>>::deserialize(deserializer)?;
    Ok(recipients.map(|values| values.into_iter().map(|Written(value)| value).collect()))
}

/// JSON text, with quotes around each number that would print in another way.
fn kept(json: &str) -> String {
    let mut out = String::with_capacity(json.len() + 8);
    let mut rest = json;
    while let Some(at) = rest.find(|c: char| c == '"' || c == '-' || c.is_ascii_digit()) {
        let (before, from) = rest.split_at(at);
        out.push_str(before);
        let is_text = from.starts_with('"');
        let length = if is_text { text_length(from) } else { number_length(from) };
        let (token, behind) = from.split_at(length);
        let quote = if is_text || prints_as_written(token) { "" } else { "\"" };
        for part in [quote, token, quote] {
            out.push_str(part);
        }
        rest = behind;
    }
    out + rest
}

/// How long the text is that begins here, with its quotes.
fn text_length(json: &str) -> usize {
    let mut escaped = false;
    for (at, byte) in json.bytes().enumerate().skip(1) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return at + 1,
            _ => {}
        }
    }
    json.len()
}

/// How long the number is that begins here.
fn number_length(json: &str) -> usize {
    let ends = |c: char| !(c.is_ascii_digit() || matches!(c, '+' | '-' | '.' | 'e' | 'E'));
    json.find(ends).unwrap_or(json.len())
}

fn prints_as_written(number: &str) -> bool {
    number.parse::<Number>().is_ok_and(|parsed| parsed.to_string() == number)
}

#[cfg(test)]
mod tests {
    use super::kept;

    #[test]
    fn numbers_that_would_print_in_another_way_become_texts() {
        for (json, expected) in [
            ("9", "9"),
            ("9.5", "9.5"),
            ("9.50", "\"9.50\""),
            ("-0", "\"-0\""),
            ("1e3", "\"1e3\""),
            ("18446744073709551615", "18446744073709551615"),
            ("12345678901234567890123", "\"12345678901234567890123\""),
            (
                r#"[9.50, "9.50 \" 1e3", {"1.0e1": [true, 2.00]}]"#,
                r#"["9.50", "9.50 \" 1e3", {"1.0e1": [true, "2.00"]}]"#,
            ),
            (r#""a\\""#, r#""a\\""#),
        ] {
            assert_eq!(kept(json), expected);
        }
    }
}
