//! The spreadsheet: people come, go, change their number or their text, and some rows are bad.

use std::collections::HashSet;

use sendcast::domain::draw::choose;
use sendcast::domain::ids::{NumberId, SenderNo};
use sendcast::domain::message::Message;
use sendcast::domain::phone::{Phone, PhoneIdentity};
use sendcast::domain::plan::{Fate, PlanHead, PlannedRow, SkipCause};
use sendcast::domain::problem::Problem;

/// What stands before a variant's name in its text.
pub const VARIANT: &str = " In words: ";

#[derive(Clone, Debug)]
struct Person {
    key: u64,
    phone: u64,
    /// Which version of the text.
    text: u32,
    gone: bool,
    bad: bool,
}

/// The file as it stands.
#[derive(Clone, Debug)]
pub struct Audience {
    people: Vec<Person>,
    edition: u32,
    pub flows: bool,
    /// One of three texts is drawn for each.
    pub variants: bool,
    pub senders: u16,
    /// How numbers begin: by country, in turns.
    countries: &'static [(u64, &'static str)],
}

impl Audience {
    pub fn of(people: u64, senders: u16, countries: &'static [(u64, &'static str)]) -> Audience {
        let person = |key| Person { key, phone: key, text: 0, gone: false, bad: key % 37 == 36 };
        let people = (0..people).map(person).collect();
        Audience { people, edition: 1, flows: false, variants: false, senders, countries }
    }

    /// Rows in the file.
    pub fn len(&self) -> usize {
        self.people.iter().filter(|person| !person.gone).count()
    }

    /// Somebody whose row it is, or was.
    pub fn anybody(&self, chance: &mut fastrand::Rng) -> Phone {
        self.phone(chance.choice(&self.people).unwrap().phone)
    }

    fn phone(&self, n: u64) -> Phone {
        let (first, _) = self.countries[usize::try_from(n).unwrap() % self.countries.len()];
        Phone::from_digits(&(first + n).to_string()).unwrap()
    }

    /// Which of the texts is this person's.
    fn variant(&self, person: PhoneIdentity) -> Option<&'static str> {
        let choices = [("short", 2), ("long", 1), ("none", 1)];
        let drawn = choose(choices, "test", person.digits().parse().unwrap()).filter(|_| self.variants);
        drawn.map(|at| choices[at].0)
    }

    /// What a plan's rows have in common; tells which edition it is.
    pub fn head(&self) -> PlanHead {
        PlanHead {
            columns: vec!["phone".into()],
            senders: (0..self.senders).map(|n| NumberId::new(format!("number-{n}"))).collect(),
            source_hash: self.edition.to_string(),
            source: "inline".into(),
            ..PlanHead::default()
        }
    }

    /// Somebody works on the file.
    pub fn edit(&mut self, chance: &mut fastrand::Rng) {
        self.edition += 1;
        for _ in 0..chance.usize(1..8) {
            let fresh = self.people.len() as u64;
            let at = chance.usize(0..self.people.len());
            let one = &mut self.people[at];
            match chance.u8(0..8) {
                0 | 1 => one.text += 1,
                2 => one.gone = !one.gone,
                3 => one.bad = !one.bad,
                4 => one.phone = 1_000_000 + u64::from(self.edition) * 1_000 + fresh,
                5 => {
                    // Somebody else, under the number of one who is gone.
                    one.gone = true;
                    let (phone, text) = (one.phone, one.text);
                    self.people.push(Person { key: fresh, phone, text, gone: false, bad: false });
                }
                6 => self.people.swap(0, at),
                _ => self.people.push(Person { key: fresh, phone: fresh, text: 0, gone: false, bad: false }),
            }
        }
    }

    /// The rows, as the planner would yield them.
    pub fn rows(&self, opted_out: &HashSet<PhoneIdentity>) -> Vec<PlannedRow> {
        let mut seen = HashSet::new();
        let rows = self.people.iter().filter(|person| !person.gone).zip(2..);
        rows.map(|(person, row)| {
            let to = self.phone(person.phone);
            let variant = self.variant(to.identity());
            let skip =
                |cause, why: &str| Fate::Skip { cause, problem: Problem::new(why), kind: "text".into() };
            let fate = if person.bad {
                skip(SkipCause::Bad, "a bad row")
            } else if opted_out.contains(&to.identity()) {
                skip(SkipCause::OptedOut, "opted out")
            } else if !seen.insert(to.identity()) {
                skip(SkipCause::Duplicate, "this number is in the file twice")
            } else if self.flows {
                Fate::Send(Message::Flow { flow_id: "FLOW".into() }.into())
            } else {
                let Person { key, text, .. } = person;
                let drawn = variant.map(|name| format!("{VARIANT}{name}")).unwrap_or_default();
                let body = format!("Hello number {key}, this is text {text}!{drawn}");
                Fate::Send(Message::Text { body }.into())
            };
            let names_somebody =
                !matches!(fate, Fate::Skip { cause: SkipCause::Bad | SkipCause::Duplicate, .. });
            PlannedRow {
                row: Some(row),
                key: names_somebody.then(|| format!("key-{}", person.key).into()),
                to: to.digits().into(),
                phone: Some(to),
                sender: SenderNo(u16::try_from(person.key % u64::from(self.senders)).unwrap()),
                variant: variant.map(Into::into),
                cells: vec![to.digits().into()],
                fate,
            }
        })
        .collect()
    }
}
