//! A request, as the functions that answer one see it.

use std::net::IpAddr;
use std::path::PathBuf;

use hyper::Method;

use crate::app::{App, AppError};
use crate::web::session::Entered;

/// Fields of a form or of a query, as they came.
#[derive(Clone, Debug, Default)]
pub struct Fields(Vec<(String, String)>);

impl Fields {
    /// Reads `a=1&b=2`.
    #[must_use]
    pub fn parse(text: &[u8]) -> Fields {
        Fields(url::form_urlencoded::parse(text).into_owned().collect())
    }

    /// The first of this name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(each, _)| each == name).map(|(_, value)| &**value)
    }

    /// The first of this name, without spaces around it, where anything is in it.
    #[must_use]
    pub fn filled(&self, name: &str) -> Option<&str> {
        self.get(name).map(str::trim).filter(|value| !value.is_empty())
    }

    /// All of this name.
    pub fn all<'f>(&'f self, name: &'f str) -> impl Iterator<Item = &'f str> {
        self.0.iter().filter(move |(each, _)| each == name).map(|(_, value)| &**value)
    }

    /// All of them, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (&**name, &**value))
    }
}

/// A file that was uploaded; it goes with this value, unless it was taken somewhere else.
#[derive(Debug)]
pub struct Upload {
    /// Where it lies.
    pub path: PathBuf,
    /// What the marketer calls it. It is shown, and never a path here.
    pub name: String,
}

impl Drop for Upload {
    fn drop(&mut self) {
        // It may have been taken; what can't be removed is removed at the next start.
        let _ = std::fs::remove_file(&self.path);
    }
}

/// A request of somebody who was let in, or to a route that is open.
#[derive(Debug)]
pub struct Asked {
    /// How.
    pub method: Method,
    /// The path, with that of the trials' part before it.
    pub path: String,
    /// Of the trials' part.
    pub trial: bool,
    /// What stood in the route's `{…}`, by name.
    pub params: Vec<(&'static str, String)>,
    /// What stands behind the path.
    pub query: Fields,
    /// What was posted.
    pub form: Fields,
    /// What was uploaded.
    pub upload: Option<Upload>,
    /// Whose it is; `None` on an open route.
    pub session: Option<Entered>,
    /// The page's script asks: only what changes is wanted.
    pub live: bool,
    /// The address of the connection that it came by.
    pub peer: Option<IpAddr>,
    /// Our cookie, as it came.
    pub cookie: Option<String>,
    /// What the use cases stand on, with an operator that collects.
    pub app: App,
}

impl Asked {
    /// What stood in the route's `{name}`; empty where the route has none.
    #[must_use]
    pub fn param(&self, name: &str) -> &str {
        self.params.iter().find(|(each, _)| *each == name).map_or("", |(_, value)| value)
    }

    /// A path within the same part: the trials' or the real one.
    #[must_use]
    pub fn beside(&self, path: &str) -> String {
        if self.trial { format!("/trials{path}") } else { path.to_owned() }
    }

    /// A field of the form that has to be filled.
    ///
    /// # Errors
    /// Where it isn't.
    pub fn required(&self, name: &str, what: &str) -> Result<&str, AppError> {
        self.form.filled(name).ok_or_else(|| AppError::usage(format!("{what} is missing")))
    }

    /// The upload.
    ///
    /// # Errors
    /// Where there is none.
    pub fn file(&self) -> Result<&Upload, AppError> {
        self.upload.as_ref().ok_or_else(|| AppError::usage("no file came with it"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_read_as_browsers_write_them() {
        let fields = Fields::parse(b"a=1+2&b=%E2%82%AC&a=3&empty=&sp=+x+");
        assert_eq!((fields.get("a"), fields.get("b"), fields.get("c")), (Some("1 2"), Some("€"), None));
        assert_eq!(fields.all("a").collect::<Vec<_>>(), ["1 2", "3"]);
        assert_eq!((fields.filled("empty"), fields.filled("sp")), (None, Some("x")));
    }
}
