//! The opt-out list fails closed: nothing is sent while a line of it names nobody for certain.

use sendcast::sandbox::Hooks;

use crate::webhooks::desk::{desk, run, server};

#[test]
fn a_line_that_cant_be_read_stops_everything_that_writes_until_it_is_mended() {
    let (desk, server) = (desk(20), server(Hooks::default()));
    run(&desk, &server, "optout add +919800000003").exits(0);
    let list = desk.data.join("optout.csv");
    let good = std::fs::read_to_string(&list).unwrap();
    let damaged = [
        (format!("{good}9.198E+11,STOP,\n"), "optout.csv line 3: the spreadsheet has cut off"),
        (format!("{good}9800000004\n"), "optout.csv line 3: a national number"),
        (format!("{good}Ann,STOP\n"), "optout.csv line 3: "),
        ("PK\u{3}\u{4}".to_owned(), "optout.csv: it is a workbook"),
    ];
    for (text, told) in &damaged {
        std::fs::write(&list, text).unwrap();
        for command in [
            "run c.json --offline --yes",
            "run c.json --offline --yes --dry-run",
            "check c.json --offline",
            "test c.json --to +919800000077 --offline",
            "send text --message Hi --to +919800000077 --from A --offline",
        ] {
            let said = run(&desk, &server, command).exits(2);
            assert!(said.err.contains(told) && said.err.contains("hint: "), "{command}: {}", said.err);
            assert!(!said.err.contains("9800000004"), "no more of a number than it takes: {}", said.err);
        }
        run(&desk, &server, "preview c.json").exits(0).says("the opt-out list can't be read whole");
        run(&desk, &server, "optout list").exits(0).says(told);
    }
    assert_eq!(server.stats().posts, 0);
    // A country makes a national number one; whoever says STOP meanwhile is on it.
    std::fs::write(&list, format!("# country: IN\r\n{good}9800000004;call\r\n")).unwrap();
    run(&desk, &server, "optout add +919800000005").exits(0);
    run(&desk, &server, "run c.json --offline --yes --track 0").exits(0);
    assert_eq!(server.stats().posts, 17);
    // A plan that was made before stops as well.
    std::fs::write(&list, "nobody\n").unwrap();
    run(&desk, &server, "run c.json --offline --yes --again").exits(2);
    std::fs::remove_file(&list).unwrap();
    std::fs::create_dir(&list).unwrap();
    run(&desk, &server, "run c.json --offline --yes --again").exits(1).says("hint: ");
    assert_eq!(server.stats().posts, 17);
}

#[test]
fn an_import_takes_what_it_can_read_and_tells_the_rest() {
    let (desk, server) = (desk(1), server(Hooks::default()));
    desk.write("stop.csv", "Name;Mobile\nA;+919800000001\nB;9.198E+11\nC;9800000002\nD;919800000003.0\n");
    let said = run(&desk, &server, "optout import stop.csv").exits(3).says("2 people added");
    said.says("stop.csv row 3").says("stop.csv row 4").says("2 rows were left out");
    run(&desk, &server, "optout import stop.csv --country IN").exits(3).says("1 person added").says("row 3");
    // The list of another machine, as it is.
    desk.write("other.csv", "phone,reason,at\n4512345678,STOP,2026-11-30T10:00:00Z\n");
    run(&desk, &server, "optout import other.csv").exits(0).says("1 person added");
    let bad = run(&desk, &server, "optout import stop.csv --json").exits(3).json();
    assert_eq!(bad["bad_rows"].as_array().unwrap().len(), 2);
}
