//! Subscriber API: who the account knows.
//!
//! Names and shapes of rows are documented; texts, and the new id under `data`, are not, and follow what is
//! documented for sends. A number that is there already is refused, as the sibling platforms do, but for one:
//! the documentation creates the very person whom its list shows, so that the sample can be created, once.

use std::collections::BTreeSet;

use axum::Router;
use axum::response::Response;
use serde::Serialize;

use super::page::page;
use super::table::{ask_by_get, change};
use crate::domain::phone::Phone;
use crate::domain::time::Millis;
use crate::sandbox::accounts::App;
use crate::sandbox::answer::{self, Refusal};
use crate::sandbox::book::Change;
use crate::sandbox::exchange::{Judged, phone};
use crate::sandbox::params::Params;
use crate::sandbox::state::State;
use crate::sandbox::subscribers::Subscriber;

pub(super) fn routes() -> Router<App> {
    ask_by_get("/subscriber/list", list)
        .merge(change("/subscriber/create", create))
        .merge(change("/subscriber/update", update))
        .merge(change("/subscriber/assign-labels", assign_labels))
        .merge(change("/subscriber/add-note", add_note))
}

#[derive(Serialize)]
struct Row<'a> {
    subscriber_id: u64,
    first_name: &'a str,
    last_name: &'a str,
    phone_number: String,
    labels: Vec<&'a str>,
}

fn list(state: &mut State, params: &Params<'_>, _: Millis) -> Result<Response, Refusal> {
    let row = |subscriber| row(state, subscriber);
    page(state.options.lists, params, state.book.subscribers().all().iter().map(row))
}

fn row<'a>(state: &'a State, subscriber: &'a Subscriber) -> Row<'a> {
    Row {
        subscriber_id: subscriber.id,
        first_name: &subscriber.first_name,
        last_name: &subscriber.last_name,
        phone_number: subscriber.phone.digits(),
        labels: state.book.labels_of(subscriber),
    }
}

fn create(state: &State, params: &Params<'_>, _: Millis) -> Result<Judged, Refusal> {
    let phone = read_phone(params.required("phoneNumber")?)?;
    let subscribers = state.book.subscribers();
    let id = match subscribers.by_phone(phone) {
        Some(sample) if sample.is_sample => sample.id,
        Some(_) => return Err(taken()),
        None if state.subscribers_left() == 0 => return Err(Refusal::subscribers()),
        None => subscribers.next_id(),
    };
    let name = |field| params.get(field).unwrap_or_default().trim().to_owned();
    Ok(Judged {
        change: Change::SubscriberCreated {
            id,
            phone,
            first_name: name("firstName"),
            last_name: name("lastName"),
        },
        answer: answer::created("Subscriber created successfully.", "subscriber_id", id),
    })
}

fn update(state: &State, params: &Params<'_>, _: Millis) -> Result<Judged, Refusal> {
    let subscriber = named(state, params)?;
    let phone = params.get("phoneNumber").map(read_phone).transpose()?;
    let holder = phone.and_then(|phone| state.book.subscribers().by_phone(phone));
    if holder.is_some_and(|holder| holder.id != subscriber.id) {
        return Err(taken());
    }
    let name = |field| params.get(field).map(|name| name.trim().to_owned());
    let (first_name, last_name) = (name("firstName"), name("lastName"));
    if phone.is_none() && first_name.is_none() && last_name.is_none() {
        return Err(Refusal::plain("missing_field", "There is nothing to update."));
    }
    Ok(Judged {
        change: Change::SubscriberUpdated { id: subscriber.id, phone, first_name, last_name },
        answer: answer::success(&"Subscriber updated successfully."),
    })
}

fn assign_labels(state: &State, params: &Params<'_>, _: Millis) -> Result<Judged, Refusal> {
    let subscriber = named(state, params)?;
    let mut labels = BTreeSet::new();
    for text in params.required("labelIds")?.split(',').map(str::trim) {
        let id = text.parse().map_err(|_| Refusal::wrong("labelIds", "must be ids with commas between."))?;
        if !state.book.has_label(id) {
            return Err(Refusal::plain("unknown_label", &format!("Label not found: {id}.")));
        }
        labels.insert(id);
    }
    Ok(Judged {
        change: Change::LabelsAssigned { id: subscriber.id, labels },
        answer: answer::success(&"Labels assigned successfully."),
    })
}

fn add_note(state: &State, params: &Params<'_>, now: Millis) -> Result<Judged, Refusal> {
    let subscriber = named(state, params)?;
    let text = params.required("note")?.to_owned();
    Ok(Judged {
        change: Change::NoteAdded { id: subscriber.id, at: now, text },
        answer: answer::success(&"Note added successfully."),
    })
}

/// Whom `subscriberId` names. A phone number is documented for conversations alone, and nobody's id here.
fn named<'a>(state: &'a State, params: &Params<'_>) -> Result<&'a Subscriber, Refusal> {
    let text = params.required("subscriberId")?;
    state.book.subscribers().named(text).ok_or_else(Refusal::no_subscriber)
}

fn read_phone(text: &str) -> Result<Phone, Refusal> {
    let wrong = || Refusal::wrong("phoneNumber", "must be a phone number with country code.");
    phone(text).ok_or_else(wrong)
}

fn taken() -> Refusal {
    Refusal::plain("subscriber_exists", "Subscriber already exists.")
}
