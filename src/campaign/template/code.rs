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
    /// That is `{{ … }}`.
    pub is_output: bool,
}

impl Token<'_> {
    /// Where it stands in its template, in bytes.
    pub fn at(&self, source: &str) -> usize {
        self.text.as_ptr() as usize - source.as_ptr() as usize
    }

    /// Whether it is a word, and no text in quotation marks, number or sign.
    pub fn is_word(&self) -> bool {
        self.text.chars().next().is_some_and(|c| c == '_' || unicode_ident::is_xid_continue(c))
    }
}

/// A template, taken apart.
#[derive(Debug, Default)]
pub(super) struct Parts<'s> {
    /// The code: at least as many tokens as its syntax tree is deep.
    pub tokens: Vec<Token<'s>>,
    /// The text around the tags, but for what `{% raw %}` means literally.
    pub texts: Vec<&'s str>,
    /// Whether something is to be filled in.
    pub has_tags: bool,
}

/// Takes a template apart.
pub(super) fn parts(source: &str) -> Parts<'_> {
    let mut parts = Parts::default();
    let mut rest = source;
    let mut text = 0;
    let at = |rest: &str| source.len() - rest.len();
    let mut number = 0;
    while let Some(found) = rest.find('{') {
        let opening = &rest[found..];
        let kind = opening.as_bytes().get(1).copied();
        if !matches!(kind, Some(b'#' | b'{' | b'%')) {
            rest = &opening[1..];
            continue;
        }
        parts.texts.push(&source[text..at(opening)]);
        parts.has_tags = true;
        let first = parts.tokens.len();
        rest = match kind {
            Some(b'#') => opening.split_once("#}").map_or("", |(_, after)| after),
            Some(b'{') => tag(&opening[2..], "}}", number, &mut parts.tokens),
            _ => tag(&opening[2..], "%}", number, &mut parts.tokens),
        };
        number += 1;
        text = at(rest);
        let is_raw = kind == Some(b'%')
            && parts.tokens[first..].iter().map(|token| token.text).filter(|word| *word != "-").eq(["raw"]);
        if is_raw {
            rest = &rest[end_of_raw(rest)..];
            text = at(rest);
        }
    }
    parts.texts.push(&source[text..]);
    parts
}

/// Where `{% endraw %}` begins.
fn end_of_raw(text: &str) -> usize {
    let ends = |(at, _): &(usize, &str)| {
        let code = text[at + 2..].trim_start_matches(['-', '+']).trim_start();
        code.starts_with("endraw")
    };
    text.match_indices("{%").find(ends).map_or(text.len(), |(at, _)| at)
}

/// Reads the code of a tag; gives what follows it.
fn tag<'s>(mut code: &'s str, end: &str, tag: usize, tokens: &mut Vec<Token<'s>>) -> &'s str {
    let mut braces = 0_usize;
    loop {
        code = code.trim_ascii_start();
        let Some(first) = code.chars().next() else { return "" };
        if (braces == 0 || end == "%}")
            && let Some(after) = code.strip_prefix(end)
        {
            return after;
        }
        let word =
            code.find(|c: char| !(unicode_ident::is_xid_continue(c) || c == '_')).unwrap_or(code.len());
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
        tokens.push(Token { text: token, tag, is_output: end == "}}" });
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
        let Parts { tokens, .. } = parts("Hi {{ first_name|d('x }} y') }}, {%- if a[0] >= 1.5 %}");
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
            assert_eq!(parts(source).tokens.len(), count, "{source}");
        }
        assert!(parts(&format!("{{{{ 1{} }}}}", "|e".repeat(5_000))).tokens.len() >= 10_000);
        assert!(parts(&format!("{{{{ {{1: 2}} {} }}}}", "-".repeat(5_000))).tokens.len() >= 5_000);
        assert!(parts(&format!("{{% set x = {} %}}", "-".repeat(5_000))).tokens.len() >= 5_000);
    }
}
