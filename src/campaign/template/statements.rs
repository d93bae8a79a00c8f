//! Statements: how a template's pieces become a text.

use rust_decimal::Decimal;

use super::arguments::Answer;
use super::eval::Evaluator;
use super::tree::{Expr, Node, Target};
use super::value::Val;

impl<'r> Evaluator<'r> {
    /// Puts what the nodes come to behind `out`.
    pub fn write(&mut self, nodes: &'r [Node], out: &mut String) -> Answer<()> {
        for node in nodes {
            match node {
                Node::Raw(text) => {
                    self.spend(text.len())?;
                    out.push_str(text);
                }
                Node::Emit(expr) => {
                    let value = self.value(expr)?;
                    let operators = self.operators();
                    let text = operators.printed(&value)?;
                    self.spend(text.len())?;
                    out.push_str(&text);
                }
                Node::If { test, then, otherwise } => {
                    let chosen = if self.truth(test)? { then } else { otherwise };
                    self.write(chosen, out)?;
                }
                Node::For { .. } => self.write_loop(node, out)?,
                Node::With { assignments, body } => {
                    let names = self.locals.len();
                    for (target, value) in assignments {
                        let value = self.value(value)?;
                        self.assign(target, value)?;
                    }
                    self.write(body, out)?;
                    self.locals.truncate(names);
                }
                Node::Set { target, value } => {
                    let value = self.value(value)?;
                    self.assign(target, value)?;
                }
                Node::SetBlock { name, filter, body } => {
                    let made = self.captured(body, filter.as_ref())?;
                    self.locals.push((name, made));
                }
                Node::FilterBlock { filter, body } => {
                    let made = self.captured(body, Some(filter))?;
                    let text = self.operators().printed(&made)?.into_owned();
                    self.spend(text.len())?;
                    out.push_str(&text);
                }
            }
        }
        Ok(())
    }

    fn captured(&mut self, body: &'r [Node], filter: Option<&'r Expr>) -> Answer<Val<'r>> {
        let mut text = String::new();
        self.write(body, &mut text)?;
        let made = Val::made(text, None);
        let Some(filter) = filter else { return Ok(made) };
        self.block = Some(made);
        self.value(filter)
    }

    fn assign(&mut self, target: &'r Target, value: Val<'r>) -> Answer<()> {
        self.spend(value.as_text().map_or(0, |text| text.len()))?;
        match target {
            Target::Name(name) => self.locals.push((name, value)),
            Target::Names(names) => {
                let Val::List(items) = &value else {
                    return Err(format!("{} can't be given to {} names", value.sort(), names.len()));
                };
                if items.len() != names.len() {
                    return Err(format!("{} values can't be given to {} names", items.len(), names.len()));
                }
                for (name, item) in names.iter().zip(items.iter()) {
                    self.locals.push((name, item.clone()));
                }
            }
        }
        Ok(())
    }

    fn write_loop(&mut self, node: &'r Node, out: &mut String) -> Answer<()> {
        let Node::For { target, list, filter, body, otherwise } = node else { return Ok(()) };
        let items: Vec<Val<'r>> = match self.value(list)? {
            Val::List(list) => list.to_vec(),
            Val::Map(map) => map.iter().map(|(key, _)| key.clone()).collect(),
            Val::Nothing(nothing) => return Err(self.operators().missing(&nothing)),
            Val::Text(text) => {
                let place = self.operators().place(&text);
                return Err(format!(
                    "{place}: a text is no list to loop over; split it, as in `{{% for x in … | split(',') %}}`"
                ));
            }
            other => return Err(format!("{} is no list to loop over", other.sort())),
        };
        let names = self.locals.len();
        let mut chosen = Vec::with_capacity(items.len());
        for item in items {
            self.spend(0)?;
            if let Some(filter) = filter {
                self.assign(target, item.clone())?;
                let holds = self.truth(filter)?;
                self.locals.truncate(names);
                if !holds {
                    continue;
                }
            }
            chosen.push(item);
        }
        if chosen.is_empty() {
            return self.write(otherwise, out);
        }
        let length = chosen.len();
        for (index, item) in chosen.into_iter().enumerate() {
            self.spend(8)?;
            self.locals.push(("loop", looped(index, length)));
            self.assign(target, item)?;
            self.write(body, out)?;
            self.locals.truncate(names);
        }
        Ok(())
    }
}

/// What a loop's body knows as `loop`.
fn looped(index: usize, length: usize) -> Val<'static> {
    let number = |n: usize| Val::Number(Decimal::from(n));
    let members = [
        ("index", number(index + 1)),
        ("index0", number(index)),
        ("revindex", number(length - index)),
        ("revindex0", number(length - index - 1)),
        ("first", Val::Bool(index == 0)),
        ("last", Val::Bool(index + 1 == length)),
        ("length", number(length)),
    ];
    Val::Map(members.into_iter().map(|(name, value)| (Val::literal(name), value)).collect())
}
