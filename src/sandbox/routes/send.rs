//! WhatsApp API: the four ways to send, and WhatsApp's limits on what is sent.

use axum::Router;

use super::table::send;
use crate::domain::message::{MediaKind, Message};
use crate::sandbox::accounts::App;
use crate::sandbox::answer::Refusal;
use crate::sandbox::params::Params;

pub(super) fn routes() -> Router<App> {
    send("/whatsapp/send-text-message", text)
        .merge(send("/whatsapp/send-media", media))
        .merge(send("/whatsapp/send-interactive-buttons", buttons))
        .merge(send("/whatsapp/trigger-bot-flow", flow))
}

/// Refuses a value whose length in characters is not from `min` to `max`.
fn within(what: &str, value: &str, min: usize, max: usize) -> Result<(), Refusal> {
    // Bytes are never fewer than characters: most values need no counting.
    let too_long = value.len() > max && value.chars().count() > max;
    if too_long || value.chars().take(min).count() < min {
        let text = format!(
            "Parameter value is not valid: {what} length invalid. Min length: {min}, Max length: {max}"
        );
        return Err(Refusal::bad_value(131_009, &text));
    }
    Ok(())
}

fn text(params: &Params<'_>) -> Result<Message, Refusal> {
    let body = params.required("message")?;
    if body.len() > 4_096 && body.chars().count() > 4_096 {
        return Err(Refusal::bad_value(100, "Param text['body'] must be at most 4096 characters long."));
    }
    Ok(Message::Text { body: body.to_owned() })
}

fn media(params: &Params<'_>) -> Result<Message, Refusal> {
    let kind = params.required("mediaType")?;
    let url = params.required("mediaUrl")?;
    let kind = [MediaKind::Image, MediaKind::Video, MediaKind::Audio, MediaKind::Document]
        .into_iter()
        .find(|known| known.word() == kind)
        .ok_or_else(|| Refusal::plain("bad_value", "The selected media type is invalid."))?;
    let is_url =
        url::Url::parse(url).is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
    if !is_url {
        return Err(Refusal::plain("bad_value", "The media url must be a valid URL."));
    }
    let caption = params.get("caption");
    if let Some(caption) = caption {
        if kind == MediaKind::Audio {
            return Err(Refusal::bad_value(100, "Unexpected key \"caption\" on param \"audio\"."));
        }
        within("Caption", caption, 1, 1_024)?;
    }
    Ok(Message::Media { kind, url: url.to_owned(), caption: caption.map(str::to_owned) })
}

fn buttons(params: &Params<'_>) -> Result<Message, Refusal> {
    let body = params.required("message")?;
    let buttons = params.buttons();
    if !(1..=3).contains(&buttons.len()) {
        return Err(Refusal::plain("bad_value", "You can send between 1 and 3 reply buttons."));
    }
    within("Interactive body", body, 1, 1_024)?;
    for (n, button) in buttons.iter().enumerate() {
        within("Button id", &button.id, 1, 256)?;
        within("Button title", &button.title, 1, 20)?;
        let earlier = &buttons[..n];
        if earlier.iter().any(|other| other.id == button.id || other.title == button.title) {
            return Err(Refusal::bad_value(
                131_009,
                "Parameter value is not valid: duplicated button id or title.",
            ));
        }
    }
    Ok(Message::Buttons { body: body.to_owned(), buttons })
}

fn flow(params: &Params<'_>) -> Result<Message, Refusal> {
    let flow_id = params.required("flowId")?;
    if flow_id.starts_with("unknown") {
        return Err(Refusal::plain("bad_value", "Bot flow not found."));
    }
    Ok(Message::Flow { flow_id: flow_id.to_owned() })
}
