//! Expressions: what a row makes of them.

use std::sync::Arc;

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

use super::arguments::{Answer, Given, whole};
use super::operators::Operators;
use super::tree::{Args, Expr};
use super::value::{Nothing, Origin, Text, Val};
use super::{blanks, filters, predicates};
use crate::campaign::tables::Kind;
use crate::campaign::template::scope::Scope;

/// What one rendering may cost: a step is one unit, and so are 64 bytes of text made. Enough for any message.
pub(super) const FUEL: u64 = 20_000;
/// Most items that `range` gives.
const MAX_RANGE_ITEMS: usize = 10_000;

/// One rendering.
pub(super) struct Evaluator<'r> {
    /// What it sees.
    pub scope: &'r Scope,
    /// Names that the template gave values to, the last one first to be looked at.
    pub locals: Vec<(&'r str, Val<'r>)>,
    /// What is left to spend.
    pub fuel: u64,
    /// Columns whose cells held a program's word for nothing.
    pub blanks: Vec<usize>,
    /// What a filter block holds.
    pub block: Option<Val<'r>>,
}

impl<'r> Evaluator<'r> {
    /// For the row that the scope holds.
    pub fn new(scope: &'r Scope) -> Evaluator<'r> {
        Evaluator { scope, locals: Vec::new(), fuel: FUEL, blanks: Vec::new(), block: None }
    }

    /// The operators.
    pub fn operators(&self) -> Operators<'r> {
        Operators(self.scope)
    }

    /// Takes a step, and pays for a text of so many bytes.
    pub fn spend(&mut self, bytes: usize) -> Answer<()> {
        let cost = 1 + (bytes / 64) as u64;
        match self.fuel.checked_sub(cost) {
            Some(left) => {
                self.fuel = left;
                Ok(())
            }
            None => Err("the template does too much work for one message".to_owned()),
        }
    }

    /// What an expression comes to.
    pub fn value(&mut self, expr: &'r Expr) -> Answer<Val<'r>> {
        self.spend(0)?;
        let operators = self.operators();
        match expr {
            Expr::Name { name, column } => self.name(name, *column),
            Expr::Const(value) => {
                self.spend(value.as_text().map_or(0, |text| text.len()))?;
                Ok(value.clone())
            }
            Expr::List(items) => self.list(items),
            Expr::Map(members) => {
                let mut map = Vec::with_capacity(members.len());
                for (key, value) in members {
                    map.push((self.scalar(key)?, self.scalar(value)?));
                }
                Ok(Val::Map(map.into()))
            }
            Expr::Not(_) => Ok(Val::Bool(self.truth(expr)?)),
            Expr::Negative(value) => {
                let value = self.value(value)?;
                operators.negative(value)
            }
            Expr::And(left, right) => {
                let value = self.value(left)?;
                if operators.truth(&value)? { self.value(right) } else { Ok(value) }
            }
            Expr::Or(left, right) => {
                let value = self.value(left)?;
                if operators.truth(&value)? { Ok(value) } else { self.value(right) }
            }
            Expr::Compute(op, left, right) => {
                let (left, right) = (self.value(left)?, self.value(right)?);
                let computed = operators.compute(*op, left, right)?;
                self.spend(computed.as_text().map_or(0, |text| text.len()))?;
                Ok(computed)
            }
            Expr::Join(left, right) => {
                let (left, right) = (self.value(left)?, self.value(right)?);
                match (left, right) {
                    (nothing @ Val::Nothing(_), _) | (_, nothing @ Val::Nothing(_)) => Ok(nothing),
                    (left, right) => {
                        let joined = format!("{}{}", operators.printed(&left)?, operators.printed(&right)?);
                        self.spend(joined.len())?;
                        Ok(Val::made(joined, left.column().or(right.column())))
                    }
                }
            }
            Expr::Compare(first, others) => {
                let mut left = self.value(first)?;
                for (op, other) in others {
                    let right = self.value(other)?;
                    self.spend_on(&left, &right)?;
                    if !operators.compare(*op, &left, &right)? {
                        return Ok(Val::Bool(false));
                    }
                    left = right;
                }
                Ok(Val::Bool(true))
            }
            Expr::If { test, then, otherwise } => match (self.truth(test)?, otherwise) {
                (true, _) => self.value(then),
                (false, Some(otherwise)) => self.value(otherwise),
                (false, None) => Ok(Val::literal("")),
            },
            Expr::Filter { name, value, args } => {
                let value = match value {
                    Some(value) => self.value(value)?,
                    None => self.block.take().unwrap_or_else(|| Val::literal("")),
                };
                let given = self.given(args)?;
                filters::apply(self.operators(), name, value, &given, &mut |bytes| self.spend(bytes))
            }
            Expr::Test { name, value, args } => {
                let value = self.value(value)?;
                let given = self.given(args)?;
                predicates::holds(operators, name, &value, &given).map(Val::Bool)
            }
            Expr::Attribute(value, name) => {
                let value = self.value(value)?;
                self.item(value, Val::literal(name.as_str()))
            }
            Expr::Item(value, key) => {
                let (value, key) = (self.value(value)?, self.value(key)?);
                self.item(value, key)
            }
            Expr::Slice { value, start, stop, step } => {
                let value = self.value(value)?;
                let (start, stop) = (self.bound(start.as_deref())?, self.bound(stop.as_deref())?);
                let step = self.bound(step.as_deref())?.unwrap_or(1);
                self.slice(value, start, stop, step)
            }
            Expr::Range(args) => self.range(args),
            Expr::Cycle(args) => {
                let values = args.iter().map(|arg| self.value(arg)).collect::<Answer<Vec<_>>>()?;
                let index = match self.local("loop") {
                    Some(looped) => {
                        let index = self.item(looped, Val::literal("index0"))?;
                        operators.number(&index)?.to_usize().unwrap_or(0)
                    }
                    None => 0,
                };
                let chosen = index.checked_rem(values.len());
                Ok(chosen.and_then(|n| values.get(n).cloned()).unwrap_or_else(|| Val::nothing("loop.cycle")))
            }
        }
    }

    /// Whether a condition holds.
    pub fn truth(&mut self, expr: &'r Expr) -> Answer<bool> {
        self.spend(0)?;
        Ok(match expr {
            Expr::Not(value) => !self.truth(value)?,
            Expr::And(left, right) => self.truth(left)? && self.truth(right)?,
            Expr::Or(left, right) => self.truth(left)? || self.truth(right)?,
            other => {
                let value = self.value(other)?;
                self.operators().truth(&value)?
            }
        })
    }

    fn spend_on(&mut self, left: &Val<'r>, right: &Val<'r>) -> Answer<()> {
        let size = |value: &Val<'r>| match value {
            Val::Text(text) => text.text.len(),
            Val::List(list) => list.len() * 64,
            Val::Map(map) => map.len() * 64,
            _ => 0,
        };
        self.spend(size(left) + size(right))
    }

    fn local(&self, name: &str) -> Option<Val<'r>> {
        self.locals.iter().rev().find(|(known, _)| *known == name).map(|(_, value)| value.clone())
    }

    fn name(&mut self, name: &'r str, column: Option<usize>) -> Answer<Val<'r>> {
        if column.is_none()
            && let Some(value) = self.local(name)
        {
            self.spend_on(&value, &Val::Bool(true))?;
            return Ok(value);
        }
        let column = column.or_else(|| self.scope.names.positions.get(name).copied());
        let cell = column.map(|position| self.cell(position)).transpose()?;
        match cell {
            Some(Val::Nothing(nothing)) => {
                let variable = nothing.column.and_then(|position| self.variable_of(name, position));
                Ok(variable.unwrap_or(Val::Nothing(nothing)))
            }
            Some(value) => Ok(value),
            None => Ok(self.scope.variables.get(name).cloned().unwrap_or_else(|| Val::nothing(name))),
        }
    }

    /// The campaign's variable that stands in for a column's empty cell.
    fn variable_of(&self, name: &str, position: usize) -> Option<Val<'r>> {
        let variables = &self.scope.variables;
        let variable = variables.get(name).or_else(|| variables.get(&self.scope.spelling(position)));
        variable.filter(|value| !matches!(value, Val::Nothing(_))).cloned()
    }

    /// A cell's value.
    pub fn cell(&mut self, position: usize) -> Answer<Val<'r>> {
        let scope = self.scope;
        let text = checked_cell(scope, position)?;
        self.spend(text.len())?;
        if text.is_empty() || blanks::is_blank(text) {
            if !text.is_empty() {
                self.blanks.push(position);
            }
            let name = scope.header(position).into();
            return Ok(Val::Nothing(Nothing { column: Some(position), name, raw: text, computed: false }));
        }
        let (origin, kind) = (Origin::Column(position), scope.kind(position));
        Ok(Val::Text(Text { text: text.into(), origin, kind }))
    }

    fn list(&mut self, items: &'r [Expr]) -> Answer<Val<'r>> {
        let mut list = Vec::with_capacity(items.len());
        for item in items {
            list.push(self.scalar(item)?);
        }
        Ok(Val::List(list.into()))
    }

    /// A value that is no list: lists within lists could grow without end.
    fn scalar(&mut self, expr: &'r Expr) -> Answer<Val<'r>> {
        match self.value(expr)? {
            Val::List(_) | Val::Map(_) => {
                Err("puts a list into a list; a list written in a template holds texts and numbers"
                    .to_owned())
            }
            value => Ok(value),
        }
    }

    fn given(&mut self, args: &'r Args) -> Answer<Given<'r>> {
        let mut given = Given { positional: Vec::new(), named: Vec::new() };
        for arg in &args.positional {
            given.positional.push(self.value(arg)?);
        }
        for (name, arg) in &args.named {
            given.named.push((name.as_str(), self.value(arg)?));
        }
        Ok(given)
    }

    /// A part of a value: an item of a list, a member of a map, a letter of a text.
    pub fn item(&mut self, value: Val<'r>, key: Val<'r>) -> Answer<Val<'r>> {
        let operators = self.operators();
        let shown = |key: &Val<'_>| key.as_text().unwrap_or_default().into_owned();
        match &value {
            Val::Nothing(_) => Ok(value),
            Val::Map(map) => {
                self.spend(map.len())?;
                let numbers = !map.is_empty() && map.iter().all(|(key, _)| matches!(key, Val::Number(_)));
                for (known, found) in map.iter() {
                    let same = match (&key, known) {
                        // Names are texts: a number is looked up as it is written.
                        (Val::Number(_), Val::Text(known)) => {
                            Ok(key.as_text().is_some_and(|key| key == known.text))
                        }
                        (Val::Text(key), Val::Text(known)) => Ok(key.text == known.text),
                        (Val::Text(_), Val::Number(_)) if !numbers => {
                            Ok(operators.number(&key).is_ok() && operators.equal(&key, known)?)
                        }
                        (key, known) => operators.equal(key, known),
                    };
                    if same? {
                        return Ok(found.clone());
                    }
                }
                Ok(Val::nothing(shown(&key)))
            }
            Val::List(_) | Val::Text(_) if matches!(&key, Val::Text(key) if key.origin == Origin::Literal) => {
                Err(format!("`.{}` is no part of {}", shown(&key), value.sort()))
            }
            Val::List(list) => {
                let index = whole(operators.number(&key)?)?;
                Ok(at(index, list.len())
                    .and_then(|n| list.get(n).cloned())
                    .unwrap_or_else(|| Val::nothing(shown(&key))))
            }
            Val::Text(text) => {
                let index = whole(operators.number(&key)?)?;
                let letter = at(index, text.text.chars().count()).and_then(|n| text.text.chars().nth(n));
                Ok(letter
                    .map_or_else(|| Val::nothing(shown(&key)), |c| Val::made(c.to_string(), text.column())))
            }
            other => Err(format!("`{}` is no part of {}", shown(&key), other.sort())),
        }
    }

    fn bound(&mut self, expr: Option<&'r Expr>) -> Answer<Option<i64>> {
        let Some(expr) = expr else { return Ok(None) };
        match self.value(expr)? {
            Val::Nothing(nothing) if nothing.column.is_none() => Ok(None),
            value => whole(self.operators().number(&value)?).map(Some),
        }
    }

    fn slice(&mut self, value: Val<'r>, start: Option<i64>, stop: Option<i64>, step: i64) -> Answer<Val<'r>> {
        if step == 0 {
            return Err("a slice has no step of 0".to_owned());
        }
        match &value {
            Val::Nothing(_) => Ok(value),
            Val::List(list) => {
                let chosen = steps(list.len(), start, stop, step);
                Ok(Val::List(chosen.into_iter().filter_map(|n| list.get(n).cloned()).collect()))
            }
            Val::Text(_) | Val::Number(_) => {
                let text = value.as_text().unwrap_or_default();
                self.spend(text.len() * 4)?;
                let letters: Vec<char> = text.chars().collect();
                let chosen = steps(letters.len(), start, stop, step);
                let made = chosen.into_iter().filter_map(|n| letters.get(n)).collect();
                Ok(Val::made(made, value.column()))
            }
            other => Err(format!("{} can't be sliced", other.sort())),
        }
    }

    fn range(&mut self, args: &'r [Expr]) -> Answer<Val<'r>> {
        let mut bounds = Vec::new();
        for arg in args {
            let value = self.value(arg)?;
            bounds.push(whole(self.operators().number(&value)?)?);
        }
        let (start, stop, step) = match bounds[..] {
            [stop] => (0, stop, 1),
            [start, stop] => (start, stop, 1),
            [start, stop, step] if step != 0 => (start, stop, step),
            _ => return Err("range takes one to three numbers, and a step that isn't 0".to_owned()),
        };
        let distance = if step > 0 { stop.saturating_sub(start) } else { start.saturating_sub(stop) };
        let count = u64::try_from(distance).unwrap_or(0).div_ceil(step.unsigned_abs());
        let count = usize::try_from(count).ok().filter(|count| *count <= MAX_RANGE_ITEMS);
        let count = count.ok_or_else(|| format!("range has too many items; at most {MAX_RANGE_ITEMS}"))?;
        self.spend(count * 16)?;
        let items = (0..count).scan(start, |next, _| {
            let item = *next;
            *next = next.saturating_add(step);
            Some(Val::Number(Decimal::from(item)))
        });
        Ok(Val::List(items.collect::<Arc<[_]>>()))
    }
}

/// A cell without the white space around it.
///
/// # Errors
/// Where it holds a spreadsheet's error, or isn't what the sheet shows.
pub(super) fn checked_cell(scope: &Scope, position: usize) -> Answer<&str> {
    let text = scope.cell(position);
    if scope.kind(position) == Kind::NotAsShown {
        let header = scope.blame(position);
        return Err(if text.starts_with('=') {
            format!(
                "column `{header}`: the formula `{text}` has no value in the file; open it in your spreadsheet program \
                 and save it once more"
            )
        } else if text.contains("E+") {
            format!(
                "column `{header}` holds a number that the spreadsheet has rounded (`{text}`); format the column as text \
                 and write the number into it again"
            )
        } else {
            format!(
                "column `{header}`: the sheet's number format can't be applied to `{text}`; format the column as text or \
                 as plain numbers"
            )
        });
    }
    if blanks::is_error(text) {
        return Err(format!(
            "column `{}` holds the error `{text}`; fix it in the spreadsheet",
            scope.blame(position)
        ));
    }
    Ok(text)
}

fn at(index: i64, length: usize) -> Option<usize> {
    let length = i64::try_from(length).ok()?;
    let index = if index < 0 { index.checked_add(length)? } else { index };
    usize::try_from(index).ok().filter(|_| index < length)
}

/// The places of a slice, as Python counts.
fn steps(length: usize, start: Option<i64>, stop: Option<i64>, step: i64) -> Vec<usize> {
    let length = i64::try_from(length).unwrap_or(i64::MAX);
    let (low, high) = if step > 0 { (0, length) } else { (-1, length - 1) };
    let clamp = |bound: i64| (if bound < 0 { bound.saturating_add(length) } else { bound }).clamp(low, high);
    let start = start.map_or(if step > 0 { 0 } else { length - 1 }, clamp);
    let stop = stop.map_or(if step > 0 { length } else { -1 }, clamp);
    let mut places = Vec::new();
    let mut place = start;
    while if step > 0 { place < stop } else { place > stop } {
        places.extend(usize::try_from(place));
        let Some(next) = place.checked_add(step) else { break };
        place = next;
    }
    places
}
