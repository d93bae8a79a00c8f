//! Webhooks in: shapes, the inbox, the wire.
#![cfg(test)]

pub mod desk;
mod inbox;
mod listen;
mod replies;
mod retarget;
mod shapes;
mod stops;
mod unknown;
mod wire;
