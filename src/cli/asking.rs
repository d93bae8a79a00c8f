//! What the commands that ask the account, or change something in it, have in common.
//!
//! Invariant: what names a person goes to stdout, as the result that was asked for; stderr tells four digits at most.

use std::time::Duration;

use serde::Serialize;

use crate::cli::context::Context;
use crate::cli::error::CliError;
use crate::sendwo::{ApiError, ApiErrorKind, Done, Listed, Pages, Transport};
use crate::ui::format::count;
use crate::ui::{Table, Waiting};

/// A page is asked for so often once more.
const TRIES: u32 = 3;

/// No server is waited for longer than this.
const PATIENCE: Duration = Duration::from_secs(60);

/// All rows of a list.
///
/// # Errors
/// As for [`each`].
pub async fn all<R: Listed>(
    ctx: &Context,
    what: &str,
    pages: Pages<'_, impl Transport, R>,
) -> Result<Vec<R>, CliError> {
    let mut rows = Vec::new();
    each(ctx, what, pages, |row| rows.push(row)).await?;
    Ok(rows)
}

/// Calls `take` for each row of a list; it shows how many there were so far once that takes a second, and a page that
/// gets lost on the way is asked for again.
///
/// # Errors
/// When a page can't be read: what was taken by then is only a part.
pub async fn each<R: Listed>(
    ctx: &Context,
    what: &str,
    mut pages: Pages<'_, impl Transport, R>,
    mut take: impl FnMut(R),
) -> Result<(), CliError> {
    let mut waiting = Waiting::start(&ctx.printer);
    let (mut taken, mut tries) = (0, 0);
    while let Some(row) = pages.next().await {
        match row {
            Ok(row) => {
                take(row);
                (taken, tries) = (taken + 1, 0);
                waiting.at(|| format!("reading {what}: {} so far", count(taken)));
            }
            Err(error) => {
                tries += 1;
                let pause = pause(&error, tries, taken > 0).ok_or(error)?;
                tokio::time::sleep(pause).await;
                pages.again();
            }
        }
    }
    Ok(())
}

/// How long to wait before a page that couldn't be read is asked for once more; `None` where it isn't. Of many pages one
/// may well be lost, and too many at once are what a long list may be refused for.
fn pause(error: &ApiError, tries: u32, begun: bool) -> Option<Duration> {
    let usual = Duration::from_millis(500) * 2_u32.saturating_pow(tries.saturating_sub(1));
    let pause = match error.kind {
        ApiErrorKind::Throttled { retry_after } => retry_after.unwrap_or(usual),
        ApiErrorKind::Faulty { retry_after } if begun => retry_after.unwrap_or(usual),
        ApiErrorKind::Unreachable if begun => usual,
        _ => return None,
    };
    (tries <= TRIES && pause <= PATIENCE).then_some(pause)
}

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
) -> Result<(), CliError> {
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
) -> Result<(), CliError> {
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
) -> Result<(), CliError> {
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
pub fn not_done(look: &str) -> impl FnOnce(ApiError) -> CliError + '_ {
    move |error| match error.in_doubt {
        true => CliError::from(error).hint(format!(
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_asked_for_again_where_that_may_help() {
        let error = |kind| ApiError::new(kind, "subscriber/list");
        let after =
            |seconds: u64| ApiErrorKind::Throttled { retry_after: Some(Duration::from_secs(seconds)) };
        let faulty = ApiErrorKind::Faulty { retry_after: None };
        let ms = |ms| Some(Duration::from_millis(ms));
        for (kind, tries, begun, expected) in [
            (ApiErrorKind::Unreachable, 1, true, ms(500)),
            (ApiErrorKind::Unreachable, 3, true, ms(2000)),
            (ApiErrorKind::Unreachable, 4, true, None),
            (ApiErrorKind::Unreachable, 1, false, None),
            (faulty, 2, true, ms(1000)),
            (faulty, 1, false, None),
            (after(7), 1, false, ms(7000)),
            (after(600), 1, true, None),
            (ApiErrorKind::Refused, 1, true, None),
            (ApiErrorKind::Unauthorised, 1, true, None),
        ] {
            assert_eq!(pause(&error(kind), tries, begun), expected, "{kind:?} {tries} {begun}");
        }
    }
}
