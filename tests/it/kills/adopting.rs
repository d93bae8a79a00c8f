//! A campaign that was renamed takes over its ledger, and is killed on the way.

use std::collections::BTreeSet;

use super::desk::{Desk, recipient};
use super::server::Server;
use super::shim::{CHANGES, Fault, Strike, calls};

const PEOPLE: usize = 12;
const REACHED: usize = 5;

/// A campaign that has reached some of its people, and then was renamed in its file and got one more.
fn renamed(server: &Server) -> Desk {
    let desk = Desk::with(&server.url, PEOPLE);
    assert_eq!(desk.run(&format!("--limit {REACHED}")).status.code(), Some(6));
    desk.rename("kills", "renamed");
    desk.add(&format!("Guest {PEOPLE},+{}", recipient(PEOPLE)));
    desk
}

#[test]
fn killed_while_it_takes_over_a_ledger_nobody_is_written_to_twice_and_nobody_is_lost() {
    // Which calls there are to fall at: those that change what the campaign is known by, and those around them.
    let server = Server::start("", 1);
    let desk = renamed(&server);
    let trace = desk.trace("adopting");
    let adopted = desk.shimmed("run c.json --adopt", None, Some(&trace)).output().unwrap();
    assert_eq!(adopted.status.code(), Some(0), "{}", String::from_utf8_lossy(&adopted.stderr));
    let about = ["manifest.json", "likeness.json", "settings.json", "plan-002.plan", "round-001"];
    let mut seen = 0;
    // Counted as the shim counts: changes only.
    let changes = calls(&trace).into_iter().filter(|call| CHANGES.split(',').any(|kind| kind == call.kind));
    let mut struck = BTreeSet::new();
    for call in changes {
        seen += 1;
        if about.contains(&call.file()) {
            struck.extend([seen - 1, seen, seen + 1]);
        }
    }
    assert!(struck.len() >= 8, "{struck:?}");
    let mut asked = 0;
    for (n, at) in struck.into_iter().filter(|at| *at > 0).take(40).enumerate() {
        let strike = [Strike::KillBefore, Strike::KillAfter, Strike::Torn][n % 3];
        let server = Server::start("", 1);
        let desk = renamed(&server);
        let fault = Fault { at, strike, kinds: CHANGES, only: "" };
        desk.shimmed("run c.json --adopt", Some(fault), None).output().unwrap();
        // Whoever is asked once more answers once more.
        let again = desk.run("");
        let said = String::from_utf8_lossy(&again.stderr).into_owned();
        let code = match again.status.code() {
            Some(2) => {
                assert!(said.contains("was planned as kills"), "{fault:?}: {said}");
                asked += 1;
                desk.run("--adopt").status.code()
            }
            code => code,
        };
        // 4: what was in flight when it fell is in doubt.
        assert!(matches!(code, Some(0 | 4)), "{fault:?}: {code:?} {said}");
        let stats = server.stats();
        assert_eq!(stats.duplicates.len(), 0, "{fault:?}");
        let doubts = PEOPLE + 1 - stats.recipients.len();
        assert!(doubts == 0 || code == Some(4), "{fault:?}: {doubts} of them were lost");
        let verified = desk.command("verify renamed").output().unwrap();
        assert!(verified.status.success(), "{fault:?}: {}", String::from_utf8_lossy(&verified.stdout));
    }
    assert!(asked > 0, "it never fell before the ledger was taken over");
}
