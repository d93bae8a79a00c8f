//! Templates: texts with `{{ columns }}` in them, compiled once, rendered for every row.
//!
//! Invariants:
//!
//! - Nobody reads a hole: an undefined variable that no fallback covers is an error. An empty cell, and
//!   one of nothing visible, is undefined; then a campaign variable of that name, then a fallback stands in.
//! - A cell's text is never read as a template, and never escaped.
//! - Work and output of one rendering are bounded (`FUEL`).
//!
//! A row's cells move into the scope for the rendering and out again.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use minijinja::syntax::SyntaxConfig;
use minijinja::value::{DynObject, Value};
use minijinja::{AutoEscape, Environment, ErrorKind, UndefinedBehavior};

pub use crate::campaign::compile::TemplateError;
use crate::campaign::compile::{compile, is_plain};
use crate::campaign::filters;
use crate::campaign::headers::Names;
use crate::campaign::scope::{Scope, visible};
use crate::campaign::straight::{self, Piece, fill};
use crate::domain::text::Cell;

/// What one rendering may cost: an instruction is one unit, and so are 64 bytes of text produced. Enough for
/// any message, and at most 1.3 MB of output.
const FUEL: u64 = 20_000;

/// A text of the campaign, ready to render.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text {
    source: String,
    plain: bool,
    /// Where it only fills in columns.
    pieces: Option<Arc<[Piece]>>,
}

impl Text {
    /// The text itself, where it holds nothing to fill in.
    #[must_use]
    pub fn plain(&self) -> Option<&str> {
        self.plain.then_some(self.source.as_str())
    }
}

/// Compiled templates and the names they can use.
pub struct Templates {
    env: Environment<'static>,
    columns: Arc<[String]>,
    scope: Arc<Scope>,
    compiled: usize,
}

impl fmt::Debug for Templates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Templates").field("columns", &self.columns).finish_non_exhaustive()
    }
}

impl Templates {
    /// For a table with these columns. `variables` are what the campaign sets for everybody; blank ones
    /// count as undefined.
    #[must_use]
    pub fn new(columns: &[String], variables: &BTreeMap<String, serde_json::Value>) -> Templates {
        let scope = Scope::new(columns, variables);
        let mut env = Environment::new();
        env.set_undefined_behavior(UndefinedBehavior::Strict);
        env.set_auto_escape_callback(|_| AutoEscape::None);
        env.set_fuel(Some(FUEL));
        env.set_recursion_limit(50);
        // Errors name the variable only in debug mode. It costs nothing where none happens.
        env.set_debug(true);
        filters::install(&mut env);
        if let Ok(syntax) = SyntaxConfig::builder().keep_trailing_newline(true).build() {
            env.set_syntax(syntax);
        }
        // An empty cell must not turn into a function that happens to have the column's name.
        let functions: Vec<String> = env.globals().map(|(name, _)| name.to_owned()).collect();
        for name in functions {
            if scope.knows(&name) {
                env.remove_global(&name);
            }
        }
        Templates { env, columns: columns.into(), scope: Arc::new(scope), compiled: 0 }
    }

    /// What the columns are called.
    #[must_use]
    pub fn names(&self) -> &Names {
        &self.scope.names
    }

    /// Compiles a text.
    ///
    /// # Errors
    /// What is wrong with its syntax.
    pub fn compile(&mut self, source: &str) -> Result<Text, TemplateError> {
        let plain = is_plain(source);
        let mut pieces = None;
        if !plain {
            compile(&mut self.env, &self.scope, &mut self.compiled, source)?;
            pieces = straight::pieces(source, &self.scope).map(Arc::from);
        }
        Ok(Text { source: source.to_owned(), plain, pieces })
    }

    /// Takes a row's cells; [`Templates::release`] gives them back.
    pub fn hold(&mut self, cells: Vec<Cell>) {
        match Arc::get_mut(&mut self.scope) {
            Some(scope) => scope.cells = cells,
            None => {
                let (names, variables) = (Arc::clone(&self.scope.names), Arc::clone(&self.scope.variables));
                self.scope = Arc::new(Scope { names, variables, cells });
            }
        }
    }

    /// Gives back the cells that are held.
    pub fn release(&mut self) -> Vec<Cell> {
        match Arc::get_mut(&mut self.scope) {
            Some(scope) => std::mem::take(&mut scope.cells),
            None => self.scope.cells.clone(),
        }
    }

    /// One of the cells that are held, without the white space around it.
    #[must_use]
    pub fn cell(&self, position: usize) -> &str {
        self.scope.cells.get(position).map_or("", |cell| visible(cell))
    }

    /// Renders a compiled text with the row that is held.
    ///
    /// # Errors
    /// Which variable is undefined, or what else went wrong.
    pub fn render(&self, text: &Text) -> Result<String, TemplateError> {
        if text.plain {
            return Ok(text.source.clone());
        }
        let straight = text.pieces.as_deref().and_then(|pieces| fill(pieces, |position| self.cell(position)));
        straight.map_or_else(|| self.render_compiled(&text.source), Ok)
    }

    /// Renders a cell of the row that is held as a template over the others.
    ///
    /// # Errors
    /// What is wrong with its syntax, or as in [`Templates::render`].
    pub fn render_cell(&mut self, position: usize) -> Result<String, TemplateError> {
        let source = self.scope.cells.get(position).map_or("", |cell| visible(cell));
        if is_plain(source) {
            return Ok(source.to_owned());
        }
        compile(&mut self.env, &self.scope, &mut self.compiled, source)?;
        self.render_compiled(source)
    }

    fn render_compiled(&self, source: &str) -> Result<String, TemplateError> {
        let scope = Value::from_dyn_object(DynObject::new(Arc::clone(&self.scope)));
        self.env
            .get_template(source)
            .and_then(|template| template.render(scope))
            .map_err(|error| self.explain(&error))
    }

    /// Looks for what would be wrong with every row: renders the text with every column filled. Gives the
    /// variables that nothing but their fallback will ever fill.
    ///
    /// # Errors
    /// A variable that no column and no campaign variable has, without a fallback; an unknown filter.
    pub fn probe(&mut self, text: &Text) -> Result<Vec<String>, TemplateError> {
        if text.plain {
            return Ok(Vec::new());
        }
        let held = self.release();
        self.hold(vec!["1".into(); self.columns.len()]);
        let outcome = self.render(text);
        self.release();
        self.hold(held);
        match outcome {
            // With made-up cells, other errors may be the cells' fault.
            Err(error) if error.everywhere => return Err(error),
            _ => {}
        }
        let used = self.env.get_template(&text.source).map(|template| template.undeclared_variables(false));
        let mut unknown: Vec<String> =
            used.unwrap_or_default().into_iter().filter(|name| !self.knows(name)).collect();
        unknown.sort();
        Ok(unknown)
    }

    fn knows(&self, name: &str) -> bool {
        self.scope.knows(name) || self.env.globals().any(|(global, _)| global == name)
    }

    /// A name that was probably meant by one that nothing has.
    #[must_use]
    pub fn near(&self, name: &str) -> Option<&str> {
        self.scope.near(name)
    }

    fn explain(&self, error: &minijinja::Error) -> TemplateError {
        let detail = error.detail().unwrap_or_default();
        if let Some(name) = undefined_name(detail) {
            return self.undefined(name);
        }
        let line = error.line().filter(|&line| line > 1).map(|line| format!(" in line {line}"));
        let line = line.unwrap_or_default();
        let everywhere = matches!(
            error.kind(),
            ErrorKind::UnknownFilter
                | ErrorKind::UnknownTest
                | ErrorKind::UnknownFunction
                | ErrorKind::SyntaxError
        );
        let what = match error.kind() {
            ErrorKind::OutOfFuel => "the template does too much work for one message".to_owned(),
            _ if detail.is_empty() => format!("the template fails{line}: {}", error.kind()),
            kind => format!("the template fails{line}: {kind}: {detail}"),
        };
        TemplateError { what, everywhere }
    }

    fn undefined(&self, expression: &str) -> TemplateError {
        let name = expression.split(['.', '[']).next().unwrap_or(expression);
        if self.knows(name) {
            let header =
                self.scope.names.positions.get(name).and_then(|&position| self.columns.get(position));
            let what = match header {
                Some(header) if name == expression => format!(
                    "column `{header}` is empty; fill it in, or give the message a fallback: \
                     {{{{ {name} | default('…') }}}}"
                ),
                _ => format!("`{expression}` is undefined"),
            };
            return TemplateError { what, everywhere: false };
        }
        let near = self.near(name).map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
        TemplateError {
            what: format!("no column and no variable is called `{name}`{near}"),
            everywhere: true,
        }
    }
}

/// The expression in minijinja's ``…`x` is undefined…``.
fn undefined_name(detail: &str) -> Option<&str> {
    let (before, _) = detail.split_once("` is undefined")?;
    before.rsplit('`').next()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::campaign::compile::KEPT;

    fn templates(columns: &[&str], variables: &[(&str, serde_json::Value)]) -> Templates {
        let columns: Vec<String> = columns.iter().map(|&c| c.to_owned()).collect();
        let variables = variables.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
        Templates::new(&columns, &variables)
    }

    fn row(cells: &[&str]) -> Vec<Cell> {
        cells.iter().map(|&cell| cell.into()).collect()
    }

    /// Renders one template over one row; the error's text where it fails.
    fn render(source: &str, columns: &[&str], cells: &[&str]) -> String {
        let mut templates = templates(columns, &[]);
        let text = match templates.compile(source) {
            Ok(text) => text,
            Err(error) => return error.what,
        };
        templates.hold(row(cells));
        let rendered = templates.render(&text).unwrap_or_else(|error| error.what);
        assert_eq!(templates.release(), row(cells), "the cells come back as they were");
        rendered
    }

    #[test]
    fn columns_are_variables_under_both_names() {
        let columns = ["First Name", "City", "नाम"];
        assert_eq!(
            render("{{ first_name }} {{ City }} {{ city }} {{ नाम }}", &columns, &["Ana", "Pune", "आना"]),
            "Ana Pune Pune आना"
        );
    }

    #[test]
    fn an_empty_cell_is_undefined_and_a_fallback_covers_it() {
        let columns = ["First Name"];
        for blank in ["", "  ", "\u{a0}\u{200b}", "\u{feff}"] {
            assert_eq!(render("Hi {{ first_name | default('there') }},", &columns, &[blank]), "Hi there,");
            assert_eq!(
                render("Hi {{ first_name }},", &columns, &[blank]),
                "column `First Name` is empty; fill it in, or give the message a fallback: \
                 {{ first_name | default('…') }}"
            );
            assert_eq!(
                render(
                    "{% if first_name is defined %}Hi {{ first_name }}{% else %}Hi{% endif %}",
                    &columns,
                    &[blank]
                ),
                "Hi"
            );
        }
        assert_eq!(render("Hi {{ first_name }},", &columns, &[" Ana "]), "Hi Ana,");
    }

    #[test]
    fn the_variable_that_is_missing_is_the_one_named() {
        let columns = ["a", "b"];
        let error = render("{{ a ~ (b | default('x')) }}", &columns, &["", ""]);
        assert!(error.starts_with("column `a` is empty"), "{error}");
        let error = render("{{ b | upper }}", &columns, &["", ""]);
        assert!(error.starts_with("column `b` is empty"), "{error}");
    }

    #[test]
    fn a_function_never_stands_in_for_an_empty_cell() {
        assert_eq!(render("{{ range | default('x') }}", &["Range"], &[""]), "x");
    }

    #[test]
    fn what_is_filled_in_straight_is_what_minijinja_makes_of_it() {
        const PIECES: [&str; 16] = [
            "Hi ",
            "\n",
            "\r\n",
            " ",
            "{",
            "} ",
            "}}",
            "% # –",
            "é\u{200b}",
            "{{ a }}",
            "{{a}}",
            "{{ b\t}}",
            "{{ नाम }}",
            "{{ a | default('x {') }}",
            "{{ b|d(\"it's\") }}",
            "{{ c | default( '' ) }}",
        ];
        let mut chance = fastrand::Rng::with_seed(7);
        let (mut straight, mut empty) = (0, 0);
        for _ in 0..4_000 {
            let source: String = (0..chance.usize(1..9)).filter_map(|_| chance.choice(PIECES)).collect();
            let mut templates = templates(&["a", "b", "c", "नाम"], &[("c", "of all".into())]);
            let Some(text) = templates.compile(&source).ok().filter(|text| !text.plain) else { continue };
            let cells = ["", " ", "Ana", " {{ a }}\n", "<&>", "\u{feff}"];
            templates.hold((0..4).filter_map(|_| chance.choice(cells)).map(Cell::from).collect());
            straight += u32::from(text.pieces.is_some());
            let (rendered, theirs) = (templates.render(&text), templates.render_compiled(&source));
            empty += u32::from(theirs.is_err());
            let what = |result: Result<String, TemplateError>| result.map_err(|error| error.what);
            assert_eq!(what(rendered), what(theirs), "{source:?}");
        }
        assert!(straight > 2_000 && empty > 500, "{straight} were straight, {empty} had nothing to fill in");
    }

    #[test]
    fn nothing_is_escaped_and_cells_are_no_templates() {
        assert_eq!(render("{{ a }} & <b>", &["a"], &["<{{ a }}>"]), "<{{ a }}> & <b>");
        assert_eq!(render("a lone { stays", &[], &[]), "a lone { stays");
        assert_eq!(render("line\n{{ a }}\n", &["a"], &["x"]), "line\nx\n");
    }

    #[test]
    fn campaign_variables_stand_below_the_columns() {
        let mut templates = templates(
            &["city"],
            &[
                ("city", "your town".into()),
                ("ends", "Sunday".into()),
                ("off", 20.into()),
                ("blank", " ".into()),
            ],
        );
        let text = templates.compile("{{ city }}: {{ off }}% till {{ ends }}").unwrap();
        templates.hold(row(&["Pune"]));
        assert_eq!(templates.render(&text).unwrap(), "Pune: 20% till Sunday");
        templates.hold(row(&[""]));
        assert_eq!(templates.render(&text).unwrap(), "your town: 20% till Sunday");
        let text = templates.compile("{{ blank | default('none') }}").unwrap();
        assert_eq!(templates.render(&text).unwrap(), "none");
    }

    #[test]
    fn a_probe_finds_what_is_wrong_with_every_row() {
        let mut templates = templates(&["First Name", "Price"], &[("ends", "Sunday".into())]);
        let mut probe = |source: &str| {
            let text = templates.compile(source).unwrap();
            templates.probe(&text).map_err(|error| error.what)
        };
        assert_eq!(probe("{{ first_name }} {{ price | int }} {{ ends }}"), Ok(vec![]));
        assert_eq!(
            probe("Hi {{ frist_name }}"),
            Err("no column and no variable is called `frist_name`; did you mean `first_name`?".into())
        );
        assert_eq!(
            probe("Hi {{ frist_name[:3] }}"),
            Err("no column and no variable is called `frist_name`; did you mean `first_name`?".into())
        );
        assert_eq!(probe("Hi {{ frist_name | default('there') }}"), Ok(vec!["frist_name".into()]));
        assert_eq!(probe("{% for i in range(2) %}{{ i }}{% endfor %}"), Ok(vec![]));
        let error = probe("{{ first_name | shout }}").unwrap_err();
        assert!(error.contains("filter shout is unknown"), "{error}");
    }

    #[test]
    fn mistakes_say_where() {
        assert_eq!(
            render("Hi\n{{ first_name }", &["first_name"], &["x"]),
            "the template has a mistake in line 2: unexpected `}`, expected end of variable block"
        );
        assert_eq!(
            render("Hi {{1}}", &["first_name"], &["x"]),
            "`{{1}}` is how WhatsApp's own templates number their blanks; name a column instead, such as \
             {{ first_name }}"
        );
    }

    #[test]
    fn work_and_output_are_bounded() {
        let endless = "{% for a in range(10000) %}{% for b in range(10000) %}x{% endfor %}{% endfor %}";
        assert_eq!(render(endless, &[], &[]), "the template does too much work for one message");
        let bomb = "{{ 'x' * 1000000000 }}";
        assert_eq!(render(bomb, &[], &[]), "the template does too much work for one message");
        assert!(
            render(&format!("{{{{ a }}}}{}", "x".repeat(70_000)), &["a"], &["x"]).contains("at most 65536")
        );
    }

    #[test]
    fn cells_may_be_templates_of_their_own_and_many_of_them() {
        let mut templates = templates(&["name", "message"], &[]);
        for n in 0..(KEPT * 2) {
            templates.hold(vec!["Ana".into(), format!("{n}: Hi {{{{ name }}}}").into()]);
            assert_eq!(templates.render_cell(1).unwrap(), format!("{n}: Hi Ana"));
        }
        assert!(templates.compiled <= KEPT);
    }
}
