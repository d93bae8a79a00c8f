//! What is wrong with a draft, in words that name its files as people know them.

use std::path::{Path, PathBuf};

use crate::app::AppError;
use crate::campaign::CampaignError;
use crate::campaign::tables::TableError;

/// Longest name that is shown of a file, in characters.
const NAME_CHARS: usize = 80;

/// What people called a file, fit to be shown: its last part, on one line.
pub(super) fn shown_name(called: &str) -> String {
    let last = called.rsplit(['/', '\\']).next().unwrap_or_default();
    match crate::domain::text::tidy(last, NAME_CHARS) {
        name if name.is_empty() => "the file".to_owned(),
        name => name.into_owned(),
    }
}

/// An error without the paths of the data directory: of the campaign file the place in it, of a table what `called` says of its
/// path.
pub(super) fn told(error: CampaignError, called: &dyn Fn(&Path) -> String) -> AppError {
    let error = match error {
        CampaignError::Invalid(invalid) => {
            let at = invalid
                .at
                .map(|(line, column)| format!("line {line}, column {column}: "))
                .unwrap_or_default();
            let key = if invalid.key.is_empty() { String::new() } else { format!("`{}`: ", invalid.key) };
            return AppError { hint: invalid.hint, ..AppError::usage(format!("{at}{key}{}", invalid.what)) };
        }
        CampaignError::Table(TableError { file, kind }) => {
            let file = file.map(|file| PathBuf::from(called(&file)));
            CampaignError::Table(TableError { file, kind })
        }
        CampaignError::Read { path, source } => CampaignError::Read { path: called(&path).into(), source },
        CampaignError::Changed { path } => CampaignError::Changed { path: called(&path).into() },
    };
    error.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_called_by_the_last_part_of_its_name() {
        for (called, shown) in [
            ("customers.xlsx", "customers.xlsx"),
            ("../../optout.csv", "optout.csv"),
            ("C:\\Users\\Ravi\\list.csv", "list.csv"),
            ("a\u{202e}vsc.exe\0\n.csv", "avsc.exe .csv"),
            ("", "the file"),
            ("x/", "the file"),
            ("<img onerror=x>.csv", "<img onerror=x>.csv"),
        ] {
            assert_eq!(shown_name(called), shown, "{called:?}");
        }
        assert_eq!(shown_name(&"x".repeat(5_000)).chars().count(), NAME_CHARS + 1);
    }
}
