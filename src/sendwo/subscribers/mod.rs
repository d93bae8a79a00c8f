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
/// Sendwo". [`Client::subscribers`] gives it.
///
/// ```no_run
/// use sendcast::sendwo::NewSubscriber;
///
/// # async fn f(client: sendcast::Client) -> Result<(), Box<dyn std::error::Error>> {
/// let subscribers = client.subscribers();
/// let new = NewSubscriber::new("+91 98765 43210".parse()?).first_name("Amit");
/// if let Some(id) = subscribers.create(&new).await?.id {
///     subscribers.add_note(&id, "Asked for the price list").await?;
/// }
/// let mut everybody = subscribers.all();
/// while let Some(subscriber) = everybody.next().await {
///     println!("{}", subscriber?.name());
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Subscribers<'a, T> {
    pub(super) client: &'a Client<T>,
}
