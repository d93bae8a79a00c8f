//! Retargeting: whom another campaign reached, listed from its ledger as an audience.
//!
//! Invariants:
//!
//! - Nobody is taken of whom it isn't known that they are meant: where no status is named, only who is known to have got the
//!   message. A person whom several rows name is taken once, and has answered where any of their rows was.
//! - The columns are those that the other campaign had, as they were when the message was sent; before them stands the number
//!   that was written to, in a column of its own, because what its table showed may have been a national one.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::Path;

use serde::Serialize;
use serde_json::{Map, Value};

use crate::app::campaign_dir::{self, CampaignDir, answers, round_kind};
use crate::app::plan::listing::{List, Writing};
use crate::app::{App, AppError, reports};
use crate::campaign::{Campaign, OF_CAMPAIGN, Retarget};
use crate::domain::format::{count, plural};
use crate::domain::ids::JobId;
use crate::domain::phone::{Phone, PhoneIdentity};
use crate::domain::plan::PlanHead;
use crate::domain::status::Status;
use crate::domain::text::Cell;
use crate::engine::replies::Answer;
use crate::queue::{Listed, Listing, QueueError};
use crate::report::{Head, line};
use crate::sys::home::Home;
use crate::webhooks::Button;

/// The column of the numbers that were written to, as reports call it.
const NUMBER_COLUMN: &str = "to";

/// Whom the other campaign gave.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Taken {
    /// Its name.
    pub campaign: String,
    /// Its round.
    pub round: u32,
    /// Its rows.
    pub rows: u64,
    /// People who were taken.
    pub taken: u64,
    /// Why rows weren't, in a word or two, and how many for each reason.
    pub left: BTreeMap<&'static str, u64>,
}

impl Taken {
    /// `diwali-offer: 300 of its 1,200 rows are taken; not: 700 read, 200 failed`
    #[must_use]
    pub fn sentence(&self) -> String {
        let round = if self.round > 1 { format!(", round {}", self.round) } else { String::new() };
        let rows = plural(self.rows, "row", "rows");
        let mut text = format!("{}{round}: {} of its {rows} taken", self.campaign, count(self.taken));
        let left: Vec<_> = self.left.iter().map(|(why, n)| format!("{} {why}", count(*n))).collect();
        if !left.is_empty() {
            text.push_str(&format!("; not taken: {}", left.join(", ")));
        }
        text
    }
}

/// Lists whom the other campaign reached in `dir`, and has the campaign read them.
///
/// # Errors
/// When there is no such campaign or round, or it is this one (exit 2); when its ledger can't be read.
pub(super) fn list(
    app: &App,
    home: &Home,
    campaign: &mut Campaign,
    retarget: &Retarget,
    dir: &Path,
) -> Result<(List, Taken), AppError> {
    let other = other(app, home, campaign.name.as_str(), retarget, dir)?;
    let mut listing = Listing::open(app.disk.clone(), &other.round_dir())?;
    let Some(newest) = listing.head().cloned() else {
        return Err(AppError::usage(format!("`{}` was never planned to its end", other.name))
            .hint(format!("`sendcast run {}` plans and sends it", other.called())));
    };
    let earlier: Vec<_> = listing.earlier_heads()?.into_iter().map(|(no, head)| (no, head.clone())).collect();
    let earlier: Vec<_> = earlier.iter().map(|(no, head)| (*no, head)).collect();
    let head = Head::new(&newest, &earlier);
    let answers = Answers::of(app, &other, retarget, &mut listing)?;
    let columns = Columns::of(&newest, &head.columns);
    let mut taken =
        Taken { campaign: other.name.clone(), round: other.round, rows: 0, taken: 0, left: BTreeMap::new() };
    let mut seen: HashSet<PhoneIdentity> = HashSet::new();
    let mut table = Writing::start(app, dir)?;
    let mut written = Ok(());
    listing.parts(
        &|rows: &[Listed<'_>]| -> Vec<Result<(Phone, Vec<Cell>), &'static str>> {
            rows.iter().map(|row| judged(row, &head, retarget, &answers)).collect()
        },
        &mut |rows| {
            for row in rows {
                taken.rows += 1;
                let why = match row {
                    Err(why) => why,
                    Ok((phone, _)) if !seen.insert(phone.identity()) => "taken already",
                    Ok((phone, cells)) => {
                        taken.taken += 1;
                        if written.is_ok() {
                            written = table.push(&columns.row(phone, cells));
                        }
                        continue;
                    }
                };
                *taken.left.entry(why).or_default() += 1;
            }
            Ok(())
        },
    )?;
    written?;
    let list = table.finish()?;
    campaign.audience.list_reached(list.path.clone(), &columns.number);
    app.note(taken.sentence());
    Ok((list, taken))
}

/// The other campaign, at the round that is meant.
fn other(
    app: &App,
    home: &Home,
    own: &str,
    retarget: &Retarget,
    dir: &Path,
) -> Result<CampaignDir, AppError> {
    let name = &retarget.campaign;
    let found = CampaignDir::find_named(app, home, name)?;
    if name == own || found.as_ref().is_some_and(|found| found.dir == *dir) {
        return Err(AppError::usage(format!("`audience.campaign`: {name} is this campaign itself"))
            .hint("give the one that follows it up another \"name\""));
    }
    let Some(found) = found else {
        let error = campaign_dir::not_planned(app, home, name, name);
        return Err(AppError { message: format!("`audience.campaign`: {}", error.message), ..error });
    };
    if let Some(identity) = found.identity(&*app.disk)? {
        round_kind::refuse(identity.kind, &identity.path)?;
    }
    let error =
        |error: AppError| AppError { message: format!("`audience.round`: {}", error.message), ..error };
    reports::of_round(app, &found, retarget.round).map_err(error)
}

/// What is known of people's answers.
#[derive(Default)]
struct Answers {
    /// Jobs whose message was answered; by the button that is wanted where one is.
    jobs: HashSet<JobId>,
    /// The same people, where several rows may be one person.
    people: HashSet<PhoneIdentity>,
}

impl Answers {
    fn of(
        app: &App,
        other: &CampaignDir,
        retarget: &Retarget,
        listing: &mut Listing,
    ) -> Result<Answers, AppError> {
        if retarget.replied.is_none() && retarget.button.is_none() {
            return Ok(Answers::default());
        }
        let jobs = answered(&answers::of(&app.disk, other)?, retarget.button.as_deref());
        let mut people = HashSet::new();
        if listing.head().is_some_and(|head| head.repeats) && !jobs.is_empty() {
            let of = |row: &Listed<'_>| row.phone().filter(|_| jobs.contains(&row.id));
            listing.parts(
                &|rows: &[Listed<'_>]| rows.iter().filter_map(of).collect::<Vec<Phone>>(),
                &mut |phones| {
                    people.extend(phones.iter().map(|phone| phone.identity()));
                    Ok::<(), QueueError>(())
                },
            )?;
        }
        Ok(Answers { jobs, people })
    }

    fn has(&self, row: &Listed<'_>, phone: Phone) -> bool {
        self.jobs.contains(&row.id) || self.people.contains(&phone.identity())
    }
}

/// Whose message was answered in whatever way; where a button is named by that very one, whatever else they answered: by its
/// id, where none has that by its title, in any case.
fn answered(answers: &[Answer], button: Option<&str>) -> HashSet<JobId> {
    let Some(button) = button else {
        return answers.iter().filter(|one| one.words.is_some()).map(|one| one.job).collect();
    };
    let button_in_lower_case = button.to_lowercase();
    let is = |text: &str| text.trim().to_lowercase() == button_in_lower_case;
    let pressed = answers.iter().filter_map(|one| Some((one.job, one.button.as_ref()?)));
    let by_id = pressed.clone().any(|(_, button)| is(&button.id));
    let wanted = |(_, button): &(JobId, &Button)| if by_id { is(&button.id) } else { is(&button.title) };
    pressed.filter(wanted).map(|(job, _)| job).collect()
}

/// A row's person and cells, or in a word or two why it isn't meant.
fn judged(
    row: &Listed<'_>,
    head: &Head,
    retarget: &Retarget,
    answers: &Answers,
) -> Result<(Phone, Vec<Cell>), &'static str> {
    let line = line(row, head);
    if !retarget.statuses.contains(&line.status) {
        return Err(word(line.status));
    }
    let Some(phone) = row.phone() else { return Err("without a number") };
    let code = || line.error_code.is_some_and(|code| retarget.codes.contains(&code));
    if line.status == Status::Failed && !retarget.codes.is_empty() && !code() {
        return Err("failed for another reason");
    }
    let answered = answers.has(row, phone);
    if retarget.replied == Some(false) && answered {
        return Err("answered");
    }
    if (retarget.replied == Some(true) || retarget.button.is_some()) && !answered {
        return Err(if retarget.button.is_some() { "without that button" } else { "without an answer" });
    }
    Ok((phone, line.cells.into_owned()))
}

fn word(status: Status) -> &'static str {
    match status {
        Status::InDoubt => "in doubt",
        status => status.word(),
    }
}

/// What the list's columns are called: the number's, then the other campaign's own, no two of them alike.
struct Columns {
    number: String,
    others: Vec<String>,
    /// The other campaign's first column is the number's of a list like this one.
    relisted: bool,
}

impl Columns {
    fn of(head: &PlanHead, columns: &[String]) -> Columns {
        let relisted = head.source.starts_with(OF_CAMPAIGN) && !columns.is_empty();
        let others = &columns[usize::from(relisted)..];
        let mut taken: HashMap<&str, u32> = others.iter().map(|name| (name.as_str(), 0)).collect();
        let mut number = match columns.first() {
            Some(first) if relisted => first.clone(),
            _ => NUMBER_COLUMN.to_owned(),
        };
        while taken.contains_key(number.as_str()) {
            number = format!("whatsapp_{number}");
        }
        let mut unlike = |name: &String| {
            let Some(times) = taken.get_mut(name.as_str()) else { return name.clone() };
            *times += 1;
            if *times == 1 { name.clone() } else { format!("{name}.{times}") }
        };
        Columns { others: others.iter().map(&mut unlike).collect(), number, relisted }
    }

    fn row(&self, phone: Phone, cells: Vec<Cell>) -> Map<String, Value> {
        let mut row = Map::new();
        row.insert(self.number.clone(), Value::from(phone.digits()));
        let mut cells = cells.into_iter().skip(usize::from(self.relisted));
        for name in &self.others {
            row.insert(name.clone(), Value::from(cells.next().unwrap_or_default().as_str()));
        }
        row
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn head(source: &str, columns: &[&str]) -> PlanHead {
        PlanHead {
            columns: columns.iter().map(|name| (*name).to_owned()).collect(),
            senders: Vec::new(),
            source_hash: String::new(),
            source: source.to_owned(),
            ..PlanHead::default()
        }
    }

    fn columns(source: &str, columns: &[&str]) -> String {
        let head = head(source, columns);
        let Columns { number, others, .. } = Columns::of(&head, &head.columns);
        format!("{number} | {}", others.join(" | "))
    }

    #[test]
    fn the_number_has_a_column_of_its_own_once() {
        assert_eq!(columns("/a.csv", &["Name", "Phone"]), "to | Name | Phone");
        assert_eq!(columns("/a.csv", &["to", "from"]), "whatsapp_to | to | from", "a journey's");
        assert_eq!(columns("campaign c", &["to", "Name"]), "to | Name");
        assert_eq!(columns("campaign c", &["whatsapp_to", "to"]), "whatsapp_to | to");
        assert_eq!(columns("/a.csv", &["a", "a", "b", "a"]), "to | a | a.2 | b | a.3");
        let head = head("campaign c", &["to", "Name"]);
        let phone = Phone::from_digits("919876543210").unwrap();
        let row = Columns::of(&head, &head.columns).row(phone, vec!["1".into(), "Ann".into()]);
        assert_eq!(Value::Object(row), json!({"to": "919876543210", "Name": "Ann"}));
    }

    #[test]
    fn a_button_is_known_by_its_id_else_by_its_title() {
        let pressed = |job: u32, id: &str, title: &str| -> Answer {
            let button = json!({"id": id, "title": title});
            serde_json::from_value(json!({"job": job, "reply": "r", "words": "w", "button": button, "at": 1}))
                .unwrap()
        };
        let wrote =
            serde_json::from_value(json!({"job": 4, "reply": "s", "words": "prices", "at": 1})).unwrap();
        let settings = serde_json::from_value(json!({"job": 5, "reply": "t", "stop": "x", "at": 1})).unwrap();
        let all = [
            pressed(1, "yes", "Pricing"),
            pressed(2, "pricing", "No"),
            pressed(3, "x", "Prices"),
            wrote,
            settings,
        ];
        let of = |button| {
            let mut jobs: Vec<_> = answered(&all, button).into_iter().map(|job| job.0).collect();
            jobs.sort_unstable();
            jobs
        };
        assert_eq!(of(None), [1, 2, 3, 4], "also who wrote");
        assert_eq!(of(Some("Pricing")), [2], "where there is such an id, titles don't count");
        assert_eq!(of(Some("PRICES")), [3]);
        assert_eq!(of(Some("other")), [0; 0]);
    }
}
