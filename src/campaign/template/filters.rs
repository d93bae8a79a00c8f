//! The filters: what may stand behind `|`.
//!
//! Of nothing, a filter makes nothing: a fallback at the end of a chain covers its beginning.

use std::borrow::Cow;
use std::cmp::Ordering;

use minijinja::filters as ready;
use rust_decimal::{Decimal, RoundingStrategy};

use super::arguments::{Answer, Given, whole};
use super::operators::Operators;
use super::tree::Arithmetic;
use super::value::{Nothing, Val};
use super::{format, number};
use crate::campaign::tables::Kind;
use crate::campaign::text::visible;

/// The name in a template, and the filter's own.
const FILTERS: &[(&str, &str)] = &[
    ("default", "default"),
    ("d", "default"),
    ("yes", "yes"),
    ("number", "number"),
    ("upper", "upper"),
    ("lower", "lower"),
    ("title", "title"),
    ("capitalize", "capitalize"),
    ("trim", "trim"),
    ("replace", "replace"),
    ("truncate", "truncate"),
    ("urlencode", "urlencode"),
    ("string", "string"),
    ("format", "format"),
    ("int", "int"),
    ("float", "float"),
    ("round", "round"),
    ("abs", "abs"),
    ("length", "length"),
    ("count", "length"),
    ("first", "first"),
    ("last", "last"),
    ("reverse", "reverse"),
    ("split", "split"),
    ("lines", "lines"),
    ("join", "join"),
    ("list", "list"),
    ("sort", "sort"),
    ("unique", "unique"),
    ("select", "select"),
    ("reject", "reject"),
    ("map", "map"),
    ("items", "items"),
    ("sum", "sum"),
    ("min", "min"),
    ("max", "max"),
];

/// The filter of this name.
pub(super) fn find(name: &str) -> Option<&'static str> {
    FILTERS.iter().find(|(known, _)| *known == name).map(|(_, own)| *own)
}

/// What there is.
pub(super) fn all() -> Vec<&'static str> {
    let mut all: Vec<&str> = FILTERS.iter().map(|(_, own)| *own).collect();
    all.dedup();
    all
}

/// Applies a filter; `spend` pays for what it makes, in bytes.
///
/// # Errors
/// Where the value is none for it, with column, value and remedy.
pub(super) fn apply<'r>(
    operators: Operators<'r>,
    name: &str,
    value: Val<'r>,
    given: &Given<'r>,
    spend: &mut dyn FnMut(usize) -> Answer<()>,
) -> Answer<Val<'r>> {
    match (name, &value) {
        ("default", _) => return fallback(operators, value, given),
        ("yes", _) => return operators.yes(&value).map(Val::Bool),
        // An empty text, but no number: it equals nothing.
        ("number" | "int" | "float" | "round" | "abs" | "sum" | "min" | "max", Val::Nothing(nothing)) => {
            return Ok(Val::Nothing(Nothing { computed: true, ..nothing.clone() }));
        }
        (_, Val::Nothing(_)) => return Ok(value),
        _ => {}
    }
    let call = Call { operators, name, given };
    let made = match (name, &value) {
        ("number" | "int" | "float" | "round" | "abs", _) => call.of_number(&value)?,
        ("first" | "last" | "reverse" | "length" | "list", Val::List(_) | Val::Map(_))
        | ("join" | "sort" | "unique" | "select" | "reject" | "map" | "items" | "sum" | "min" | "max", _) => {
            if let Val::List(list) = &value {
                spend(cost(name, list, given))?;
            }
            call.of_list(&value)?
        }
        _ => {
            let text = value.as_text().ok_or_else(|| {
                std::format!(
                    "filter {name} is for texts, and this is {}; `join` makes a text of a list",
                    value.sort()
                )
            })?;
            let lists = matches!(name, "list" | "lines" | "split");
            spend(if lists { text.len().saturating_mul(64) } else { text.len() })?;
            if name == "replace" {
                spend(call.replaced(&text)?)?;
            }
            call.of_text(&value, &text)?
        }
    };
    if let Val::Text(text) = &made {
        spend(text.text.len())?;
    }
    Ok(made)
}

/// What a filter of a list costs before it is applied, in bytes.
fn cost(name: &str, list: &[Val<'_>], given: &Given<'_>) -> usize {
    let n = list.len();
    match name {
        // Each is held against each.
        "unique" => n.saturating_mul(n) * 8,
        "join" => {
            let by = given.get(0, "joiner").and_then(Val::as_text).map_or(0, |by| by.len());
            let texts = list.iter().map(|item| item.as_text().map_or(0, |text| text.len())).sum::<usize>();
            texts.saturating_add(by.saturating_mul(n))
        }
        _ => n.saturating_mul(16),
    }
}

/// `default(x)`: where nothing is there, or nothing that anybody would see.
fn fallback<'r>(operators: Operators<'_>, value: Val<'r>, given: &Given<'r>) -> Answer<Val<'r>> {
    let other = given.get(0, "default_value").cloned().unwrap_or_else(|| Val::literal(""));
    let also_false = match given.get(1, "boolean") {
        Some(flag) => operators.truth(flag)?,
        None => false,
    };
    let covers = match &value {
        Val::Nothing(_) => true,
        Val::Text(text) if visible(&text.text).is_empty() => true,
        value if also_false => !operators.truth(value)?,
        _ => false,
    };
    Ok(if covers { other } else { value })
}

struct Call<'c, 'r> {
    operators: Operators<'r>,
    name: &'c str,
    given: &'c Given<'r>,
}

impl<'r> Call<'_, 'r> {
    fn argument(&self, place: usize, name: &str) -> Answer<Option<Cow<'_, str>>> {
        match self.given.get(place, name) {
            None => Ok(None),
            Some(Val::Nothing(nothing)) if nothing.column.is_none() => Ok(None),
            Some(value) => self.operators.printed(value).map(Some),
        }
    }

    fn count(&self, place: usize, name: &str) -> Answer<Option<usize>> {
        let Some(value) = self.given.get(place, name) else { return Ok(None) };
        let count = whole(self.operators.number(value)?)?;
        usize::try_from(count).map(Some).map_err(|_| std::format!("{count} is no number of things"))
    }

    fn of_number(&self, value: &Val<'r>) -> Answer<Val<'r>> {
        let number = match (self.name, self.given.get(0, "decimal"), value) {
            ("number", Some(_), Val::Text(text)) if matches!(text.kind, Kind::AsShown) => {
                let sign = self.argument(0, "decimal")?.unwrap_or_default();
                let sign = match &*sign {
                    "." => '.',
                    "," => ',',
                    _ => return Err("`number` takes the decimal sign, `'.'` or `','`".to_owned()),
                };
                number::parse_with(&text.text, sign).map_err(|why| {
                    std::format!("{}: `{}` {}", self.operators.place(text), text.text, why.why())
                })
            }
            _ => self.operators.number(value),
        };
        let number = match number {
            Ok(number) => number,
            // `int(0)` says what stands in.
            Err(_) if matches!(self.name, "int" | "float") && self.given.get(0, "default").is_some() => {
                return Ok(self.given.get(0, "default").cloned().unwrap_or(Val::Number(Decimal::ZERO)));
            }
            Err(why) => return Err(why),
        };
        Ok(Val::Number(match self.name {
            "int" => number.trunc(),
            "abs" => number.abs(),
            "round" => {
                let places = u32::try_from(self.count(0, "precision")?.unwrap_or(0)).unwrap_or(u32::MAX);
                let strategy = match self.argument(1, "method")?.as_deref() {
                    None | Some("common") => RoundingStrategy::MidpointAwayFromZero,
                    Some("ceil") => RoundingStrategy::ToPositiveInfinity,
                    Some("floor") => RoundingStrategy::ToNegativeInfinity,
                    Some(_) => return Err("`round` goes by `common`, `ceil` or `floor`".to_owned()),
                };
                number.round_dp_with_strategy(places.min(28), strategy)
            }
            _ => number,
        }))
    }

    /// How many bytes a replacement makes, before it is made.
    fn replaced(&self, text: &str) -> Answer<usize> {
        let (from, to) = self.replacement()?;
        Ok(text.len() + text.matches(&*from).count().saturating_mul(to.len()))
    }

    fn replacement(&self) -> Answer<(Cow<'_, str>, Cow<'_, str>)> {
        let both = self.argument(0, "old")?.zip(self.argument(1, "new")?);
        both.ok_or_else(|| "`replace` takes what to replace, and by what".to_owned())
    }

    fn of_text(&self, value: &Val<'r>, text: &str) -> Answer<Val<'r>> {
        let made = |text: String| Val::made(text, value.column());
        let letter = |c: Option<char>| c.map_or_else(|| Val::literal(""), |c| made(c.to_string()));
        Ok(match self.name {
            "upper" => made(text.to_uppercase()),
            "lower" => made(text.to_lowercase()),
            "title" => made(ready::title(Cow::Borrowed(text))),
            "capitalize" => {
                let mut letters = text.chars();
                let first = letters.next().map(|c| c.to_uppercase().to_string()).unwrap_or_default();
                made(first + &letters.as_str().to_lowercase())
            }
            "trim" => match self.argument(0, "chars")? {
                Some(chars) => made(text.trim_matches(|c| chars.contains(c)).to_owned()),
                None => made(text.trim().to_owned()),
            },
            "replace" => {
                let (from, to) = self.replacement()?;
                made(text.replace(&*from, &to))
            }
            "truncate" => {
                let length = self.count(0, "length")?.unwrap_or(255);
                if text.chars().count() <= length {
                    return Ok(value.clone());
                }
                let end = self.argument(2, "end")?.unwrap_or(Cow::Borrowed("…"));
                let kept = length.saturating_sub(end.chars().count());
                made(text.chars().take(kept).collect::<String>().trim_end().to_owned() + &end)
            }
            "urlencode" => {
                let encoded: String = url::form_urlencoded::byte_serialize(text.as_bytes()).collect();
                made(encoded.replace('+', "%20"))
            }
            // A text on purpose: it is compared as it is written.
            "string" => Val::literal(text.to_owned()),
            "format" => made(format::format(self.operators, text, self.given)?),
            "length" => Val::count(text.chars().count()),
            "first" => letter(text.chars().next()),
            "last" => letter(text.chars().next_back()),
            "reverse" => made(text.chars().rev().collect()),
            "lines" => Val::List(text.lines().map(|line| made(line.to_owned())).collect()),
            "list" => Val::List(text.chars().map(|c| made(c.to_string())).collect()),
            "split" => {
                let parts: Vec<&str> = match self.argument(0, "split")? {
                    Some(by) if !by.is_empty() => text.split(&*by).collect(),
                    _ => text.split_whitespace().collect(),
                };
                Val::List(parts.into_iter().map(|part| made(visible(part).to_owned())).collect())
            }
            other => return Err(std::format!("filter {other} isn't for a text")),
        })
    }

    fn of_list(&self, value: &Val<'r>) -> Answer<Val<'r>> {
        let list: Vec<Val<'r>> = match value {
            Val::List(list) => list.to_vec(),
            Val::Map(map) if self.name == "items" => {
                map.iter().map(|(key, value)| Val::List([key.clone(), value.clone()].into())).collect()
            }
            Val::Map(map) => map.iter().map(|(key, _)| key.clone()).collect(),
            other => {
                return Err(std::format!(
                    "filter {} is for lists, and this is {}; `split(',')` makes a list of a text",
                    self.name,
                    other.sort()
                ));
            }
        };
        let nothing = || Val::nothing(self.name.to_owned());
        Ok(match self.name {
            "length" => Val::count(list.len()),
            "list" | "items" => Val::List(list.into()),
            "first" => list.into_iter().next().unwrap_or_else(nothing),
            "last" => list.into_iter().next_back().unwrap_or_else(nothing),
            "reverse" => Val::List(list.into_iter().rev().collect()),
            "join" => {
                let by = self.argument(0, "joiner")?.unwrap_or_default();
                let parts: Vec<_> =
                    list.iter().map(|item| self.operators.printed(item)).collect::<Answer<_>>()?;
                Val::made(parts.join(&*by), None)
            }
            "select" | "reject" => {
                if !self.given.positional.is_empty() {
                    return Err(std::format!("`{}` takes no test; write a loop with `if`", self.name));
                }
                let mut kept = Vec::new();
                for item in list {
                    if self.operators.truth(&item)? == (self.name == "select") {
                        kept.push(item);
                    }
                }
                Val::List(kept.into())
            }
            "map" => {
                let attribute = self.given.named.iter().find(|(name, _)| *name == "attribute");
                let attribute = attribute.and_then(|(_, value)| value.as_text()).ok_or_else(|| {
                    "`map` takes an attribute, as in `map(attribute='name')`; else write a loop".to_owned()
                })?;
                let member = |item: &Val<'r>| {
                    match item {
                        Val::Map(map) => {
                            map.iter().find(|(key, _)| key.as_text().is_some_and(|key| key == attribute))
                        }
                        _ => None,
                    }
                    .map_or_else(|| Val::nothing(attribute.clone().into_owned()), |(_, value)| value.clone())
                };
                Val::List(list.iter().map(member).collect())
            }
            "unique" => {
                let mut kept: Vec<Val<'r>> = Vec::new();
                for item in list {
                    let mut known = false;
                    for other in &kept {
                        known = known || self.operators.equal(&item, other)?;
                    }
                    if !known {
                        kept.push(item);
                    }
                }
                Val::List(kept.into())
            }
            "sum" => {
                let mut sum = Val::Number(Decimal::ZERO);
                for item in list {
                    let number = Val::Number(self.operators.number(&item)?);
                    sum = self.operators.compute(Arithmetic::Add, sum, number)?;
                }
                sum
            }
            "sort" | "min" | "max" => {
                let mut sorted = self.sorted(list)?;
                match self.name {
                    "min" => sorted.into_iter().next().unwrap_or_else(nothing),
                    "max" => sorted.pop().unwrap_or_else(nothing),
                    _ => {
                        if self.given.get(0, "reverse").is_some_and(|flag| matches!(flag, Val::Bool(true))) {
                            sorted.reverse();
                        }
                        Val::List(sorted.into())
                    }
                }
            }
            other => return Err(std::format!("filter {other} isn't for a list")),
        })
    }

    fn sorted(&self, mut list: Vec<Val<'r>>) -> Answer<Vec<Val<'r>>> {
        // What has an order with the first has one with all that do: numbers, dates, or words.
        if let Some(first) = list.first() {
            for item in &list {
                self.operators.order(first, item)?;
            }
        }
        list.sort_by(|a, b| self.operators.order(a, b).unwrap_or(Ordering::Equal));
        Ok(list)
    }
}
