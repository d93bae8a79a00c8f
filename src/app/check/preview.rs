//! One message as its reader will see it.

use crate::app::account::{Account, TrialOptions};
use crate::app::campaign_dir::CampaignDir;
use crate::app::open::Chosen;
use crate::app::options::Choices;
use crate::app::plan::contacts::Capped;
use crate::app::plan::exclusions::Exclusions;
use crate::app::plan::people::{self, Places};
use crate::app::{App, AppError, optouts, phones};
use crate::campaign::PlanOptions;
use crate::campaign::preview::{Pick, preview as pick_row};
use crate::domain::message::Message;
use crate::domain::payload::Payload;
use crate::domain::plan::Fate;
use crate::engine::OptOuts;

/// Whose message to look at.
#[derive(Clone, Debug, Default)]
pub enum Whom {
    /// The first that would be sent.
    #[default]
    First,
    /// The first that would be sent this variant of the message.
    Variant(String),
    /// That row, as the spreadsheet counts.
    Row(u32),
    /// That person, by their number; a national one of the campaign's country, too.
    To(String),
}

/// What is to be looked at.
#[derive(Clone, Debug, Default)]
pub struct PreviewRequest {
    /// The campaign: its file, or its name.
    pub campaign: String,
    /// As a trial.
    pub sandbox: bool,
    /// What was said this time.
    pub choices: Choices,
    /// Whose message.
    pub whom: Whom,
}

/// A message that would be sent.
#[derive(Clone, Debug)]
pub struct Previewed {
    /// The row, as the spreadsheet counts.
    pub row: Option<u32>,
    /// To whom.
    pub to: String,
    /// The variant that they get, where the campaign has several.
    pub variant: Option<String>,
    /// What.
    pub message: Message,
}

/// Plans until the wanted row has come.
///
/// # Errors
/// When there is no such row, or nothing is sent to it.
pub async fn preview(app: &App, request: &PreviewRequest) -> Result<Previewed, AppError> {
    let mut chosen = Chosen::of(app, &request.campaign, request.sandbox, &request.choices)?;
    let account = Account::of(app, request.sandbox);
    let (dir, trial) = (chosen.dir.clone(), TrialOptions::default());
    let places = Places { home: &chosen.home, dir: &dir, trial: None };
    let _asked = people::ask(app, &account, &mut chosen.campaign, places, (false, &trial)).await?;
    let campaign = &chosen.campaign;
    let pick = match &request.whom {
        Whom::First => Pick::First,
        Whom::Variant(name) => Pick::Variant(campaign.variant(name)?),
        Whom::Row(row) => Pick::Row(*row),
        Whom::To(to) => Pick::To(phones::parse_in(to, campaign.audience.country)?),
    };
    let (listed, damage) = optouts::open_damaged(app, &chosen.home)?;
    if let Some(damage) = damage {
        app.warn(damage.message);
    }
    let opted_out = |phone| listed.contains(phone);
    let own = chosen.campaign_dir.as_ref().map(CampaignDir::round_dir);
    let exclusions = Exclusions::of(app, &chosen.home, campaign)?.with_forgotten(app, own.as_deref())?;
    let excluded = |phone| exclusions.list_of(phone);
    let contacts = Capped::read(app, &chosen.home, campaign.cap, (account.origin(), own))?;
    let capped = |phone| contacts.judge(phone);
    let options = PlanOptions {
        capped: Some(&capped),
        opted_out: Some(&opted_out),
        excluded: Some(&excluded),
        without_sender: true,
        ..PlanOptions::default()
    };
    let Some(row) = pick_row(campaign, pick, options)? else {
        return Err(AppError::usage(match pick {
            Pick::First => "no row can be sent to".to_owned(),
            Pick::Variant(name) => format!("nobody gets the variant `{name}`"),
            Pick::Row(row) => format!("the audience has no row {row}"),
            Pick::To(_) => "nobody in the audience has that number".to_owned(),
        })
        .hint(format!("`sendcast check {}` lists every bad row", request.campaign)));
    };
    match row.fate {
        Fate::Send(Payload::SubscriberAction(_)) => Err(AppError::usage("it writes to nobody")),
        Fate::Send(Payload::Message(message)) => {
            let variant = row.variant.map(|variant| variant.to_string());
            Ok(Previewed { row: row.row, to: row.to.to_string(), variant, message })
        }
        Fate::Skip { problem, .. } => {
            // A cell that is no number is shown, so that it can be mended.
            let to = row.phone.map_or_else(|| row.to.to_string(), |phone| phone.to_string());
            let place = row.row.map_or_else(String::new, |row| format!("row {row}, "));
            Err(AppError::usage(format!("{place}to {to}: nothing is sent: {problem}")))
        }
    }
}
