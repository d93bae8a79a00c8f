//! What `--version` says, and where it knows it from.

use std::fs;
use std::path::Path;
use std::process::Command;

use super::Desk;

#[expect(dead_code, clippy::print_stdout, reason = "it is the build script, here for its functions")]
#[path = "../../../build.rs"]
mod build;

use build::{Commit, day};

const HASH: &str = "a1b2c3d4e5f60718293a4b5c6d7e8f9001122334";

#[test]
fn the_version_is_the_packages() {
    let said = Desk::new().run("--version").exits(0);
    let (name, rest) = said.out.trim_end().split_once(' ').unwrap();
    assert_eq!(name, "sendcast");
    assert!(rest.starts_with(env!("CARGO_PKG_VERSION")), "{rest}");
    assert_eq!(said.out, Desk::new().run("-V").exits(0).out);
}

#[test]
fn commit_and_date_stand_behind_it_where_they_are_known() {
    let commit = |id: Option<&str>, seconds| Commit { id: id.map(str::to_owned), seconds };
    assert_eq!(commit(Some(HASH), Some(1_796_000_000)).after("0.1.0"), "0.1.0 (a1b2c3d4e5f6 2026-11-30)");
    assert_eq!(commit(Some(HASH), None).after("0.1.0"), "0.1.0 (a1b2c3d4e5f6)");
    assert_eq!(commit(None, Some(0)).after("0.1.0"), "0.1.0 (1970-01-01)");
    assert_eq!(commit(None, None).after("0.1.0"), "0.1.0");
    for (seconds, expected) in [
        (951_782_400, "2000-02-29"),
        (951_868_799, "2000-02-29"),
        (951_868_800, "2000-03-01"),
        (-1, "1969-12-31"),
        (4_107_542_400, "2100-03-01"),
    ] {
        assert_eq!(day(seconds), expected);
    }
}

#[test]
fn sources_tell_their_commit_with_git_and_without() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path();
    let write = |name: &str, text: &str| fs::write(root.join(name), text).unwrap();
    assert_eq!(Commit::find(root), Commit::default(), "bare sources");
    // As it stands in the repository, and as `git archive` fills it in.
    write(".git-archival", "$Format:%H %ct$\n");
    assert_eq!(Commit::find(root), Commit::default());
    write(".cargo_vcs_info.json", &format!("{{\n  \"git\": {{\n    \"sha1\": \"{HASH}\"\n  }}\n}}"));
    assert_eq!(Commit::find(root), Commit { id: Some(HASH.to_owned()), seconds: None }, "a package");
    write(".git-archival", &format!("{HASH} 1796000000\n"));
    assert_eq!(Commit::find(root), Commit { id: Some(HASH.to_owned()), seconds: Some(1_796_000_000) });
    git(root, &["init", "--quiet"]);
    git(root, &["add", "."]);
    git(root, &["commit", "--quiet", "-m", "x"]);
    let found = Commit::find(root);
    assert_eq!(found.id.as_deref().map(str::len), Some(40), "{found:?}");
    assert_ne!(found.id.as_deref(), Some(HASH));
    assert_eq!(found.seconds, Some(1_700_000_000));
}

#[test]
fn the_repository_says_how_a_tarball_is_filled_in() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let attributes = fs::read_to_string(root.join(".gitattributes")).unwrap();
    assert!(attributes.lines().any(|line| line == ".git-archival export-subst"), "{attributes}");
}

fn git(root: &Path, args: &[&str]) {
    let mut command = Command::new("git");
    command.arg("-C").arg(root).args(args);
    for who in ["AUTHOR", "COMMITTER"] {
        command.env(format!("GIT_{who}_NAME"), "Ann").env(format!("GIT_{who}_EMAIL"), "ann@example.com");
        command.env(format!("GIT_{who}_DATE"), "1700000000 +0000");
    }
    assert!(command.env("GIT_CONFIG_GLOBAL", "/dev/null").status().unwrap().success(), "git {args:?}");
}
