//! What rows are made to say: numbers, yes and no, cells that hold no word of anybody's, other tools' blanks.

use sendcast::campaign::{Campaign, PlanOptions, Planner};
use sendcast::domain::message::Message;
use sendcast::domain::payload::Payload;
use sendcast::domain::plan::Fate;
use tempfile::TempDir;

use super::{complaint, file, shown};

/// The message of each row, or why there is none; then the notes.
fn planned(audience: (&str, &str), message: &str) -> (Vec<String>, Vec<String>) {
    let dir = TempDir::new().unwrap();
    file(&dir, audience.0, audience.1);
    let text = format!(r#"{{"from": "1", "audience": {{"file": "{}"}}, "message": {message}}}"#, audience.0);
    let campaign = Campaign::load(&file(&dir, "c.json", &text)).unwrap();
    read(&campaign, &dir)
}

fn read(campaign: &Campaign, dir: &TempDir) -> (Vec<String>, Vec<String>) {
    let mut planner = match Planner::new(campaign, PlanOptions::default()) {
        Ok(planner) => planner,
        Err(error) => return (vec![shown(&error, dir.path())], vec![]),
    };
    let rows: Vec<_> = planner.by_ref().collect::<Result<_, _>>().unwrap();
    let said = rows.into_iter().map(|row| match row.fate {
        Fate::Send(Payload::Message(Message::Text { body })) => body,
        Fate::Send(other) => format!("{other:?}"),
        Fate::Skip { problem, .. } => format!("bad: {problem}"),
    });
    (said.collect(), planner.warnings().notes.clone())
}

fn text(body: &str) -> String {
    serde_json::json!({"type": "text", "body": body}).to_string()
}

#[test]
fn nine_points_earn_no_gift_and_nobody_is_a_vip_by_the_word_false() {
    let table = "to,Points,VIP\n\
                 +919876543210,9,TRUE\n\
                 +919876543211,250,FALSE\n\
                 +919876543212,\"1,234.50\",no\n\
                 +919876543213,12 pcs,yes\n\
                 +919876543214,1.234,yes\n\
                 +919876543215,,yes\n";
    let body =
        "{% if points >= 100 %}gift{% else %}hello{% endif %} {{ points }}{% if vip | yes %} vip{% endif %}";
    let (rows, _) = planned(("a.csv", table), &text(body));
    assert_eq!(rows[..3], ["hello 9 vip", "gift 250", "gift 1,234.50"]);
    assert!(rows[3].starts_with("bad: column `Points`: `12 pcs` is no number"), "{}", rows[3]);
    assert!(rows[4].contains("`1.234` can be read as thousands or as decimals"), "{}", rows[4]);
    assert!(rows[5].starts_with("bad: column `Points` is empty"), "{}", rows[5]);
    let (rows, _) = planned(("a.csv", table), &text("{% if vip %}vip{% else %}x{% endif %}"));
    assert_eq!(rows[0], "vip");
    for row in &rows[1..3] {
        assert!(row.contains("write `VIP | yes`"), "{row}");
    }
}

#[test]
fn json_brings_numbers_and_truth_values_of_its_own() {
    let list = r#"[{"to": "+919876543210", "vip": false, "amount": 19.50, "n": 1.234, "s": "FALSE"},
                   {"to": "+919876543211", "vip": true, "amount": 5, "n": 12345678901234567890, "s": "x"}]"#;
    let body =
        "{{ 'vip' if vip else 'no' }} {{ amount }} {{ amount * 2 }} {{ n }} {{ 'y' if n > 2 else 'n' }}";
    let expected = ["no 19.50 39.00 1.234 n", "vip 5 10 12345678901234567890 y"];
    assert_eq!(planned(("a.json", list), &text(body)).0, expected);
    let lines = list.trim_matches(['[', ']']).replace("},\n", "}\n");
    assert_eq!(planned(("a.ndjson", &lines), &text(body)).0, expected);
    let dir = TempDir::new().unwrap();
    let inline = format!(
        r#"{{"from": "1", "audience": {{"recipients": {list}}}, "message": {}}}"#,
        text("{{ 'vip' if vip else 'no' }} {{ amount * 2 }}")
    );
    let campaign = Campaign::load(&file(&dir, "c.json", &inline)).unwrap();
    assert_eq!(read(&campaign, &dir).0, ["no 39.00", "vip 10"]);
    let (rows, _) = planned(("a.json", list), &text("{{ 'y' if s else 'n' }}"));
    assert!(rows[0].contains("`FALSE` can mean no") && rows[1] == "y", "{rows:?}");
}

#[test]
fn words_for_nothing_fall_back_and_are_told_and_errors_make_the_row_bad() {
    let table = "to,Name,City,Note\n\
                 +919876543210,NULL,Pune,#N/A\n\
                 +919876543211,N/A,Goa,a\n\
                 +919876543212,Ann,#REF!,b\n\
                 +919876543213,N/A,Err:502,c\n\
                 +919876543214,Null,#####,d\n\
                 +919876543215,Null,Agra<br>,d\n";
    let (rows, notes) =
        planned(("a.csv", table), &text("Hi {{ name | title | default('there') }} in {{ city }}"));
    assert_eq!(rows[..2], ["Hi there in Pune", "Hi there in Goa"]);
    for (row, error) in rows[2..5].iter().zip(["#REF!", "Err:502", "#####"]) {
        assert_eq!(*row, format!("bad: column `City` holds the error `{error}`; fix it in the spreadsheet"));
    }
    assert_eq!(rows[5], "Hi Null in Agra<br>");
    assert!(
        notes.contains(&"column `Name`: 1 cell holds `NULL`, which counts as empty".to_owned()),
        "{notes:?}"
    );
    assert!(
        notes.contains(&"column `Name`: 2 cells hold `N/A`, which counts as empty".to_owned()),
        "{notes:?}"
    );
    assert!(
        notes.iter().any(|note| note.starts_with("1 message holds text such as `<br>` (row 7)")),
        "{notes:?}"
    );
}

#[test]
fn other_tools_blanks_are_refused_unless_they_are_meant() {
    let table = "to,First Name\n+919876543210,Ana\n";
    let (said, _) = planned(("a.csv", table), &text("Hi {first_name}"));
    assert!(
        said[0].contains("`message.body`: `{first_name}` is how another tool writes a blank"),
        "{said:?}"
    );
    assert!(said[0].contains("{{ first_name }}"), "{said:?}");
    let literal = r#"{"type": "text", "body": "Hi {first_name}", "literal": true}"#;
    assert_eq!(planned(("a.csv", table), literal).0, ["Hi {first_name}"]);
    assert_eq!(planned(("a.csv", table), &text("Hi {{ First Name }}")).0, ["Hi Ana"]);
    // In a spreadsheet's own messages, the row is bad and the others are none the worse.
    let dir = TempDir::new().unwrap();
    let sheet = "to,name,from,message\n+919876543210,Ana,PHONE_ID_1,Hi [Name]\n\
                 +919876543211,Bea,PHONE_ID_1,Hi {{ name }}\n+919876543212,Cem,PHONE_ID_1,#VALUE!\n";
    let campaign = Campaign::load(&file(&dir, "s.csv", sheet)).unwrap();
    let (rows, _) = read(&campaign, &dir);
    assert!(rows[0].starts_with("bad: column `message`: `[Name]` is how another tool"), "{rows:?}");
    assert_eq!(rows[1], "Hi Bea");
    assert!(rows[2].contains("holds the error `#VALUE!`"), "{rows:?}");
}

#[test]
fn what_people_would_read_though_nobody_means_it_is_told() {
    let table = "to,Name\n+919876543210,Ana\n";
    let (rows, notes) = planned(("a.csv", table), &text("Hi {{ name }}\\nTom &amp; Co"));
    assert_eq!(rows, ["Hi Ana\\nTom &amp; Co"]);
    assert_eq!(notes.len(), 2, "{notes:?}");
    assert!(notes[0].starts_with("body holds `\\n`: people read the backslash"), "{notes:?}");
}

#[test]
fn pages_are_no_media_and_templates_are_flows() {
    let table = "to,Pic\n+919876543210,https://drive.google.com/file/d/1AbC/view\n+919876543211,http://192.168.0.4/a.png\n";
    let media = r#"{"type": "media", "media_type": "image", "url": "{{ pic }}"}"#;
    let (rows, _) = planned(("a.csv", table), media);
    assert!(rows[0].contains("https://drive.google.com/uc?export=download&id=1AbC"), "{rows:?}");
    assert!(rows[1].contains("only from your own network"), "{rows:?}");
    for word in ["template", "hsm", "template_message"] {
        let said = complaint(&format!(r#"{{"message": {{"type": "{word}", "body": "x"}}}}"#));
        assert!(said.contains("can't be sent by themselves") && said.contains(r#""type": "flow""#), "{said}");
    }
}

#[test]
fn the_campaigns_own_numbers_print_as_they_are_written() {
    let dir = TempDir::new().unwrap();
    let text = r#"{"from": "1", "audience": {"recipients": [{"to": "+919876543210", "paid": 9.50, "id": 12345678901234567890123}]},
        "variables": {"price": 19.90, "offer": {"code": 98765432109876543210987}},
        "message": {"type": "text", "body": "{{ paid }} {{ id }} {{ price }} {{ offer.code }} {{ paid * 2 + price }}"}}"#;
    let campaign = Campaign::load(&file(&dir, "c.json", text)).unwrap();
    let (rows, _) = read(&campaign, &dir);
    assert_eq!(rows, ["9.50 12345678901234567890123 19.90 98765432109876543210987 38.90"]);
}

#[test]
fn cells_that_may_be_one_number_or_one_answer_are_not_called_different() {
    let table = "to,Price,Paid,VIP\n\
                 +919876543210,1234,1.234,Yes\n\
                 +919876543211,1234,1234,yes\n\
                 +919876543212,1234,999,no\n";
    let (rows, _) = planned(("a.csv", table), &text("{{ 'paid' if price == paid else 'open' }}"));
    assert!(
        rows[0].contains("column `Paid`: `1.234` can be read as thousands or as decimals"),
        "{}",
        rows[0]
    );
    assert_eq!(rows[1..], ["paid", "open"]);
    let (rows, _) = planned(("a.csv", table), &text("{{ 'vip' if vip == 'yes' else 'x' }}"));
    assert!(rows[0].contains("write `VIP | yes`"), "{}", rows[0]);
    assert_eq!(rows[1..], ["vip", "x"]);
}
