//! How the server answers: the envelope as documented, and the pages around it.

use axum::body::Body;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use serde::Serialize;

/// What shall happen to the connection instead of a whole answer, as an extension on the response.
/// [`Sandbox::serve`](super::Sandbox::serve) carries it out; in process, the caller may.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wire {
    /// The connection is reset and nothing of the response is sent.
    Reset,
    /// This many bytes at the end of the body are never sent; then the connection is closed.
    HoldBack(usize),
}

/// A refusal: HTTP 200, `"status":"0"`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    /// What it is counted under in the stats.
    pub(super) counted: &'static str,
    pub(super) text: String,
}

impl Refusal {
    /// A required parameter is missing, in Laravel's words: `phoneNumberId` is `phone number id` there.
    pub(super) fn missing(name: &str) -> Refusal {
        Refusal { counted: "missing_field", text: format!("The {} field is required.", words(name)) }
    }

    /// A parameter's value that Sendwo doesn't take, in the same words: `The label ids` `rest`.
    pub(super) fn wrong(name: &str, rest: &str) -> Refusal {
        Refusal { counted: "bad_value", text: format!("The {} {rest}", words(name)) }
    }

    /// A value that WhatsApp doesn't take, with Meta's code for it.
    pub(super) fn bad_value(code: u32, what: &str) -> Refusal {
        Refusal { counted: "bad_value", text: format!("(Error Code : {code} ) {what}") }
    }

    /// A refusal in Sendwo's own words.
    pub(super) fn plain(counted: &'static str, text: &str) -> Refusal {
        Refusal { counted, text: text.to_owned() }
    }

    /// No place for another subscriber, in the siblings' words.
    pub(super) fn subscribers() -> Refusal {
        let text = "Subscriber limit has been exceeded. Please upgrade your package.";
        Refusal::plain("subscriber_limit", text)
    }

    /// Nobody goes by this id.
    pub(super) fn no_subscriber() -> Refusal {
        Refusal::plain("unknown_subscriber", "Subscriber not found.")
    }

    /// One of Meta's errors, as it surfaces in the text.
    pub(super) fn code(code: u32) -> Refusal {
        Refusal { counted: "code", text: coded(code) }
    }
}

/// A parameter's name as words.
fn words(name: &str) -> String {
    let mut words = String::with_capacity(name.len() + 4);
    for c in name.chars() {
        if c.is_ascii_uppercase() {
            words.push(' ');
        }
        words.push(c.to_ascii_lowercase());
    }
    words
}

/// Meta's error as the text carries it: `(Error Code : 131026 ) Message undeliverable.`
pub(super) fn coded(code: u32) -> String {
    format!("(Error Code : {code} ) {}", title(code))
}

/// What Meta says of a code.
pub(super) fn title(code: u32) -> &'static str {
    match code {
        0 | 190 => "Error validating access token: the session has expired.",
        3 | 10 | 200..=299 | 131_005 => "Permission denied.",
        4 => "Application request limit reached.",
        33 => "The business phone number has been deleted.",
        100 | 131_009 => "Invalid parameter.",
        368 => "Temporarily blocked for policies violations.",
        80_007 => "Rate limit issues.",
        130_403 => "The recipient was blocked by the business.",
        130_429 => "Rate limit hit.",
        130_472 => "User's number is part of an experiment.",
        130_497 => "Business account is restricted from messaging users in this country.",
        131_008 => "Required parameter is missing.",
        131_016 => "Service unavailable.",
        131_021 => "Recipient cannot be sender.",
        131_026 => "Message undeliverable.",
        131_031 => "Business Account locked.",
        131_037 => "Display name approval is needed before messages can be sent.",
        131_042 => "Business eligibility payment issue.",
        131_045 => "Message failed to send because of a phone number registration error.",
        131_047 => "Re-engagement message: more than 24 hours have passed since the recipient last replied.",
        131_048 => "Spam rate limit hit.",
        131_049 => "This message was not delivered to maintain healthy ecosystem engagement.",
        131_050 => "The user has stopped marketing messages from the business.",
        131_051 => "Unsupported message type.",
        131_053 => "Media upload error.",
        131_056 => "(Business Account, Consumer Account) pair rate limit hit.",
        131_057 => "Account in maintenance mode.",
        133_010 => "Phone number not registered.",
        135_000 => "Generic user error.",
        _ => "Something went wrong.",
    }
}

/// `{"status":"1","message":…}`, where the message is whatever serialises.
pub(super) fn success(message: &impl Serialize) -> Response {
    envelope("1", message)
}

/// `{"status":"0","message":"…"}`, with HTTP 200.
pub(super) fn refused(text: &str) -> Response {
    envelope("0", &text)
}

/// The answer to a creation: a text, and the id under `data` as after a send.
pub(super) fn created(text: &str, id_name: &str, id: u64) -> Response {
    let body = serde_json::json!({"status": "1", "message": text, "data": {id_name: id}});
    json(StatusCode::OK, body.to_string())
}

fn envelope(status: &'static str, message: &impl Serialize) -> Response {
    match serde_json::to_string(message) {
        Ok(message) => json(StatusCode::OK, format!(r#"{{"status":"{status}","message":{message}}}"#)),
        Err(_) => server_error(),
    }
}

/// The documented answer to a send.
pub(super) fn sent(message_id: &str) -> Response {
    // Built by hand: this is the hot path, and an id holds nothing that JSON escapes.
    const HEAD: &str = r#"{"status":"1","message":"Message sent successfully.","data":{"message_id":""#;
    let mut body = String::with_capacity(HEAD.len() + message_id.len() + 3);
    body.push_str(HEAD);
    body.push_str(message_id);
    body.push_str(r#""}}"#);
    json(StatusCode::OK, body)
}

/// A token that is not the account's.
pub(super) fn unauthenticated() -> Response {
    json(StatusCode::UNAUTHORIZED, r#"{"status":"0","message":"Unauthenticated."}"#.to_owned())
}

/// No token at all: off to the login page.
pub(super) fn to_login(host: Option<&HeaderValue>) -> Response {
    let host = host.and_then(|host| host.to_str().ok());
    let target = host.map_or_else(|| "/login".to_owned(), |host| format!("http://{host}/login"));
    let mut response = html(
        StatusCode::FOUND,
        "<!DOCTYPE html>\n<title>Redirecting</title>\n<p>Redirecting to the login page.</p>\n",
    );
    if let Ok(target) = HeaderValue::try_from(target) {
        response.headers_mut().insert(header::LOCATION, target);
    }
    response
}

/// The login page itself.
pub(super) fn login_page() -> Response {
    html(
        StatusCode::OK,
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head><title>Login</title></head>\n<body>\n<form method=\"post\">\
         <input name=\"email\"><input name=\"password\" type=\"password\"><button>Login</button></form>\n</body>\n</html>\n",
    )
}

/// An answer with an HTTP status of the fault plan's choice.
pub(super) fn http_error(status: u16, retry_after: Option<u32>) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = match status.as_u16() {
        429 => json(status, r#"{"status":"0","message":"Too Many Attempts."}"#.to_owned()),
        500 => server_error(),
        400..=499 => json(status, format!(r#"{{"status":"0","message":"{status}"}}"#)),
        _ => html(
            status,
            "<html>\n<head><title>Error</title></head>\n<body><center><h1>Error</h1></center></body>\n</html>\n",
        ),
    };
    if let Some(seconds) = retry_after {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}

/// A refusal with an HTTP status of its own.
pub(super) fn refusal_with(status: u16, text: &str) -> Response {
    let mut response = refused(text);
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_REQUEST);
    response
}

/// Something broke behind the API.
pub(super) fn server_error() -> Response {
    json(StatusCode::INTERNAL_SERVER_ERROR, r#"{"message":"Server Error"}"#.to_owned())
}

/// HTTP 200 with a page where an envelope should be.
pub(super) fn garbage() -> Response {
    html(
        StatusCode::OK,
        "<!DOCTYPE html>\n<html><body><h1>We'll be right back</h1><p>Down for maintenance.</p></body></html>\n",
    )
}

/// A response whose connection is treated as `wire` says.
pub(super) fn on_the_wire(mut response: Response, wire: Wire) -> Response {
    response.extensions_mut().insert(wire);
    response
}

/// JSON, as it is.
pub(super) fn json(status: StatusCode, body: String) -> Response {
    page(status, "application/json", Body::from(body))
}

fn html(status: StatusCode, body: &'static str) -> Response {
    page(status, "text/html; charset=UTF-8", Body::from(body))
}

fn page(status: StatusCode, kind: &'static str, body: Body) -> Response {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    response
}
