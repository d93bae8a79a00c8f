//! The numbers that send: which are connected, and what this machine knows of them and of the account's last 24 hours.

use crate::app::account::pages;
use crate::app::{App, AppError};
use crate::domain::ids::NumberId;
use crate::domain::time::Millis;
use crate::engine;
use crate::queue::{Hold, QueueError, local};
use crate::sendwo::{Client, ConnectedNumber, Transport};
use crate::sys::clock::Clock as _;
use crate::sys::home::Home;

/// The WhatsApp numbers that are connected to a client's account.
///
/// # Errors
/// As for [`pages::each`].
pub async fn connected_numbers(
    app: &App,
    client: &Client<impl Transport>,
) -> Result<Vec<ConnectedNumber>, AppError> {
    pages::all(app, "numbers", client.whatsapp().all_connected_numbers()).await
}

/// What is known of a number.
#[derive(Clone, Debug, Default)]
pub struct NumberState {
    /// The rate a second that throttles taught to be sustained; `None` while it is the ceiling.
    pub learnt: Option<f64>,
    /// Nobody may send from it until then, because the server asked for that.
    pub hold: Option<Hold>,
    /// The campaigns that send from it just now.
    pub campaigns: Vec<String>,
}

/// What is known of a number in this data directory.
///
/// # Errors
/// The disk's.
pub fn number_state(app: &App, home: &Home, id: &NumberId) -> Result<NumberState, QueueError> {
    let dir = home.number(id);
    let now = app.clock.now();
    let parties = local::in_line(&app.disk, &dir)?;
    Ok(NumberState {
        learnt: local::kept_lesson(&*app.disk, &dir, now)?.and_then(|lesson| lesson.rate),
        hold: local::kept_hold(&*app.disk, &dir)?.and_then(|hold| hold.in_force(now)),
        campaigns: parties.into_iter().map(|party| party.campaign).collect(),
    })
}

/// How many different people the account on this server has written to within 24 hours, and when the first of these places is
/// free again; `None` where it has written to nobody.
///
/// # Errors
/// The disk's.
pub fn written_to_lately(app: &App, home: &Home, origin: &str) -> Result<Option<(Millis, u64)>, AppError> {
    Ok(engine::quota_taken(&app.disk, home.account(origin), app.clock.now())?)
}
