//! Real faults of a real disk: `faultdisk.c`, compiled once and put under the shipped binary by `LD_PRELOAD`.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// What happens at the call that is struck.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Strike {
    /// It fails with EIO, once.
    Eio,
    /// It and all later ones fail with EIO: the disk is gone.
    EioFromThere,
    /// It and all later ones fail with ENOSPC: the disk is full.
    Full,
    /// Half of a write is written, and it says so.
    Short,
    /// `kill -9` in its place.
    KillBefore,
    /// `kill -9` once it is done.
    KillAfter,
    /// Half of a write is written, then `kill -9`; anything else as [`Strike::KillBefore`].
    Torn,
}

impl Strike {
    /// Whether the process dies of it.
    pub fn kills(self) -> bool {
        matches!(self, Strike::KillBefore | Strike::KillAfter | Strike::Torn)
    }

    fn name(self) -> &'static str {
        match self {
            Strike::Eio | Strike::EioFromThere => "eio",
            Strike::Full => "enospc",
            Strike::Short => "short",
            Strike::KillBefore => "kill-before",
            Strike::KillAfter => "kill-after",
            Strike::Torn => "torn",
        }
    }

    fn stays(self) -> bool {
        matches!(self, Strike::EioFromThere | Strike::Full)
    }
}

/// The kinds of calls that only look.
pub const LOOKS: &str = "open,read,list,stat";
/// The kinds of calls that change something, which a kill may fall between.
pub const CHANGES: &str = "create,write,sync,range,rename,truncate,unlink,mkdir";

/// Which call is struck, and how.
#[derive(Clone, Copy, Debug)]
pub struct Fault {
    /// From 1; 0 for none.
    pub at: u64,
    pub strike: Strike,
    /// The kinds that are counted.
    pub kinds: &'static str,
    /// Only calls whose path contains this are.
    pub only: &'static str,
}

/// A call as the shim saw it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// Its number among those that count; 0 where it doesn't.
    pub number: u64,
    pub kind: String,
    /// Below the directory; for a `post` the request's text.
    pub path: String,
    pub offset: i64,
    pub length: u64,
    /// errno; 0 where it went well, -1 where the process was killed instead.
    pub error: i32,
}

impl Call {
    /// The name of the file that it is about, without what makes it a temporary one.
    pub fn file(&self) -> &str {
        // sled's files are told of as the directory that they are in.
        let path = self.path.split_once("/queue/").map_or(self.path.as_str(), |(_, _)| "queue");
        let name = path.rsplit('/').next().unwrap_or_default();
        if name.starts_with('.') && name.contains(".report.") {
            return "report";
        }
        name.trim_end_matches(".tmp").trim_end_matches(".staged")
    }
}

/// Puts the shim under a command, over all that lies below `root`; its trace goes to `trace`.
pub fn under(command: &mut Command, root: &Path, fault: Option<Fault>, trace: Option<&Path>) {
    command.env("LD_PRELOAD", library()).env("FAULTDISK_DIR", root);
    if let Some(fault) = fault {
        command
            .env("FAULTDISK_AT", fault.at.to_string())
            .env("FAULTDISK_DO", fault.strike.name())
            .env("FAULTDISK_KINDS", fault.kinds)
            .env("FAULTDISK_ONLY", fault.only);
        if fault.strike.stays() {
            command.env("FAULTDISK_STAYS", "1");
        }
    }
    if let Some(trace) = trace {
        command.env("FAULTDISK_TRACE", trace);
    }
}

/// Reads a trace.
pub fn calls(trace: &Path) -> Vec<Call> {
    let text = std::fs::read_to_string(trace).unwrap_or_default();
    text.lines()
        .map(|line| {
            let mut fields = line.split('\t');
            let mut next = || fields.next().unwrap_or_else(|| panic!("a broken line in the trace: {line}"));
            Call {
                number: next().parse().unwrap(),
                kind: next().to_owned(),
                path: next().to_owned(),
                offset: next().parse().unwrap(),
                length: next().parse().unwrap(),
                error: next().parse().unwrap(),
            }
        })
        .collect()
}

/// The compiled shim: once for each test process.
fn library() -> &'static Path {
    static LIBRARY: OnceLock<PathBuf> = OnceLock::new();
    LIBRARY.get_or_init(|| {
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/kills/faultdisk.c");
        let out = Path::new(env!("CARGO_TARGET_TMPDIR"));
        std::fs::create_dir_all(out).unwrap();
        // Another test process may be at it: each compiles under a name of its own, and the last one stays.
        let (made, library) =
            (out.join(format!("faultdisk-{}", std::process::id())), out.join("faultdisk.so"));
        let cc = Command::new("cc")
            .args(["-O1", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC", "-o"])
            .arg(&made)
            .arg(source)
            .arg("-ldl")
            .output()
            .unwrap();
        assert!(cc.status.success(), "{}", String::from_utf8_lossy(&cc.stderr));
        std::fs::rename(&made, &library).unwrap();
        library
    })
}
