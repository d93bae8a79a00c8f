//! Planning (or taking up where it stopped), doing, and the report.

use std::path::PathBuf;
use std::time::Duration;

use super::planning::Planning;
use super::settling::settle;
use super::task::Task;
use super::who::Who;
use crate::app::account::{Account, Reached, TrialOptions};
use crate::app::campaign_dir::{CampaignDir, observe};
use crate::app::open::{Held, Opened, Source};
use crate::app::options::{Choices, SavedOptions, choices};
use crate::app::run::{Sending, Sent, send};
use crate::app::{App, AppError, reports};
use crate::campaign::{Campaign, Name, Rowwise, name_of_file};
use crate::domain::ids::{LabelId, NumberId};
use crate::domain::phone::Country;
use crate::domain::status::Counts;
use crate::engine::{Ending, Options};
use crate::queue::Queue;
use crate::report::file::Written;
use crate::sys::clock::Clock;
use crate::sys::platform;

/// In the place of the number that sends: two such runs share one pace.
const LANE: &str = "subscribers";
/// How often what is done again may end in doubt again before it stays so.
const MAX_ROUNDS: usize = 3;

/// What is to be done about whom.
#[derive(Clone, Debug)]
pub struct BulkRequest {
    /// The table that names them.
    pub file: PathBuf,
    /// What is done.
    pub task: Task,
    /// The column that tells who is meant.
    pub column: Option<String>,
    /// The country that national numbers belong to.
    pub country: Option<Country>,
    /// What it is known by; else a name is made from what is done and the file's name.
    pub name: Option<Name>,
    /// Rate and report: they stay with it.
    pub choices: Choices,
    /// In the imitation of the API.
    pub sandbox: bool,
    /// Nobody has to confirm it.
    pub yes: bool,
    /// Those who are gone from the file are cancelled, whatever that looks like.
    pub accept_removals: bool,
    /// How the imitation behaves.
    pub trial: TrialOptions,
}

/// What came of it.
#[derive(Debug)]
pub enum BulkOutcome {
    /// Nothing was done: somebody said no.
    Declined,
    /// Nothing was done: the operator holds it.
    Held(Held),
    /// It came to this end.
    Ended(Box<BulkEnd>),
}

/// The end of a run over a table.
#[derive(Debug)]
pub struct BulkEnd {
    /// Where it lies.
    pub campaign_dir: CampaignDir,
    /// Why it ended.
    pub ending: Ending,
    /// Where everybody stands.
    pub counts: Counts,
    /// The report.
    pub written: Written,
    /// What the report's times mean.
    pub times: Option<String>,
    /// What giving the command again does about those in doubt.
    pub again: &'static str,
}

impl BulkRequest {
    fn named(&self) -> Result<Name, AppError> {
        if let Some(name) = &self.name {
            return Ok(name.clone());
        }
        let of_file = name_of_file(&self.file).ok();
        of_file.and_then(|name| format!("{}-{name}", self.task.word()).parse().ok()).ok_or_else(|| {
            let stem = self.file.file_stem().unwrap_or_default().to_string_lossy();
            AppError::usage(format!("no name can be made from the file name `{stem}`"))
                .hint("give it one of letters (a–z), digits, - and _ with `--name NAME`")
        })
    }
}

/// Does it about everybody in the file.
///
/// # Errors
/// Why it couldn't. What was done before that is on disk.
pub async fn run(app: &App, request: &BulkRequest) -> Result<BulkOutcome, AppError> {
    let BulkRequest { file, task, .. } = request;
    // What is no such file leaves nothing behind.
    let who = Who::find(app, file, request.column.as_deref(), task.is_of_listed())?;
    let home = app.home(request.sandbox)?;
    let name = request.named()?;
    let known_by = (task.round_kind(), name.as_str(), platform::real_path(file));
    let mut source = Source::of(app, home, known_by, None)?;
    source.follow(app)?;
    let before = SavedOptions::load(&*app.disk, &source.dir())?;
    let stored = before.clone().with(request.choices.said()?, app.clock.now());
    let account = Account::of(app, request.sandbox).with_timeout(request.trial.timeout);
    account.require_token(app)?;
    if account.is_trial() {
        app.note("a trial in the sandbox: nothing reaches Sendwo");
    }
    let mut opened = Opened::open(app, &source, account.origin(), false)?;
    if let Some(held) = opened.held("give it another `--name` to begin anew") {
        opened.discard(app).await?;
        return Ok(BulkOutcome::Held(held));
    }
    let ready = get_ready(app, request, &account, (name, who), &mut opened).await;
    let ready = opened.if_ready(app, ready).await?;
    let Some((mut opened, (reached, task))) = ready else { return Ok(BulkOutcome::Declined) };
    opened.readdress(&source, account.origin())?;
    stored.save(&*app.disk, &opened.campaign_dir.dir, &before)?;
    let campaign_dir = opened.campaign_dir.clone();
    let sent = carry_out(app, opened, &stored, (&account, &reached), &task).await?;
    conclude(app, campaign_dir, &stored, sent, &task).await
}

/// All that comes between the open queue and the first request that changes something. `None` when the user said no.
async fn get_ready(
    app: &App,
    request: &BulkRequest,
    account: &Account,
    (name, who): (Name, Who),
    opened: &mut Opened,
) -> Result<Option<(Reached, Task<LabelId>)>, AppError> {
    let reached = account.reach(app, Some(&opened.campaign_dir.dir), &request.trial)?;
    let task = request.task.ask(app, &reached.client).await?;
    let campaign = Campaign::rowwise(Rowwise {
        name,
        table: &request.file,
        who: who.column().to_owned(),
        country: request.country,
        text: task.text().to_owned(),
        mark: task.mark(),
        lane: NumberId::new(LANE),
    })?;
    let planning = Planning {
        app,
        name: &opened.campaign_dir.name,
        task: &task,
        campaign: &campaign,
        by_id: matches!(who, Who::Ids(_)),
        trial: account.is_trial(),
        yes: request.yes,
        accept_removals: request.accept_removals,
    };
    Ok(planning.plan(&reached.client, &mut opened.queue).await?.then_some((reached, task)))
}

/// Hands the queue to the engine until nothing is left that can be done or settled.
async fn carry_out(
    app: &App,
    opened: Opened,
    stored: &SavedOptions,
    (account, reached): (&Account, &Reached),
    task: &Task<LabelId>,
) -> Result<Sent, AppError> {
    let Opened { mut queue, campaign_dir } = opened;
    let interrupted = app.operator.interrupts()?;
    let mut round = 1;
    loop {
        let options = choices::options(
            stored,
            None,
            false,
            account.timeout(),
            choices::timezone(&app.settings, stored),
        );
        let sending = Sending {
            client: reached.client.clone(),
            home: campaign_dir.home.clone(),
            round: campaign_dir.round_dir(),
            options: Options { track: Duration::ZERO, daily: None, ..options },
            shown: true,
            cap: None,
            interrupted: interrupted.clone(),
        };
        let mut sent = send(app, queue, sending).await?;
        let again = !matches!(sent.ending, Ending::Interrupted(_))
            && round < MAX_ROUNDS
            && settle(app, task, &reached.client, (&mut sent.queue, &campaign_dir.round_dir())).await?
            && sent.ending == Ending::Settled;
        if !again {
            return Ok(sent);
        }
        queue = sent.queue;
        round += 1;
    }
}

/// Writes the report.
async fn conclude(
    app: &App,
    campaign_dir: CampaignDir,
    stored: &SavedOptions,
    sent: Sent,
    task: &Task<LabelId>,
) -> Result<BulkOutcome, AppError> {
    let Sent { queue, ending, .. } = sent;
    let counts = queue.counts();
    let wanted = queue.wanted();
    queue.close().await?;
    observe::keep(app, &campaign_dir, wanted, &counts);
    let (written, times) = reports::at_the_end(app, &campaign_dir, stored)?;
    let again = task.in_doubt();
    Ok(BulkOutcome::Ended(Box::new(BulkEnd { campaign_dir, ending, counts, written, times, again })))
}
