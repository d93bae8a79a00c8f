//! The files that `init` writes: the user's own, with the user's usual rights, unlike those of the data directory.

use std::io::{self, Write};
use std::path::{Component, Path};

use crate::app::AppError;
use crate::sys::platform;

/// Creates the directory, where there is none.
///
/// # Errors
/// When the disk says no.
pub(super) fn create_dir(dir: &Path) -> Result<(), AppError> {
    if dir.as_os_str().is_empty() || dir.exists() {
        return Ok(());
    }
    let created = std::fs::create_dir_all(dir).and_then(|()| platform::usual_rights(dir));
    created.map_err(|error| AppError::disk("create", dir, &error))
}

/// Writes a file that isn't there yet.
///
/// # Errors
/// When it is, or the disk says no.
pub(super) fn write_new(path: &Path, text: &str) -> Result<(), AppError> {
    let write = || -> io::Result<()> {
        let mut file = std::fs::OpenOptions::new().write(true).create_new(true).open(path)?;
        file.write_all(text.as_bytes())?;
        platform::usual_rights(path)
    };
    write().map_err(|error| AppError::disk("write", path, &error))
}

/// The way from a directory to a file, as a campaign file names it; absolute where there is none. Both are there.
pub(super) fn relative(dir: &Path, file: &Path) -> String {
    let (dir, file) = (platform::real_path(dir), platform::real_path(file));
    let common = dir.components().zip(file.components()).take_while(|(a, b)| a == b).count();
    if common == 0 {
        return file.to_string_lossy().into_owned();
    }
    let up = dir.components().skip(common).map(|_| "..".into());
    let down = file.components().skip(common).map(Component::as_os_str).map(|part| part.to_string_lossy());
    up.chain(down).collect::<Vec<_>>().join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spreadsheet_is_named_from_where_the_campaign_stands() {
        let root = tempfile::tempdir().unwrap();
        let path = |name: &str| root.path().join(name);
        std::fs::create_dir_all(path("a/b")).unwrap();
        for file in ["people.csv", "a/b/my people.csv"] {
            std::fs::write(path(file), "x").unwrap();
        }
        for (dir, file, expected) in [
            ("a/b", "people.csv", "../../people.csv"),
            ("a/b", "a/b/my people.csv", "my people.csv"),
            ("", "a/b/my people.csv", "a/b/my people.csv"),
        ] {
            assert_eq!(relative(&path(dir), &path(file)), expected);
        }
    }
}
