//! User API: what the account's package holds, and what was used of it.

use axum::Router;
use axum::response::Response;
use serde_json::{Value, json};

use super::page::page;
use super::table::{ask_by_get, ask_by_post};
use crate::domain::time::Millis;
use crate::sandbox::accounts::App;
use crate::sandbox::answer::{self, Refusal};
use crate::sandbox::params::Params;
use crate::sandbox::state::State;

/// The package's modules: as many as the documented usage log counts. The documentation names the first
/// eight in passing; the others are what the sibling platforms have.
const MODULES: [&str; 20] = [
    "Message Credit",
    "Subscribers",
    "Broadcast",
    "Live Chat",
    "AI Chatbot",
    "Flows",
    "Catalog",
    "API Developer Access",
    "WhatsApp Accounts",
    "Message Templates",
    "Webhook Workflow",
    "Sequence Messages",
    "Input Flows",
    "Custom Fields",
    "Labels",
    "Team Members",
    "Shopify Integration",
    "WooCommerce Integration",
    "Google Sheets Integration",
    "Appointment Booking",
];

pub(super) fn routes() -> Router<App> {
    ask_by_post("/user/usage/log", usage)
        .merge(ask_by_get("/user/package/list", packages))
        .merge(ask_by_post("/user/module/list", modules))
}

fn usage(state: &mut State, _: &Params<'_>, _: Millis) -> Result<Response, Refusal> {
    let [credit, subscribers, ..] = MODULES;
    let limits = state.options.limits;
    let credit_limit = limits.credit.map_or_else(|| json!("unlimited"), |credit| json!(credit));
    Ok(answer::success(&json!({
        "modules": [
            {"module_name": credit, "limit": credit_limit, "used": state.accepted()},
            {"module_name": subscribers, "limit": limits.subscribers, "used": state.subscribers_used()},
        ],
        "package_name": "Premium",
        "total_modules": MODULES.len(),
    })))
}

fn packages(state: &mut State, params: &Params<'_>, _: Millis) -> Result<Response, Refusal> {
    let package = |(id, name): (u32, &str)| json!({"id": id, "package_name": name, "package_type": "subscription", "validity": 30});
    page(state.options.lists, params, [(1, "Free"), (2, "Growth")].into_iter().map(package))
}

fn modules(state: &mut State, params: &Params<'_>, _: Millis) -> Result<Response, Refusal> {
    let module = |(id, name): (u32, &str)| -> Value { json!({"id": id, "module_name": name}) };
    page(state.options.lists, params, (1..).zip(MODULES).map(module))
}
