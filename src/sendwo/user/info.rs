//! Whose account it is.

use serde::Serialize;
use serde_json::{Map, Value};

use super::super::error::ApiError;
use super::super::fields::Fields;
use super::super::transport::{Method, Transport};
use super::super::whatsapp::ConnectedNumber;
use super::User;

const MY_INFORMATION: &str = "user/myInfo";

/// "Basic information about the current Sendwo account connected with the API token." Each field is `None`
/// where the answer lacks it.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct UserInfo {
    /// `user_id`
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_id: Option<String>,
    /// `user_type`, for instance `Member`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_type: Option<String>,
    /// `name`
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// `email`
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// `package_name`
    #[serde(skip_serializing_if = "Option::is_none")]
    pub package_name: Option<String>,
    /// `status`: `"1"` for an active account.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    /// `whatsapp_bots_details`: the numbers that are connected.
    #[serde(rename = "whatsapp_bots_details")]
    pub numbers: Vec<ConnectedNumber>,
    /// What else was said. Siblings tell when the package ends (`expired_date`), for instance.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

impl<T: Transport> User<'_, T> {
    /// My Information, `user/myInfo`. Documented as GET and POST; by POST the token stays out of server logs.
    ///
    /// # Errors
    /// [`ApiError`].
    pub async fn info(&self) -> Result<UserInfo, ApiError> {
        self.client
            .ask_for(Method::Post, MY_INFORMATION, Vec::new(), |envelope| envelope.objects().find_map(read))
            .await
    }
}

fn read(fields: &Map<String, Value>) -> Option<UserInfo> {
    let mut fields = Fields::of(&Value::Object(fields.clone()))?;
    let numbers = fields.take(&["whatsapp_bots_details"], |value| match value {
        Value::Array(rows) => Some(rows.iter().filter_map(ConnectedNumber::read).collect()),
        Value::Object(rows) => Some(rows.values().filter_map(ConnectedNumber::read).collect()),
        _ => None,
    });
    Some(UserInfo {
        user_id: fields.id(&["user_id"], |id| id),
        user_type: fields.text(&["user_type"]),
        name: fields.text(&["name"]),
        email: fields.text(&["email"]),
        package_name: fields.text(&["package_name"]),
        status: fields.text(&["status"]),
        numbers: numbers.unwrap_or_default(),
        other: fields.rest(),
    })
}
