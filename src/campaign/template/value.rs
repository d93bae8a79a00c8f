//! What a template computes with.

use std::borrow::Cow;
use std::sync::Arc;

use rust_decimal::Decimal;

use super::number;
use crate::campaign::tables::Kind;
use crate::campaign::text::visible;

/// A value. What a row brings is borrowed from it.
#[derive(Clone, Debug)]
pub(in crate::campaign) enum Val<'r> {
    /// Nothing is there: an empty cell, a name that nothing has. A fallback covers it.
    Nothing(Nothing<'r>),
    /// A text, which may be a number's or a truth value's, too.
    Text(Text<'r>),
    /// A number that was computed, or is written in the template or in the campaign.
    Number(Decimal),
    /// A truth value that was computed, or is written in the template or in the campaign.
    Bool(bool),
    /// Several values.
    List(Arc<[Val<'r>]>),
    /// Values under names.
    Map(Arc<[(Val<'r>, Val<'r>)]>),
}

/// What isn't there.
#[derive(Clone, Debug)]
pub(in crate::campaign) struct Nothing<'r> {
    /// The column whose cell is empty.
    pub column: Option<usize>,
    /// The name, or the expression, that gave nothing.
    pub name: Cow<'r, str>,
    /// What the cell holds: nothing, or a program's word for it, such as `N/A`.
    pub raw: &'r str,
    /// A number that should have been computed from it: it equals nothing, not even an empty text.
    pub computed: bool,
}

/// Where a text comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::campaign) enum Origin {
    /// This column's cell.
    Column(usize),
    /// Made from this column's cell, or from several things.
    Computed(Option<usize>),
    /// Written in quotes in the template, or made a text on purpose.
    Literal,
    /// The campaign's variable.
    Variable,
}

/// A text.
#[derive(Clone, Debug)]
pub(in crate::campaign) struct Text<'r> {
    /// The text, as it prints.
    pub text: Cow<'r, str>,
    /// Where it comes from.
    pub origin: Origin,
    /// What its file says that it is.
    pub kind: Kind,
}

impl<'r> Text<'r> {
    /// The column that it is, or was made from.
    pub fn column(&self) -> Option<usize> {
        match self.origin {
            Origin::Column(position) | Origin::Computed(Some(position)) => Some(position),
            _ => None,
        }
    }

    /// The number that it writes, or that its file says it is.
    pub fn number(&self) -> Result<Decimal, number::NoNumber> {
        match self.kind {
            Kind::Number(value) => match number::parse(&self.text) {
                // Exactly as shown, where that is the value: a float has fewer digits than a long number.
                Ok(shown) if number::of_float(value).is_none_or(|value| close(value, shown)) => Ok(shown),
                _ => number::of_float(value).ok_or(number::NoNumber::TooLong),
            },
            Kind::Bool(_) => Err(number::NoNumber::Text),
            _ => number::parse(&self.text),
        }
    }
}

fn close(value: Decimal, shown: Decimal) -> bool {
    let scale = value.abs().max(Decimal::ONE);
    value.checked_sub(shown).is_some_and(|d| d.abs() <= scale * Decimal::new(1, 15))
}

impl<'r> Val<'r> {
    /// A text that is written in the template.
    pub fn literal(text: impl Into<Cow<'r, str>>) -> Val<'r> {
        Val::Text(Text { text: text.into(), origin: Origin::Literal, kind: Kind::AsShown })
    }

    /// A text that was made, from this column if from one.
    pub fn made(text: String, column: Option<usize>) -> Val<'r> {
        Val::Text(Text { text: Cow::Owned(text), origin: Origin::Computed(column), kind: Kind::AsShown })
    }

    /// Nothing, of this name.
    pub fn nothing(name: impl Into<Cow<'r, str>>) -> Val<'r> {
        Val::Nothing(Nothing { column: None, name: name.into(), raw: "", computed: false })
    }

    /// A whole number.
    pub fn count(n: usize) -> Val<'r> {
        Val::Number(Decimal::from(n))
    }

    /// Of a campaign's variable. Blank texts and `null` are nothing.
    pub fn of_json(name: &str, value: &serde_json::Value) -> Val<'static> {
        match value {
            serde_json::Value::Null => Val::nothing(name.to_owned()),
            serde_json::Value::String(text) if visible(text).is_empty() => Val::nothing(name.to_owned()),
            serde_json::Value::String(text) => {
                Val::Text(Text { text: text.clone().into(), origin: Origin::Variable, kind: Kind::AsShown })
            }
            serde_json::Value::Bool(value) => Val::Text(Text {
                text: value.to_string().into(),
                origin: Origin::Variable,
                kind: Kind::Bool(*value),
            }),
            serde_json::Value::Number(number) => {
                let text = number.to_string();
                let value =
                    Decimal::from_str_exact(&text).ok().or_else(|| Decimal::from_scientific(&text).ok());
                match value {
                    Some(value) => Val::Number(value),
                    None => {
                        Val::Text(Text { text: text.into(), origin: Origin::Variable, kind: Kind::AsShown })
                    }
                }
            }
            serde_json::Value::Array(items) => {
                Val::List(items.iter().map(|item| Val::of_json(name, item)).collect())
            }
            serde_json::Value::Object(members) => Val::Map(
                members
                    .iter()
                    .map(|(key, value)| {
                        (Val::literal(key.clone()), Val::of_json(&format!("{name}.{key}"), value))
                    })
                    .collect(),
            ),
        }
    }

    /// The text that it prints as, where it is one thing.
    pub fn as_text(&self) -> Option<Cow<'_, str>> {
        match self {
            Val::Text(text) => Some(Cow::Borrowed(&text.text)),
            Val::Number(number) => Some(Cow::Owned(number.to_string())),
            Val::Bool(value) => Some(Cow::Borrowed(if *value { "true" } else { "false" })),
            _ => None,
        }
    }

    /// The column that it is, or was made from.
    pub fn column(&self) -> Option<usize> {
        match self {
            Val::Text(text) => text.column(),
            Val::Nothing(nothing) => nothing.column,
            _ => None,
        }
    }

    /// What it is, in a word.
    pub fn sort(&self) -> &'static str {
        match self {
            Val::Nothing(_) => "nothing",
            Val::Text(Text { kind: Kind::Bool(_), .. }) | Val::Bool(_) => "a truth value",
            Val::Text(_) => "a text",
            Val::Number(_) => "a number",
            Val::List(_) => "a list",
            Val::Map(_) => "a list of names and values",
        }
    }
}
