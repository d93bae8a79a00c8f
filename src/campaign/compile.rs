//! From a text to a compiled template, and what is refused on the way.

use minijinja::Environment;

use crate::campaign::code::tokens;
use crate::campaign::lists;
use crate::campaign::scope::Scope;

/// Longest template, in bytes: a message has at most 4,096 characters.
const SOURCE_LIMIT: usize = 65_536;

/// Most words, texts and signs within a template's tags. A message full of variables has some hundred.
const CODE_LIMIT: usize = 1_000;

/// How many templates out of cells are kept compiled (a spreadsheet may bring one for each row).
pub(super) const KEPT: usize = 256;

/// Why a text can't be rendered.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what}")]
pub struct TemplateError {
    /// What is wrong, in words a marketer can act on.
    pub what: String,
    /// It is so for every row: the template itself is wrong.
    pub everywhere: bool,
}

/// Whether a text holds nothing to fill in.
pub(super) fn is_plain(source: &str) -> bool {
    !(source.contains("{{") || source.contains("{%") || source.contains("{#"))
}

/// Compiles a template under its own text as name, unless it is there.
pub(super) fn compile(
    env: &mut Environment<'static>,
    scope: &Scope,
    compiled: &mut usize,
    source: &str,
) -> Result<(), TemplateError> {
    let error = |what: String| TemplateError { what, everywhere: true };
    if env.get_template(source).is_ok() {
        return Ok(());
    }
    if source.len() > SOURCE_LIMIT {
        return Err(error(format!(
            "is {} bytes long; a template takes at most {SOURCE_LIMIT}",
            source.len()
        )));
    }
    let tokens = tokens(source);
    if tokens.len() > CODE_LIMIT {
        return Err(error(format!(
            "holds too much code: at most {CODE_LIMIT} words and signs may stand within {{{{ }}}} and {{% %}}"
        )));
    }
    if let Some(complaint) = lists::complaint(&tokens, &|name| scope.is_list(name)) {
        return Err(error(complaint));
    }
    if let Some(number) = numbered_placeholder(source) {
        return Err(error(format!(
            "`{{{{{number}}}}}` is how WhatsApp's own templates number their blanks; name a column instead, \
             such as {{{{ first_name }}}}"
        )));
    }
    if *compiled >= KEPT {
        env.clear_templates();
        *compiled = 0;
    }
    env.add_template_owned(source.to_owned(), source.to_owned()).map_err(|cause| {
        let line = cause.line().filter(|&line| line > 1).map(|line| format!(" in line {line}"));
        let detail = cause.detail().unwrap_or("it can't be read");
        error(format!("the template has a mistake{}: {detail}", line.unwrap_or_default()))
    })?;
    *compiled += 1;
    Ok(())
}

/// `{{1}}`, which would print 1 to everybody.
fn numbered_placeholder(source: &str) -> Option<&str> {
    source.split("{{").skip(1).find_map(|rest| {
        let inner = rest.split_once("}}")?.0.trim();
        (!inner.is_empty() && inner.bytes().all(|b| b.is_ascii_digit())).then_some(inner)
    })
}
