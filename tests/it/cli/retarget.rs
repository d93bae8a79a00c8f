//! Whom another campaign reached, as an audience. Which button somebody pressed: `webhooks::retarget`.

use sendcast::sandbox::{Delivery, SandboxOptions, Share, Span};
use serde_json::{Value, json};

use super::account::Office;
use super::{Desk, files};

const PEOPLE: &str = "Ann,098765 43210\nBob,098765 43211\nCem,098765 43212\nDee,098765 43213\nX,nobody\n";

/// A campaign `second.json` over whom another one reached.
pub fn following(desk: &Desk, audience: &Value) {
    let campaign = json!({
        "name": "second", "from": "PHONE_NUMBER_ID", "rate": "max", "track": "0", "audience": audience,
        "message": {"type": "text", "body": "Again, {{ name }} ({{ phone }})"}
    });
    desk.write("second.json", &campaign.to_string());
}

/// What a check says of it: to send, and whom the other campaign gave.
fn check(desk: &Desk, audience: &Value) -> (Value, Value) {
    following(desk, audience);
    let said: Value = desk.run("check second.json --offline --json --sandbox").json();
    (said["to_send"].clone(), said["taken_from"].clone())
}

#[test]
fn who_was_reached_is_written_to_with_the_columns_of_then() {
    let desk = Desk::with(PEOPLE);
    desk.run("run c.json --sandbox --limit 2").exits(6);
    let (to_send, taken) = check(&desk, &json!({"campaign": "c"}));
    assert_eq!(to_send, 2);
    let left = json!({"queued": 2, "skipped": 1});
    assert_eq!(taken, json!({"campaign": "c", "round": 1, "rows": 5, "taken": 2, "left": left}));
    desk.run("check second.json --offline --sandbox")
        .exits(0)
        .says("c: 2 of its 5 rows taken; not taken: 2 queued, 1 skipped");
    desk.run("preview second.json --sandbox --to +919876543211").exits(0).prints("Again, Bob (098765 43211)");
    // The file is another now: what was sent counts.
    desk.people("Anna,+919876543210\nBob,098765 43211\nCem,098765 43212\nEve,+919876543219\n");
    desk.run("run c.json --sandbox --limit 1 --accept-removals").exits(6);
    desk.run("run second.json --sandbox --new").exits(0).says("3 rows: 3 to send");
    let report = desk.read("second.sandbox.report.csv");
    for cells in
        ["Again, Ann (098765 43210)", ",919876543210,Ann,098765 43210\n", "Again, Cem (098765 43212)"]
    {
        assert!(report.contains(cells), "no {cells} in {report}");
    }
    // Nothing has changed: nobody is planned again. Whoever is reached meanwhile is.
    let again = desk.run("run second.json --sandbox").exits(0);
    assert!(!again.err.contains("the file has changed"), "{}", again.err);
    desk.run("run c.json --sandbox").exits(0);
    desk.run("run second.json --sandbox")
        .exits(0)
        .says("the file has changed: 1 new, 0 changed, 3 already sent");
    // A third one follows the second: the numbers stand there once.
    desk.write(
        "third.json",
        &desk.read("second.json").replace("\"second\"", "\"third\"").replace("\"c\"", "\"second\""),
    );
    desk.run("run third.json --sandbox --new").exits(0).says("4 rows: 4 to send");
    assert!(desk.read("third.sandbox.report.csv").contains(",audience.to,Name,Phone\n"));
    let left = files(&desk.data).into_iter().map(|(path, _)| path);
    assert_eq!(left.filter(|path| path.to_string_lossy().contains("audience-")).count(), 0);
    // Who asked for no more messages is left out, here as anywhere.
    desk.run("optout add +919876543210").exits(0);
    let said = desk.run("check third.json --offline --json --sandbox").exits(0).json();
    assert_eq!((&said["to_send"], &said["opted_out"]), (&json!(3), &json!(1)));
    // Erased, the frozen plan goes on.
    desk.run("erase c --sandbox --yes").exits(0);
    desk.run("run second.json --sandbox")
        .exits(0)
        .says("the campaign c is gone")
        .says("the frozen plan goes on");
    desk.run("check second.json --offline --sandbox")
        .exits(2)
        .says("no campaign called `c` has been planned");
}

#[test]
fn a_status_a_round_and_one_person_once() {
    let desk = Desk::new();
    desk.write(
        "people.csv",
        "Name,Phone,Bill\nAnn,+919876543210,1\nAnn,+919876543210,2\nBob,+919876543211,3\n",
    );
    let message = json!({"type": "text", "body": "{{ name }}: bill {{ bill }}"});
    let campaign = json!({
        "name": "c", "from": "PHONE_NUMBER_ID", "rate": "max", "track": "0", "message": message,
        "audience": {"file": "people.csv", "duplicates": "send"}
    });
    desk.write("c.json", &campaign.to_string());
    desk.run("run c.json --sandbox").exits(0).says("3 to send");
    let (to_send, taken) = check(&desk, &json!({"campaign": "c"}));
    assert_eq!((to_send, &taken["left"]), (json!(2), &json!({"taken already": 1})));
    // The newest round, unless another is named.
    desk.write("people.csv", "Name,Phone,Bill\nBob,+919876543211,4\n");
    desk.run("run c.json --sandbox --again").exits(0);
    assert_eq!(check(&desk, &json!({"campaign": "c"})).0, 1);
    assert_eq!(check(&desk, &json!({"campaign": "c", "round": 1})).0, 2);
    assert_eq!(check(&desk, &json!({"campaign": "c", "status": ["failed"]})).0, 0);
    for (audience, says) in [
        (json!({"campaign": "d"}), "`audience.campaign`: no campaign called `d` has been planned"),
        (json!({"campaign": "second"}), "`audience.campaign`: second is this campaign itself"),
        (json!({"campaign": "c", "round": 3}), "`audience.round`: `c` has no round 3"),
        (json!({"campaign": "c", "round": 0}), "rounds count from 1"),
        (json!({"campaign": "c", "status": ["raed"]}), "`raed` isn't allowed here; did you mean `read`?"),
        (json!({"campaign": "c", "status": ["skipped"]}), "were left out for a reason"),
        (
            json!({"campaign": "c", "status": ["read"], "code": 131_026}),
            "`code` goes with the status `failed`",
        ),
        (json!({"campaign": "c", "code": "x"}), "one of Meta's codes, such as 131026"),
        (json!({"campaign": "c", "phone": "Phone"}), "`phone` says how a table is read"),
        (json!({"campaign": "c", "replied": false, "button": "yes"}), "has replied"),
        (json!({"file": "people.csv", "replied": true}), "`replied` belongs to `campaign`"),
        (json!({"file": "people.csv", "campaign": "c"}), "says more than once who is written to"),
    ] {
        following(&desk, &audience);
        desk.run("check second.json --offline --sandbox").exits(2).says(says);
    }
    following(&desk, &json!({"campaign": "c"}));
    desk.run("check second.json --offline --sandbox --phone Name").exits(2).says("`--phone`");
    // The trials' ledger is no real one.
    desk.run("check second.json --offline").exits(2).says("there is a trial of that name");
}

#[test]
fn those_who_failed_are_taken_by_their_code() {
    let quick = Span::millis(10, 50);
    let delivery =
        Delivery { sent: quick, delivered: quick, failing: Share::percent(100), ..Delivery::default() };
    let office = Office::with(SandboxOptions { delivery, ..SandboxOptions::default() });
    office.desk.campaign(r#"{"type": "text", "body": "Hi"}"#);
    office.desk.people("Ann,+919876543210\nBob,+919876543211\n");
    office.run(&["run", "c.json", "--yes", "--track", "20s", "--rate", "max"]).exits(3);
    let to_send = |audience: Value| {
        following(&office.desk, &audience);
        let said: Value = office.run(&["check", "second.json", "--offline", "--json"]).json();
        (said["to_send"].clone(), said["taken_from"]["left"].clone())
    };
    let code = Delivery::default().failing_code;
    assert_eq!(to_send(json!({"campaign": "c"})), (json!(0), json!({"failed": 2})));
    assert_eq!(to_send(json!({"campaign": "c", "code": code})).0, 2);
    assert_eq!(to_send(json!({"campaign": "c", "status": ["failed", "read"], "code": [1, code]})).0, 2);
    let other = to_send(json!({"campaign": "c", "code": [1]}));
    assert_eq!(other, (json!(0), json!({"failed for another reason": 2})));
}
