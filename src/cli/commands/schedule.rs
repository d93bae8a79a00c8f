//! `schedule [CAMPAIGN]`: what goes out when.

use serde_json::{Value, json};

use crate::app::schedule::{self, Agenda, Planned};
use crate::app::{AppError, Notice};
use crate::cli::completion;
use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::domain::format::{count, local};
use crate::domain::schedule::Timetable;
use crate::domain::time::Millis;
use crate::sys::clock::Clock;
use crate::ui::Table;

/// Arguments of `schedule`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  sendcast schedule\n  sendcast schedule diwali")]
pub struct Args {
    /// The campaign: its file, or its name; all that have something to send when absent
    #[arg(value_name = "CAMPAIGN", add = completion::campaigns())]
    campaign: Option<String>,
    /// The trials' ledgers, not the real ones
    #[arg(long)]
    sandbox: bool,
}

/// Tells when a campaign goes out, or all that have something to send, the next one first.
///
/// # Errors
/// When there is no such campaign, or it can't be read.
pub async fn run(args: &Args, ctx: &Context) -> Result<Exit, AppError> {
    let Agenda { planned, unreadable } = match &args.campaign {
        Some(campaign) => {
            let planned = vec![schedule::one(&ctx.app, campaign, args.sandbox).await?];
            Agenda { planned, ..Agenda::default() }
        }
        None => schedule::all(&ctx.app, args.sandbox)?,
    };
    for (name, error) in &unreadable {
        ctx.warn(&format!("{name}: {error}"));
    }
    if ctx.json() {
        let list: Vec<_> = planned.iter().map(as_json).collect();
        match list.as_slice() {
            [one] if args.campaign.is_some() => ctx.out_json(one)?,
            list => ctx.out_json(&list)?,
        }
        return Ok(Exit::Done);
    }
    if planned.is_empty() {
        ctx.say("no campaign has anything to send");
        return Ok(Exit::Done);
    }
    let now = ctx.app.clock.now();
    let mut table = Table::new(["campaign", "state", "to send", "next", "done by", "sends"]).right(&[2]);
    for one in &planned {
        table.row(row(one, now));
    }
    ctx.out_table(&table)?;
    for one in &planned {
        if let (Some(missed), Some(timetable)) = (one.missed, &one.timetable) {
            let at = local(missed, timetable.home());
            let text = format!("{}: its start was missed, {at} ({})", one.campaign, one.timezone);
            let hint =
                format!("`sendcast run {}` does as its `late` says ({})", one.campaign, timetable.late());
            ctx.app.operator.tell(&Notice::warning(text).with_hint(hint));
        }
    }
    Ok(Exit::Done)
}

fn row(one: &Planned, now: Millis) -> [String; 6] {
    let home = one.timetable.as_ref().map(|timetable| timetable.home());
    let shown = |at: Millis| {
        home.map_or_else(|| at.rfc3339(), |home| format!("{} ({})", local(at, home), one.timezone))
    };
    let next = match one.next {
        _ if one.queued == 0 => "nothing is left".to_owned(),
        None => "never".to_owned(),
        Some(at) if at <= now => "now".to_owned(),
        Some(at) => shown(at),
    };
    let ends =
        if one.queued == 0 { String::new() } else { one.ends.map_or_else(|| "never".to_owned(), shown) };
    [
        one.campaign.clone(),
        one.state.map_or_else(|| "not run yet".to_owned(), |state| state.to_string()),
        count(one.queued),
        next,
        ends,
        one.timetable.as_ref().map_or_else(|| "at all times".to_owned(), ToString::to_string),
    ]
}

fn as_json(one: &Planned) -> Value {
    let at = |at: Option<Millis>| at.map(Millis::rfc3339);
    json!({
        "campaign": one.campaign, "state": one.state, "queued": one.queued, "schedule": one.timetable.as_ref().map(Timetable::schedule),
        "next_at": at(one.next), "ends_at": at(one.ends), "missed_at": at(one.missed), "timezone": one.timezone,
    })
}
