//! WhatsApp API: the connected numbers.

use axum::Router;
use axum::response::Response;
use serde_json::json;

use super::page::page;
use super::table::ask;
use crate::domain::time::Millis;
use crate::sandbox::accounts::App;
use crate::sandbox::answer::Refusal;
use crate::sandbox::exchange::About;
use crate::sandbox::params::Params;
use crate::sandbox::state::State;

/// The documented account's own id; further numbers count on from it.
const FIRST_ID: usize = 10;

pub(super) fn routes() -> Router<App> {
    ask("/whatsapp/connect/account/list", list, About::Account)
}

fn list(state: &mut State, params: &Params<'_>, _: Millis) -> Result<Response, Refusal> {
    let account = |(n, number): (usize, &str)| {
        json!({
            "id": FIRST_ID + n,
            "display_phone_number": display_number(n),
            "phone_number_id": number,
            "whatsapp_business_account_id": "WABA_ID",
            "verified_name": "Your Brand",
        })
    };
    page(state.options.lists, params, state.listed_numbers().enumerate().map(account))
}

/// How the n-th number is shown; the first as in the documentation.
pub(super) fn display_number(n: usize) -> String {
    format!("+91 9{:04} XXXXX", (8_765 + n) % 10_000)
}
