//! What one rendering sees: a row's cells under their names, then the campaign's variables.
//!
//! Cells are looked up when a template asks for them; no map of all columns is built for each row.

use std::cell::{Cell as StdCell, RefCell};
use std::collections::{BTreeMap, HashMap};
use std::fmt;

use crate::campaign::recognise::headers::{self, Names};
use crate::campaign::tables::Kind;
use crate::campaign::template::Val;
use crate::campaign::text::{probable, visible};
use crate::domain::text::Cell;

/// What one rendering sees. `Debug` tells nothing of the recipient.
pub(super) struct Scope {
    /// What the columns are called.
    pub names: Names,
    /// Their headers.
    pub columns: Vec<String>,
    /// What the campaign sets for everybody. Blank ones are nothing.
    pub variables: HashMap<String, Val<'static>>,
    /// The row.
    pub cells: Vec<Cell>,
    /// What its cells are; empty where all are as shown.
    pub kinds: Vec<Kind>,
    /// The column that the last error named.
    blamed: StdCell<Option<usize>>,
    /// The name that nothing has and that was told last, with the one that was probably meant.
    misspelt: RefCell<Option<Misspelt>>,
}

/// A name that nothing has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Misspelt {
    /// As it is written.
    pub word: String,
    /// What was probably meant, as a template writes it.
    pub meant: String,
}

impl Scope {
    /// Without a row yet.
    pub fn new(columns: &[String], variables: &BTreeMap<String, serde_json::Value>) -> Scope {
        let variables =
            variables.iter().map(|(name, value)| (name.clone(), Val::of_json(name, value))).collect();
        let names = headers::names(columns);
        let (columns, blamed) = (columns.to_vec(), StdCell::new(None));
        let (cells, kinds, misspelt) = (Vec::new(), Vec::new(), RefCell::default());
        Scope { names, columns, variables, cells, kinds, blamed, misspelt }
    }

    /// Whether a column or a variable has this name.
    pub fn knows(&self, name: &str) -> bool {
        self.names.positions.contains_key(name) || self.variables.contains_key(name)
    }

    /// A column's header.
    pub fn header(&self, position: usize) -> &str {
        self.columns.get(position).map_or("", String::as_str)
    }

    /// The header of a column that an error is about. Which one is kept for whoever tells the error.
    pub fn blame(&self, position: usize) -> &str {
        self.blamed.set(Some(position));
        self.header(position)
    }

    /// The header of the column that was blamed since this was asked last.
    pub fn blamed(&self) -> Option<String> {
        self.blamed.take().map(|position| self.header(position).to_owned())
    }

    /// How a column is written in a template.
    pub fn spelling(&self, position: usize) -> String {
        let header = self.header(position).trim();
        let plain = headers::plain(header);
        if is_name(header) {
            header.to_owned()
        } else if self.names.positions.get(&plain) == Some(&position) && is_name(&plain) {
            plain
        } else {
            header.to_owned()
        }
    }

    /// One of the cells, without the white space around it.
    pub fn cell(&self, position: usize) -> &str {
        self.cells.get(position).map_or("", |cell| visible(cell))
    }

    /// What a cell is.
    pub fn kind(&self, position: usize) -> Kind {
        self.kinds.get(position).copied().unwrap_or_default()
    }

    /// A name that was probably meant by one that nothing has.
    pub fn near(&self, name: &str) -> Option<&str> {
        let positions = self.names.positions.keys().map(String::as_str);
        let known = positions.chain(self.variables.keys().map(String::as_str));
        // What can't be written in a template is no help in one.
        let mut known: Vec<&str> = known.filter(|name| is_name(name)).collect();
        known.sort_unstable();
        probable(name, known)
    }

    /// The name that was told last, and the one that was probably meant, where there is one.
    pub fn misspelt(&self) -> Option<Misspelt> {
        self.misspelt.borrow().clone()
    }

    /// What is said of a name that nothing has.
    pub fn unknown(&self, name: &str) -> String {
        let near = self.near(name);
        *self.misspelt.borrow_mut() =
            near.map(|near| Misspelt { word: name.to_owned(), meant: near.to_owned() });
        let near = near.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
        let mut there: Vec<String> = (0..self.columns.len()).map(|n| self.spelling(n)).collect();
        let mut variables: Vec<String> = self.variables.keys().cloned().collect();
        variables.sort_unstable();
        there.extend(variables.into_iter().filter(|name| !self.names.positions.contains_key(name)));
        let more = there.len().saturating_sub(20);
        there.truncate(20);
        let mut list: String = there.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
        if more > 0 {
            list.push_str(&format!(", and {more} more"));
        }
        let list = if list.is_empty() { String::new() } else { format!("; there are {list}") };
        format!("no column and no variable is called `{name}`{near}{list}")
    }
}

impl fmt::Debug for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Scope")
    }
}

/// Words of the language itself.
const KEYWORDS: [&str; 15] = [
    "and", "or", "not", "in", "is", "if", "else", "elif", "true", "false", "none", "True", "False", "None",
    "loop",
];

/// Whether a text is a name that a template can hold as it is.
pub(super) fn is_name(text: &str) -> bool {
    let mut chars = text.chars();
    chars.next().is_some_and(|c| c == '_' || unicode_ident::is_xid_start(c))
        && chars.all(unicode_ident::is_xid_continue)
        && !KEYWORDS.contains(&text)
}
