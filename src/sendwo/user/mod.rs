//! The User API: the account that the token belongs to, its package, modules and usage. One file for each question.

mod info;
mod modules;
mod packages;
mod usage;

pub use info::UserInfo;
pub use modules::Module;
pub use packages::Package;
pub use usage::{Limit, ModuleUsage, Usage};

use super::client::Client;

/// A handle on the account: "read account information, package details, module access, and usage logs connected with
/// your Sendwo account".
/// [`Client::user`] gives it.
///
/// ```no_run
/// # async fn f(client: sendcast::Client) -> Result<(), sendcast::sendwo::ApiError> {
/// let user = client.user();
/// let usage = user.usage().await?;
/// let credit = usage.module("Message Credit").and_then(|module| module.left());
/// println!("{:?} has {credit:?} messages left", user.info().await?.name);
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct User<'a, T> {
    pub(super) client: &'a Client<T>,
}
