//! Orders while nobody is working on the campaign.

use serde_json::json;

use super::{Desk, THREE};

fn limited() -> Desk {
    let desk = Desk::with(THREE);
    desk.run("run c.json --sandbox --limit 1").exits(6);
    desk
}

#[test]
fn a_pause_holds_until_it_is_cleared() {
    let desk = limited();
    desk.run("pause c --sandbox").exits(0).says("paused with 2 messages queued");
    desk.run("pause c --sandbox").exits(0).says("paused already");
    assert_eq!(desk.run("status c --sandbox --json").json()["state"], "paused");
    desk.run("run c --sandbox").exits(6).says("it is paused").says("sendcast resume c --sandbox");
    assert_eq!(desk.counts()["accepted"], 1);
    desk.run("resume c.json --sandbox")
        .exits(0)
        .says("`sendcast run c --sandbox` sends the 2 messages queued");
    desk.run("resume c --sandbox").exits(0).says("isn't paused");
    desk.run("run c --sandbox").exits(0);
    assert_eq!(desk.counts()["accepted"], 3);
}

#[test]
fn a_cancellation_is_final_until_a_new_round() {
    let desk = limited();
    desk.run("cancel c --sandbox").exits(0).says("cancelled 2 messages");
    desk.run("cancel c --sandbox").exits(0).says("nothing was queued any more");
    desk.run("resume c --sandbox").exits(0).says("final");
    assert_eq!(desk.counts()["cancelled"], 2);
    desk.run("run c --sandbox").exits(6).says("it is cancelled").says("--again");
    desk.run("run c.json --sandbox --again --limit 2").exits(6);
    assert!(desk.data.join("sandbox/campaigns/c/round-002").exists());
    desk.run("run c.json --sandbox --again").exits(0).says("round 2 isn't settled yet");
    assert_eq!(desk.counts()["accepted"], 3);
    desk.run("run c.json --sandbox --again").exits(0);
    assert!(desk.data.join("sandbox/campaigns/c/round-003").exists());
}

#[test]
fn the_failed_are_queued_once_more() {
    let desk = Desk::with(THREE);
    desk.run("run c.json --sandbox --faults code:131026@919876543210").exits(3);
    desk.run("retry c --sandbox --code 131047").exits(0).says("nothing changed");
    desk.run("retry c --sandbox --code 131026").exits(0).says("1 failed message queued again");
    desk.run("retry c --sandbox").exits(0).says("nothing changed");
    assert_eq!(desk.run("status c --sandbox --json").json()["state"], "stopped");
    desk.run("run c --sandbox").exits(0);
    assert_eq!(desk.counts()["accepted"], 3);
}

#[test]
fn the_operators_word_settles_a_doubt_and_said_twice_changes_nothing_more() {
    let desk = Desk::with(THREE);
    // Two answers are lost; the third stops the campaign before anybody looks for those two.
    let faults = "reset-after@919876543210,reset-after@919876543211,code:190@905321234567";
    desk.run(&format!("run c.json --sandbox --concurrency 1 --faults {faults}")).exits(5).says("in doubt: 2");
    assert_eq!(desk.counts()["in_doubt"], 2);
    desk.run("resolve c --sandbox --sent --to +905321234567").exits(0).says("nothing changed");
    desk.run("resolve c --sandbox --sent --to +919876543210").exits(0).says("1 message taken as sent");
    desk.run("resolve c --sandbox --sent --to +919876543210").exits(0).says("nothing changed");
    desk.run("resolve c --sandbox --resend").exits(0).says("1 message queued again");
    desk.run("resolve c --sandbox --resend").exits(0).says("nothing changed");
    let counts = desk.counts();
    assert_eq!(
        (&counts["accepted"], &counts["queued"], &counts["in_doubt"]),
        (&json!(1), &json!(2), &json!(0))
    );
    desk.run("run c --sandbox").exits(0);
    assert_eq!(desk.counts()["accepted"], 3);
}
