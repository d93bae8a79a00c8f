//! What a template may do with lists.
//!
//! minijinja's fuel counts instructions and text, but a list is made without its items: `[1] * 100000000` costs one
//! instruction, and so does `[x, x]`, thirty times over; comparing such a one, or making a text of it, takes minutes
//! and gigabytes. No message needs that. So a template either computes or has lists, and where it keeps values for
//! later, its lists hold texts and numbers only.
//!
//! A slice's step is a number that is written out: minijinja 3.1 negates it unchecked.

use super::code::Token;

/// Filters and functions that make lists.
const MAKERS: [&str; 21] = [
    "batch",
    "chain",
    "dictsort",
    "groupby",
    "items",
    "lines",
    "list",
    "map",
    "range",
    "reject",
    "rejectattr",
    "reverse",
    "select",
    "selectattr",
    "slice",
    "sort",
    "split",
    "sum",
    "unique",
    "values",
    "zip",
];
/// Words that stand between values, or for one.
const OPERATORS: [&str; 9] = ["and", "or", "not", "in", "is", "if", "else", "elif", "set"];
/// Words by which a value is kept for later.
const KEEPERS: [&str; 3] = ["set", "with", "recursive"];
const CONSTANTS: [&str; 6] = ["true", "false", "none", "True", "False", "None"];

/// An opening bracket, and what has been seen behind it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Bracket {
    kind: Kind,
    commas: bool,
    names: bool,
    /// How many, where it may be a slice.
    colons: Option<u8>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// `f(…)`, `x[…]`
    Behind,
    /// `(…)`
    Group,
    /// `[…]`, `{…}`
    List,
}

/// Why the lists of a template could grow beyond all bounds. `is_list` tells of a name whether the campaign sets a list
/// of that name.
pub(super) fn complaint(tokens: &[Token<'_>], is_list: &dyn Fn(&str) -> bool) -> Option<String> {
    let mut lists: Option<&str> = None;
    let mut computes: Option<&str> = None;
    let keeps = tokens.iter().map(|token| token.text).find(|word| KEEPERS.contains(word));
    for tag in tokens.chunk_by(|a, b| a.tag == b.tag) {
        let mut open: Vec<Bracket> = Vec::new();
        for (at, token) in tag.iter().enumerate() {
            let before = at.checked_sub(1).and_then(|at| tag.get(at)).map(|token| token.text);
            match token.text {
                "(" | "[" | "{" => open.push(opened(token.text, before)),
                ")" | "]" | "}" => {
                    let Some(closed) = open.pop() else { continue };
                    let is_literal = closed.kind == Kind::List || closed.kind == Kind::Group && closed.commas;
                    if let Some(keeps) = keeps.filter(|_| is_literal && closed.names) {
                        return Some(format!(
                            "has `{keeps}`, and a list of more than texts and numbers; write them out, as in `['Pune', 'Delhi']`"
                        ));
                    }
                    if is_literal {
                        lists = lists.or(Some("[…]"));
                    }
                    if let Some(around) = open.last_mut() {
                        around.names |= closed.names || closed.kind == Kind::Behind;
                    }
                }
                "," => match open.last_mut() {
                    Some(bracket) => bracket.commas = true,
                    None if !may_stand_alone(tag, at) => {
                        return Some(
                            "has a list without brackets; write `['Pune', 'Delhi']`, with texts and numbers only"
                                .to_owned(),
                        );
                    }
                    None => {}
                },
                ":" => {
                    let colons = open.last_mut().and_then(|bracket| bracket.colons.as_mut());
                    if let Some(colons) = colons {
                        *colons = colons.saturating_add(1);
                        if *colons == 2 && !is_step(&tag[at + 1..]) {
                            return Some(
                                "slices in steps that aren't written out; write a number, as in `name[::2]`"
                                    .to_owned(),
                            );
                        }
                    }
                }
                "*" | "+" => computes = computes.or(Some(token.text)),
                word if is_name(word) => {
                    if let Some(around) = open.last_mut() {
                        around.names = true;
                    }
                    let makes = MAKERS.contains(&word) && (before == Some("|") || is_called(tag, at));
                    if makes || before != Some(".") && is_list(word) {
                        lists = lists.or(Some(word));
                    }
                }
                _ => {}
            }
        }
    }
    let (computes, lists) = computes.zip(lists)?;
    Some(format!("computes (`{computes}`) and has lists (`{lists}`); a template can do one of the two"))
}

fn opened(bracket: &str, before: Option<&str>) -> Bracket {
    let value = before.is_some_and(|word| {
        word.ends_with([')', ']', '}', '\'', '"'])
            || word.chars().all(|c| c.is_alphanumeric() || c == '_') && !OPERATORS.contains(&word)
    });
    let kind = match bracket {
        "(" | "[" if value => Kind::Behind,
        "(" => Kind::Group,
        _ => Kind::List,
    };
    Bracket { kind, commas: false, names: false, colons: (bracket == "[").then_some(0) }
}

/// Whether a slice ends here, or behind a short number.
fn is_step(tokens: &[Token<'_>]) -> bool {
    let mut words = tokens.iter().map(|token| token.text).skip_while(|word| *word == "-");
    match words.next() {
        Some("]") => true,
        Some(number) => {
            number.len() <= 9 && number.bytes().all(|b| b.is_ascii_digit()) && words.next() == Some("]")
        }
        None => false,
    }
}

/// Where a comma outside of brackets parts names, and makes no list: `for a, b in x`, `set a, b = x`, `with a = 1, b = 2`.
fn may_stand_alone(tag: &[Token<'_>], at: usize) -> bool {
    let words = || tag.iter().map(|token| token.text);
    let ends = match words().find(|word| *word != "-" && *word != "+") {
        Some("for") => "in",
        Some("set") => "=",
        Some("with") => return true,
        _ => return false,
    };
    words().take(at).all(|word| word != ends)
}

/// A word that names a value.
pub(super) fn is_name(word: &str) -> bool {
    let first = word.chars().next();
    first.is_some_and(|c| c.is_alphabetic() || c == '_')
        && !OPERATORS.contains(&word)
        && !CONSTANTS.contains(&word)
}

fn is_called(tag: &[Token<'_>], at: usize) -> bool {
    tag.get(at + 1).is_some_and(|next| next.text == "(")
}

#[cfg(test)]
mod tests {
    use super::super::code::tokens;
    use super::*;

    fn says(source: &str) -> Option<String> {
        complaint(&tokens(source), &|name| name == "stores")
    }

    #[test]
    fn what_messages_use_is_fine() {
        for source in [
            "Hi {{ name | default('there, you', true) | truncate(10, '…') }}, {a, b}",
            "{% if city in ['Pune', 'Delhi', 7, 1.5, true] and (a or b) %}x{% endif %}",
            "{{ [first_name, last_name] | select | join(' ') }} {% if city in (home, 'Delhi') %}x{% endif %}",
            "{% if city in ('Pune', 'Delhi') %}x{% elif not (a in [1]) %}y{% endif %}",
            "{{ price | float * 1.18 + 2 }} {{ 2 ** 3 }} {{ (a + b) * 2 }} {{ city[:3] + '…' }}",
            "{% for store in stores %}{{ loop.index }}. {{ store.name }}{{ ', ' if not loop.last }}{% endfor %}",
            "{% for key, value in offers | items %}{{ key }}{% endfor %}{% set a, b = x %}",
            "{% with a = 1, b = (2) %}{{ a * b }}{% endwith %}{%- set c = a * (b + 1) -%}",
            "{{ stores | join(', ') }} {{ range(3) | list }} {{ {'a': 1, 'b': 'c'}[x] }}",
            "{% macro hello(a, b='x') %}{{ a }}{% endmacro %}{{ hello(name, 2) * 2 }}",
            "{{ name[::-1] }} {{ name[a:b:] }} {{ name[1:7:2] }} {{ {1: 2, 3: 4, 5: 6}[x] }}",
            "{{ map * 2 }} {{ x.stores + 1 }} {{ list + 1 }} 1 + 1, [a, b] (c, d)",
        ] {
            assert_eq!(says(source), None, "{source}");
        }
    }

    #[test]
    fn steps_are_written_out() {
        for source in [
            "{{ ()[::-9223372036854775808] }}",
            "{{ name[a:b:c] }}",
            "{{ name[::1 - 9223372036854775807 - 2] }}",
            "{{ set[1:2:x | int] }}",
            "{{ name[::{1: 2}[1]] }}",
            "{{ name[::",
        ] {
            assert!(says(source).unwrap().contains("name[::2]"), "{source}");
        }
    }

    #[test]
    fn what_grows_without_end_is_not() {
        for source in [
            "{{ [1] * 100000000 }}",
            "{{ 100000000 * [1] }}",
            "{% set x = [1] %}{{ x * 100000000 }}",
            "{% set x = ['a'] %}{% set x = x + x %}",
            "{{ range(10) * 100 }}",
            "{{ (1, 2) * 100 }}",
            "{{ stores * 100 }}",
            "{{ name | list * 100 }}",
            "{{ name | map('upper') + name | split('x') }}",
            "{% set x = [x, x] %}",
            "{% set x = {'a': x, 'b': x} %}",
            "{% set x = [[1, x]] %}",
            "{% set x = ['a' | upper] %}",
            "{% set x = (x, x) %}",
            "{% set x = ((x), 1) %}",
            "{% set x = x, x %}",
            "{% for a in x, x %}{% endfor %}",
            "{{ x, x }}",
            "{% set a = 1 %}{% if x == [y] %}{% endif %}",
            "{% set a = 1 %}{% if x in (y, 1) %}{% endif %}",
            "{% with a = 1 %}{% if x and (y, y) %}{% endif %}{% endwith %}",
            "{% set x = [f(1)] %}",
            "{% for x in [1] recursive %}{{ loop([[x, x]]) }}{% endfor %}",
        ] {
            assert!(says(source).is_some(), "{source}");
        }
    }
}
