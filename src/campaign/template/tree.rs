//! A template as the evaluator sees it.

use super::value::Val;

/// A piece of a template.
#[derive(Debug)]
pub(super) enum Node {
    /// Stands as it is.
    Raw(String),
    /// `{{ … }}`
    Emit(Expr),
    /// `{% if … %}`
    If { test: Expr, then: Vec<Node>, otherwise: Vec<Node> },
    /// `{% for … %}`
    For { target: Target, list: Expr, filter: Option<Expr>, body: Vec<Node>, otherwise: Vec<Node> },
    /// `{% with … %}`
    With { assignments: Vec<(Target, Expr)>, body: Vec<Node> },
    /// `{% set x = … %}`
    Set { target: Target, value: Expr },
    /// `{% set x %}…{% endset %}`
    SetBlock { name: String, filter: Option<Expr>, body: Vec<Node> },
    /// `{% filter … %}…{% endfilter %}`
    FilterBlock { filter: Expr, body: Vec<Node> },
}

/// What a value is given to.
#[derive(Debug)]
pub(super) enum Target {
    /// One name.
    Name(String),
    /// Several, of a list.
    Names(Vec<String>),
}

/// An expression.
#[derive(Debug)]
pub(super) enum Expr {
    /// A variable; the position, where a column has this name.
    Name { name: String, column: Option<usize> },
    /// Written out.
    Const(Val<'static>),
    /// `[…]`, `(…, …)`
    List(Vec<Expr>),
    /// `{…: …}`
    Map(Vec<(Expr, Expr)>),
    /// `not …`
    Not(Box<Expr>),
    /// `-…`
    Negative(Box<Expr>),
    /// `… and …`
    And(Box<Expr>, Box<Expr>),
    /// `… or …`
    Or(Box<Expr>, Box<Expr>),
    /// `… + …`
    Compute(Arithmetic, Box<Expr>, Box<Expr>),
    /// `… ~ …`
    Join(Box<Expr>, Box<Expr>),
    /// `… < …`, also several in a chain.
    Compare(Box<Expr>, Vec<(Comparison, Expr)>),
    /// `… if … else …`
    If { test: Box<Expr>, then: Box<Expr>, otherwise: Option<Box<Expr>> },
    /// `… | filter(…)`; without a value, what a block holds.
    Filter { name: &'static str, value: Option<Box<Expr>>, args: Args },
    /// `… is test(…)`
    Test { name: &'static str, value: Box<Expr>, args: Args },
    /// `x.name`
    Attribute(Box<Expr>, String),
    /// `x[…]`
    Item(Box<Expr>, Box<Expr>),
    /// `x[a:b:c]`
    Slice { value: Box<Expr>, start: Option<Box<Expr>>, stop: Option<Box<Expr>>, step: Option<Box<Expr>> },
    /// `range(…)`
    Range(Vec<Expr>),
    /// `loop.cycle(…)`
    Cycle(Vec<Expr>),
}

/// What a filter or a test is given.
#[derive(Debug, Default)]
pub(super) struct Args {
    /// By place.
    pub positional: Vec<Expr>,
    /// By name.
    pub named: Vec<(String, Expr)>,
}

/// What is computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Arithmetic {
    /// `+`
    Add,
    /// `-`
    Subtract,
    /// `*`
    Multiply,
    /// `/`
    Divide,
    /// `//`
    Floor,
    /// `%`
    Remainder,
    /// `**`
    Power,
}

/// How two values are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Comparison {
    /// `==`
    Equal,
    /// `!=`
    Unequal,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
    /// `in`
    In,
    /// `not in`
    NotIn,
}
