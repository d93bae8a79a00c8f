//! `preview CAMPAIGN [--row N | --to PHONE]`

use serde_json::json;

use crate::campaign::PlanOptions;
use crate::campaign::preview::{Pick, preview};
use crate::cli::args::{CampaignArgs, SourceArgs};
use crate::cli::choices::{self, ChoiceArgs};
use crate::cli::context::Context;
use crate::cli::error::CliError;
use crate::cli::exit::Exit;
use crate::cli::opening::Source;
use crate::cli::reach::Account;
use crate::cli::stored::Stored;
use crate::cli::trial::HiddenFaultArgs;
use crate::cli::{kept, optouts, phones, standard_input, subscribed};
use crate::domain::payload::Payload;
use crate::domain::plan::Fate;
use crate::engine::OptOuts;
use crate::sys::clock::Clock;
use crate::ui::phone_bubble;

/// Arguments of `preview`.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    campaign: CampaignArgs,
    #[command(flatten)]
    source: SourceArgs,
    /// As row N of the audience will read it (the header is row 1)
    #[arg(long, value_name = "N", conflicts_with = "to")]
    row: Option<u32>,
    /// As this person will read it
    #[arg(long, value_name = "PHONE")]
    to: Option<String>,
}

/// Shows the message of the first row, or of the one that was picked.
///
/// # Errors
/// When there is no such row, or nothing is sent to it.
pub async fn run(args: &Args, ctx: &Context) -> Result<Exit, CliError> {
    standard_input::refuse_as_campaign(&args.campaign.campaign)?;
    let source = Source::find(ctx, ctx.home(args.campaign.sandbox)?, &args.campaign.campaign)?;
    let choices = ChoiceArgs { source: args.source.clone(), ..ChoiceArgs::default() };
    let (said, _spool) = choices::choose(ctx, &source, &choices)?;
    let stored = Stored::load(&*ctx.disk, &source.dir())?.with(said.clone(), ctx.clock.now());
    let (home, dir) = (source.home.clone(), source.dir());
    let mut campaign = source.campaign()?;
    campaign
        .apply(choices::overrides(&stored))
        .map_err(|error| kept::explain(ctx, error.into(), &stored, &said))?;
    let account = Account::of(ctx, args.campaign.sandbox);
    let _asked =
        subscribed::ask(ctx, &account, &mut campaign, (&dir, None), &HiddenFaultArgs::default()).await?;
    let country = campaign.audience.country;
    let pick = match (args.row, &args.to) {
        (Some(row), _) => Pick::Row(row),
        (None, Some(to)) => Pick::To(phones::parse_in(to, country)?),
        (None, None) => Pick::First,
    };
    let (listed, damage) = optouts::open_damaged(ctx, &home)?;
    if let Some(damage) = damage {
        ctx.warn(&damage.message);
    }
    let opted_out = |phone| listed.contains(phone);
    let options = PlanOptions { opted_out: Some(&opted_out), without_sender: true, ..PlanOptions::default() };
    let Some(row) = preview(&campaign, pick, options)? else {
        return Err(CliError::usage(match pick {
            Pick::First => "no row can be sent to".to_owned(),
            Pick::Row(row) => format!("the audience has no row {row}"),
            Pick::To(_) => "nobody in the audience has that number".to_owned(),
        })
        .hint(format!("`sendcast check {}` lists every bad row", args.campaign.campaign)));
    };
    let place = row.row.map_or_else(String::new, |row| format!("row {row}, "));
    match &row.fate {
        Fate::Send(Payload::SubscriberAction(_)) => Err(CliError::usage("it writes to nobody")),
        Fate::Send(Payload::Message(message)) => {
            if ctx.json() {
                ctx.out_json(&json!({ "row": row.row, "to": row.to, "message": message }))?;
            } else {
                ctx.say(&format!("{place}to {}:", row.to));
                let columns = ctx.printer.result_columns().unwrap_or(80);
                ctx.out(&phone_bubble::render(message, columns, ctx.printer.result_color()))?;
            }
            Ok(Exit::Done)
        }
        Fate::Skip { problem, .. } => {
            // A cell that is no number is shown, so that it can be mended.
            let to = row.phone.map_or_else(|| row.to.to_string(), |phone| phone.to_string());
            Err(CliError::usage(format!("{place}to {to}: nothing is sent: {problem}")))
        }
    }
}
