//! Placeholders of other tools: `{name}`, `[Name]`, `*|FNAME|*`. Nobody should ever read one.

use super::names::column;
use crate::campaign::recognise::headers::plain;
use crate::campaign::template::scope::{Scope, is_name};
use crate::campaign::text::probable;

/// How other tools write a blank: what opens it, what closes it, and whether anything else is written so, too: then only
/// the very name of a column counts.
const MARKS: &[(&str, &str, bool)] = &[
    ("{ {", "} }", false),
    ("｛｛", "｝｝", false),
    ("｛", "｝", false),
    ("${", "}", false),
    ("#{", "}", false),
    ("{$", "}", false),
    ("{", "}}", false),
    ("{", "}", false),
    ("*|", "|*", false),
    ("<<", ">>", false),
    ("«", "»", false),
    ("《", "》", false),
    ("‹", "›", false),
    ("&lt;&lt;", "&gt;&gt;", false),
    ("<", ">", true),
    ("[[", "]]", false),
    ("[", "]", false),
    ("【", "】", false),
    ("((", "))", false),
    ("%%", "%%", false),
    ("%", "%", true),
    ("##", "##", false),
    ("#", "#", true),
    ("@@", "@@", false),
    ("@", "@", true),
    ("__", "__", true),
    ("$$", "$$", false),
    ("$", "$", true),
    ("||", "||", false),
    ("~~", "~~", true),
];

/// Names that blanks have in every tool, normalised.
const TYPICAL: &[&str] = &[
    "name",
    "first_name",
    "firstname",
    "fname",
    "last_name",
    "lastname",
    "lname",
    "full_name",
    "fullname",
    "surname",
    "your_name",
    "customer_name",
    "customername",
    "client_name",
    "contact_name",
    "user_name",
    "username",
    "recipient_name",
    "company_name",
    "your_company",
    "your_company_name",
    "business_name",
    "company",
    "phone",
    "phone_number",
    "mobile",
    "mobile_number",
    "email",
    "e_mail",
    "nombre",
    "apellido",
    "nome",
    "sobrenome",
    "vorname",
    "nachname",
    "prénom",
    "prenom",
    "nom",
    "имя",
    "фамилия",
    "नाम",
    "नाव",
    "নাম",
    "اسم",
    "الاسم",
    "ad",
    "isim",
    "nama",
    "tên",
    "姓名",
    "名字",
    "氏名",
    "お名前",
    "이름",
];

/// Longest name within a placeholder, in bytes.
const MAX_NAME_BYTES: usize = 80;

/// What is wrong with the first placeholder in a text.
pub(super) fn first_problem(text: &str, scope: &Scope) -> Option<String> {
    if !text.contains([
        '{', '｛', '[', '<', '*', '%', '#', '@', '_', '$', '(', '«', '《', '‹', '【', '&', '|', '~',
    ]) {
        return None;
    }
    for (at, _) in text.char_indices() {
        let rest = &text[at..];
        if let Some(found) = MARKS.iter().find_map(|mark| placeholder(&text[..at], rest, *mark, scope)) {
            return Some(found);
        }
        if let Some(found) = dollar(rest, scope) {
            return Some(found);
        }
    }
    None
}

/// `$first_name`, as it stands in PHP and in shells.
fn dollar(rest: &str, scope: &Scope) -> Option<String> {
    let word = rest.strip_prefix('$')?;
    let end = word.find(|c: char| !unicode_ident::is_xid_continue(c)).unwrap_or(word.len());
    let word = word.get(..end).filter(|word| word.starts_with(|c: char| c.is_alphabetic()))?;
    let position = column(word, scope)?;
    Some(said(&rest[..=end], &scope.spelling(position)))
}

fn said(shown: &str, spelling: &str) -> String {
    format!(
        "`{shown}` is how another tool writes a blank, and people would read it as it stands; write {{{{ {spelling} }}}}, \
         or \"literal\": true in the message where that is meant"
    )
}

/// What is said of a tag that is opened or closed by a brace too few or too many: `{{name}`, `{{{name}}}`.
pub(super) fn broken(source: &str, scope: &Scope) -> Option<String> {
    source.match_indices("{{").find_map(|(at, _)| {
        let rest = &source[at..];
        let inner = rest[2..].split_once('}').filter(|(inner, behind)| {
            !inner.contains(['\'', '"', '\n']) && (!behind.starts_with('}') || inner.starts_with('{'))
        });
        let closes = match inner? {
            (inner, _) if inner.starts_with('{') => "}}}",
            _ => "}",
        };
        let opens = if closes == "}" { "{{" } else { "{{{" };
        placeholder(&source[..at], rest, (opens, closes, false), scope)
    })
}

fn placeholder(before: &str, rest: &str, mark: (&str, &str, bool), scope: &Scope) -> Option<String> {
    let (opens, closes, common) = mark;
    let inner = rest.strip_prefix(opens)?;
    let window = &inner[..inner.floor_char_boundary(MAX_NAME_BYTES)];
    let (name, _) = window.split_once(closes)?;
    let behind = &inner[name.len() + closes.len()..];
    if name.contains(['\n', '\r']) || name.trim().is_empty() {
        return None;
    }
    // `a_b__c`, `me@x@y`, `5%x%`: a part of something longer.
    let joined = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric());
    let part = joined(before.chars().next_back()) || joined(behind.chars().next());
    if common && (part || name.starts_with(char::is_whitespace)) {
        return None;
    }
    let shown = &rest[..opens.len() + name.len() + closes.len()];
    let bare = |name: &str| {
        name.trim_matches(|c: char| c.is_whitespace() || "{}[]<>$#@%*|!=-_.\u{feff}\u{200b}".contains(c))
            .to_owned()
    };
    let mut candidates = vec![bare(name)];
    if let Some((first, _)) = name.split_once(['|', ':', ',', '=', '/', ';']) {
        candidates.push(bare(first));
    }
    if let Some((_, last)) = name.rsplit_once('.') {
        candidates.push(bare(last));
    }
    let candidates = candidates.into_iter().filter(|name| !plain(name).is_empty());
    for name in candidates {
        if let Some(spelling) = known(&name, common, scope) {
            return Some(said(shown, &spelling));
        }
        let unlikely = common && (!matches!(opens, "%" | "<") || name.contains(char::is_whitespace));
        if !unlikely && TYPICAL.contains(&plain(&name).as_str()) {
            return Some(format!(
                "`{shown}` looks like a blank of another tool, and people would read it as it stands; {}. Where it is \
                 meant, write \"literal\": true in the message",
                scope.unknown(&plain(&name))
            ));
        }
    }
    None
}

/// How the column or the variable is written that a name means.
fn known(name: &str, exactly: bool, scope: &Scope) -> Option<String> {
    if let Some(position) = column(name, scope) {
        return Some(scope.spelling(position));
    }
    let plain_name = plain(name);
    if let Some(&position) = scope.names.positions.get(&plain_name) {
        return Some(scope.spelling(position));
    }
    let variable = scope.variables.keys().find(|variable| plain(variable) == plain_name);
    if let Some(variable) = variable {
        return Some(variable.clone());
    }
    // `FirstName` for `First Name`, and a slip of the finger.
    let joined = plain_name.replace('_', "");
    let names = scope
        .columns
        .iter()
        .map(|header| plain(header))
        .chain(scope.variables.keys().map(|name| plain(name)));
    let names: Vec<String> = names.filter(|name| is_name(name)).collect();
    if let Some(same) = names.iter().find(|name| name.replace('_', "") == joined) {
        return Some(same.clone());
    }
    let near = probable(&plain_name, names.iter().map(String::as_str))
        .filter(|_| !exactly && plain_name.chars().count() >= 4)?;
    (strsim::normalized_damerau_levenshtein(&plain_name, near) >= 0.8).then(|| near.to_owned())
}
