//! Webhooks in: shapes, the inbox, the wire.
#![cfg(test)]

mod inbox;
mod shapes;
mod wire;
