//! Removing a campaign from the data directory.
//!
//! Invariants: nobody is sending while it is removed; interrupted at any point, what is left is found and removed by
//! erasing it again.

mod erasure;
mod webhooks;

pub use erasure::{Erased, Erasure};
