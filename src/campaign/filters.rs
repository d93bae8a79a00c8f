//! The templates' filters and functions, where they aren't minijinja's own.

use minijinja::value::{Rest, Value, ValueOrKwargs};
use minijinja::{Environment, Error, ErrorKind, State, filters};

/// Replaces and removes filters and functions of an environment.
pub(super) fn install(env: &mut Environment<'static>) {
    env.add_filter("format", format);
    // These put lists into lists, without limit (`campaign/lists.rs`)…
    ["chain", "zip"].iter().for_each(|name| env.remove_filter(name));
    ["dict", "namespace"].iter().for_each(|name| env.remove_global(name));
    // …and this one writes all of the environment, with other rows' texts in it.
    env.remove_global("debug");
}

/// `{{ "%.2f" | format(price) }}`, where minijinja 3.1 panics over `%` before a letter that isn't ASCII.
fn format(state: &mut State<'_, '_>, text: &Value, values: Rest<ValueOrKwargs>) -> Result<Value, Error> {
    if text.as_str().is_some_and(breaks_off) {
        let why = "in a format, a `%` names a value, as in `%s` or `%.2f`; write `%%` for the sign itself";
        return Err(Error::new(ErrorKind::InvalidOperation, why));
    }
    filters::format(state, text, values)
}

/// Whether what a `%` begins holds a letter that isn't ASCII.
fn breaks_off(format: &str) -> bool {
    let mut rest = format;
    while let Some((_, after)) = rest.split_once('%') {
        let Some(behind) = field(after) else { return true };
        rest = behind;
    }
    false
}

/// What stands behind a field, or behind the second sign of a `%%`: all of the field is ASCII, or there is none.
fn field(after: &str) -> Option<&str> {
    let spec = match after.strip_prefix('(') {
        Some(key) => {
            let (key, spec) = key.split_once(')').unwrap_or((key, ""));
            key.is_ascii().then_some(spec)?
        }
        None => after,
    };
    let modifies = |c: char| matches!(c, '#' | '0'..='9' | '-' | ' ' | '+' | '.' | 'h' | 'l' | 'L');
    let conversion = spec.trim_start_matches(modifies);
    let mut letters = conversion.chars();
    letters.next().is_none_or(|c| c.is_ascii()).then_some(letters.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn render(source: &str) -> Result<String, String> {
        let mut env = Environment::new();
        install(&mut env);
        env.render_str(source, ()).map_err(|error| error.to_string())
    }

    #[test]
    fn formats_are_minijinjas() {
        assert_eq!(
            render("{{ '%.2f € – %d%% für %s' | format(3.14159, 20, 'Zoë') }}").unwrap(),
            "3.14 € – 20% für Zoë"
        );
        assert_eq!(render("{{ '%(a)05d' | format(a=7) }}").unwrap(), "00007");
        assert!(render("{{ '%d' | format('x') }}").is_err());
        assert!(render("{{ '%s' | format() }}").is_err());
        assert!(render("{{ 7 | format(7) }}").is_err());
    }

    #[test]
    fn a_sign_before_other_letters_is_an_error() {
        for format in ["20 % – jetzt", "%é", "%-05.3lé", "%(é)s", "%(é", "%%%%é %\u{10ffff}", "100%%, %ü"]
        {
            let error = render(&std::format!("{{{{ '{format}' | format(1) }}}}")).unwrap_err();
            assert!(error.contains("write `%%`"), "{format}: {error}");
        }
        for ends in ["%", "%%%", "%-", "%(", "%(a", "%(a)"] {
            render(&std::format!("{{{{ '{ends}' | format(1) }}}}")).unwrap_err();
        }
        assert_eq!(render("{{ '%%é %% ü' | format() }}").unwrap(), "%é % ü");
    }
}
