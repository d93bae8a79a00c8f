//! What becomes of a draft once it was planned, sent, erased, and when one of its people is forgotten.

use sendcast::app::forget;
use sendcast::app::one_message::{TestRequest, test};
use sendcast::app::phones;

use super::*;
use crate::cli::account::Office;

/// A bench over the data directory of an office, whose account is an imitation on this machine: what is sent is real there.
struct Real {
    office: Office,
    bench: Bench,
}

impl Real {
    fn new() -> Real {
        let (office, mut bench) = (Office::new(), Bench::new(Page::default()));
        bench.app.settings.data_dir = office.desk.data.clone();
        Real { office, bench }
    }

    fn run(&self, arguments: &str) -> crate::cli::Said {
        self.office.run(&arguments.split_whitespace().collect::<Vec<_>>())
    }

    fn send(&self, draft: &Draft, more: &str) -> crate::cli::Said {
        self.run(&format!("run {} --yes --track 0 {more}", draft.source()))
    }
}

#[test]
fn once_it_was_sent_it_is_a_campaign_and_goes_with_it() {
    let real = Real::new();
    let app = &real.bench.app;
    let draft = ready(&real.bench);
    real.send(&draft, "--limit 1").exits(6);
    let listed = drafts::list(app).unwrap();
    assert_eq!(listed[0].planned.as_deref(), Some("spring"));
    assert_eq!(draft.planned(app).unwrap().unwrap().name, "spring");
    let before = draft.as_file(app).unwrap();
    for refused in [
        draft.set(app, &[(Key::Daily, Some(json!(1)))]),
        draft.replace_file(app, &before),
        bring(&real.bench, &draft, "x.csv", b"Phone\n+919876543210\n"),
        draft.remove(app).map(drop),
    ] {
        let error = refused.unwrap_err();
        assert!(error.is_usage() && error.message.contains("the campaign spring by now"), "{error}");
    }
    assert_eq!(draft.as_file(app).unwrap(), before);
    // Its name is taken for good.
    assert!(drafts::create(app, Some("spring")).is_err());
    real.run("erase spring --yes").exits(0).says("removed the draft it was planned from, with its files");
    assert!(!draft.dir().exists() && drafts::list(app).unwrap().is_empty());
    let left = crate::cli::files(&real.office.desk.data);
    let tells = |bytes: &[u8]| String::from_utf8_lossy(bytes).contains("98765 43210");
    assert!(left.iter().all(|(_, bytes)| !tells(bytes)), "nothing of its people is left");
}

#[test]
fn what_was_planned_and_not_sent_can_be_mended() {
    let real = Real::new();
    let app = &real.bench.app;
    let draft = ready(&real.bench);
    // Nothing can be sent from a number that the account doesn't have.
    draft
        .set(app, &[(Key::Start, Some(json!("2099-01-01T10:00"))), (Key::Timezone, Some(json!("UTC")))])
        .unwrap();
    let mut child = real.office.command(&["run", &draft.source(), "--yes"]).spawn().unwrap();
    let until = std::time::Instant::now() + Duration::from_secs(30);
    while !real.office.desk.data.join("campaigns/spring/round-001/status.json").exists() {
        assert!(std::time::Instant::now() < until);
        std::thread::yield_now();
    }
    // While it waits for its start, somebody is working on it.
    assert!(draft.set(app, &[(Key::Daily, Some(json!(1)))]).is_err());
    child.kill().unwrap();
    child.wait().unwrap();
    let status = real.office.desk.data.join("campaigns/spring/round-001/status.json");
    std::fs::remove_file(status).unwrap();
    draft.set(app, &[(Key::Start, None), (Key::Timezone, None)]).unwrap();
    let renamed = draft.set(app, &[(Key::Name, Some(json!("summer")))]).unwrap_err();
    assert!(renamed.message.contains("was planned as the campaign spring and keeps that name"), "{renamed}");
    real.send(&draft, "").exits(0);
}

#[test]
fn a_trial_erased_leaves_the_draft_and_two_campaigns_of_one_draft_leave_it_to_the_last() {
    let real = Real::new();
    let app = &real.bench.app;
    let draft = ready(&real.bench);
    real.run(&format!("run {} --sandbox --track 0", draft.source())).exits(0);
    real.run("erase spring --sandbox --yes").exits(0);
    assert!(draft.dir().exists());
    real.send(&draft, "").exits(0);
    // By hand, under another name and as another campaign.
    let text = draft.as_file(app).unwrap().replace("\"spring\"", "\"summer\"");
    std::fs::write(draft.path(), text).unwrap();
    real.send(&draft, "--new").exits(0);
    real.run("erase spring --yes").exits(0);
    assert!(draft.dir().exists(), "summer still goes on with it");
    real.run("erase summer --yes").exits(0);
    assert!(!draft.dir().exists());
}

#[tokio::test]
async fn a_test_and_a_trial_take_it_by_its_source() {
    let bench = Bench::new(Page::default());
    let draft = ready(&bench);
    let request = TestRequest {
        campaign: draft.source(),
        sandbox: true,
        to: "98765 43299".into(),
        ..TestRequest::default()
    };
    let tested = tokio::task::LocalSet::new().run_until(test(&bench.app, &request)).await.unwrap();
    assert_eq!(tested.0.digits(), "919876543299");
    let choices = Choices { report: Some(bench.path("report.csv")), ..Choices::default() };
    let request = RunRequest { campaign: draft.source(), sandbox: true, choices, ..RunRequest::default() };
    assert_eq!(bench.ended(&request).await.counts.reached(), 4);
}

#[test]
fn who_is_forgotten_is_told_where_a_draft_still_names_them() {
    let bench = Bench::new(Page::default());
    let draft = ready(&bench);
    let phone = phones::parse("+919876543210", None).unwrap();
    let [found] = &drafts::that_name(&bench.app, phone).unwrap()[..] else { panic!("one") };
    assert_eq!(
        (found.rows, found.called.as_str(), found.name.as_deref()),
        (1, "My people.csv", Some("spring"))
    );
    let other = phones::parse("+919876543219", None).unwrap();
    assert!(drafts::that_name(&bench.app, other).unwrap().is_empty());
    let looked = forget::look(&bench.app, phone).unwrap();
    assert!(looked.is_empty() && looked.drafts.len() == 1);

    // In a workbook no byte of the file is the number's, and the sheet may show it cut.
    let mut book = rust_xlsxwriter::Workbook::new();
    let sheet = book.add_worksheet();
    sheet.write_string(0, 0, "Phone").unwrap();
    sheet.write_number(1, 0, 919_876_543_210.0).unwrap();
    bring(&bench, &draft, "book.xlsx", &book.save_to_buffer().unwrap()).unwrap();
    assert_eq!(drafts::that_name(&bench.app, phone).unwrap()[0].called, "book.xlsx");

    let desk = crate::cli::Desk::new();
    let mut command = desk.command("forget +919876543210 --yes");
    let said = crate::cli::Said::from(command.env("SENDCAST_DATA_DIR", bench.path("data")).output().unwrap());
    said.exits(0).says("the draft spring still names them, in 1 row of its file book.xlsx");
}
