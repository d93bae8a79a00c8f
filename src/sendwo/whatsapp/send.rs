//! Sending a message: the only requests that write to somebody.
//!
//! Invariant: every message type makes exactly one POST.

use crate::domain::ids::NumberId;
use crate::domain::message::{Button, MediaKind, Message};
use crate::domain::outcome::Exchange;
use crate::domain::payload::Payload;
use crate::domain::phone::Phone;

use super::super::client::Params;
use super::super::subscribers::action_request;
use super::super::transport::Transport;
use super::{SendOutcome, WhatsApp};

const TEXT: &str = "whatsapp/send-text-message";
const MEDIA: &str = "whatsapp/send-media";
const BUTTONS: &str = "whatsapp/send-interactive-buttons";
const FLOW: &str = "whatsapp/trigger-bot-flow";

impl<T: Transport> WhatsApp<'_, T> {
    /// Sends a text, once: "send text messages to WhatsApp users" (`whatsapp/send-text-message`). WhatsApp takes it only
    /// for people who wrote to `from` within the last 24 hours.
    ///
    /// ```no_run
    /// use sendcast::{Client, SendOutcome};
    ///
    /// # async fn f() -> Result<(), Box<dyn std::error::Error>> {
    /// let client = Client::builder(&std::env::var("SENDWO_API_TOKEN")?).build()?;
    /// match client.whatsapp().send_text("PHONE-NUMBER-ID", "+91 98765 43210".parse()?, "Hello!").await {
    ///     SendOutcome::Accepted { message_id, .. } => println!("accepted: {message_id:?}"),
    ///     SendOutcome::InDoubt { reason, .. } => println!("look before you send it again: {reason}"),
    ///     other => println!("not sent: {other:?}"),
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub async fn send_text(
        &self,
        from: impl Into<NumberId>,
        to: Phone,
        body: impl Into<String>,
    ) -> SendOutcome {
        self.send(&from.into(), to, &Message::Text { body: body.into() }).await.into()
    }

    /// Sends an image, video, audio file or document at a public URL, once (`whatsapp/send-media`). Audio takes no
    /// caption.
    pub async fn send_media(
        &self,
        from: impl Into<NumberId>,
        to: Phone,
        kind: MediaKind,
        url: impl Into<String>,
        caption: Option<String>,
    ) -> SendOutcome {
        self.send(&from.into(), to, &Message::Media { kind, url: url.into(), caption }).await.into()
    }

    /// Sends a text with one to three buttons, once (`whatsapp/send-interactive-buttons`).
    pub async fn send_buttons(
        &self,
        from: impl Into<NumberId>,
        to: Phone,
        body: impl Into<String>,
        buttons: Vec<Button>,
    ) -> SendOutcome {
        self.send(&from.into(), to, &Message::Buttons { body: body.into(), buttons }).await.into()
    }

    /// Starts a bot flow for a person, once (`whatsapp/trigger-bot-flow`). What it sends has no id here.
    pub async fn trigger_flow(
        &self,
        from: impl Into<NumberId>,
        to: Phone,
        flow_id: impl Into<String>,
    ) -> SendOutcome {
        self.send(&from.into(), to, &Message::Flow { flow_id: flow_id.into() }).await.into()
    }

    /// POSTs a message once and tells what came back; [`classify`](crate::domain::outcome::classify) judges it.
    /// It never fails: not to be answered is one of the things that may come back.
    #[doc(hidden)]
    pub async fn send(&self, from: &NumberId, to: Phone, message: &Message) -> Exchange {
        let (path, params) = request(from, to, message);
        self.client.send_once(path, params, to).await
    }

    /// The same for whatever is to be POSTed. An action goes to the endpoint of its own, and whatever its answer carries is
    /// no message's id.
    #[doc(hidden)]
    pub async fn post(&self, from: &NumberId, to: Phone, payload: &Payload) -> Exchange {
        let action = match payload {
            Payload::Message(message) => return self.send(from, to, message).await,
            Payload::SubscriberAction(action) => action,
        };
        let (path, params) = action_request(to, action);
        let mut exchange = self.client.send_once(path, params, to).await;
        if let Exchange::Answered { reply: Some(reply), .. } = &mut exchange {
            reply.message_id = None;
        }
        exchange
    }
}

/// The endpoint and the form fields, as Sendwo documents them for each type. Phones are digits without `+`.
fn request(from: &NumberId, to: Phone, message: &Message) -> (&'static str, Params) {
    let mut params: Params =
        vec![("phoneNumberId".into(), from.as_str().to_owned()), ("to".into(), to.digits())];
    let mut add = |name: &'static str, value: &str| params.push((name.into(), value.to_owned()));
    let path = match message {
        Message::Text { body } => {
            add("message", body);
            TEXT
        }
        Message::Media { kind, url, caption } => {
            add("mediaType", kind.word());
            add("mediaUrl", url);
            if let Some(caption) = caption {
                add("caption", caption);
            }
            MEDIA
        }
        Message::Buttons { body, buttons } => {
            add("message", body);
            for (n, button) in buttons.iter().enumerate() {
                params.push((format!("buttons[{n}][id]").into(), button.id.clone()));
                params.push((format!("buttons[{n}][title]").into(), button.title.clone()));
            }
            BUTTONS
        }
        Message::Flow { flow_id } => {
            add("flowId", flow_id);
            FLOW
        }
    };
    (path, params)
}

#[cfg(test)]
mod tests {
    use crate::domain::message::{Button, MediaKind};

    use super::*;

    fn shown(message: &Message) -> String {
        let to = Phone::from_digits("919876543210").unwrap();
        let (path, params) = request(&NumberId::new("N-1"), to, message);
        let params: Vec<String> = params.iter().map(|(name, value)| format!("{name}={value}")).collect();
        format!("{path}: {}", params.join(" "))
    }

    #[test]
    fn fields_are_as_documented() {
        assert_eq!(
            shown(&Message::Text { body: "Hi".into() }),
            "whatsapp/send-text-message: phoneNumberId=N-1 to=919876543210 message=Hi"
        );
        let media = |caption: Option<&str>| Message::Media {
            kind: MediaKind::Image,
            url: "https://e.com/p.jpg".into(),
            caption: caption.map(str::to_owned),
        };
        assert_eq!(
            shown(&media(Some("Pic"))),
            "whatsapp/send-media: phoneNumberId=N-1 to=919876543210 mediaType=image \
             mediaUrl=https://e.com/p.jpg caption=Pic"
        );
        assert!(!shown(&media(None)).contains("caption"));
        let button = |id: &str, title: &str| Button { id: id.into(), title: title.into() };
        assert_eq!(
            shown(&Message::Buttons {
                body: "Choose".into(),
                buttons: vec![button("a", "A"), button("b", "B")]
            }),
            "whatsapp/send-interactive-buttons: phoneNumberId=N-1 to=919876543210 message=Choose \
             buttons[0][id]=a buttons[0][title]=A buttons[1][id]=b buttons[1][title]=B"
        );
        assert_eq!(
            shown(&Message::Flow { flow_id: "F".into() }),
            "whatsapp/trigger-bot-flow: phoneNumberId=N-1 to=919876543210 flowId=F"
        );
    }
}
