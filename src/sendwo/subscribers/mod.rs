//! The Subscriber API: the people on the account's list. One file for each thing to do.

mod action;
mod create;
mod label;
mod list;
mod note;
mod update;

pub(super) use action::request as action_request;
pub use create::NewSubscriber;
pub use list::Subscriber;
pub use update::SubscriberUpdate;

use super::client::Client;

/// A handle on the account's subscribers: "create, update, segment, label, and manage WhatsApp subscribers inside
/// Sendwo".
#[derive(Debug)]
pub struct Subscribers<'a, T> {
    pub(super) client: &'a Client<T>,
}
