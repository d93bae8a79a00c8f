//! A case: what lies on the desk, what is asked, and how it must end.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use super::super::desk::{Desk, LONGEST, order_to_a_terminal, until};

/// Something on the desk.
#[derive(Clone)]
pub enum Thing {
    Bytes(Vec<u8>),
    /// These bytes, then a hole up to this length: gigabytes that take no room.
    Sparse(Vec<u8>, u64),
    Pipe,
    Socket,
    Directory,
    Link(String),
}

/// How it must end.
#[derive(Clone)]
pub enum End {
    /// With exit code 1 or 2, an `error:` that has all of these in it, and a `hint:`.
    Refused(Vec<String>),
    /// With exit code 0 and all of these in what was said; or, where it says so, that nobody can be sent to.
    Taken(Vec<String>),
    /// As the data of rows that are bad: exit code 0 or 2, and all of these.
    Rows(Vec<String>),
    /// Either, as long as it ends.
    Ends,
}

#[derive(Clone)]
pub struct Case {
    pub name: String,
    things: Vec<(String, Thing, u32)>,
    commands: Vec<Vec<String>>,
    end: End,
}

/// A campaign over this audience with this body.
pub fn campaign(audience: &str, body: &str) -> Vec<u8> {
    serde_json::json!({
        "name": "c", "from": "1", "rate": "max", "track": "0",
        "audience": {"file": audience, "country": "IN"}, "message": {"type": "text", "body": body},
    })
    .to_string()
    .into_bytes()
}

impl Case {
    /// A desk with a good campaign `c.json` over a good `people.csv`, which nothing is asked about yet.
    pub fn new(name: &str) -> Case {
        let case = Case { name: name.to_owned(), things: Vec::new(), commands: Vec::new(), end: End::Ends };
        case.file("people.csv", "Name,Phone\nAnn,+919876543210\n")
            .file("c.json", campaign("people.csv", "Hi {{ name | default('there') }}"))
    }

    /// An audience that `check`, `run` and `optout import` are asked about.
    pub fn audience(name: &str, file: &str, thing: Thing) -> Case {
        Case::new(name)
            .file("c.json", campaign(file, "Hi"))
            .thing(file, thing)
            .asks("check c.json --offline")
            .asks("run c.json --sandbox --dry-run")
    }

    /// A text of bytes as audience.
    pub fn table(name: &str, file: &str, bytes: impl AsRef<[u8]>) -> Case {
        Case::audience(name, file, Thing::Bytes(bytes.as_ref().to_vec()))
    }

    /// A message.
    pub fn body(name: &str, body: &str) -> Case {
        Case::new(name).file("c.json", campaign("people.csv", body)).asks("check c.json --offline")
    }

    pub fn file(self, name: &str, bytes: impl AsRef<[u8]>) -> Case {
        self.thing(name, Thing::Bytes(bytes.as_ref().to_vec()))
    }

    pub fn thing(self, name: &str, thing: Thing) -> Case {
        self.with_mode(name, thing, 0o600)
    }

    pub fn with_mode(mut self, name: &str, thing: Thing, mode: u32) -> Case {
        self.things.retain(|(known, _, _)| known != name);
        self.things.push((name.to_owned(), thing, mode));
        self
    }

    /// One more command, with blanks between its arguments.
    pub fn asks(self, arguments: &str) -> Case {
        self.asks_exactly(arguments.split_whitespace())
    }

    pub fn asks_exactly<'a>(mut self, arguments: impl IntoIterator<Item = &'a str>) -> Case {
        self.commands.push(arguments.into_iter().map(str::to_owned).collect());
        self
    }

    pub fn refused(self, parts: &[&str]) -> Case {
        let parts = parts.iter().map(|&part| part.to_owned()).collect();
        Case { end: End::Refused(parts), ..self }
    }

    pub fn taken(self, parts: &[&str]) -> Case {
        Case { end: End::Taken(parts.iter().map(|&part| part.to_owned()).collect()), ..self }
    }

    pub fn rows(self, parts: &[&str]) -> Case {
        Case { end: End::Rows(parts.iter().map(|&part| part.to_owned()).collect()), ..self }
    }

    /// Either way, as long as the rules hold.
    pub fn refused_or_rows(self) -> Case {
        Case { end: End::Ends, ..self }
    }

    /// Asks, and holds every answer to the rules.
    ///
    /// Of many commands the short form asks a few, others for each case.
    pub fn try_out(&self, full: bool) -> Result<(), String> {
        assert!(!self.commands.is_empty(), "{} asks nothing", self.name);
        let desk = Desk::new();
        for (name, thing, mode) in &self.things {
            put(&desk.work().join(name), thing, *mode);
        }
        let asked = if full { self.commands.len() } else { self.commands.len().min(2) };
        for command in self.commands.iter().cycle().skip(self.name.len() % self.commands.len()).take(asked) {
            let arguments: Vec<&str> = command.iter().map(String::as_str).collect();
            let (said, ended) = until(desk.command("", &arguments), LONGEST, |_| false);
            let all = format!("{}{}", said.out(), said.err());
            let short = |text: &str| text.chars().take(700).collect::<String>();
            let wrong = |what: &str| {
                Err(format!(
                    "{command:?}: {what} (code {:?}, {:?})\n    {}",
                    said.code,
                    said.took,
                    short(&all)
                ))
            };
            let Some(code) = said.code.filter(|_| ended) else { return wrong("it didn't end by itself") };
            if all.contains("panicked at")
                || all.contains("overflowed its stack")
                || all.contains("memory allocation")
            {
                return wrong("it panicked");
            }
            for bytes in [&said.out, &said.err] {
                if let Some(order) = order_to_a_terminal(bytes) {
                    return wrong(&format!("it prints {order}"));
                }
            }
            let (codes, parts): (&[i32], &[String]) = match &self.end {
                End::Refused(parts) => (&[1, 2], parts),
                End::Taken(parts) => (&[0], parts),
                // 3: an import that left rows out.
                End::Rows(parts) => (&[0, 2, 3], parts),
                End::Ends => (&[0, 1, 2, 3], &[]),
            };
            if !codes.contains(&code) {
                return wrong("another exit code");
            }
            // Some errors are the hint: `20 isn't allowed; write 1 to 20`.
            let hint = ["hint: ", "write ", "at most "].iter().any(|word| all.contains(word));
            if matches!(self.end, End::Refused(_)) && !(all.contains("error: ") && hint) {
                return wrong("no error with a hint");
            }
            if let Some(part) = parts.iter().find(|part| !all.contains(part.as_str())) {
                return wrong(&format!("no `{part}`"));
            }
        }
        Ok(())
    }
}

fn put(path: &Path, thing: &Thing, mode: u32) {
    match thing {
        Thing::Bytes(bytes) => std::fs::write(path, bytes).unwrap(),
        Thing::Sparse(bytes, length) => {
            std::fs::write(path, bytes).unwrap();
            std::fs::OpenOptions::new().write(true).open(path).unwrap().set_len(*length).unwrap();
        }
        Thing::Pipe => assert!(std::process::Command::new("mkfifo").arg(path).status().unwrap().success()),
        Thing::Socket => drop(std::os::unix::net::UnixListener::bind(path).unwrap()),
        Thing::Directory => std::fs::create_dir(path).unwrap(),
        Thing::Link(to) => return std::os::unix::fs::symlink(to, path).unwrap(),
    }
    std::fs::set_permissions(
        path,
        std::fs::Permissions::from_mode(if path.is_dir() { mode | 0o100 } else { mode }),
    )
    .unwrap();
}
