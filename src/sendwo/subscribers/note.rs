//! Writing something down about somebody.

use crate::domain::ids::SubscriberId;

use super::super::client::Params;
use super::super::done::Done;
use super::super::error::ApiError;
use super::super::transport::Transport;
use super::Subscribers;

const NOTE: &str = "subscriber/add-note";

impl<T: Transport> Subscribers<'_, T> {
    /// Add Notes, `subscriber/add-note`: "internal notes to subscriber profiles so your sales, support, or marketing
    /// team can track context". Each call adds one.
    ///
    /// # Errors
    /// [`ApiError`], also (of kind `Invalid`) where the note is blank.
    pub async fn add_note(&self, who: &SubscriberId, note: &str) -> Result<Done, ApiError> {
        let note = ApiError::unless_blank(NOTE, note, "the note")?;
        let who = ApiError::unless_blank(NOTE, who.as_str(), "the subscriber's id")?;
        let (path, params) = request(who, note);
        self.client.act(path, params, None).await
    }
}

pub(super) fn request(who: String, note: String) -> (&'static str, Params) {
    (NOTE, vec![("subscriberId".into(), who), ("note".into(), note)])
}
