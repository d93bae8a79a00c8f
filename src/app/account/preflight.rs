//! Harmless questions before the first message: whether the token works, whether the numbers that are to send are the
//! account's, and whether its package leaves room for all that is to be sent.
//!
//! The rule for limits: what certainly can't hold stops before the first message; what may not is told. Of the modules
//! that the usage log lists, the documentation shows what two count, `Message Credit` and `Subscribers`; the others are
//! passed over, as are modules that aren't listed. Whether a flow exists, no endpoint tells.

use crate::app::{App, AppError};
use crate::domain::format::{count, plural};
use crate::domain::ids::NumberId;
use crate::sendwo::{ApiError, Client, ConnectedNumber, Limit, ModuleUsage, Transport, Usage};

/// What each message uses up.
const MESSAGES: &str = "Message Credit";
/// What a person uses up who wasn't on the account's list.
const SUBSCRIBERS: &str = "Subscribers";

/// What is about to be sent.
#[derive(Clone, Copy, Debug)]
pub struct Intended<'a> {
    /// The numbers that send.
    pub senders: &'a [NumberId],
    /// How many messages.
    pub messages: u64,
    /// How many people the account's list may not hold yet.
    pub strangers: u64,
}

/// Token and numbers are in order.
#[derive(Clone, Copy, Debug)]
pub struct Passed {
    /// The package is known to leave room for all messages.
    pub has_room: bool,
}

/// Asks, both questions at once.
///
/// # Errors
/// When the account can't be asked (exit 1), a number isn't the account's, or the package doesn't leave enough (both
/// exit 2: this campaign can't run as it is).
pub async fn check<T: Transport>(
    app: &App,
    client: &Client<T>,
    intended: &Intended<'_>,
) -> Result<Passed, AppError> {
    let (whatsapp, user) = (client.whatsapp(), client.user());
    let (numbers, usage) = tokio::join!(whatsapp.connected_numbers(), user.usage());
    let numbers = numbers?;
    let known = |listed: &[ConnectedNumber]| {
        intended.senders.iter().all(|sender| listed.iter().any(|known| known.number == *sender))
    };
    if !known(&numbers) {
        // Only the first page was asked for: most accounts have one.
        let all = whatsapp.all_connected_numbers().collect().await?;
        if !known(&all) {
            return Err(foreign(intended.senders, &all));
        }
    }
    let passed = Passed { has_room: usage.is_ok() };
    for warning in limits(usage, intended)? {
        app.warn(warning);
    }
    Ok(passed)
}

/// Whether the account's list has room for so many more.
///
/// # Errors
/// When it hasn't (exit 2).
pub async fn room_on_the_list<T: Transport>(
    app: &App,
    client: &Client<T>,
    people: u64,
) -> Result<(), AppError> {
    let usage = match client.user().usage().await {
        Ok(usage) => usage,
        Err(error) => {
            app.warn(unknown_room(&error));
            return Ok(());
        }
    };
    match usage.module(SUBSCRIBERS).and_then(left) {
        Some((module, left)) if left < people => Err(AppError::usage(format!(
            "the account's list hasn't room enough: {}, and this needs {}",
            stands(module, left),
            count(people)
        ))
        .hint("take rows out of the file, or change the package in Sendwo's dashboard")),
        _ => Ok(()),
    }
}

/// Some tokens may not ask for it: whether there is room then shows on the way.
fn unknown_room(error: &ApiError) -> String {
    format!("whether the account's package leaves room isn't known: {error}")
}

/// Which of these numbers aren't the account's, and which are.
fn foreign(senders: &[NumberId], connected: &[ConnectedNumber]) -> AppError {
    let foreign = senders.iter().filter(|sender| connected.iter().all(|known| known.number != **sender));
    let named: Vec<_> = foreign.map(|id| format!("`{id}`")).collect();
    let error = match &named[..] {
        [one] => AppError::usage(format!("{one} isn't a number of this account")),
        several => AppError::usage(format!("{} aren't numbers of this account", several.join(", "))),
    };
    if connected.is_empty() {
        return error.hint("the account has no connected WhatsApp number: connect one in Sendwo's dashboard");
    }
    let known = connected
        .iter()
        .map(|known| {
            let about: Vec<_> =
                [&known.display, &known.name].into_iter().flatten().map(String::as_str).collect();
            format!("{}  {}", known.number, about.join("  ")).trim_end().to_owned()
        })
        .collect();
    error.details(known).hint("`--from ID` takes one of these; `--offline` skips the question")
}

/// Holds what is intended against the package's limits. What may not be enough comes back as warnings.
fn limits(usage: Result<Usage, ApiError>, intended: &Intended<'_>) -> Result<Vec<String>, AppError> {
    let usage = match usage {
        Ok(usage) => usage,
        Err(error) => return Ok(vec![unknown_room(&error)]),
    };
    if let Some((module, left)) = usage.module(MESSAGES).and_then(left)
        && left < intended.messages
    {
        return Err(AppError::usage(format!(
            "the account's message credit isn't enough: {}, and this needs {}",
            stands(module, left),
            count(intended.messages)
        ))
        .hint(match left {
            0 => "add credit or change the package in Sendwo's dashboard; `sendcast usage` shows what is used, and \
                  `--offline` skips the question"
                .to_owned(),
            left => format!(
                "add credit or change the package in Sendwo's dashboard, or send to a part with `run --limit {left}`; \
                 `sendcast usage` shows what is used, and `--offline` skips the question"
            ),
        }));
    }
    let mut warnings = Vec::new();
    if let Some((module, left)) = usage.module(SUBSCRIBERS).and_then(left)
        && left < intended.strangers
    {
        warnings.push(format!(
            "the account's list has little room: {}, and {} to be written to; those who aren't on the list yet may be \
             refused",
            stands(module, left),
            plural(intended.strangers, "person is", "people are")
        ));
    }
    Ok(warnings)
}

/// What a limited module has left; `None` where it is unlimited or the answer doesn't tell.
fn left(module: &ModuleUsage) -> Option<(&ModuleUsage, u64)> {
    match module.left()? {
        Limit::Unlimited => None,
        Limit::Of(left) => Some((module, left)),
    }
}

/// `1,250 of 5,000 are used, 3,750 are left`
fn stands(module: &ModuleUsage, left: u64) -> String {
    let limit = match module.limit {
        Some(Limit::Of(limit)) => format!(" of {}", count(limit)),
        _ => String::new(),
    };
    format!("{}{limit} are used, {} are left", count(module.used.unwrap_or(0)), count(left))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn usage(modules: &[(&str, Option<Limit>, Option<u64>)]) -> Result<Usage, ApiError> {
        let module = |(name, limit, used): &(&str, Option<Limit>, Option<u64>)| ModuleUsage {
            name: Some((*name).to_owned()),
            limit: *limit,
            used: *used,
            ..ModuleUsage::default()
        };
        Ok(Usage { modules: modules.iter().map(module).collect(), ..Usage::default() })
    }

    fn told(usage: Result<Usage, ApiError>, people: u64) -> String {
        let intended = Intended { senders: &[], messages: people, strangers: people };
        match limits(usage, &intended) {
            Ok(warnings) => warnings.join("\n"),
            Err(error) => format!("{:?} {} | {}", error.kind, error.message, error.hint.unwrap_or_default()),
        }
    }

    #[test]
    fn what_certainly_cant_hold_is_an_error_and_what_may_not_is_a_warning() {
        let credit = |limit, used| usage(&[("message credit", limit, used)]);
        assert_eq!(told(credit(Some(Limit::Unlimited), Some(9)), 1_000_000), "");
        assert_eq!(told(credit(Some(Limit::Of(100)), Some(40)), 60), "");
        let short = told(credit(Some(Limit::Of(1_000)), Some(940)), 61);
        assert!(short.starts_with("Usage the account's message credit isn't enough: 940 of 1,000 are used"));
        assert!(
            short.contains("60 are left, and this needs 61") && short.contains("run --limit 60"),
            "{short}"
        );
        assert!(!told(credit(Some(Limit::Of(10)), Some(12)), 1).contains("--limit"));
        // What isn't told is no reason.
        assert_eq!(told(credit(Some(Limit::Of(10)), None), 100), "");
        assert_eq!(told(credit(None, Some(10)), 100), "");
        assert_eq!(told(usage(&[("Bot Replies", Some(Limit::Of(1)), Some(1))]), 100), "");
        assert_eq!(told(usage(&[]), 100), "");
        let crowded = told(usage(&[("Subscribers", Some(Limit::Of(5_000)), Some(4_990))]), 11);
        assert!(crowded.contains("4,990 of 5,000 are used, 10 are left, and 11 people are"), "{crowded}");
    }

    #[test]
    fn numbers_that_arent_the_accounts_are_named_beside_those_that_are() {
        let number = |id: &str| ConnectedNumber {
            id: None,
            number: NumberId::new(id),
            display: Some("+91 98765 XXXXX".to_owned()),
            name: None,
            business_account: None,
        };
        let error = foreign(&[NumberId::new("A"), NumberId::new("B")], &[number("B"), number("C")]);
        assert_eq!(error.message, "`A` isn't a number of this account");
        assert_eq!(error.details, ["B  +91 98765 XXXXX", "C  +91 98765 XXXXX"]);
        assert!(foreign(&[NumberId::new("A")], &[]).hint.unwrap_or_default().contains("connect one"));
    }
}
