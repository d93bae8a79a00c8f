//! Giving somebody labels.

use crate::domain::ids::{LabelId, SubscriberId};

use super::super::client::Params;
use super::super::done::Done;
use super::super::error::ApiError;
use super::super::transport::Transport;
use super::Subscribers;

const ASSIGN: &str = "subscriber/assign-labels";

impl<T: Transport> Subscribers<'_, T> {
    /// Assign Labels, `subscriber/assign-labels`: "one or more labels to subscribers for segmentation, retargeting,
    /// campaign filtering, or automation triggers". They travel as `labelIds=12,18,22`.
    ///
    /// # Errors
    /// [`ApiError`], also (of kind `Invalid`) without a label, or with an id that holds a comma.
    pub async fn assign_labels(&self, who: &SubscriberId, labels: &[LabelId]) -> Result<Done, ApiError> {
        let ids: Vec<&str> = labels.iter().map(LabelId::as_str).collect();
        if ids.is_empty() {
            return Err(ApiError::invalid(ASSIGN, "no label is named"));
        }
        if let Some(id) = ids.iter().find(|id| id.trim().is_empty() || id.contains(',')) {
            return Err(ApiError::invalid(ASSIGN, format!("`{id}` is no label's id")));
        }
        let who = ApiError::unless_blank(ASSIGN, who.as_str(), "the subscriber's id")?;
        let (path, params) = request(who, &ids);
        self.client.act(path, params, None).await
    }
}

pub(super) fn request(who: String, ids: &[&str]) -> (&'static str, Params) {
    (ASSIGN, vec![("subscriberId".into(), who), ("labelIds".into(), ids.join(","))])
}
