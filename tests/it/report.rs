//! Reports as users and their scripts read them, from jobs that lived their life through `Job::apply`.
#![expect(clippy::unwrap_used, reason = "a test's helpers fail by panicking")]

mod html;
mod xlsx;

use std::borrow::Cow;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use insta::assert_snapshot;
use jiff::tz::TimeZone;
use sendcast::domain::guard::unguard;
use sendcast::domain::ids::{AttemptNo, JobId, MessageId, NumberId, OwnerId, PlanNo, SenderNo};
use sendcast::domain::job::{Event, Job, News, Reach};
use sendcast::domain::message::Message;
use sendcast::domain::phone::Phone;
use sendcast::domain::plan::{Fate, PlanHead, PlannedRow, SkipCause};
use sendcast::domain::problem::Problem;
use sendcast::domain::status::Status;
use sendcast::domain::time::Millis;
use sendcast::queue::{BlockFormatter, BlockSink, Listed, QueueError, Sent};
use sendcast::report::file::{self, FileError};
use sendcast::report::{Filter, Format, Head, Made, Reply, Scan, Spec, WriteError, line, write};
use sendcast::sys::disk::{Disk, DiskFile, RealDisk};

/// 2026-11-22T10:00:00Z
const T: u64 = 1_795_341_600_000;

fn head(columns: &[&str]) -> Head {
    Head::from(&plan_head(columns))
}

fn plan_head(columns: &[&str]) -> PlanHead {
    PlanHead {
        columns: columns.iter().map(|c| (*c).into()).collect(),
        senders: vec![NumberId::new("1001"), NumberId::new("+1002")],
        source_hash: String::new(),
        source: "inline".into(),
        ..PlanHead::default()
    }
}

fn planned(row: u32, to: &str, cells: &[&str]) -> PlannedRow {
    PlannedRow {
        row: Some(row),
        key: Some(to.into()),
        to: to.into(),
        phone: Phone::from_digits(to),
        sender: SenderNo(0),
        variant: None,
        cells: cells.iter().map(|c| (*c).into()).collect(),
        fate: Fate::Send(Message::Text { body: "Hi".into() }.into()),
    }
}

fn bad(row: u32, to: &str, reason: &str, cells: &[&str]) -> PlannedRow {
    let fate = Fate::Skip { cause: SkipCause::Bad, problem: Problem::new(reason), kind: "text".into() };
    PlannedRow { key: None, fate, ..planned(row, to, cells) }
}

fn listed(row: PlannedRow, job: Job) -> Listed<'static> {
    let id = JobId(row.row.unwrap_or(1_000_000) - 2);
    Listed { id, row: Cow::Owned(row), job: Cow::Owned(job), sent: None }
}

fn after(events: &[Event]) -> Job {
    events.iter().fold(Job::queued(), |job, event| job.apply(event).unwrap())
}

fn claimed(no: u32, sender: u16) -> Event {
    Event::Claimed {
        attempt: AttemptNo(no),
        sender: SenderNo(sender),
        plan: PlanNo(1),
        owner: OwnerId(1),
        lease_until: Millis(T + 60_000),
        at: Millis(T),
    }
}

fn accepted(no: u32, id: &str) -> Event {
    Event::Accepted { attempt: AttemptNo(no), id: Some(MessageId::new(id)), at: Millis(T + 1_500) }
}

fn news(no: u32, news: News, seconds: u64) -> Event {
    Event::News { attempt: AttemptNo(no), news, at: Millis(T + seconds * 1000) }
}

/// One job of each kind.
fn everyone() -> Vec<Listed<'static>> {
    let refused = Problem::coded(131_047, "nothing was heard from this person in the last 24 hours");
    let mut removed =
        listed(planned(2, "4915111111111", &["", ""]), after(&[claimed(1, 1), accepted(1, "w9")]));
    removed.id = JobId(99);
    removed.row.to_mut().row = None;
    vec![
        listed(
            planned(2, "919876543210", &["Asha", "x"]),
            after(&[
                claimed(1, 0),
                accepted(1, "wamid.A=="),
                news(1, News::Reached(Reach::Delivered), 3),
                news(1, News::Reached(Reach::Read), 9),
            ]),
        ),
        listed(
            planned(3, "919876543211", &["Björn, \"the one\"", "two\nlines"]),
            after(&[
                claimed(1, 1),
                Event::Refused { attempt: AttemptNo(1), at: Millis(T), problem: refused },
            ]),
        ),
        listed(
            planned(4, "919876543212", &["=HYPERLINK(\"http://x\")", "-5"]),
            after(&[
                claimed(1, 0),
                Event::Doubted {
                    attempt: AttemptNo(1),
                    at: Millis(T),
                    problem: Problem::new("the connection was lost after sending"),
                },
            ]),
        ),
        listed(bad(5, "+49 abc", "`+49 abc` is no phone number", &["@mention", "\ttab"]), Job::skipped()),
        listed(planned(6, "4917012345678", &["मीरा"]), after(&[Event::Cancelled { by_removal: true }])),
        listed(planned(7, "4917012345679", &["Li", "y"]), Job::queued()),
        removed,
    ]
}

/// A queue's listing of these, in blocks of two.
fn scan(
    jobs: &[Listed<'static>],
) -> impl FnMut(&BlockFormatter<'_, Made>, &mut BlockSink<'_, Made>) -> Result<(), QueueError> {
    move |make, take| jobs.chunks(2).try_for_each(|block| take(make(block)))
}

fn report(format: Format, filter: Filter, head: &Head, jobs: &[Listed<'static>]) -> String {
    let mut out = Vec::new();
    let spec = Spec { format, filter, zone: TimeZone::get("Asia/Kolkata").unwrap(), ..Spec::default() };
    let tally = write(&mut out, &spec, head, &mut scan(jobs)).unwrap();
    assert_eq!(tally.counts.total(), jobs.len() as u64, "every line is counted, also one that isn't written");
    String::from_utf8(out).unwrap()
}

#[test]
fn csv_has_the_contracts_columns_then_the_audiences_own() {
    let csv = report(Format::Csv, Filter::ALL, &head(&["Name", "to"]), &everyone());
    assert_snapshot!(csv.trim_start_matches('\u{feff}'), @r#"
    row,to,status,skipped_as,type,variant,message,message_id,attempts,error_code,reason,from,status_at,accepted_at,sent_at,delivered_at,read_at,failed_at,replied_at,reply,Name,audience.to
    2,+91 98765 43210,read,,text,,Hi,wamid.A==,1,,,1001,2026-11-22 15:30:09,2026-11-22 15:30:01,,2026-11-22 15:30:03,2026-11-22 15:30:09,,,,Asha,x
    3,+91 98765 43211,failed,,text,,Hi,,1,131047,nothing was heard from this person in the last 24 hours,1001,2026-11-22 15:30:00,,,,,2026-11-22 15:30:00,,,"Björn, ""the one""","two
    lines"
    4,+91 98765 43212,in_doubt,,text,,Hi,,1,,the connection was lost after sending,1001,2026-11-22 15:30:00,,,,,,,,"'=HYPERLINK(""http://x"")",'-5
    5,'+49 abc,skipped,bad,text,,,,0,,`+49 abc` is no phone number,,,,,,,,,,'@mention,'	tab
    6,+49 170 1234 5678,cancelled,,text,,,,0,,its row was removed from the file before it was sent,1001,,,,,,,,,मीरा,
    7,+49 170 1234 5679,queued,,text,,,,0,,,1001,,,,,,,,,Li,y
    ,+49 151 1111 1111,accepted,,text,,Hi,w9,1,,,'+1002,2026-11-22 15:30:01,2026-11-22 15:30:01,,,,,,,,
    "#);
}

#[test]
fn csv_reads_back_as_it_was_meant() {
    let jobs = everyone();
    let csv = report(Format::Csv, Filter::ALL, &head(&["Name", "to"]), &jobs);
    let rest = csv.strip_prefix('\u{feff}').unwrap();
    assert!(rest.starts_with("row,to,status,skipped_as,"), "a byte order mark, then `row`");
    assert!(!csv.contains('\r'));
    let mut reader = csv::Reader::from_reader(rest.as_bytes());
    let records: Vec<_> = reader.records().map(Result::unwrap).collect();
    assert_eq!(records.len(), jobs.len());
    assert!(records.iter().all(|r| r.len() == 22));
    assert_eq!(&records[1][20], "Björn, \"the one\"");
    assert_eq!(&records[1][21], "two\nlines");
    assert_eq!(&records[2][20], "'=HYPERLINK(\"http://x\")");
    assert_eq!(&records[3][1], "'+49 abc");
    assert_eq!(&records[4][21], "", "a short row is filled up");
    // A reader of ours takes the guard off again.
    for (record, job) in records.iter().zip(&jobs) {
        for (at, cell) in job.row.cells.iter().enumerate() {
            assert_eq!(unguard(&record[20 + at]), cell.as_str());
        }
    }
}

#[test]
fn a_delimiter_is_kept_apart_from_the_cells() {
    let job = listed(planned(2, "919876543210", &["a;b,c\td"]), Job::queued());
    for (delimiter, line) in [
        (b';', "2;+91 98765 43210;queued;;text;;;;0;;;1001;;;;;;;;;\"a;b,c\td\""),
        (b'\t', "2\t+91 98765 43210\tqueued\t\ttext\t\t\t\t0\t\t\t1001\t\t\t\t\t\t\t\t\t\"a;b,c\td\""),
        (b'|', "2|+91 98765 43210|queued||text||||0|||1001|||||||||a;b,c\td"),
    ] {
        let mut out = Vec::new();
        let spec = Spec { delimiter, ..Spec::default() };
        write(&mut out, &spec, &head(&["x"]), &mut scan(std::slice::from_ref(&job))).unwrap();
        assert_eq!(String::from_utf8(out).unwrap().lines().nth(1).unwrap(), line);
    }
}

#[test]
fn the_guard_covers_what_comes_from_outside_headers_too() {
    let mut job = listed(planned(2, "919876543210", &["1"]), after(&[claimed(1, 1), accepted(1, "=id")]));
    job.job.to_mut().problem = Some(Problem::new("@server says"));
    let csv = report(Format::Csv, Filter::ALL, &head(&["=evil", "'=evil"]), &[job]);
    assert_snapshot!(csv.trim_start_matches('\u{feff}'), @r"
    row,to,status,skipped_as,type,variant,message,message_id,attempts,error_code,reason,from,status_at,accepted_at,sent_at,delivered_at,read_at,failed_at,replied_at,reply,'=evil,''=evil
    2,+91 98765 43210,accepted,,text,,Hi,'=id,1,,'@server says,'+1002,2026-11-22 15:30:01,2026-11-22 15:30:01,,,,,,,1,
    ");
}

#[test]
fn json_is_an_array_of_objects_with_texts_as_they_were() {
    let jobs = everyone();
    let json = report(Format::Json, Filter::ALL, &head(&["Name", "to"]), &jobs);
    let rows: Vec<serde_json::Map<String, serde_json::Value>> = serde_json::from_str(&json).unwrap();
    assert_eq!(rows.len(), jobs.len());
    assert_eq!(
        rows[0].keys().cloned().collect::<Vec<_>>().join(", "),
        "row, to, status, skipped_as, type, variant, message, message_id, attempts, error_code, reason, from, \
         status_at, accepted_at, sent_at, delivered_at, read_at, failed_at, replied_at, reply, Name, audience.to"
    );
    assert_eq!(rows[2]["Name"], "=HYPERLINK(\"http://x\")");
    assert_eq!(rows[4]["audience.to"], serde_json::Value::Null);
    let first_two: Vec<_> = json.lines().take(3).collect();
    assert_snapshot!(first_two.join("\n"), @r#"
    [
    {"row":2,"to":"+919876543210","status":"read","skipped_as":null,"type":"text","variant":null,"message":"Hi","message_id":"wamid.A==","attempts":1,"error_code":null,"reason":null,"from":"1001","status_at":"2026-11-22T10:00:09Z","accepted_at":"2026-11-22T10:00:01Z","sent_at":null,"delivered_at":"2026-11-22T10:00:03Z","read_at":"2026-11-22T10:00:09Z","failed_at":null,"replied_at":null,"reply":null,"Name":"Asha","audience.to":"x"},
    {"row":3,"to":"+919876543211","status":"failed","skipped_as":null,"type":"text","variant":null,"message":"Hi","message_id":null,"attempts":1,"error_code":131047,"reason":"nothing was heard from this person in the last 24 hours","from":"1001","status_at":"2026-11-22T10:00:00Z","accepted_at":null,"sent_at":null,"delivered_at":null,"read_at":null,"failed_at":"2026-11-22T10:00:00Z","replied_at":null,"reply":null,"Name":"Björn, \"the one\"","audience.to":"two\nlines"},
    "#);
}

#[test]
fn ndjson_is_the_same_objects_a_line_each() {
    let jobs = everyone();
    let head = head(&["Name", "to"]);
    let json: Vec<serde_json::Value> =
        serde_json::from_str(&report(Format::Json, Filter::ALL, &head, &jobs)).unwrap();
    let ndjson = report(Format::Ndjson, Filter::ALL, &head, &jobs);
    let lines: Vec<serde_json::Value> =
        ndjson.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines, json);
    assert!(ndjson.ends_with("}\n"));
}

#[test]
fn an_empty_report_is_whole_in_every_format() {
    let head = head(&["Name"]);
    let empty = |format| report(format, Filter::ALL, &head, &[]);
    assert_eq!(empty(Format::Csv).lines().count(), 1);
    assert_eq!(empty(Format::Json), "[]\n");
    assert_eq!(empty(Format::Ndjson), "");
}

#[test]
fn a_filter_leaves_lines_out() {
    let filter = Filter::of(&[Status::Failed, Status::InDoubt]);
    let csv = report(Format::Csv, filter, &head(&["Name", "to"]), &everyone());
    let rows: Vec<_> =
        csv::Reader::from_reader(csv.as_bytes()).records().map(|r| r.unwrap()[0].to_owned()).collect();
    assert_eq!(rows, ["3", "4"]);
}

#[test]
fn a_line_tells_of_the_delivery_that_got_furthest() {
    // Sent twice by order: the first arrives after all, the second is known failed.
    let job = after(&[
        claimed(1, 0),
        Event::Doubted { attempt: AttemptNo(1), at: Millis(T), problem: Problem::new("timeout") },
        Event::Resend { by: sendcast::domain::job::ResendBy::Operator },
        claimed(2, 1),
        accepted(2, "second"),
        Event::Found { attempt: AttemptNo(1), id: Some(MessageId::new("first")), at: Millis(T) },
        news(1, News::Reached(Reach::Delivered), 5),
        news(2, News::Failed(Problem::coded(131_026, "undeliverable")), 6),
    ]);
    let (listed, head) = (listed(planned(2, "919876543210", &[]), job), head(&[]));
    let line = line(&listed, &head);
    assert_eq!(line.status_at, Some(Millis(T + 5_000)));
    assert_eq!((line.status, line.message_id, line.from), (Status::Delivered, Some("first"), Some("1001")));
    assert_eq!((line.attempts, line.delivered_at), (2, Some(Millis(T + 5_000))));
}

/// The file was edited after this was sent: another number, other words, other columns.
#[test]
fn a_line_says_what_was_sent_whatever_the_file_says_now() {
    let mut job =
        listed(planned(7, "919876543210", &["Asha Rao", "Goa"]), after(&[claimed(1, 0), accepted(1, "a")]));
    let message = Message::Text { body: "Hi Asha".into() };
    let row = PlannedRow { fate: Fate::Send(message.into()), ..planned(2, "4915112345678", &["x", "Asha"]) };
    job.sent = Some(Sent { plan: PlanNo(1), row: Cow::Owned(row) });
    let (now, then) = (plan_head(&["Name", "City"]), plan_head(&["Code", "Name"]));
    let head = Head::new(&now, &[(PlanNo(1), &then)]);
    assert_eq!(head.columns, ["Name", "City", "Code"]);
    let line = line(&job, &head);
    assert_eq!((line.row, line.phone), (Some(7), Phone::from_digits("4915112345678")));
    assert_eq!((line.message, line.cells.join("|")), (Some("Hi Asha"), "Asha||x".to_owned()));
}

#[test]
fn columns_of_one_name_keep_their_order_in_an_edited_file() {
    let (now, then) = (plan_head(&["b", "a", "a"]), plan_head(&["a", "b", "a", "a"]));
    let head = Head::new(&now, &[(PlanNo(1), &then)]);
    assert_eq!(head.columns, ["b", "a", "a", "a"]);
    let mut job = listed(planned(2, "919876543210", &[]), after(&[claimed(1, 0), accepted(1, "a")]));
    let row = planned(2, "919876543210", &["a1", "b1", "a2", "a3"]);
    job.sent = Some(Sent { plan: PlanNo(1), row: Cow::Owned(row) });
    assert_eq!(line(&job, &head).cells.join("|"), "b1|a1|a2|a3");
}

#[test]
fn the_message_is_that_which_was_sent_and_nothing_before() {
    let head = head(&[]);
    let said = |message: Message, events: &[Event]| {
        let row = PlannedRow { fate: Fate::Send(message.into()), ..planned(2, "919876543210", &[]) };
        line(&listed(row, after(events)), &head).message.map(str::to_owned)
    };
    let text = || Message::Text { body: "Hi".into() };
    let media = |caption: Option<&str>| Message::Media {
        kind: sendcast::domain::message::MediaKind::Image,
        url: "https://example.com/a.png".into(),
        caption: caption.map(Into::into),
    };
    let sent = [claimed(1, 0), accepted(1, "a")];
    assert_eq!(said(text(), &sent).as_deref(), Some("Hi"));
    assert_eq!(said(text(), &sent[..1]).as_deref(), Some("Hi"));
    assert_eq!(said(text(), &[]), None);
    assert_eq!(said(media(Some("Look")), &sent).as_deref(), Some("Look"));
    assert_eq!(said(media(None), &sent), None);
    assert_eq!(said(Message::Flow { flow_id: "7".into() }, &sent), None);
    let buttons = Message::Buttons { body: "Which?".into(), buttons: Vec::new() };
    assert_eq!(said(buttons, &sent).as_deref(), Some("Which?"));
    let refused = Event::Refused { attempt: AttemptNo(1), at: Millis(T + 9), problem: Problem::new("no") };
    assert_eq!(said(text(), &[claimed(1, 0), refused]).as_deref(), Some("Hi"));
}

#[test]
fn a_status_has_its_time_once_something_was_sent() {
    let head = head(&[]);
    let at = |events: &[Event]| {
        let listed = listed(planned(2, "919876543210", &[]), after(events));
        let line = line(&listed, &head);
        (line.status, line.status_at.map(|at| at.0 - T), line.failed_at.map(|at| at.0 - T))
    };
    let problem = || Problem::new("x");
    let not_accepted =
        Event::NotAccepted { attempt: AttemptNo(1), not_before: Millis(9), counts: true, problem: problem() };
    let refused = |no| Event::Refused { attempt: AttemptNo(no), at: Millis(T + 9), problem: problem() };
    let doubted = |at| Event::Doubted { attempt: AttemptNo(1), at: Millis(T + at), problem: problem() };
    let found = Event::Found { attempt: AttemptNo(1), id: None, at: Millis(T + 3) };
    let retry = Event::Retry { not_before: Millis::ZERO };
    let reached = |reach, at| news(1, News::Reached(reach), at);
    assert_eq!(at(&[]), (Status::Queued, None, None));
    assert_eq!(at(&[claimed(1, 0)]), (Status::Sending, Some(0), None));
    assert_eq!(at(&[claimed(1, 0), not_accepted.clone()]), (Status::Queued, Some(0), None));
    assert_eq!(at(&[claimed(1, 0), refused(1)]), (Status::Failed, Some(9), Some(9)));
    assert_eq!(at(&[claimed(1, 0), refused(1), retry]), (Status::Queued, Some(0), None));
    assert_eq!(at(&[claimed(1, 0), doubted(8)]), (Status::InDoubt, Some(8), None));
    assert_eq!(at(&[claimed(1, 0), doubted(8), found]), (Status::Accepted, Some(3), None));
    let sent = [claimed(1, 0), accepted(1, "a"), reached(Reach::Read, 9), reached(Reach::Delivered, 3)];
    assert_eq!(at(&sent[..2]), (Status::Accepted, Some(1_500), None));
    assert_eq!(at(&sent), (Status::Read, Some(9_000), None));
    let failed = [claimed(1, 0), accepted(1, "a"), news(1, News::Failed(problem()), 4)];
    assert_eq!(at(&failed), (Status::Failed, Some(4_000), Some(4_000)));
    let cancelled = [claimed(1, 0), not_accepted, Event::Cancelled { by_removal: false }];
    assert_eq!(at(&cancelled), (Status::Cancelled, Some(0), None));
}

#[test]
fn a_skipped_row_says_as_what() {
    let head = head(&[]);
    let as_what = |cause, job| {
        let fate = Fate::Skip { cause, problem: Problem::new("x"), kind: String::new() };
        line(&listed(PlannedRow { fate, ..planned(2, "12", &[]) }, job), &head).skipped_as
    };
    assert_eq!(as_what(SkipCause::Bad, Job::skipped()), Some("bad"));
    assert_eq!(as_what(SkipCause::Duplicate, Job::skipped()), Some("duplicate"));
    assert_eq!(as_what(SkipCause::OptedOut, Job::skipped()), Some("opted_out"));
    // Sent before the row turned bad.
    assert_eq!(as_what(SkipCause::Bad, after(&[claimed(1, 0), accepted(1, "a")])), None);
    // Taken out at the gate.
    let opted_out = after(&[Event::Skipped { problem: Problem::new("opted out") }]);
    assert_eq!(
        line(&listed(planned(2, "919876543210", &[]), opted_out), &head).skipped_as,
        Some("opted_out")
    );
}

#[test]
fn a_row_that_turned_bad_after_it_was_sent_keeps_what_became_of_it() {
    let job =
        listed(bad(2, "919876543210", "the name is empty", &[]), after(&[claimed(1, 0), accepted(1, "a")]));
    let head = head(&[]);
    let line = line(&job, &head);
    assert_eq!((line.status, line.reason), (Status::Accepted, None));
}

#[test]
fn the_jobs_own_reason_wins_over_the_plans() {
    let job = Job::queued().apply(&Event::Skipped { problem: Problem::new("opted out") }).unwrap();
    let job = listed(bad(2, "x", "the name is empty", &[]), job);
    let head = head(&[]);
    let line = line(&job, &head);
    assert_eq!((line.reason, line.from), (Some("opted out"), None));
}

#[test]
fn an_error_of_the_queue_is_the_queues_and_one_of_the_output_the_outputs() {
    struct Full;
    impl io::Write for Full {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::ErrorKind::StorageFull.into())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let head = head(&[]);
    let many: Vec<_> = (2..5000).map(|n| listed(planned(n, "919876543210", &[]), Job::queued())).collect();
    for format in Format::ALL {
        let spec = &Spec { format, ..Spec::default() };
        let error = write(Full, spec, &head, &mut scan(&many)).unwrap_err();
        assert!(
            matches!(&error, WriteError::Output(e) if e.kind() == io::ErrorKind::StorageFull),
            "{error:?}"
        );
        let error = write(Vec::new(), spec, &head, &mut |_, _| Err(QueueError::Stopped)).unwrap_err();
        assert!(matches!(error, WriteError::Queue(QueueError::Stopped)));
    }
}

// ---- on disk

fn csv() -> Spec {
    Spec::default()
}

fn names(dir: &Path) -> Vec<String> {
    let mut names: Vec<_> =
        std::fs::read_dir(dir).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn a_file_is_replaced_whole_and_leaves_nothing_beside_it() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("x.report.csv");
    let head = head(&["Name", "to"]);
    std::fs::write(&path, "old").unwrap();
    let jobs = everyone();
    let written = file::write(&RealDisk, &path, &csv(), &head, &mut scan(&jobs)).unwrap();
    assert_eq!((&written.path, written.instead_of), (&path, None));
    assert_eq!(written.tally.written, 7);
    let mut out = Vec::new();
    write(&mut out, &csv(), &head, &mut scan(&jobs)).unwrap();
    assert_eq!(std::fs::read(&path).unwrap(), out);
    assert_eq!(names(dir.path()), ["x.report.csv"]);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }
}

#[test]
fn a_queue_that_fails_leaves_the_old_report() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("x.report.csv");
    std::fs::write(&path, "old").unwrap();
    let fails: &mut Scan<'_> = &mut |make, take| {
        take(make(&everyone()[..1]))?;
        Err(QueueError::Stopped)
    };
    let error = file::write(&RealDisk, &path, &csv(), &head(&["Name", "to"]), fails).unwrap_err();
    assert!(matches!(error, FileError::Queue(QueueError::Stopped)));
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "old");
    assert_eq!(names(dir.path()), ["x.report.csv"]);
}

/// A disk on which some files are held open by a spreadsheet program.
#[derive(Debug)]
struct Held {
    held: Vec<PathBuf>,
    tried: Mutex<Vec<PathBuf>>,
}

impl Disk for Held {
    fn create_new(&self, path: &Path) -> io::Result<Box<dyn DiskFile>> {
        RealDisk.create_new(path)
    }
    fn open(&self, path: &Path) -> io::Result<Box<dyn DiskFile>> {
        RealDisk.open(path)
    }
    fn open_read(&self, path: &Path) -> io::Result<Box<dyn DiskFile>> {
        RealDisk.open_read(path)
    }
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.tried.lock().unwrap().push(to.to_owned());
        if self.held.iter().any(|held| held == to) {
            return Err(io::ErrorKind::PermissionDenied.into());
        }
        RealDisk.rename(from, to)
    }
    fn remove_file(&self, path: &Path) -> io::Result<()> {
        RealDisk.remove_file(path)
    }
    fn remove_all(&self, path: &Path) -> io::Result<()> {
        RealDisk.remove_all(path)
    }
    fn remove_dir(&self, path: &Path) -> io::Result<()> {
        RealDisk.remove_dir(path)
    }
    fn create_dir_all(&self, path: &Path) -> io::Result<()> {
        RealDisk.create_dir_all(path)
    }
    fn sync_dir(&self, path: &Path) -> io::Result<()> {
        RealDisk.sync_dir(path)
    }
    fn list(&self, path: &Path) -> io::Result<Vec<PathBuf>> {
        RealDisk.list(path)
    }
    fn exists(&self, path: &Path) -> io::Result<bool> {
        RealDisk.exists(path)
    }
    fn try_lock(&self, path: &Path) -> io::Result<Option<sendcast::sys::disk::LockGuard>> {
        RealDisk.try_lock(path)
    }
}

#[test]
fn a_held_file_is_left_alone_and_the_report_goes_beside_it() {
    let dir = tempfile::tempdir().unwrap();
    let name = |name: &str| dir.path().join(name);
    std::fs::write(name("x.report.csv"), "open in Excel").unwrap();
    std::fs::write(name("x.report-2.csv"), "open too").unwrap();
    std::fs::write(name("x.report-3.csv"), "an older one").unwrap();
    let disk =
        Held { held: vec![name("x.report.csv"), name("x.report-2.csv")], tried: Mutex::new(Vec::new()) };
    let head = head(&["Name", "to"]);
    let written = file::write(&disk, &name("x.report.csv"), &csv(), &head, &mut scan(&everyone())).unwrap();
    assert_eq!(written.path, name("x.report-3.csv"));
    assert_eq!(written.instead_of, Some(name("x.report.csv")));
    assert_eq!(std::fs::read_to_string(name("x.report.csv")).unwrap(), "open in Excel");
    assert!(std::fs::read_to_string(name("x.report-3.csv")).unwrap().starts_with("\u{feff}row,to,"));
    assert_eq!(names(dir.path()), ["x.report-2.csv", "x.report-3.csv", "x.report.csv"]);
    assert_eq!(disk.tried.lock().unwrap().len(), 3);
}

#[test]
fn a_file_that_cannot_be_made_is_an_error_with_a_hint_and_no_leftovers() {
    let dir = tempfile::tempdir().unwrap();
    // Refused, and not because a file of that name is held: there is none.
    let path = dir.path().join("x.csv");
    let disk = Held { held: vec![path.clone()], tried: Mutex::new(Vec::new()) };
    let error = file::write(&disk, &path, &csv(), &head(&[]), &mut scan(&[])).unwrap_err();
    assert!(matches!(error, FileError::Output { .. }));
    assert!(error.hint().unwrap().contains("sendcast report"));
    assert!(names(dir.path()).is_empty());

    let error = file::write(&RealDisk, dir.path(), &csv(), &head(&[]), &mut scan(&[])).unwrap_err();
    assert!(matches!(error, FileError::Directory(_)));

    let nowhere = dir.path().join("no/such/dir/x.csv");
    let error = file::write(&RealDisk, &nowhere, &csv(), &head(&[]), &mut scan(&[])).unwrap_err();
    assert_eq!(error.hint(), Some("create the directory first, or name another one"));
}

#[test]
fn leftovers_of_killed_processes_are_removed_and_a_living_ones_file_is_not() {
    let dir = tempfile::tempdir().unwrap();
    let name = |name: &str| dir.path().join(name);
    for file in [".x.csv.1-0.tmp", ".x.csv.2-0.tmp", ".y.csv.1-0.tmp"] {
        std::fs::write(name(file), "half").unwrap();
    }
    let long_ago = std::time::SystemTime::now() - std::time::Duration::from_secs(7200);
    for file in [".x.csv.1-0.tmp", ".y.csv.1-0.tmp"] {
        std::fs::File::options().write(true).open(name(file)).unwrap().set_modified(long_ago).unwrap();
    }
    file::write(&RealDisk, &name("x.csv"), &csv(), &head(&[]), &mut scan(&[])).unwrap();
    assert_eq!(names(dir.path()), [".x.csv.2-0.tmp", ".y.csv.1-0.tmp", "x.csv"]);
}

#[cfg(unix)]
#[test]
fn a_link_is_followed_and_a_device_is_written_to() {
    let dir = tempfile::tempdir().unwrap();
    let (real, link) = (dir.path().join("real.csv"), dir.path().join("link.csv"));
    std::fs::write(&real, "old").unwrap();
    std::os::unix::fs::symlink(&real, &link).unwrap();
    file::write(&RealDisk, &link, &csv(), &head(&[]), &mut scan(&[])).unwrap();
    assert!(link.is_symlink());
    assert!(std::fs::read_to_string(&real).unwrap().starts_with("\u{feff}row,to,"));

    let null = Path::new("/dev/null");
    let written =
        file::write(&RealDisk, null, &csv(), &head(&["Name", "to"]), &mut scan(&everyone())).unwrap();
    assert_eq!((written.path.as_path(), written.tally.written), (null, 7));
}

/// What each person replied first, and when, in every format alike.
#[test]
fn replies_stand_in_their_own_columns() {
    let columns = ["Mobile", "reply", "note"];
    let reply =
        |text: &str, seconds: u64| Reply { text: text.into(), button: None, at: Millis(T + seconds * 1000) };
    let replies = [(JobId(0), reply("=Yes", 1)), (JobId(1), reply("No", 2))].into();
    let head = head(&columns).with_replies(replies);
    let short = planned(3, "919876543211", &["919876543211"]);
    let full = planned(2, "919876543210", &["919876543210", "theirs", "x"]);
    let nobody = planned(4, "919876543212", &["919876543212", "a", "b"]);
    let rows = [full, short, nobody].map(|row| listed(row, Job::queued()));
    let csv = report(Format::Csv, Filter::ALL, &head, &rows);
    let ends: Vec<_> = csv.lines().map(|line| line.splitn(19, ',').last().unwrap()).collect();
    assert_eq!(
        ends,
        [
            "replied_at,reply,Mobile,audience.reply,note",
            "2026-11-22 15:30:01,'=Yes,919876543210,theirs,x",
            "2026-11-22 15:30:02,No,919876543211,,",
            ",,919876543212,a,b",
        ]
    );
    for format in [Format::Json, Format::Ndjson] {
        let text = report(format, Filter::ALL, &head, &rows);
        let replied = r#""replied_at":"2026-11-22T10:00:01Z","reply":"=Yes","Mobile":"919876543210","audience.reply":"theirs""#;
        assert!(text.contains(replied), "{text}");
        assert!(text.contains(r#""replied_at":null,"reply":null,"#), "{text}");
    }
}
