//! Harmless questions before the first message: whether the token works, whether the numbers that are to send are the
//! account's, and whether what the account may still use is enough.
//!
//! Which flows there are the API doesn't tell, so nothing is said of a flow.

use crate::cli::context::Context;
use crate::cli::error::CliError;
use crate::domain::ids::NumberId;
use crate::sendwo::{ApiErrorKind, Client, ConnectedNumber, Limit, ModuleUsage, Transport, Usage};
use crate::ui::format::{count, plural};

/// The modules that sending uses up, by their names in the usage log.
const CREDIT: &str = "Message Credit";
const SUBSCRIBERS: &str = "Subscribers";

/// Asks, before `needed` messages are sent from `senders`.
///
/// # Errors
/// When the account can't be asked (exit 1), a number isn't the account's, or its message credit doesn't last (exit 2:
/// this campaign can't run).
pub async fn check<T: Transport>(
    ctx: &Context,
    client: &Client<T>,
    senders: &[NumberId],
    needed: u64,
) -> Result<(), CliError> {
    let (whatsapp, user) = (client.whatsapp(), client.user());
    let (connected, usage) = tokio::join!(whatsapp.connected_numbers(), user.usage());
    numbers(&connected?, senders)?;
    match usage {
        Ok(usage) => {
            if let Some(warning) = subscribers(&usage, needed) {
                ctx.warn(&warning);
            }
            credit(&usage, needed)
        }
        Err(error) if error.kind == ApiErrorKind::Unauthorised => Err(error.into()),
        Err(error) => {
            ctx.warn(&format!("whether the message credit lasts isn't known: {error}"));
            Ok(())
        }
    }
}

fn numbers(connected: &[ConnectedNumber], senders: &[NumberId]) -> Result<(), CliError> {
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

/// `3,750 left of 5,000`, where fewer are left than are needed.
fn too_few(usage: &Usage, module: &str, needed: u64) -> Option<String> {
    let module = usage.module(module)?;
    let (Some(Limit::Of(left)), ModuleUsage { limit: Some(Limit::Of(limit)), .. }) = (module.left(), module)
    else {
        return None;
    };
    (left < needed).then(|| format!("{} left of {}", count(left), count(*limit)))
}

fn credit(usage: &Usage, needed: u64) -> Result<(), CliError> {
    let Some(left) = too_few(usage, CREDIT, needed) else { return Ok(()) };
    Err(CliError::usage(format!(
        "the account's message credit doesn't last: {left}, and {} to be sent",
        plural(needed, "message is", "messages are")
    ))
    .hint("get more in Sendwo's dashboard, send to fewer with `--limit N`, or skip the question with `--offline`"))
}

/// Writing to somebody may put them on the account's list; who is on it already can't be told from a count.
fn subscribers(usage: &Usage, needed: u64) -> Option<String> {
    let left = too_few(usage, SUBSCRIBERS, needed)?;
    Some(format!(
        "the account has room for few new subscribers ({left}): Sendwo may refuse people who aren't on its list yet"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn usage(name: &str, limit: Option<Limit>, used: Option<u64>) -> Usage {
        let module = ModuleUsage { name: Some(name.to_owned()), limit, used, ..ModuleUsage::default() };
        Usage { modules: vec![module], ..Usage::default() }
    }

    #[test]
    fn credit_is_held_against_what_is_needed() {
        let told =
            |limit, used, needed| credit(&usage(CREDIT, limit, used), needed).map_err(|error| error.message);
        assert_eq!(told(Some(Limit::Unlimited), Some(9), 1_000_000), Ok(()));
        assert_eq!(told(Some(Limit::Of(1_000)), Some(900), 100), Ok(()));
        assert_eq!(
            told(Some(Limit::Of(1_000)), Some(900), 101),
            Err("the account's message credit doesn't last: 100 left of 1,000, and 101 messages are to be sent".into())
        );
        // What isn't told keeps nobody from sending.
        assert_eq!(told(Some(Limit::Of(1_000)), None, 5_000), Ok(()));
        assert_eq!(told(None, Some(5), 5_000), Ok(()));
        assert!(credit(&usage("Live Chat", Some(Limit::Of(0)), Some(0)), 1).is_ok());
    }

    #[test]
    fn a_full_list_is_only_a_warning() {
        assert!(
            subscribers(&usage(SUBSCRIBERS, Some(Limit::Of(10)), Some(10)), 1)
                .unwrap()
                .contains("0 left of 10")
        );
        assert_eq!(subscribers(&usage(SUBSCRIBERS, Some(Limit::Of(10)), Some(9)), 1), None);
    }
}
