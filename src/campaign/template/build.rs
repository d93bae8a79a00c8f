//! From minijinja's syntax tree to the evaluator's. What isn't named here is refused.

use std::collections::BTreeSet;

use minijinja::machinery::ast;
use minijinja::value::ValueKind;
use rust_decimal::Decimal;

use super::tree::{Args, Arithmetic, Comparison, Expr, Node, Target};
use super::value::Val;
use super::{filters, number, predicates};
use crate::campaign::template::scope::Scope;
use crate::campaign::text::probable;

/// Deepest nesting: of a chain of filters or operators, each is a level.
const MAX_DEPTH: usize = 200;

/// Makes the tree of a template.
pub(super) struct Builder<'s> {
    scope: &'s Scope,
    /// Names that the template itself gives values to.
    locals: Vec<String>,
    /// Names whose being there the template asks for (`is defined`).
    asked: Vec<String>,
    /// Names that nothing has, and that a fallback covers.
    pub uncovered: Vec<String>,
    /// The columns that the template names.
    pub columns: BTreeSet<usize>,
    depth: usize,
}

type Built<T> = Result<T, String>;

impl<'s> Builder<'s> {
    /// For these columns and variables.
    pub fn new(scope: &'s Scope) -> Builder<'s> {
        Builder {
            scope,
            locals: Vec::new(),
            asked: Vec::new(),
            uncovered: Vec::new(),
            columns: BTreeSet::new(),
            depth: 0,
        }
    }

    /// The tree of a whole template.
    pub fn template(&mut self, template: &ast::Stmt<'_>) -> Built<Vec<Node>> {
        match template {
            ast::Stmt::Template(template) => self.nodes(&template.children),
            other => Ok(vec![self.node(other)?]),
        }
    }

    fn nodes(&mut self, statements: &[ast::Stmt<'_>]) -> Built<Vec<Node>> {
        statements.iter().map(|statement| self.node(statement)).collect()
    }

    fn node(&mut self, statement: &ast::Stmt<'_>) -> Built<Node> {
        self.deeper()?;
        let node = match statement {
            ast::Stmt::EmitRaw(raw) => Node::Raw(raw.raw.to_owned()),
            ast::Stmt::EmitExpr(emit) => Node::Emit(self.expr(&emit.expr)?),
            ast::Stmt::IfCond(cond) => Node::If {
                test: self.expr(&cond.expr)?,
                then: self.nodes(&cond.true_body)?,
                otherwise: self.nodes(&cond.false_body)?,
            },
            ast::Stmt::ForLoop(of) if of.recursive => {
                return Err("`recursive` loops aren't part of sendcast's templates".to_owned());
            }
            ast::Stmt::ForLoop(of) => {
                let list = self.expr(&of.iter)?;
                let names = self.locals.len();
                let target = self.target(&of.target)?;
                self.locals.push("loop".to_owned());
                let filter = of.filter_expr.as_ref().map(|expr| self.expr(expr)).transpose()?;
                let body = self.nodes(&of.body)?;
                self.locals.truncate(names);
                Node::For { target, list, filter, body, otherwise: self.nodes(&of.else_body)? }
            }
            ast::Stmt::WithBlock(with) => {
                let names = self.locals.len();
                let mut assignments = Vec::new();
                for (target, value) in &with.assignments {
                    let value = self.expr(value)?;
                    assignments.push((self.target(target)?, value));
                }
                let body = self.nodes(&with.body)?;
                self.locals.truncate(names);
                Node::With { assignments, body }
            }
            ast::Stmt::Set(set) => {
                let value = self.expr(&set.expr)?;
                Node::Set { target: self.target(&set.target)?, value }
            }
            ast::Stmt::SetBlock(set) => {
                let body = self.nodes(&set.body)?;
                let filter = set.filter.as_ref().map(|expr| self.expr(expr)).transpose()?;
                match self.target(&set.target)? {
                    Target::Name(name) => Node::SetBlock { name, filter, body },
                    Target::Names(_) => return Err("`set` gives a block to one name".to_owned()),
                }
            }
            ast::Stmt::FilterBlock(block) => {
                Node::FilterBlock { body: self.nodes(&block.body)?, filter: self.expr(&block.filter)? }
            }
            ast::Stmt::AutoEscape(_) => return Err(statement_refused("autoescape")),
            ast::Stmt::Do(_) => return Err(statement_refused("do")),
            ast::Stmt::Template(_) => return Err(statement_refused("template")),
            #[expect(unreachable_patterns, reason = "features of minijinja that another crate may switch on")]
            _ => return Err("holds a statement that isn't part of sendcast's templates".to_owned()),
        };
        self.depth -= 1;
        Ok(node)
    }

    fn deeper(&mut self) -> Built<()> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(format!("is nested too deeply: at most {MAX_DEPTH} levels"));
        }
        Ok(())
    }

    fn target(&mut self, target: &ast::Expr<'_>) -> Built<Target> {
        let name = |expr: &ast::Expr<'_>| match expr {
            ast::Expr::Var(var) => Ok(var.id.to_owned()),
            _ => Err("a value can only be given to a plain name".to_owned()),
        };
        let names = match target {
            ast::Expr::List(list) => &list.items,
            ast::Expr::Tuple(tuple) => &tuple.items,
            other => {
                let name = name(other)?;
                self.locals.push(name.clone());
                return Ok(Target::Name(name));
            }
        };
        let names: Vec<String> = names.iter().map(name).collect::<Built<_>>()?;
        self.locals.extend(names.iter().cloned());
        Ok(Target::Names(names))
    }

    fn expr(&mut self, expr: &ast::Expr<'_>) -> Built<Expr> {
        self.deeper()?;
        let built = self.built(expr)?;
        self.depth -= 1;
        Ok(built)
    }

    fn boxed(&mut self, expr: &ast::Expr<'_>) -> Built<Box<Expr>> {
        self.expr(expr).map(Box::new)
    }

    fn optional(&mut self, expr: Option<&ast::Expr<'_>>) -> Built<Option<Box<Expr>>> {
        expr.map(|expr| self.boxed(expr)).transpose()
    }

    fn all(&mut self, exprs: &[ast::Expr<'_>]) -> Built<Vec<Expr>> {
        exprs.iter().map(|expr| self.expr(expr)).collect()
    }

    fn built(&mut self, expr: &ast::Expr<'_>) -> Built<Expr> {
        Ok(match expr {
            ast::Expr::Var(var) => self.name(var.id, false)?,
            ast::Expr::Const(constant) => Expr::Const(constant_value(&constant.value)?),
            ast::Expr::List(list) => Expr::List(self.all(&list.items)?),
            ast::Expr::Tuple(tuple) => Expr::List(self.all(&tuple.items)?),
            ast::Expr::Map(map) => {
                let keys = self.all(&map.keys)?;
                Expr::Map(keys.into_iter().zip(self.all(&map.values)?).collect())
            }
            ast::Expr::UnaryOp(unary) => {
                let value = self.boxed(&unary.expr)?;
                match unary.op {
                    ast::UnaryOpKind::Not => Expr::Not(value),
                    ast::UnaryOpKind::Neg => Expr::Negative(value),
                }
            }
            ast::Expr::BinOp(binary) => {
                let (left, right) = (self.boxed(&binary.left)?, self.boxed(&binary.right)?);
                operation(binary.op, left, right)
            }
            ast::Expr::Compare(compare) => {
                let first = self.boxed(&compare.expr)?;
                let mut others = Vec::new();
                for op in &compare.ops {
                    others.push((comparison(op.op), self.expr(&op.expr)?));
                }
                Expr::Compare(first, others)
            }
            ast::Expr::IfExpr(choice) => Expr::If {
                test: self.boxed(&choice.test_expr)?,
                then: self.boxed(&choice.true_expr)?,
                otherwise: self.optional(choice.false_expr.as_ref())?,
            },
            ast::Expr::Filter(filter) => self.filter(filter)?,
            ast::Expr::Test(test) => {
                let name = predicates::find(test.name)
                    .ok_or_else(|| unknown("test", test.name, &predicates::all()))?;
                let asks = matches!(name, "defined" | "undefined" | "none");
                let value = match &test.expr {
                    ast::Expr::Var(var) if asks => {
                        self.asked.push(var.id.to_owned());
                        Box::new(self.name(var.id, true)?)
                    }
                    other => self.boxed(other)?,
                };
                Expr::Test { name, value, args: self.args(&test.args)? }
            }
            ast::Expr::GetAttr(attribute) => {
                let value = self.boxed(&attribute.expr)?;
                Expr::Attribute(value, attribute.name.to_owned())
            }
            ast::Expr::GetItem(item) => {
                Expr::Item(self.boxed(&item.expr)?, self.boxed(&item.subscript_expr)?)
            }
            ast::Expr::Slice(slice) => Expr::Slice {
                value: self.boxed(&slice.expr)?,
                start: self.optional(slice.start.as_ref())?,
                stop: self.optional(slice.stop.as_ref())?,
                step: self.optional(slice.step.as_ref())?,
            },
            ast::Expr::Call(call) => self.call(call)?,
        })
    }

    fn filter(&mut self, filter: &ast::Filter<'_>) -> Built<Expr> {
        let name =
            filters::find(filter.name).ok_or_else(|| unknown("filter", filter.name, &filters::all()))?;
        let covers = name == "default";
        let value = match &filter.expr {
            Some(expr) if covers => Some(Box::new(self.covered(expr)?)),
            Some(expr) => Some(self.boxed(expr)?),
            None => None,
        };
        Ok(Expr::Filter { name, value, args: self.args(&filter.args)? })
    }

    /// What a fallback covers: a name that nothing has, at the beginning of its chain.
    fn covered(&mut self, expr: &ast::Expr<'_>) -> Built<Expr> {
        let mut first = expr;
        loop {
            first = match first {
                ast::Expr::Filter(filter) => match &filter.expr {
                    Some(expr) => expr,
                    None => break,
                },
                ast::Expr::GetAttr(attribute) => &attribute.expr,
                ast::Expr::GetItem(item) => &item.expr,
                ast::Expr::Slice(slice) => &slice.expr,
                _ => break,
            };
        }
        if let ast::Expr::Var(var) = first
            && !self.knows(var.id)
        {
            self.uncovered.push(var.id.to_owned());
            self.asked.push(var.id.to_owned());
            let built = self.expr(expr);
            self.asked.pop();
            return built;
        }
        self.expr(expr)
    }

    fn args(&mut self, given: &[ast::CallArg<'_>]) -> Built<Args> {
        let mut args = Args::default();
        for arg in given {
            match arg {
                ast::CallArg::Pos(expr) => args.positional.push(self.expr(expr)?),
                ast::CallArg::Kwarg(name, expr) => args.named.push(((*name).to_owned(), self.expr(expr)?)),
                ast::CallArg::PosSplat(_) | ast::CallArg::KwargSplat(_) => {
                    return Err("`*` and `**` before a value aren't part of sendcast's templates".to_owned());
                }
            }
        }
        Ok(args)
    }

    fn call(&mut self, call: &ast::Call<'_>) -> Built<Expr> {
        let positional = |args: Args| {
            if args.named.is_empty() {
                Ok(args.positional)
            } else {
                Err("takes its values by place".to_owned())
            }
        };
        match call.identify_call() {
            ast::CallType::Function("range") if !self.knows("range") => {
                Ok(Expr::Range(positional(self.args(&call.args)?)?))
            }
            ast::CallType::Method(ast::Expr::Var(var), "cycle") if var.id == "loop" => {
                Ok(Expr::Cycle(positional(self.args(&call.args)?)?))
            }
            ast::CallType::Method(_, name) => {
                let name = match name {
                    "strip" | "lstrip" | "rstrip" => "trim",
                    "capitalize" | "lower" | "upper" | "title" | "replace" | "split" | "join" => name,
                    _ => "FILTER",
                };
                Err(format!("a value has no functions of its own; write a filter: `… | {name}`"))
            }
            ast::CallType::Function(name) => {
                Err(format!("function {name} is unknown; there is `range(…)`, and there are filters"))
            }
            _ => Err("only `range(…)` can be called".to_owned()),
        }
    }

    fn knows(&self, name: &str) -> bool {
        self.locals.iter().any(|local| local == name) || self.scope.knows(name) || self.column(name).is_some()
    }

    /// The column of a name, also of one that stands for a header that is no name (`names.rs`).
    fn column(&self, name: &str) -> Option<usize> {
        match name.strip_prefix(super::names::ALIAS).and_then(|number| number.parse().ok()) {
            Some(position) => Some(position),
            None => self.scope.names.positions.get(name).copied(),
        }
    }

    fn name(&mut self, name: &str, asked: bool) -> Built<Expr> {
        if !asked && !self.knows(name) && !self.asked.iter().any(|known| known == name) {
            return Err(self.scope.unknown(name));
        }
        if asked && !self.knows(name) {
            self.uncovered.push(name.to_owned());
        }
        let column = if self.locals.iter().any(|local| local == name) { None } else { self.column(name) };
        self.columns.extend(column);
        Ok(Expr::Name { name: name.to_owned(), column })
    }
}

fn statement_refused(name: &str) -> String {
    format!(
        "`{name}` isn't part of sendcast's templates; there are `if`, `for`, `set`, `with`, `filter` and `raw`"
    )
}

fn unknown(what: &str, name: &str, all: &[&'static str]) -> String {
    let near = probable(name, all.iter().copied()).map(|near| format!("; did you mean `{near}`?"));
    format!("{what} {name} is unknown{}; there are {}", near.unwrap_or_default(), all.join(", "))
}

fn operation(op: ast::BinOpKind, left: Box<Expr>, right: Box<Expr>) -> Expr {
    use ast::BinOpKind as Op;
    let compute = |op, left, right| Expr::Compute(op, left, right);
    let compare = |op, left, right: Box<Expr>| Expr::Compare(left, vec![(op, *right)]);
    match op {
        Op::Eq => compare(Comparison::Equal, left, right),
        Op::Ne => compare(Comparison::Unequal, left, right),
        Op::Lt => compare(Comparison::Less, left, right),
        Op::Lte => compare(Comparison::LessOrEqual, left, right),
        Op::Gt => compare(Comparison::Greater, left, right),
        Op::Gte => compare(Comparison::GreaterOrEqual, left, right),
        Op::In => compare(Comparison::In, left, right),
        Op::ScAnd => Expr::And(left, right),
        Op::ScOr => Expr::Or(left, right),
        Op::Add => compute(Arithmetic::Add, left, right),
        Op::Sub => compute(Arithmetic::Subtract, left, right),
        Op::Mul => compute(Arithmetic::Multiply, left, right),
        Op::Div => compute(Arithmetic::Divide, left, right),
        Op::FloorDiv => compute(Arithmetic::Floor, left, right),
        Op::Rem => compute(Arithmetic::Remainder, left, right),
        Op::Pow => compute(Arithmetic::Power, left, right),
        Op::Concat => Expr::Join(left, right),
    }
}

fn comparison(op: ast::CompareOpKind) -> Comparison {
    use ast::CompareOpKind as Op;
    match op {
        Op::Eq => Comparison::Equal,
        Op::Ne => Comparison::Unequal,
        Op::Lt => Comparison::Less,
        Op::Lte => Comparison::LessOrEqual,
        Op::Gt => Comparison::Greater,
        Op::Gte => Comparison::GreaterOrEqual,
        Op::In => Comparison::In,
        Op::NotIn => Comparison::NotIn,
    }
}

/// A text, a number or a truth value that is written out.
fn constant_value(value: &minijinja::Value) -> Built<Val<'static>> {
    let number = |number: Option<Decimal>| {
        number.map(Val::Number).ok_or_else(|| format!("`{value}` has too many digits to compute with"))
    };
    match value.kind() {
        ValueKind::String => Ok(Val::literal(value.as_str().unwrap_or_default().to_owned())),
        ValueKind::Bool => Ok(Val::Bool(value.is_true())),
        ValueKind::None | ValueKind::Undefined => Ok(Val::nothing("none")),
        ValueKind::Number if value.is_integer() => number(number::parse(&value.to_string()).ok()),
        ValueKind::Number => number(f64::try_from(value.clone()).ok().and_then(number::of_float)),
        _ => Err(format!("`{value}` can't be written in a template")),
    }
}
