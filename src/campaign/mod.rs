//! What to send: the campaign file, tables, templates, the planner.

pub mod tables;
