//! What the operators do with cells: the right answer, or an error that names column, value and remedy.
//!
//! - A cell beside a number is the number that it writes, or the row is bad.
//! - A cell beside a text in quotes is compared as it is written.
//! - Two cells are two numbers where both are some, and texts where neither is.

use std::cmp::Ordering;

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

use super::number::NoNumber;
use super::tree::{Arithmetic, Comparison};
use super::value::{Nothing, Origin, Text, Val};
use super::yes_no::meaning;
use crate::campaign::tables::Kind;
use crate::campaign::template::scope::Scope;

/// The operators, over a scope that gives columns their names in errors.
#[derive(Clone, Copy)]
pub(super) struct Operators<'s>(pub &'s Scope);

type Answer<T> = Result<T, String>;

impl Operators<'_> {
    /// How a text's column is written in a template.
    pub fn spelling(&self, text: &Text<'_>) -> String {
        text.column().map_or_else(|| "…".to_owned(), |position| self.0.spelling(position))
    }

    /// Where a text comes from, for an error.
    pub fn place(&self, text: &Text<'_>) -> String {
        match text.column() {
            Some(position) => format!("column `{}`", self.0.blame(position)),
            None => "the template".to_owned(),
        }
    }

    /// What is said of nothing, where something is needed.
    pub fn missing(&self, nothing: &Nothing<'_>) -> String {
        let Some(position) = nothing.column else {
            return format!("`{}` is undefined", nothing.name);
        };
        let header = self.0.blame(position);
        let name = self.0.spelling(position);
        let holds = match nothing.raw {
            "" => "is empty".to_owned(),
            raw => format!("holds `{raw}`, which counts as empty"),
        };
        format!(
            "column `{header}` {holds}; fill it in, or give the message a fallback: {{{{ {name} | default('…') }}}}"
        )
    }

    /// The number that a value is.
    ///
    /// # Errors
    /// Why it is none.
    pub fn number(&self, value: &Val<'_>) -> Answer<Decimal> {
        match value {
            Val::Number(number) => Ok(*number),
            Val::Nothing(nothing) => Err(self.missing(nothing)),
            Val::Text(text) => text.number().map_err(|why| self.no_number(text, why)),
            other => Err(format!("a number is needed, and this is {}", other.sort())),
        }
    }

    fn no_number(&self, text: &Text<'_>, why: NoNumber) -> String {
        let shown: String = text.text.chars().take(60).collect();
        let boolean = matches!(text.kind, Kind::Bool(_)) || meaning(&shown).is_some();
        let why = if boolean { "is no number; `| yes` makes a condition of a yes or no" } else { why.why() };
        format!("{}: `{shown}` {why}", self.place(text))
    }

    /// Whether two values compare like this.
    ///
    /// # Errors
    /// Where that can't be said for sure.
    pub fn compare(&self, op: Comparison, left: &Val<'_>, right: &Val<'_>) -> Answer<bool> {
        Ok(match op {
            Comparison::Equal => self.equal(left, right)?,
            Comparison::Unequal => !self.equal(left, right)?,
            Comparison::Less => self.order(left, right)?.is_lt(),
            Comparison::LessOrEqual => self.order(left, right)?.is_le(),
            Comparison::Greater => self.order(left, right)?.is_gt(),
            Comparison::GreaterOrEqual => self.order(left, right)?.is_ge(),
            Comparison::In => self.contains(right, left)?,
            Comparison::NotIn => !self.contains(right, left)?,
        })
    }

    /// Whether two values are equal.
    pub fn equal(&self, left: &Val<'_>, right: &Val<'_>) -> Answer<bool> {
        use Val::{Bool, List, Map, Nothing, Number, Text};
        match (left, right) {
            (Nothing(nothing), _) | (_, Nothing(nothing)) if nothing.computed => Err(self.missing(nothing)),
            (Number(a), Number(b)) => Ok(a == b),
            (Bool(a), Bool(b)) => Ok(a == b),
            (Bool(value), Text(text)) | (Text(text), Bool(value)) => match text.kind {
                Kind::Bool(known) => Ok(known == *value),
                _ => Err(format!(
                    "{}: `{}` is a text, not true or false; write `{} | yes`",
                    self.place(text),
                    text.text,
                    self.spelling(text)
                )),
            },
            (Number(number), Text(text)) | (Text(text), Number(number)) => {
                Ok(text.number().map_err(|why| self.no_number(text, why))? == *number)
            }
            (Text(a), Text(b)) => self.equal_texts(a, b),
            // `is it empty?`; and a word for nothing, where the template names it.
            (Nothing(nothing), Text(text)) | (Text(text), Nothing(nothing)) => Ok(*text.text == *nothing.raw),
            (Nothing(_), Nothing(_)) => Ok(true),
            (Nothing(nothing), Number(_) | Bool(_)) | (Number(_) | Bool(_), Nothing(nothing)) => {
                Err(self.missing(nothing))
            }
            (List(a), List(b)) => {
                for (a, b) in a.iter().zip(b.iter()) {
                    if !self.equal(a, b)? {
                        return Ok(false);
                    }
                }
                Ok(a.len() == b.len())
            }
            (Nothing(_), List(_) | Map(_)) | (List(_) | Map(_), Nothing(_)) => Ok(false),
            (a, b) => Err(format!("{} and {} can't be compared", a.sort(), b.sort())),
        }
    }

    fn equal_texts(&self, a: &Text<'_>, b: &Text<'_>) -> Answer<bool> {
        if let (Kind::Bool(a), Kind::Bool(b)) = (a.kind, b.kind) {
            return Ok(a == b);
        }
        let as_texts = a.text == b.text;
        if !as_texts && same_answer(&a.text, &b.text) {
            let cell = if a.column().is_some() { a } else { b };
            return Err(format!(
                "{}: `{}` and `{}` both mean the same answer; write `{} | yes`",
                self.place(cell),
                a.text,
                b.text,
                self.spelling(cell)
            ));
        }
        if a.origin == Origin::Literal || b.origin == Origin::Literal {
            return Ok(as_texts);
        }
        let unsure = |why: &NoNumber| matches!(why, NoNumber::Ambiguous | NoNumber::Scientific);
        let as_numbers = match (a.number(), b.number()) {
            (Ok(a), Ok(b)) => a == b,
            (_, _) if as_texts => return Ok(true),
            // `1.234` beside `1234`: the same number to some readers.
            (Err(why), Ok(_)) if unsure(&why) => return Err(self.no_number(a, why)),
            (Ok(_), Err(why)) if unsure(&why) => return Err(self.no_number(b, why)),
            (Err(why), Err(other)) if unsure(&why) && unsure(&other) => return Err(self.no_number(a, why)),
            _ => return Ok(false),
        };
        if as_texts == as_numbers {
            return Ok(as_texts);
        }
        Err(format!(
            "{}: `{}` and `{}` are equal as numbers and not as texts; write `| number` or `| string` behind both",
            self.place(if a.column().is_some() { a } else { b }),
            a.text,
            b.text
        ))
    }

    /// How two values are ordered.
    pub fn order(&self, left: &Val<'_>, right: &Val<'_>) -> Answer<Ordering> {
        match (left, right) {
            (Val::Nothing(nothing), _) | (_, Val::Nothing(nothing)) => Err(self.missing(nothing)),
            (Val::Text(a), Val::Text(b)) => self.order_texts(a, b),
            (Val::Number(_) | Val::Text(_), Val::Number(_) | Val::Text(_)) => {
                Ok(self.number(left)?.cmp(&self.number(right)?))
            }
            (a, b) => Err(format!("{} and {} have no order", a.sort(), b.sort())),
        }
    }

    fn order_texts(&self, a: &Text<'_>, b: &Text<'_>) -> Answer<Ordering> {
        match (a.number(), b.number()) {
            (Ok(a), Ok(b)) => return Ok(a.cmp(&b)),
            (Ok(_), Err(why)) if !is_date(&b.text) => return Err(self.no_number(b, why)),
            (Err(why), Ok(_)) if !is_date(&a.text) => return Err(self.no_number(a, why)),
            _ => {}
        }
        if is_date(&a.text) && is_date(&b.text) && a.text.len() == b.text.len() {
            return Ok(a.text.cmp(&b.text));
        }
        let digits = |text: &Text<'_>| text.text.chars().any(char::is_numeric);
        if let Some(text) = [a, b].into_iter().find(|text| digits(text)) {
            return Err(format!(
                "{}: whether `{}` comes before `{}` can't be told; numbers have only digits, and dates are compared where \
                 they are written as 2026-01-31",
                self.place(text),
                a.text,
                b.text
            ));
        }
        Ok(a.text.to_lowercase().cmp(&b.text.to_lowercase()))
    }

    /// Whether one of these is equal. Where that can't be told of one, another that is equal will do.
    fn is_among<'v, 'r: 'v>(
        &self,
        value: &Val<'_>,
        items: impl Iterator<Item = &'v Val<'r>>,
    ) -> Answer<bool> {
        let mut unsure = None;
        for item in items {
            match self.equal(value, item) {
                Ok(true) => return Ok(true),
                Ok(false) => {}
                Err(why) => _ = unsure.get_or_insert(why),
            }
        }
        unsure.map_or(Ok(false), Err)
    }

    /// Whether something is among several, or a part of a text.
    pub fn contains(&self, container: &Val<'_>, value: &Val<'_>) -> Answer<bool> {
        match container {
            Val::List(list) => self.is_among(value, list.iter()),
            Val::Map(map) => self.is_among(value, map.iter().map(|(key, _)| key)),
            Val::Text(text) => match value {
                Val::Text(part) => Ok(text.text.contains(&*part.text)),
                Val::Nothing(_) => Ok(false),
                other => Err(format!(
                    "{} is looked for in a text; write it in quotes, or compare it by `==`",
                    other.sort()
                )),
            },
            Val::Nothing(_) => Ok(false),
            other => Err(format!("`in` looks into a list or a text, and this is {}", other.sort())),
        }
    }

    /// Computes. Of nothing comes nothing.
    pub fn compute<'r>(&self, op: Arithmetic, left: Val<'r>, right: Val<'r>) -> Answer<Val<'r>> {
        let (left, right) = match (left, right) {
            (Val::Nothing(nothing), _) | (_, Val::Nothing(nothing)) => {
                return Ok(Val::Nothing(Nothing { computed: true, ..nothing }));
            }
            both => both,
        };
        if op == Arithmetic::Add
            && let (Val::Text(a), Val::Text(b)) = (&left, &right)
            && let Some(joined) = self.added_texts(a, b)?
        {
            return Ok(joined);
        }
        let (a, b) = (self.number(&left)?, self.number(&right)?);
        let by_zero =
            matches!(op, Arithmetic::Divide | Arithmetic::Floor | Arithmetic::Remainder) && b.is_zero();
        if by_zero {
            let column = right.column().map(|position| format!("column `{}`: ", self.0.blame(position)));
            return Err(format!("{}nothing can be divided by 0", column.unwrap_or_default()));
        }
        let result = match op {
            Arithmetic::Add => a.checked_add(b),
            Arithmetic::Subtract => a.checked_sub(b),
            Arithmetic::Multiply => exact_product(a, b),
            Arithmetic::Divide => a.checked_div(b).map(|quotient| quotient.normalize()),
            Arithmetic::Floor => a.checked_div(b).map(|quotient| quotient.floor()),
            Arithmetic::Remainder => a.checked_rem(b).and_then(|rest| {
                let same = rest.is_zero() || rest.is_sign_negative() == b.is_sign_negative();
                if same { Some(rest) } else { rest.checked_add(b) }
            }),
            Arithmetic::Power => power(a, b),
        };
        let result = result.ok_or_else(|| format!("{a} and {b} give a number with too many digits"))?;
        Ok(Val::Number(result))
    }

    /// `+` of two texts: joined where neither is a number, a sum where both are cells. Otherwise it can't be told.
    fn added_texts<'r>(&self, a: &Text<'r>, b: &Text<'r>) -> Answer<Option<Val<'r>>> {
        let numbers = (a.number(), b.number());
        let (explicit, cells) = (
            [a, b].iter().any(|text| text.origin == Origin::Literal),
            [a, b].iter().all(|text| matches!(text.origin, Origin::Column(_) | Origin::Variable)),
        );
        let text = |number: &Result<Decimal, NoNumber>| matches!(number, Err(NoNumber::Text));
        match &numbers {
            (Ok(_), Ok(_)) if cells => Ok(None),
            (left, right) if text(left) && text(right) || explicit && left.is_err() && right.is_err() => {
                Ok(Some(Val::made(format!("{}{}", a.text, b.text), a.column().or(b.column()))))
            }
            (Ok(_), Ok(_)) => Err(format!(
                "{}: whether `{}` + `{}` is to be added or joined can't be told; join texts by `~`, or write `| number` \
                 behind both",
                self.place(if a.column().is_some() { a } else { b }),
                a.text,
                b.text
            )),
            (left, _) => {
                let other = if left.is_err() { a } else { b };
                let why = other.number().err().unwrap_or(NoNumber::Text);
                Err(format!("{}; texts are joined by `~`", self.no_number(other, why)))
            }
        }
    }

    /// The opposite number.
    pub fn negative<'r>(&self, value: Val<'r>) -> Answer<Val<'r>> {
        match value {
            Val::Nothing(nothing) => Ok(Val::Nothing(Nothing { computed: true, ..nothing })),
            value => Ok(Val::Number(-self.number(&value)?)),
        }
    }

    /// What a value prints as.
    ///
    /// # Errors
    /// Where nothing is there, or what nobody should read: a list, a truth value that was computed.
    pub fn printed<'v>(&self, value: &'v Val<'_>) -> Answer<std::borrow::Cow<'v, str>> {
        match value {
            Val::Text(text) => Ok((&*text.text).into()),
            Val::Number(number) => Ok(number.to_string().into()),
            Val::Nothing(nothing) => Err(self.missing(nothing)),
            Val::Bool(_) => {
                Err("prints true or false; write what is to be read, as in `{{ 'yes' if … else 'no' }}`"
                    .to_owned())
            }
            Val::List(_) => Err("prints a list; join it, as in `… | join(', ')`".to_owned()),
            Val::Map(_) => Err("prints a list of names and values; name one, as in `offer.price`".to_owned()),
        }
    }
}

/// Whether two texts are one answer, yes or no, in other letters: `TRUE` and `true`, `Yes` and `true`. Other words that mean
/// the same are no such texts: `no` and `ne` are languages, `S` and `X` sizes, too.
fn same_answer(a: &str, b: &str) -> bool {
    let Some(answer) = meaning(a).filter(|answer| meaning(b) == Some(*answer)) else { return false };
    let (a, b) = (a.to_lowercase(), b.to_lowercase());
    let words = if answer { ["yes", "true"] } else { ["no", "false"] };
    a == b || [a, b].iter().all(|text| words.contains(&text.as_str()))
}

/// A whole power of a number; nothing where it has too many digits.
fn power(base: Decimal, exponent: Decimal) -> Option<Decimal> {
    let times = exponent.is_integer().then(|| exponent.to_i64()).flatten()?;
    let mut product = Decimal::ONE;
    for _ in 0..times.unsigned_abs().min(1_000) {
        product = exact_product(product, base)?;
    }
    if times.unsigned_abs() > 1_000 && base.abs() != Decimal::ONE && !base.is_zero() {
        return None;
    }
    if times < 0 { Decimal::ONE.checked_div(product) } else { Some(product) }
}

/// The product of two numbers; nothing where it would have to be rounded.
fn exact_product(a: Decimal, b: Decimal) -> Option<Decimal> {
    let product = a.checked_mul(b)?;
    (product.is_zero() || product.scale() == a.scale() + b.scale()).then_some(product)
}

/// `2026-01-31`, also with a time of day behind it.
fn is_date(text: &str) -> bool {
    let bytes = text.as_bytes();
    let digits =
        |range: std::ops::Range<usize>| bytes.get(range).is_some_and(|d| d.iter().all(u8::is_ascii_digit));
    digits(0..4)
        && digits(5..7)
        && digits(8..10)
        && bytes.get(4) == Some(&b'-')
        && bytes.get(7) == Some(&b'-')
}
