//! Headers: which column holds the phone numbers, and what a column is called in a template.

use std::collections::HashMap;

use super::phone_header;

/// A header normalised, as templates may name it: `First Name` becomes `first_name`.
///
/// Lower case; letters, marks and digits of every script stay, all else becomes `_`. Empty where nothing
/// is left. One that would begin with a digit gets a `_` before it.
#[must_use]
pub fn plain(header: &str) -> String {
    let mut name = String::with_capacity(header.len());
    for c in header.chars().flat_map(char::to_lowercase) {
        if unicode_ident::is_xid_continue(c) && c != '_' {
            name.push(c);
        } else if !name.is_empty() && !name.ends_with('_') {
            name.push('_');
        }
    }
    name.truncate(name.trim_end_matches('_').len());
    if name.chars().next().is_some_and(|c| !unicode_ident::is_xid_start(c)) {
        name.insert(0, '_');
    }
    name
}

/// The names of columns in templates: each under its header, and under the header normalised.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Names {
    /// Name to position.
    pub positions: HashMap<String, usize>,
    /// Plain names that several columns could have meant, with the headers; the first column has it.
    pub collisions: Vec<(String, Vec<String>)>,
}

/// Names every column. A header as it stands goes before one normalised, and the first column before later ones.
#[must_use]
pub fn names(columns: &[String]) -> Names {
    let mut positions = HashMap::with_capacity(columns.len() * 2);
    for (position, header) in columns.iter().enumerate() {
        positions.entry(header.trim().to_owned()).or_insert(position);
    }
    let mut claims: Vec<(String, Vec<String>)> = Vec::new();
    for (position, header) in columns.iter().enumerate() {
        let name = plain(header);
        if name.is_empty() {
            continue;
        }
        match claims.iter_mut().find(|(claimed, _)| *claimed == name) {
            Some((_, headers)) => headers.push(header.clone()),
            None => claims.push((name.clone(), vec![header.clone()])),
        }
        positions.entry(name).or_insert(position);
    }
    positions.remove("");
    claims.retain(|(_, headers)| headers.len() > 1);
    Names { positions, collisions: claims }
}

/// The column a person means by a name: the header itself, else the only one that is the same but for case,
/// blanks and punctuation.
#[must_use]
pub fn find(columns: &[String], wanted: &str) -> Option<usize> {
    if let Some(exact) = columns.iter().position(|header| header == wanted) {
        return Some(exact);
    }
    let plain_wanted = plain(wanted);
    let mut alike = columns.iter().enumerate().filter(|(_, header)| {
        header.trim() == wanted.trim() || (!plain_wanted.is_empty() && plain(header) == plain_wanted)
    });
    match (alike.next(), alike.next()) {
        (Some((position, _)), None) => Some(position),
        _ => None,
    }
}

/// A column that looks like phone numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PhoneColumn {
    /// The one to take.
    pub position: usize,
    /// Others that look like it, too.
    pub others: Vec<usize>,
}

/// Recognises the phone column by its header: `Phone`, `WhatsApp No.`, `mobile_number`, `Teléfono`…
///
/// Where several look like it, the likeliest wins: `to`, then a word for WhatsApp, for text messages, a mobile, a
/// telephone, at last `number` and `contact`; of equals a bare word before a decorated one, then the first. What a
/// planner takes depends on the cells, too.
#[must_use]
pub fn find_phone(columns: &[String]) -> Option<PhoneColumn> {
    let mut ranked = phone_header::by_headers(columns).into_iter();
    let position = ranked.next()?;
    Some(PhoneColumn { position, others: ranked.collect() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn columns(headers: &[&str]) -> Vec<String> {
        headers.iter().map(|&header| header.to_owned()).collect()
    }

    #[test]
    fn headers_are_made_plain() {
        for (header, expected) in [
            ("First Name", "first_name"),
            ("first_name", "first_name"),
            ("  City / Town (optional)* ", "city_town_optional"),
            ("Año", "año"),
            ("संख्या नाम", "संख्या_नाम"),
            ("2nd name", "_2nd_name"),
            ("***", ""),
            ("E-Mail", "e_mail"),
        ] {
            assert_eq!(plain(header), expected, "{header}");
        }
    }

    #[test]
    fn a_header_goes_before_a_plain_name_and_collisions_are_told() {
        let names = names(&columns(&["First Name", "first_name", "City", "first-name", ""]));
        assert_eq!(names.positions["First Name"], 0);
        assert_eq!(names.positions["first_name"], 1, "a header as it stands wins");
        assert_eq!(names.positions["city"], 2);
        assert!(!names.positions.contains_key(""));
        let headers = columns(&["First Name", "first_name", "first-name"]);
        assert_eq!(names.collisions, [("first_name".to_owned(), headers)]);
    }

    #[test]
    fn the_likeliest_of_several_wins_and_the_others_are_named() {
        let found = find_phone(&columns(&["Contact", "Phone", "Mobile", "WhatsApp No", "to"])).unwrap();
        assert_eq!(found, PhoneColumn { position: 4, others: vec![3, 2, 1, 0] });
        let found = find_phone(&columns(&["Phone number", "Phone"])).unwrap();
        assert_eq!(found.position, 1);
    }

    #[test]
    fn a_column_is_found_as_people_mean_it() {
        let headers = columns(&["Mobile", "First Name", "city", "City"]);
        assert_eq!(find(&headers, "Mobile"), Some(0));
        assert_eq!(find(&headers, "mobile "), Some(0));
        assert_eq!(find(&headers, "first_name"), Some(1));
        assert_eq!(find(&headers, "City"), Some(3));
        assert_eq!(find(&headers, "CITY"), None, "two could be meant");
        assert_eq!(find(&headers, "Mobil"), None);
    }
}
