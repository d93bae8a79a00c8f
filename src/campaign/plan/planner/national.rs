//! A list of national numbers, and nobody says of which country: one error for all of it.

use crate::campaign::error::CampaignError;
use crate::campaign::file::campaign::{Campaign, Content};
use crate::campaign::text::visible;
use crate::domain::phone::{self, Bare, Country, PhoneError, Rules};

/// So many numbers are tried with each country.
const MAX_TRIED_NUMBERS: usize = 60;
/// So many countries are named that would fit.
const MAX_NAMED_COUNTRIES: usize = 6;
/// Those with the most people go first: most lists are of one of them.
const LARGE: [&str; 40] = [
    "IN", "US", "CN", "ID", "PK", "NG", "BR", "BD", "RU", "MX", "JP", "PH", "EG", "ET", "CD", "VN", "IR",
    "TR", "DE", "TH", "GB", "TZ", "FR", "ZA", "IT", "KE", "MM", "CO", "KR", "UG", "ES", "AR", "DZ", "IQ",
    "UA", "CA", "SA", "MA", "AE", "NP",
];

/// Refuses a campaign where nearly all numbers need a country.
///
/// # Errors
/// With the countries that would fit.
pub(super) fn refuse<'c>(
    campaign: &Campaign,
    header: &str,
    cells: impl Iterator<Item = &'c str>,
    rules: Rules,
) -> Result<(), CampaignError> {
    if rules.country.is_some() {
        return Ok(());
    }
    let mut filled = 0;
    let mut national: Vec<&str> = Vec::new();
    for cell in cells.filter(|cell| !visible(cell).is_empty()) {
        filled += 1;
        if matches!(phone::parse(cell, rules), Err(PhoneError::NeedsCountry)) {
            national.push(cell);
        }
    }
    if filled == 0 || national.len() * 10 < filled * 9 {
        return Ok(());
    }
    let what = format!("column `{header}` holds national numbers, and nothing says of which country");
    let set = match campaign.content {
        Content::Messages(_) => "set \"country\" in the audience to its ISO code, or give `--country CC`",
        Content::Columns => "give `--country CC` with its ISO code",
    };
    let fitting = fitting(&national, rules);
    let named: Vec<String> = fitting
        .iter()
        .take(MAX_NAMED_COUNTRIES)
        .map(|country| format!("{} ({})", country.code(), country.name()))
        .collect();
    let others = if fitting.len() > MAX_NAMED_COUNTRIES { " and other countries" } else { "" };
    let listed = match named.is_empty() {
        true => String::new(),
        false => format!("; the numbers are valid in {}{others}", named.join(", ")),
    };
    let carried = Rules { bare: Bare::International, ..rules };
    let carry = national.iter().filter(|cell| phone::parse(cell, carried).is_ok()).count();
    let or = match campaign.content {
        Content::Messages(_) if carry * 10 >= national.len() * 9 => {
            "\"numbers\": \"international\" says that they all begin with their country's code"
        }
        _ => "a column `country` says it for each row; numbers with + need none",
    };
    Err(CampaignError::invalid(&campaign.shown, "audience.country", what)
        .with_hint(format!("{set}{listed}; {or}"))
        .with_countries(fitting))
}

/// The countries in which nearly all of these are national numbers, those with the most people first.
#[must_use]
pub fn fitting_countries(cells: &[&str]) -> Vec<Country> {
    fitting(cells, Rules::default())
}

fn fitting(cells: &[&str], rules: Rules) -> Vec<Country> {
    let step = cells.len().div_ceil(MAX_TRIED_NUMBERS).max(1);
    let tried: Vec<&str> = cells.iter().step_by(step).copied().collect();
    let fits = |country: Country| {
        let rules = Rules { country: Some(country), ..rules };
        let code = country.calling_code().to_string();
        let valid = tried.iter().filter(|cell| {
            phone::parse(cell, rules).is_ok_and(|parsed| parsed.phone.digits().starts_with(&code))
        });
        valid.count() * 20 >= tried.len() * 19
    };
    // One country of those that share a calling code.
    let mut fitting: Vec<Country> = Country::all()
        .filter(|country| Country::of_calling_code(country.calling_code()) == Some(*country))
        .filter(|country| fits(*country))
        .collect();
    let place =
        |country: &Country| LARGE.iter().position(|code| *code == country.code()).unwrap_or(LARGE.len());
    fitting.sort_by_key(place);
    fitting
}
