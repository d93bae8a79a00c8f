//! Every address of the dashboard, in one table: what isn't in it isn't there.

use hyper::Method;

use crate::app::AppError;
use crate::web::answer::Answer;
use crate::web::asked::Asked;
use crate::web::dashboard::Dashboard;
use crate::web::pages::{
    account, campaign, campaigns, checking, drafts, enter, help, message, numbers, opt_outs, people, report,
    send, sending,
};
use crate::web::{assets, door};

/// Answers a request. It may block: it has a thread of its own.
pub type Handler = fn(&Dashboard, &Asked) -> Result<Answer, AppError>;

/// Who may ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Anybody who passes the door: it tells nothing of campaigns or people.
    Open,
    /// Whoever has a session.
    Session,
}

/// What a request does, and what it may carry for that.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Does {
    /// It changes nothing: `GET`, and `HEAD`.
    Show,
    /// It is a form that changes something: `POST`, of at most [`MAX_FORM_BYTES`].
    Change,
    /// It brings a file: `PUT`, of at most [`MAX_FILE_BYTES`].
    Bring,
}

impl Does {
    /// Whether a request by this method does it.
    #[must_use]
    pub fn is(self, method: &Method) -> bool {
        match self {
            Does::Show => door::is_safe(method),
            Does::Change => *method == Method::POST,
            Does::Bring => *method == Method::PUT,
        }
    }
}

/// A message has 4,096 characters at most, each of up to 12 bytes in a form.
pub const MAX_FORM_BYTES: usize = 256 << 10;
/// A larger spreadsheet is refused.
pub const MAX_FILE_BYTES: u64 = 200 << 20;

/// What stands before the path of a trial.
const TRIALS: &str = "/trials";

/// One address.
#[derive(Clone, Copy, Debug)]
pub struct Route {
    /// What a request there does.
    pub does: Does,
    /// Its path, with `{name}` for a part that varies.
    pub path: &'static str,
    /// Who may ask.
    pub access: Access,
    /// Whether the same stands below `/trials`, for the trials' part of the data directory.
    pub of_trials: bool,
    /// What answers it.
    pub handler: Handler,
}

const fn show(path: &'static str, handler: Handler) -> Route {
    Route { does: Does::Show, path, access: Access::Session, of_trials: false, handler }
}

const fn change(path: &'static str, handler: Handler) -> Route {
    Route { does: Does::Change, ..show(path, handler) }
}

const fn bring(path: &'static str, handler: Handler) -> Route {
    Route { does: Does::Bring, ..show(path, handler) }
}

impl Route {
    const fn and_of_trials(self) -> Route {
        Route { of_trials: true, ..self }
    }

    const fn open(self) -> Route {
        Route { access: Access::Open, ..self }
    }
}

/// All of them.
pub const ROUTES: &[Route] = &[
    show("/enter", enter::page).open(),
    change("/enter", enter::enter).open(),
    change("/leave", enter::leave),
    show("/a/{version}/{name}", assets::asset).open(),
    show("/favicon.ico", assets::icon).open(),
    show("/", campaigns::page).and_of_trials(),
    show("/new", drafts::new),
    bring("/new", drafts::begin),
    show("/d/{id}/people", drafts::people),
    change("/d/{id}/people", drafts::correct),
    bring("/d/{id}/audience", drafts::replace_audience),
    bring("/d/{id}/exclude", drafts::leave_out),
    bring("/d/{id}/rates", drafts::rates),
    show("/d/{id}/message", message::page),
    change("/d/{id}/message", message::save),
    change("/d/{id}/preview", message::look),
    show("/d/{id}/check", checking::page),
    change("/d/{id}/test", checking::test),
    change("/d/{id}/trial", checking::trial),
    show("/d/{id}/send", sending::page),
    change("/d/{id}/settings", sending::save),
    change("/d/{id}/start", sending::start),
    show("/d/{id}/file", drafts::as_file),
    change("/d/{id}/file", drafts::save_file),
    change("/d/{id}/remove", drafts::remove),
    show("/c/{name}", campaign::page).and_of_trials(),
    change("/c/{name}/pause", campaign::pause).and_of_trials(),
    change("/c/{name}/resume", campaign::resume).and_of_trials(),
    change("/c/{name}/go-on", campaign::go_on).and_of_trials(),
    show("/c/{name}/send", send::page).and_of_trials(),
    change("/c/{name}/send", send::send).and_of_trials(),
    change("/c/{name}/cancel", campaign::cancel).and_of_trials(),
    change("/c/{name}/retry", campaign::retry).and_of_trials(),
    change("/c/{name}/resolve", campaign::resolve).and_of_trials(),
    change("/c/{name}/reassign", campaign::reassign).and_of_trials(),
    show("/c/{name}/people", people::page).and_of_trials(),
    show("/c/{name}/people/{job}", people::story).and_of_trials(),
    show("/c/{name}/report", report::page).and_of_trials(),
    show("/c/{name}/report/{format}", report::download).and_of_trials(),
    show("/optouts", opt_outs::page),
    change("/optouts/add", opt_outs::add),
    change("/optouts/remove", opt_outs::remove),
    bring("/optouts/import", opt_outs::import),
    show("/numbers", numbers::page),
    show("/account", account::page),
    change("/account/token", account::keep_token),
    change("/account/forget-token", account::forget_token),
    show("/help", help::page),
];

/// A route, as a request met it.
#[derive(Clone, Debug)]
pub struct Met {
    /// The route.
    pub route: &'static Route,
    /// Whether it was met below `/trials`.
    pub trial: bool,
    /// What stood in its `{…}`.
    pub params: Vec<(&'static str, String)>,
}

/// The routes at a path. A path is taken as it is: none of ours needs an escape, so that one with any isn't there.
pub fn at(path: &str) -> impl Iterator<Item = Met> {
    let within = path.strip_prefix(TRIALS).filter(|rest| rest.is_empty() || rest.starts_with('/'));
    let (trial, path) = within.map_or((false, path), |rest| (true, if rest.is_empty() { "/" } else { rest }));
    ROUTES
        .iter()
        .filter(move |route| route.of_trials || !trial)
        .filter_map(move |route| Some(Met { route, trial, params: fits(route.path, path)? }))
}

/// What stands in the `{…}` of a route's path; `None` where the path is another.
fn fits(route: &'static str, path: &str) -> Option<Vec<(&'static str, String)>> {
    let mut params = Vec::new();
    let (mut ours, mut theirs) = (route.split('/'), path.split('/'));
    loop {
        match (ours.next(), theirs.next()) {
            (None, None) => return Some(params),
            (Some(part), Some(given)) => match part.strip_prefix('{').and_then(|rest| rest.strip_suffix('}'))
            {
                Some(name) if is_plain(given) => params.push((name, given.to_owned())),
                None if part == given => {}
                _ => return None,
            },
            _ => return None,
        }
    }
}

/// Whether it could be a name or an id of ours.
fn is_plain(part: &str) -> bool {
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
    !part.is_empty() && part.len() <= 128 && !part.starts_with('.') && part.bytes().all(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn met(path: &str) -> Vec<(&'static str, bool, Vec<String>)> {
        at(path)
            .filter(|met| met.route.does == Does::Show)
            .map(|met| (met.route.path, met.trial, met.params.into_iter().map(|(_, value)| value).collect()))
            .collect()
    }

    #[test]
    fn a_path_meets_its_route_and_no_other() {
        assert_eq!(met("/"), [("/", false, vec![])]);
        assert_eq!(met("/c/diwali-2"), [("/c/{name}", false, vec!["diwali-2".to_owned()])]);
        assert_eq!(met("/trials/c/x"), [("/c/{name}", true, vec!["x".to_owned()])]);
        assert_eq!(met("/trials"), [("/", true, vec![])]);
        for none in [
            "/c",
            "/c/",
            "/c/x/",
            "//",
            "/c/..",
            "/c/%2e%2e",
            "/c/a%2fb",
            "/c/a b",
            "/c/\u{e9}",
            "/trialsc/x",
            "/C/x",
            "/trials/account",
            "",
            "x",
        ] {
            assert_eq!(met(none), [], "{none}");
        }
        assert_eq!(met(&format!("/c/{}", "x".repeat(10_000))), []);
    }

    #[test]
    fn what_is_open_is_open_by_name() {
        let open: Vec<_> =
            ROUTES.iter().filter(|route| route.access == Access::Open).map(|route| route.path).collect();
        assert_eq!(open, ["/enter", "/enter", "/a/{version}/{name}", "/favicon.ico"]);
    }
}
