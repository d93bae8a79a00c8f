//! How a run ended, in words, where it didn't end by itself.

use serde_json::json;

use crate::app::AppError;
use crate::app::open::Held;
use crate::app::run::Missed;
use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::domain::schedule::missed_start;
use crate::engine::Ending;

/// Says that the operator holds it, and that `nothing` was done.
///
/// # Errors
/// When stdout can't be written.
pub fn held(ctx: &Context, held: &Held, nothing: &str) -> Result<Exit, AppError> {
    let reason = held.reason();
    ctx.printer.warning(format!("{}: {reason}; {nothing}", held.campaign), Some(&held.hint));
    if ctx.json() {
        ctx.out_json(&json!({
            "campaign": held.campaign, "state": held.state, "counts": held.counts, "report": null,
            "reason": reason, "exit_code": Exit::Incomplete.code(),
        }))?;
    }
    Ok(Exit::Incomplete)
}

/// Says that its start was missed, and that nothing was sent.
///
/// # Errors
/// When stdout can't be written.
pub fn missed(ctx: &Context, missed: &Missed) -> Result<Exit, AppError> {
    let reason = missed_start(&missed.shown);
    let hint = "`--late send` sends it now; or give its schedule another `start`";
    ctx.printer.warning(format!("{}: {reason}; nothing was sent", missed.campaign), Some(hint));
    if ctx.json() {
        ctx.out_json(&json!({
            "campaign": missed.campaign, "missed_at": missed.at.rfc3339(), "report": null, "reason": reason,
            "exit_code": Exit::Incomplete.code(),
        }))?;
    }
    Ok(Exit::Incomplete)
}

/// Tells why it was stopped, where it was, and what goes on once that is fixed; `or`: what else can be done. The reason comes
/// back.
pub fn stopped(ctx: &Context, ending: &Ending, goes_on: &str, or: Option<&str>) -> Option<String> {
    let Ending::Stopped(problem) = ending else { return None };
    let reason = problem.to_string();
    let or = or.map(|or| format!("; {or}")).unwrap_or_default();
    let hint = format!("once that is fixed, {goes_on} goes on where it stopped{or}");
    ctx.printer.error(format!("stopped: {reason}"), Some(&hint));
    Some(reason)
}
