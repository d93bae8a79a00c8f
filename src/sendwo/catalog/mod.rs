//! The Catalog API: connected catalogs, and the orders from them.

mod catalogs;
mod orders;

pub use catalogs::Catalog;
pub use orders::CatalogOrder;

use super::client::Client;

/// A handle on the account's catalogs: "fetch catalog details, sync catalog data, view catalog orders". The
/// documentation names no endpoint for updating an order's status.
/// [`Client::catalog`] gives it.
///
/// ```no_run
/// # async fn f(client: sendcast::Client) -> Result<(), sendcast::sendwo::ApiError> {
/// let catalog = client.catalog();
/// for connected in catalog.all().collect().await? {
///     println!("{connected:?}");
/// }
/// println!("{} orders", catalog.all_orders().collect().await?.len());
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Catalogs<'a, T> {
    pub(super) client: &'a Client<T>,
}
