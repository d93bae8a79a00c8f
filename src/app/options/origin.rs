//! Says of an error where an option comes from that wasn't given this time: it stayed with the campaign.

use jiff::Timestamp;

use crate::app::options::SavedOptions;
use crate::app::options::choices;
use crate::app::{App, AppError};
use crate::domain::time::Millis;

/// Options whose values are too short to be found in an error's words.
const SHORT: [&str; 3] = ["--country", "--delimiter", "--header-row"];

/// The error, with the kept options that it is about. `now` is what was said this time.
#[must_use]
pub fn explain(app: &App, error: AppError, stored: &SavedOptions, now: &SavedOptions) -> AppError {
    let said: Vec<_> = now.options().into_iter().map(|(option, _)| option).collect();
    let kept = stored.options().into_iter().filter(|(option, _)| !said.contains(option));
    let about: Vec<_> = kept
        .filter(|(option, value)| concerns(&error, option, value))
        .map(|(option, value)| line(app, stored, option, &value))
        .collect();
    let details = error.details.iter().cloned().chain(about).collect();
    error.details(details)
}

fn concerns(error: &AppError, option: &str, value: &str) -> bool {
    match option {
        // Those shape what every row says.
        "--rate" | "--track" | "--concurrency" | "--timezone" => false,
        option if SHORT.contains(&option) => error.message.contains(&format!("`{value}`")),
        "--from" => value.split(',').any(|id| error.message.contains(&format!("`{id}`"))),
        _ => error.message.contains(value),
    }
}

/// `--from 123 was given on 2026-11-30 and is kept with the campaign; give --from again to change it`
#[must_use]
pub fn line(app: &App, stored: &SavedOptions, option: &str, value: &str) -> String {
    let on =
        stored.said.get(option).and_then(|at| day(app, stored, *at)).unwrap_or_else(|| "before".to_owned());
    format!("{option} {value} was given {on} and is kept with the campaign; give {option} to say otherwise")
}

fn day(app: &App, stored: &SavedOptions, at: Millis) -> Option<String> {
    let at = Timestamp::from_millisecond(i64::try_from(at.0).ok()?).ok()?;
    let zone = choices::timezone(&app.settings, stored);
    Some(format!("on {}", at.to_zoned(zone).date()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_about_what_it_names() {
        let about = |message: &str, option, value| concerns(&AppError::usage(message), option, value);
        assert!(about("`B` isn't a number of this account", "--from", "A,B"));
        assert!(!about("`BC` isn't a number of this account", "--from", "A,B"));
        assert!(about("can't read /a/may.csv: not found", "--audience", "/a/may.csv"));
        assert!(!about("a row of 7", "--header-row", "7"));
        assert!(!about("20/s", "--rate", "20/s"));
    }
}
