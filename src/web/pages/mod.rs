//! One file for each place of the dashboard: what it shows, and what its forms do.

pub(super) mod account;
pub(super) mod campaign;
pub(super) mod campaigns;
pub(super) mod checking;
pub(super) mod drafts;
pub(super) mod enter;
pub(super) mod help;
pub(super) mod message;
pub(super) mod numbers;
pub(super) mod opt_outs;
mod orders;
pub(super) mod people;
pub(super) mod report;
pub(super) mod send;
pub(super) mod sending;
