//! Catalog API: one sample catalog and its orders. The documentation shows no answers; names follow its style.

use axum::Router;
use axum::response::Response;
use serde_json::json;

use super::page::page;
use super::table::{ask_by_get, change};
use crate::domain::time::Millis;
use crate::sandbox::accounts::App;
use crate::sandbox::answer::{self, Refusal};
use crate::sandbox::book::Change;
use crate::sandbox::exchange::Judged;
use crate::sandbox::params::Params;
use crate::sandbox::state::State;

/// The catalog that the documentation syncs, by its placeholder.
const CATALOG: &str = "CATALOG-ID";

pub(super) fn routes() -> Router<App> {
    ask_by_get("/catalog/list", list)
        .merge(change("/catalog/sync", sync))
        .merge(ask_by_get("/catalog/order/list", orders))
}

fn list(state: &mut State, params: &Params<'_>, _: Millis) -> Result<Response, Refusal> {
    let catalog = json!({
        "id": 1,
        "catalog_id": CATALOG,
        "catalog_name": "Your Catalog",
        "total_products": 3,
        "last_synced_at": state.book.synced().map(|at| state.local(at)),
    });
    page(state.options.lists, params, std::iter::once(catalog))
}

fn sync(_: &State, params: &Params<'_>, now: Millis) -> Result<Judged, Refusal> {
    if params.required("catalogId")?.trim() != CATALOG {
        return Err(Refusal::plain("unknown_catalog", "Catalog not found."));
    }
    Ok(Judged {
        change: Change::CatalogSynced { at: now },
        answer: answer::success(&"Catalog synced successfully."),
    })
}

/// Three orders of the sample subscriber, placed in the days before the sandbox was opened.
fn orders(state: &mut State, params: &Params<'_>, _: Millis) -> Result<Response, Refusal> {
    const DAY: u64 = 24 * 60 * 60 * 1_000;
    let placed = |days: u64| state.local(Millis(state.opened().0.saturating_sub(days * DAY)));
    let order = |(id, days, status, product, quantity, price): (u32, u64, &str, &str, u32, u32)| {
        json!({
            "order_id": id,
            "catalog_id": CATALOG,
            "subscriber_id": 501,
            "phone_number": "919876543210",
            "items": [{"product_retailer_id": product, "quantity": quantity, "item_price": price, "currency": "INR"}],
            "total_amount": quantity * price,
            "currency": "INR",
            "order_status": status,
            "created_at": placed(days),
        })
    };
    let rows = [
        (9_003, 1, "pending", "SKU-003", 1, 2_499),
        (9_002, 3, "shipped", "SKU-001", 2, 799),
        (9_001, 9, "completed", "SKU-002", 1, 1_299),
    ];
    page(state.options.lists, params, rows.into_iter().map(order))
}
