//! The tests in a browser: one binary, which starts one Chromium. Where there is none they are ignored, by name.

use std::process::ExitCode;
use std::sync::Arc;

/// Makes a module's `trials` of its test functions: those `in_browser` get a context of their own.
macro_rules! trials {
    (in_browser: [$($page:ident),* $(,)?], plain: [$($plain:ident),* $(,)?] $(,)?) => {
        /// The tests of this module.
        pub fn trials(launcher: &std::sync::Arc<crate::harness::Launcher>) -> Vec<libtest_mimic::Trial> {
            let _ = launcher;
            vec![
                $(crate::harness::in_browser(launcher, module_path!(), stringify!($page), $page),)*
                $(crate::harness::plain(module_path!(), stringify!($plain), $plain),)*
            ]
        }
    };
}

mod attacks;
mod checks;
mod chromium;
mod context;
mod controls;
mod desk;
mod door;
mod doubts;
mod harness;
mod hostile;
mod input;
mod live;
mod lost;
mod optouts;
mod page;
mod pages;
mod plain;
mod sendcast;
mod server;
mod steps;
mod tabs;
mod wait;

fn main() -> ExitCode {
    let launcher = Arc::new(harness::Launcher::new());
    let modules = [
        controls::trials,
        sendcast::trials,
        door::trials,
        pages::trials,
        live::trials,
        doubts::trials,
        steps::trials,
        tabs::trials,
        lost::trials,
        optouts::trials,
        plain::trials,
        attacks::trials,
        hostile::trials,
    ];
    let trials = modules.into_iter().flat_map(|trials| trials(&launcher)).collect();
    if harness::run(&launcher, trials) { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
