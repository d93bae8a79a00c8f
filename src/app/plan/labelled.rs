//! Who carries labels: the account's subscribers, as an audience and as people who are left out.
//!
//! Invariant: whom a campaign leaves out by a label is known before it is planned, or it isn't planned.

use std::path::Path;

use serde_json::{Map, Value};

use crate::app::account::Labels;
use crate::app::account::pages;
use crate::app::plan::listing::{List, Writing};
use crate::app::{App, AppError};
use crate::campaign::{Campaign, Exclude, Source};
use crate::domain::format::plural;
use crate::domain::phone::Phone;
use crate::sendwo::{Client, Subscriber, Transport};

/// The people of one `exclude`, as they are found.
struct Carriers<'a> {
    wanted: Vec<String>,
    found: Vec<Phone>,
    /// How many have no readable number.
    unknown: u64,
    labels: &'a [String],
}

/// Asks the account who carries the labels that the campaign names, and has the campaign know them. Those who are written to
/// are listed in `dir`, the campaign's own, for as long as what comes back is held.
///
/// # Errors
/// When a label is unknown (exit 2), the account can't be asked, or the disk says no.
pub(super) async fn ask<T: Transport>(
    app: &App,
    client: &Client<T>,
    campaign: &mut Campaign,
    dir: &Path,
) -> Result<Option<List>, AppError> {
    let known = Labels::of(app, client).await?;
    // Subscribers name their labels; a label without a name is found on nobody.
    let names = |labels: &[String]| -> Result<Vec<String>, AppError> {
        Ok(known.named(labels)?.iter().filter_map(|label| label.name.clone()).collect())
    };
    let audience = &campaign.audience;
    let mut table = match &audience.source {
        Source::Labels { labels, .. } => Some((names(labels)?, Writing::start(app, dir)?)),
        _ => None,
    };
    let mut excluded = Vec::new();
    for exclude in &audience.selection.exclude {
        if let Exclude::Labels { labels, .. } = exclude {
            excluded.push(Carriers { wanted: names(labels)?, found: Vec::new(), unknown: 0, labels });
        }
    }
    let pages = client.subscribers().all();
    let mut written = Ok(());
    pages::each(app, "subscribers", pages, |subscriber| {
        let carries = |wanted: &[String]| wanted.iter().any(|label| subscriber.carries(label));
        if let Some((wanted, table)) = &mut table
            && written.is_ok()
            && carries(wanted)
        {
            written = table.push(&row(&subscriber));
        }
        for people in excluded.iter_mut().filter(|people| carries(&people.wanted)) {
            match subscriber.phone {
                Some(phone) => people.found.push(phone),
                None => people.unknown += 1,
            }
        }
    })
    .await?;
    written?;
    let list = table.map(|(_, table)| table.finish()).transpose()?;
    let mut carriers = Vec::new();
    for Carriers { found, unknown, labels, .. } in excluded {
        if unknown > 0 {
            readable(app, &found, unknown, labels)?;
        }
        carriers.push(found);
    }
    let mut carriers = carriers.into_iter();
    for exclude in &mut campaign.audience.selection.exclude {
        if let Exclude::Labels { carriers: known, .. } = exclude {
            *known = carriers.next().map(Into::into);
        }
    }
    if let Some(list) = &list {
        campaign.audience.list_carriers(list.path.clone());
    }
    Ok(list)
}

/// Says that some who are to be left out can't be told by their number; an error where that is all of them.
fn readable(app: &App, found: &[Phone], unknown: u64, labels: &[String]) -> Result<(), AppError> {
    let (people, labels) = (plural(unknown, "subscriber", "subscribers"), labels.join(", "));
    let what = format!("`exclude`: {people} with the label {labels} without a readable number");
    if found.is_empty() {
        return Err(AppError::usage(format!("{what}: nobody could be left out"))
            .hint("leave them out by a file instead: \"exclude\": [{\"file\": …}]"));
    }
    app.warn(format!("{what}; whoever is meant isn't left out"));
    Ok(())
}

/// A subscriber as a row: the documented fields under their names, then whatever else Sendwo tells.
fn row(subscriber: &Subscriber) -> Map<String, Value> {
    let Subscriber { id, first_name, last_name, phone, labels, other } = subscriber;
    let mut row = Map::new();
    let mut put = |name: &str, value: Option<&str>| {
        row.insert(name.to_owned(), value.map_or(Value::Null, Value::from));
    };
    put("subscriber_id", id.as_ref().map(|id| id.as_str()));
    put("first_name", first_name.as_deref());
    put("last_name", last_name.as_deref());
    put("phone_number", phone.map(|phone| phone.digits()).as_deref());
    put("labels", Some(&labels.join(", ")));
    for (name, value) in other {
        // A number that is masked is shown as it came, in the row that can't be sent to.
        let known = row.get(name).is_some_and(|value| !value.is_null());
        if !known && !value.is_object() && !value.is_array() {
            row.insert(name.clone(), value.clone());
        }
    }
    row
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::domain::ids::SubscriberId;
    use crate::domain::phone::Phone;

    #[test]
    fn a_subscriber_is_a_row() {
        let subscriber = Subscriber {
            id: Some(SubscriberId::new("501")),
            first_name: Some("Amit".into()),
            phone: Phone::from_digits("919876543210"),
            labels: vec!["Lead".into(), "Ecommerce".into()],
            other: [("city".to_owned(), json!("Pune")), ("tags".to_owned(), json!([1]))]
                .into_iter()
                .collect(),
            ..Subscriber::default()
        };
        assert_eq!(
            Value::Object(row(&subscriber)),
            json!({"subscriber_id": "501", "first_name": "Amit", "last_name": null,
                "phone_number": "919876543210", "labels": "Lead, Ecommerce", "city": "Pune"})
        );
        let masked = Subscriber {
            other: [("phone_number".to_owned(), json!("+91 98765 XXXXX"))].into_iter().collect(),
            ..Subscriber::default()
        };
        assert_eq!(row(&masked)["phone_number"], "+91 98765 XXXXX");
    }
}
