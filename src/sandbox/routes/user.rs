//! User API: who the account is.

use axum::Router;
use axum::response::Response;
use serde_json::{Value, json};

use super::account::display_number;
use super::table::ask;
use crate::domain::time::Millis;
use crate::sandbox::accounts::App;
use crate::sandbox::answer::{self, Refusal};
use crate::sandbox::exchange::About;
use crate::sandbox::params::Params;
use crate::sandbox::state::State;

pub(super) fn routes() -> Router<App> {
    ask("/user/myInfo", my_info, About::Account)
}

fn my_info(state: &mut State, _: &Params<'_>, _: Millis) -> Result<Response, Refusal> {
    let bot = |(n, id): (usize, &str)| {
        json!({
            "display_phone_number": display_number(n),
            "phone_number_id": id,
            "whatsapp_business_account_id": "WABA_ID",
            "whatsapp_business_name": "Sendwo",
        })
    };
    let bots: Vec<Value> = state.listed_numbers().enumerate().map(bot).collect();
    Ok(answer::success(&json!({
        "user_id": 114,
        "user_type": "Member",
        "name": "Sendwo User",
        "email": "member@example.com",
        "package_name": "Premium",
        "status": "1",
        "whatsapp_bots_details": bots,
    })))
}
