//! What to send: the campaign file, tables, templates, the planner.

pub mod duration;
pub mod error;
pub mod headers;
pub mod tables;
pub mod template;
