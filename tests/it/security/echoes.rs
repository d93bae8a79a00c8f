//! Servers that say back what they were told: in every field, form and status.

use std::sync::Arc;

use base64::Engine as _;
use serde_json::json;

use super::canary::{PEOPLE, TOKEN, forms};
use super::server::{Answer, Request, answer, json as json_answer, numbers};

/// What a server does with the words of a request.
type Echo = fn(&Request) -> String;

fn refused(status: &'static str, echo: Echo) -> Answer {
    Arc::new(move |request, stream| {
        if request.asks("connect/account/list") {
            return numbers(stream);
        }
        json_answer(stream, status, &json!({"status": "0", "message": echo(request)}))
    })
}

fn plain(status: &'static str, headers: &'static str, echo: Echo) -> Answer {
    Arc::new(move |request, stream| {
        if request.asks("connect/account/list") {
            return numbers(stream);
        }
        answer(stream, status, headers, &echo(request))
    })
}

fn everywhere(status: &'static str, echo: Echo) -> Answer {
    Arc::new(move |request, stream| {
        answer(stream, status, "", &json!({"status": "0", "message": echo(request)}).to_string())
    })
}

/// All of the request, and the secrets decoded.
fn whole(request: &Request) -> String {
    let decoded: Vec<_> = url::form_urlencoded::parse(request.form().as_bytes())
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    format!("can't do that: {} {} (Error Code : 131000) {}", request.target, decoded.join(" "), request.text)
}

/// Every form of the token and of the numbers.
fn encoded(request: &Request) -> String {
    let to = url::form_urlencoded::parse(request.form().as_bytes())
        .find(|(name, _)| name == "to" || name == "subscriberId");
    let to = to.map(|(_, to)| to.into_owned()).unwrap_or_default();
    let pretty = format!(
        "+{} {}-{}",
        to.get(..2).unwrap_or_default(),
        to.get(2..7).unwrap_or_default(),
        to.get(7..).unwrap_or_default()
    );
    format!("{} | {} | to {to} +{to} {pretty}", forms(TOKEN).join(" , "), forms(&TOKEN[6..]).join(" , "))
}

/// With characters in between that vanish where a text is made fit to be shown.
fn hidden(_: &Request) -> String {
    let between = |with: &str| TOKEN.chars().map(|c| format!("{c}{with}")).collect::<String>();
    format!("{} {} {}", between("\u{200b}"), between("\u{1b}[0m"), between("\u{7}"))
}

fn secret_alone(_: &Request) -> String {
    format!("token {} is bad; {}", &TOKEN[6..], base64::engine::general_purpose::STANDARD.encode(&TOKEN[6..]))
}

/// Each by its name.
pub fn servers() -> Vec<(&'static str, Answer)> {
    let accepted_as_token: Answer = Arc::new(|request, stream| {
        if request.asks("connect/account/list") {
            return numbers(stream);
        }
        if request.asks("delivery-status") {
            return json_answer(
                stream,
                "200 OK",
                &json!({"status": "1", "message": {
                "message_status": TOKEN, "failed_reason": TOKEN, TOKEN: TOKEN, "wa_message_id": TOKEN}}),
            );
        }
        json_answer(
            stream,
            "200 OK",
            &json!({"status": "1", "message": TOKEN, "data": {"message_id": TOKEN}}),
        )
    });
    let failing_later: Answer = Arc::new(|request, stream| {
        if request.asks("connect/account/list") {
            return numbers(stream);
        }
        if request.asks("delivery-status") {
            let reason =
                format!("no {} of {} for {}", PEOPLE[0].1, TOKEN, PEOPLE.map(|(_, phone)| phone).join(" "));
            let alone = request.target.contains("wamid.0");
            let reason = if alone {
                format!("{TOKEN} +91 98765 12345 isn't there")
            } else {
                reason.split(' ').next().unwrap_or_default().to_owned()
            };
            return json_answer(
                stream,
                "200 OK",
                &json!({"status": "1", "message": {"message_status": "failed", "failed_reason": reason}}),
            );
        }
        let to = url::form_urlencoded::parse(request.form().as_bytes())
            .find(|(name, _)| name == "to")
            .map(|(_, to)| to.into_owned());
        let number = PEOPLE.iter().position(|(_, phone)| Some(*phone) == to.as_deref()).unwrap_or(9);
        json_answer(
            stream,
            "200 OK",
            &json!({"status": "1", "data": {"message_id": format!("wamid.{number}")}}),
        )
    });
    let names: Answer = Arc::new(|_, stream| {
        json_answer(
            stream,
            "200 OK",
            &json!({"status": "1", "message": [
            {"phone_number_id": "OTHER", "verified_name": TOKEN, "display_phone_number": TOKEN}, {"phone_number_id": TOKEN}]}),
        )
    });
    let redirect: fn(&'static str) -> Answer = |status| {
        Arc::new(move |request, stream| {
            let to =
                format!("Location: http://127.0.0.1:1/login?{}\r\nSet-Cookie: t={TOKEN}\r\n", request.form());
            answer(stream, status, &to, "<html>moved</html>")
        })
    };
    let broken: Answer = Arc::new(|request, stream| {
        if request.asks("connect/account/list") {
            return numbers(stream);
        }
        use std::io::Write as _;
        write!(
            stream,
            "HTTP/1.1 200 OK\r\nX-{TOKEN}: {}\r\nContent-Length: 99999\r\n\r\n{}",
            request.target,
            whole(request)
        )
    });
    let garbage: Answer = Arc::new(|request, stream| {
        use std::io::Write as _;
        write!(stream, "{} {}", TOKEN, request.text)
    });
    vec![
        ("refusal that says the request back", refused("200 OK", whole)),
        ("400 that says the request back", refused("400 Bad Request", whole)),
        ("401 that says the request back", refused("401 Unauthorized", whole)),
        ("429 that says the request back", refused("429 Too Many Requests", whole)),
        ("500 that says the request back", refused("500 Oops", whole)),
        ("503 that says the request back", refused("503 Busy", whole)),
        ("refusal with everything encoded", refused("200 OK", encoded)),
        ("400 with everything encoded", refused("400 Bad Request", encoded)),
        ("everything encoded to every question", everywhere("403 Forbidden", encoded)),
        ("the whole to every question", everywhere("422 No", whole)),
        ("the token with hidden characters", refused("400 Bad Request", hidden)),
        ("hidden characters to every question", everywhere("400 Bad Request", hidden)),
        ("the secret part alone", everywhere("401 No", secret_alone)),
        (
            "plain text that says the request back",
            plain("400 Bad Request", "Content-Type: text/plain\r\n", whole),
        ),
        ("HTML that says the request back", plain("400 Bad Request", "Content-Type: text/html\r\n", whole)),
        (
            "a Retry-After that is the token",
            plain("429 No", "Retry-After: 31337|cAnArY+t0ken/Zwitsch&er=9x7Q\r\n", whole),
        ),
        (
            "JSON in a text in JSON",
            refused("400 Bad Request", |request| json!({"error": {"x": whole(request)}}).to_string()),
        ),
        ("an id that is the token", accepted_as_token),
        ("news of failures that say numbers", failing_later),
        ("numbers that are called like the token", names),
        ("302 with the token in Location", redirect("302 Found")),
        ("307 with the token in Location", redirect("307 Temporary Redirect")),
        ("an answer that breaks off", broken),
        ("no HTTP at all", garbage),
    ]
}
