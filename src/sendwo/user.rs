//! The User API: the account that the token belongs to.

use serde_json::{Map, Value};

use super::client::Client;
use super::envelope::{id, text};
use super::error::ApiError;
use super::transport::{Method, Transport};
use super::whatsapp::ConnectedNumber;

const MY_INFORMATION: &str = "user/myInfo";

/// A handle on the account.
#[derive(Debug)]
pub struct User<'a, T> {
    pub(super) client: &'a Client<T>,
}

/// "Basic information about the current Sendwo account connected with the API token." Each field is `None`
/// where the answer lacks it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UserInfo {
    /// `user_id`
    pub user_id: Option<String>,
    /// `user_type`, for instance `Member`.
    pub user_type: Option<String>,
    /// `name`
    pub name: Option<String>,
    /// `email`
    pub email: Option<String>,
    /// `package_name`
    pub package_name: Option<String>,
    /// `status`: `"1"` for an active account.
    pub status: Option<String>,
    /// `whatsapp_bots_details`: the numbers that are connected.
    pub numbers: Vec<ConnectedNumber>,
}

impl<T: Transport> User<'_, T> {
    /// My Information, `user/myInfo`. Documented as GET and POST; by POST the token stays out of server logs.
    ///
    /// # Errors
    /// [`ApiError`].
    pub async fn info(&self) -> Result<UserInfo, ApiError> {
        let envelope = self.client.ask(Method::Post, MY_INFORMATION, Vec::new()).await?;
        Ok(envelope.objects().next().map(info).unwrap_or_default())
    }
}

fn info(fields: &Map<String, Value>) -> UserInfo {
    let field = |name: &str| fields.get(name).and_then(text);
    let numbers = fields.get("whatsapp_bots_details").and_then(Value::as_array);
    UserInfo {
        user_id: fields.get("user_id").and_then(id),
        user_type: field("user_type"),
        name: field("name"),
        email: field("email"),
        package_name: field("package_name"),
        status: field("status"),
        numbers: numbers.into_iter().flatten().filter_map(ConnectedNumber::read).collect(),
    }
}
