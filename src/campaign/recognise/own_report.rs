//! Our own reports, read again as an audience.

/// Columns that only a report has together, in every version of it.
const MARKS: [&str; 8] =
    ["row", "to", "status", "type", "message_id", "attempts", "error_code", "accepted_at"];

/// Whether these are the columns of a report.
pub(in crate::campaign) fn is_report(columns: &[String]) -> bool {
    MARKS.iter().all(|mark| columns.iter().any(|column| column == mark))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_is_known_by_its_columns() {
        let columns = |all: &str| all.split(',').map(str::to_owned).collect::<Vec<_>>();
        let own = "row,to,status,skipped_as,type,variant,message,message_id,attempts,error_code,reason,from,status_at,accepted_at";
        assert!(is_report(&columns(&format!("{own},name,Phone"))));
        assert!(!is_report(&columns("row,to,status,type,message,from")));
        assert!(!is_report(&columns("name,phone")));
    }
}
