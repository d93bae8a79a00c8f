//! The commands of the account, over a sandbox that is served beside the test.

use std::io::Write as _;
use std::process::{Command, Stdio};

use sendcast::sandbox::{Running, SandboxOptions, spawn_in_thread};
use serde_json::{Value, json};

use super::{Desk, Said};

/// The token of these accounts.
pub const TOKEN: &str = "31337|CANARY-of-the-desk";

/// A desk that is logged in to an account of the sandbox.
pub struct Office {
    pub desk: Desk,
    pub running: Running,
}

impl Office {
    pub fn new() -> Office {
        Office::with(SandboxOptions::default())
    }

    /// With a campaign that greets these people.
    pub fn greeting(rows: &str) -> Office {
        Office { desk: Desk::with(rows), ..Office::new() }
    }

    pub fn with(options: SandboxOptions) -> Office {
        Office { desk: Desk::new(), running: spawn_in_thread(options).unwrap() }
    }

    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.desk.command("");
        command
            .args(arguments)
            .env("SENDWO_BASE_URL", self.running.base_url())
            .env("SENDWO_API_TOKEN", TOKEN);
        command
    }

    /// Runs `sendcast` with these arguments; nothing that it says has the token in it.
    #[track_caller]
    pub fn run(&self, arguments: &[&str]) -> Said {
        let said: Said = self.command(arguments).output().unwrap().into();
        assert!(!format!("{}{}", said.out, said.err).contains("CANARY"), "{}{}", said.out, said.err);
        said
    }

    /// The same with `--json`; what it says is one value and nothing else.
    #[track_caller]
    pub fn json(&self, arguments: &[&str]) -> Value {
        let said = self.run(&[arguments, &["--json"]].concat()).exits(0);
        assert_eq!(said.err, "", "with --json there is nothing to say");
        said.json()
    }
}

#[test]
fn the_account_its_usage_packages_modules_and_numbers() {
    let office = Office::new();
    let account = office.run(&["account"]).exits(0);
    account.prints("name     Sendwo User\n").prints("package  Premium\n").prints("status   active\n");
    let account = office.json(&["account"]);
    assert_eq!((&account["email"], &account["user_id"]), (&json!("member@example.com"), &json!("114")));
    assert_eq!(account["whatsapp_bots_details"][0]["phone_number_id"], "PHONE_NUMBER_ID");

    let usage = office.run(&["usage"]).exits(0).says("package Premium; 2 of 20 modules are listed");
    let table = "module           used      limit       left\n\
                 Message Credit      0  unlimited  unlimited\n\
                 Subscribers     1,250      5,000      3,750\n";
    assert_eq!(usage.out, table);
    assert_eq!(office.json(&["usage"])["modules"][0]["limit"], "unlimited");

    let packages = office.run(&["packages"]).exits(0).prints("id  package  type          validity\n");
    packages.prints("2   Growth   subscription  30\n");
    assert_eq!(office.json(&["packages"]).as_array().unwrap().len(), 2);
    office.run(&["modules"]).exits(0).prints("Broadcast");
    assert!(office.json(&["modules"]).as_array().unwrap().len() > 5);
    office
        .run(&["numbers"])
        .exits(0)
        .prints("PHONE_NUMBER_ID")
        .prints("+91 98765 XXXXX")
        .prints("Your Brand");
    assert_eq!(office.json(&["numbers"])[0]["verified_name"], "Your Brand");
}

#[test]
fn what_happened_to_one_person_and_one_message() {
    let office = Office::new();
    office.desk.write("c.csv", "to,message\n919876543210,\"Hi Asha\nhow are you?\"\n");
    office
        .run(&["run", "c.csv", "--from", "PHONE_NUMBER_ID", "--track", "0", "--rate", "max", "--yes"])
        .exits(0);
    let conversation = office.run(&["conversation", "+91 98765 43210"]).exits(0);
    conversation.prints("from").prints("you").prints("Hi Asha how are you?");
    let rows = office.json(&["conversation", "919876543210"]);
    assert_eq!(
        (&rows[0]["sender"], &rows[0]["message_content"]["text"]),
        (&json!("bot"), &json!("Hi Asha\nhow are you?"))
    );
    let id = rows[0]["wa_message_id"].as_str().unwrap();
    office.run(&["delivery-status", id]).exits(0).prints("status");
    let status = office.json(&["delivery-status", id]);
    assert_eq!(status["message_id"], id);
    assert!(status["message_status"].is_string());
    office
        .run(&["delivery-status", "wamid.nothing"])
        .exits(1)
        .says("whatsapp/message/delivery-status answered");
    office.run(&["conversation", "4711"]).exits(1).says("whatsapp/conversation answered");
    office.run(&["conversation", "+12"]).exits(2).says("`+12`");
}

#[test]
fn without_a_token_or_with_a_wrong_one_it_says_what_to_do() {
    let office =
        Office::with(SandboxOptions { token: Some("12|another-token".into()), ..SandboxOptions::default() });
    for command in ["account", "usage", "packages", "modules", "numbers"] {
        let said: Said = office.command(&[command]).env_remove("SENDWO_API_TOKEN").output().unwrap().into();
        said.exits(1).says("there is no API token").says("sendcast login");
        office.run(&[command]).exits(1).says("HTTP 401").says("hint: check the token");
    }
    office.run(&["labels", "list"]).exits(1).says("HTTP 401");
    office.run(&["subscribers", "list", "--json"]).exits(1).says("HTTP 401");
}

/// Starts `login` and gives it this on stdin.
fn login(office: &Office, arguments: &[&str], input: &str) -> Said {
    let mut command = office.command(&[&["login"], arguments].concat());
    command.env_remove("SENDWO_API_TOKEN");
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    child.wait_with_output().unwrap().into()
}

/// A command without a token in its environment.
fn logged_in(office: &Office, arguments: &[&str]) -> Said {
    office.command(arguments).env_remove("SENDWO_API_TOKEN").output().unwrap().into()
}

#[test]
fn login_keeps_a_token_that_works_and_logout_forgets_it() {
    let office = Office::with(SandboxOptions { token: Some(TOKEN.into()), ..SandboxOptions::default() });
    logged_in(&office, &["account"]).exits(1).says("there is no API token");
    logged_in(&office, &["logout"]).exits(0).says("no token was kept");

    login(&office, &[], " \n").exits(2).says("no token was given").says("sendcast login < FILE");
    login(&office, &[], "two words").exits(1).says("copy the token again");
    let refused =
        login(&office, &[], "12|CANARY-that-is-wrong\n").exits(1).says("HTTP 401").says("nothing was kept");
    assert!(refused.err.contains("copy the token again from Sendwo's dashboard"), "{}", refused.err);
    assert!(!refused.err.contains("CANARY"), "{}", refused.err);
    assert!(super::files(&office.desk.data).is_empty(), "nothing was kept");

    let said = login(&office, &[], &format!("{TOKEN}\r\n")).exits(0).says("as Sendwo User");
    assert!(said.err.contains("it can send from PHONE_NUMBER_ID"), "{}", said.err);
    assert!(!said.err.contains("CANARY") && said.out.is_empty());
    let kept = super::files(&office.desk.data);
    assert_eq!((kept.len(), &kept[0].1[..]), (1, TOKEN.as_bytes()));
    logged_in(&office, &["account"]).exits(0).prints("Sendwo User");
    logged_in(&office, &["run", "c.csv", "--from", "x"]).exits(2);
    // It goes to the server that it is for, and to no other.
    let other = spawn_in_thread(SandboxOptions::default()).unwrap();
    let mut elsewhere = office.command(&["account"]);
    elsewhere.env_remove("SENDWO_API_TOKEN").env("SENDWO_BASE_URL", other.base_url());
    Said::from(elsewhere.output().unwrap()).exits(1).says("there is no API token");
    // What is said otherwise goes before it.
    let mut wrong = office.command(&["account"]);
    wrong.env("SENDWO_API_TOKEN", "12|something-else");
    Said::from(wrong.output().unwrap()).exits(1).says("HTTP 401");

    logged_in(&office, &["logout"]).exits(0).says("no longer kept");
    assert!(super::files(&office.desk.data).is_empty());
    logged_in(&office, &["account"]).exits(1).says("there is no API token");
    assert_eq!(logged_in(&office, &["logout", "--json"]).exits(0).json()["removed"], false);
}

#[test]
fn login_keeps_nothing_where_nobody_can_say_whether_it_works() {
    let office = Office::new();
    let mut command = office.command(&["login"]);
    command.env_remove("SENDWO_API_TOKEN").env("SENDWO_BASE_URL", "http://127.0.0.1:1/api/v1");
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(TOKEN.as_bytes()).unwrap();
    let said: Said = child.wait_with_output().unwrap().into();
    said.exits(1)
        .says("can't be reached")
        .says("nothing was kept; check the network")
        .says("`--offline` keeps");
    assert!(super::files(&office.desk.data).is_empty());
}

#[test]
fn login_offline_asks_nobody_and_takes_a_file() {
    let office = Office::new();
    let mut command = office.command(&["login", "--offline", "--json"]);
    command.env("SENDWO_BASE_URL", "http://127.0.0.1:1/api/v1").stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(TOKEN.as_bytes()).unwrap();
    let said: Said = child.wait_with_output().unwrap().into();
    assert_eq!(said.exits(0).json()["server"], "http://127.0.0.1:1");

    office.desk.write("token", TOKEN);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let token = office.desk.dir.join("token");
        std::fs::set_permissions(&token, std::fs::Permissions::from_mode(0o600)).unwrap();
        login(&office, &["--token-file", "token"], "").exits(0).says("logged in");
        for (path, _) in super::files(&office.desk.data) {
            assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600, "{}", path.display());
        }
        // One that others could read is refused, wherever it came from.
        for (path, _) in super::files(&office.desk.data) {
            std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o644)).unwrap();
        }
        logged_in(&office, &["account"]).exits(1).says("can be read by others").says("chmod 600");
    }
}
