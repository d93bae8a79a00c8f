//! `--expect`: nothing is sent that wasn't looked at. The witness is what the imitation accepted.

use super::Desk;

const PEOPLE: &str = "Ann,+919876543210\nBob,+919876543211\nCem,+919876543212\n";

fn review(desk: &Desk, command: &str) -> String {
    let told = desk.run(&format!("{command} --sandbox --json")).exits(0).json();
    told["review"].as_str().unwrap().to_owned()
}

fn refused(desk: &Desk, run: &str, review: &str, why: &str) {
    let said = desk.run(&format!("run {run} --sandbox --expect {review}")).exits(2);
    let said = said.says("isn't what was reviewed any more").says(why);
    said.says("nothing was sent");
}

#[test]
fn what_was_looked_at_is_sent_and_nothing_else() {
    let desk = Desk::with(PEOPLE);
    let seen = review(&desk, "check c.json");
    assert_eq!(review(&desk, "run c.json --dry-run"), seen);
    let (campaign, people) = (desk.read("c.json"), desk.read("people.csv"));
    // Somebody more, another message, another number, another pace.
    desk.write("people.csv", &format!("{people}Dan,+919876543213\n"));
    refused(&desk, "c.json", &seen, "its file or its people changed since");
    desk.write("people.csv", &people);
    desk.write("c.json", &campaign.replace("\"Hi {{", "\"Dear {{"));
    assert_ne!(desk.read("c.json"), campaign);
    refused(&desk, "c.json", &seen, "its file or its people");
    desk.write("c.json", &campaign);
    refused(&desk, "c.json --from ANOTHER", &seen, "the numbers that send");
    refused(&desk, "c.json --rate 7/s", &seen, "its pace, limits or hours changed since");
    assert_eq!(
        desk.run("status --sandbox --json").exits(0).json(),
        serde_json::json!([]),
        "nothing is planned"
    );
    desk.run("run c.json --sandbox --expect 12-34-56").exits(2).says("is no review");
    // Who wants no more messages is left out, whatever was seen.
    desk.run("optout add +919876543212").exits(0);
    desk.run(&format!("run c.json --sandbox --limit 1 --expect {seen}")).exits(6);
    desk.run(&format!("run c.json --sandbox --expect {seen}")).exits(0);
    let counts = desk.run("status c --sandbox --json").exits(0).json()["counts"].clone();
    assert_eq!((&counts["accepted"], &counts["skipped"]), (&2.into(), &1.into()));
    // As it stands after it was sent, and once more after an edit.
    assert_eq!(review(&desk, "check c.json"), seen);
    desk.write("people.csv", &format!("{people}Dan,+919876543213\n"));
    refused(&desk, "c.json", &seen, "its file or its people");
    let again = review(&desk, "check c.json");
    desk.run(&format!("run c.json --sandbox --expect {again}")).exits(0).says("1 new");
}

/// Hours without a zone go by the machine's clock, or by `--timezone`.
#[test]
fn another_clock_is_another_review() {
    let desk = Desk::with(PEOPLE);
    let campaign =
        desk.read("c.json").replace("\"rate\"", "\"schedule\": {\"hours\": \"00:00-24:00\"}, \"rate\"");
    desk.write("c.json", &campaign);
    let seen = review(&desk, "check c.json --timezone UTC");
    assert_eq!(review(&desk, "run c.json --dry-run --timezone UTC"), seen);
    refused(&desk, "c.json --timezone Asia/Kolkata", &seen, "its pace, limits or hours");
    desk.run(&format!("run c.json --sandbox --timezone UTC --expect {seen}")).exits(0);
}
