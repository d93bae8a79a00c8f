//! Whether a report can be written where it is to go, before anything is done that it is to tell of.

use std::path::Path;

use super::file::{FileError, directory, prefix};
use crate::sys::disk::Disk;

/// Tries the place of a report: a file is made beside it and removed again. A report that another program holds is no
/// obstacle, since it goes beside that one.
///
/// # Errors
/// [`FileError`], as writing the report would.
pub fn try_place(disk: &dyn Disk, path: &Path) -> Result<(), FileError> {
    let output = |source| FileError::Output { path: path.to_owned(), source };
    let mut real = path.to_owned();
    if let Ok(meta) = std::fs::metadata(path) {
        if meta.is_dir() {
            return Err(FileError::Directory(path.to_owned()));
        }
        // A pipe may wait for its reader, a device has nothing beside it.
        if !meta.is_file() {
            return Ok(());
        }
        if path.is_symlink() {
            real = path.canonicalize().map_err(output)?;
        }
    }
    let Some(name) = real.file_name() else {
        return Err(FileError::Directory(path.to_owned()));
    };
    let trial = directory(&real).join(format!("{}{}-try.tmp", prefix(name), std::process::id()));
    drop(disk.create_new(&trial).map_err(output)?);
    disk.remove_file(&trial).map_err(output)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sys::disk::RealDisk;

    #[test]
    fn a_place_is_tried_and_left_as_it_was() {
        let dir = tempfile::tempdir().unwrap();
        let at = |name: &str| try_place(&RealDisk, &dir.path().join(name));
        at("new.csv").unwrap();
        std::fs::write(dir.path().join("old.csv"), "kept").unwrap();
        at("old.csv").unwrap();
        assert_eq!(std::fs::read_to_string(dir.path().join("old.csv")).unwrap(), "kept");
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1);
        assert!(matches!(at("missing/x.csv"), Err(FileError::Output { .. })));
        assert!(matches!(at("old.csv/x.csv"), Err(FileError::Output { .. })));
        assert!(matches!(at("."), Err(FileError::Directory(_))));
    }
}
