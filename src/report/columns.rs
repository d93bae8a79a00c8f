//! What the columns are called.

use std::collections::HashSet;

/// The report's own columns, in their fixed order.
pub const COLUMNS: [&str; 20] = [
    "row",
    "to",
    "status",
    "skipped_as",
    "type",
    "variant",
    "message",
    "message_id",
    "attempts",
    "error_code",
    "reason",
    "from",
    "status_at",
    "accepted_at",
    "sent_at",
    "delivered_at",
    "read_at",
    "failed_at",
    "replied_at",
    "reply",
];

/// Names for the audience's columns, in their order, so that no two columns of the report share one.
///
/// A name stays as it was unless one of [`COLUMNS`] or a column further left has it; then it becomes
/// `audience.<name>`, and `audience.<name>.2` (3, …) where that is taken too. Names are told apart by case,
/// as they are by every program that reads the file.
#[must_use]
pub fn audience_names<S: AsRef<str>>(columns: &[S]) -> Vec<String> {
    let mut taken: HashSet<&str> = COLUMNS.into_iter().collect();
    let kept: Vec<bool> = columns.iter().map(|name| taken.insert(name.as_ref())).collect();
    let mut made: HashSet<String> = HashSet::new();
    let mut names = Vec::with_capacity(columns.len());
    for (name, kept) in columns.iter().map(AsRef::as_ref).zip(kept) {
        if kept {
            names.push(name.to_owned());
            continue;
        }
        let base = format!("audience.{name}");
        let mut free = base.clone();
        let mut n = 2;
        while taken.contains(free.as_str()) || made.contains(&free) {
            free = format!("{base}.{n}");
            n += 1;
        }
        made.insert(free.clone());
        names.push(free);
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(columns: &[&str]) -> String {
        audience_names(columns).join(" | ")
    }

    #[test]
    fn names_stay_as_they_were() {
        assert_eq!(names(&["Mobile", "First Name", "To", "", "ünï"]), "Mobile | First Name | To |  | ünï");
    }

    #[test]
    fn a_name_that_collides_says_where_it_comes_from() {
        assert_eq!(names(&["to", "name", "status"]), "audience.to | name | audience.status");
    }

    #[test]
    fn no_two_columns_share_a_name() {
        assert_eq!(names(&["a", "a", "a"]), "a | audience.a | audience.a.2");
        // A name that a column already has by itself stays that column's.
        assert_eq!(names(&["to", "audience.to"]), "audience.to.2 | audience.to");
        assert_eq!(names(&["audience.to", "to", "to"]), "audience.to | audience.to.2 | audience.to.3");
    }
}
