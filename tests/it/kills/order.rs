//! The order of things, seen from outside of the process: what must outlast a power cut is synced before the
//! first byte of a POST leaves that relies on it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use sendcast::domain::job::Event;
use sendcast::queue::Entry;

use super::desk::{Desk, recipient};
use super::pool::{self, said};
use super::server::Server;
use super::shim::{Call, calls};

/// What has been changed and would not survive a power cut: contents of files, and names in directories.
#[derive(Default)]
struct Unsynced {
    contents: BTreeSet<String>,
    names: BTreeSet<String>,
}

impl Unsynced {
    fn follow(&mut self, call: &Call) {
        if call.error != 0 {
            return;
        }
        let path = call.path.clone();
        match call.kind.as_str() {
            "write" | "truncate" => drop(self.contents.insert(path)),
            "create" | "mkdir" | "unlink" => drop(self.names.insert(path)),
            "rename" => {
                // Told by its new name; a temporary one beside it is what was written.
                for end in [".tmp", ".staged"] {
                    let before = format!("{path}{end}");
                    if self.contents.remove(&before) {
                        self.contents.insert(path.clone());
                    }
                    self.names.remove(&before);
                }
                self.names.insert(path);
            }
            "sync" => {
                self.contents.remove(&path);
                self.names.retain(|name| parent(name) != path);
            }
            _ => {}
        }
    }

    /// Of these, what a campaign's promise stands on.
    fn that_matters(&self) -> Vec<&str> {
        let all = self.contents.iter().chain(&self.names);
        all.map(String::as_str).filter(|path| matters(path)).collect()
    }
}

fn parent(path: &str) -> &str {
    path.rsplit_once('/').map_or(".", |(parent, _)| parent)
}

/// The round's journal, manifest and plans, and every directory down to them; commit marker, states, status and lock
/// are rebuilt, and the journal grows while it goes on.
fn matters(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or_default();
    let in_round = path.contains("/round-") && !path.contains("/queue");
    let file = in_round && (name == "manifest.json" || name.ends_with(".plan"));
    let dir = path == "data" || path == "data/campaigns" || parent(path) == "data/campaigns";
    file || dir || name.starts_with("round-")
}

/// The recipient of a POST, from its text.
fn recipient_of(post: &str) -> String {
    post.split("&to=").nth(1).and_then(|rest| rest.split('&').next()).unwrap_or_default().to_owned()
}

/// Where each commit batch of the journal ends, and the last entry in it.
fn batches(journal: &[u8]) -> Vec<(u64, u64)> {
    const HEAD: usize = 32;
    let mut found = Vec::new();
    let mut at = HEAD;
    while let Some(head) = journal.get(at..at + HEAD).filter(|head| head.starts_with(b"grp1")) {
        let number = |from: usize, len: usize| {
            head[from..from + len].iter().rev().fold(0_u64, |n, byte| n << 8 | u64::from(*byte))
        };
        at += HEAD + usize::try_from(number(4, 4)).unwrap();
        found.push((number(16, 8) + number(24, 4) - 1, at as u64));
    }
    found
}

/// For each recipient, where the commit batch of each of its intents ends that wasn't withdrawn, in their order.
fn intents(desk: &Desk) -> BTreeMap<String, Vec<u64>> {
    let mut view = desk.view().unwrap();
    let batches = batches(&std::fs::read(desk.journal()).unwrap());
    let mut by_attempt = BTreeMap::new();
    view.entries(&mut |sequence, entry| {
        let Entry::Job { job, event } = entry else { return Ok(()) };
        match event {
            Event::Claimed { attempt, .. } => {
                let batch = batches.partition_point(|(last, _)| *last < sequence);
                by_attempt.insert((job, attempt), batches[batch].1);
            }
            Event::Withdrawn { attempt, .. } => drop(by_attempt.remove(&(job, attempt))),
            _ => {}
        }
        Ok(())
    })
    .unwrap();
    let mut intents: BTreeMap<String, Vec<u64>> = BTreeMap::new();
    for ((job, _), end) in by_attempt {
        let row = view.listed(job).unwrap().unwrap().row;
        intents.entry(row.phone.unwrap().digits()).or_default().push(end);
    }
    intents
}

/// Holds the traces of a campaign's processes, one after the other, against its journal: every POST leaves
/// only once the commit batch with its intent is on disk, and all that the campaign stands on. Yields the POSTs seen.
pub fn check(desk: &Desk, traces: &[&Path]) -> usize {
    let intents = intents(desk);
    let mut posted: BTreeMap<String, usize> = BTreeMap::new();
    let mut posts = 0;
    let mut unsynced = Unsynced::default();
    let (mut written, mut synced) = (0, 0);
    for call in traces.iter().flat_map(|trace| calls(trace)) {
        if call.path.ends_with("/journal") && call.error == 0 {
            match call.kind.as_str() {
                "write" => written = u64::try_from(call.offset).unwrap() + call.length,
                "truncate" => written = call.length,
                "sync" => synced = written,
                _ => {}
            }
        }
        if call.kind != "post" {
            unsynced.follow(&call);
            continue;
        }
        posts += 1;
        let to = recipient_of(&call.path);
        let nth = posted.entry(to.clone()).or_default();
        let end = intents.get(&to).and_then(|ends| ends.get(*nth));
        *nth += 1;
        let Some(end) = end else { panic!("a POST to {to} without an intent in the journal") };
        assert!(*end <= synced, "a POST to {to} left with {synced} bytes synced; its intent ends at {end}");
        assert_eq!(unsynced.that_matters(), [""; 0], "at the POST to {to}");
    }
    posts
}

#[test]
fn every_post_leaves_after_its_intent_is_synced() {
    const PEOPLE: usize = 60;
    let server = Server::start("latency:1ms-4ms,503:1s=30+2x", 11);
    let desk = Desk::with(&server.url, PEOPLE);
    let traces = ["first", "second"].map(|name| desk.trace(name));
    // Stopped half way, so that the second run opens what is there.
    let arguments = "run c.json --offline --concurrency 6";
    let first = pool::run(&mut desk.shimmed(&format!("{arguments} --limit 25"), None, Some(&traces[0])));
    assert_eq!(first.status.code(), Some(6), "{}", said(&first));
    let second = pool::run(&mut desk.shimmed(arguments, None, Some(&traces[1])));
    assert!(matches!(second.status.code(), Some(0 | 4)), "{}", said(&second));
    let posts = check(&desk, &[&traces[0], &traces[1]]);
    let stats = server.stats();
    assert_eq!(posts as u64, stats.posts, "the shim has seen every POST that the server has");
    assert!(posts > PEOPLE, "some were tried again: {posts}");
    assert!(stats.duplicates.is_empty());
}

#[test]
fn what_was_never_synced_is_noticed() {
    let call = |kind: &str, path: &str| Call {
        number: 0,
        kind: kind.to_owned(),
        path: path.to_owned(),
        offset: 0,
        length: 1,
        error: 0,
    };
    let round = "data/campaigns/c/round-001";
    let plan = format!("{round}/plan-001.plan");
    let mut unsynced = Unsynced::default();
    for (kind, path) in [("mkdir", round), ("write", &format!("{plan}.staged")), ("rename", &plan)] {
        unsynced.follow(&call(kind, path));
    }
    assert_eq!(unsynced.that_matters(), [plan.as_str(), round, &plan]);
    unsynced.follow(&call("sync", round));
    assert_eq!(unsynced.that_matters(), [plan.as_str(), round]);
    unsynced.follow(&call("sync", &plan));
    unsynced.follow(&call("sync", "data/campaigns/c"));
    assert_eq!(unsynced.that_matters(), [""; 0]);
    assert_eq!(
        recipient_of("POST /x HTTP/1.1  a=b&to=9198765&message=Hi"),
        recipient(0)[..2].to_owned() + "98765"
    );
}
