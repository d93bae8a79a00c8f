//! `send text|media|buttons|flow --to PHONE --from ID`: one message, through the same queue and engine as a campaign.

use clap::Subcommand;
use clap::builder::{PossibleValuesParser, TypedValueParser};

use crate::app::AppError;
use crate::app::one_message::{DirectRequest, direct};
use crate::app::phones;
use crate::cli::args::HiddenFaultArgs;
use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::cli::one_message_text;
use crate::domain::ids::NumberId;
use crate::domain::message::{Button, LimitError, MediaKind, Message, Part};

/// Arguments of `send`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  sendcast send text --to +919876543210 --from PHONE_NUMBER_ID --message 'Your order is ready.'"
)]
pub struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// A text
    #[command(
        after_help = "Example:\n  sendcast send text --to +919876543210 --from PHONE_NUMBER_ID --message 'Your order is ready.'"
    )]
    Text {
        /// The text, at most 4,096 characters
        #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
        message: String,
        #[command(flatten)]
        way: WayArgs,
    },
    /// An image, video, audio file or document at a public address
    #[command(
        after_help = "Example:\n  sendcast send media --to +919876543210 --from PHONE_NUMBER_ID --media-type image --media-url https://example.com/lamps.jpg --caption 'Our new lamps'"
    )]
    Media {
        /// Which of the four
        #[arg(long, value_name = "TYPE", value_parser = media_kind())]
        media_type: MediaKind,
        /// Where it is: a public http or https address
        #[arg(long, value_name = "URL")]
        media_url: String,
        /// The text below it; none for audio
        #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
        caption: Option<String>,
        #[command(flatten)]
        way: WayArgs,
    },
    /// A text with one to three quick-reply buttons
    #[command(
        after_help = "Example:\n  sendcast send buttons --to +919876543210 --from PHONE_NUMBER_ID --message 'Will you come?' --button yes=Yes --button no=No"
    )]
    Buttons {
        /// The text above them, at most 1,024 characters
        #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
        message: String,
        /// What a reply is told by, and what is read on the button (at most 20 characters); can be repeated
        #[arg(long, value_name = "ID=TITLE", required = true, value_parser = button)]
        button: Vec<Button>,
        #[command(flatten)]
        way: WayArgs,
    },
    /// A saved bot flow of the account
    #[command(
        after_help = "Example:\n  sendcast send flow --to +919876543210 --from PHONE_NUMBER_ID --flow-id 4711"
    )]
    Flow {
        /// Its id, as Sendwo's dashboard shows it
        #[arg(long, value_name = "ID")]
        flow_id: String,
        #[command(flatten)]
        way: WayArgs,
    },
}

/// To whom, from where.
#[derive(Debug, clap::Args)]
struct WayArgs {
    /// The recipient's phone number, with its country code
    #[arg(long, value_name = "PHONE")]
    to: String,
    /// The phone number id that sends, as `sendcast numbers` lists it
    #[arg(long, value_name = "ID")]
    from: String,
    /// ISO code of the country that a national number belongs to
    #[arg(long, value_name = "CODE")]
    country: Option<String>,
    /// Don't ask the account anything before
    #[arg(long)]
    offline: bool,
    /// To the imitation: nothing reaches WhatsApp
    #[arg(long)]
    sandbox: bool,
    #[command(flatten)]
    faults: HiddenFaultArgs,
}

fn media_kind() -> impl TypedValueParser<Value = MediaKind> {
    let words = MediaKind::ALL.map(MediaKind::word);
    let kind = |word: String| MediaKind::ALL.into_iter().find(|kind| kind.word() == word);
    PossibleValuesParser::new(words).try_map(move |word| kind(word).ok_or("is none of the four"))
}

fn button(text: &str) -> Result<Button, String> {
    match text.split_once('=') {
        Some((id, title)) => Ok(Button { id: id.trim().to_owned(), title: title.trim().to_owned() }),
        None => Err("write ID=TITLE, for instance yes=Yes".to_owned()),
    }
}

/// Sends it and tells its id.
///
/// # Errors
/// When an argument makes no message (nothing is sent then), or nothing could be sent.
pub async fn run(args: Args, ctx: &Context) -> Result<Exit, AppError> {
    let (message, way) = match args.what {
        What::Text { message, way } => (Message::Text { body: message }, way),
        What::Media { media_type, media_url, caption, way } => {
            (Message::Media { kind: media_type, url: media_url, caption }, way)
        }
        What::Buttons { message, button, way } => (Message::Buttons { body: message, buttons: button }, way),
        What::Flow { flow_id, way } => (Message::Flow { flow_id: flow_id.trim().to_owned() }, way),
    };
    message.check().map_err(|error| AppError::usage(in_argument(&error)))?;
    let to = phones::parse(&way.to, way.country.as_deref())?;
    let from = match way.from.trim() {
        "" => return Err(AppError::usage("--from: the phone number id is empty")),
        id => NumberId::new(id),
    };
    let (sandbox, offline, trial) = (way.sandbox, way.offline, way.faults.into());
    let request = DirectRequest { message, to, from, sandbox, offline, trial };
    let sent = direct(&ctx.app, request).await?;
    let look = "`sendcast conversation PHONE` may show it; look before you send it again";
    one_message_text::tell(ctx, to, &sent, look)
}

/// A broken limit, with the argument that breaks it.
fn in_argument(error: &LimitError) -> String {
    let argument = match error.part {
        Part::Body => "--message".to_owned(),
        Part::Url => "--media-url".to_owned(),
        Part::Caption => "--caption".to_owned(),
        Part::Buttons => "--button".to_owned(),
        Part::ButtonId(n) => format!("--button {}: the id", n + 1),
        Part::ButtonTitle(n) => format!("--button {}: the title", n + 1),
        Part::FlowId => "--flow-id".to_owned(),
    };
    let colon = if argument.contains(':') { "" } else { ":" };
    format!("{argument}{colon} {}", error.what)
}
