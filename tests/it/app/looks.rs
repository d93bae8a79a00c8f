//! Looks at a round that nobody works on, and at its recipients, made of a trial's run.

use std::fs;

use sendcast::app::account::TrialOptions;
use sendcast::app::campaign_dir::observe;
use sendcast::app::recipients::{Filter, Place, Recipients};
use sendcast::app::reports;
use sendcast::engine::snapshot::{Snapshot, StopCode};
use sendcast::report::{Format, Spec};

use super::*;

/// A trial with so many people, of whom some are refused.
async fn sent(people: u32, faults: &str, limit: Option<LimitOption>) -> (Bench, CampaignDir) {
    let bench = Bench::new(Page::default());
    let rows: String = (0..people).map(|n| format!("Person {n},+9198765{n:05}\n")).collect();
    bench.people(&rows);
    let trial = TrialOptions { faults: faults.parse().unwrap(), ..TrialOptions::default() };
    bench.ended(&RunRequest { trial, limit, ..bench.request("c.json") }).await;
    let dir = CampaignDir::find(&bench.app, "c", true).unwrap();
    (bench, dir)
}

fn flip(path: &std::path::Path, byte: usize) {
    let mut bytes = fs::read(path).unwrap();
    bytes[byte] ^= 1;
    fs::write(path, bytes).unwrap();
}

/// As nobody sees it who saw it a moment ago: without the heartbeat.
fn look(bench: &Bench, dir: &CampaignDir) -> Result<Snapshot, AppError> {
    let path = dir.round_dir().join("status.json");
    let text = fs::read_to_string(&path).unwrap_or_default();
    if let Some((before, after)) = text.split_once(r#""heartbeat":""#) {
        let after = after.split_once('"').unwrap().1;
        fs::write(&path, format!(r#"{before}"heartbeat":"2020-01-01T00:00:00Z"{after}"#)).unwrap();
    }
    observe::look(&bench.app, dir)
}

#[tokio::test]
async fn a_settled_round_is_looked_at_without_its_journal_until_something_happens() {
    let (bench, dir) = sent(300, "code:131026=10%", None).await;
    let round = dir.round_dir();
    let kept = look(&bench, &dir).unwrap();
    assert_eq!((kept.state, kept.total, kept.code), (RunState::Settled, 300, None));
    assert!(kept.counts[Status::Failed] > 0 && kept.heartbeat.is_none());
    let status = fs::read(round.join("status.json")).unwrap();
    fs::remove_file(round.join("status.json")).unwrap();
    let folded = look(&bench, &dir).unwrap();
    let told = |look: &Snapshot| serde_json::to_value(look).unwrap();
    assert_eq!(told(&kept), told(&folded), "the same look, read from the journal");
    fs::write(round.join("status.json"), &status).unwrap();

    // What lies in the middle of the journal isn't read; its head, its length and the manifest are.
    let journal = fs::read(round.join("journal")).unwrap();
    flip(&round.join("journal"), journal.len() / 2);
    assert_eq!(look(&bench, &dir).unwrap(), kept);
    flip(&round.join("journal"), 3);
    assert!(look(&bench, &dir).unwrap_err().to_string().contains("journal"));
    fs::write(round.join("journal"), &journal[..journal.len() - 1]).unwrap();
    assert!(look(&bench, &dir).unwrap_err().to_string().contains("journal"));
    fs::write(round.join("journal"), &journal).unwrap();
    assert_eq!(look(&bench, &dir).unwrap(), kept);
    for file in ["manifest.json", "plan-001.plan"] {
        let bytes = fs::read(round.join(file)).unwrap();
        flip(&round.join(file), 20);
        assert!(look(&bench, &dir).is_err(), "{file}");
        fs::write(round.join(file), bytes).unwrap();
    }

    // An order changes it, and is seen.
    let applied = orders::give(&bench.app, &dir, OrderKind::Retry { codes: Vec::new() }).await.unwrap();
    let failed = kept.counts[Status::Failed];
    assert_eq!(applied.now.counts[Status::Queued], failed);
    assert_eq!(look(&bench, &dir).unwrap().counts[Status::Queued], failed);
}

#[tokio::test]
async fn a_journal_that_has_grown_since_is_read() {
    let (bench, dir) = sent(50, "code:131026=20%", None).await;
    let status = fs::read(dir.round_dir().join("status.json")).unwrap();
    let failed = look(&bench, &dir).unwrap().counts[Status::Failed];
    orders::give(&bench.app, &dir, OrderKind::Retry { codes: Vec::new() }).await.unwrap();
    // As where the order was given by somebody who died before the old look was removed.
    fs::write(dir.round_dir().join("status.json"), status).unwrap();
    let now = look(&bench, &dir).unwrap();
    assert_eq!((now.counts[Status::Queued], now.counts[Status::Failed]), (failed, 0));
}

#[tokio::test]
async fn why_it_stopped_is_told_to_programs() {
    let (bench, dir) = sent(20, "", Some(LimitOption::First(5))).await;
    let now = look(&bench, &dir).unwrap();
    assert_eq!((now.state, now.code), (RunState::Stopped, Some(StopCode::Limit)));
    let (bench, dir) = sent(20, "code:190", None).await;
    let now = look(&bench, &dir).unwrap();
    assert_eq!((now.state, now.code), (RunState::Stopped, Some(StopCode::Token)));
    assert!(now.reason.unwrap().contains("token"));
    let (bench, dir) = sent(20, "code:131031", None).await;
    assert_eq!(look(&bench, &dir).unwrap().code, Some(StopCode::Number));
    // Somebody who was at work, and isn't any more.
    let path = dir.round_dir().join("status.json");
    let text = fs::read_to_string(&path).unwrap();
    let text = text.replace(r#""state":"stopped""#, r#""state":"running""#);
    fs::write(&path, text).unwrap();
    assert_eq!(look(&bench, &dir).unwrap().code, Some(StopCode::Interrupted));
}

#[tokio::test]
async fn recipients_of_a_trial_are_those_of_its_report() {
    let (bench, dir) = sent(400, "code:131026=10%,code:131053=5%", None).await;
    let mut recipients = Recipients::open(&bench.app.disk, &dir, &|_| {}).unwrap();
    let counts = recipients.counts();
    assert_eq!(counts.total(), 400);
    let mut csv = Vec::new();
    let spec = Spec { format: Format::Csv, ..Spec::default() };
    let tally = reports::to_writer(&bench.app, &dir, &spec, &mut csv).unwrap();
    assert_eq!((tally.counts, csv.iter().filter(|byte| **byte == b'\n').count()), (counts, 401));
    let told: Vec<_> = recipients.failures(9).unwrap().into_iter().map(|one| (one.code, one.count)).collect();
    let of_report: Vec<_> = tally.failures(9).into_iter().map(|one| (one.code, one.count)).collect();
    assert!(!told.is_empty());
    assert_eq!(told, of_report);
    let accepted: u64 = recipients.over_time().buckets().iter().map(|bucket| bucket.accepted).sum();
    assert_eq!(accepted, counts.reached());
    let filter = Filter { status: Some(Status::Failed), ..Filter::default() };
    let page = recipients.page(&filter, Place::Start, 1).unwrap();
    assert_eq!((page.total, page.earlier, page.later), (Some(counts[Status::Failed]), false, true));
    let one = &page.recipients[0];
    let story = recipients.story(one.job).unwrap().unwrap();
    assert_eq!(&story.recipient, one);
    assert_eq!(story.attempts.len(), usize::try_from(one.attempts).unwrap());
    assert!(one.code.is_some() && one.advice.is_some() && one.name.as_deref().unwrap().starts_with("Person"));

    // What others write meanwhile is taken in.
    assert!(!recipients.refresh().unwrap());
    orders::give(&bench.app, &dir, OrderKind::Retry { codes: Vec::new() }).await.unwrap();
    assert!(recipients.refresh().unwrap());
    assert_eq!(recipients.counts()[Status::Failed], 0);
    assert_eq!(recipients.failures(9).unwrap(), []);
}

#[tokio::test]
async fn whoever_is_forgotten_is_gone_with_the_next_refresh() {
    let (bench, dir) = sent(30, "", None).await;
    let mut recipients = Recipients::open(&bench.app.disk, &dir, &|_| {}).unwrap();
    let theirs = Filter { digits: Some("876500007".parse().unwrap()), ..Filter::default() };
    let before = recipients.page(&theirs, Place::Start, 9).unwrap();
    let [person] = before.recipients.as_slice() else { panic!("{before:?}") };
    assert_eq!((person.name.as_deref(), person.status), (Some("Person 7"), Status::Accepted));
    sendcast::app::forget::forget(&bench.app, person.phone.unwrap()).await.unwrap();
    assert!(recipients.refresh().unwrap());
    assert_eq!(recipients.page(&theirs, Place::Start, 9).unwrap().recipients, []);
    let story = recipients.story(person.job).unwrap().unwrap();
    assert_eq!((story.recipient.phone, &story.recipient.name, story.message), (None, &None, None));
    assert_eq!((story.recipient.status, recipients.counts().total()), (Status::Accepted, 30));
    assert!(!format!("{:?}", story.attempts).contains("wamid"));
    assert!(!recipients.refresh().unwrap());
}
