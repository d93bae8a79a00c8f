//! Planning (or taking up where it stopped), doing, and the report.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::json;

use crate::cli::choices;
use crate::cli::context::Context;
use crate::cli::error::CliError;
use crate::cli::exit::Exit;
use crate::cli::ledger::Ledger;
use crate::cli::opening::{Opened, Source};
use crate::cli::planning::difference;
use crate::cli::reach::{Account, Reached};
use crate::cli::sending::{self, Sending, Sent};
use crate::cli::stored::Stored;
use crate::cli::{observe, phones, reporting, signals};
use crate::domain::deed::Deed;
use crate::domain::ids::{NumberId, OrderId};
use crate::domain::message::Message;
use crate::domain::phone::{Country, Phone};
use crate::domain::plan::{PlanDiff, PlanHead};
use crate::domain::status::Status;
use crate::engine::orders::{self, Order, OrderKind, Word};
use crate::engine::{Ending, Options};
use crate::queue::{LocalQueue, Queue, Wanted};
use crate::report::{Filter, Spec, in_turn};
use crate::sys::clock::Clock;
use crate::sys::platform;
use crate::ui::format::{count, people, plural};

use super::args::BulkArgs;
use super::sheet::{self, Found, Sheet};
use super::task::{People, Ready, Task};

/// Whose pace it keeps: no number sends, and two such runs share what the account takes.
const PACE: &str = "subscribers";

/// What is done, to whom.
struct Bulk<'a> {
    ctx: &'a Context,
    args: BulkArgs,
    task: Task,
    file: PathBuf,
    country: Option<Country>,
}

/// Does it about everybody in the file.
///
/// # Errors
/// Why it couldn't. What was done before that is on disk.
pub async fn run(args: BulkArgs, country: Option<&str>, task: Task, ctx: &Context) -> Result<Exit, CliError> {
    let Some(file) = args.file.clone() else {
        return Err(
            CliError::usage("nobody is named").hint("name a person, or a spreadsheet with `--file FILE`")
        );
    };
    let country = country.map(phones::country).transpose()?;
    Bulk { ctx, args, task, file, country }.run().await
}

impl Bulk<'_> {
    async fn run(self) -> Result<Exit, CliError> {
        let ctx = self.ctx;
        // What is no such file leaves nothing behind.
        Sheet::open(&self.file, &self.task, self.country)?;
        let home = ctx.home(self.args.sandbox)?;
        let name = self.args.named(&self.file, &self.task)?.as_str().to_owned();
        let ledger = Ledger::named(&*ctx.disk, &home, &name)?;
        let source = Source { home, name, path: marked(&self.file, &self.task), campaign: None, ledger };
        let before = Stored::load(&*ctx.disk, &source.dir())?;
        let stored = before.clone().with(self.args.said()?);
        let account = Account::of(ctx, self.args.sandbox).with_timeout(self.args.faults.timeout);
        account.require_token(ctx)?;
        if account.is_trial() {
            ctx.printer.note("a trial in the sandbox: nothing reaches Sendwo");
        }
        let mut opened = Opened::open(ctx, &source, account.origin(), false)?;
        let reached = match self.plan(&account, &mut opened).await {
            Ok(Some(reached)) => reached,
            Ok(None) => {
                opened.discard(ctx).await?;
                return Ok(Exit::Unfinished);
            }
            Err(error) => {
                opened.discard(ctx).await?;
                return Err(error);
            }
        };
        stored.save(&*ctx.disk, &opened.ledger.dir, &before)?;
        let options = choices::options(&stored, None, false, account.timeout());
        let options = Options { track: Duration::ZERO, daily: None, ..options };
        let interrupted = signals::listen(
            ctx,
            "ending: what is in flight may take 10 s to finish; again to leave at once",
        )?;
        let Opened { queue, ledger } = opened;
        let (home, round) = (source.home, ledger.round_dir());
        let sending =
            Sending { client: reached.client.clone(), home, round, options, shown: true, interrupted };
        let mut sent = sending::send(ctx, queue, sending).await?;
        if self.task == Task::Create && !matches!(sent.ending, Ending::Interrupted(_)) {
            self.look(&reached, &mut sent.queue, &ledger.round_dir()).await?;
        }
        self.conclude(&ledger, &stored, sent).await
    }

    /// Plans, where there is something new; `None` where nothing may be done.
    async fn plan(&self, account: &Account, opened: &mut Opened) -> Result<Option<Reached>, CliError> {
        let ctx = self.ctx;
        if self.is_held(opened)? {
            return Ok(None);
        }
        let faults = self.args.faults.clone().into();
        let reached = account.reach(ctx, &opened.ledger.dir, faults)?;
        let ready = Ready::of(ctx, &reached.client, &self.task).await?;
        let hash = sheet::hash(&self.file, &ready, self.country)?;
        let queue = &mut opened.queue;
        let head = queue.head().cloned();
        let same = head.as_ref().is_some_and(|head| head.source_hash == hash);
        // Who was missing from the account's list may be there now.
        if same && self.task == Task::Create {
            return Ok(Some(reached));
        }
        let sheet = Sheet::open(&self.file, &self.task, self.country)?;
        let new_head = PlanHead {
            columns: sheet.columns(),
            senders: vec![NumberId::new(PACE)],
            source_hash: hash,
            source: self.file.display().to_string(),
        };
        let warnings = sheet.warnings();
        let mut rows = sheet.rows(&ready);
        let staged = queue.stage(new_head, &mut rows)?;
        let diff = staged.diff;
        if same && diff.new + diff.changed + diff.removed == 0 {
            return Ok(Some(reached));
        }
        self.tell(&warnings, &rows.found);
        let name = &opened.ledger.name;
        match &head {
            None => {
                let (all, good) = (rows.found.good + rows.found.skipped, count(rows.found.good));
                ctx.say(&format!("{name}: {}: {good} {}", plural(all, "row", "rows"), self.task.doing()));
            }
            Some(_) => ctx.say(&format!("{name}: the file has changed: {}", difference(&diff))),
        }
        self.accept(&diff, head.is_none(), account.is_trial())?;
        opened.queue.adopt(staged, ctx.clock.now()).await?;
        Ok(Some(reached))
    }

    fn tell(&self, warnings: &[String], found: &Found) {
        let file = self.file.file_name().unwrap_or(self.file.as_os_str()).to_string_lossy();
        for text in warnings.iter().chain(&found.reasons) {
            self.ctx.warn(&format!("{file}: {text}"));
        }
        let more = found.skipped.saturating_sub(found.reasons.len() as u64);
        if more > 0 {
            self.ctx.warn(&format!("and {} more; the report lists them all", plural(more, "row", "rows")));
        }
    }

    /// The guards before a plan holds: against nobody, against an accident, and on a terminal the question.
    fn accept(&self, diff: &PlanDiff, first: bool, trial: bool) -> Result<(), CliError> {
        let (ctx, good) = (self.ctx, diff.new + diff.changed);
        let unless = |question: String| match ctx.ask(&question)? {
            true => Ok(()),
            false => Err(CliError::failed("nothing was done")),
        };
        if first && good == 0 {
            return Err(CliError::usage(format!(
                "{} names nobody with whom it can be done",
                self.file.display()
            )));
        }
        if first && !trial && !self.args.yes && ctx.attended() {
            return unless(format!("{} {}: go ahead?", people(good), self.task.doing()));
        }
        if !first && diff.looks_like_an_accident() && !self.args.yes {
            let what = format!(
                "this looks like an accident: the file has {} now, and {} of the {} not yet done are gone from it",
                plural(diff.rows, "row", "rows"),
                count(diff.removed),
                people(diff.unsent_before)
            );
            if ctx.attended() {
                return unless(format!("{what}. Cancel those?"));
            }
            return Err(CliError::usage(what).hint("`--yes` cancels them; nothing was changed"));
        }
        Ok(())
    }

    /// Says so when the operator's word keeps it from being done.
    fn is_held(&self, opened: &Opened) -> Result<bool, CliError> {
        let called = opened.ledger.called();
        let (state, hint) = match opened.queue.wanted() {
            Wanted::Running => return Ok(false),
            Wanted::Paused => ("paused", format!("`sendcast resume {called}` clears that")),
            Wanted::Cancelled => ("cancelled", "give it another `--name` to begin anew".to_owned()),
        };
        let name = &opened.ledger.name;
        self.ctx.printer.warning(format!("{name}: it is {state}; nothing was done"), Some(&hint));
        if self.ctx.json() {
            self.ctx.out_json(&json!({
                "campaign": name, "state": state, "counts": opened.queue.counts(), "report": null,
                "reason": format!("it is {state}"), "exit_code": Exit::Unfinished.code(),
            }))?;
        }
        Ok(true)
    }

    /// Whoever is on the list needn't be put there: that settles a doubt, whichever attempt did it. Who isn't may come to
    /// be yet, and stays in doubt.
    async fn look(&self, reached: &Reached, queue: &mut LocalQueue, round: &Path) -> Result<(), CliError> {
        let doubts = queue.in_doubt()?;
        let created = |message: &Message| matches!(message, Message::Deed(Deed::Create { .. }));
        let in_doubt: Vec<Phone> =
            doubts.iter().filter(|doubt| created(&doubt.message)).map(|doubt| doubt.phone).collect();
        if in_doubt.is_empty() {
            return Ok(());
        }
        let list = match People::of(self.ctx, &reached.client).await {
            Ok(list) => list,
            Err(error) => {
                self.ctx.warn(&format!("the list can't be looked at, so that doubts stay: {error}"));
                return Ok(());
            }
        };
        let to: Vec<Phone> = in_doubt.into_iter().filter(|phone| list.holds(*phone)).collect();
        if to.is_empty() {
            return Ok(());
        }
        let now = self.ctx.clock.now();
        let id = OrderId::new(format!("{:016x}", fastrand::u64(..)));
        let order = Order { id, at: now, order: OrderKind::Resolve { word: Word::Sent, to } };
        orders::apply(queue, &order, now).await?;
        observe::forget(self.ctx, round)
    }

    /// Writes the report, sums up, and picks the exit code.
    async fn conclude(&self, ledger: &Ledger, stored: &Stored, sent: Sent) -> Result<Exit, CliError> {
        let (ctx, Sent { mut queue, ending, .. }) = (self.ctx, sent);
        let counts = queue.counts();
        let exit = Exit::of(&ending, &counts);
        let path = reporting::path(ledger, stored);
        let spec = Spec { format: reporting::format_of(&path)?, filter: Filter::ALL };
        let head = queue.head().cloned().ok_or_else(|| CliError::failed("internal: a run without a plan"))?;
        let mut scan = in_turn(|each| queue.scan(each));
        let written = reporting::to_file(ctx, ledger, &path, spec, &head, &mut scan);
        drop(scan);
        queue.close().await?;
        let written = written?;
        let reason = match &ending {
            Ending::Stopped(problem) => Some(problem.to_string()),
            _ => None,
        };
        if let Some(reason) = &reason {
            ctx.printer.error(
                format!("stopped: {reason}"),
                Some("once that is mended, the same command goes on where it stopped"),
            );
        }
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
        let parts =
            parts.into_iter().filter(|(status, _)| *status == Status::Accepted || counts[*status] > 0);
        let parts: Vec<_> = parts.map(|(status, word)| format!("{} {word}", count(counts[status]))).collect();
        let report = written.path.display();
        ctx.say(&format!("{}: {}; the report is in {report}", ledger.name, parts.join(", ")));
        for failure in written.tally.failures(5) {
            ctx.warn(&format!("{} failed: {}", people(failure.count), failure.reason));
        }
        if counts[Status::InDoubt] > 0 {
            let text = format!("nobody knows of {} whether it was done", people(counts[Status::InDoubt]));
            let called = ledger.called();
            let hint = format!(
                "`sendcast resolve {called} --resend`, then this command again, {}",
                self.task.in_doubt()
            );
            ctx.printer.warning(text, Some(&hint));
        }
        Ok(exit)
    }
}

/// What the ledger knows the file by: a campaign may be planned from the same one.
fn marked(file: &Path, task: &Task) -> PathBuf {
    let mut path = OsString::from(platform::real_path(file));
    path.push(format!("#{}", task.kind()));
    PathBuf::from(path)
}

/// Refuses what was begun here to `run`, which would take it for a campaign. `path` is what its ledger knows it by.
///
/// # Errors
/// Where it was, with the command that goes on with it.
pub fn refuse(path: &Path) -> Result<(), CliError> {
    let (text, there) = (path.to_string_lossy(), path.is_file());
    let Some((file, kind)) = text.rsplit_once('#').filter(|_| !there) else { return Ok(()) };
    let Some((_, command)) = COMMANDS.iter().find(|(word, _)| *word == kind) else { return Ok(()) };
    Err(CliError::usage(format!(
        "it is no campaign: it was begun with `subscribers {command} --file {file}`"
    ))
    .hint("give that command again: it goes on where it stopped"))
}

/// The command behind each [`Task::kind`].
const COMMANDS: [(&str, &str); 3] =
    [("subscriber", "create"), ("labels", "assign-labels"), ("note", "add-note")];
