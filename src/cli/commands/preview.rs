//! `preview CAMPAIGN [--row N | --to PHONE]`

use serde_json::json;

use crate::app::AppError;
use crate::app::check::{PreviewRequest, Previewed, Whom, preview};
use crate::cli::args::{CampaignArgs, SourceArgs};
use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::ui::phone_bubble;

/// Arguments of `preview`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  sendcast preview diwali.json\n  sendcast preview diwali.json --to +919876543210"
)]
pub struct Args {
    #[command(flatten)]
    campaign: CampaignArgs,
    #[command(flatten)]
    source: SourceArgs,
    /// As row N of the audience will read it (the header is row 1)
    #[arg(long, value_name = "N", conflicts_with = "to")]
    row: Option<u32>,
    /// As the first person who gets this variant of the message will read it
    #[arg(long, value_name = "NAME", conflicts_with_all = ["row", "to"])]
    variant: Option<String>,
    /// As this person will read it
    #[arg(long, value_name = "PHONE")]
    to: Option<String>,
}

/// Shows the message of the first row, or of the one that was picked.
///
/// # Errors
/// When there is no such row, or nothing is sent to it.
pub async fn run(args: Args, ctx: &Context) -> Result<Exit, AppError> {
    let whom = match (args.row, args.to, args.variant) {
        (Some(row), ..) => Whom::Row(row),
        (None, Some(to), _) => Whom::To(to),
        (None, None, Some(variant)) => Whom::Variant(variant),
        (None, None, None) => Whom::First,
    };
    let CampaignArgs { campaign, sandbox } = args.campaign;
    let request = PreviewRequest { campaign, sandbox, choices: args.source.choices(), whom };
    let Previewed { row, to, variant, message } = preview(&ctx.app, &request).await?;
    if ctx.json() {
        ctx.out_json(&json!({ "row": row, "to": to, "variant": variant, "message": message }))?;
        return Ok(Exit::Done);
    }
    let place = row.map_or_else(String::new, |row| format!("row {row}, "));
    let variant = variant.map_or_else(String::new, |variant| format!(", variant `{variant}`"));
    ctx.say(&format!("{place}to {to}{variant}:"));
    let columns = ctx.printer.result_columns().unwrap_or(80);
    ctx.out(&phone_bubble::render(&message, columns, ctx.printer.result_color()))?;
    Ok(Exit::Done)
}
