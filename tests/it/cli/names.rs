//! Nobody is written to twice by way of a file's name: campaigns that were moved, copied or renamed. The server counts.

use std::path::Path;

use sendcast::sandbox::{SandboxOptions, spawn_in_thread};

use super::account::Office;
use super::{Said, THREE};

fn office() -> Office {
    Office::greeting(THREE)
}

impl Office {
    /// `run` with these words.
    #[track_caller]
    fn sends(&self, arguments: &str) -> Said {
        self.run(&arguments.split_whitespace().collect::<Vec<_>>())
    }

    /// Moves a file within the working directory.
    fn moves(&self, from: &str, to: &str) {
        let to = self.desk.dir.join(to);
        std::fs::create_dir_all(to.parent().unwrap()).unwrap();
        std::fs::rename(self.desk.dir.join(from), to).unwrap();
    }

    /// Changes a word in a file.
    fn edits(&self, name: &str, from: &str, to: &str) {
        let text = self.desk.read(name);
        assert!(text.contains(from), "{text}");
        self.desk.write(name, &text.replace(from, to));
    }

    /// Everybody had one message each, so many people.
    #[track_caller]
    fn reached_once(&self, people: usize) {
        let stats = self.running.stats();
        assert_eq!(stats.duplicates.len(), 0, "{:?}", stats.recipients);
        assert_eq!(stats.recipients.len(), people, "{:?}", stats.recipients);
    }
}

fn bare(rows: &[(&str, &str)], text: &str) -> String {
    let rows = rows.iter().map(|(name, phone)| format!("{phone},Hi {name}{text}\n"));
    format!("to,message\n{}", rows.collect::<String>())
}

const ROWS: [(&str, &str); 3] =
    [("Ann", "+919876543210"), ("Bob", "+919876543211"), ("Cem", "+905321234567")];

#[test]
fn a_campaign_that_was_moved_goes_on() {
    let office = office();
    office.sends("run c.json --limit 1").exits(6);
    for name in ["c.json", "people.csv"] {
        office.moves(name, &format!("archive/{name}"));
    }
    let check = office.sends("check archive/c.json").exits(0);
    check.says("c was planned from").says("`run` goes on with its ledger");
    let moved = office.sends("run archive/c.json --limit 1").exits(6);
    moved.says("c.json, 1 already reached, which is gone: going on with its ledger");
    let again = office.sends("run archive/c.json").exits(0);
    assert!(!again.err.contains("gone"), "{}", again.err);
    office.reached_once(3);
    for named in ["c", "archive/c.json", "c.json"] {
        office.sends(&format!("status {named}")).exits(0).prints("settled");
    }
    office.sends("verify c").exits(0);
}

#[test]
fn of_a_copy_it_is_asked_which_has_the_ledger() {
    let office = office();
    office.sends("run c.json --limit 2").exits(6);
    std::fs::create_dir(office.desk.dir.join("copy")).unwrap();
    for name in ["c.json", "people.csv"] {
        std::fs::copy(office.desk.dir.join(name), office.desk.dir.join("copy").join(name)).unwrap();
    }
    for yes in ["", " --yes", " --dry-run"] {
        let refused = office.sends(&format!("run copy/c.json{yes}")).exits(2);
        refused
            .says("work/c.json, 2 already reached, and")
            .says("copy/c.json bears its name")
            .says("`--adopt`");
    }
    let taken = office.sends("run copy/c.json --new").exits(2);
    taken.says("needs a name of its own").says("give it another \"name\" in the file");
    office.reached_once(2);
    office.sends("run copy/c.json --adopt").exits(0);
    office.reached_once(3);
    office.sends("run c.json").exits(2).says("copy/c.json, 3 already reached");
    office.sends("run copy/c.json").exits(0);
    office.reached_once(3);
}

#[test]
fn of_a_renamed_campaign_it_is_asked_whether_it_is_the_same() {
    let office = office();
    office.sends("run c.json --limit 2").exits(6);
    office.edits("c.json", r#""name": "c""#, r#""name": "n4""#);
    for words in ["", " --yes", " --again"] {
        let refused = office.sends(&format!("run c.json{words}")).exits(2);
        refused.says("c.json was planned as c, 2 already reached, and is called n4 now").says("`--new`");
    }
    office.sends("check c.json").exits(0).says("was planned as c").says("`--adopt` or `--new`");
    office.sends("status c.json").exits(2).says("was planned as c: name that");
    office.sends("run c.json --adopt").exits(0).says("going on with its ledger");
    office.reached_once(3);
    office.sends("run c.json").exits(0);
    office.reached_once(3);
    office.sends("status n4").exits(0).prints("n4");
    office.sends("status c").exits(0).says("c is called n4 now").prints("n4");
    office.sends("pause c").exits(0);
    office.sends("run n4").exits(6);
    office.sends("resume n4").exits(0);
    office.sends("report c.json").exits(0).prints("+919876543210");
    office.sends("verify n4").exits(0);
    // Its old name is free for another campaign.
    office.desk.write("other.csv", "Name,Phone\nDee,+919876543219\n");
    let other = office.desk.read("c.json").replace("n4", "c").replace("people.csv", "other.csv");
    office.desk.write("other.json", &other);
    office.sends("run other.json").exits(0);
    office.reached_once(4);
    assert_eq!(office.json(&["status", "c"])["total"], 1);
    assert_eq!(office.json(&["status", "n4"])["total"], 3);
    office.sends("erase n4 --yes").exits(0);
    office.sends("status n4").exits(2);
    office.sends("status c").exits(0);
}

#[test]
fn a_new_campaign_in_an_old_file_is_one_where_that_is_said() {
    let office = office();
    office.sends("run c.json").exits(0);
    office.edits("c.json", r#""name": "c""#, r#""name": "n4""#);
    office.sends("run c.json --new").exits(0).says("a second time");
    assert_eq!(office.running.stats().duplicates.len(), 3, "as ordered");
    let again = office.sends("run c.json").exits(0);
    assert!(!again.err.contains("was planned"), "{}", again.err);
    assert_eq!(office.running.stats().accepted, 6);
    office.sends("run c.json --adopt --new").exits(2);
}

#[test]
fn nothing_is_asked_where_nobody_was_reached() {
    let office = office();
    office.sends("run c.json --limit 1 --from NOBODY").exits(2);
    office.edits("c.json", r#""name": "c""#, r#""name": "n4""#);
    office.sends("run c.json").exits(0);
    office.reached_once(3);
}

#[test]
fn a_spreadsheet_of_another_name_is_known_by_its_people_and_messages() {
    let office = Office::new();
    let run = "--from PHONE_NUMBER_ID --rate max --track 0";
    office.desk.write("may.csv", &bare(&ROWS, ""));
    office.sends(&format!("run may.csv {run} --limit 2")).exits(6);
    // Downloaded again, under the name that the browser gives it.
    std::fs::copy(office.desk.dir.join("may.csv"), office.desk.dir.join("may-1.csv")).unwrap();
    let refused = office.sends(&format!("run may-1.csv {run}")).exits(2);
    refused.says("most people of").says("are those of may").says("2 already reached").says("--adopt");
    office.sends(&format!("run may-1.csv {run} --dry-run")).exits(2).says("are those of may");
    office.sends("status may-1").exits(2);
    office.reached_once(2);
    office.sends(&format!("run may-1.csv {run} --adopt")).exits(0);
    office.reached_once(3);
    // Renamed, with people added.
    office.moves("may-1.csv", "spring.csv");
    let more = [&ROWS[..], &[("Dee", "+919876543219")]].concat();
    office.desk.write("spring.csv", &bare(&more, ""));
    office.sends(&format!("run spring.csv {run}")).exits(2).says("which is gone");
    office.sends(&format!("run spring.csv {run} --adopt")).exits(0).says("1 new");
    office.reached_once(4);
    for named in ["may", "may-1", "spring", "may.csv", "spring.csv"] {
        let status = office.sends(&format!("status {named} --json"));
        if named != "may.csv" {
            assert_eq!(status.exits(0).json()["campaign"], "spring", "{named}");
        }
    }
}

#[test]
fn a_corrected_spreadsheet_is_asked_about_and_another_months_is_not() {
    let office = Office::new();
    let run = "--from PHONE_NUMBER_ID --rate max --track 0";
    office.desk.write("may.csv", &bare(&ROWS, " - it's May"));
    office.sends(&format!("run may.csv {run}")).exits(0);
    office.desk.write("june.csv", &bare(&ROWS, " - it's June"));
    office.sends(&format!("run june.csv {run}")).exits(0);
    assert_eq!(office.running.stats().accepted, 6, "another message to the same people");
    office.moves("may.csv", "may-final.csv");
    office.desk.write("may-final.csv", &bare(&ROWS, " - it is May"));
    office.sends(&format!("run may-final.csv {run}")).exits(2).says("are those of may");
    assert_eq!(office.running.stats().accepted, 6);
    office.sends(&format!("run may-final.csv {run} --new")).exits(0);
    assert_eq!(office.running.stats().accepted, 9);
}

#[test]
fn a_campaign_file_of_another_name_at_another_path_is_known() {
    let office = office();
    office.sends("run c.json").exits(0);
    office.edits("c.json", r#""name": "c""#, r#""name": "n4""#);
    office.moves("c.json", "n4.json");
    office.sends("run n4.json").exits(2).says("are those of c").says("which is gone");
    office.sends("run n4.json --adopt").exits(0);
    office.reached_once(3);
}

#[test]
fn a_server_is_the_same_however_it_is_spelt() {
    let office = office();
    let base = office.running.base_url().to_owned();
    let port = base.rsplit_once(':').unwrap().1;
    for (at, spelling) in
        [base.clone(), format!("http://localhost:{port}"), format!("http://LOCALHOST:{port}/")]
            .iter()
            .enumerate()
    {
        let exit = if at == 2 { 0 } else { 6 };
        office.run(&["run", "c.json", "--limit", "1", "--base-url", spelling]).exits(exit);
    }
    office.reached_once(3);
    let another = spawn_in_thread(SandboxOptions::default()).unwrap();
    let refused = office.run(&["run", "c.json", "--base-url", &another.base_url()]).exits(2);
    refused.says("was planned for the server").says("--base-url");
    office.run(&["run", "c.json", "--adopt", "--base-url", &another.base_url()]).exits(2);
    assert_eq!(another.stats().accepted, 0);
}

#[test]
fn a_table_of_the_accounts_people_that_was_moved_goes_on() {
    let office = Office::new();
    office.desk.write("new.csv", "phone,first_name\n+919876543210,Ann\n");
    office.sends("subscribers create --file new.csv --rate max").exits(0);
    office.moves("new.csv", "old/new.csv");
    office.sends("subscribers create --file old/new.csv --rate max").exits(0).says("going on with it");
    office.moves("old/new.csv", "new.csv");
    std::fs::copy(office.desk.dir.join("new.csv"), office.desk.dir.join("old/new.csv")).unwrap();
    office.sends("subscribers create --file old/new.csv --rate max").exits(0);
    office.sends("subscribers create --file new.csv --rate max").exits(2).says("--name NAME");
}

#[test]
fn init_names_the_campaign_after_its_directory() {
    let office = Office::new();
    for (dir, name) in [("summer", "summer"), ("b.2026 sale", "b-2026-sale"), ("दिवाली", "first-campaign")]
    {
        office.run(&["init", dir]).exits(0);
        let text = office.desk.read(&format!("{dir}/first-campaign.json"));
        assert!(text.contains(&format!("\"name\": \"{name}\"")), "{text}");
    }
    office.run(&["run", "summer/first-campaign.json", "--sandbox", "--track", "0"]).exits(0);
    assert!(Path::new(&office.desk.dir.join("summer.sandbox.report.csv")).exists());
}
