//! Opening the dashboard in this machine's browser, for `serve --open`.
//!
//! The link's secret part would be seen by everybody on the machine on a command line (`ps`). So it goes into a file that
//! only its owner can read, the browser is given the file, and the file leads to the link. It is removed once the code was
//! used, after a short while, and by the next start.

use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::app::AppError;
use crate::domain::time::Millis;
use crate::sys::disk::{Disk, if_there};
use crate::sys::platform;

/// A browser that takes longer is given the link from the terminal.
const LASTS: Duration = Duration::from_mins(2);

/// What the programs that open files are given beyond their arguments: never the token.
const SECRETS: [&str; 1] = ["SENDWO_API_TOKEN"];

/// A file that leads to a link; it goes with this value.
#[derive(Debug)]
pub struct Opening {
    path: PathBuf,
    code: String,
    written: Millis,
}

impl Opening {
    /// Writes it into the data directory.
    ///
    /// # Errors
    /// The disk's.
    pub fn write(
        disk: &dyn Disk,
        data: &Path,
        url: &str,
        code: &str,
        now: Millis,
    ) -> Result<Opening, AppError> {
        let failed = |error: io::Error| AppError::disk("write a file for the browser in", data, &error);
        let path = data.join(format!("open-{}.html", platform::random_hex::<8>().map_err(failed)?));
        let opening = Opening { path, code: code.to_owned(), written: now };
        let file = disk.create_new(&opening.path).map_err(failed)?;
        // A script makes the last step: a browser keeps our cookie from a request that a file has led to. The address has
        // nothing in it that would end a text of JavaScript's or of HTML's.
        let page = format!(
            "<!doctype html><meta charset=\"utf-8\"><meta name=\"referrer\" content=\"no-referrer\"><title>sendcast</title>\n\
             <script>location.replace(\"{url}/enter#{code}\")</script>\n\
             <noscript><a href=\"{url}/enter#{code}\">Open sendcast</a></noscript>\n"
        );
        file.write_at(0, page.as_bytes()).map_err(failed)?;
        Ok(opening)
    }

    /// Gives it to the platform's opener.
    ///
    /// # Errors
    /// When that can't be started.
    pub fn show(&self) -> Result<(), AppError> {
        let (program, before) = opener();
        let mut command = Command::new(program);
        command.args(&before).arg(&self.path);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        SECRETS.iter().for_each(|secret| {
            command.env_remove(secret);
        });
        let mut child = command.spawn().map_err(|error| {
            AppError::failed(format!("can't start `{program}`, which opens files in the browser: {error}"))
                .hint("open the link yourself")
        })?;
        // Nobody else waits for it.
        std::thread::spawn(move || child.wait());
        Ok(())
    }

    /// Whether it has done its work, or never will. `is_used` tells that of a code.
    pub fn is_over(&self, now: Millis, is_used: impl FnOnce(&str) -> bool) -> bool {
        now.since(self.written) >= LASTS || is_used(&self.code)
    }
}

impl Drop for Opening {
    fn drop(&mut self) {
        // What can't be removed is removed by the next start; its code opens once.
        let _ = std::fs::remove_file(&self.path);
    }
}

/// Removes what an earlier server left.
///
/// # Errors
/// The disk's.
pub fn remove_left(disk: &dyn Disk, data: &Path) -> Result<(), AppError> {
    let left = disk.list(data).map_err(|error| AppError::disk("read", data, &error))?;
    for path in left.iter().filter(|path| is_opening(path)) {
        if_there(disk.remove_file(path)).map_err(|error| AppError::disk("remove", path, &error))?;
    }
    Ok(())
}

fn is_opening(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let chance = name.strip_prefix("open-").and_then(|rest| rest.strip_suffix(".html"));
    chance.is_some_and(|chance| chance.len() == 16 && chance.bytes().all(|b| b.is_ascii_hexdigit()))
}

/// The program that opens a file in whatever it belongs to, and what stands before the file.
fn opener() -> (&'static str, Vec<OsString>) {
    if cfg!(target_os = "macos") {
        ("open", Vec::new())
    } else if cfg!(windows) {
        // `start` takes the first text in quotes for a title.
        ("cmd", ["/c", "start", ""].map(OsString::from).to_vec())
    } else {
        ("xdg-open", Vec::new())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_files_of_ours_are_removed() {
        assert!(is_opening(Path::new("/x/open-0123456789abcdef.html")));
        for other in ["open-.html", "open-0123456789abcdef.htm", "open-0123456789abcdeg.html", "optout.csv"] {
            assert!(!is_opening(Path::new(other)), "{other}");
        }
    }
}
