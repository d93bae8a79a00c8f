//! WhatsApp API: the delivery status of one message, in the shape of the sibling platforms.

use axum::Router;
use axum::response::Response;
use serde::Serialize;

use super::table::ask;
use crate::domain::time::Millis;
use crate::sandbox::accounts::App;
use crate::sandbox::answer::{self, Refusal};
use crate::sandbox::exchange::About;
use crate::sandbox::params::Params;
use crate::sandbox::state::State;

pub(super) fn routes() -> Router<App> {
    ask("/whatsapp/message/delivery-status", status, About::Delivery)
}

#[derive(Serialize)]
struct DeliveryStatus {
    message_status: &'static str,
    delivery_status_updated_at: String,
    read_time: Option<String>,
    failed_time: Option<String>,
    failed_reason: String,
}

fn status(state: &mut State, params: &Params<'_>, now: Millis) -> Result<Response, Refusal> {
    let id = params.required("messageId")?;
    let (progress, code) = if id == "MESSAGE-ID" {
        (state.documented_progress(), 0)
    } else {
        let (nth, entry) =
            state.find(id).ok_or_else(|| Refusal::plain("unknown_message", "Message not found."))?;
        (state.progress(nth, &entry, now), entry.code())
    };
    Ok(answer::success(&DeliveryStatus {
        message_status: progress.status.word(),
        delivery_status_updated_at: state.local(progress.updated),
        read_time: progress.read.map(|at| state.local(at)),
        failed_time: progress.failed.map(|at| state.local(at)),
        failed_reason: progress.failed.map(|_| answer::coded(code)).unwrap_or_default(),
    }))
}
