//! The report as a page: one file that a browser opens, and that can be sent on or printed.
//!
//! - Nothing is loaded from elsewhere and no script runs; a Content Security Policy in it says so.
//! - What comes from outside is escaped, tidied of control and bidi characters, and kept apart from the text around it.
//! - Of the recipients it shows the first `MAX_RECIPIENTS`, and says where the rest is.

mod page;
mod recipients;
mod sections;

pub(super) use page::Page;
pub use sections::{CSS, badge, sections};
