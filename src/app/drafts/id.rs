//! By what a draft is known.

use std::fmt;
use std::str::FromStr;

use crate::app::AppError;
use crate::domain::hex::is_hex;
use crate::sys::platform;

/// Of so many bytes.
const ID_BYTES: usize = 8;

/// 16 digits and letters from `a` to `f`, drawn by chance. It names a directory and stands in addresses.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DraftId(String);

impl DraftId {
    /// A new one.
    ///
    /// # Errors
    /// Where the system gives no random bytes.
    pub(super) fn draw() -> Result<DraftId, AppError> {
        let drawn = platform::random_hex::<ID_BYTES>();
        drawn.map(DraftId).map_err(AppError::no_randomness)
    }

    /// As it stands in addresses.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for DraftId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for DraftId {
    type Err = AppError;
    fn from_str(text: &str) -> Result<DraftId, AppError> {
        if is_hex(text, ID_BYTES * 2) {
            return Ok(DraftId(text.to_owned()));
        }
        Err(gone())
    }
}

/// Says that there is no such draft. What was asked for isn't repeated: it comes from an address.
pub(super) fn gone() -> AppError {
    AppError::usage("there is no such draft")
        .hint("it may have been removed; the list of drafts has those that are there")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_drawn_is_an_id() {
        let drawn = DraftId::draw().unwrap();
        assert_eq!(drawn.as_str().parse::<DraftId>().unwrap(), drawn);
        assert_ne!(DraftId::draw().unwrap(), drawn);
        for wrong in [
            "",
            "..",
            ".",
            "0123456789abcde",
            "0123456789abcdef0",
            "0123456789ABCDEF",
            "0123456789abcdeg",
            "../0123456789abc",
            "0123456789abc/..",
            "0123456789abcd\0f",
            "%2e%2e%2f%2e%2e%2f",
            "０１２３４５６７",
        ] {
            assert!(wrong.parse::<DraftId>().unwrap_err().is_usage(), "{wrong}");
        }
    }
}
