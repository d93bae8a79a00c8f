//! `usage`: shows usage and limits.

use crate::app::AppError;
use crate::app::account;
use crate::cli::api_output;
use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::domain::format::count;
use crate::sendwo::{Limit, ModuleUsage};
use crate::ui::Table;

/// Arguments of `usage`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  sendcast usage")]
pub struct Args {}

/// Asks for the usage log and shows it.
///
/// # Errors
/// When it can't be asked.
pub async fn run(_: &Args, ctx: &Context) -> Result<Exit, AppError> {
    let usage = account::client(&ctx.app)?.user().usage().await?;
    if ctx.json() {
        ctx.out_json(&usage)?;
        return Ok(Exit::Done);
    }
    let mut table = Table::new(["module", "used", "limit", "left"]).right(&[1, 2, 3]);
    for module in &usage.modules {
        table.row(cells(module));
    }
    ctx.out_table(&table)?;
    let shown = usage.modules.len() as u64;
    let package = usage.package_name.as_deref().map(|name| format!("package {name}"));
    let more = usage
        .total_modules
        .filter(|total| *total > shown)
        .map(|total| format!("{} of {} modules are listed", count(shown), count(total)));
    let notes: Vec<_> = package.into_iter().chain(more).collect();
    if !notes.is_empty() {
        ctx.say(&notes.join("; "));
    }
    Ok(Exit::Done)
}

fn cells(module: &ModuleUsage) -> [String; 4] {
    let number = |n: Option<u64>| n.map(count).unwrap_or_default();
    let limit = |limit: Option<Limit>| match limit {
        Some(Limit::Unlimited) => "unlimited".to_owned(),
        Some(Limit::Of(n)) => count(n),
        None => String::new(),
    };
    [
        api_output::or_empty(module.name.as_deref()),
        number(module.used),
        limit(module.limit),
        limit(module.left()),
    ]
}
