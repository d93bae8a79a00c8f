//! Which path leads where.

use axum::Router;
use axum::extract::{Request, State};
use axum::http::Uri;
use axum::routing::{MethodFilter, MethodRouter, get, on};

use crate::sandbox::answer;
use crate::sandbox::exchange::{About, Endpoint, Question, ReadMessage, exchange};
use crate::sandbox::state::App;

use super::{account, control, conversation, delivery, send, user};

/// Everything below one [`Router`].
pub fn router(app: App) -> Router {
    let api = Router::new()
        .merge(user::routes())
        .merge(account::routes())
        .merge(send::routes())
        .merge(conversation::routes())
        .merge(delivery::routes());
    Router::new()
        .nest("/api/v1", api)
        .merge(control::routes())
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
pub(super) fn send(read: ReadMessage) -> MethodRouter<App> {
    endpoint(MethodFilter::POST, Endpoint::Send(read))
}

/// An endpoint that answers: GET or POST.
pub(super) fn ask(question: Question, about: About) -> MethodRouter<App> {
    endpoint(MethodFilter::GET.or(MethodFilter::POST), Endpoint::Ask(question, about))
}

fn endpoint(methods: MethodFilter, endpoint: Endpoint) -> MethodRouter<App> {
    on(methods, move |State(app): State<App>, request: Request| exchange(app, endpoint, request))
}
