//! Any bytes as a campaign file in JSON.
//!
//! Input: the file. What must hold: it is refused in words that name the file, or it is a campaign that keeps
//! the limits of the contract, reads the same again and plans its recipients as `planned` says: one row of the
//! plan for each of them. Where its people are in another file, four of ours stand in for them.

use sendcast::campaign::{Campaign, Source, source_hash};
use serde_json::{Value, json};

use super::{planned, scratch::with_file};

pub fn check(input: &[u8]) {
    let (loaded, again) = with_file("fuzz.json", input, |path| (Campaign::load(path), Campaign::load(path)));
    let mut campaign = match loaded {
        Ok(campaign) => campaign,
        Err(error) => {
            let said = error.to_string();
            assert!(said.contains("fuzz.json: ") || said.contains("fuzz.json:"), "{said}");
            assert_eq!(again.err().map(|again| again.to_string()), Some(said));
            return;
        }
    };
    let again = again.expect("the same once more");
    assert_eq!(format!("{campaign:?}"), format!("{again:?}"));
    assert!(campaign.name.as_str().parse::<sendcast::campaign::Name>().is_ok());
    assert!((1..=20).contains(&campaign.retry.attempts) && campaign.daily != Some(0));
    assert!(campaign.from.iter().all(|number| !number.as_str().trim().is_empty()));

    let people = match std::mem::replace(&mut campaign.audience.source, Source::Nowhere) {
        Source::Recipients(recipients) => recipients,
        _ => std::sync::Arc::new(ours()),
    };
    let rows: Vec<u32> = (1..).take(people.len()).collect();
    campaign.audience.source = Source::Recipients(people);
    assert_eq!(source_hash(&campaign).map(|hash| hash.len()).ok(), Some(64));
    planned::check(&campaign, Some(&rows));
}

fn ours() -> Vec<Value> {
    vec![
        json!({"phone": "+919876543210", "First Name": "Asha", "city": "Pune", "id": 1}),
        json!({"phone": "+91 98765 43210", "First Name": "Asha again", "id": 2}),
        json!({"phone": "+4915112345678", "city": "Köln", "id": 3}),
        json!({"phone": "12", "First Name": "Nobody"}),
    ]
}
