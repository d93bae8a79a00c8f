//! Templates: the language of messages. What a value is, what an operator does with it, and how a text is filled in.
//!
//! Invariants:
//!
//! - A cell prints exactly as it is written, and computes as what it is. Where the two can't both hold, comparing or
//!   computing with it is an error that names column, value and remedy.
//! - What isn't known here (a statement, a filter, a test, a function) is refused when a template is compiled.

mod arguments;
mod blanks;
mod build;
mod code;
mod eval;
mod filters;
mod format;
mod names;
mod number;
mod oddities;
mod operators;
mod placeholders;
mod predicates;
#[cfg(test)]
mod reference;
pub mod scope;
mod statements;
mod templates;
#[cfg(test)]
mod tests;
mod tree;
mod truth;
mod value;
mod yes_no;

pub use self::scope::Misspelt;
pub use self::templates::{Condition, TemplateError, Templates, Text, is_nothing};
pub(super) use self::value::Val;
