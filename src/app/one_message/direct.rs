//! One message that no campaign says.

use super::send::{OneMessage, OneSent, send};
use crate::app::account::preflight::{self, Intended};
use crate::app::account::{Account, TrialOptions};
use crate::app::options::SavedOptions;
use crate::app::{App, AppError};
use crate::domain::ids::NumberId;
use crate::domain::message::Message;
use crate::domain::phone::Phone;

/// What is to be sent to whom.
#[derive(Clone, Debug)]
pub struct DirectRequest {
    /// What; it is within WhatsApp's limits.
    pub message: Message,
    /// To whom.
    pub to: Phone,
    /// Which number sends.
    pub from: NumberId,
    /// To the imitation: nothing reaches WhatsApp.
    pub sandbox: bool,
    /// The account isn't asked anything before.
    pub offline: bool,
    /// How the imitation behaves.
    pub trial: TrialOptions,
}

/// Sends it.
///
/// # Errors
/// When nothing could be sent.
pub async fn direct(app: &App, request: DirectRequest) -> Result<OneSent, AppError> {
    let DirectRequest { message, to, from, sandbox, offline, trial } = request;
    let home = app.home(sandbox)?;
    let account = Account::of(app, sandbox).with_timeout(trial.timeout);
    let reached = account.reach(app, None, &trial)?;
    if account.is_trial() {
        app.note("a trial in the sandbox: nothing reaches WhatsApp");
    } else if !offline {
        let intended = Intended { senders: std::slice::from_ref(&from), messages: 1, strangers: 1 };
        preflight::check(app, &reached.client, &intended).await?;
    }
    // No campaign can be called so.
    let campaign = format!("send {}", message.kind());
    let message = OneMessage { campaign, source: "send", from, to, message };
    send(app, home, (&account, &reached), &SavedOptions::default(), message).await
}
