//! The list of commands.

use clap::Subcommand;

use super::{
    account, cancel, catalog, check, completions, conversation, delivery_status, erase, forget, init, labels,
    login, logout, man, modules, numbers, optout, packages, pause, preview, report, resolve, resume, retry,
    run, sandbox, schedule, schema, send, serve, status, subscribers, table, test, usage, verify, webhooks,
};
use crate::app::AppError;
use crate::cli::context::Context;
use crate::cli::exit::Exit;

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Plan a campaign (or take it up where it stopped), send, track, write the report
    Run(run::Args),
    /// Everything short of sending: every bad row, the counts, the estimated duration
    Check(check::Args),
    /// How a spreadsheet is read: encoding, sheet, header row, each column with a guess and examples
    Table(table::Args),
    /// The message as one recipient will read it
    Preview(preview::Args),
    /// Send one real message, rendered with the first row, to yourself
    Test(test::Args),
    /// Send one message to one person
    Send(send::Args),
    /// Where a campaign stands; without a name, all of them
    Status(status::Args),
    /// What goes out when
    Schedule(schedule::Args),
    /// The whole job in a browser: a dashboard on this computer, for you alone
    Serve(serve::Args),
    /// Hold a campaign, also while it is being sent
    Pause(pause::Args),
    /// Clear a pause; `run` sends
    Resume(resume::Args),
    /// Cancel all that is still queued; final until `run --again`
    Cancel(cancel::Args),
    /// Queue the failed messages once more; `run` sends them
    Retry(retry::Args),
    /// Resolve messages whose outcome is unknown: they were sent, or are to be sent again
    Resolve(resolve::Args),
    /// The report, at any time
    Report(report::Args),
    /// Read the journal back and hold it against the queue and the counts
    Verify(verify::Args),
    /// Remove every trace of a campaign, or of old ones, from the data directory
    Erase(erase::Args),
    /// Remove one person's traces from every campaign; their rows stay, without words and number
    Forget(forget::Args),
    /// Write a first campaign: asks for spreadsheet, message, number and hours
    Init(init::Args),
    /// The list of people who are never written to
    Optout(optout::Args),
    /// Store the API token, for you alone
    Login(login::Args),
    /// Forget the stored API token
    Logout(logout::Args),
    /// Show the account
    Account(account::Args),
    /// Show usage and limits
    Usage(usage::Args),
    /// The packages that there are for the account
    Packages(packages::Args),
    /// What the account may use
    Modules(modules::Args),
    /// The numbers that the account can send from
    Numbers(numbers::Args),
    /// The people on the account's list
    Subscribers(subscribers::Args),
    /// What subscribers can be labelled with
    Labels(labels::Args),
    /// Connected catalogs, and the orders from them
    Catalog(catalog::Args),
    /// Where Sendwo tells of what happens
    Webhooks(webhooks::Args),
    /// What was said with one person
    Conversation(conversation::Args),
    /// What became of one message
    DeliveryStatus(delivery_status::Args),
    /// A local imitation of the Sendwo API, to try things on
    Sandbox(sandbox::Args),
    /// The JSON Schema of a campaign file
    Schema(schema::Args),
    /// Completions for your shell
    Completions(completions::Args),
    /// Manual pages, for those who package sendcast
    #[command(hide = true)]
    Man(man::Args),
}

impl Command {
    /// Carries it out.
    ///
    /// # Errors
    /// Why it couldn't do as asked.
    pub async fn run(self, ctx: &Context) -> Result<Exit, AppError> {
        match self {
            Command::Run(args) => run::run(args, ctx).await,
            Command::Check(args) => check::run(args, ctx).await,
            Command::Table(args) => table::run(&args, ctx),
            Command::Preview(args) => preview::run(args, ctx).await,
            Command::Test(args) => test::run(args, ctx).await,
            Command::Send(args) => send::run(args, ctx).await,
            Command::Status(args) => status::run(&args, ctx).await,
            Command::Schedule(args) => schedule::run(&args, ctx).await,
            Command::Serve(args) => serve::run(&args, ctx).await,
            Command::Pause(args) => pause::run(&args, ctx).await,
            Command::Resume(args) => resume::run(&args, ctx).await,
            Command::Cancel(args) => cancel::run(&args, ctx).await,
            Command::Retry(args) => retry::run(args, ctx).await,
            Command::Resolve(args) => resolve::run(args, ctx).await,
            Command::Report(args) => report::run(&args, ctx),
            Command::Verify(args) => verify::run(&args, ctx),
            Command::Erase(args) => erase::run(&args, ctx),
            Command::Forget(args) => forget::run(args, ctx).await,
            Command::Init(args) => init::run(args, ctx).await,
            Command::Optout(args) => optout::run(args, ctx),
            Command::Login(args) => login::run(&args, ctx).await,
            Command::Logout(args) => logout::run(&args, ctx),
            Command::Account(args) => account::run(&args, ctx).await,
            Command::Usage(args) => usage::run(&args, ctx).await,
            Command::Packages(args) => packages::run(&args, ctx).await,
            Command::Modules(args) => modules::run(&args, ctx).await,
            Command::Numbers(args) => numbers::run(&args, ctx).await,
            Command::Subscribers(args) => subscribers::run(args, ctx).await,
            Command::Labels(args) => labels::run(args, ctx).await,
            Command::Catalog(args) => catalog::run(args, ctx).await,
            Command::Webhooks(args) => webhooks::run(args, ctx).await,
            Command::Conversation(args) => conversation::run(&args, ctx).await,
            Command::DeliveryStatus(args) => delivery_status::run(&args, ctx).await,
            Command::Sandbox(args) => sandbox::run(args, ctx).await,
            Command::Schema(args) => schema::run(&args, ctx),
            Command::Completions(args) => completions::run(&args, ctx),
            Command::Man(args) => man::run(&args, ctx),
        }
    }
}
