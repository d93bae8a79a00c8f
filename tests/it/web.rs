//! The dashboard at the wire: what a browser, another page, another program of this machine can and can't do.
#![cfg(test)]

#[cfg(target_os = "linux")]
mod canaries;
mod door;
mod drafts;
mod listen;
#[cfg(target_os = "linux")]
mod open;
mod orders;
#[cfg(target_os = "linux")]
mod resume;
pub mod served;
mod uploads;
