//! The use cases without a terminal: an operator that only keeps what it is told, and answers what it was told to answer.
#![cfg(test)] // lets clippy take the helpers for test code

mod drafts;
mod looks;

use std::cell::{Cell, RefCell};
use std::io::Read;
use std::path::PathBuf;
use std::rc::Rc;

use sendcast::app::account::{Credentials, credentials};
use sendcast::app::campaign_dir::CampaignDir;
use sendcast::app::check::{CheckRequest, examine};
use sendcast::app::claims::{ClaimAnswers, Kind};
use sendcast::app::erase::Erasure;
use sendcast::app::options::{Choices, zone};
use sendcast::app::orders::{self, Given};
use sendcast::app::run::{RunEnd, RunOutcome, RunRequest, run};
use sendcast::app::{
    Answer, App, AppError, ErrorKind, Level, Notice, Operator, Progress, Question, Settings,
};
use sendcast::domain::status::Status;
use sendcast::engine::orders::OrderKind;
use sendcast::engine::snapshot::RunState;
use sendcast::engine::{Ending, LimitOption};
use sendcast::sys::platform::Interrupt;
use tokio::sync::watch;

/// Nobody at a terminal.
#[derive(Debug, Default)]
struct Page {
    notices: RefCell<Vec<Notice>>,
    asked: RefCell<Vec<String>>,
    answer: Cell<Option<Answer>>,
    snapshots: Cell<u32>,
    ended: Cell<bool>,
    input: &'static str,
}

impl Operator for Page {
    fn tell(&self, notice: &Notice) {
        self.notices.borrow_mut().push(notice.clone());
    }

    fn progress(&self, progress: Progress<'_>) {
        match progress {
            Progress::Running(_) => self.snapshots.set(self.snapshots.get() + 1),
            Progress::Sent(last) => self.ended.set(last.is_some()),
            _ => {}
        }
    }

    fn ask(&self, question: &Question) -> Answer {
        self.asked.borrow_mut().push(question.text());
        self.answer.get().unwrap_or(Answer::Nobody)
    }

    fn interrupts(&self) -> Result<watch::Receiver<Option<Interrupt>>, AppError> {
        let (sender, receiver) = watch::channel(None);
        // It never speaks; a run must not take its end for an order.
        std::mem::forget(sender);
        Ok(receiver)
    }

    fn standard_input(&self) -> Result<Box<dyn Read>, AppError> {
        Ok(Box::new(self.input.as_bytes()))
    }
}

/// A data directory, a working directory, and the use cases over them.
struct Bench {
    root: tempfile::TempDir,
    page: Rc<Page>,
    app: App,
}

impl Bench {
    fn new(page: Page) -> Bench {
        let root = tempfile::tempdir().unwrap();
        let data_dir = root.path().join("data");
        let base_url = "http://127.0.0.1:9".parse().unwrap();
        let kept = credentials::path(&data_dir, &base_url);
        let credentials = Credentials { token_file: None, handed_over: None, kept };
        let timezone = zone::of_the_machine();
        let settings = Settings { data_dir, base_url, timezone, timezone_said: None, credentials };
        let page = Rc::new(page);
        let app = App::new(settings, Rc::clone(&page) as Rc<dyn Operator>);
        let bench = Bench { root, page, app };
        bench.people("Ann,+919876543210\nBob,+919876543211\nCem,+905321234567\nDee,+919876543213\n");
        bench.campaign("c.json", "people.csv");
        bench
    }

    fn path(&self, name: &str) -> PathBuf {
        self.root.path().join(name)
    }

    fn people(&self, rows: &str) {
        std::fs::write(self.path("people.csv"), format!("Name,Phone\n{rows}")).unwrap();
    }

    fn campaign(&self, file: &str, audience: &str) {
        let text = format!(
            r#"{{"name": "c", "from": "PHONE_NUMBER_ID", "rate": "max", "track": "0",
                "audience": {{"file": "{audience}"}}, "message": {{"type": "text", "body": "Hi {{{{ name }}}}"}}}}"#
        );
        std::fs::write(self.path(file), text).unwrap();
    }

    fn request(&self, file: &str) -> RunRequest {
        RunRequest {
            campaign: self.path(file).display().to_string(),
            sandbox: true,
            choices: Choices { report: Some(self.path("report.csv")), ..Choices::default() },
            ..RunRequest::default()
        }
    }

    async fn run(&self, request: &RunRequest) -> Result<RunOutcome, AppError> {
        tokio::task::LocalSet::new().run_until(run(&self.app, request)).await
    }

    async fn ended(&self, request: &RunRequest) -> RunEnd {
        match self.run(request).await.unwrap() {
            RunOutcome::Ended(end) => *end,
            outcome => panic!("{outcome:?}"),
        }
    }
}

#[tokio::test]
async fn a_campaign_runs_and_its_end_is_a_value() {
    let bench = Bench::new(Page::default());
    let end = bench.ended(&bench.request("c.json")).await;
    assert_eq!(end.ending, Ending::Settled);
    assert_eq!((end.accepted, end.counts.reached(), end.counts.total()), (4, 4, 4));
    assert_eq!((end.campaign_dir.name.as_str(), end.written.tally.written), ("c", 4));
    assert!(std::fs::read_to_string(bench.path("report.csv")).unwrap().contains("Hi Dee"));
    assert!(bench.page.ended.get() && bench.page.snapshots.get() > 0);
    assert!(bench.page.asked.borrow().is_empty(), "a trial asks nothing");
    let notices = bench.page.notices.borrow();
    let said = |level, text: &str| notices.iter().any(|n| n.level == level && n.text.contains(text));
    assert!(said(Level::Note, "nothing reaches WhatsApp") && said(Level::Info, "c: 4 rows: 4 to send"));
}

#[tokio::test]
async fn a_question_comes_back_as_a_value_and_is_answered_by_the_next_request() {
    let bench = Bench::new(Page::default());
    let request = bench.request("c.json");
    let first = RunRequest { limit: Some(LimitOption::First(1)), ..request.clone() };
    assert_eq!(bench.ended(&first).await.ending, Ending::LimitReached);
    bench.people("Ann,+919876543210\n");
    let error = bench.run(&request).await.unwrap_err();
    let ErrorKind::Unanswered(question) = error.kind else { panic!("{error:?}") };
    let Question::Removals(diff) = *question else { panic!("{question:?}") };
    assert_eq!((diff.removed, diff.unsent_before), (3, 3));
    let dir = CampaignDir::find(&bench.app, "c", true).unwrap();
    let before = sendcast::app::campaign_dir::observe::look(&bench.app, &dir).unwrap();
    assert_eq!(before.counts[Status::Queued], 3, "nothing was changed");
    // No is an answer, too.
    bench.page.answer.set(Some(Answer::No));
    assert!(matches!(bench.run(&request).await.unwrap(), RunOutcome::Declined));
    let accepted = RunRequest { accept_removals: true, ..request };
    let end = bench.ended(&accepted).await;
    assert_eq!((end.counts[Status::Cancelled], end.counts.reached()), (3, 1));
    assert!(bench.page.asked.borrow().iter().all(|asked| asked.contains("3 of the 3 people not yet sent")));
}

#[tokio::test]
async fn a_copy_of_a_campaign_is_a_question_before_anybody_is_written_to() {
    let bench = Bench::new(Page::default());
    bench.ended(&bench.request("c.json")).await;
    bench.campaign("copy.json", "people.csv");
    let error = bench.run(&bench.request("copy.json")).await.unwrap_err();
    let ErrorKind::Unanswered(question) = error.kind else { panic!("{error:?}") };
    let Question::Claim(claim) = *question else { panic!("{question:?}") };
    assert_eq!((claim.kind, claim.campaign.as_str(), claim.reached), (Kind::Copied, "c", Some(4)));
    assert_eq!(claim.file.file_name().unwrap(), "copy.json");
    let claims = ClaimAnswers { adopt: true, new: false };
    let end = bench.ended(&RunRequest { claims, ..bench.request("copy.json") }).await;
    assert_eq!((end.accepted, end.counts.reached()), (0, 4), "nobody is written to twice");
}

#[tokio::test]
async fn orders_looks_and_erasing_are_values() {
    let bench = Bench::new(Page::default());
    let request = RunRequest { limit: Some(LimitOption::First(1)), ..bench.request("c.json") };
    bench.ended(&request).await;
    let dir = CampaignDir::find(&bench.app, "c", true).unwrap();
    let applied = orders::give(&bench.app, &dir, OrderKind::Pause).await.unwrap();
    assert!(matches!(applied.given, Given::Applied(_)) && applied.now.state == RunState::Paused);
    let RunOutcome::Held(held) = bench.run(&request).await.unwrap() else { panic!("it is held") };
    assert_eq!((held.state, held.counts[Status::Queued]), (RunState::Paused, 3));
    let erasure = Erasure::of(&bench.app, "c", true).unwrap();
    assert_eq!(erasure.reports.len(), 1);
    let erased = erasure.carry_out(&bench.app, true).unwrap();
    assert_eq!((erased.removed.len(), bench.path("report.csv").exists()), (1, false));
    assert!(CampaignDir::find(&bench.app, "c", true).unwrap_err().is_usage());
}

#[tokio::test]
async fn a_check_tells_each_skipped_row_and_reads_standard_input_from_the_operator() {
    let input = "Name,Phone\nAnn,+919876543210\nBob,12\n,+919876543211\n";
    let page = Page { input, ..Page::default() };
    let bench = Bench::new(page);
    let choices = Choices { audience: Some("-".into()), ..Choices::default() };
    let campaign = bench.path("c.json").display().to_string();
    let request = CheckRequest { campaign, sandbox: true, choices, ..CheckRequest::default() };
    let mut skipped = Vec::new();
    let mut keep = |_: &str, row| {
        skipped.push(row);
        Ok(())
    };
    let examined = examine(&bench.app, &request, &mut keep).await.unwrap();
    assert!(examined.can_run() && examined.asked.is_none());
    assert_eq!((examined.findings.good, examined.findings.bad), (1, 2));
    let blamed: Vec<_> = skipped.iter().map(|row| (row.row, row.column.as_deref())).collect();
    assert_eq!(blamed, [(Some(3), Some("Phone")), (Some(4), Some("Name"))]);
    let left = std::fs::read_dir(bench.path("data").join("sandbox/campaigns/c"));
    assert!(left.is_err(), "nothing is left behind");
}
