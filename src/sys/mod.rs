//! The outside as traits, so that tests can hold time and disk in their hands, and the one file that knows
//! what differs by platform.

pub mod clock;
pub mod disk;
pub mod home;
pub mod http;
mod medium;
pub mod memory_disk;
pub mod panics;
pub mod platform;
pub mod sealed;
pub mod tls;
