//! Which column holds the phone numbers: by its header, and by what its cells are.

use super::content::{self, Likeness};
use super::phone_header::{self, Said, WEAK, Whose};
use crate::campaign::tables::Row;
use crate::domain::phone::Rules;
use crate::domain::text::Cell;

/// A column of phone numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::campaign) struct Found {
    /// The one to take.
    pub position: usize,
    /// Others that could be meant.
    pub others: Vec<usize>,
    /// What tells.
    pub by: By,
}

/// What tells that a column holds phone numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::campaign) enum By {
    /// Its header.
    Header,
    /// Its cells; the header of this other column lies.
    Cells(Option<usize>),
}

/// Why no column is taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::campaign) enum Unclear {
    /// None looks like phone numbers.
    Nothing,
    /// Several do, and no header tells.
    Several(Vec<usize>),
}

/// Finds the column: the likeliest header over cells that can be phone numbers, else the only column whose cells are
/// phone numbers beyond doubt.
pub(in crate::campaign) fn find(columns: &[String], rows: &[&Row], rules: Rules) -> Result<Found, Unclear> {
    let mut ranked: Vec<_> = columns
        .iter()
        .enumerate()
        .filter_map(|(position, header)| Some((phone_header::rank(header)?, position)))
        .collect();
    ranked.sort_unstable();
    let cells =
        |position: usize| rows.iter().map(move |row| row.cells.get(position).map_or("", Cell::as_str));
    let looked: Vec<_> = ranked
        .iter()
        .map(|&(rank, position)| (rank, position, Likeness::of(cells(position), rules)))
        .collect();
    let mut usable: Vec<_> = looked
        .iter()
        .filter(|(rank, _, like)| {
            like.at_least(if rank.class == WEAK || rank.said == Said::Loosely { 60 } else { 30 })
        })
        .collect();
    // Somebody else's number only where there is no other.
    if usable.iter().any(|(rank, ..)| rank.whose != Whose::Other) {
        usable.retain(|(rank, ..)| rank.whose != Whose::Other);
    }
    let by_cells = || -> Vec<usize> {
        let is_candidate = |position: &usize| !ranked.iter().any(|(_, candidate)| candidate == position);
        (0..columns.len())
            .filter(is_candidate)
            .filter(|&position| !phone_header::denies(&columns[position]))
            .filter(|&position| {
                let all: Vec<&str> = cells(position).take(1_000).collect();
                content::are_phones(&all, rules)
            })
            .collect()
    };
    if let Some(&&(rank, position, like)) = usable.first() {
        // A mere number, and another column whose cells say more: in doubt.
        if rank.class == WEAK && like.explicit * 2 < like.filled {
            let mut several = by_cells();
            if !several.is_empty() {
                several.insert(0, position);
                return Err(Unclear::Several(several));
            }
        }
        let others = usable[1..].iter().map(|(_, position, _)| *position).collect();
        return Ok(Found { position, others, by: By::Header });
    }
    let empty = rows.is_empty() || looked.iter().any(|(_, _, like)| like.filled == 0);
    let by_header =
        looked.iter().find(|(rank, ..)| rank.class < WEAK && (rows.is_empty() || rank.said != Said::Loosely));
    if !rows.is_empty() {
        let found = by_cells();
        match found.as_slice() {
            [] => {}
            [position] => {
                let lies = looked.first().filter(|_| !empty).map(|(_, position, _)| *position);
                return Ok(Found { position: *position, others: Vec::new(), by: By::Cells(lies) });
            }
            _ => return Err(Unclear::Several(found)),
        }
    }
    let by_header = by_header.or(looked.first().filter(|_| rows.is_empty()));
    by_header
        .map(|&(_, position, _)| Found { position, others: Vec::new(), by: By::Header })
        .ok_or(Unclear::Nothing)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is found in a table that is written as lines of cells, the header first.
    fn found(table: &str, country: &str) -> Result<(String, By), Unclear> {
        let mut lines = table.lines().map(|line| line.split('|').map(str::trim));
        let columns: Vec<String> = lines.next().unwrap().map(str::to_owned).collect();
        let rows: Vec<Row> = (2..)
            .zip(lines)
            .map(|(number, cells)| Row {
                number,
                line: u64::from(number),
                cells: cells.map(Cell::from).collect(),
                kinds: Vec::new(),
                problem: None,
            })
            .collect();
        let rows: Vec<&Row> = rows.iter().collect();
        let rules = Rules { country: country.parse().ok(), ..Rules::default() };
        let found = find(&columns, &rows, rules)?;
        Ok((columns[found.position].clone(), found.by))
    }

    fn header(name: &str) -> Result<(String, By), Unclear> {
        Ok((name.to_owned(), By::Header))
    }

    #[test]
    fn the_header_counts_where_the_cells_can_be_phones() {
        assert_eq!(found("Name|Phone|WhatsApp\nAna|+91 98765 43210|+91 98765 43211", ""), header("WhatsApp"));
        assert_eq!(
            found("Name|Phone|WhatsApp\nAna|+91 98765 43210|yes", ""),
            header("Phone"),
            "a header that lies"
        );
        assert_eq!(
            found("Name|Phone|WhatsApp\nAna|+91 98765 43210|", ""),
            header("Phone"),
            "an empty column"
        );
        assert_eq!(found("Contact|Number|Phone\nAna|1|9876543210", "IN"), header("Phone"));
        assert_eq!(found("Number|Contact\n1|9876543210\n2|9876543211", "IN"), header("Contact"));
        assert_eq!(found("Name|Phone\nAna|n/a", ""), header("Phone"), "it says so, and its rows are bad");
        assert_eq!(found("Name|Phone", ""), header("Phone"));
        assert_eq!(found("Parent phone|Phone\n+919876543210|+919876543211", ""), header("Phone"));
    }

    #[test]
    fn without_a_header_the_cells_tell_or_nothing_does() {
        let cells = |name: &str, lies| Ok((name.to_owned(), By::Cells(lies)));
        assert_eq!(found("Name|Line\nAna|+91 98765 43210\nBea|+91 98765 43211", ""), cells("Line", None));
        assert_eq!(found("Phone|Line\n12|+91 98765 43210\n13|+91 98765 43211", ""), cells("Line", Some(0)));
        assert_eq!(
            found("A|B\n+919876543210|+919876543211\n+919876543212|+919876543213", ""),
            Err(Unclear::Several(vec![0, 1]))
        );
        assert_eq!(found("Name|City\nAna|Pune", ""), Err(Unclear::Nothing));
        assert_eq!(
            found("Order ID|Name\n919876543210|x\n919876543299|y\n918876543233|z", ""),
            Err(Unclear::Nothing)
        );
        assert_eq!(
            found("EAN x|Name\n4006381333931|x\n5901234123457|y\n8711253001202|z", ""),
            Err(Unclear::Nothing)
        );
        assert_eq!(
            found("Number|Line\n4006381333931|+919876543210\n5901234123457|+918876543219", ""),
            Err(Unclear::Several(vec![0, 1])),
            "a mere number, and phones elsewhere"
        );
    }
}
