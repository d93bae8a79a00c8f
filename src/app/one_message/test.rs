//! A campaign's first message, to the operator's own phone.

use super::send::{OneMessage, OneSent, send};
use crate::app::account::preflight::{self, Intended};
use crate::app::account::{Account, TrialOptions};
use crate::app::open::Chosen;
use crate::app::options::Choices;
use crate::app::plan::people::{self, Places};
use crate::app::{App, AppError, phones};
use crate::campaign::{Campaign, PlanOptions, Planner};
use crate::domain::ids::NumberId;
use crate::domain::message::Message;
use crate::domain::payload::Payload;
use crate::domain::phone::Phone;
use crate::domain::plan::Fate;

/// What is to be tried on whom.
#[derive(Clone, Debug, Default)]
pub struct TestRequest {
    /// The campaign: its file, or its name.
    pub campaign: String,
    /// To the imitation: nothing reaches WhatsApp.
    pub sandbox: bool,
    /// What was said this time.
    pub choices: Choices,
    /// One's own number; a national one of the campaign's country, too.
    pub to: String,
    /// The variant of the message; the first person's when absent.
    pub variant: Option<String>,
    /// The account isn't asked anything before.
    pub offline: bool,
    /// How the imitation behaves.
    pub trial: TrialOptions,
}

/// Sends the first row's message to one phone; it is no part of the campaign.
///
/// # Errors
/// When the campaign can't be planned, or nothing could be sent.
pub async fn test(app: &App, request: &TestRequest) -> Result<(Phone, OneSent), AppError> {
    let mut chosen = Chosen::of(app, &request.campaign, request.sandbox, &request.choices)?;
    let to = phones::parse_in(&request.to, chosen.campaign.audience.country)?;
    let account = Account::of(app, request.sandbox).with_timeout(request.trial.timeout);
    let dir = chosen.dir.clone();
    let places = Places { home: &chosen.home, dir: &dir, trial: Some(&dir) };
    let mut asked = people::ask(app, &account, &mut chosen.campaign, places, (false, &request.trial)).await?;
    let (from, message) = first(&chosen.campaign, request.variant.as_deref())?;
    let reached = account.reach_unless(asked.reached.take(), app, Some(&dir), &request.trial)?;
    if account.is_trial() {
        app.note("a trial in the sandbox: nothing reaches WhatsApp");
    } else if !request.offline {
        let intended = Intended { senders: std::slice::from_ref(&from), messages: 1, strangers: 1 };
        preflight::check(app, &reached.client, &intended).await?;
    }
    let message = OneMessage { campaign: chosen.name.clone(), source: "test", from, to, message };
    let sent = send(app, chosen.home.clone(), (&account, &reached), &chosen.stored, message).await?;
    Ok((to, sent))
}

/// The campaign's first good message, of a variant where one is named, and who sends it.
fn first(campaign: &Campaign, variant: Option<&str>) -> Result<(NumberId, Message), AppError> {
    let variant = variant.map(|name| campaign.variant(name)).transpose()?;
    let planner = Planner::new(campaign, PlanOptions::default())?;
    let senders = planner.head().senders.clone();
    for row in planner {
        let row = row?;
        let sender = senders.get(usize::from(row.sender.0));
        let wanted = variant.is_none_or(|name| row.variant.as_deref() == Some(name));
        if let (Fate::Send(Payload::Message(message)), Some(from), true) = (row.fate, sender, wanted) {
            return Ok((from.clone(), message));
        }
    }
    Err(AppError::usage(match variant {
        None => "no row can be sent to, so there is no message to test".to_owned(),
        Some(name) => format!("nobody gets the variant `{name}`, so there is no message to test"),
    }))
}
