//! How long a campaign takes, what limits it and what it costs, as its user reads it before anything is sent.

use serde_json::json;

use super::Desk;
#[cfg(target_os = "linux")]
use super::account::Office;
#[cfg(target_os = "linux")]
use super::terminal::at_a_terminal;

const PRICES: &str = "country,price,currency\nIN,0.10,INR\nUS,0.025,USD\n";
const SIX: &str = "Ann,+919876543210\nBob,+919876543211\nCid,+919876543212\nDee,+12125550123\nEma,+9779841234567\n\
                   Fay,+97517123456\n";

/// The campaign `c` with these keys beside the usual ones.
fn campaign(desk: &Desk, keys: &str) {
    desk.people(SIX);
    desk.write("prices.csv", PRICES);
    desk.write(
        "c.json",
        &format!(
            r#"{{"name": "c", "from": "PHONE_NUMBER_ID", "track": "0", {keys},
                "audience": {{"file": "people.csv"}}, "message": {{"type": "text", "body": "Hi"}}}}"#
        ),
    );
}

#[test]
fn check_says_what_it_costs_and_who_has_no_price() {
    let desk = Desk::new();
    campaign(&desk, r#""rate": "1/s", "rates": "prices.csv""#);
    desk.run("check c.json --offline --timezone Asia/Kolkata")
        .exits(0)
        .prints("run now: starts now, takes about 6 s\n")
        .prints("limited by the pace (1/s)\n")
        .prints("costs INR 0.30 and USD 0.025; 2 people in 2 countries have no price: Bhutan, Nepal\n");
    let told = desk.run("check c.json --offline --json").exits(0).json();
    assert_eq!(
        told["cost"],
        json!({"totals": {"INR": "0.30", "USD": "0.025"},
               "unpriced": [{"country": "BT", "people": 1}, {"country": "NP", "people": 1}]})
    );
    assert_eq!(
        (&told["left"], &told["duration_s"], &told["limited_by"]),
        (&json!(6), &json!(6), &json!(["pace"]))
    );
    desk.write("prices.csv", &format!("{PRICES}*,1,EUR\n"));
    desk.run("check c.json --offline").exits(0).prints("costs EUR 2.00 and INR 0.30 and USD 0.025\n");
    campaign(&desk, r#""rate": "max""#);
    assert_eq!(desk.run("check c.json --offline --json").exits(0).json()["cost"], json!(null));
}

#[test]
fn a_dry_run_prices_what_this_run_sends_and_what_is_left() {
    let desk = Desk::new();
    campaign(&desk, r#""rate": "1/s", "rates": "prices.csv""#);
    let dry = "run c.json --sandbox --dry-run --limit 2";
    desk.run(dry)
        .exits(0)
        .says("Starts now, takes a moment\n")
        .says("This run costs INR 0.20; all 6 messages cost INR 0.30 and USD 0.025\n")
        .says("2 people in 2 countries have no price: Bhutan, Nepal\n");
    desk.run("run c.json --sandbox --limit 2").exits(6);
    // Two have theirs: what is left is told, planned anew or not.
    for people in [SIX.to_owned(), format!("{SIX}Gus,+12125550199\n")] {
        desk.people(&people);
        let left = people.lines().count() - 2;
        let told = desk.run(&format!("{dry} --json")).exits(0).json();
        assert_eq!((&told["left"], &told["this_run"]), (&json!(left), &json!(2)), "{told}");
        assert_eq!(told["cost_of_this_run"]["totals"], json!({"INR": "0.10", "USD": "0.025"}), "{told}");
        let check = desk.run("check c.json --sandbox").exits(0);
        check.prints(&format!("{left} left; 2 sent or tried already\n")).prints("costs INR 0.10 and USD 0.0");
    }
}

#[test]
fn a_list_of_prices_that_cant_be_read_stops_a_fresh_plan_and_no_frozen_one() {
    let desk = Desk::new();
    campaign(&desk, r#""rate": "max", "rates": "prices.csv""#);
    desk.write("prices.csv", "country,price,currency\nIN,\"0,10\",INR\n");
    for command in ["check c.json --offline", "run c.json --sandbox", "run c.json --sandbox --dry-run"] {
        desk.run(command)
            .exits(2)
            .says("prices.csv: row 2, column `price`: `0,10` is no price")
            .says("write it with a point");
    }
    std::fs::remove_file(desk.dir.join("prices.csv")).unwrap();
    for command in ["check c.json --offline", "run c.json --sandbox"] {
        desk.run(command).exits(2).says("c.json: `rates`: ").says("leave `rates` out");
    }
    desk.run("status c --sandbox").exits(2);
    desk.write("prices.csv", PRICES);
    desk.run("run c.json --sandbox --limit 2").exits(6);
    std::fs::remove_file(desk.dir.join("prices.csv")).unwrap();
    desk.run("run c.json --sandbox --dry-run").exits(0).says("warning: ").says("prices.csv");
    desk.run("run c.json --sandbox --limit 2").exits(6);
    desk.people(&format!("{SIX}Gus,+12125550199\n"));
    desk.run("run c.json --sandbox").exits(0);
    assert_eq!(desk.counts()["queued"], 0);
}

#[test]
fn daily_and_hours_are_named_with_the_days_on_which_it_goes() {
    let desk = Desk::new();
    campaign(&desk, r#""rate": "1/s", "daily": 2"#);
    desk.run("check c.json --offline")
        .exits(0)
        .prints("takes about 6 s on ")
        .prints("limited by `daily` (2 people in any 24 hours)\n");
    let told = desk.run("check c.json --offline --json").exits(0).json();
    assert_eq!(
        (&told["limited_by"], told["days"].as_array().unwrap().len()),
        (&json!(["daily"]), 3),
        "{told}"
    );
    // Places that the account has used up already count.
    desk.run("run c.json --sandbox --limit 2").exits(6);
    let told = desk.run("check c.json --sandbox").exits(0);
    told.prints("2 people in any 24 hours, 2 people already written to").prints("run now: starts tomorrow ");
}

#[cfg(target_os = "linux")]
#[test]
fn the_question_before_sending_tells_duration_limits_and_cost() {
    let office = Office::new();
    campaign(&office.desk, r#""rate": "1/m", "rates": "prices.csv""#);
    let line = "$SENDCAST run c.json --limit 3 --timezone Asia/Kolkata";
    let shown = at_a_terminal(&office, line, "[y/N]", "n\n");
    for part in [
        "Starts now, takes about 3 min, done to",
        " (Asia/Kolkata).",
        "Limited by the pace (1/m).",
        "This run costs INR 0.30; all 6 messages cost INR 0.30 and USD 0.025.",
        "2 people in 2 countries have no price: Bhutan, Nepal.",
        "Send 3 messages of 6 from PHONE_NUMBER_ID?",
    ] {
        assert!(shown.contains(part), "no `{part}` in\n{shown}");
    }
    assert_eq!(office.running.stats().accepted, 0);
}
