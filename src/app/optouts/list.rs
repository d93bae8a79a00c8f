//! The opt-out list, as commands open it: whoever is about to write to people needs all of it.

use crate::app::feeding::unattributed;
use crate::app::{App, AppError};
use crate::domain::format::people;
use crate::engine::optout::{OptOutList, Unreadable};
use crate::sys::home::Home;

/// Lines that are named one by one.
const MAX_LINES_SHOWN: usize = 20;

/// The whole list: for whoever writes to people.
///
/// # Errors
/// When it can't be read, or a line has no valid phone number (exit 2): nothing may be sent then.
pub fn open(app: &App, home: &Home) -> Result<OptOutList, AppError> {
    let (list, damage) = open_damaged(app, home)?;
    match damage {
        None => Ok(list),
        Some(error) => Err(error),
    }
}

/// The list, and the error that sending would end with: for whoever shows and changes things.
///
/// # Errors
/// When the disk says no.
pub fn open_damaged(app: &App, home: &Home) -> Result<(OptOutList, Option<AppError>), AppError> {
    let path = home.optouts();
    let list = OptOutList::open(app.disk.clone(), &path).map_err(|error| {
        AppError::disk("read the opt-out list", &path, &error)
            .hint("nothing is sent while it can't be read; where it can't be rescued, move it away and import it again")
    })?;
    let bad = list.unreadable();
    if bad.is_empty() {
        return Ok((list, None));
    }
    let mut lines: Vec<_> =
        bad.iter().take(MAX_LINES_SHOWN).map(|bad| told(&path.display().to_string(), bad)).collect();
    if bad.len() > MAX_LINES_SHOWN {
        lines.push(format!("and {} more lines", bad.len() - MAX_LINES_SHOWN));
    }
    let error = AppError::usage("the opt-out list can't be read whole, so nothing is sent: somebody on it may be meant")
        .details(lines)
        .hint(
            "fix these lines: one number a line, with + and its country code; or `# country: IN` on a line of its own, \
             where they are national numbers; a line that begins with # is a comment",
        );
    Ok((list, Some(error)))
}

/// Tells of people who asked to be left alone and whose number isn't known.
///
/// # Errors
/// The disk's.
pub fn tell_unattributed(app: &App, home: &Home) -> Result<(), AppError> {
    let file = unattributed(&app.disk, home, &app.settings.base_url.origin());
    let waiting = file.count().map_err(|error| AppError::disk("read", file.path(), &error))?;
    if waiting > 0 {
        app.warn(format!(
            "{} asked for no more messages and can't be told apart by a number: {} says what is known; put them on the \
             list with `sendcast optout add PHONE`, then take their line out of that file",
            people(waiting),
            file.path().display()
        ));
    }
    Ok(())
}

fn told(path: &str, bad: &Unreadable) -> String {
    match bad.line {
        Some(line) => format!("{path} line {line}: {}", bad.why),
        None => format!("{path}: {}", bad.why),
    }
}
