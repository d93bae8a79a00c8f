//! What a data directory knows of the people in an audience.

use std::path::PathBuf;

use crate::app::plan::contacts::Capped;
use crate::app::plan::exclusions::Exclusions;
use crate::app::plan::hours::Never;
use crate::app::plan::wrote_before::WroteBefore;
use crate::app::{App, AppError};
use crate::campaign::{Campaign, KnownPeople, People};
use crate::domain::ids::NumberId;
use crate::domain::phone::{Phone, PhoneIdentity};
use crate::domain::problem::Problem;
use crate::engine::OptOuts as _;
use crate::engine::optout::OptOutList;
use crate::sys::home::Home;

/// Who is to be left out, who wrote to whom.
pub struct Known {
    opt_outs: OptOutList,
    exclusions: Exclusions,
    capped: Capped,
    never: Never,
    written_to: People,
    wrote_before: WroteBefore,
}

impl Known {
    /// Reads what concerns a campaign on this server. `own`: its newest round, whose messages no cap counts, and in which people
    /// may have been forgotten; whom that wrote to before is `written_to`, where a sample has to know.
    ///
    /// # Errors
    /// When a list or a ledger can't be read.
    pub fn read(
        app: &App,
        home: &Home,
        campaign: &Campaign,
        (origin, own): (&str, Option<PathBuf>),
        opt_outs: OptOutList,
        written_to: People,
    ) -> Result<Known, AppError> {
        Ok(Known {
            opt_outs,
            exclusions: Exclusions::of(app, home, campaign)?.with_forgotten(app, own.as_deref())?,
            capped: Capped::read(app, home, campaign.cap, (origin, own))?,
            never: Never::of(app, campaign),
            written_to,
            wrote_before: WroteBefore::read(app, home, &campaign.from, origin)?,
        })
    }
}

impl KnownPeople for Known {
    fn has_opted_out(&self, phone: Phone) -> bool {
        self.opt_outs.contains(phone)
    }

    fn excluded_by(&self, phone: Phone) -> Option<&str> {
        self.exclusions.list_of(phone)
    }

    fn capped(&self, phone: Phone) -> Option<Problem> {
        self.capped.judge(phone)
    }

    fn never(&self, phone: Phone) -> Option<String> {
        self.never.reason(phone)
    }

    fn written_to(&self) -> Option<&People> {
        Some(&self.written_to)
    }

    fn wrote_before(&self, person: PhoneIdentity) -> Option<&NumberId> {
        self.wrote_before.number_of(person)
    }
}
