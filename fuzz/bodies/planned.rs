//! What every plan keeps, whatever it was made from.
//!
//! - **L**: a row of the audience is a row of the plan, once, in order, with a message or a reason.
//! - **D**: no phone and no key is sent to twice, and no key stands on two rows.
//! - What would be sent keeps WhatsApp's limits, goes to a valid number and from a number that the plan knows.

use std::collections::HashSet;

use sendcast::campaign::{Campaign, PlanOptions, Planner};
use sendcast::domain::plan::Fate;

/// Plans it as far as it goes. `rows`: the numbers of the audience's rows, where they are known.
pub fn check(campaign: &Campaign, rows: Option<&[u32]>) {
    // Half of the audiences are read twice.
    let twice_from = rows.filter(|rows| rows.len() % 2 == 0).map(|_| 0);
    let options = PlanOptions { without_sender: true, twice_from, ..PlanOptions::default() };
    let mut planner = match Planner::new(campaign, options) {
        Ok(planner) => planner,
        Err(error) => {
            assert!(!error.to_string().is_empty());
            return;
        }
    };
    let head = planner.head().clone();
    assert_eq!(head.source_hash.len(), 64);
    let (mut seen, mut phones, mut keys) = (Vec::new(), HashSet::new(), HashSet::new());
    let mut failed = false;
    for row in planner.by_ref() {
        let row = match row {
            Ok(row) => row,
            Err(error) => {
                assert!(!failed && !error.to_string().is_empty());
                failed = true;
                continue;
            }
        };
        assert!(!failed, "a row behind an error");
        seen.push(row.row.expect("a number"));
        assert_eq!(row.cells.len(), head.columns.len());
        let sender = usize::from(row.sender.0);
        assert!(sender < head.senders.len().max(1), "nobody is sender {sender}");
        if let Some(key) = &row.key {
            assert!(!key.is_empty() && keys.insert(key.clone()), "`{key}` stands on two rows");
        }
        match &row.fate {
            Fate::Send(payload) => {
                payload.message().expect("a campaign writes").check().expect("a message within the limits");
                let phone = row.phone.expect("a phone");
                assert!(phones.insert(phone.identity()), "row {:?} is sent to twice", row.row);
                assert!(row.key.is_some() && row.to == phone.digits());
            }
            Fate::Skip { problem, kind, .. } => {
                assert!(!problem.reason.is_empty());
                assert!(matches!(kind.as_str(), "" | "text" | "media" | "buttons" | "flow"), "{kind}");
            }
        }
    }
    assert!(planner.next().is_none(), "it had ended");
    let warnings = planner.warnings();
    assert!(warnings.rows.len() as u64 <= warnings.count && warnings.rows.len() <= 100);
    if let Some(rows) = rows
        && !failed
    {
        assert_eq!(seen, rows, "rows were lost, made up or moved");
    }
}
