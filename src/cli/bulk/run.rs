//! Planning (or taking up where it stopped), doing, and the report.

use std::path::Path;
use std::time::Duration;

use serde_json::json;

use crate::campaign::{Campaign, Name, Rowwise};
use crate::cli::choices;
use crate::cli::context::Context;
use crate::cli::error::CliError;
use crate::cli::exit::Exit;
use crate::cli::ledger::Ledger;
use crate::cli::opening::{Opened, Source};
use crate::cli::reach::{Account, Reached};
use crate::cli::sending::{self, Sending, Sent};
use crate::cli::stored::Stored;
use crate::cli::{begun, phones, reporting, signals};
use crate::domain::ids::{LabelId, NumberId};
use crate::domain::phone::Country;
use crate::domain::status::Status;
use crate::engine::{Ending, Options};
use crate::queue::Queue;
use crate::sys::clock::Clock;
use crate::ui::format::{count, people};

use super::args::BulkArgs;
use super::planning::Planning;
use super::settling::settle;
use super::task::Task;
use super::who::Who;

/// In the place of the number that sends: two such runs share one pace.
const LANE: &str = "subscribers";
/// How often what is done again may end in doubt again before it stays so.
const ROUNDS: usize = 3;

/// Does it about everybody in the file.
///
/// # Errors
/// Why it couldn't. What was done before that is on disk.
pub async fn run(args: BulkArgs, country: Option<&str>, task: Task, ctx: &Context) -> Result<Exit, CliError> {
    let Some(file) = &args.file else {
        return Err(CliError::usage("nobody is named").hint("name a person, or a table with `--file FILE`"));
    };
    let country = country.map(phones::country).transpose()?;
    // What is no such file leaves nothing behind.
    let who = Who::find(ctx, file, args.phone_column.as_deref(), task.is_of_listed())?;
    let home = ctx.home(args.sandbox)?;
    let name = args.named(file, &task)?;
    let path = begun::mark(file, task.command());
    let mut source = Source::of(ctx, home, (name.as_str(), path), None)?;
    source.follow(ctx)?;
    let before = Stored::load(&*ctx.disk, &source.dir())?;
    let stored = before.clone().with(args.said()?, ctx.clock.now());
    let account = Account::of(ctx, args.sandbox).with_timeout(args.faults.timeout);
    account.require_token(ctx)?;
    if account.is_trial() {
        ctx.printer.note("a trial in the sandbox: nothing reaches Sendwo");
    }
    let mut opened = Opened::open(ctx, &source, account.origin(), false)?;
    if let Some(exit) = opened.held(ctx, "nothing was done", "give it another `--name` to begin anew")? {
        opened.discard(ctx).await?;
        return Ok(exit);
    }
    let table = Table { name, file, who, country };
    let ready = get_ready(ctx, &args, &account, table, &task, &mut opened).await;
    let ready = opened.if_ready(ctx, ready, "nothing was done").await?;
    let Some((mut opened, (reached, task))) = ready else { return Ok(Exit::CouldNotRun) };
    opened.readdress(&source, account.origin())?;
    stored.save(&*ctx.disk, &opened.ledger.dir, &before)?;
    let ledger = opened.ledger.clone();
    let sent = carry_out(ctx, opened, &stored, (&account, &reached), &task).await?;
    conclude(ctx, &ledger, &stored, sent, &task).await
}

/// Who is meant.
struct Table<'a> {
    name: Name,
    file: &'a Path,
    who: Who,
    country: Option<Country>,
}

/// All that comes between the open queue and the first request that changes something. `None` when the user said no.
async fn get_ready(
    ctx: &Context,
    args: &BulkArgs,
    account: &Account,
    table: Table<'_>,
    task: &Task,
    opened: &mut Opened,
) -> Result<Option<(Reached, Task<LabelId>)>, CliError> {
    let Table { name, file, who, country } = table;
    let reached = account.reach(ctx, Some(&opened.ledger.dir), args.faults.clone().into())?;
    let task = task.ask(ctx, &reached.client).await?;
    let campaign = Campaign::rowwise(Rowwise {
        name,
        table: file,
        who: who.column().to_owned(),
        country,
        text: task.text().to_owned(),
        mark: task.mark(),
        lane: NumberId::new(LANE),
    })?;
    let planning = Planning {
        ctx,
        name: &opened.ledger.name,
        task: &task,
        campaign: &campaign,
        by_id: matches!(who, Who::Ids(_)),
        trial: account.is_trial(),
        yes: args.yes,
        accept_removals: args.accept_removals,
    };
    Ok(planning.plan(&reached.client, &mut opened.queue).await?.then_some((reached, task)))
}

/// Hands the queue to the engine until nothing is left that can be done or settled.
async fn carry_out(
    ctx: &Context,
    opened: Opened,
    stored: &Stored,
    (account, reached): (&Account, &Reached),
    task: &Task<LabelId>,
) -> Result<Sent, CliError> {
    let Opened { mut queue, ledger } = opened;
    let interrupted =
        signals::listen(ctx, "ending: what is in flight may take 10 s to finish; again to leave at once")?;
    let mut round = 1;
    loop {
        let options = choices::options(stored, None, false, account.timeout());
        let sending = Sending {
            client: reached.client.clone(),
            home: ledger.home.clone(),
            round: ledger.round_dir(),
            options: Options { track: Duration::ZERO, daily: None, ..options },
            shown: true,
            interrupted: interrupted.clone(),
        };
        let mut sent = sending::send(ctx, queue, sending).await?;
        let again = !matches!(sent.ending, Ending::Interrupted(_))
            && round < ROUNDS
            && settle(ctx, task, &reached.client, (&mut sent.queue, &ledger.round_dir())).await?
            && sent.ending == Ending::Settled;
        if !again {
            return Ok(sent);
        }
        queue = sent.queue;
        round += 1;
    }
}

/// Writes the report, sums up, and picks the exit code.
async fn conclude(
    ctx: &Context,
    ledger: &Ledger,
    stored: &Stored,
    sent: Sent,
    task: &Task<LabelId>,
) -> Result<Exit, CliError> {
    let Sent { queue, ending, .. } = sent;
    let counts = queue.counts();
    let exit = Exit::of(&ending, &counts);
    queue.close().await?;
    let (written, times) = reporting::at_the_end(ctx, ledger, stored)?;
    let reason = sending::tell_stopped(ctx, &ending, "the same command");
    if ctx.json() {
        ctx.out_json(&json!({
            "campaign": ledger.name, "total": counts.total(), "counts": counts, "report": written.path,
            "reason": reason, "sandbox": ledger.home.is_sandbox(), "exit_code": exit.code(),
        }))?;
        return Ok(exit);
    }
    let parts = [
        (Status::Accepted, "done"),
        (Status::Failed, "failed"),
        (Status::InDoubt, "in doubt"),
        (Status::Queued, "still to do"),
        (Status::Skipped, "skipped"),
        (Status::Cancelled, "cancelled"),
    ];
    let parts = parts.into_iter().filter(|(status, _)| *status == Status::Accepted || counts[*status] > 0);
    let parts: Vec<_> = parts.map(|(status, word)| format!("{} {word}", count(counts[status]))).collect();
    let report = written.path.display();
    let times = times.map_or(String::new(), |times| format!(" ({times})"));
    ctx.say(&format!("{}: {}; the report is in {report}{times}", ledger.name, parts.join(", ")));
    for failure in written.tally.failures(5) {
        ctx.warn(&format!("{} failed: {}", people(failure.count), failure.reason));
    }
    if counts[Status::InDoubt] > 0 {
        let text = format!("nobody knows of {} whether it was done", people(counts[Status::InDoubt]));
        let hint = format!(
            "`sendcast resolve {} --resend`, then this command again, {}",
            ledger.called(),
            task.in_doubt()
        );
        ctx.printer.warning(text, Some(&hint));
    }
    Ok(exit)
}
