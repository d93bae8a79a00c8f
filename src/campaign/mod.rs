//! What to send: the campaign file, tables, templates, the planner.

pub mod error;
mod file;
mod plan;
mod rates;
mod recognise;
pub mod tables;
pub mod template;
mod text;

pub use self::error::{CampaignError, Invalid};
pub use self::file::audience::{Audience, Duplicates, Exclude, Selection, Source};
pub use self::file::campaign::{Campaign, Content, Draft, Retry, name_of_file};
pub use self::file::json::{Name, NameError, schema};
pub use self::file::json_audience::delimiter;
pub use self::file::overrides::Overrides;
pub use self::file::retarget::Retarget;
pub use self::file::rowwise::Rowwise;
pub use self::file::sample::Sample;
pub use self::file::{duration, starter};
pub use self::plan::known_people::{KnownPeople, People};
pub use self::plan::lookup::PhoneBy;
pub use self::plan::planner::{
    Numbers, PersonOf, PlanOptions, Planner, Rejected, RowWarning, ShownRow, Understood, Warnings,
    fitting_countries, understand,
};
pub use self::plan::senders::Spread;
pub use self::plan::source::{OF_CAMPAIGN, source_hash};
pub use self::plan::{preview, profile};
pub use self::recognise::{country, headers};
