//! What `run` asks before it goes on.

use crate::cli::choices;
use crate::cli::context::Context;
use crate::cli::error::CliError;
use crate::cli::planning::Findings;
use crate::cli::stored::Stored;
use crate::domain::ids::NumberId;
use crate::domain::plan::PlanDiff;
use crate::ui::format::{about, count, people, plural};
use crate::ui::phone_bubble;

/// The guard against accidents: an empty file, or one that lacks more than half of those not yet sent.
///
/// # Errors
/// When nobody can be asked, or there is nobody to write to.
pub fn accept(ctx: &Context, diff: &PlanDiff, first: bool, accepted: bool) -> Result<bool, CliError> {
    let good = diff.new + diff.changed;
    if first {
        if good == 0 {
            let what = if diff.rows == 0 { "the audience is empty" } else { "no row can be sent to" };
            return Err(CliError::usage(format!("{what}: there is nobody to write to")));
        }
        return Ok(true);
    }
    if !diff.looks_like_an_accident() || accepted {
        return Ok(true);
    }
    let question = format!(
        "This looks like an accident: the file has {} now, and {} of the {} not yet sent are gone from it. Cancel those?",
        plural(diff.rows, "row", "rows"),
        count(diff.removed),
        people(diff.unsent_before)
    );
    ctx.ask(&question).map_err(|_| {
        CliError::usage(format!(
            "this looks like an accident: the file has {} now, and {} of the {} not yet sent are gone from it; \
             nothing was changed",
            plural(diff.rows, "row", "rows"),
            count(diff.removed),
            people(diff.unsent_before)
        ))
        .hint("`--accept-removals` cancels those who are gone from it")
    })
}

/// The first real run on a terminal shows what is about to happen, and asks; without a terminal it goes.
///
/// # Errors
/// When the terminal can't be read.
pub fn confirmed(
    ctx: &Context,
    stored: &Stored,
    findings: &Findings,
    senders: &[NumberId],
) -> Result<bool, CliError> {
    if !ctx.attended() {
        return Ok(true);
    }
    let rate = choices::rate(stored);
    let from = senders.iter().map(|id| id.as_str()).collect::<Vec<_>>().join(", ");
    let time = findings.duration(rate).map_or_else(|| "as fast as it goes".to_owned(), about);
    let mut shown = String::new();
    if let Some(row) = &findings.first
        && let (Some(message), Some(phone)) = (row.fate.message(), row.phone)
    {
        let columns = ctx.printer.message_columns().unwrap_or(80);
        let bubble = phone_bubble::render(message, columns, ctx.printer.message_color());
        shown = format!("The first message, to {phone}:\n{bubble}");
    }
    let question =
        format!("Send {} from {from} ({time}, at {rate})?", plural(findings.good, "message", "messages"));
    ctx.ask_about(&shown, &question)
}
