//! Whom a row means: its number, by the country that holds for it.
//!
//! Invariants:
//!
//! - A number written with `+` or `00` says itself whom it means; nothing else is asked.
//! - Any other number belongs to the country of its row, else to the campaign's. A country that isn't understood, two that
//!   differ, or a number that belongs to another country than its row says: nobody is meant.
//! - In a report of ours numbers are international, whatever else is said; but not those that the report itself calls
//!   bad.

use std::collections::HashMap;

use crate::campaign::file::campaign::Campaign;
use crate::campaign::plan::lookup::Layout;
use crate::campaign::plan::planner::options::{PersonOf, PlanOptions};
use crate::campaign::recognise;
use crate::campaign::tables::Row;
use crate::campaign::text::visible;
use crate::domain::phone::{self, Bare, Country, Phone, PhoneWarning, Rules};
use crate::domain::problem::Problem;
use crate::domain::text::Cell;

/// So many different countries' cells are remembered.
const COUNTRIES_KEPT: usize = 1_000;

/// A recipient's number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Named {
    /// The number.
    pub phone: Phone,
    /// What is strange about it.
    pub warning: Option<PhoneWarning>,
    /// It has another country's code than its row's country has.
    pub elsewhere: bool,
}

/// How rows name people.
pub(super) struct Recipients<'a> {
    person: Option<&'a PersonOf<'a>>,
    phone: usize,
    countries: Vec<Vec<usize>>,
    headers: Vec<String>,
    rules: Rules,
    /// Where a report says of a row that it was skipped.
    status: Option<usize>,
    understood: HashMap<Cell, Option<Country>>,
}

impl std::fmt::Debug for Recipients<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Recipients").field("phone", &self.phone).finish_non_exhaustive()
    }
}

impl<'a> Recipients<'a> {
    /// Of a campaign's audience with these columns; `rows` are its first ones.
    pub fn new(
        campaign: &Campaign,
        options: &PlanOptions<'a>,
        headers: &[String],
        layout: &Layout,
        rows: &[&Row],
    ) -> Recipients<'a> {
        let audience = &campaign.audience;
        let without_country = rows.iter().filter(|row| {
            let mut own = layout.countries.iter().flatten();
            own.all(|&position| row.cells.get(position).is_none_or(|cell| is_blank(visible(cell))))
        });
        let mut rules = Rules { country: audience.country, bare: audience.numbers, accept: audience.accept };
        let mut status = None;
        if layout.report {
            rules.country = None;
            rules.bare = Bare::International;
            status = headers.iter().position(|header| header == "status");
        } else if options.person.is_none() {
            let cells = without_country.map(|row| row.cells.get(layout.phone).map_or("", Cell::as_str));
            rules = recognise::agreed(cells, rules);
        }
        Recipients {
            person: options.person,
            phone: layout.phone,
            countries: layout.countries.clone(),
            headers: headers.to_vec(),
            rules,
            status,
            understood: HashMap::new(),
        }
    }

    /// What holds for a number without a country of its own.
    pub fn rules(&self) -> Rules {
        self.rules
    }

    /// Whether nothing tells the country of a national number.
    pub fn needs_country(&self) -> bool {
        self.countries.is_empty() && self.rules.country.is_none() && self.rules.bare != Bare::International
    }

    /// Whom a row names.
    ///
    /// # Errors
    /// Why nobody, with the column.
    pub fn named(&mut self, cells: &[Cell]) -> Result<Named, Problem> {
        let cell = cells.get(self.phone).map_or("", Cell::as_str);
        let plain = |(phone, warning)| Named { phone, warning, elsewhere: false };
        if let Some(person) = self.person {
            let found = person(visible(cell)).map(|phone| plain((phone, None)));
            return found
                .ok_or_else(|| self.in_column("nobody with this id and a number is on the account's list"));
        }
        let mut rules = self.rules;
        if let Some(status) = self.status
            && !recognise::is_explicit(cell)
            && cells.get(status).is_some_and(|status| status == "skipped")
        {
            // What the report calls bad may be no international number.
            rules.bare = Bare::National;
        }
        if self.countries.is_empty() {
            return match phone::parse(cell, rules) {
                Ok(parsed) => Ok(plain((parsed.phone, parsed.warning))),
                Err(error) => Err(self.in_column(&error)),
            };
        }
        let explicit = recognise::is_explicit(cell);
        let home = self.home(cells);
        if !explicit && !visible(cell).is_empty() {
            rules.country = home.clone()?.map(|(_, country)| country).or(rules.country);
        }
        let parsed = phone::parse(cell, rules).map_err(|error| self.in_column(&error))?;
        let mut named = plain((parsed.phone, parsed.warning));
        if let Ok(Some((position, country))) = home {
            let code = country.calling_code().to_string();
            named.elsewhere = !parsed.phone.digits().starts_with(&code);
            if named.elsewhere && !explicit {
                return Err(self.in_column(&format!(
                    "the number has another calling code than the country in column `{}` (+{code}): write it with +",
                    self.headers.get(position).map_or("", String::as_str)
                )));
            }
        }
        Ok(named)
    }

    /// The country that a row names for itself, and the column.
    fn home(&mut self, cells: &[Cell]) -> Result<Option<(usize, Country)>, Problem> {
        for group in &self.countries {
            let mut found: Option<(usize, Country)> = None;
            for &position in group {
                let cell = cells.get(position).map_or("", |cell| visible(cell));
                if is_blank(cell) {
                    continue;
                }
                let header = |position: usize| self.headers.get(position).map_or("", String::as_str);
                let Some(country) = understood(&mut self.understood, cell) else {
                    let shown: String = cell.chars().take(40).collect();
                    let why = format!(
                        "column `{}`: `{shown}` is no country: write its name, its ISO code or its calling code",
                        header(position)
                    );
                    return Err(Problem::new(why).in_column(header(position)));
                };
                match found {
                    Some((other, before)) if before.calling_code() != country.calling_code() => {
                        let why = format!(
                            "column `{}`: names another country than `{}`: `audience.country_column` says which one counts",
                            header(position),
                            header(other)
                        );
                        return Err(Problem::new(why).in_column(header(position)));
                    }
                    Some(_) => {}
                    None => found = Some((position, country)),
                }
            }
            if found.is_some() {
                return Ok(found);
            }
        }
        Ok(None)
    }

    fn in_column(&self, what: &(impl std::fmt::Display + ?Sized)) -> Problem {
        let header = self.headers.get(self.phone).map_or("", String::as_str);
        Problem::new(format!("column `{header}`: {what}")).in_column(header)
    }
}

/// Nothing, in the words of spreadsheets and programs; `NA` is Namibia.
fn is_blank(cell: &str) -> bool {
    matches!(
        cell,
        "" | "-"
            | "--"
            | "."
            | "?"
            | "N/A"
            | "n/a"
            | "null"
            | "NULL"
            | "None"
            | "none"
            | "nan"
            | "NaN"
            | "undefined"
    )
}

fn understood(known: &mut HashMap<Cell, Option<Country>>, cell: &str) -> Option<Country> {
    if let Some(country) = known.get(cell) {
        return *country;
    }
    let country = recognise::country(cell);
    if known.len() < COUNTRIES_KEPT {
        known.insert(cell.into(), country);
    }
    country
}
