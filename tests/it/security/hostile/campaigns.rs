//! Campaign files that are none, or too much.

use super::case::{Case, Thing};

pub fn cases() -> Vec<Case> {
    let of = |name: &str, thing: Thing| {
        Case::new(name)
            .thing("c.json", thing)
            .asks("check c.json --offline")
            .asks("run c.json --sandbox")
            .asks("preview c.json")
            .asks("status c.json")
    };
    let text = |name: &str, text: String| {
        Case::new(name).file("c.json", text).asks("check c.json --offline").asks("run c.json --sandbox")
    };
    let with = |name: &str, key: &str, value: &str| {
        text(
            name,
            format!(
                r#"{{"name": "c", "from": "1", "audience": {{"file": "people.csv"}}, "message": {{"type": "text", "body": "Hi"}}, "{key}": {value}}}"#
            ),
        )
    };
    let recipients = |name: &str, list: String| {
        text(
            name,
            format!(
                r#"{{"name": "c", "from": "1", "audience": {{"recipients": {list}}}, "message": {{"type": "text", "body": "Hi"}}}}"#
            ),
        )
    };
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let keys = (0..2_000).map(|n| format!("\"k{n}\": 1")).collect::<Vec<_>>().join(", ");
    vec![
        of("a campaign that is a directory", Thing::Directory).refused(&["c.json", "not a regular file"]),
        of("a campaign that is a pipe", Thing::Pipe).refused(&["c.json", "not a regular file"]),
        of("a campaign that is a socket", Thing::Socket).refused(&["c.json", "not a regular file"]),
        of("a campaign that is a link to itself", Thing::Link("c.json".into())).refused(&["c.json"]),
        of("a campaign that is a link to a device", Thing::Link("/dev/zero".into())).refused(&["c.json", "not a regular file"]),
        of("a campaign of 10 GB", Thing::Sparse(Vec::new(), 10 << 30)).refused(&["c.json", "at most 64"]),
        of("a campaign of 10 GB behind its beginning", Thing::Sparse(b"{\"name\": \"c\",".to_vec(), 10 << 30)).refused(&["c.json", "at most 64"]),
        text("an empty campaign", String::new()).refused(&["c.json", "JSON"]),
        text("a campaign of NULs", "\0".repeat(1000)).refused(&["c.json:1:1"]),
        text("a campaign of a mark", "\u{feff}".to_owned()).refused(&["c.json"]),
        Case::new("a campaign that is no text").file("c.json", b"\xff\xfe\0\0").asks("check c.json --offline").refused(&["c.json", "UTF-8"]),
        text("a campaign 100,000 deep", "{\"a\":".repeat(100_000)).refused(&["c.json:1:"]),
        with("variables 100,000 deep", "variables", &format!("{{\"x\": {deep}}}")).refused(&["c.json:1:"]),
        with("a list in a name", "name", &deep).refused(&["c.json:1:"]),
        with("an unknown key of 100,000 characters", &"k".repeat(100_000), "1").refused(&["c.json:1:"]),
        with("a rate without bounds", "rate", "\"99999999999999999999/s\"").refused(&["c.json:1:"]),
        with("a limit below nothing", "daily", "-1").rows(&[]),
        with("attempts without end", "retry", "{\"attempts\": 4294967295}").refused(&["c.json:1:", "1 to 20"]),
        with("a time without end", "track", "\"999999999999999999h\"").refused(&["c.json:1:"]),
        with("a key twice", "from", "\"2\"").refused(&["c.json:1:", "duplicate"]),
        with("10,000 senders", "daily", "1").file("c.json", format!(
            r#"{{"name": "c", "from": {:?}, "audience": {{"file": "people.csv"}}, "message": {{"type": "text", "body": "Hi"}}}}"#,
            (0..10_000).map(|n| n.to_string()).collect::<Vec<_>>()
        )).refused(&["too many"]),
        recipients("a million recipients that are numbers", format!("[{}0]", "0,".repeat(1_000_000))).refused(&["c.json", "200000 values"]),
        recipients("10 million empty recipients", format!("[{}0]", "{},".repeat(10_000_000))).refused(&["c.json", "200000 values"]),
        recipients("190,000 lists in lists", format!("[{}0]", "[[]],".repeat(63_000))).rows(&["63,001 rows"]),
        recipients("60,000 recipients", format!("[{}{{}}]", "{\"phone\":\"1\",\"b\":\"2\"},".repeat(60_000))).rows(&["60,001 rows"]),
        recipients("a recipient with 2,000 keys", format!("[{{{keys}}}]")).refused(&["c.json", "different keys"]),
        recipients("recipients that are none", "[1, null, [], \"x\", {}]".to_owned()).rows(&["row"]),
        text("a list instead of a campaign", "[]".to_owned()).refused(&["an audience, not a campaign"]),
        text("two campaigns in one", r#"{"message": {"type": "text", "body": "Hi"}} {}"#.to_owned()).refused(&["line 1"]),
    ]
}
