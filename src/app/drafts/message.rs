//! The message of a draft, also while it is being typed.

use serde_json::Value;

use crate::app::drafts::Draft;
use crate::app::{App, AppError};
use crate::campaign::preview::{Pick, preview};
use crate::campaign::{Campaign, PlanOptions};
use crate::domain::message::Message;
use crate::domain::phone::Phone;
use crate::domain::plan::Fate;

/// A message as one person would read it.
#[derive(Clone, Debug)]
pub struct Typed {
    /// The row, as the spreadsheet counts.
    pub row: Option<u32>,
    /// To whom; `None` where the row has no number that can be written to.
    pub to: Option<Phone>,
    /// What stands in the number's place.
    pub written: String,
    /// What they read; else why nothing is sent to them.
    pub message: Result<Message, String>,
}

/// What a row's person (the first that would be written to, where none is named) reads of `message`, which needn't be saved.
///
/// # Errors
/// When the message can't be: a column that isn't there, a mistake in it.
pub fn typed(app: &App, draft: &Draft, message: Option<Value>, row: Option<u32>) -> Result<Typed, AppError> {
    let mut file = draft.json(app)?;
    if let Some(message) = message {
        file.shift_remove("variants");
        file.insert("message".into(), message);
    }
    let campaign = Campaign::parse(&draft.file(), &Value::Object(file).to_string())?;
    let pick = row.map_or(Pick::First, Pick::Row);
    let Some(row) = preview(&campaign, pick, PlanOptions::default())? else {
        return Err(AppError::usage(match row {
            Some(row) => format!("the spreadsheet has no row {row}"),
            None => "no row can be sent to".to_owned(),
        }));
    };
    let message = match &row.fate {
        Fate::Send(payload) => payload.message().cloned().ok_or_else(|| "it writes to nobody".to_owned()),
        Fate::Skip { problem, .. } => Err(problem.to_string()),
    };
    Ok(Typed { row: row.row, to: row.phone, written: row.to.to_string(), message })
}
