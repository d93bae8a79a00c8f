//! `/numbers`: what the account can send from.

use maud::html;

use crate::app::AppError;
use crate::app::account::{self, pages};
use crate::web::answer::Answer;
use crate::web::asked::Asked;
use crate::web::dashboard::Dashboard;
use crate::web::layout::{self, Page, Place};

/// `GET /numbers`
pub fn page(dashboard: &Dashboard, asked: &Asked) -> Result<Answer, AppError> {
    let numbers = dashboard.carry_out(async |app| {
        let client = account::client(app)?;
        pages::all(app, "numbers", client.whatsapp().all_connected_numbers()).await
    });
    let main = html! {
        div.head { h1 { "Numbers" } }
        @match &numbers {
            Err(_) if !dashboard.settings.credentials.is_given() => {
                div.card {
                    p { strong { "There is no API token yet." } " A trial in the sandbox needs none." }
                    div.actions { a.button.main href="/account" { "Put in the token" } }
                }
            }
            Err(error) => (layout::error(error)),
            Ok((numbers, _)) if numbers.is_empty() => {
                div.card { p { "No WhatsApp number is connected: connect one in Sendwo’s dashboard." } }
            }
            Ok((numbers, _)) => {
                section.card aria-label="Connected numbers" {
                    table.list {
                        thead { tr {
                            th scope="col" { "Number" } th scope="col" { "Name" } th scope="col" { "Phone number id" }
                        } }
                        tbody {
                            @for known in numbers {
                                tr {
                                    th scope="row" { (layout::text(known.display.as_deref().unwrap_or_default())) }
                                    td { (layout::text(known.name.as_deref().unwrap_or_default())) }
                                    td { (layout::text(known.number.as_str())) }
                                }
                            }
                        }
                    }
                }
            }
        }
    };
    let page = Page { title: "Numbers", place: Place::Numbers, live: false };
    Ok(Answer::page(page.render(dashboard, asked, &main)))
}
