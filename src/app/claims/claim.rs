//! Whether a campaign goes on with a ledger that was planned from another path or under another name. Whoever begins
//! anew under a new name writes to people a second time: that is decided by the operator, never by how a file is called.
//!
//! | the file | what happens |
//! |---|---|
//! | was moved (the old path is gone) | goes on, and says so |
//! | was copied (the old path is there) | asks which of the two has the ledger |
//! | bears another name at the same path, and people were reached under the old one | asks |
//! | has other name and path, and the same messages go to the same people | asks |
//!
//! `--adopt` and `--new` answer beforehand. Nothing is changed before the answer; then the round's manifest, in one step.

use std::io;
use std::path::Path;

use crate::app::campaign_dir::{self, CampaignDir};
use crate::app::claims::Likeness;
use crate::app::{App, AppError, ClaimQuestion, Level, Notice, Question};
use crate::domain::format::count;
use crate::domain::round_kind::RoundKind;
use crate::domain::status::Status;
use crate::queue::{Identity, View};
use crate::sendwo::BaseUrl;
use crate::sys::home::round_dir;

/// The answers beforehand, one at most.
#[derive(Clone, Copy, Debug, Default)]
pub struct ClaimAnswers {
    /// The file goes on with the ledger of a campaign that was planned under another name or path.
    pub adopt: bool,
    /// The file is a new campaign, whatever it has in common with one that was planned before.
    pub new: bool,
}

/// In what way a file and a ledger may belong together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The same name; the path that it was planned from is gone.
    Moved,
    /// The same name; the path that it was planned from is there.
    Copied,
    /// The same path under another name.
    Renamed,
    /// Another name and path, the same messages to the same people.
    Alike,
}

/// A ledger that a file may go on with.
#[derive(Clone, Debug)]
pub struct Claim {
    /// The ledger.
    pub campaign_dir: CampaignDir,
    /// What it is known by so far.
    pub identity: Identity,
    /// How they belong together.
    pub kind: Kind,
}

/// The claim of the file at `path` that calls itself `name`, where `named` is the ledger of that name.
///
/// # Errors
/// The disk's.
pub fn find(app: &App, named: Option<&CampaignDir>, by: &Known<'_>) -> Result<Option<Claim>, AppError> {
    let disk = &*app.disk;
    if let Some(campaign_dir) = named {
        let Some(identity) = campaign_dir.identity(disk)? else { return Ok(None) };
        if (identity.kind, &*identity.path) == (by.kind, by.path) {
            return Ok(None);
        }
        let kind = if is_gone(&identity.path) { Kind::Moved } else { Kind::Copied };
        return Ok(Some(Claim { campaign_dir: campaign_dir.clone(), identity, kind }));
    }
    let mut found = Vec::new();
    for campaign_dir in campaign_dir::all_from(disk, by.home, by.kind, by.path)? {
        if let (Some(identity), true) = (campaign_dir.identity(disk)?, has_reached(app, &campaign_dir)) {
            found.push(Claim { campaign_dir, identity, kind: Kind::Renamed });
        }
    }
    Ok(latest(app, found))
}

/// By what a campaign is known.
#[derive(Clone, Copy, Debug)]
pub struct Known<'a> {
    /// Real, or the trials' part.
    pub home: &'a crate::sys::home::Home,
    /// What is done for each row.
    pub kind: RoundKind,
    /// Its name.
    pub name: &'a str,
    /// Its file.
    pub path: &'a Path,
}

/// The claim of a campaign that has neither a ledger of its name nor one of its path, by whom it writes to and with what.
///
/// # Errors
/// The disk's.
pub fn alike(app: &App, by: &Known<'_>, likeness: &Likeness) -> Result<Option<Claim>, AppError> {
    let disk = &*app.disk;
    let mut found = Vec::new();
    for campaign_dir in CampaignDir::all(disk, by.home)? {
        let Some(identity) = campaign_dir.known_identity(disk)? else { continue };
        if campaign_dir.name == by.name || identity.kind != by.kind {
            continue;
        }
        let overlap = likeness.overlap(&Likeness::load(disk, &campaign_dir.dir)?);
        let corrected = || is_gone(&identity.path) && are_versions(&identity.path, by.path);
        if overlap.people && (overlap.messages || corrected()) && has_reached(app, &campaign_dir) {
            found.push(Claim { campaign_dir, identity, kind: Kind::Alike });
        }
    }
    Ok(latest(app, found))
}

/// Of several the one that was begun last.
fn latest(app: &App, found: Vec<Claim>) -> Option<Claim> {
    let begun = |claim: &Claim| {
        let view = View::open(app.disk.clone(), &claim.campaign_dir.round_dir()).ok()?;
        view.started_at()
    };
    if found.len() < 2 {
        return found.into_iter().next();
    }
    found.into_iter().max_by_key(begun)
}

/// What to do about a claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Go on with its ledger.
    Adopt,
    /// Begin a new one.
    New,
    /// Nothing: the user said no.
    Nothing,
}

impl Claim {
    /// Decides it: by what was said beforehand, by what can't be otherwise, or by asking.
    ///
    /// # Errors
    /// When no terminal is there to confirm it, or the name is taken: exit 2, and nothing was changed.
    pub fn decide(&self, app: &App, by: &Known<'_>, said: ClaimAnswers) -> Result<Decision, AppError> {
        let same_name = matches!(self.kind, Kind::Moved | Kind::Copied);
        if said.adopt {
            app.note(format!("{}: going on with its ledger", self.what(app, by)));
            return Ok(Decision::Adopt);
        }
        if said.new && !same_name {
            app.note(format!(
                "{}: `--new` begins a new ledger, and people may be written to a second time",
                self.what(app, by)
            ));
            return Ok(Decision::New);
        }
        if said.new {
            let what = format!("{}, and a new campaign needs a name of its own", self.what(app, by));
            return Err(AppError::usage(what).hint(another_name(by.path)));
        }
        if self.kind == Kind::Moved {
            app.warn_with(
                format!("{}, which is gone: going on with its ledger", self.what(app, by)),
                format!("if it is another campaign, {}", another_name(by.path)),
            );
            return Ok(Decision::Adopt);
        }
        let otherwise = if same_name {
            format!("if it is another campaign, {}", another_name(by.path))
        } else {
            "`--new` begins a new ledger, and writes to all of them".to_owned()
        };
        let question = self.question(app, by);
        let what = question.what.clone();
        let unanswered = || {
            AppError::usage(what).hint(format!(
                "`--adopt` has {} go on with that ledger, so that nobody is written to twice; {otherwise}",
                by.path.display()
            ))
        };
        if app.confirm(Question::Claim(question), unanswered)? {
            return Ok(Decision::Adopt);
        }
        app.operator.tell(&Notice::new(Level::Hint, otherwise));
        Ok(Decision::Nothing)
    }

    /// What is known of it, as a question.
    fn question(&self, app: &App, by: &Known<'_>) -> ClaimQuestion {
        ClaimQuestion {
            kind: self.kind,
            campaign: self.campaign_dir.name.clone(),
            planned_from: self.identity.path.clone(),
            file: by.path.to_owned(),
            reached: reached(app, &self.campaign_dir),
            what: self.what(app, by),
        }
    }

    /// What there is to know, and what a run will do about it.
    #[must_use]
    pub fn notice(&self, app: &App, by: &Known<'_>) -> Notice {
        let then = match self.kind {
            Kind::Moved => "`run` goes on with its ledger",
            Kind::Copied => "`run` asks which of them has the ledger, or takes `--adopt`",
            Kind::Renamed | Kind::Alike => {
                "`run` asks whose ledger it goes on with, or takes `--adopt` or `--new`"
            }
        };
        Notice::warning(self.what(app, by)).with_hint(then)
    }

    /// What there is to know, as a fragment: `n3.json was planned as n3, 1,790 already reached`.
    #[must_use]
    pub fn what(&self, app: &App, by: &Known<'_>) -> String {
        let reached = reached(app, &self.campaign_dir).map_or_else(
            || "nobody can tell how many were reached".to_owned(),
            |n| format!("{} already reached", count(n)),
        );
        let (name, old) = (self.campaign_dir.called(), self.identity.path.display());
        let file = by.path.display();
        match self.kind {
            Kind::Moved => format!("{name} was planned from {old}, {reached}"),
            Kind::Copied => {
                format!("{name} was planned from {old}, {reached}, and {file} bears its name")
            }
            Kind::Renamed => {
                format!("{file} was planned as {name}, {reached}, and is called {} now", by.name)
            }
            Kind::Alike => {
                let gone = if is_gone(&self.identity.path) { ", which is gone" } else { "" };
                format!("most people of {file} are those of {name}, planned from {old}{gone}, {reached}")
            }
        }
    }
}

fn another_name(path: &Path) -> String {
    let json = path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("json"));
    if json {
        "give it another \"name\" in the file".to_owned()
    } else {
        "give the file another name".to_owned()
    }
}

/// Whether nothing is left under a path that a ledger is known by. What can't be looked for may be there.
#[must_use]
pub fn is_gone(path: &Path) -> bool {
    matches!(std::fs::metadata(path), Err(error)
        if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory))
}

/// Whether two files are called as versions of one: the one's name is the other's and an addition (`may.csv`,
/// `may (1).csv`, `may-final.csv`).
fn are_versions(one: &Path, other: &Path) -> bool {
    let stem = |path: &Path| path.file_stem().unwrap_or_default().to_string_lossy().to_lowercase();
    let (one, other) = (stem(one), stem(other));
    let (short, long) = if one.len() < other.len() { (&one, &other) } else { (&other, &one) };
    let added = |rest: &str| rest.chars().next().is_none_or(|c| !c.is_alphanumeric());
    short.chars().count() >= 3
        && (long.strip_prefix(short.as_str()).is_some_and(added)
            || long
                .strip_suffix(short.as_str())
                .is_some_and(|rest| rest.ends_with(|c: char| !c.is_alphanumeric())))
}

/// Whether anybody was written to; a ledger that can't be read may say so.
fn has_reached(app: &App, campaign_dir: &CampaignDir) -> bool {
    reached(app, campaign_dir).is_none_or(|reached| reached > 0)
}

/// How many people were or may have been written to, in the round with the most; `None` where it can't be read.
fn reached(app: &App, campaign_dir: &CampaignDir) -> Option<u64> {
    let mut most = 0;
    for round in 1..=campaign_dir.round {
        let dir = round_dir(&campaign_dir.dir, round);
        let view = match View::open(app.disk.clone(), &dir) {
            Ok(view) => view,
            Err(_) if !app.disk.exists(&dir).unwrap_or(true) => continue,
            Err(_) => return None,
        };
        let counts = view.counts();
        most = most.max(counts.reached() + counts[Status::InDoubt] + counts[Status::Sending]);
    }
    Some(most)
}

/// Whether two origins are spellings of one server's.
#[must_use]
pub fn is_same_server(one: &str, other: &str) -> bool {
    let server =
        |origin: &str| origin.parse::<BaseUrl>().map_or_else(|_| origin.to_owned(), |url| url.server());
    one == other || server(one) == server(other)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_of_a_file_are_called_alike() {
        let versions = |one: &str, other: &str| are_versions(Path::new(one), Path::new(other));
        for other in
            ["may (1).csv", "may-final.csv", "May_v2.csv", "Copy of may.csv", "may.xlsx", "b/may.csv"]
        {
            assert!(versions("a/may.csv", other) && versions(other, "may.csv"), "{other}");
        }
        for other in ["june.csv", "mayor.csv", "dismay.csv", "export-2.csv"] {
            assert!(!versions("may.csv", other), "{other}");
        }
        assert!(!versions("export-20260501.csv", "export-20260601.csv"));
    }

    #[test]
    fn servers_are_compared_and_not_their_spellings() {
        assert!(is_same_server("http://localhost:80", "http://127.0.0.1"));
        assert!(is_same_server("sandbox", "sandbox"));
        assert!(!is_same_server("sandbox", "http://127.0.0.1"));
        assert!(!is_same_server("https://login.sendwo.com", "http://127.0.0.1"));
    }
}
