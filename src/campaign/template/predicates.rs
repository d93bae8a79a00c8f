//! Tests: what may stand behind `is`.

use super::arguments::{Given, whole};
use super::operators::Operators;
use super::tree::Comparison;
use super::value::{Origin, Text, Val};
use crate::campaign::tables::Kind;

/// The name in a template, and the test's own.
const TESTS: &[(&str, &str)] = &[
    ("defined", "defined"),
    ("undefined", "undefined"),
    ("none", "none"),
    ("number", "number"),
    ("integer", "integer"),
    ("int", "integer"),
    ("string", "string"),
    ("boolean", "boolean"),
    ("true", "true"),
    ("false", "false"),
    ("odd", "odd"),
    ("even", "even"),
    ("divisibleby", "divisibleby"),
    ("lower", "lower"),
    ("upper", "upper"),
    ("startingwith", "startingwith"),
    ("endingwith", "endingwith"),
    ("sequence", "sequence"),
    ("iterable", "sequence"),
    ("mapping", "mapping"),
    ("in", "in"),
    ("eq", "eq"),
    ("equalto", "eq"),
    ("==", "eq"),
    ("ne", "ne"),
    ("!=", "ne"),
    ("lt", "lt"),
    ("lessthan", "lt"),
    ("<", "lt"),
    ("le", "le"),
    ("<=", "le"),
    ("gt", "gt"),
    ("greaterthan", "gt"),
    (">", "gt"),
    ("ge", "ge"),
    (">=", "ge"),
];

/// The test of this name.
pub(super) fn find(name: &str) -> Option<&'static str> {
    TESTS.iter().find(|(known, _)| *known == name).map(|(_, own)| *own)
}

/// What there is.
pub(super) fn all() -> Vec<&'static str> {
    let mut all: Vec<&str> = TESTS.iter().map(|(_, own)| *own).collect();
    all.dedup();
    all
}

/// Whether a test holds of a value.
///
/// # Errors
/// Where it can't be told.
pub(super) fn holds(
    operators: Operators<'_>,
    name: &str,
    value: &Val<'_>,
    given: &Given<'_>,
) -> Result<bool, String> {
    let other =
        || given.get(0, "other").ok_or_else(|| format!("`is {name}` compares with something: name it"));
    let compare = |op: Comparison| operators.compare(op, value, other()?);
    let text = || match value {
        Val::Nothing(nothing) => Err(operators.missing(nothing)),
        value => value
            .as_text()
            .ok_or_else(|| format!("`is {name}` is about a text, and this is {}", value.sort())),
    };
    let integer = |value: &Val<'_>| {
        let number = operators.number(value)?;
        whole(number).map_err(|why| match value.column() {
            Some(position) => format!("column `{}`: {why}", operators.0.blame(position)),
            None => why,
        })
    };
    match name {
        "defined" => Ok(!matches!(value, Val::Nothing(_))),
        "undefined" | "none" => Ok(matches!(value, Val::Nothing(_))),
        "number" => Ok(is_number(value)),
        "string" => {
            Ok(matches!(value, Val::Text(text) if !matches!(text.kind, Kind::Bool(_))) && !is_number(value))
        }
        "integer" => Ok(is_number(value) && operators.number(value)?.is_integer()),
        "boolean" => Ok(matches!(value, Val::Bool(_) | Val::Text(Text { kind: Kind::Bool(_), .. }))),
        "true" => operators.equal(value, &Val::Bool(true)),
        "false" => operators.equal(value, &Val::Bool(false)),
        "odd" => Ok(integer(value)?.rem_euclid(2) == 1),
        "even" => Ok(integer(value)?.rem_euclid(2) == 0),
        "divisibleby" => match integer(given.get(0, "num").ok_or("`is divisibleby` needs a number")?)? {
            0 => Err("nothing can be divided by 0".to_owned()),
            by => Ok(integer(value)?.checked_rem(by).unwrap_or(0) == 0),
        },
        "lower" => text().map(|text| !text.chars().any(char::is_uppercase)),
        "upper" => text().map(|text| !text.chars().any(char::is_lowercase)),
        "startingwith" | "endingwith" => {
            let part = match other()? {
                Val::Nothing(nothing) => return Err(operators.missing(nothing)),
                part => part.as_text().ok_or("a text is looked for in a text")?,
            };
            let text = text()?;
            Ok(if name == "startingwith" { text.starts_with(&*part) } else { text.ends_with(&*part) })
        }
        "sequence" => Ok(matches!(value, Val::List(_))),
        "mapping" => Ok(matches!(value, Val::Map(_))),
        "in" => compare(Comparison::In),
        "eq" => compare(Comparison::Equal),
        "ne" => compare(Comparison::Unequal),
        "lt" => compare(Comparison::Less),
        "le" => compare(Comparison::LessOrEqual),
        "gt" => compare(Comparison::Greater),
        "ge" => compare(Comparison::GreaterOrEqual),
        other => Err(format!("test {other} is unknown")),
    }
}

/// A number, or a cell that writes one, also one whose value can't be told for sure.
fn is_number(value: &Val<'_>) -> bool {
    match value {
        Val::Number(_) => true,
        Val::Text(text) if text.origin == Origin::Literal => false,
        Val::Text(text) => {
            use super::number::NoNumber::{Ambiguous, Scientific, TooLong};
            matches!(text.number(), Ok(_) | Err(Ambiguous | Scientific | TooLong))
        }
        _ => false,
    }
}
