//! What can be done about webhook workflows.

use clap::Subcommand;

use super::{create, list, listen};
use crate::app::AppError;
use crate::cli::context::Context;
use crate::cli::exit::Exit;

/// Arguments of `webhooks`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  sendcast webhooks list\n  sendcast webhooks listen --port 8090")]
pub struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// The workflows that there are
    List(list::Args),
    /// Make a workflow: Sendwo tells an address of what happens
    Create(create::Args),
    /// Take webhooks in: deliveries, replies, and who wants no more messages
    Listen(listen::Args),
}

/// Carries it out.
///
/// # Errors
/// Why it couldn't do as asked.
pub async fn run(args: Args, ctx: &Context) -> Result<Exit, AppError> {
    match args.action {
        Action::List(args) => list::run(&args, ctx).await,
        Action::Create(args) => create::run(&args, ctx).await,
        Action::Listen(args) => listen::run(&args, ctx).await,
    }
}
