//! Which columns hold each row's country.

use super::country_header::{self, CountryHeader};
use super::country_names::country;
use super::words::words;
use crate::campaign::tables::Row;
use crate::campaign::text::visible;
use crate::domain::text::Cell;

/// The columns that hold each row's country, by their headers, those that are nearest to the phone's column first: a
/// calling code, then what shares a word with it (`Shipping Country`, `Shipping Phone`), then a mere country, then others.
/// Those of one group have to agree.
pub(in crate::campaign) fn country_columns(
    columns: &[String],
    phone: usize,
    rows: &[&Row],
) -> Vec<Vec<usize>> {
    let of_phone = columns.get(phone).map(|header| words(header)).unwrap_or_default();
    let mut groups: [Vec<usize>; 4] = Default::default();
    for (position, header) in columns.iter().enumerate().filter(|(position, _)| *position != phone) {
        let Some(found) = country_header::recognise(header) else { continue };
        if found.weak && !are_countries(rows, position, found.code) {
            continue;
        }
        groups[nearness(&found, &of_phone)].push(position);
    }
    groups.into_iter().filter(|group| !group.is_empty()).collect()
}

fn nearness(found: &CountryHeader, of_phone: &[String]) -> usize {
    let shared = found.of.iter().any(|word| of_phone.contains(word));
    match found {
        CountryHeader { of_number: true, .. } => 0,
        _ if shared => 1,
        CountryHeader { of, .. } if of.is_empty() => 2,
        _ => 3,
    }
}

/// Whether nine in ten of the cells that say anything are countries.
fn are_countries(rows: &[&Row], position: usize, code: bool) -> bool {
    let cells = rows.iter().map(|row| row.cells.get(position).map_or("", Cell::as_str));
    let (mut filled, mut understood) = (0, 0);
    for cell in cells.map(visible).filter(|cell| !cell.is_empty()).take(500) {
        filled += 1;
        understood +=
            usize::from(country(cell).is_some() && (!code || cell.bytes().any(|byte| byte.is_ascii_digit())));
    }
    filled > 0 && understood * 10 >= filled * 9
}
