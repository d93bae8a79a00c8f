//! Webhooks in: shapes, the inbox, the wire.
#![cfg(test)]

mod desk;
mod inbox;
mod listen;
mod shapes;
mod stops;
mod wire;
