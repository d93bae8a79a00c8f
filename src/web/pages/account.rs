//! `/account`: the token, and what Sendwo says of the account that it opens.

use maud::{Markup, html};

use crate::app::account::{self, LoggedIn, credentials};
use crate::app::{AppError, Level, Notice};
use crate::sendwo::Token;
use crate::web::answer::Answer;
use crate::web::asked::Asked;
use crate::web::dashboard::Dashboard;
use crate::web::layout::{self, Page, Place, button};
use crate::web::pages::orders;

/// `GET /account`
pub fn page(dashboard: &Dashboard, asked: &Asked) -> Result<Answer, AppError> {
    let settings = &dashboard.settings;
    let given = settings.credentials.is_given();
    let info = given.then(|| {
        dashboard.carry_out(async |app| Ok(account::client(app)?.user().info().await?)).map(|(info, _)| info)
    });
    let main = html! {
        div.head { h1 { "Account" } }
        @match &info {
            None => div.card { p { strong { "There is no API token yet." } " A trial in the sandbox needs none." } },
            Some(Err(error)) => (layout::error(error)),
            Some(Ok(info)) => {
                section.card aria-label="The account" {
                    dl.words {
                        (line("Name", info.name.as_deref()))
                        (line("E-mail", info.email.as_deref()))
                        (line("Package", info.package_name.as_deref()))
                        (line("Status", info.status.as_deref().map(|status| if status == "1" { "active" } else { status })))
                    }
                }
            }
        }
        section.card aria-labelledby="token-title" {
            h2 #token-title { "API token" }
            @if let Ok(token) = settings.credentials.token() { p { "The one in use ends in " code { (last_4(&token)) } "." } }
            form method="post" action="/account/token" autocomplete="off" {
                (layout::of_session(asked))
                label {
                    "A new token, from your Sendwo dashboard"
                    input type="password" name="api_token" autocomplete="off" required;
                }
                button type="submit" { "Keep it" }
            }
            p.note { "It is kept in a file that only you can read, once Sendwo has taken it." }
            @if settings.credentials.kept.exists() {
                (button(asked, "/account/forget-token", &[], "bad", "Forget the token"))
            }
        }
        (orders::last(dashboard, asked))
        p.note { "Everything is kept in " code { (settings.data_dir.display()) } " on this computer." }
    };
    let page = Page { title: "Account", place: Place::Account, live: false };
    Ok(page.answer(dashboard, asked, main))
}

fn line(name: &str, value: Option<&str>) -> Markup {
    html! { @if let Some(value) = value { dt { (name) } dd { (layout::text(value)) } } }
}

/// The end of a token, by which its owner knows which one it is.
fn last_4(token: &Token) -> String {
    let text = token.expose();
    let from = text.char_indices().rev().nth(3).map_or(0, |(at, _)| at);
    // A short one would be shown whole.
    if text.len() < 16 { "…".to_owned() } else { format!("…{}", &text[from..]) }
}

/// `POST /account/token`
pub fn keep_token(dashboard: &Dashboard, asked: &Asked) -> Result<Answer, AppError> {
    let refused = |error: crate::sendwo::TokenError| AppError::usage(error.to_string()).hint(error.hint());
    let token = Token::new(asked.required("api_token", "the token")?).map_err(refused)?;
    dashboard.note(asked, "token changed", None, None);
    let (LoggedIn { info, .. }, mut notices) =
        dashboard.carry_out(async |app| account::log_in(app, &token, false).await)?;
    let who = info.and_then(|info| info.name).map(|name| format!(" as {name}")).unwrap_or_default();
    notices.push(Notice::new(Level::Info, format!("the token works{who}, and is kept")));
    if dashboard.settings.credentials.handed_over.is_some() {
        notices.push(Notice::warning("SENDWO_API_TOKEN is set, and goes before the token that is kept"));
    }
    dashboard.tell(asked, notices);
    Ok(Answer::see("/account"))
}

/// `POST /account/forget-token`
pub fn forget_token(dashboard: &Dashboard, asked: &Asked) -> Result<Answer, AppError> {
    dashboard.note(asked, "token forgotten", None, None);
    let gone = credentials::forget(&*asked.app.disk, &dashboard.settings.credentials.kept)?;
    let text = if gone { "the token is forgotten" } else { "no token was kept" };
    dashboard.tell(asked, [Notice::new(Level::Info, text)]);
    Ok(Answer::see("/account"))
}
