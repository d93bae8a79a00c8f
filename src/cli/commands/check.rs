//! `check CAMPAIGN`: everything short of sending.

use serde::Serialize;
use serde_json::json;

use super::table;
use crate::campaign::profile::{Column, Profiler};
use crate::campaign::{PlanOptions, Planner};
use crate::cli::args::{CampaignArgs, SourceArgs};
use crate::cli::choices::{self, ChoiceArgs};
use crate::cli::claims::{self, Known};
use crate::cli::context::Context;
use crate::cli::error::CliError;
use crate::cli::exit::Exit;
use crate::cli::opening::Source;
use crate::cli::planning::{Gather, REASONS_SHOWN};
use crate::cli::preflight::{self, Intended};
use crate::cli::reach::Account;
use crate::cli::stored::{FromFile, Stored};
use crate::cli::subscribed::{self, Asked};
use crate::cli::trial::{FaultArgs, HiddenFaultArgs};
use crate::cli::{kept, optouts, replanning, standard_input};
use crate::domain::rate::Rate;
use crate::engine::OptOuts;
use crate::sys::clock::Clock;
use crate::sys::platform;
use crate::ui;
use crate::ui::format::{about, count, people, plural};

/// How many columns are told.
const COLUMNS_SHOWN: usize = 8;

/// Arguments of `check`.
#[derive(Debug, clap::Args)]
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

/// How a column is understood. What it holds isn't told: output of `check` is pasted into tickets and kept in logs.
#[derive(Debug, Serialize)]
struct Understood {
    name: String,
    /// Nothing where no message and nothing else needs it.
    used_as: Vec<&'static str>,
    looks_like: &'static str,
    filled: u64,
}

fn understood(columns: Vec<Column>, uses: &[(usize, &'static str)]) -> Vec<Understood> {
    let of = |(position, column): (usize, Column)| Understood {
        used_as: uses.iter().filter(|(at, _)| *at == position).map(|(_, what)| *what).collect(),
        looks_like: column.guess.word(),
        name: column.name,
        filled: column.filled,
    };
    columns.into_iter().enumerate().map(of).collect()
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
pub async fn run(args: Args, ctx: &Context) -> Result<Exit, CliError> {
    standard_input::refuse_as_campaign(&args.campaign.campaign)?;
    let source = Source::find(ctx, ctx.home(args.campaign.sandbox)?, &args.campaign.campaign)?;
    let choices = ChoiceArgs { source: args.source, rate: args.rate, ..ChoiceArgs::default() };
    let (said, _spool) = choices::choose(ctx, &source, &choices)?;
    let mut stored = Stored::load(&*ctx.disk, &source.dir())?.with(said.clone(), ctx.clock.now());
    let (claim, planned) = (source.claim.clone(), source.ledger.is_some());
    let (name, home, dir) = (source.name.clone(), source.home.clone(), source.dir());
    let mut campaign = source.campaign()?;
    campaign
        .apply(choices::overrides(&stored))
        .map_err(|error| kept::explain(ctx, error.into(), &stored, &said))?;
    stored.file = FromFile::of(&campaign);
    let path = platform::real_path(&campaign.path);
    let known = Known { home: &home, name: &name, path: &path };
    let account = Account::of(ctx, args.campaign.sandbox);
    let Asked { reached, list: _list } = if args.offline && !account.is_trial() {
        Asked::default()
    } else {
        let faults = HiddenFaultArgs::default();
        subscribed::ask(ctx, &account, &mut campaign, (&dir, None), &faults).await?
    };
    let (opt_outs, damage) = optouts::open_damaged(ctx, &home)?;
    optouts::tell_unattributed(ctx, &home)?;
    let opted_out = |phone| opt_outs.contains(phone);
    let options = PlanOptions { opted_out: Some(&opted_out), ..PlanOptions::default() };
    let planner = Planner::new(&campaign, options)?;
    let head = planner.head().clone();
    let file = replanning::short(&head.source);
    // One at a time: a list of a million bad rows is told as it is found, and kept only for JSON.
    let mut rows = Gather::new(ctx, planner, if args.all || ctx.json() { usize::MAX } else { 0 });
    let mut profiler = Profiler::new(&head.columns);
    let mut listed = Vec::new();
    while let Some(row) = rows.next() {
        profiler.add(&row?.cells, &[]);
        for skipped in rows.findings.skipped.drain(..) {
            if ctx.json() {
                listed.push(skipped);
            } else {
                ctx.out(&format!("{}\n", skipped.line(&file)))?;
            }
        }
    }
    let understood = understood(profiler.columns(), &rows.planner.uses());
    let warnings = rows.planner.warnings();
    let (findings, rate) = (&rows.findings, choices::rate(&stored));
    let time = findings.duration(rate);
    let from: Vec<_> = head
        .senders
        .iter()
        .enumerate()
        .map(|(at, id)| (id.as_str(), findings.by_sender.get(at).copied().unwrap_or(0)))
        .collect();
    let asked = if args.offline || account.is_trial() || !ctx.settings.has_token() || findings.good == 0 {
        None
    } else {
        let reached = account.reach_unless(reached, ctx, None, FaultArgs::default())?;
        let (messages, strangers) = (findings.good, findings.good);
        let intended = Intended { senders: &head.senders, messages, strangers };
        Some(preflight::check(ctx, &reached.client, &intended).await)
    };
    let can_run = findings.good > 0 && damage.is_none() && asked.as_ref().is_none_or(Result::is_ok);
    if ctx.json() {
        let from: Vec<_> = from.iter().map(|(id, n)| json!({ "number": id, "messages": n })).collect();
        let of_rows: Vec<_> = warnings.rows.iter().map(|w| json!({ "row": w.row, "text": w.text })).collect();
        ctx.out_json(&json!({
            "campaign": name, "source": head.source, "can_run": can_run, "rows": findings.rows(),
            "to_send": findings.good, "bad": findings.bad, "duplicates": findings.duplicates,
            "opted_out": findings.opted_out, "skipped": listed, "complaints": findings.complaints.groups(),
            "columns": understood, "warnings": warnings.notes,
            "row_warnings": of_rows, "from": from, "rate": rate, "daily": campaign.daily,
            "duration_s": time.map(|time| time.as_secs()),
            "asked": asked.is_some(), "problem": asked.as_ref().and_then(|asked| asked.as_ref().err()).map(ToString::to_string),
        }))?;
    } else {
        for note in &warnings.notes {
            ctx.warn(note);
        }
        if args.all {
            for warning in &warnings.rows {
                ctx.warn(&format!("{file} row {}: {}", warning.row, warning.text));
            }
        } else {
            for (text, rows) in warnings.grouped.iter().take(REASONS_SHOWN) {
                ctx.warn(&format!("{file}: {}: {text}", plural(*rows, "row", "rows")));
            }
        }
        let time = time.map_or_else(|| "as fast as it goes".to_owned(), about);
        ctx.out(&format!(
            "{}\n",
            table::headline(&file, rows.planner.reading(), findings.rows(), understood.len())
        ))?;
        ctx.out_table(&columns_in_use(&understood))?;
        let others = understood.iter().filter(|column| column.used_as.is_empty()).count();
        if others > 0 {
            let others = plural(others as u64, "other column", "other columns");
            ctx.out(&format!("and {others}, used for nothing; `sendcast table` shows them\n"))?;
        }
        let mut text = String::new();
        if !args.all {
            let lines = findings.complaints.lines(&file, REASONS_SHOWN);
            lines.iter().for_each(|line| text.push_str(&format!("{line}\n")));
            if !lines.is_empty() {
                text.push_str("`--all` lists each of these rows\n");
            }
        }
        text.push_str(&format!("{name}: {}\n", findings.sentence("send")));
        for (id, n) in &from {
            text.push_str(&format!("  from {id}: {}, at most {rate}\n", people(*n)));
        }
        text.push_str(&format!("  sending takes {time}\n"));
        if let Some(daily) = campaign.daily.map(u64::from).filter(|daily| *daily < findings.good) {
            text.push_str(&format!(
                "  at most {} in any 24 hours: {} days in all\n",
                people(daily),
                count(findings.good.div_ceil(daily))
            ));
        }
        ctx.out(&text)?;
    }
    let claim = match claim {
        None if !planned => claims::alike(ctx, &known, &findings.likeness)?,
        claim => claim,
    };
    if let Some(claim) = claim {
        claim.tell(ctx, &known);
    }
    if findings.good == 0 {
        return Err(CliError::usage("no row can be sent to: there is nobody to write to"));
    }
    if let Some(damage) = damage {
        return Err(damage);
    }
    if let Some(asked) = asked {
        let room = if asked?.has_room { ", and its package leaves room" } else { "" };
        ctx.say(&format!("the account's token works, the numbers are the account's{room}"));
    }
    Ok(Exit::Done)
}
