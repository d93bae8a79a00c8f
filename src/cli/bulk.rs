//! `subscribers … --file FILE`: what is said on the command line, and what came of it.

use std::path::PathBuf;

use serde_json::json;

use crate::app::AppError;
use crate::app::bulk::{self, BulkEnd, BulkOutcome, BulkRequest, Task};
use crate::app::options::Choices;
use crate::app::phones;
use crate::campaign::Name;
use crate::cli::args::HiddenFaultArgs;
use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::cli::run_text;
use crate::domain::format::{count, people, plural};
use crate::domain::rate::Rate;
use crate::domain::status::Status;

/// Everybody in a table instead of one person.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Everybody in a table")]
pub struct BulkArgs {
    /// For everybody in this file (CSV, TSV, JSON, NDJSON); given again it goes on where it stopped
    #[arg(long, value_name = "FILE")]
    pub file: Option<PathBuf>,
    /// The column that tells who is meant: phone numbers or, of people on the list, `subscriber_id`
    /// [default: the one that looks like it]
    #[arg(long, value_name = "COLUMN", requires = "file")]
    pub phone_column: Option<String>,
    /// What `status`, `pause`, `report`, `resolve` and `erase` know it by [default: made from the file's name]
    #[arg(long, value_name = "NAME", requires = "file")]
    pub name: Option<Name>,
    /// The ceiling: `20/s`, `600/m`, `1000/h` or `max` [default: 20/s]
    #[arg(long, value_name = "RATE", requires = "file")]
    pub rate: Option<Rate>,
    /// Where to write the report [default: `NAME.report.csv` in the working directory]
    #[arg(long, value_name = "FILE", requires = "file")]
    pub report: Option<PathBuf>,
    /// In the imitation of the API: nothing reaches Sendwo
    #[arg(long, requires = "file")]
    pub sandbox: bool,
    /// Don't ask whether to do it
    #[arg(short, long, requires = "file")]
    pub yes: bool,
    /// Leave out those who are gone from the file, also where that looks like an accident
    #[arg(long, requires = "file")]
    pub accept_removals: bool,
    /// For those who test.
    #[command(flatten)]
    pub faults: HiddenFaultArgs,
}

/// One person on the list, or everybody in a table.
#[derive(Debug, clap::Args)]
#[command(group = clap::ArgGroup::new("who").required(true).args(["id", "file"]))]
pub struct ListedArgs {
    /// The subscriber's id, as `subscribers list` shows it
    #[arg(value_name = "ID", conflicts_with_all = BulkArgs::ALL, conflicts_with = "country")]
    pub id: Option<String>,
    /// ISO code of the country that national numbers in the file belong to
    #[arg(long, value_name = "CODE", requires = "file")]
    pub country: Option<String>,
    /// Everybody in a table.
    #[command(flatten)]
    pub bulk: BulkArgs,
}

impl BulkArgs {
    /// What makes no sense for one person. clap takes no `requires` for whom a conflict rules out.
    pub const ALL: [&str; 8] =
        ["file", "phone_column", "name", "rate", "report", "sandbox", "yes", "accept_removals"];
}

/// Does it about everybody in the file, and sums up.
///
/// # Errors
/// Why it couldn't. What was done before that is on disk.
pub async fn run(args: BulkArgs, country: Option<&str>, task: Task, ctx: &Context) -> Result<Exit, AppError> {
    let Some(file) = args.file else {
        return Err(AppError::usage("nobody is named").hint("name a person, or a table with `--file FILE`"));
    };
    let request = BulkRequest {
        file,
        task,
        column: args.phone_column,
        country: country.map(phones::country).transpose()?,
        name: args.name,
        choices: Choices { rate: args.rate, report: args.report, ..Choices::default() },
        sandbox: args.sandbox,
        yes: args.yes,
        accept_removals: args.accept_removals,
        trial: args.faults.into(),
    };
    match bulk::run(&ctx.app, &request).await? {
        BulkOutcome::Declined => {
            ctx.say("nothing was done");
            Ok(Exit::CouldNotRun)
        }
        BulkOutcome::Held(held) => run_text::held(ctx, &held, "nothing was done"),
        BulkOutcome::Ended(end) => tell(ctx, &end),
    }
}

/// Sums up, and picks the exit code.
fn tell(ctx: &Context, end: &BulkEnd) -> Result<Exit, AppError> {
    let BulkEnd { campaign_dir, ending, counts, written, times, again } = end;
    let exit = Exit::of(ending, counts);
    let reason = run_text::stopped(ctx, ending, "the same command", None);
    if ctx.json() {
        ctx.out_json(&json!({
            "campaign": campaign_dir.name, "total": counts.total(), "counts": counts, "report": written.path,
            "reason": reason, "sandbox": campaign_dir.home.is_sandbox(), "exit_code": exit.code(),
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
    let times = times.as_ref().map_or(String::new(), |times| format!(" ({times})"));
    ctx.say(&format!("{}: {}; the report is in {report}{times}", campaign_dir.name, parts.join(", ")));
    for failure in written.tally.failures(5) {
        ctx.warn(&format!("{} failed: {}", people(failure.count), failure.reason));
    }
    if counts[Status::InDoubt] > 0 {
        let doubt = plural(counts[Status::InDoubt], "subscriber", "subscribers");
        let text = format!("outcome unknown for {doubt}");
        let hint = format!(
            "`sendcast resolve {} --resend`, then this command again, {again}",
            campaign_dir.called()
        );
        ctx.printer.warning(text, Some(&hint));
    }
    Ok(exit)
}
