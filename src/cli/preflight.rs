//! Harmless questions before the first message: whether the token works, and whether the numbers that are to
//! send are the account's.

use crate::cli::error::CliError;
use crate::domain::ids::NumberId;
use crate::sendwo::{Client, Transport};

/// Asks.
///
/// # Errors
/// When the account can't be asked (exit 1), or a number isn't the account's (exit 2: this campaign can't run).
pub async fn check<T: Transport>(client: &Client<T>, senders: &[NumberId]) -> Result<(), CliError> {
    let connected = client.whatsapp().connected_numbers().await?;
    let foreign: Vec<_> =
        senders.iter().filter(|sender| connected.iter().all(|known| known.number != **sender)).collect();
    if foreign.is_empty() {
        return Ok(());
    }
    let named: Vec<_> = foreign.iter().map(|id| format!("`{id}`")).collect();
    let error = CliError::usage(format!("{} isn't a number of this account", named.join(", ")));
    if connected.is_empty() {
        return Err(
            error.hint("the account has no connected WhatsApp number: connect one in Sendwo's dashboard")
        );
    }
    let known = connected
        .iter()
        .map(|known| {
            let about: Vec<_> =
                [&known.display, &known.name].into_iter().flatten().map(String::as_str).collect();
            format!("{}  {}", known.number, about.join("  ")).trim_end().to_owned()
        })
        .collect();
    Err(error.details(known).hint("`--from ID` takes one of these; `--offline` skips the question"))
}
