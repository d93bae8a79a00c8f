//! `serve`: the dashboard in a browser.

mod address;
mod run;
mod set_password;

pub use run::{Args, run};
