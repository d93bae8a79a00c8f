//! What to send: the campaign file, tables, templates, the planner.

mod code;
mod columns;
mod compile;
mod content;
pub mod duration;
pub mod error;
pub mod file;
mod filters;
pub mod headers;
mod json;
mod lists;
mod lookup;
mod people;
pub mod planner;
pub mod preview;
mod rowwise;
mod scope;
mod senders;
mod source;
pub mod starter;
mod straight;
pub mod tables;
pub mod template;

pub use self::error::{CampaignError, Invalid};
pub use self::file::{Audience, Campaign, Content, Draft, Overrides, Retry, Source, name_of_file};
pub use self::json::{Name, NameError, schema};
pub use self::planner::{PersonOf, PlanOptions, Planner, RowWarning, Warnings};
pub use self::rowwise::Rowwise;
pub use self::source::source_hash;
