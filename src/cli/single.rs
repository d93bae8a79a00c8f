//! One message: a round of one row under `singles/`, through the same intent, gate, doubt, opt-out list and pace as a
//! campaign. What `test` and `send` have in common.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::json;

use crate::cli::choices;
use crate::cli::context::Context;
use crate::cli::error::CliError;
use crate::cli::exit::Exit;
use crate::cli::reach::Account;
use crate::cli::sending::{self, Sending};
use crate::cli::stored::Stored;
use crate::cli::trial::HiddenFaultArgs;
use crate::cli::{preflight, signals};
use crate::domain::ids::{JobId, NumberId, SenderNo};
use crate::domain::message::Message;
use crate::domain::phone::Phone;
use crate::domain::plan::{Fate, PlanHead, PlannedRow};
use crate::domain::status::Status;
use crate::engine::{Ending, Options};
use crate::queue::{Identity, LocalQueue, Queue};
use crate::sys::clock::Clock;
use crate::sys::home::Home;

/// How a single message is sent, as it is said on the command line.
#[derive(Debug, clap::Args)]
pub struct SingleArgs {
    /// Don't ask the account anything before
    #[arg(long)]
    offline: bool,
    #[command(flatten)]
    faults: HiddenFaultArgs,
}

/// A message to one person.
#[derive(Debug)]
pub struct Single {
    /// Real, or the trials' part.
    pub home: Home,
    /// Whose it is: the campaign's name, by which `erase` finds it; empty where it is no campaign's.
    pub campaign: String,
    /// Where the imitation keeps its ledger, for a trial.
    pub trial: PathBuf,
    /// Who sends.
    pub from: NumberId,
    /// Who is written to.
    pub to: Phone,
    /// What; within WhatsApp's limits.
    pub message: Message,
    /// The choices that hold for it.
    pub stored: Stored,
    /// What to do when nobody knows whether it was accepted.
    pub in_doubt: &'static str,
}

impl Single {
    /// Sends it and prints its id; with `--json` what became of it.
    ///
    /// # Errors
    /// When the account or the number can't be used, or the disk says no. Nothing was sent then.
    pub async fn send(self, ctx: &Context, args: SingleArgs) -> Result<Exit, CliError> {
        let account = Account::of(ctx, self.home.is_sandbox()).with_timeout(args.faults.timeout);
        let reached = account.reach(ctx, &self.trial, args.faults.into())?;
        if account.is_trial() {
            ctx.printer.note("a trial in the sandbox: nothing reaches WhatsApp");
        } else if !args.offline {
            preflight::check(&reached.client, std::slice::from_ref(&self.from)).await?;
        }
        let now = ctx.clock.now();
        let round = self.home.singles().join(format!("{:013}-{:08x}", now.0, fastrand::u32(..)));
        let mut queue = self.queue(ctx, &account, &round)?;
        let (head, row) = self.plan();
        let staged = queue.stage(head, &mut std::iter::once(Ok::<_, CliError>(row)))?;
        queue.adopt(staged, now).await?;
        let interrupted = signals::listen(ctx, "ending: what is in flight may take 10 s to finish")?;
        let options = choices::options(&self.stored, None, false, account.timeout());
        let options = Options { track: Duration::ZERO, daily: None, ..options };
        let Single { home, to, in_doubt, .. } = self;
        let client = reached.client.clone();
        let sending = Sending { client, home, round, options, shown: false, interrupted };
        let Became { status, id, reason, exit } =
            Became::of(sending::send(ctx, queue, sending).await?).await?;
        if ctx.json() {
            ctx.out_json(&json!({
                "to": to.digits(), "status": status, "message_id": id, "reason": reason, "exit_code": exit.code(),
            }))?;
            return Ok(exit);
        }
        match (status, id, reason) {
            (_, Some(id), _) => ctx.out(&format!("{id}\n"))?,
            (Status::Accepted, None, _) => {
                ctx.say(&format!("accepted for {to}; a flow has no message id"));
            }
            (Status::InDoubt, _, _) => {
                ctx.warn(&format!("nobody knows whether the message to {to} was accepted: {in_doubt}"));
            }
            (_, _, Some(reason)) => ctx.printer.error(format!("not sent to {to}: {reason}"), None),
            (_, _, None) => ctx.printer.error(format!("not sent to {to}: it is {status}"), None),
        }
        Ok(exit)
    }

    fn queue(&self, ctx: &Context, account: &Account, round: &Path) -> Result<LocalQueue, CliError> {
        let identity = Identity {
            campaign: self.campaign.clone(),
            path: PathBuf::new(),
            origin: account.origin().to_owned(),
            round: 1,
        };
        Ok(LocalQueue::create(ctx.disk.clone(), round, self.home.data(), identity)?)
    }

    /// A plan of one row.
    fn plan(&self) -> (PlanHead, PlannedRow) {
        let head = PlanHead {
            columns: Vec::new(),
            senders: vec![self.from.clone()],
            source_hash: String::new(),
            source: "a single message".to_owned(),
        };
        let digits = self.to.digits();
        let row = PlannedRow {
            row: Some(1),
            key: Some(digits.clone().into()),
            to: digits.into(),
            phone: Some(self.to),
            sender: SenderNo(0),
            cells: Vec::new(),
            fate: Fate::Send(self.message.clone()),
        };
        (head, row)
    }
}

/// What became of it.
struct Became {
    status: Status,
    id: Option<String>,
    reason: Option<String>,
    exit: Exit,
}

impl Became {
    async fn of(mut sent: sending::Sent) -> Result<Became, CliError> {
        let job =
            sent.queue.job(JobId(0))?.ok_or_else(|| CliError::failed("internal: the message is gone"))?;
        let exit = Exit::of(&sent.ending, &sent.queue.counts());
        sent.queue.close().await?;
        let status = job.status();
        let reason = match &sent.ending {
            Ending::Stopped(problem) => Some(problem.to_string()),
            _ => job.problem.as_ref().map(ToString::to_string),
        };
        Ok(Became {
            status,
            id: job.best_delivery().and_then(|(_, delivery)| delivery.id.as_ref().map(ToString::to_string)),
            reason,
            // The one who was to be written to wasn't: for a campaign that is nobody's failure, here it is all.
            exit: if status == Status::Skipped { Exit::SomeFailed } else { exit },
        })
    }
}
