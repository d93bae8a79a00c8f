//! `subscribers create (--phone P [--first-name F] [--last-name L] | --file FILE)`

use serde_json::json;

use crate::app::AppError;
use crate::app::account;
use crate::app::bulk::Task;
use crate::app::phones;
use crate::cli::api_output;
use crate::cli::bulk::{self, BulkArgs};
use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::sendwo::NewSubscriber;

/// Arguments of `subscribers create`.
#[derive(Debug, clap::Args)]
#[command(group = clap::ArgGroup::new("who").required(true).args(["phone", "file"]))]
#[command(
    after_help = "Examples:\n  sendcast subscribers create --phone +919876543210 --first-name Asha\n  sendcast subscribers create --file new.csv --country IN"
)]
pub struct Args {
    /// The phone number, with its country code
    #[arg(long, value_name = "PHONE", conflicts_with_all = BulkArgs::ALL)]
    phone: Option<String>,
    /// ISO code of the country that national numbers belong to
    #[arg(long, value_name = "CODE")]
    country: Option<String>,
    /// The first name; in a file, the column `first_name`
    #[arg(long, value_name = "NAME", conflicts_with = "file")]
    first_name: Option<String>,
    /// The last name; in a file, the column `last_name`
    #[arg(long, value_name = "NAME", conflicts_with = "file")]
    last_name: Option<String>,
    #[command(flatten)]
    bulk: BulkArgs,
}

/// Puts somebody on the list and tells their id, or everybody in a file.
///
/// # Errors
/// When the number is none, or Sendwo says no.
pub async fn run(args: Args, ctx: &Context) -> Result<Exit, AppError> {
    let Some(phone) = args.phone else {
        return bulk::run(args.bulk, args.country.as_deref(), Task::Create, ctx).await;
    };
    let phone = phones::parse(&phone, args.country.as_deref())?;
    let who = NewSubscriber::new(phone)
        .first_name(args.first_name.unwrap_or_default())
        .last_name(args.last_name.unwrap_or_default());
    let created = account::client(&ctx.app)?.subscribers().create(&who).await;
    let created = created.map_err(api_output::not_done("sendcast subscribers list"))?;
    let id = created.id.as_ref().map(|id| id.as_str());
    let whole = json!({ "subscriber_id": id, "phone_number": phone.digits(), "message": created.done.text });
    api_output::done(ctx, &whole, id, &format!("{phone} is on the list"), &created.done)?;
    Ok(Exit::Done)
}
