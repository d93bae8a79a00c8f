//! Which path leads where.

use axum::Router;
use axum::extract::{Request, State};
use axum::http::Uri;
use axum::routing::{MethodFilter, get, on};

use crate::sandbox::accounts::App;
use crate::sandbox::answer;
use crate::sandbox::exchange::{About, Endpoint, Handler, Judge, Question, ReadMessage, handle};

use super::{
    account, catalog, control, conversation, delivery, inbound, label, package, send, subscriber, user,
    workflow,
};

/// Everything below one [`Router`].
pub fn router(app: App) -> Router {
    let api = Router::new()
        .merge(user::routes())
        .merge(package::routes())
        .merge(account::routes())
        .merge(send::routes())
        .merge(conversation::routes())
        .merge(delivery::routes())
        .merge(subscriber::routes())
        .merge(label::routes())
        .merge(catalog::routes())
        .merge(workflow::routes());
    Router::new()
        .nest("/api/v1", api)
        .merge(control::routes())
        .merge(inbound::routes())
        .route("/login", get(async || answer::login_page()))
        .fallback(async |uri: Uri| {
            let text = format!("The route {} could not be found.", uri.path().trim_start_matches('/'));
            answer::refusal_with(404, &text)
        })
        .method_not_allowed_fallback(async || {
            answer::refusal_with(405, "The method is not supported for this route.")
        })
        .with_state(app)
}

/// An endpoint that sends: POST.
pub(super) fn send(path: &'static str, read: ReadMessage) -> Router<App> {
    route(MethodFilter::POST, Endpoint { path, handler: Handler::Send(read) })
}

/// An endpoint that changes something: POST.
pub(super) fn change(path: &'static str, judge: Judge) -> Router<App> {
    route(MethodFilter::POST, Endpoint { path, handler: Handler::Change(judge) })
}

/// An endpoint that answers, GET or POST.
pub(super) fn ask(path: &'static str, question: Question, about: About) -> Router<App> {
    route(MethodFilter::GET.or(MethodFilter::POST), Endpoint { path, handler: Handler::Ask(question, about) })
}

/// An endpoint that answers and is documented as a URL: GET.
pub(super) fn ask_by_get(path: &'static str, question: Question) -> Router<App> {
    route(MethodFilter::GET, Endpoint { path, handler: Handler::Ask(question, About::Account) })
}

/// An endpoint that answers and is documented as a `curl -X POST`: POST.
pub(super) fn ask_by_post(path: &'static str, question: Question) -> Router<App> {
    route(MethodFilter::POST, Endpoint { path, handler: Handler::Ask(question, About::Account) })
}

fn route(methods: MethodFilter, endpoint: Endpoint) -> Router<App> {
    let handler = move |State(app): State<App>, request: Request| handle(app, endpoint, request);
    // Laravel takes a path with a slash at its end for the same.
    let slashed = format!("{}/", endpoint.path);
    Router::new().route(endpoint.path, on(methods, handler)).route(&slashed, on(methods, handler))
}
