//! What one rendering sees: a row's cells under their names, then the campaign's variables.
//!
//! Cells are looked up when a template asks for them; no map of all columns is built for each row.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::sync::Arc;

use minijinja::value::{Enumerator, Object, Serde, Value};

use crate::campaign::error::probable;
use crate::campaign::headers::{self, Names};
use crate::domain::message::is_invisible;
use crate::domain::text::Cell;

/// What one rendering sees. `Debug` tells nothing of the recipient.
pub(super) struct Scope {
    /// What the columns are called.
    pub names: Arc<Names>,
    /// What the campaign sets for everybody.
    pub variables: Arc<HashMap<String, Value>>,
    /// The row.
    pub cells: Vec<Cell>,
}

impl Scope {
    /// Without a row yet. Blank variables count as undefined.
    pub fn new(columns: &[String], variables: &BTreeMap<String, serde_json::Value>) -> Scope {
        let variables = variables
            .iter()
            .filter(|(_, value)| {
                !value.is_null() && value.as_str().is_none_or(|text| !visible(text).is_empty())
            })
            .map(|(name, value)| (name.clone(), Value::from(Serde(value))))
            .collect();
        Scope { names: Arc::new(headers::names(columns)), variables: Arc::new(variables), cells: Vec::new() }
    }

    /// Whether a column or a variable has this name.
    pub fn knows(&self, name: &str) -> bool {
        self.names.positions.contains_key(name) || self.variables.contains_key(name)
    }

    /// Whether the campaign sets a list, or anything else of several values, under this name.
    pub fn is_list(&self, name: &str) -> bool {
        self.variables.get(name).is_some_and(|value| value.as_object().is_some())
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
}

impl fmt::Debug for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Scope")
    }
}

impl Object for Scope {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        self.get_value_by_str(key.as_str()?)
    }

    fn get_value_by_str(self: &Arc<Self>, key: &str) -> Option<Value> {
        if let Some(&position) = self.names.positions.get(key)
            && let Some(cell) = self.cells.get(position)
        {
            let visible = visible(cell);
            if !visible.is_empty() {
                return Some(Value::from(visible));
            }
        }
        self.variables.get(key).cloned()
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Empty
    }
}

/// A cell without the white space around it; empty where nobody would see anything of it.
pub(super) fn visible(cell: &str) -> &str {
    let trimmed = cell.trim();
    if trimmed.chars().all(is_invisible) { "" } else { trimmed }
}

fn is_name(text: &str) -> bool {
    let mut chars = text.chars();
    chars.next().is_some_and(|c| c == '_' || unicode_ident::is_xid_start(c))
        && chars.all(unicode_ident::is_xid_continue)
}
