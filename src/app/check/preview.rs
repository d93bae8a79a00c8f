//! One message as its reader will see it.

use crate::app::account::{Account, TrialOptions};
use crate::app::campaign_dir::CampaignDir;
use crate::app::open::Chosen;
use crate::app::options::Choices;
use crate::app::plan::known::Known;
use crate::app::plan::people::{self, Places};
use crate::app::{App, AppError, optouts, phones};
use crate::campaign::preview::{Pick, preview as pick_row};
use crate::campaign::{Campaign, People, PlanOptions};
use crate::domain::message::Message;
use crate::domain::payload::Payload;
use crate::domain::plan::{Fate, PlannedRow};

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
    let chosen = Chosen::of(app, &request.campaign, request.sandbox, &request.choices)?;
    let lists = format!("`sendcast check {}` lists every bad row", request.campaign);
    planned(app, chosen, (request.sandbox, false), |campaign, options| {
        let pick = pick(campaign, &request.whom)?;
        match pick_row(campaign, pick, options)? {
            Some(row) => Previewed::of(row),
            None => Err(nobody(pick).hint(lists)),
        }
    })
    .await
}

/// Which row of a campaign is meant.
///
/// # Errors
/// When there is no such variant, or the number is none.
pub(in crate::app) fn pick<'a>(campaign: &'a Campaign, whom: &Whom) -> Result<Pick<'a>, AppError> {
    Ok(match whom {
        Whom::First => Pick::First,
        Whom::Variant(name) => Pick::Variant(campaign.variant(name)?),
        Whom::Row(row) => Pick::Row(*row),
        Whom::To(to) => Pick::To(phones::parse_in(to, campaign.audience.country)?),
    })
}

/// Says that no row is the one that is meant.
pub(in crate::app) fn nobody(pick: Pick<'_>) -> AppError {
    AppError::usage(match pick {
        Pick::First => "no row can be sent to".to_owned(),
        Pick::Variant(name) => format!("nobody gets the variant `{name}`"),
        Pick::Row(row) => format!("the audience has no row {row}"),
        Pick::To(_) => "nobody in the audience has that number".to_owned(),
    })
}

/// Hands a campaign to `look`, with what planning it needs to know; nobody need be named to send. `offline`: the account
/// isn't asked whom labels mean.
///
/// # Errors
/// When what is to be known can't be read, or what `look` says.
pub(in crate::app) async fn planned<R>(
    app: &App,
    mut chosen: Chosen,
    (sandbox, offline): (bool, bool),
    look: impl for<'a> FnOnce(&'a Campaign, PlanOptions<'a>) -> Result<R, AppError>,
) -> Result<R, AppError> {
    let account = Account::of(app, sandbox);
    let (dir, trial) = (chosen.dir.clone(), TrialOptions::default());
    let places = Places { home: &chosen.home, dir: &dir, trial: None };
    let _asked = people::ask(app, &account, &mut chosen.campaign, places, (offline, &trial)).await?;
    let campaign = &chosen.campaign;
    let (listed, damage) = optouts::open_damaged(app, &chosen.home)?;
    if let Some(damage) = damage {
        app.warn(damage.message);
    }
    let own = chosen.campaign_dir.as_ref().map(CampaignDir::round_dir);
    let counted = (account.origin(), own);
    let known = Known::read(app, &chosen.home, campaign, counted, listed, People::new())?;
    look(campaign, PlanOptions { known: &known, without_sender: true, ..PlanOptions::default() })
}

impl Previewed {
    /// What is sent to a row.
    ///
    /// # Errors
    /// Why nothing is.
    pub(in crate::app) fn of(row: PlannedRow) -> Result<Previewed, AppError> {
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
}
