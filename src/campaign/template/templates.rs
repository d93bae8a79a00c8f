//! Templates: texts with `{{ columns }}` in them, compiled once, rendered for every row.
//!
//! Invariants:
//!
//! - Nobody reads a hole: what is nothing and no fallback covers is an error. An empty cell, one of nothing visible and
//!   one of a program's word for nothing (`N/A`) is nothing; then a campaign variable of that name, then a fallback
//!   stands in.
//! - A cell's text is never read as a template, and never escaped. A spreadsheet's error is never written out.
//! - Work and output of one rendering are bounded (`FUEL`).
//!
//! A row's cells move into the scope for the rendering and out again.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::sync::Arc;

use minijinja::machinery::parse;
use minijinja::syntax::SyntaxConfig;

use super::build::Builder;
use super::eval::{self, Evaluator};
use super::oddities::{self, Oddity};
use super::tree::Node;
use super::{blanks, code, names, placeholders};
use crate::campaign::recognise::headers::Names;
use crate::campaign::tables::Kind;
use crate::campaign::template::scope::{Misspelt, Scope};
use crate::campaign::text::visible;
use crate::domain::problem::Problem;
use crate::domain::text::Cell;

/// Longest template, in bytes: a message has at most 4,096 characters.
const SOURCE_LIMIT: usize = 65_536;
/// Most words, texts and signs within a template's tags. A message full of variables has some hundred.
const CODE_LIMIT: usize = 1_000;
/// How many templates out of cells are kept compiled (a spreadsheet may bring one for each row).
pub(super) const KEPT: usize = 256;

/// Why a text can't be rendered.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what}")]
pub struct TemplateError {
    /// What is wrong, in words a marketer can act on.
    pub what: String,
    /// It is so for every row: the template itself is wrong.
    pub everywhere: bool,
    /// The column that is to blame, where one is.
    pub column: Option<String>,
}

impl TemplateError {
    fn everywhere(what: impl Into<String>) -> TemplateError {
        TemplateError { what: what.into(), everywhere: true, column: None }
    }

    /// As the problem of the row that was rendered.
    pub(in crate::campaign) fn problem(self) -> Problem {
        let problem = Problem::new(self.what);
        match self.column {
            Some(column) => problem.in_column(column),
            None => problem,
        }
    }
}

/// A text of the campaign, ready to render.
#[derive(Clone, Debug)]
pub struct Text {
    source: Arc<str>,
    /// Nothing where the source is the text itself.
    nodes: Option<Arc<[Node]>>,
    uncovered: Arc<[String]>,
    columns: Arc<[usize]>,
    oddities: Arc<[(Oddity, String)]>,
}

impl Text {
    /// The text itself, where it holds nothing to fill in.
    #[must_use]
    pub fn plain(&self) -> Option<&str> {
        self.nodes.is_none().then_some(&*self.source)
    }

    /// Names that no column and no variable has: their fallback stands for everybody.
    #[must_use]
    pub fn only_fallbacks(&self) -> &[String] {
        &self.uncovered
    }

    /// The positions of the columns that it names, in order.
    #[must_use]
    pub fn columns(&self) -> &[usize] {
        &self.columns
    }

    /// What the text holds that people would read though nobody means it, such as `<br>`.
    #[must_use]
    pub fn warnings(&self) -> Vec<String> {
        self.oddities.iter().map(|(oddity, shown)| format!("holds `{shown}`: {}", oddity.advice())).collect()
    }
}

/// An expression over the columns that is true or false, ready to be asked.
#[derive(Clone, Debug)]
pub struct Condition(Text);

/// Compiled templates and the names they can use.
pub struct Templates {
    scope: Scope,
    literal: bool,
    row: u32,
    compiled: HashMap<String, Text>,
    seen: RefCell<Seen>,
}

/// What was noticed while rows were rendered.
#[derive(Default)]
struct Seen {
    /// By column and word: how many cells.
    blanks: BTreeMap<(usize, String), u64>,
    /// The row and column that were counted last: a message may use a cell twice.
    last: Vec<(u32, usize)>,
    /// How many messages, the first one's row, and what it holds.
    oddities: BTreeMap<Oddity, (u64, u32, String)>,
}

impl fmt::Debug for Templates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Templates").field("columns", &self.scope.columns).finish_non_exhaustive()
    }
}

impl Templates {
    /// For a table with these columns. `variables` are what the campaign sets for everybody; blank ones
    /// count as undefined.
    #[must_use]
    pub fn new(columns: &[String], variables: &BTreeMap<String, serde_json::Value>) -> Templates {
        let scope = Scope::new(columns, variables);
        Templates { scope, literal: false, row: 0, compiled: HashMap::new(), seen: RefCell::default() }
    }

    /// Says whether placeholders of other tools, such as `{name}`, are meant as they stand, in what is compiled from now on.
    pub fn literal(&mut self, literal: bool) {
        self.literal = literal;
    }

    /// What the columns are called.
    #[must_use]
    pub fn names(&self) -> &Names {
        &self.scope.names
    }

    /// A name that was probably meant by one that nothing has.
    #[must_use]
    pub fn near(&self, name: &str) -> Option<&str> {
        self.scope.near(name)
    }

    /// Of the text that couldn't be compiled last: the name that nothing has, where another was probably meant.
    #[must_use]
    pub fn misspelt(&self) -> Option<Misspelt> {
        self.scope.misspelt()
    }

    /// Compiles a text, and looks for all that would be wrong with every row.
    ///
    /// # Errors
    /// A mistake in its syntax, an unknown name without a fallback, an unknown filter, a placeholder of another tool.
    pub fn compile(&self, source: &str) -> Result<Text, TemplateError> {
        self.checked(source).map_err(TemplateError::everywhere)
    }

    /// Compiles an expression over the columns, as it stands behind `if`: `consent | yes and city == 'Pune'`.
    ///
    /// # Errors
    /// As [`Templates::compile`].
    pub fn condition(&self, expression: &str) -> Result<Condition, TemplateError> {
        if expression.contains("%}") || expression.trim().is_empty() {
            return Err(TemplateError::everywhere("is no expression, such as `city == 'Pune'`"));
        }
        self.compile(&format!("{{% if {expression} %}}1{{% endif %}}")).map(Condition)
    }

    fn checked(&self, source: &str) -> Result<Text, String> {
        let has_code = source.contains("{{") || source.contains("{%") || source.contains("{#");
        if has_code && source.len() > SOURCE_LIMIT {
            return Err(format!("is {} bytes long; a template takes at most {SOURCE_LIMIT}", source.len()));
        }
        let parts = code::parts(source);
        if parts.tokens.len() > CODE_LIMIT {
            return Err(format!(
                "holds too much code: at most {CODE_LIMIT} words and signs may stand within {{{{ }}}} and {{% %}}"
            ));
        }
        if !self.literal {
            let broken = placeholders::broken(source, &self.scope);
            let mut texts = parts.texts.iter();
            if let Some(complaint) =
                broken.or_else(|| texts.find_map(|text| placeholders::first_problem(text, &self.scope)))
            {
                return Err(complaint);
            }
        }
        let mut text = Text {
            source: source.into(),
            nodes: None,
            uncovered: [].into(),
            columns: [].into(),
            oddities: [].into(),
        };
        let oddities: BTreeMap<Oddity, &str> =
            parts.texts.iter().flat_map(|text| oddities::find(text)).collect();
        text.oddities = oddities.into_iter().map(|(oddity, shown)| (oddity, shown.to_owned())).collect();
        if !parts.has_tags {
            return Ok(text);
        }
        if let Some(number) = numbered_placeholder(source) {
            return Err(format!(
                "`{{{{{number}}}}}` is how WhatsApp's own templates number their blanks; name a column instead, \
                 such as {{{{ first_name }}}}"
            ));
        }
        let rewritten = names::rewrite(source, &parts, &self.scope)?;
        let syntax = SyntaxConfig::builder().keep_trailing_newline(true).build().unwrap_or_default();
        let tree = parse(&rewritten, "message", syntax).map_err(|cause| {
            let line = cause.line().filter(|&line| line > 1).map(|line| format!(" in line {line}"));
            let detail = cause.detail().unwrap_or("it can't be read");
            format!("the template has a mistake{}: {detail}", line.unwrap_or_default())
        })?;
        let mut builder = Builder::new(&self.scope);
        text.nodes = Some(builder.template(&tree)?.into());
        builder.uncovered.sort();
        builder.uncovered.dedup();
        text.uncovered = builder.uncovered.into();
        text.columns = builder.columns.into_iter().collect();
        Ok(text)
    }

    /// Takes a row's cells, and what they are (empty where all are as shown); [`Templates::release`] gives the cells
    /// back.
    pub fn hold(&mut self, cells: Vec<Cell>, kinds: Vec<Kind>) {
        self.scope.cells = cells;
        self.scope.kinds = kinds;
    }

    /// Says which row is held, for what is told of rows at the end.
    pub fn at_row(&mut self, row: u32) {
        self.row = row;
        self.seen.get_mut().last.clear();
    }

    /// Gives back the cells that are held.
    pub fn release(&mut self) -> Vec<Cell> {
        self.scope.kinds.clear();
        std::mem::take(&mut self.scope.cells)
    }

    /// One of the cells that are held, without the white space around it. Empty where it holds a program's word for
    /// nothing.
    #[must_use]
    pub fn cell(&self, position: usize) -> &str {
        let text = self.scope.cell(position);
        if blanks::is_blank(text) { "" } else { text }
    }

    /// Renders a compiled text with the row that is held.
    ///
    /// # Errors
    /// Which column is empty, or why its value can't be computed with or compared.
    pub fn render(&self, text: &Text) -> Result<String, TemplateError> {
        let Some(nodes) = &text.nodes else { return Ok((*text.source).to_owned()) };
        let mut evaluator = Evaluator::new(&self.scope);
        let mut out = String::with_capacity(256);
        let written = evaluator.write(nodes, &mut out);
        let blank = std::mem::take(&mut evaluator.blanks);
        if !blank.is_empty() {
            self.count_blanks(&blank);
        }
        let blamed = self.scope.blamed();
        written.map_err(|what| TemplateError { what, everywhere: false, column: blamed })?;
        self.count_oddities(&out, text);
        Ok(out)
    }

    /// Whether a condition holds for the row that is held.
    ///
    /// # Errors
    /// Why that can't be told.
    pub fn holds(&self, condition: &Condition) -> Result<bool, TemplateError> {
        self.render(&condition.0).map(|text| !text.is_empty())
    }

    /// Renders a cell of the row that is held as a template over the others.
    ///
    /// # Errors
    /// As [`Templates::compile`] and [`Templates::render`]; a cell that holds a spreadsheet's error.
    pub fn render_cell(&mut self, position: usize) -> Result<String, TemplateError> {
        let fault = |what: String| TemplateError { what, everywhere: false, column: self.scope.blamed() };
        let source = eval::checked_cell(&self.scope, position).map_err(fault)?;
        if let Some(text) = self.compiled.get(source) {
            return self.render(text);
        }
        let text = self.compile(source)?;
        if text.plain().is_some() {
            let source = source.to_owned();
            self.count_oddities(&source, &Text { oddities: [].into(), ..text });
            return Ok(source);
        }
        let rendered = self.render(&Text { oddities: [].into(), ..text.clone() });
        if self.compiled.len() >= KEPT {
            self.compiled.clear();
        }
        self.compiled.insert(source.to_owned(), Text { oddities: [].into(), ..text });
        rendered
    }

    fn count_blanks(&self, columns: &[usize]) {
        let mut seen = self.seen.borrow_mut();
        for &column in columns {
            if seen.last.contains(&(self.row, column)) {
                continue;
            }
            seen.last.push((self.row, column));
            *seen.blanks.entry((column, self.scope.cell(column).to_owned())).or_default() += 1;
        }
    }

    fn count_oddities(&self, rendered: &str, text: &Text) {
        for (oddity, shown) in oddities::find(rendered) {
            if text.oddities.iter().any(|(known, _)| *known == oddity) {
                continue;
            }
            let mut seen = self.seen.borrow_mut();
            let (count, ..) = seen.oddities.entry(oddity).or_insert_with(|| (0, self.row, shown.to_owned()));
            *count += 1;
        }
    }

    /// Words for nothing that messages came upon: column, word, and in how many cells.
    #[must_use]
    pub fn blank_words(&self) -> Vec<(String, String, u64)> {
        let seen = self.seen.borrow();
        let words = seen.blanks.iter();
        words
            .map(|((column, word), count)| (self.scope.header(*column).to_owned(), word.clone(), *count))
            .collect()
    }

    /// How many templates out of cells are kept.
    #[cfg(test)]
    pub(super) fn kept(&self) -> usize {
        self.compiled.len()
    }

    /// What was noticed in the rows that were rendered, for `check` to tell.
    #[must_use]
    pub fn notes(&self) -> Vec<String> {
        let mut notes: Vec<String> = Vec::new();
        for (column, word, count) in self.blank_words() {
            let cells = if count == 1 { "1 cell holds" } else { &format!("{count} cells hold") };
            notes.push(format!("column `{column}`: {cells} `{word}`, which counts as empty"));
        }
        for (oddity, (count, row, shown)) in &self.seen.borrow().oddities {
            let messages = if *count == 1 { "1 message holds" } else { &format!("{count} messages hold") };
            notes.push(format!("{messages} text such as `{shown}` (row {row}): {}", oddity.advice()));
        }
        notes
    }
}

/// Whether a cell counts as empty: nothing of it can be seen, or it is a program's word for nothing.
#[must_use]
pub fn is_nothing(cell: &str) -> bool {
    let cell = visible(cell);
    cell.is_empty() || blanks::is_blank(cell)
}

/// `{{1}}`, which would print 1 to everybody.
fn numbered_placeholder(source: &str) -> Option<&str> {
    source.split("{{").skip(1).find_map(|rest| {
        let inner = rest.split_once("}}")?.0.trim();
        (!inner.is_empty() && inner.bytes().all(|b| b.is_ascii_digit())).then_some(inner)
    })
}
