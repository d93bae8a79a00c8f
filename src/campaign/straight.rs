//! Templates that only fill in columns, as most do: filled in without minijinja, in an eighth of the time.
//!
//! Invariant: what comes out is what minijinja makes of it, or nothing; then it is asked itself.

use super::lists::is_name;
use super::scope::Scope;

/// What is longer is left to minijinja, which bounds it.
const LONGEST: usize = 1 << 16;

/// A piece of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Piece {
    /// Stands as it is.
    Literal(String),
    /// A column's cell, or what stands in where there is nothing in it.
    Column {
        /// Which one.
        position: usize,
        /// What stands in.
        fallback: Option<String>,
    },
}

/// The pieces of a template that compiles, where it holds `{{ column }}` and `{{ column | default('…') }}` only.
pub(super) fn pieces(source: &str, scope: &Scope) -> Option<Vec<Piece>> {
    if source.contains("{%") || source.contains("{#") {
        return None;
    }
    let mut pieces = Vec::new();
    let mut rest = source;
    while let Some((before, tag)) = rest.split_once("{{") {
        let (code, after) = tag.split_once("}}")?;
        pieces.push(Piece::Literal(before.to_owned()));
        pieces.push(column(code, scope)?);
        rest = after;
    }
    pieces.push(Piece::Literal(rest.to_owned()));
    Some(pieces)
}

fn column(code: &str, scope: &Scope) -> Option<Piece> {
    let (name, filter) = match code.split_once('|') {
        Some((name, filter)) => (name, Some(filter)),
        None => (code, None),
    };
    let name = name.trim_ascii();
    let position = *scope.names.positions.get(name).filter(|_| is_name(name))?;
    let fallback = match filter {
        Some(filter) => Some(default(filter.trim_ascii())?.to_owned()),
        None => None,
    };
    // A campaign's variable comes before a fallback.
    Some(Piece::Column { position, fallback: fallback.filter(|_| !scope.variables.contains_key(name)) })
}

/// The text of `default('…')`.
fn default(filter: &str) -> Option<&str> {
    let arguments = filter.strip_prefix("default(").or_else(|| filter.strip_prefix("d("))?;
    let quoted = arguments.strip_suffix(')')?.trim_ascii();
    let quote = quoted.chars().next().filter(|c| matches!(c, '\'' | '"'))?;
    let text = quoted.strip_prefix(quote)?.strip_suffix(quote)?;
    (!text.contains([quote, '\\'])).then_some(text)
}

/// The text for a row's cells; `None` where minijinja is to say what it is, or why there is none.
pub(super) fn fill<'c>(pieces: &[Piece], cell: impl Fn(usize) -> &'c str) -> Option<String> {
    let mut text = String::with_capacity(256);
    for piece in pieces {
        match piece {
            Piece::Literal(literal) => text.push_str(literal),
            Piece::Column { position, fallback } => match (cell(*position), fallback) {
                ("", fallback) => text.push_str(fallback.as_deref()?),
                (cell, _) => text.push_str(cell),
            },
        }
        if text.len() > LONGEST {
            return None;
        }
    }
    Some(text)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn of(source: &str) -> Option<Vec<Piece>> {
        let columns = ["First Name", "city", "true", "Amount"].map(str::to_owned);
        let variables = BTreeMap::from([("city".to_owned(), "Pune".into()), ("shop".to_owned(), "M".into())]);
        pieces(source, &Scope::new(&columns, &variables))
    }

    fn filled(source: &str, cells: [&'static str; 4]) -> Option<String> {
        fill(&of(source)?, |position| cells[position])
    }

    #[test]
    fn columns_are_filled_in() {
        let cells = ["Asha", "Goa", "yes", "7 €"];
        for (source, text) in [
            ("Hi {{ first_name }}, {{city}} – {{\tamount\n}} {a} }}", "Hi Asha, Goa – 7 € {a} }}"),
            ("{{ first_name|default('there') }}{{ city | d(\"x\") }}", "AshaGoa"),
            ("no tag", "no tag"),
        ] {
            assert_eq!(filled(source, cells).as_deref(), Some(text), "{source}");
        }
        let empty = ["", "", "", "1"];
        assert_eq!(filled("Hi {{ first_name | default( 'you, there' ) }}", empty).unwrap(), "Hi you, there");
        assert_eq!(filled("Hi {{ first_name }}", empty), None);
        assert_eq!(filled("{{ city | default('x') }}", empty), None, "the campaign's variable stands in");
    }

    #[test]
    fn all_else_is_left_to_minijinja() {
        for source in [
            "{{ shop }}",
            "{{ nobody }}",
            "{{ true }}",
            "{{- first_name }}",
            "{{ first_name -}}",
            "{{ first_name | upper }}",
            "{{ first_name | default('a', true) }}",
            "{{ first_name | default('it\\'s') }}",
            "{{ first_name | default('}}') }}",
            "{{ first_name | default(city) }}",
            "{{ first_name | default('a') | upper }}",
            "{{ first_name | default('a' ~ 'b') }}",
            "{{ first_name.x }}",
            "{{ 'a' }}",
            "{{{ first_name }}}",
            "{{ first_name }}{% if city %}x{% endif %}",
            "{{ first_name }}{# x #}",
            "{{ first_name",
        ] {
            assert_eq!(of(source), None, "{source}");
        }
        let long = ["x"; 4].map(|_| "");
        assert_eq!(filled(&format!("{}{{{{ amount }}}}", "x".repeat(LONGEST + 1)), long), None);
    }
}
