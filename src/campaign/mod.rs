//! What to send: the campaign file, tables, templates, the planner.

mod audience;
mod columns;
mod content;
pub mod duration;
pub mod error;
pub mod file;
pub mod headers;
mod json;
mod json_audience;
mod json_numbers;
mod lookup;
mod people;
pub mod planner;
pub mod preview;
pub mod profile;
mod recognise;
mod rowwise;
mod scope;
mod senders;
mod source;
pub mod starter;
pub mod tables;
pub mod template;

pub use self::audience::{Audience, Duplicates, Source};
pub use self::error::{CampaignError, Invalid};
pub use self::file::{Campaign, Content, Draft, Overrides, Retry, name_of_file};
pub use self::json::{Name, NameError, schema};
pub use self::json_audience::delimiter;
pub use self::planner::{PersonOf, PlanOptions, Planner, RowWarning, Warnings};
pub use self::rowwise::Rowwise;
pub use self::source::source_hash;
