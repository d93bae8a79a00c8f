//! How much code a template holds.
//!
//! Templates are compiled and run by recursion: a chain of ten thousand signs, which is no message but easily put into
//! a spreadsheet's cell, would use up the stack. So the code is measured before it is compiled.

/// Words, texts and signs within a template's tags: at least as many as its syntax tree is deep.
pub(super) fn tokens(source: &str) -> usize {
    let mut count = 0;
    let mut rest = source;
    while let Some(at) = rest.find('{') {
        rest = match rest.as_bytes().get(at + 1) {
            Some(b'#') => rest[at..].split_once("#}").map_or("", |(_, after)| after),
            Some(b'{') => tag(&rest[at + 2..], "}}", &mut count),
            Some(b'%') => tag(&rest[at + 2..], "%}", &mut count),
            _ => &rest[at + 1..],
        };
    }
    count
}

/// Counts up to the tag's end; what follows it is left.
fn tag<'s>(mut code: &'s str, end: &str, count: &mut usize) -> &'s str {
    let mut braces = 0_usize;
    loop {
        code = code.trim_start();
        let Some(first) = code.chars().next() else { return "" };
        if (braces == 0 || end == "%}")
            && let Some(after) = code.strip_prefix(end)
        {
            return after;
        }
        *count += 1;
        let word = code.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(code.len());
        let length = match first {
            '\'' | '"' => text(code, first),
            _ if word > 0 => word,
            _ => first.len_utf8(),
        };
        match first {
            '{' => braces += 1,
            '}' => braces = braces.saturating_sub(1),
            _ => {}
        }
        code = &code[length..];
    }
}

/// How long a text in quotation marks is.
fn text(code: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, c) in code.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            c if c == quote => return at + c.len_utf8(),
            _ => {}
        }
    }
    code.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_code_counts() {
        for (source, count) in [
            ("Hi there, 20 % {off} till Sunday", 0),
            ("Hi {{ first_name }}!", 1),
            ("Hi {{ first_name | default('there, it\\'s }} you') }} {# a {{ comment #}", 6),
            ("{% if city in ['Pune', \"Delhi\"] %}x{% else %}y{% endif %}", 10),
            ("{{ {1: {2: 3}} }} not this", 9),
            ("{{- नाम -}}", 3),
            ("{{ a", 1),
            ("{{", 0),
            ("{{ 'a", 1),
        ] {
            assert_eq!(tokens(source), count, "{source}");
        }
        assert!(tokens(&format!("{{{{ 1{} }}}}", "|e".repeat(5_000))) >= 10_000);
        assert!(tokens(&format!("{{{{ {{1: 2}} {} }}}}", "-".repeat(5_000))) >= 5_000);
        assert!(tokens(&format!("{{% set x = {} %}}", "-".repeat(5_000))) >= 5_000);
    }
}
