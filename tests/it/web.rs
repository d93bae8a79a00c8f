//! The dashboard at the wire: what a browser, another page, another program of this machine can and can't do.
#![cfg(test)]

mod door;
mod drafts;
mod orders;
pub mod served;
mod uploads;
