//! `subscribers update ID [--first-name F] [--last-name L] [--phone P]`

use serde_json::json;

use crate::app::AppError;
use crate::app::account;
use crate::app::phones;
use crate::cli::api_output;
use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::domain::ids::SubscriberId;
use crate::sendwo::SubscriberUpdate;

/// Arguments of `subscribers update`.
#[derive(Debug, clap::Args)]
#[command(group = clap::ArgGroup::new("change").required(true).multiple(true))]
#[command(after_help = "Example:\n  sendcast subscribers update 4711 --first-name Asha")]
pub struct Args {
    /// The subscriber's id, as `subscribers list` shows it
    #[arg(value_name = "ID")]
    id: String,
    /// The new first name
    #[arg(long, value_name = "NAME", group = "change")]
    first_name: Option<String>,
    /// The new last name
    #[arg(long, value_name = "NAME", group = "change")]
    last_name: Option<String>,
    /// The new phone number, with its country code
    #[arg(long, value_name = "PHONE", group = "change")]
    phone: Option<String>,
    /// ISO code of the country that a national number belongs to
    #[arg(long, value_name = "CODE")]
    country: Option<String>,
}

/// Changes what was named, and nothing else.
///
/// # Errors
/// When the number is none, or Sendwo says no.
pub async fn run(args: Args, ctx: &Context) -> Result<Exit, AppError> {
    let mut update = SubscriberUpdate::of(SubscriberId::new(args.id.as_str()));
    if let Some(name) = args.first_name {
        update = update.first_name(name);
    }
    if let Some(name) = args.last_name {
        update = update.last_name(name);
    }
    if let Some(phone) = args.phone {
        update = update.phone(phones::parse(&phone, args.country.as_deref())?);
    }
    let done = account::client(&ctx.app)?.subscribers().update(&update).await;
    let done = done.map_err(api_output::not_done("sendcast subscribers list"))?;
    let whole = json!({ "subscriber_id": args.id, "message": done.text });
    api_output::done(ctx, &whole, None, &format!("subscriber {} is changed", args.id), &done)?;
    Ok(Exit::Done)
}
