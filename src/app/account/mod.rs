//! The account at Sendwo, or the imitation of one: reaching it, its lists, and what is asked of it before the first
//! message.
//!
//! Invariants:
//!
//! - A token goes to the server that it was given for and to no other.
//! - What is asked here changes nothing.

pub mod credentials;
mod labels;
mod login;
mod number;
pub mod pages;
pub mod preflight;
mod reach;
pub mod trial;

pub use credentials::Credentials;
pub use labels::Labels;
pub use login::{LoggedIn, log_in};
pub use number::{NumberState, connected_numbers, number_state, written_to_lately};
pub use reach::{Account, Reached, client, client_of};
pub use trial::TrialOptions;
