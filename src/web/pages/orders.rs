//! Who ordered what from a page, for those who share the dashboard.

use maud::{Markup, html};

use crate::app::order_log;
use crate::domain::format::local;
use crate::domain::phone::Phone;
use crate::domain::time::Millis;
use crate::engine::orders::{OrderKind, Word};
use crate::web::asked::Asked;
use crate::web::dashboard::Dashboard;
use crate::web::layout;

/// So many are shown.
const SHOWN: usize = 50;
/// So many people are named by their last digits.
const NAMED: usize = 10;

/// The last orders, where any was given.
pub(super) fn last(dashboard: &Dashboard, asked: &Asked) -> Markup {
    let orders = order_log::last(&asked.app, SHOWN);
    html! {
        @match orders {
            Err(error) => (layout::error(&error)),
            Ok(orders) if orders.is_empty() => {},
            Ok(orders) => section.card #orders aria-labelledby="orders-title" {
                h2 #orders-title { "What was ordered here" }
                table.stack {
                    thead { tr { th { "When" } th { "Who" } th { "What" } th { "Campaign" } } }
                    tbody {
                        @for order in &orders {
                            tr {
                                td { (when(dashboard, &order.at)) }
                                td { (layout::text(&order.who)) }
                                td {
                                    (layout::text(&order.what))
                                    @if let Some(about) = &order.about { ": " (layout::text(about)) }
                                }
                                td {
                                    @if let Some(campaign) = &order.campaign {
                                        @if order.trial { "trial of " }
                                        (layout::text(campaign))
                                    }
                                }
                            }
                        }
                    }
                }
            },
        }
    }
}

fn when(dashboard: &Dashboard, at: &str) -> String {
    let millis = at.parse::<jiff::Timestamp>().ok().and_then(|at| u64::try_from(at.as_millisecond()).ok());
    millis.map_or_else(|| at.to_owned(), |at| local(Millis(at), &dashboard.settings.timezone))
}

/// What an order is called, and what more there is to it.
pub(super) fn words(kind: &OrderKind) -> (&'static str, Option<String>) {
    match kind {
        OrderKind::Pause => ("pause", None),
        OrderKind::Resume => ("resume", None),
        OrderKind::Cancel => ("cancel", None),
        OrderKind::Reassign { to, .. } => ("reassign", Some(format!("to {to}"))),
        OrderKind::Retry { codes } if codes.is_empty() => ("retry", None),
        OrderKind::Retry { codes } => {
            let codes: Vec<_> = codes.iter().map(u32::to_string).collect();
            ("retry", Some(format!("code {}", codes.join(", "))))
        }
        OrderKind::Resolve { word, to } => {
            let word = match word {
                Word::Sent => "count as sent",
                Word::Resend => "send again",
            };
            let whom = if to.is_empty() { "all in doubt".to_owned() } else { people(to) };
            ("resolve", Some(format!("{word}: {whom}")))
        }
    }
}

/// People by their last four digits, all that stands of them in the log.
fn people(people: &[Phone]) -> String {
    let mut named: Vec<_> = people.iter().take(NAMED).map(Phone::to_string).collect();
    if people.len() > NAMED {
        named.push(format!("and {} more", people.len() - NAMED));
    }
    named.join(", ")
}
