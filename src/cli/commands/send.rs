//! `send text|media|buttons|flow`: one message, through the same queue and engine as a campaign.

use clap::Subcommand;
use clap::builder::{PossibleValuesParser, TypedValueParser};

use crate::cli::context::Context;
use crate::cli::error::CliError;
use crate::cli::exit::Exit;
use crate::cli::phones;
use crate::cli::single::{Single, SingleArgs};
use crate::cli::stored::Stored;
use crate::domain::ids::NumberId;
use crate::domain::message::{Button, LimitError, MediaKind, Message, Part};

/// Arguments of `send`.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// A text
    Text {
        /// The text; at most 4,096 characters
        #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
        message: String,
        #[command(flatten)]
        way: WayArgs,
    },
    /// An image, a video, an audio file or a document
    Media {
        /// What it is
        #[arg(long, value_name = "TYPE", value_parser = kinds())]
        media_type: MediaKind,
        /// Where WhatsApp fetches it: a public web address
        #[arg(long, value_name = "URL")]
        media_url: String,
        /// What stands below it; at most 1,024 characters, none with audio
        #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
        caption: Option<String>,
        #[command(flatten)]
        way: WayArgs,
    },
    /// A text with one to three buttons to reply with
    Buttons {
        /// The text; at most 1,024 characters
        #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
        message: String,
        /// A button: what a reply is told by, and what is to be read (at most 20 characters); up to three
        #[arg(long = "button", value_name = "ID=TITLE", required = true, value_parser = button)]
        buttons: Vec<Button>,
        #[command(flatten)]
        way: WayArgs,
    },
    /// A bot flow that is saved in Sendwo
    Flow {
        /// Sendwo's id of the flow
        #[arg(long, value_name = "ID")]
        flow_id: String,
        #[command(flatten)]
        way: WayArgs,
    },
}

/// Who writes to whom, and how.
#[derive(Debug, clap::Args)]
struct WayArgs {
    /// The recipient's phone number, with its country code
    #[arg(long, value_name = "PHONE")]
    to: String,
    /// ISO code of the country that a national number belongs to
    #[arg(long, value_name = "CODE")]
    country: Option<String>,
    /// The phone number id that sends; `sendcast numbers` lists them
    #[arg(long, value_name = "ID")]
    from: String,
    /// To the imitation of the API: nothing reaches WhatsApp
    #[arg(long)]
    sandbox: bool,
    #[command(flatten)]
    single: SingleArgs,
}

fn kinds() -> impl TypedValueParser<Value = MediaKind> {
    PossibleValuesParser::new(MediaKind::ALL.map(MediaKind::word))
        .try_map(|word| MediaKind::ALL.into_iter().find(|kind| kind.word() == word).ok_or("is none of these"))
}

fn button(text: &str) -> Result<Button, String> {
    match text.split_once('=') {
        Some((id, title)) => Ok(Button { id: id.to_owned(), title: title.to_owned() }),
        None => Err("write ID=TITLE, such as yes=\"Yes, please\"".to_owned()),
    }
}

/// Sends it.
///
/// # Errors
/// When WhatsApp wouldn't take it (nothing is sent then), or nothing could be sent.
pub async fn run(args: Args, ctx: &Context) -> Result<Exit, CliError> {
    let (message, way) = match args.what {
        What::Text { message, way } => (Message::Text { body: message }, way),
        What::Media { media_type, media_url, caption, way } => {
            (Message::Media { kind: media_type, url: media_url, caption }, way)
        }
        What::Buttons { message, buttons, way } => (Message::Buttons { body: message, buttons }, way),
        What::Flow { flow_id, way } => (Message::Flow { flow_id }, way),
    };
    message.check().map_err(|error| beyond(&error))?;
    let to = phones::parse(&way.to, way.country.as_deref())?;
    let from = way.from.trim();
    if from.is_empty() {
        return Err(CliError::usage("--from: the phone number id is empty")
            .hint("`sendcast numbers` lists those of the account"));
    }
    let home = ctx.home(way.sandbox)?;
    let single = Single {
        trial: home.singles(),
        home,
        campaign: String::new(),
        from: NumberId::new(from),
        to,
        message,
        stored: Stored::default(),
        in_doubt: "look with `sendcast conversation PHONE` before you send it again",
    };
    single.send(ctx, way.single).await
}

/// A broken limit, by the argument that breaks it.
fn beyond(error: &LimitError) -> CliError {
    let argument = match error.part {
        Part::Body => "--message".to_owned(),
        Part::Url => "--media-url".to_owned(),
        Part::Caption => "--caption".to_owned(),
        Part::Buttons => "--button".to_owned(),
        Part::ButtonId(n) => format!("the id of --button {}", n + 1),
        Part::ButtonTitle(n) => format!("the title of --button {}", n + 1),
        Part::FlowId => "--flow-id".to_owned(),
    };
    CliError::usage(format!("{argument}: {}", error.what))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_buttons_id_ends_at_the_first_sign() {
        let made = |id: &str, title: &str| Ok(Button { id: id.into(), title: title.into() });
        assert_eq!(button("yes=Yes = sure"), made("yes", "Yes = sure"));
        assert_eq!(button("=Yes"), made("", "Yes"));
        assert!(button("Yes").is_err_and(|what| what.contains("ID=TITLE")));
    }
}
