//! Style and script, in the binary. Their address has their fingerprint in it, so that a browser may keep them for ever.

use std::sync::LazyLock;

use hyper::StatusCode;
use hyper::body::Bytes;
use sha2::{Digest, Sha256};

use crate::app::AppError;
use crate::domain::hex::hex;
use crate::report::{charts, html};
use crate::web::answer::{Answer, Content};
use crate::web::asked::Asked;
use crate::web::dashboard::Dashboard;

/// The script, which nothing needs but liveness and comfort.
pub static SCRIPT: LazyLock<String> = LazyLock::new(|| packed(include_str!("app.js")));
const OWN_STYLE: &str = include_str!("app.css");

/// The style: the pages' own, after that of the charts and of a report's sections.
pub static STYLE: LazyLock<String> =
    LazyLock::new(|| tight(&packed(&[charts::COLOURS, charts::CSS, html::CSS, OWN_STYLE].concat())));

/// Without what only its readers need: what lines begin with, empty ones, and comments.
fn packed(text: &str) -> String {
    let is_read = |line: &&str| !line.is_empty() && !line.starts_with("//");
    text.lines().map(str::trim_start).filter(is_read).flat_map(|line| [line, "\n"]).collect()
}

/// A style without the blanks that mean nothing. Of what stands between quotes in ours, none of these is a part.
fn tight(style: &str) -> String {
    const BLANKS: [(&str, &str); 6] =
        [("; }", "}"), (" {", "{"), ("{ ", "{"), (": ", ":"), ("; ", ";"), (", ", ",")];
    BLANKS.iter().fold(style.to_owned(), |style, (wide, tight)| style.replace(wide, tight))
}

/// What is in both.
static VERSION: LazyLock<String> = LazyLock::new(|| {
    let digest = Sha256::new().chain_update(&*SCRIPT).chain_update(&*STYLE).finalize();
    hex(&digest[..6])
});

/// Where an asset lies.
#[must_use]
pub fn address(name: &str) -> String {
    format!("/a/{}/{name}", *VERSION)
}

/// `GET /a/{version}/{name}`
pub(super) fn asset(_: &Dashboard, asked: &Asked) -> Result<Answer, AppError> {
    let (media_type, text) = match asked.param("name") {
        "app.js" => ("text/javascript; charset=utf-8", SCRIPT.as_str()),
        "app.css" => ("text/css; charset=utf-8", STYLE.as_str()),
        _ => return Ok(Answer::empty(StatusCode::NOT_FOUND)),
    };
    // A page of an earlier server may ask for what this one hasn't.
    if asked.param("version") != *VERSION {
        return Ok(Answer::empty(StatusCode::NOT_FOUND));
    }
    let content = Content::Asset(media_type, Bytes::from_static(text.as_bytes()));
    Ok(Answer { content, ..Answer::empty(StatusCode::OK) })
}

/// `GET /favicon.ico`, which browsers ask for by themselves.
pub(super) fn icon(_: &Dashboard, _: &Asked) -> Result<Answer, AppError> {
    Ok(Answer::empty(StatusCode::NO_CONTENT))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn script_and_style_are_small() {
        let bytes = SCRIPT.len() + STYLE.len();
        assert!(bytes <= 25 << 10, "{bytes}");
        assert!(SCRIPT.lines().count() <= 170, "{}", SCRIPT.lines().count());
    }
}
