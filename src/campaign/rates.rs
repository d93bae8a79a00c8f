//! The price list that a campaign names: `country,price,currency`, a country a row.
//!
//! Invariant: a price is taken as it is written or refused. Nothing is guessed of a comma, a sign or a country.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use rust_decimal::Decimal;

use super::error::CampaignError;
use super::file::campaign::Campaign;
use super::recognise::{self, headers};
use super::tables::{self, TableError, TableErrorKind, TableOptions};
use crate::domain::cost::{Price, Rates};
use crate::domain::phone::Country;

/// The columns that it has.
const COLUMNS: [&str; 3] = ["country", "price", "currency"];
/// More than this for one message is a slip.
const MAX_PRICE: u64 = 1_000_000;
/// Decimals of a price; a sum over everybody stays exact with so many.
const MAX_DECIMALS: usize = 10;

impl Campaign {
    /// Reads what a message to each country costs; `None` where the campaign names no list of prices.
    ///
    /// # Errors
    /// When the list can't be read, or a row of it can't be understood; the error names the row and the column.
    pub fn rates(&self) -> Result<Option<Rates>, CampaignError> {
        let Some(path) = &self.rates else { return Ok(None) };
        let unreadable = |error: TableError| {
            let hint = match error.kind {
                TableErrorKind::Io(_) => {
                    "its path is relative to the campaign file; correct it, or leave `rates` out"
                }
                _ => "it is a table with the columns country, price and currency",
            };
            CampaignError::invalid(&self.shown, "rates", error.to_string()).with_hint(hint)
        };
        let table = tables::open(path, &TableOptions::default()).map_err(unreadable)?;
        let mut columns = [0; 3];
        for (column, name) in columns.iter_mut().zip(COLUMNS) {
            let found = headers::find(&table.columns, name);
            *column = found.ok_or_else(|| {
                let what = format!("has no column `{name}`, only {}", table.columns.join(", "));
                CampaignError::invalid(path, "", what).with_hint("its first row is country,price,currency")
            })?;
        }
        let mut rates = Rates::default();
        let mut rows = HashMap::new();
        for row in table {
            let row = row.map_err(unreadable)?;
            let wrong = |what: String| CampaignError::invalid(path, "", format!("row {}{what}", row.number));
            if let Some(problem) = &row.problem {
                return Err(wrong(format!(": {problem}")));
            }
            let [country, price, currency] =
                columns.map(|at| row.cells.get(at).map_or("", |cell| cell.trim()));
            let in_column = |name: &str, (what, hint): (String, &str)| {
                wrong(format!(", column `{name}`: {what}")).with_hint(hint)
            };
            let whose = whose(country).map_err(|error| in_column("country", error))?;
            let amount = amount(price).map_err(|error| in_column("price", error))?;
            let currency =
                currency.parse().map_err(|error| wrong(format!(", column `currency`: {error}")))?;
            match rows.entry(whose) {
                Entry::Occupied(first) => {
                    let what = format!("`{country}` has a price already, in row {}", first.get());
                    return Err(in_column("country", (what, "leave one of the two rows")));
                }
                Entry::Vacant(free) => free.insert(row.number),
            };
            let price = Price { amount, currency };
            match whose {
                Some(country) => drop(rates.countries.insert(country, price)),
                None => rates.rest = Some(price),
            }
        }
        Ok(Some(rates))
    }
}

/// The country that a cell names; `None` for all the rest.
fn whose(cell: &str) -> Result<Option<Country>, (String, &'static str)> {
    if cell == "*" || cell.eq_ignore_ascii_case("other") {
        return Ok(None);
    }
    // A calling code may be shared by several countries.
    let named = if cell.contains(|c: char| c.is_numeric()) { None } else { recognise::country(cell) };
    let hint = "write the two-letter ISO code, such as IN or US, or the name; `*` stands for all others";
    named.map(Some).ok_or_else(|| {
        (if cell.is_empty() { "is empty".to_owned() } else { format!("`{cell}` is no country") }, hint)
    })
}

/// `0.0625`, `12`
fn amount(cell: &str) -> Result<Decimal, (String, &'static str)> {
    let plain = |hint| Err((format!("`{cell}` is no price"), hint));
    if cell.is_empty() {
        return Err(("is empty".to_owned(), "write 0 where a message costs nothing"));
    }
    if cell.contains(',') {
        return plain("write it with a point and without thousands separators, such as 1234.50");
    }
    let (whole, decimals) = cell.split_once('.').unwrap_or((cell, "0"));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    if !digits(whole) || !digits(decimals) {
        return plain("write the number alone, such as 0.0625; the currency has a column of its own");
    }
    if decimals.len() > MAX_DECIMALS {
        return plain("write at most 10 decimals");
    }
    match cell.parse::<Decimal>() {
        Ok(amount) if amount <= MAX_PRICE.into() => Ok(amount),
        _ => plain("a message costs at most 1000000"),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn read(list: &str) -> Result<Rates, String> {
        let dir = tempfile::tempdir().unwrap();
        let campaign = dir.path().join("c.json");
        let text = r#"{"message": {"type": "text", "body": "Hi"}, "rates": "prices/list.csv"}"#;
        std::fs::write(&campaign, text).unwrap();
        std::fs::create_dir(dir.path().join("prices")).unwrap();
        if !list.is_empty() {
            std::fs::write(dir.path().join("prices/list.csv"), list).unwrap();
        }
        let here = format!("{}{}", dir.path().display(), std::path::MAIN_SEPARATOR);
        let read = Campaign::load(&campaign).unwrap().rates();
        read.map(Option::unwrap).map_err(|error| {
            let hint = error.hint().map(|hint| format!(" ({hint})")).unwrap_or_default();
            format!("{error}{hint}").replace(&here, "")
        })
    }

    #[test]
    fn countries_are_codes_or_names_and_a_star_is_the_rest() {
        let rates =
            read("Country,Price,Currency\nIN,0.88,INR\nNepal,1.5,NPR\nUSA,0.025,usd\n*,0.1,USD\n").unwrap();
        let country = |code: &str| Some(code.parse::<Country>().unwrap());
        let people: BTreeMap<_, _> =
            [(country("IN"), 3), (country("NP"), 2), (country("US"), 1), (None, 1)].into();
        assert_eq!(rates.cost(&people).to_string(), "INR 2.64 and NPR 3.00 and USD 0.125");
        assert_eq!(
            read("country;price;currency\nOther;1;EUR\n").unwrap().rest.unwrap().currency.to_string(),
            "EUR"
        );
    }

    #[test]
    fn what_is_wrong_has_its_row_and_column() {
        for (list, expected) in [
            (
                "country,price\nIN,1\n",
                "list.csv: has no column `currency`, only country, price (its first row is country,price,currency)",
            ),
            (
                "country,price,currency\nIN,0.88,INR\nAtlantis,1,INR\n",
                "list.csv: row 3, column `country`: `Atlantis` is no country (write the two-letter ISO code, such as IN or \
                 US, or the name; `*` stands for all others)",
            ),
            (
                "country,price,currency\nIN,\"0,88\",INR\n",
                "list.csv: row 2, column `price`: `0,88` is no price (write it with a point and without thousands \
                 separators, such as 1234.50)",
            ),
            (
                "country,price,currency\nIN,₹1,INR\n",
                "list.csv: row 2, column `price`: `₹1` is no price (write the number alone, such as 0.0625; the currency \
                 has a column of its own)",
            ),
            (
                "country,price,currency\nIN,,INR\n",
                "list.csv: row 2, column `price`: is empty (write 0 where a message costs nothing)",
            ),
            (
                "country,price,currency\nIN,1,Rupees\n",
                "list.csv: row 2, column `currency`: `Rupees` is no currency code; write the three letters of ISO 4217, \
                 such as INR, USD or EUR",
            ),
            (
                "country,price,currency\nIN,1,INR\n*,2,INR\nIndia,3,INR\n",
                "list.csv: row 4, column `country`: `India` has a price already, in row 2 (leave one of the two rows)",
            ),
            (
                "country,price,currency\n+1,1,USD\n",
                "list.csv: row 2, column `country`: `+1` is no country (write the two-letter ISO code, such as IN or US, or \
                 the name; `*` stands for all others)",
            ),
        ] {
            assert_eq!(
                read(list).unwrap_err(),
                format!("prices/{expected}").replace('/', std::path::MAIN_SEPARATOR_STR)
            );
        }
        for wrong in ["-1", "1e3", "1.", ".5", "1.12345678901", "1000000.01"] {
            assert!(read(&format!("country,price,currency\nIN,{wrong},INR\n")).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_list_that_is_missing_is_the_campaigns_error() {
        let error = read("").unwrap_err();
        assert!(error.starts_with("c.json: `rates`: prices"), "{error}");
        assert!(
            error.ends_with("(its path is relative to the campaign file; correct it, or leave `rates` out)"),
            "{error}"
        );
    }
}
