//! What counts as true: in conditions, and for the filter `yes`.

use rust_decimal::Decimal;

use super::operators::Operators;
use super::value::{Text, Val};
use super::yes_no::meaning;
use crate::campaign::tables::Kind;
use crate::campaign::text::visible;

impl Operators<'_> {
    /// Whether a value is true as a condition. A cell is true where something stands in it; one that can be read as a
    /// no, too, is an error: its author may mean either.
    ///
    /// # Errors
    /// Names the column, the value and the remedy.
    pub fn truth(&self, value: &Val<'_>) -> Result<bool, String> {
        match value {
            Val::Nothing(_) => Ok(false),
            Val::Bool(value) => Ok(*value),
            Val::Number(number) => Ok(!number.is_zero()),
            Val::List(list) => Ok(!list.is_empty()),
            Val::Map(map) => Ok(!map.is_empty()),
            Val::Text(text) => match text.kind {
                Kind::Bool(value) => Ok(value),
                _ => self.truth_of_text(text),
            },
        }
    }

    fn truth_of_text(&self, text: &Text<'_>) -> Result<bool, String> {
        let shown = visible(&text.text);
        if shown.is_empty() {
            return Ok(false);
        }
        if meaning(shown) == Some(false) || text.number().is_ok_and(|number| number.is_zero()) {
            let name = self.spelling(text);
            return Err(format!(
                "{}: `{shown}` can mean no, and a condition asks whether the cell is filled; write `{name} | yes` for \
                 yes or no, `{name} > 0` for a number, or `{name} is defined` for whether it is filled",
                self.place(text)
            ));
        }
        Ok(true)
    }

    /// Whether a value says yes. Nothing says no: a box that isn't ticked.
    ///
    /// # Errors
    /// A word that isn't known for yes or no.
    pub fn yes(&self, value: &Val<'_>) -> Result<bool, String> {
        let known = match value {
            Val::Nothing(_) => Some(false),
            Val::Bool(value) => Some(*value),
            Val::Number(number) => one_or_zero(*number),
            Val::Text(Text { kind: Kind::Bool(value), .. }) => Some(*value),
            Val::Text(text) if visible(&text.text).is_empty() => Some(false),
            Val::Text(text) => meaning(&text.text).or_else(|| one_or_zero(text.number().ok()?)),
            Val::List(_) | Val::Map(_) => None,
        };
        known.ok_or_else(|| match value {
            Val::Text(text) => format!(
                "{}: `{}` is no word for yes or no that `yes` knows; compare it, as in `{} == '{0}'`",
                self.place(text),
                text.text,
                self.spelling(text)
            )
            .replace("{0}", &text.text),
            other => format!("`yes` is for yes or no, and this is {}", other.sort()),
        })
    }
}

fn one_or_zero(number: Decimal) -> Option<bool> {
    if number.is_zero() { Some(false) } else { (number == Decimal::ONE).then_some(true) }
}
