//! The report as a workbook, read back by our own reader and by calamine.

use std::collections::HashMap;
use std::io::{Cursor, Read as _, Write};
use std::path::Path;

use calamine::{Data, DataType as _, Reader as _, Xlsx, open_workbook_from_rs};
use sendcast::campaign::tables::{Row, Table, TableOptions, open};
use sendcast::domain::text::Cell;
use sendcast::report::{About, Stop, Tally};

use super::*;

fn spec(sheet_rows: u32) -> Spec {
    let zone = TimeZone::get("Asia/Kolkata").unwrap();
    Spec { format: Format::Xlsx, zone, sheet_rows, ..Spec::default() }
}

fn made(spec: &Spec, head: &Head, jobs: &[Listed<'static>]) -> (Vec<u8>, Tally) {
    let mut out = Vec::new();
    let tally = write(&mut out, spec, head, &mut scan(jobs)).unwrap();
    (out, tally)
}

fn book(spec: &Spec, head: &Head, jobs: &[Listed<'static>]) -> Vec<u8> {
    made(spec, head, jobs).0
}

/// A sheet, as an audience's would be read.
fn read(bytes: &[u8], sheet: Option<&str>) -> (Table, Vec<Row>) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("report.xlsx");
    std::fs::write(&path, bytes).unwrap();
    let options = TableOptions { sheet: sheet.map(str::to_owned), ..TableOptions::default() };
    let mut table = open(&path, &options).unwrap();
    let rows = table.by_ref().collect::<Result<_, _>>().unwrap();
    (table, rows)
}

fn calamines(bytes: &[u8], sheet: &str) -> Vec<Vec<Data>> {
    let mut book: Xlsx<_> = open_workbook_from_rs(Cursor::new(bytes)).unwrap();
    let range = book.worksheet_range(sheet).unwrap();
    range.rows().map(<[Data]>::to_vec).collect()
}

fn sheets(bytes: &[u8]) -> Vec<String> {
    let book: Xlsx<_> = open_workbook_from_rs(Cursor::new(bytes)).unwrap();
    book.sheet_names()
}

/// A part of the file.
fn part(bytes: &[u8], name: &str) -> String {
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
    let mut text = String::new();
    archive.by_name(name).unwrap().read_to_string(&mut text).unwrap();
    text
}

/// The cells of the report as CSV, without what guards them.
fn csv_cells(head: &Head, jobs: &[Listed<'static>]) -> Vec<Vec<String>> {
    let text = report(Format::Csv, Filter::ALL, head, jobs);
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .from_reader(text.trim_start_matches('\u{feff}').as_bytes());
    let records = reader.records().map(Result::unwrap);
    records.map(|record| record.iter().map(|cell| unguard(cell).into_owned()).collect()).collect()
}

fn with_replies(columns: &[&str]) -> Head {
    let reply = Reply { text: "=Yes".into(), button: Some("=Yes".into()), at: Millis(T + 20_000) };
    let stop = Stop { reason: "STOP".into(), at: Millis(T + 30_000) };
    // Of a reply that asks for no more, the words are the reason.
    let (wrote, at) = (Cell::from("please stop"), Millis(T + 40_000));
    let (typed, asked) = (Reply { text: wrote.clone(), button: None, at }, Stop { reason: wrote, at });
    let about = About { campaign: "diwali-offer".into(), round: 2, trial: true, made_at: Millis(T + 60_000) };
    head(columns)
        .with_replies([(JobId(0), reply), (JobId(99), typed)].into())
        .with_stops([(JobId(0), stop), (JobId(99), asked)].into())
        .about(about)
}

#[test]
fn its_cells_are_those_of_the_csv() {
    let head = with_replies(&["Name", "to"]);
    let jobs = everyone();
    let bytes = book(&spec(u32::MAX), &head, &jobs);
    assert_eq!(sheets(&bytes), ["Summary", "Recipients", "Failures", "Replies"]);
    let expected = csv_cells(&head, &jobs);
    let (table, rows) = read(&bytes, Some("Recipients"));
    assert_eq!(table.columns, expected[0]);
    assert_eq!(rows.len(), jobs.len());
    for (row, expected) in rows.iter().zip(&expected[1..]) {
        let mut cells: Vec<_> = row.cells.iter().map(ToString::to_string).collect();
        cells.resize(expected.len(), String::new());
        assert_eq!(&cells, expected);
    }
}

#[test]
fn it_is_an_audience_of_its_recipients() {
    let bytes = book(&spec(u32::MAX), &with_replies(&["Name", "x"]), &everyone());
    let (table, rows) = read(&bytes, None);
    assert_eq!((table.reading.sheet.as_deref(), rows.len()), (Some("Recipients"), 7));
}

#[test]
fn dates_and_counts_are_typed_and_the_rest_is_text() {
    let mut jobs = everyone();
    jobs[0].row.to_mut().cells = vec!["00123".into(), "1.5".into()];
    let rows = calamines(&book(&spec(u32::MAX), &head(&["Code", "Share"]), &jobs), "Recipients");
    let cell = |column: usize| &rows[1][column];
    assert_eq!((cell(0).get_float(), cell(8).get_float()), (Some(2.0), Some(1.0)));
    for (column, text) in [(1, "+91 98765 43210"), (2, "read"), (20, "00123"), (21, "1.5")] {
        assert_eq!(cell(column).get_string(), Some(text));
    }
    for column in [12, 13, 15, 16] {
        assert!(matches!(cell(column), Data::DateTime(_)), "column {column}: {:?}", cell(column));
    }
    assert_eq!(rows[2][9].get_float(), Some(131_047.0));
}

#[test]
fn hostile_cells_stay_texts() {
    let long = "😀".repeat(40_000);
    let cells = [
        "=HYPERLINK(\"http://x\")",
        "+1+cmd|' /C calc'!A0",
        "{=1}",
        " spaces ",
        "a\u{1}b\u{1b}[31mc\u{7f}",
        "_x0041_ and _x000D_",
        "</t></is></c><f>1+1</f>&amp;\"'",
        "x\u{fffe}y\u{ffff}",
        "\u{202e}txt.exe\u{2066}",
        "one\r\ntwo\rthree\n",
        "\t",
        long.as_str(),
    ];
    let columns: Vec<_> = (0..cells.len()).map(|n| format!("=c{n}\u{b}")).collect();
    let columns: Vec<_> = columns.iter().map(String::as_str).collect();
    let job = listed(planned(2, "919876543210", &cells), Job::queued());
    let bytes = book(&spec(u32::MAX), &head(&columns), std::slice::from_ref(&job));
    for name in ["xl/worksheets/sheet1.xml", "xl/worksheets/sheet2.xml"] {
        let xml = part(&bytes, name);
        assert!(!xml.contains("<f>") && !xml.contains("<hyperlink"), "{name}");
        let harmless = |c: char| !c.is_control() || matches!(c, '\n' | '\t');
        assert!(
            xml.chars().all(|c| harmless(c) && !matches!(c, '\u{fffe}' | '\u{ffff}') || c == '\u{7f}'),
            "{name}"
        );
    }
    let (table, rows) = read(&bytes, Some("Recipients"));
    assert_eq!(table.columns[20], "=c0", "the reader tidies names");
    assert_eq!(calamines(&bytes, "Recipients")[0][20].get_string(), Some("=c0\u{b}"));
    let read: Vec<_> = rows[0].cells.iter().skip(20).map(ToString::to_string).collect();
    for (read, cell) in read.iter().zip(cells).take(11) {
        assert_eq!(*read, cell.replace("\r\n", "\n"), "the reader makes one line's end of two characters");
    }
    assert!(read[11].starts_with("😀😀") && read[11].ends_with('…'));
    assert!(read[11].encode_utf16().count() <= 32_767);
}

#[test]
fn without_rows_there_are_headers_and_nobody() {
    let bytes = book(&spec(u32::MAX), &with_replies(&["Name"]), &[]);
    for (sheet, first) in [("Recipients", "row"), ("Failures", "row"), ("Replies", "row")] {
        let rows = calamines(&bytes, sheet);
        assert_eq!((rows.len(), rows[0][0].get_string()), (1, Some(first)), "{sheet}");
    }
    assert_eq!(figures(&bytes)["audience"], 0.0);
}

#[test]
fn a_full_sheet_is_followed_by_another_and_that_is_said() {
    let jobs: Vec<_> =
        (2..12).map(|row| listed(planned(row, "919876543210", &["Asha"]), Job::queued())).collect();
    let bytes = book(&spec(5), &with_replies(&["Name"]), &jobs);
    assert_eq!(sheets(&bytes)[1..4], ["Recipients", "Recipients 2", "Recipients 3"]);
    let mut seen = Vec::new();
    for (sheet, rows) in [("Recipients", 4), ("Recipients 2", 4), ("Recipients 3", 2)] {
        let (table, found) = read(&bytes, Some(sheet));
        assert_eq!((table.columns[0].as_str(), found.len()), ("row", rows), "{sheet}");
        seen.extend(found.iter().map(|row| row.cells[0].to_string()));
    }
    assert_eq!(seen, (2..12).map(|row: u32| row.to_string()).collect::<Vec<_>>());
    assert!(summary(&bytes).contains("the recipients are on 3 sheets"), "{}", summary(&bytes));
    let even = book(&spec(6), &head(&["Name"]), &jobs);
    assert_eq!(sheets(&even).len(), 5, "ten rows fill two sheets of five");
}

/// The first sheet's texts and numbers.
fn summary(bytes: &[u8]) -> String {
    let rows = calamines(bytes, "Summary");
    rows.iter().map(|row| row.iter().map(ToString::to_string).collect::<Vec<_>>().join("|") + "\n").collect()
}

/// The stages and the other statuses of the first sheet, by their names.
fn figures(bytes: &[u8]) -> HashMap<String, f64> {
    let rows = calamines(bytes, "Summary");
    let figure = |row: &Vec<Data>| {
        let name = row[0].get_string()?.split(" (").next()?.to_owned();
        Some((name, row[1].get_float()?))
    };
    rows.iter().filter_map(figure).collect()
}

#[test]
#[expect(clippy::float_cmp, clippy::cast_precision_loss, reason = "small whole numbers")]
fn the_summary_has_the_tallys_figures() {
    let (bytes, tally) = made(&spec(u32::MAX), &with_replies(&["Name", "to"]), &everyone());
    assert_eq!((tally.replied, tally.stopped), (2, 2));
    let figures = figures(&bytes);
    for stage in tally.funnel().stages() {
        assert_eq!(figures[stage.name], stage.people as f64, "{}", stage.name);
    }
    for status in [Status::Queued, Status::Failed, Status::InDoubt, Status::Skipped, Status::Cancelled] {
        assert_eq!(figures[status.word()], tally.counts[status] as f64, "{status}");
    }
    let told = summary(&bytes);
    for expected in [
        "diwali-offer",
        "2, a trial: nothing has reached WhatsApp",
        "Asia/Kolkata",
        "131047|1|nothing was heard from this person in the last 24 hours|free messages only reach",
        "=Yes|1",
        "in their own words|1",
        "2 people asked for no more messages",
    ] {
        assert!(told.contains(expected), "{expected}: {told}");
    }
    assert!(part(&bytes, "xl/charts/chart1.xml").contains("Summary!$B$"));
}

#[test]
fn failures_and_replies_have_sheets_of_their_own() {
    let bytes = book(&spec(u32::MAX), &with_replies(&["Name", "to"]), &everyone());
    let (table, failures) = read(&bytes, Some("Failures"));
    assert_eq!(
        table.columns.join(","),
        "row,to,error_code,reason,what to do,attempts,failed_at,from,Name,audience.to"
    );
    let told: Vec<_> = failures.iter().map(|row| row.cells.join("|")).collect();
    assert_eq!(told.len(), 1);
    assert!(told[0].starts_with("3|+91 98765 43211|131047|nothing was heard"), "{told:?}");
    assert!(told[0].ends_with("|1|2026-11-22 15:30:00|1001|Björn, \"the one\"|two\nlines"), "{told:?}");
    let (_, replies) = read(&bytes, Some("Replies"));
    let told: Vec<_> = replies.iter().map(|row| row.cells.join("|")).collect();
    assert_eq!(
        told,
        [
            "2|+91 98765 43210|2026-11-22 15:30:20|=Yes||read|Hi|Asha|x",
            "2|+91 98765 43210|2026-11-22 15:30:30|STOP|yes|read|Hi|Asha|x",
            "|+49 151 1111 1111|2026-11-22 15:30:40|please stop|yes|accepted|Hi||",
        ]
    );
}

#[test]
fn a_filter_says_what_is_left_out_and_leaves_the_figures() {
    let spec = Spec { filter: Filter::of(&[Status::Failed]), ..spec(u32::MAX) };
    let bytes = book(&spec, &with_replies(&["Name", "to"]), &everyone());
    assert_eq!(read(&bytes, Some("Recipients")).1.len(), 1);
    assert!(summary(&bytes).contains("1 of 7 rows: only failed"), "{}", summary(&bytes));
    assert_eq!(figures(&bytes)["audience"], 7.0);
}

#[test]
fn headers_stay_in_view_and_filter() {
    let bytes = book(&spec(u32::MAX), &head(&["Name", "to"]), &everyone());
    for no in 2..=4 {
        let xml = part(&bytes, &format!("xl/worksheets/sheet{no}.xml"));
        assert!(xml.contains("state=\"frozen\"") && xml.contains("<autoFilter ref=\"A1:"), "sheet {no}");
    }
    assert!(part(&bytes, "xl/worksheets/sheet2.xml").contains("<autoFilter ref=\"A1:V8\""));
}

/// Takes so many bytes.
struct Full(usize);

impl Write for Full {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if bytes.len() > self.0 {
            return Err(io::ErrorKind::StorageFull.into());
        }
        self.0 -= bytes.len();
        Ok(bytes.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn an_output_that_is_full_is_an_error_and_no_panic() {
    let jobs: Vec<_> = (2..2_000)
        .map(|row| listed(planned(row, "919876543210", &[&format!("{row:x}{}", row * row)]), Job::queued()))
        .collect();
    for room in [0, 3_000, 20_000] {
        let error = write(Full(room), &spec(u32::MAX), &head(&["Name"]), &mut scan(&jobs)).unwrap_err();
        assert!(matches!(&error, WriteError::Output(e) if e.kind() == io::ErrorKind::StorageFull), "{error}");
    }
    let nowhere = Spec { scratch: Some(Path::new("/no/such/directory").to_owned()), ..spec(u32::MAX) };
    let error = write(io::sink(), &nowhere, &head(&["Name"]), &mut scan(&jobs)).unwrap_err();
    assert!(matches!(error, WriteError::Output(_)), "{error}");
}

#[test]
fn it_is_written_whole_and_leaves_nothing_beside_it() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("x.report.xlsx");
    file::write(&RealDisk, &path, &spec(u32::MAX), &head(&["Name", "to"]), &mut scan(&everyone())).unwrap();
    assert_eq!(names(dir.path()), ["x.report.xlsx"]);
    assert_eq!(sheets(&std::fs::read(&path).unwrap()).len(), 4);
}
