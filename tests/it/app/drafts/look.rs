//! How an upload is understood, corrected, and what its people will read.

use sendcast::campaign::PhoneBy;
use sendcast::campaign::tables::Format;
use sendcast::domain::phone::Phone;

use super::*;
use crate::workbooks::made;

fn sample(name: &str) -> Vec<u8> {
    std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("samples").join(name)).unwrap()
}

/// A draft with this upload.
fn with(bench: &Bench, called: &str, bytes: &[u8]) -> Draft {
    let draft = drafts::create(&bench.app, None).unwrap();
    bring(bench, &draft, called, bytes).unwrap();
    draft
}

#[test]
fn a_spreadsheet_is_shown_as_it_is_read() {
    let bench = Bench::new(Page::default());
    let draft = with(&bench, "customers.csv", &sample("customers.csv"));
    draft.set(&bench.app, &[(Key::Country, Some(json!("IN")))]).unwrap();
    let people = draft.people(&bench.app).unwrap();
    assert!(people.problem.is_none(), "{:?}", people.problem);
    assert_eq!(people.file.as_ref().unwrap().called, "customers.csv");
    assert_eq!(people.file.unwrap().bytes, sample("customers.csv").len() as u64);
    let understood = people.understood;
    assert_eq!((understood.format, understood.rows, understood.bad), (Format::Csv, 1_000, 0));
    assert_eq!((understood.reading.encoding, understood.reading.delimiter), (Some("UTF-8"), Some(',')));
    assert_eq!((understood.reading.header_row, understood.sheets.len()), (Some(1), 0));
    let columns: Vec<_> =
        understood.columns.iter().map(|column| (column.variable.as_str(), column.guess.word())).collect();
    assert_eq!(columns[..3], [("first_name", "first name"), ("last_name", "last name"), ("mobile", "phone")]);
    assert_eq!(understood.phone.unwrap(), (2, PhoneBy::Header { others: vec![] }));
    assert_eq!(people.why.as_deref(), Some("its header says so"));
    assert_eq!(understood.uses[0], (2, "phone numbers"));
    assert_eq!((understood.first.len(), understood.first[0].number), (5, 2));
    assert_eq!(understood.first[0].cells[..3], ["Esha", "Gupta", "+91 (0) 91676 92296"]);
    let numbers = understood.numbers;
    // 960 good rows and 15 duplicates, of people all.
    assert_eq!(numbers.good, 975);
    // Of the 268 without a sign some begin with their country's code.
    assert_eq!((numbers.national, numbers.homeless), (163, 0));
    let (cell, phone) = numbers.example.unwrap();
    assert_eq!((cell.as_str(), phone.map(Phone::digits).as_deref()), ("9764485614", Some("919764485614")));
    assert!(
        !numbers.rejected.is_empty() && numbers.rejected[0].rows >= numbers.rejected.last().unwrap().rows
    );
}

#[test]
fn numbers_without_a_country_are_told_with_the_countries_that_would_fit() {
    let bench = Bench::new(Page::default());
    let draft = with(&bench, "list.csv", b"Name,Phone\nAnn,98765 43210\nBob,99876 43211\nCem,98765-43212\n");
    let people = draft.people(&bench.app).unwrap();
    let numbers = &people.understood.numbers;
    assert_eq!((numbers.filled, numbers.good, numbers.national, numbers.homeless), (3, 0, 3, 3));
    assert_eq!(numbers.example, Some(("98765 43210".to_owned(), None)));
    assert!(numbers.fitting.iter().any(|country| country.code() == "IN"), "{:?}", numbers.fitting);
    let problem = people.problem.unwrap();
    assert!(
        problem.message.contains("`Phone` holds national numbers")
            && problem.hint.unwrap().contains("country")
    );
    draft.set(&bench.app, &[(Key::Country, Some(json!("IN")))]).unwrap();
    let people = draft.people(&bench.app).unwrap();
    let numbers = people.understood.numbers;
    assert_eq!((numbers.good, numbers.national, numbers.homeless), (3, 3, 0));
    let (cell, phone) = numbers.example.unwrap();
    assert_eq!((cell.as_str(), phone.unwrap().digits().as_str()), ("98765 43210", "919876543210"));
    assert!(people.problem.is_none() && people.country.unwrap().code() == "IN");
}

#[test]
fn encodings_and_separators_are_shown_and_corrected() {
    let bench = Bench::new(Page::default());
    let draft = with(&bench, "old.csv", &sample("awkward/windows-1252.csv"));
    let people = draft.people(&bench.app).unwrap();
    assert_eq!(people.understood.reading.encoding, Some("windows-1252"));
    assert_eq!(people.understood.first[1].cells[1], "Begoña");
    assert!(people.understood.warnings.iter().any(|warning| warning.contains("windows-1252")));
    draft.set(&bench.app, &[(Key::Encoding, Some(json!("cp850")))]).unwrap();
    let people = draft.people(&bench.app).unwrap();
    assert_ne!(people.understood.first[1].cells[1], "Begoña", "as it was asked for");
    draft.set(&bench.app, &[(Key::Encoding, Some(json!("latin-99")))]).unwrap();
    let error = draft.people(&bench.app).unwrap_err();
    assert!(error.message.starts_with("old.csv: no encoding is called `latin-99`"), "{}", error.message);
    draft.set(&bench.app, &[(Key::Encoding, None)]).unwrap();

    let draft = with(&bench, "semi.csv", &sample("awkward/semicolons.csv"));
    let people = draft.people(&bench.app).unwrap();
    assert_eq!((people.understood.reading.delimiter, people.understood.columns.len()), (Some(';'), 4));
    draft.set(&bench.app, &[(Key::Delimiter, Some(json!(",")))]).unwrap();
    let wrong = draft.people(&bench.app);
    assert!(wrong.is_err() || wrong.unwrap().problem.is_some());
}

#[test]
fn a_worksheet_is_chosen() {
    let bench = Bench::new(Page::default());
    let mut book = rust_xlsxwriter::Workbook::new();
    for (sheet, phone) in [("Notes", "none"), ("March", "+919876543210"), ("April", "+919876543211")] {
        let sheet = book.add_worksheet().set_name(sheet).unwrap();
        sheet.write_string(0, 0, "Name").unwrap();
        sheet.write_string(0, 1, "Phone").unwrap();
        for row in 1..4 {
            sheet.write_string(row, 0, "Ann").unwrap();
            sheet.write_string(row, 1, phone).unwrap();
        }
    }
    let draft = with(&bench, "book.xlsx", &book.save_to_buffer().unwrap());
    let people = draft.people(&bench.app).unwrap();
    assert_eq!(people.understood.format, Format::Workbook);
    assert_eq!(people.understood.reading.sheet.as_deref(), Some("March"));
    assert_eq!(people.understood.sheets, ["Notes", "March", "April"]);
    assert!(
        people.understood.warnings.iter().any(|warning| warning.contains("`April` holds phone numbers, too"))
    );
    draft.set(&bench.app, &[(Key::Sheet, Some(json!("April")))]).unwrap();
    let people = draft.people(&bench.app).unwrap();
    assert_eq!(people.understood.first[0].cells, ["Ann", "+919876543211"]);
    draft.set(&bench.app, &[(Key::Sheet, Some(json!("May")))]).unwrap();
    let error = draft.people(&bench.app).unwrap_err();
    assert!(
        error.message.starts_with("book.xlsx: has no worksheet `May`; it has `Notes`, `March`, `April`"),
        "{error}"
    );
    draft.set(&bench.app, &[(Key::Sheet, Some(json!("Notes")))]).unwrap();
    let problem = draft.people(&bench.app).unwrap().problem.unwrap();
    assert!(problem.message.contains("row 2, `none`"), "{}", problem.message);
}

#[test]
fn what_holds_nobody_is_said_with_the_reason() {
    let bench = Bench::new(Page::default());
    let problem = |bytes: &[u8]| with(&bench, "x.csv", bytes).people(&bench.app).unwrap();
    let people = problem(b"Name,City\nAnn,Pune\nBob,Goa\n");
    assert!(people.understood.phone.is_err() && people.why.is_none());
    assert!(people.problem.unwrap().message.contains("no column looks like phone numbers"));
    assert_eq!(people.understood.rows, 2);

    let people = problem(b"Name,Mobile\nAnn,9.19877E+11\nBob,9.19876E+11\n");
    let rejected = &people.understood.numbers.rejected;
    assert_eq!((rejected.len(), rejected[0].rows, rejected[0].row), (1, 2, 2));
    assert_eq!(rejected[0].cell, "9.19877E+11");
    let said = people.problem.unwrap();
    assert!(said.message.contains("9.19877E+11") && said.message.contains("cut off"), "{}", said.message);

    let several = b"A,B\n+919876543210,+919876543211\n+919876543212,+919876543213\n";
    let people = problem(several);
    assert!(people.problem.unwrap().message.contains("`A`, `B` all look like phone numbers"));
    let draft = with(&bench, "x.csv", several);
    draft.set(&bench.app, &[(Key::Phone, Some(json!("B")))]).unwrap();
    let people = draft.people(&bench.app).unwrap();
    assert_eq!((people.why.as_deref(), people.understood.numbers.good), (Some("it was chosen by hand"), 2));

    let people = problem(b"First Name,Phone\n");
    assert!(people.problem.unwrap().message.contains("holds nobody"));
}

#[test]
fn what_can_be_no_table_isnt_taken_and_the_one_before_stays() {
    let bench = Bench::new(Page::default());
    let draft = ready(&bench);
    let (before, there) = (draft.as_file(&bench.app).unwrap(), names(&draft));
    let locked = made::ole(&[("EncryptedPackage", vec![0; 100]), ("EncryptionInfo", vec![0; 100])]);
    for (called, bytes, said) in [
        ("secret.xlsx", &locked[..], "secret.xlsx: is protected by a password"),
        ("letter.pdf", b"%PDF-1.7 x", "letter.pdf: is a PDF, not a table"),
        ("a.xlsx", b"not one", "a.xlsx: is damaged"),
        ("nothing.csv", b"", "nothing.csv: is empty"),
        ("page.xls", b"<html><table>", "page.xls: is an HTML page, which isn't read"),
    ] {
        let error = bring(&bench, &draft, called, bytes).unwrap_err();
        assert!(error.message.starts_with(said) && error.hint.is_some(), "{error:?}");
        assert_eq!((draft.as_file(&bench.app).unwrap(), names(&draft)), (before.clone(), there.clone()));
    }
    assert_eq!(draft.people(&bench.app).unwrap().file.unwrap().called, "My people.csv");
}

#[tokio::test]
async fn a_preview_steps_through_the_rows_and_counts_the_empty_cells() {
    let bench = Bench::new(Page::default());
    let draft = ready(&bench);
    let first = preview(&bench, &draft, Whom::First, None).await;
    assert_eq!((text(&first), first.previous, first.next), ("Hi Asha!", None, Some(3)));
    assert_eq!((first.place, first.sent, first.whole), (Some(1), 4, true));
    let [empty] = first.empty.as_slice() else { panic!("{:?}", first.empty) };
    assert_eq!(
        (empty.column.as_str(), empty.variable.as_str(), empty.rows, empty.left_out),
        ("First Name", "first_name", 1, 0)
    );

    let fourth = preview(&bench, &draft, Whom::Row(4), None).await;
    assert_eq!(
        (text(&fourth), fourth.previous, fourth.next, fourth.place),
        ("Hi Bela!", Some(3), Some(6), Some(3))
    );
    let bad = preview(&bench, &draft, Whom::Row(5), None).await;
    assert!(bad.shown.unwrap_err().message.starts_with("row 5, to 12: nothing is sent"));
    assert_eq!((bad.previous, bad.next, bad.place), (Some(4), Some(6), None), "one can step over it");
    let last = preview(&bench, &draft, Whom::To("9876543213".into()), None).await;
    assert_eq!((text(&last), last.previous, last.next), ("Hi Dev!", Some(4), None));
    let none = preview(&bench, &draft, Whom::Row(99), None).await;
    assert!(none.shown.unwrap_err().message.contains("no row 99"));
}

#[tokio::test]
async fn a_message_that_is_being_typed_is_previewed_and_not_kept() {
    let bench = Bench::new(Page::default());
    let draft = ready(&bench);
    let before = draft.as_file(&bench.app).unwrap();
    let typed = |body: &str| Some(json!({ "type": "text", "body": body }));
    let shown = preview(&bench, &draft, Whom::First, typed("Dear {{ first_name }} of {{ City }}")).await;
    assert_eq!((text(&shown), shown.sent, shown.next), ("Dear Asha of Pune", 2, Some(4)));
    let counted: Vec<_> =
        shown.empty.iter().map(|empty| (empty.variable.as_str(), empty.rows, empty.left_out)).collect();
    assert_eq!(counted, [("first_name", 1, 1), ("city", 1, 1)]);
    assert_eq!(shown.empty[0].offered, "{{ first_name | default('there') }}");
    let covered = drafts::with_fallback("Dear {{ first_name }} of {{ City }}", "First Name", "there");
    let shown = preview(&bench, &draft, Whom::Row(3), typed(&covered)).await;
    assert_eq!((text(&shown), shown.sent), ("Dear there of Goa", 3));

    let wrong = preview(&bench, &draft, Whom::First, typed("Hi {{ frist_name }}")).await;
    let error = wrong.shown.unwrap_err();
    assert!(
        error.message.contains("`message.body`: no column and no variable is called `frist_name`"),
        "{error}"
    );
    let misspelt = wrong.misspelt.unwrap();
    assert_eq!((misspelt.word.as_str(), misspelt.meant.as_str()), ("frist_name", "first_name"));
    let wrong = preview(&bench, &draft, Whom::First, typed("Hi {{ first_name")).await;
    assert!(wrong.shown.is_err() && wrong.misspelt.is_none());

    let variants = json!([
        { "name": "A", "message": { "type": "text", "body": "a" } },
        { "name": "B", "message": { "type": "text", "body": "b" } },
    ]);
    let shown = preview(&bench, &draft, Whom::First, Some(variants)).await;
    assert!(["A", "B"].contains(&shown.shown.unwrap().variant.as_deref().unwrap()));
    let request = PreviewRequest { message: Some(json!({ "type": "song" })), ..PreviewRequest::default() };
    assert!(
        draft.preview(&bench.app, &request).await.unwrap_err().message.contains("`song` isn't allowed here")
    );
    assert_eq!(draft.as_file(&bench.app).unwrap(), before);
    assert!(!bench.path("data/campaigns").exists(), "nothing was planned");
}

#[tokio::test]
async fn a_preview_ends_in_time() {
    let bench = Bench::new(Page::default());
    let draft = ready(&bench);
    let rows: String = (0..20_000).map(|n| format!("Ann,+9198{n:08},Pune\n")).collect();
    bring(&bench, &draft, "many.csv", format!("First Name,Mobile,City\n{rows}").as_bytes()).unwrap();
    let request = PreviewRequest { whom: Whom::Row(19_999), message: None, patience: Duration::ZERO };
    let shown = draft.preview(&bench.app, &request).await.unwrap();
    assert!(!shown.whole && shown.sent < 20_000, "{}", shown.sent);
    assert!(shown.shown.unwrap_err().message.contains("it is none of them"));
    let near = PreviewRequest { whom: Whom::Row(3), ..request };
    assert!(draft.preview(&bench.app, &near).await.unwrap().shown.is_ok(), "what is near is found");
}
