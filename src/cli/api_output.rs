//! How the commands that ask the account, or change something in it, show what they were told.
//!
//! Invariant: what names a person goes to stdout, as the result that was asked for; stderr tells four digits at most.

use serde::Serialize;

use crate::app::AppError;
use crate::cli::context::Context;
use crate::sendwo::{ApiError, Done};
use crate::ui::Table;

/// A list as the result: a table with these headers, or JSON; a word on stderr where it is empty.
///
/// # Errors
/// When stdout can't be written.
pub fn list<'r, R: Serialize + 'r, const N: usize>(
    ctx: &Context,
    rows: &'r [R],
    nothing: &str,
    header: [&str; N],
    cells: impl Fn(&'r R) -> [String; N],
) -> Result<(), AppError> {
    if ctx.json() {
        return ctx.out_json(&rows);
    }
    if rows.is_empty() {
        ctx.say(nothing);
        return Ok(());
    }
    let mut table = Table::new(header);
    for row in rows {
        table.row(cells(row));
    }
    ctx.out_table(&table)
}

/// One record as the result: its fields by name, those that there are, or JSON.
///
/// # Errors
/// When stdout can't be written.
pub fn record(
    ctx: &Context,
    whole: &impl Serialize,
    fields: &[(&str, Option<String>)],
) -> Result<(), AppError> {
    if ctx.json() {
        return ctx.out_json(whole);
    }
    let mut table = Table::new(["", ""]);
    for (name, value) in fields {
        if let Some(value) = value {
            table.row([*name, value]);
        }
    }
    ctx.out_table(&table)
}

/// Something was done: the id of what was made to stdout, where there is one, and what was done to stderr, with
/// Sendwo's words. With `--json` all of it is one object.
///
/// # Errors
/// When stdout can't be written.
pub fn done(
    ctx: &Context,
    whole: &impl Serialize,
    id: Option<&str>,
    what: &str,
    done: &Done,
) -> Result<(), AppError> {
    if ctx.json() {
        return ctx.out_json(whole);
    }
    if let Some(id) = id {
        ctx.out(&format!("{id}\n"))?;
    }
    match &done.text {
        Some(text) => ctx.say(&format!("{what} ({text})")),
        None => ctx.say(what),
    }
    Ok(())
}

/// The error of something that was to be done. Where nobody said that it wasn't, it says so; `look` shows whether it was.
pub fn not_done(look: &str) -> impl FnOnce(ApiError) -> AppError + '_ {
    move |error| match error.in_doubt {
        true => AppError::from(error).hint(format!(
            "it may have been done all the same: `{look}` shows it; look before you do it again"
        )),
        false => error.into(),
    }
}

/// A field's text, or nothing.
#[must_use]
pub fn or_empty(text: Option<&str>) -> String {
    text.unwrap_or_default().to_owned()
}
