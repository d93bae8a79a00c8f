//! Names as people write them: `{{ First Name }}` means the column `First Name`.
//!
//! Headers that are no names of the language are put in place of by names that are (`ALIAS` and the column's position)
//! before the template is parsed. Signs that look like others and aren't are named.

use std::borrow::Cow;

use super::code::{Parts, Token};
use crate::campaign::recognise::headers::plain;
use crate::campaign::template::scope::{Scope, is_name};

/// What a name begins with that stands for a column.
pub(super) const ALIAS: &str = "__column_";

/// Words that stand between names, or begin a statement.
const KEYWORDS: [&str; 32] = [
    "and",
    "or",
    "not",
    "in",
    "is",
    "if",
    "else",
    "elif",
    "endif",
    "for",
    "endfor",
    "set",
    "endset",
    "with",
    "endwith",
    "filter",
    "endfilter",
    "raw",
    "endraw",
    "recursive",
    "true",
    "false",
    "none",
    "True",
    "False",
    "None",
    "do",
    "autoescape",
    "endautoescape",
    "macro",
    "include",
    "extends",
];

/// The template, with names in the place of headers.
///
/// # Errors
/// A typographic quote or an invisible character in the code; two words beside each other that are no header.
pub(super) fn rewrite<'s>(source: &'s str, parts: &Parts<'s>, scope: &Scope) -> Result<Cow<'s, str>, String> {
    let mut changes: Vec<(usize, usize, usize)> = Vec::new();
    for tag in parts.tokens.chunk_by(|a, b| a.tag == b.tag) {
        check_signs(source, tag)?;
        match whole(source, tag, scope)? {
            Some(change) => changes.push(change),
            None => runs(source, tag, scope, &mut changes)?,
        }
    }
    if changes.is_empty() {
        return Ok(Cow::Borrowed(source));
    }
    let mut out = String::with_capacity(source.len() + 16);
    let mut done = 0;
    for (start, end, column) in changes {
        out.push_str(&source[done..start]);
        out.push_str(&format!("{ALIAS}{column}"));
        done = end;
    }
    out.push_str(&source[done..]);
    Ok(Cow::Owned(out))
}

/// Signs that people paste into code without seeing that they are others.
fn check_signs(source: &str, tag: &[Token<'_>]) -> Result<(), String> {
    for token in tag {
        let Some(c) = token.text.chars().next().filter(|c| !c.is_ascii()) else { continue };
        if token.is_word() {
            continue;
        }
        let before = &source[..token.at(source)];
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        let place = format!("in line {line}, character {column}");
        return Err(match c {
            '“' | '”' | '„' | '‟' | '«' | '»' | '″' | '＂' => {
                format!("holds the typographic quote {c} {place}; write a straight one: \"")
            }
            '‘' | '’' | '‚' | '‛' | '′' | '´' | '＇' => {
                format!("holds the typographic quote {c} {place}; write a straight one: '")
            }
            '\u{a0}' | '\u{2000}'..='\u{200a}' | '\u{202f}' | '\u{205f}' | '\u{3000}' => format!(
                "holds a special blank (U+{:04X}) within braces {place}; delete it and write a plain blank",
                u32::from(c)
            ),
            c if crate::domain::message::is_invisible(c)
                || c.is_control()
                || matches!(c, '\u{2028}'..='\u{202e}' | '\u{2061}'..='\u{206f}') =>
            {
                format!(
                    "holds an invisible character (U+{:04X}) within braces {place}; delete it",
                    u32::from(c)
                )
            }
            c => format!("holds the sign `{c}` within braces {place}, which means nothing there"),
        });
    }
    Ok(())
}

/// A tag that is a header that is no name, up to its first filter: `{{ E-Mail }}`, `{{ Amount (INR) | round }}`.
fn whole(source: &str, tag: &[Token<'_>], scope: &Scope) -> Result<Option<(usize, usize, usize)>, String> {
    let sign = |token: &&Token<'_>| !matches!(token.text, "-" | "+");
    if !tag.first().is_some_and(|token| token.is_output) {
        return Ok(None);
    }
    let until_filter: Vec<&Token<'_>> = tag.iter().take_while(|token| token.text != "|").collect();
    let start = until_filter.iter().position(sign);
    let end = until_filter.iter().rposition(sign);
    let Some((first, last)) = start.zip(end).map(|(a, b)| (until_filter[a], until_filter[b])) else {
        return Ok(None);
    };
    let (from, to) = (first.at(source), last.at(source) + last.text.len());
    let text = &source[from..to];
    if is_name(text) || text.contains(['\'', '"']) {
        return Ok(None);
    }
    // Brackets and signs of the language count only where the header has them, too.
    let exactly = scope.columns.iter().position(|header| header.trim().to_lowercase() == text.to_lowercase());
    let loosely =
        || column(text, scope).filter(|_| !text.contains(|c: char| "[](){},:<>=~*+%.\\".contains(c)));
    let Some(column) = exactly.or_else(loosely) else { return Ok(None) };
    let words: Vec<&str> =
        until_filter.iter().filter(|token| token.is_word()).map(|token| token.text).collect();
    let computes = text.contains(['-', '+', '*', '/', '<', '>', '=', '~', '%', '.']);
    if computes && words.len() > 1 && words.iter().all(|word| scope.knows(word)) {
        return Err(format!(
            "`{text}` is the name of a column, and could be computed, too; write `{}`, or put blanks and brackets around \
             what is computed: `({text})`",
            scope.spelling(column)
        ));
    }
    Ok(Some((from, to, column)))
}

/// Words beside each other that are a header together.
fn runs(
    source: &str,
    tag: &[Token<'_>],
    scope: &Scope,
    changes: &mut Vec<(usize, usize, usize)>,
) -> Result<(), String> {
    let mut at = 0;
    while let Some(token) = tag.get(at) {
        if !token.is_word() {
            at += 1;
            continue;
        }
        let length = tag[at..].iter().take_while(|token| token.is_word()).count();
        let run = &tag[at..at + length];
        let mut from = 0;
        while from < run.len() {
            let found = (from + 2..=run.len()).rev().find_map(|to| {
                let (first, last) = (run[from], run[to - 1]);
                let ends = [first.text, last.text].iter().any(|word| KEYWORDS.contains(word));
                let end = last.at(source) + last.text.len();
                let text = &source[first.at(source)..end];
                Some((first.at(source), end, column(text, scope).filter(|_| !ends)?, to))
            });
            match found {
                Some((start, end, column, to)) => {
                    changes.push((start, end, column));
                    from = to;
                }
                None => from += 1,
            }
        }
        let changed = |token: &Token<'_>| {
            let place = token.at(source);
            changes.iter().any(|(start, end, _)| (*start..*end).contains(&place))
        };
        let plain_word = |token: &Token<'_>| {
            !KEYWORDS.contains(&token.text) && !token.text.starts_with(|c: char| c.is_ascii_digit())
        };
        for n in 1..run.len() {
            let (first, second) = (run[n - 1], run[n]);
            let behind_is = n >= 2 && matches!(run[n - 2].text, "is" | "not");
            let begins = !first.is_output && at + n == 1;
            if plain_word(&first)
                && plain_word(&second)
                && !changed(&first)
                && !changed(&second)
                && !behind_is
                && !begins
            {
                let end = second.at(source) + second.text.len();
                return Err(scope.unknown(&source[first.at(source)..end]));
            }
        }
        at += length;
    }
    Ok(())
}

/// The column that a text names: its header as it stands, else the only one of that plain name.
pub(super) fn column(text: &str, scope: &Scope) -> Option<usize> {
    if let Some(&position) = scope.names.positions.get(text.trim()) {
        return Some(position);
    }
    let name = plain(text);
    let position = *scope.names.positions.get(&name)?;
    let shared = scope.names.collisions.iter().any(|(known, _)| *known == name);
    (!shared && !name.is_empty()).then_some(position)
}
