//! The run: one dispatcher owns the queue; senders, lookups and orders hand it events.

mod company;
mod conversation;
mod crew;
mod dispatcher;
mod ending;
mod flight;
pub mod folding;
mod following;
mod gate;
mod hasten;
mod hooked;
mod inbox;
mod landing;
mod lane;
mod likeness;
mod looking;
mod meter;
mod number;
mod offset;
pub mod optout;
pub mod orders;
mod pacer;
mod people;
mod reads;
mod reconciler;
pub mod replies;
mod round_hooks;
mod run;
mod sender;
mod settling;
mod setup;
pub mod snapshot;
mod suspects;
mod tracker;

pub use run::run;
pub use setup::{Elsewhere, Ending, EngineError, OptOuts, Options, Setup, SharedOptOuts};
