//! What stands around each test: one browser for all, a context of its own for each, and what a failing one leaves.
#![cfg(test)] // lets clippy take the helpers for test code

use std::env;
use std::panic::{AssertUnwindSafe, PanicHookInfo, catch_unwind, set_hook};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use libtest_mimic::{Arguments, Failed, Trial};

use super::chromium::{self, Browser};
use super::context::Context;
use super::page::{forget, save};

/// Starts the browser when the first test needs it, and again where it has crashed.
pub struct Launcher {
    program: Option<PathBuf>,
    running: Mutex<Option<Arc<Browser>>>,
}

impl Launcher {
    /// Looks for a browser, and starts none yet.
    pub fn new() -> Self {
        Self { program: chromium::find(), running: Mutex::default() }
    }

    fn browser(&self) -> Result<Arc<Browser>, String> {
        let program = self.program.as_deref().ok_or("no Chromium")?;
        let mut running = self.running.lock().unwrap();
        match running.as_ref().filter(|browser| browser.is_running()) {
            Some(browser) => Ok(Arc::clone(browser)),
            None => Ok(Arc::clone(running.insert(Arc::new(Browser::start(program)?)))),
        }
    }
}

/// A test in the browser. It fails, too, where a page has a complaint at its end that the test didn't take.
pub fn in_browser(launcher: &Arc<Launcher>, module: &str, name: &str, test: fn(&Context)) -> Trial {
    let name = full_name(module, name);
    let (launcher, missing) = (Arc::clone(launcher), launcher.program.is_none());
    let run = {
        let name = name.clone();
        move || {
            let browser = launcher.browser()?;
            browser.accept_dialogs(true);
            let context = Context::new(&browser)?;
            let tried = catch_unwind(AssertUnwindSafe(|| {
                test(&context);
                let complaints: Vec<_> = context.tabs().iter().flat_map(|tab| tab.complaints()).collect();
                assert!(complaints.is_empty(), "the page complained:\n{}", complaints.join("\n"));
            }));
            tried.map_err(|_| {
                let said = last_panic();
                Failed::from(format!("{said}\n{}", evidence(&name, &context).join("\n")))
            })
        }
    };
    Trial::test(name, run).with_ignored_flag(missing)
}

/// A test that needs no browser.
pub fn plain(module: &str, name: &str, test: fn()) -> Trial {
    let run = move || catch_unwind(test).map_err(|_| Failed::from(last_panic()));
    Trial::test(full_name(module, name), run)
}

fn full_name(module: &str, name: &str) -> String {
    let module = module.split_once("::").map_or("", |(_, module)| module);
    format!("{module}::{name}")
}

/// How the names of files begin that a failing test leaves. They are the last run's.
const FAILED: &str = "failed-";

/// Where the last panic was, and what it said: told once, with the test that failed.
static LAST_PANIC: Mutex<String> = Mutex::new(String::new());

fn keep_panic(info: &PanicHookInfo<'_>) {
    let place = info.location().map(|place| format!("{}:{}: ", place.file(), place.line()));
    let text = info.payload_as_str().unwrap_or("it panicked");
    *LAST_PANIC.lock().unwrap_or_else(PoisonError::into_inner) =
        format!("{}{text}", place.unwrap_or_default());
}

fn last_panic() -> String {
    std::mem::take(&mut *LAST_PANIC.lock().unwrap_or_else(PoisonError::into_inner))
}

/// Saves how each page looks and what it holds, and says where.
fn evidence(name: &str, context: &Context) -> Vec<String> {
    let mut said = Vec::new();
    for (at, page) in context.tabs().iter().enumerate().filter(|(_, page)| !page.is_closed()) {
        let file = format!("{FAILED}{}-{}", name.replace("::", "-"), at + 1);
        let html = page.html().and_then(|html| save(&format!("{file}.html"), html.as_bytes()));
        for saved in [page.try_screenshot(&file), html] {
            said.push(match saved {
                Ok(path) => format!("saved {}", path.display()),
                Err(error) => format!("not saved: {error}"),
            });
        }
    }
    said
}

/// Runs the tests one after the other: they share a browser. Returns whether all is well.
///
/// Without a browser its tests are ignored, which is well unless one was asked for.
pub fn run(launcher: &Launcher, trials: Vec<Trial>) -> bool {
    let mut arguments = Arguments::from_args();
    arguments.test_threads = Some(1);
    set_hook(Box::new(keep_panic));
    if !arguments.list {
        forget(FAILED);
    }
    let conclusion = libtest_mimic::run(&arguments, trials);
    launcher.running.lock().unwrap().take();
    let left_out = conclusion.num_ignored;
    if launcher.program.is_some() || left_out == 0 {
        return !conclusion.has_failed();
    }
    println!(
        "{left_out} browser tests were NOT run: no Chromium (apt-get install chromium, or {}=/path)",
        chromium::VARIABLE
    );
    let wanted = |variable| env::var_os(variable).is_some_and(|value| !value.is_empty());
    !(conclusion.has_failed() || wanted("CI") || wanted(chromium::VARIABLE))
}
