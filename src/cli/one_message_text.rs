//! What became of one message, in words.

use serde_json::json;

use crate::app::AppError;
use crate::app::one_message::OneSent;
use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::domain::phone::Phone;
use crate::domain::status::Status;

/// Tells its id on stdout, or why it wasn't sent; `look` shows whether it arrived, where nobody knows.
///
/// # Errors
/// When stdout can't be written.
pub fn tell(ctx: &Context, to: Phone, sent: &OneSent, look: &str) -> Result<Exit, AppError> {
    let OneSent { ending, status, counts, id, reason } = sent;
    let exit = Exit::of(ending, counts);
    let exit = if *status == Status::Skipped { Exit::SomeFailed } else { exit };
    if ctx.json() {
        ctx.out_json(&json!({
            "to": to.digits(), "status": status, "message_id": id.as_ref().map(|id| id.as_str()),
            "reason": reason, "exit_code": exit.code(),
        }))?;
        return Ok(exit);
    }
    match (status, id, reason) {
        (_, Some(id), _) => ctx.out(&format!("{id}\n"))?,
        (Status::Accepted, None, _) => ctx.say(&format!("accepted for {to}; a flow has no message id")),
        (Status::InDoubt, _, _) => {
            ctx.warn(&format!("outcome unknown for the message to {to}: {look}"));
        }
        (_, _, Some(reason)) => ctx.printer.error(format!("not sent to {to}: {reason}"), None),
        (_, _, None) => ctx.printer.error(format!("not sent to {to}: it is {status}"), None),
    }
    Ok(exit)
}
