//! A template's code, as words and signs.
//!
//! Templates are compiled and run by recursion: a chain of ten thousand signs, which is no message but easily put into
//! a spreadsheet's cell, would use up the stack. So the code is looked at before it is compiled.

/// A word, a text in quotation marks, or a sign within a template's tags.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Token<'s> {
    /// As it is written.
    pub text: &'s str,
    /// Which of the template's tags it stands in.
    pub tag: usize,
}

/// The code of a template: at least as many tokens as its syntax tree is deep.
pub(super) fn tokens(source: &str) -> Vec<Token<'_>> {
    let mut tokens = Vec::new();
    let mut rest = source;
    let mut number = 0;
    while let Some(at) = rest.find('{') {
        rest = match rest.as_bytes().get(at + 1) {
            Some(b'#') => rest[at..].split_once("#}").map_or("", |(_, after)| after),
            Some(b'{') => tag(&rest[at + 2..], "}}", number, &mut tokens),
            Some(b'%') => tag(&rest[at + 2..], "%}", number, &mut tokens),
            _ => &rest[at + 1..],
        };
        number += 1;
    }
    tokens
}

/// Reads up to the tag's end; what follows it is left.
fn tag<'s>(mut code: &'s str, end: &str, tag: usize, tokens: &mut Vec<Token<'s>>) -> &'s str {
    let mut braces = 0_usize;
    loop {
        code = code.trim_start();
        let Some(first) = code.chars().next() else { return "" };
        if (braces == 0 || end == "%}")
            && let Some(after) = code.strip_prefix(end)
        {
            return after;
        }
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
        let (token, behind) = code.split_at(length);
        tokens.push(Token { text: token, tag });
        code = behind;
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
    fn tokens_are_words_texts_and_signs() {
        let tokens = tokens("Hi {{ first_name|d('x }} y') }}, {%- if a[0] >= 1.5 %}");
        let texts: Vec<_> = tokens.iter().map(|token| (token.tag, token.text)).collect();
        let expected = "0 first_name|0 ||0 d|0 (|0 'x }} y'|0 )|1 -|1 if|1 a|1 [|1 0|1 ]|1 >|1 =|1 1|1 .|1 5";
        let texts: Vec<_> = texts.iter().map(|(tag, text)| format!("{tag} {text}")).collect();
        assert_eq!(texts.join("|"), expected);
    }

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
            assert_eq!(tokens(source).len(), count, "{source}");
        }
        assert!(tokens(&format!("{{{{ 1{} }}}}", "|e".repeat(5_000))).len() >= 10_000);
        assert!(tokens(&format!("{{{{ {{1: 2}} {} }}}}", "-".repeat(5_000))).len() >= 5_000);
        assert!(tokens(&format!("{{% set x = {} %}}", "-".repeat(5_000))).len() >= 5_000);
    }
}
