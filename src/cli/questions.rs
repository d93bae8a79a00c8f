//! What `run` asks before it goes on.

use crate::cli::choices;
use crate::cli::context::Context;
use crate::cli::error::CliError;
use crate::cli::planning::Findings;
use crate::cli::stored::Stored;
use crate::domain::ids::NumberId;
use crate::ui::format::{about, plural};
use crate::ui::phone_bubble;

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
    if let Some(row) = &findings.first
        && let (Some(message), Some(phone)) = (row.fate.message(), row.phone)
    {
        let columns = ctx.printer.message_columns().unwrap_or(80);
        ctx.say(&format!("The first message, to {}:", phone));
        ctx.printer.block(&phone_bubble::render(message, columns, ctx.printer.message_color()));
    }
    ctx.ask(&format!(
        "Send {} from {from} ({time}, at {rate})?",
        plural(findings.good, "message", "messages")
    ))
}
