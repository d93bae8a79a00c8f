//! Putting a fallback into a message, where a column is empty in some rows.

use crate::campaign::headers;

/// A text with a fallback behind each `{{ name }}` that means this column and has none: `{{ first_name | default('there') }}`.
/// Statements and computations stay as they are.
#[must_use]
pub fn with_fallback(text: &str, column: &str, fallback: &str) -> String {
    let mut out = String::with_capacity(text.len() + 32);
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once("{{") {
        let Some((tag, after)) = behind.split_once("}}") else { break };
        out.push_str(before);
        out.push_str("{{");
        let (name, filters) = tag.split_once('|').map_or((tag, ""), |(name, filters)| (name, filters));
        let bare = name.trim_matches(['-', '+', ' ', '\t', '\n', '\r']);
        let means =
            bare == column.trim() || (!bare.is_empty() && headers::plain(bare) == headers::plain(column));
        if means && !filters.contains("default") {
            let end = name.find(bare).map_or(name.len(), |at| at + bare.len());
            out.push_str(&name[..end]);
            out.push_str(&format!(" | default({})", quoted(fallback)));
            out.push_str(&name[end..]);
            if !filters.is_empty() {
                if !out.ends_with(' ') {
                    out.push(' ');
                }
                out.push('|');
                out.push_str(filters);
            }
        } else {
            out.push_str(tag);
        }
        out.push_str("}}");
        rest = after;
    }
    out.push_str(rest);
    out
}

/// A text as a template writes it. One that holds both marks has neither at its ends: the straight one becomes an apostrophe.
pub(super) fn quoted(text: &str) -> String {
    let text = text.replace(['\n', '\r', '\\'], " ");
    match (text.contains('\''), text.contains('"')) {
        (false, _) => format!("'{text}'"),
        (true, false) => format!("\"{text}\""),
        (true, true) => format!("\"{}\"", text.replace('"', "”")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fallback_stands_behind_the_name() {
        for (text, expected) in [
            ("Hi {{ first_name }}!", "Hi {{ first_name | default('there') }}!"),
            ("{{First Name}}", "{{First Name | default('there')}}"),
            ("{{ first_name | title }}", "{{ first_name | default('there') | title }}"),
            ("{{- first_name -}}", "{{- first_name | default('there') -}}"),
            ("{{ first_name | default('you') }}", "{{ first_name | default('you') }}"),
            ("{{ last_name }} {{ first_name + 1 }}", "{{ last_name }} {{ first_name + 1 }}"),
            ("{{ first_name }} {{ first_name", "{{ first_name | default('there') }} {{ first_name"),
            ("no name", "no name"),
        ] {
            assert_eq!(with_fallback(text, "First Name", "there"), expected);
        }
        assert_eq!(with_fallback("{{ a }}", "a", "it's"), "{{ a | default(\"it's\") }}");
        assert_eq!(quoted("'\"\\"), "\"'” \"");
    }
}
