//! `serve --open`: the browser is given a file, and nobody else the link.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::served::Served;
use crate::cli::Desk;

/// An opener that notes what it was given.
fn opener(dir: &Path) {
    let script = "#!/bin/sh\ncd \"$(dirname \"$0\")\" || exit\nprintf '%s\\n' \"$@\" > args\n\
                  cat \"$1\" > page\nstat -c %a \"$1\" > mode\nenv > env\nmv page page-whole\n";
    let path = dir.join("xdg-open");
    std::fs::write(&path, script).unwrap();
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
}

fn openings(data: &Path) -> Vec<PathBuf> {
    let all = std::fs::read_dir(data).unwrap().map(|entry| entry.unwrap().path());
    all.filter(|path| path.file_name().unwrap().to_str().unwrap().starts_with("open-")).collect()
}

fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let end = Instant::now() + Duration::from_secs(60);
    while !holds() {
        assert!(Instant::now() < end, "never: {what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn the_browser_is_given_a_file_that_goes_once_it_was_used() {
    let desk = Desk::new();
    let bin = desk.dir.join("bin");
    std::fs::create_dir(&bin).unwrap();
    opener(&bin);
    let mut command = Served::command(&desk.data);
    let path = format!("{}:{}", bin.display(), std::env::var("PATH").unwrap());
    command.env("PATH", path).env("SENDWO_API_TOKEN", "1|CANARY");
    let served = Served::start_by(command, &desk.data, &["--open"]);
    until("the opener ran", || bin.join("page-whole").exists());
    let read = |name: &str| std::fs::read_to_string(bin.join(name)).unwrap();
    let left = openings(&desk.data);
    assert_eq!(left.len(), 1, "{left:?}");
    assert_eq!(read("args"), format!("{}\n", left[0].display()), "the file, and nothing else");
    assert!(!read("args").contains(served.code()));
    assert_eq!(read("mode"), "600\n");
    let link = format!("{}/enter#{}", served.origin(), served.code());
    assert!(read("page-whole").contains(&format!("location.replace(\"{link}\")")), "{}", read("page-whole"));
    assert!(!read("env").contains("CANARY"), "the token isn't the browser's");
    served.enter(served.code()).is(204);
    until("the file is gone", || openings(&desk.data).is_empty());
}

#[test]
fn without_an_opener_the_link_stands_in_the_terminal_and_a_file_left_behind_goes_at_the_next_start() {
    let desk = Desk::new();
    std::fs::create_dir_all(&desk.data).unwrap();
    std::fs::write(desk.data.join("open-0123456789abcdef.html"), "an old link").unwrap();
    std::fs::write(desk.data.join("open-letter.html"), "somebody's").unwrap();
    let mut command = Served::command(&desk.data);
    command.env("PATH", &desk.dir);
    let served = Served::start_by(command, &desk.data, &["--open"]);
    served.says("can't start `xdg-open`");
    until("its own file is gone", || openings(&desk.data).len() == 1);
    served.enter(served.code()).is(204);
    assert_eq!(std::fs::read_to_string(desk.data.join("open-letter.html")).unwrap(), "somebody's");
}
