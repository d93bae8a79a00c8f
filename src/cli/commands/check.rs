//! `check CAMPAIGN`: everything short of sending.

use serde_json::json;

use crate::app::AppError;
use crate::app::check::{CheckRequest, Examined, Understood, examine};
use crate::app::plan::{REASONS_SHOWN, SkippedRow};
use crate::cli::args::{CampaignArgs, ChoiceArgs, SourceArgs};
use crate::cli::context::Context;
use crate::cli::estimate_json;
use crate::cli::exit::Exit;
use crate::domain::format::{count, duration, people, plural};
use crate::domain::policy::{Canary, FailureGuard};
use crate::domain::rate::Rate;
use crate::domain::schedule::Timetable;
use crate::ui;

/// How many columns are told.
const COLUMNS_SHOWN: usize = 8;

/// Arguments of `check`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  sendcast check diwali.json\n  sendcast check newsletter.csv --from PHONE_NUMBER_ID --all"
)]
pub struct Args {
    #[command(flatten)]
    campaign: CampaignArgs,
    #[command(flatten)]
    source: SourceArgs,
    /// The ceiling for each number, for the estimate
    #[arg(long, value_name = "RATE")]
    rate: Option<Rate>,
    /// Don't ask the account anything
    #[arg(long)]
    offline: bool,
    /// List every bad row, not only how many there are of each sort
    #[arg(long)]
    all: bool,
}

/// The columns that are used, as many as a screen has room for.
fn columns_in_use(columns: &[Understood]) -> ui::Table {
    let mut table = ui::Table::new(["column", "used as", "looks like", "filled"]).right(&[3]);
    for column in columns.iter().filter(|column| !column.used_as.is_empty()).take(COLUMNS_SHOWN) {
        let (used, filled) = (column.used_as.join(", "), count(column.filled));
        table.row([column.name.as_str(), &used, column.looks_like, &filled]);
    }
    table
}

/// Reads the campaign through and tells what would happen.
///
/// # Errors
/// When the campaign can't run (exit 2), or the account can't be asked.
pub async fn run(args: Args, ctx: &Context) -> Result<Exit, AppError> {
    let Args { campaign, source, rate, offline, all } = args;
    let choices = ChoiceArgs { source, rate, ..ChoiceArgs::default() }.choices();
    let request = CheckRequest { campaign: campaign.campaign, sandbox: campaign.sandbox, choices, offline };
    // Kept only for JSON: a list of a million bad rows is told as it is found.
    let mut listed = Vec::new();
    let mut skipped = |file: &str, row: SkippedRow| {
        if ctx.json() {
            listed.push(row);
        } else if all {
            ctx.out(&format!("{}\n", row.line(file)))?;
        }
        Ok(())
    };
    let examined = examine(&ctx.app, &request, &mut skipped).await?;
    if ctx.json() {
        ctx.out_json(&as_json(&examined, &listed))?;
    } else {
        tell_warnings(ctx, &examined, all);
        tell(ctx, &examined, all)?;
    }
    if let Some(claim) = &examined.claim {
        ctx.app.operator.tell(claim);
    }
    if examined.findings.good == 0 {
        return Err(AppError::usage("no row can be sent to: there is nobody to write to"));
    }
    if let Some(damage) = examined.damage {
        return Err(damage);
    }
    if let Some(asked) = examined.asked {
        let room = if asked?.has_room { ", and its package leaves room" } else { "" };
        ctx.say(&format!("the account's token works, the numbers are the account's{room}"));
    }
    Ok(Exit::Done)
}

fn as_json(examined: &Examined, skipped: &[SkippedRow]) -> serde_json::Value {
    let Examined { findings, warnings, asked, estimate, .. } = examined;
    let from: Vec<_> = examined.from.iter().map(|(id, n)| json!({ "number": id, "messages": n })).collect();
    let of_rows: Vec<_> = warnings.rows.iter().map(|w| json!({ "row": w.row, "text": w.text })).collect();
    let problem = asked.as_ref().and_then(|asked| asked.as_ref().err()).map(ToString::to_string);
    let value = json!({
        "campaign": examined.campaign, "source": examined.source, "can_run": examined.can_run(),
        "rows": findings.rows(), "to_send": findings.good, "bad": findings.bad,
        "duplicates": findings.duplicates, "opted_out": findings.opted_out,
        "excluded": findings.excluded, "filtered": findings.filtered, "not_sampled": findings.not_sampled, "capped": findings.capped,
        "skipped": skipped,
        "variants": findings.by_variant(),
        "complaints": findings.complaints.groups(), "columns": examined.columns,
        "warnings": warnings.notes, "row_warnings": of_rows, "from": from, "rate": examined.rate,
        "daily": examined.daily, "canary": examined.canary.map(|canary| json!({
            "share": canary.share, "people": canary.share.of(findings.good), "wait_s": canary.wait.as_secs(),
            "max_failed": canary.max_failed,
        })), "guard": examined.guard,
        "cap": examined.cap.map(|cap| json!({ "messages": cap.messages, "per_s": cap.per.as_secs() })), "schedule": examined.timetable.as_ref().map(Timetable::schedule),
        "cost": examined.cost, "review": examined.review.to_string(), "asked": asked.is_some(), "problem": problem, "taken_from": examined.taken,
    });
    estimate_json::with(value, estimate)
}

fn tell_warnings(ctx: &Context, examined: &Examined, all: bool) {
    let Examined { warnings, file, .. } = examined;
    for note in &warnings.notes {
        ctx.warn(note);
    }
    if all {
        for warning in &warnings.rows {
            ctx.warn(&format!("{file} row {}: {}", warning.row, warning.text));
        }
    } else {
        for (text, rows) in warnings.grouped.iter().take(REASONS_SHOWN) {
            ctx.warn(&format!("{file}: {}: {text}", plural(*rows, "row", "rows")));
        }
    }
}

fn tell(ctx: &Context, examined: &Examined, all: bool) -> Result<(), AppError> {
    let Examined { campaign, file, reading, columns, findings, from, rate, .. } = examined;
    ctx.out(&format!("{}\n", reading.headline(file, findings.rows(), columns.len())))?;
    ctx.out_table(&columns_in_use(columns))?;
    let others = columns.iter().filter(|column| column.used_as.is_empty()).count();
    if others > 0 {
        let others = plural(others as u64, "other column", "other columns");
        ctx.out(&format!("and {others}, used for nothing; `sendcast table` shows them\n"))?;
    }
    let mut text = String::new();
    if !all {
        let lines = findings.complaints.lines(file, REASONS_SHOWN);
        lines.iter().for_each(|line| text.push_str(&format!("{line}\n")));
        if !lines.is_empty() {
            text.push_str("`--all` lists each of these rows\n");
        }
    }
    text.push_str(&format!("{campaign}: {}\n", findings.sentence("send")));
    for (id, n) in from {
        text.push_str(&format!("  from {id}: {}, at most {rate}\n", people(*n)));
    }
    for (variant, n) in findings.by_variant() {
        text.push_str(&format!("  variant `{variant}`: {}\n", people(n)));
    }
    if let Some(Canary { share, wait, max_failed }) = &examined.canary {
        text.push_str(&format!(
            "  a canary of {} ({share}) goes first; more than {max_failed} failed after {} pauses it\n",
            people(share.of(findings.good)),
            duration(*wait)
        ));
    }
    if let Some(FailureGuard { max_failed, after }) = &examined.guard {
        text.push_str(&format!(
            "  more than {max_failed} failed pauses it, once {} were written to\n",
            people(*after)
        ));
    }
    text.push_str(&left(examined));
    ctx.out(&text)
}

/// When what is left goes out, what limits it, and what it costs.
fn left(examined: &Examined) -> String {
    let Examined { estimate, findings, .. } = examined;
    let mut text = String::new();
    if estimate.messages < findings.good {
        let tried = findings.good - estimate.messages;
        text.push_str(&format!(
            "  {} left; {} sent or tried already\n",
            count(estimate.messages),
            count(tried)
        ));
    }
    if let Some(timetable) = &examined.timetable {
        text.push_str(&format!("  sends {timetable}\n"));
    }
    text.push_str(&format!("  run now: {}\n", estimate.when()));
    if let Some(why) = estimate.why() {
        text.push_str(&format!("  {why}\n"));
    }
    if let Some(cost) = &examined.cost {
        text.push_str(&format!("  costs {cost}\n"));
    }
    text
}
