//! What can be done about subscribers.

use clap::Subcommand;

use super::{add_note, assign_labels, create, list, update};
use crate::app::AppError;
use crate::cli::context::Context;
use crate::cli::exit::Exit;

/// Arguments of `subscribers`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  sendcast subscribers list --label Lead\n  sendcast subscribers create --file new.csv"
)]
pub struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Everybody on the account's list, or those who carry a label
    List(list::Args),
    /// Put somebody on the account's list, or everybody in a spreadsheet
    Create(create::Args),
    /// Change what is known of somebody
    Update(update::Args),
    /// Give somebody labels, or everybody in a spreadsheet
    AssignLabels(assign_labels::Args),
    /// Write a note about somebody, or about everybody in a spreadsheet
    AddNote(add_note::Args),
}

/// Carries it out.
///
/// # Errors
/// Why it couldn't do as asked.
pub async fn run(args: Args, ctx: &Context) -> Result<Exit, AppError> {
    match args.action {
        Action::List(args) => list::run(&args, ctx).await,
        Action::Create(args) => create::run(args, ctx).await,
        Action::Update(args) => update::run(args, ctx).await,
        Action::AssignLabels(args) => assign_labels::run(args, ctx).await,
        Action::AddNote(args) => add_note::run(args, ctx).await,
    }
}
