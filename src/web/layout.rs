//! What all pages have in common: head, navigation, notices, errors, forms.

use maud::{DOCTYPE, Markup, html};

use crate::app::{AppError, Level, Notice};
use crate::domain::phone::Phone;
use crate::ui::sanitize;
use crate::web::answer::Answer;
use crate::web::asked::Asked;
use crate::web::assets;
use crate::web::dashboard::Dashboard;
use crate::web::session::{Entered, Who};

/// A part of the navigation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Campaigns,
    OptOuts,
    Numbers,
    Account,
    Help,
    Nowhere,
}

const PLACES: [(Place, &str, &str); 5] = [
    (Place::Campaigns, "/", "Campaigns"),
    (Place::OptOuts, "/optouts", "Opt-outs"),
    (Place::Numbers, "/numbers", "Numbers"),
    (Place::Account, "/account", "Account"),
    (Place::Help, "/help", "Help"),
];

/// A page of somebody who was let in.
pub(super) struct Page<'p> {
    /// What it is called, in the window's title as well.
    pub title: &'p str,
    /// Where it stands in the navigation.
    pub place: Place,
    /// Where the script asks whether something has changed, where the page is alive.
    pub live: bool,
}

impl Page<'_> {
    /// The whole of it, in which what was to be said stands first; of a live page only `main` to the script that asks.
    pub fn answer(&self, dashboard: &Dashboard, asked: &Asked, main: Markup) -> Answer {
        if self.live && asked.live {
            return Answer::live(main);
        }
        let notices = match &asked.session {
            Some(session) if !asked.live => dashboard.sessions().take_notices(session.key),
            _ => Vec::new(),
        };
        Answer::page(frame(self, asked.session.as_ref(), asked.trial, &html! { (told(&notices)) (main) }))
    }
}

fn frame(page: &Page<'_>, session: Option<&Entered>, trial: bool, main: &Markup) -> Markup {
    let title = if trial {
        format!("Trial: {} · sendcast", page.title)
    } else {
        format!("{} · sendcast", page.title)
    };
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                @if let Some(session) = session { meta name="form-token" content=(session.form_token); }
                title { (title) }
                link rel="stylesheet" href=(assets::address("app.css"));
                script src=(assets::address("app.js")) defer {}
            }
            body class=[trial.then_some("trial")] data-live[page.live] {
                a.skip href="#main" { "Skip to the page" }
                @if let Some(session) = session {
                    header.top {
                        a.brand href="/" { "sendcast" }
                        nav aria-label="Pages" {
                            @for (place, href, name) in PLACES {
                                a href=(href) aria-current=[(place == page.place).then_some("page")] { (name) }
                            }
                        }
                        form.leave method="post" action="/leave" {
                            (token(session))
                            @if let Who::Somebody(Some(name)) = &session.who { span.who { (text(name)) } }
                            button.plain type="submit" { "Log out" }
                        }
                    }
                }
                @if trial { aside.stripe aria-label="Trial" { strong { "TRIAL" } " Nothing reaches WhatsApp. " a href="/" { "Real campaigns" } } }
                div #lost .stripe .stripe-bad role="alert" hidden {
                    strong { "No connection to sendcast." } " Sending may go on without it. Start " code { "sendcast serve" }
                    " again; these figures are from " time #since {} "."
                }
                div #over .stripe .stripe-bad role="alert" hidden {
                    @if session.is_some_and(|session| matches!(session.who, Who::Somebody(_))) {
                        strong { "You are logged out." } " " a href="/enter" target="_blank" { "Log in" }
                        " in another tab, then go on here. What was typed here is kept."
                    } @else {
                        strong { "This page’s link has run out." } " Press Enter in the terminal where " code { "sendcast serve" }
                        " runs, and open the new one. What was typed here is kept."
                    }
                }
                p #said .unseen role="status" {}
                main #main tabindex="-1" { (main) }
            }
        }
    }
}

/// What was said on the way, with what to do about it.
pub(super) fn told(notices: &[Notice]) -> Markup {
    html! {
        @for notice in notices {
            div class={ "notice " (tone(notice.level)) } role=[(notice.level == Level::Error).then_some("alert")] {
                p { (prose(&notice.text)) }
                @if let Some(hint) = &notice.hint { p.hint { (prose(hint)) } }
            }
        }
    }
}

fn tone(level: Level) -> &'static str {
    match level {
        Level::Info => "notice-good",
        Level::Hint | Level::Note => "notice-note",
        Level::Warning => "notice-warn",
        Level::Error => "notice-bad",
    }
}

/// A sentence of ours, in which commands stand between backticks, begun with a capital. What came from outside into it is
/// shown as text, without what could turn it around.
pub(super) fn prose(text: &str) -> Markup {
    let text = sanitize::block(text);
    let mut letters = text.chars();
    let text: String =
        letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect());
    html! {
        @for (at, piece) in text.split('`').enumerate() {
            @if at % 2 == 0 { (piece) } @else { code { (piece) } }
        }
    }
}

/// What a text from outside is shown as.
pub(super) fn text(text: &str) -> Markup {
    html! { bdi { (sanitize::line(text)) } }
}

/// An error as a use case says it: what is wrong, each finding, what to do.
pub(super) fn error(error: &AppError) -> Markup {
    html! {
        div.notice.notice-bad role="alert" {
            p { strong { (prose(&error.message)) } }
            @if !error.details.is_empty() {
                ul { @for detail in &error.details { li { (prose(detail)) } } }
            }
            @if let Some(hint) = &error.hint { p.hint { (prose(hint)) } }
        }
    }
}

/// The page for what couldn't be done.
pub(super) fn failed(asked: &Asked, why: &AppError) -> Markup {
    let page = Page { title: "It couldn’t be done", place: Place::Nowhere, live: false };
    let back =
        asked.path.rsplit_once('/').map_or("/", |(before, _)| if before.is_empty() { "/" } else { before });
    let back = if asked.method == hyper::Method::GET { "/" } else { back };
    let main = html! {
        h1 { "It couldn’t be done" }
        (error(why))
        p { a href=(back) { "Back" } }
    };
    frame(&page, asked.session.as_ref(), asked.trial, &main)
}

/// The page for what isn't there.
pub(super) fn not_found(session: Option<&Entered>) -> Markup {
    let page = Page { title: "Not found", place: Place::Nowhere, live: false };
    let main = html! {
        h1 { "There is no such page" }
        p { "A campaign that was erased or renamed isn’t at its old address any more. " a href="/" { "All campaigns" } }
    };
    frame(&page, session, false, &main)
}

/// The page for whoever isn't let in: how to come in, and nothing else.
pub(super) fn entrance(by_password: bool, refused: Option<&str>) -> Markup {
    if by_password {
        return login(refused);
    }
    let page = Page { title: "Open the link", place: Place::Nowhere, live: false };
    let main = html! {
        div.card.entrance {
            h1 { "Open the link from the terminal" }
            p #entering { "sendcast shows your campaigns to whoever opens the link that " code { "sendcast serve" } " has printed." }
            p { "It opens once. For a new one, press Enter in the terminal where " code { "sendcast serve" } " runs." }
            noscript { p { "Coming in needs JavaScript: the link’s secret part never leaves the browser otherwise." } }
        }
    };
    frame(&page, None, false, &main)
}

/// The same where other machines reach it: a password, and who gives it.
fn login(refused: Option<&str>) -> Markup {
    let page = Page { title: "Log in", place: Place::Nowhere, live: false };
    let main = html! {
        div.card.entrance {
            h1 { "Log in" }
            @if let Some(refused) = refused { div.notice.notice-bad role="alert" { p { (refused) } } }
            form method="post" action="/enter" {
                label { "Password" input type="password" name="password" autocomplete="current-password" required autofocus; }
                label {
                    "Your name, as the others read it (it may be left out)"
                    input type="text" name="name" maxlength="40" autocomplete="name";
                }
                button.main type="submit" { "Log in" }
            }
        }
    };
    frame(&page, None, false, &main)
}

/// What every form of a session carries.
pub(super) fn token(session: &Entered) -> Markup {
    html! { input type="hidden" name="token" value=(session.form_token); }
}

/// A form that is one button.
pub(super) fn button(
    asked: &Asked,
    action: &str,
    fields: &[(&str, &str)],
    class: &str,
    words: &str,
) -> Markup {
    html! {
        form method="post" action=(action) {
            (of_session(asked))
            @for (name, value) in fields { input type="hidden" name=(name) value=(value); }
            button type="submit" class=(class) { (words) }
        }
    }
}

/// What every form carries, where somebody was let in.
pub(super) fn of_session(asked: &Asked) -> Markup {
    html! { @if let Some(session) = &asked.session { (token(session)) } }
}

/// Where a file is chosen or dropped, which the script then brings there; the answer says where to go on.
pub(super) fn file_choice(to: &str, words: &str) -> Markup {
    html! {
        div.drop data-bring=(to) {
            label.button { (words) input.unseen type="file" accept=".csv,.tsv,.txt,.xlsx,.xls,.xlsb,.ods,.json"; }
            p.note.dropped { "or drop it here" }
            progress hidden max="100" {}
            p.drop-error role="alert" {}
            noscript { p { "Choosing a file needs JavaScript." } }
        }
    }
}

/// A whole number, as its owner would dial it from abroad: `+91 9876543210`. Elsewhere numbers show their last digits alone.
pub(super) fn number(phone: Phone) -> String {
    let (digits, national) = (phone.digits(), phone.national());
    match digits.strip_suffix(&*national) {
        Some(code) if !code.is_empty() => format!("+{code} {national}"),
        _ => format!("+{digits}"),
    }
}
