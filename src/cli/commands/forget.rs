//! `forget PHONE`

use serde_json::{Value, json};

use crate::app::AppError;
use crate::app::forget::{self, Found, FoundCampaign};
use crate::app::phones;
use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::domain::format::{count, plural};
use crate::domain::phone::Phone;
use crate::domain::status::Status;
use crate::ui::{Table, can_ask};

/// What is said of all that stays.
const STAYS: &str = "what stays: their rows in reports that are written from now on, with status and times; salted hashes of \
                     their number and keys, by which these rounds know not to write to them again, and those of the \
                     people written to in the last 24 hours, which the daily limit needs; they tell nobody's number \
                     unless all numbers are tried with the salt beside them";

/// Arguments of `forget`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "It lists what it would remove and asks; `--yes` answers it, and without a terminal nothing is removed \
                  otherwise. A campaign that another sendcast works on stops it before anything is changed.\n\n\
                  Their rows stay in the reports, without words and number, so that counts add up. A campaign's round never \
                  writes to them again, also where its file still has them: take their row out of it yourself. A new campaign, \
                  or a new round (`run --again`) from a file that has them, would write to them: the opt-out list keeps that \
                  from happening, and `forget` leaves it as it is.\n\n\
                  Examples:\n  sendcast forget +919876543210 --dry-run\n  sendcast forget +919876543210\n  \
                  sendcast forget 9876543210 --country IN --yes"
)]
pub struct Args {
    /// The phone number, with its country code
    #[arg(value_name = "PHONE")]
    phone: String,
    /// ISO code of the country that a national number belongs to
    #[arg(long, value_name = "CODE")]
    country: Option<String>,
    /// List what would be removed, and remove nothing
    #[arg(long, conflicts_with = "yes")]
    dry_run: bool,
    /// Don't ask
    #[arg(short, long)]
    yes: bool,
}

/// Removes one person's traces from the data directory.
///
/// # Errors
/// When the number can't be read, somebody is working on a campaign that holds them, or the disk says no. Ends with 1 where
/// something can't be read that may hold them.
pub async fn run(args: Args, ctx: &Context) -> Result<Exit, AppError> {
    let phone = phones::parse(&args.phone, args.country.as_deref())?;
    let found = forget::look(&ctx.app, phone)?;
    if found.is_empty() && !args.dry_run {
        let but = if found.drafts.is_empty() { "" } else { ", but in drafts" };
        ctx.say(&format!("nothing of {phone} is in the data directory{but}"));
    }
    let dry_run = args.dry_run || found.is_empty() || (!args.yes && (ctx.json() || !can_ask(&ctx.printer)));
    if dry_run || !args.yes {
        list(&found, ctx)?;
    }
    if dry_run {
        if args.dry_run || !found.is_empty() {
            ctx.say("nothing was removed; with `--yes` it would be");
        }
        tell_drafts(&found, ctx);
        tell_unreadable(&found, ctx);
        tell_opt_out(phone, found.opted_out, ctx);
        return end(&found, json!({ "dry_run": true }), ctx);
    }
    let question = format!(
        "Forget {phone}: remove their number, their columns and all words to and from them, in {}? It can't be undone.",
        plural(found.campaigns.len() as u64, "campaign", "campaigns")
    );
    if !args.yes && !ctx.ask(&question)? {
        ctx.say("nothing was removed");
        return Ok(Exit::CouldNotRun);
    }
    let done = forget::forget(&ctx.app, phone).await?;
    tell(phone, &done, ctx);
    let left: Vec<_> = done.left.iter().map(|path| path.display().to_string()).collect();
    end(&done.found, json!({ "dry_run": false, "left": left, "stops_kept": done.stops }), ctx)
}

/// What was done, what stays, and what is left to the reader.
fn tell(phone: Phone, done: &forget::Forgot, ctx: &Context) {
    let forget::Forgot { found, stops, left } = done;
    ctx.say(&format!("{phone} is forgotten"));
    for FoundCampaign { campaign_dir, reports, .. } in &found.campaigns {
        for path in reports {
            ctx.say(&format!(
                "this file still holds them: {}; `sendcast report {} -o FILE` writes it anew without them",
                path.display(),
                campaign_dir.called()
            ));
        }
    }
    if !found.campaigns.is_empty() {
        ctx.say("the spreadsheets that they stand in are yours: take their rows out of them");
    }
    for (called, rows) in &found.mentions {
        let rows = plural(*rows, "row", "rows");
        ctx.warn(&format!("{called}: {rows} of other people may mention this number, and stay as they are"));
    }
    for path in left {
        ctx.warn(&format!("their number still stands in {}", path.display()));
    }
    tell_drafts(found, ctx);
    tell_unreadable(found, ctx);
    if *stops > 0 {
        ctx.say("they had asked for no more messages: they are on the opt-out list by it");
    }
    tell_opt_out(phone, found.opted_out || *stops > 0, ctx);
    ctx.say(STAYS);
}

fn tell_drafts(found: &Found, ctx: &Context) {
    for draft in &found.drafts {
        let whose = draft.name.as_deref().unwrap_or(draft.id.as_str());
        ctx.warn(&format!(
            "the draft {whose} still names them, in {} of its file {} ({}): take them out of it and upload it again, or remove \
             the draft",
            plural(draft.rows, "row", "rows"),
            draft.called,
            draft.path.display()
        ));
    }
}

fn tell_unreadable(found: &Found, ctx: &Context) {
    for round in &found.unreadable {
        let way = match &round.campaign {
            Some(called) => {
                format!("restore it and run this again, or `sendcast erase {called}` removes all of it")
            }
            None => "`sendcast erase --singles` removes all single messages".to_owned(),
        };
        ctx.warn(&format!(
            "it isn't known whether {} holds them: {}; {way}",
            round.dir.display(),
            round.reason
        ));
    }
}

fn tell_opt_out(phone: Phone, listed: bool, ctx: &Context) {
    match listed {
        true => ctx.say(&format!(
            "{phone} is on the opt-out list and stays there: without that, a new campaign could write to them"
        )),
        false => ctx.say(&format!(
            "{phone} isn't on the opt-out list: a new campaign, or `run --again`, whose file has them writes to them; \
             `sendcast optout add` keeps that from happening"
        )),
    }
}

fn list(found: &Found, ctx: &Context) -> Result<(), AppError> {
    if !found.campaigns.is_empty() {
        let columns = ["campaign", "rounds", "rows", "sent", "queued", "in doubt", "failed", "reports"];
        let mut table = Table::new(columns).right(&[1, 2, 3, 4, 5, 6, 7]).names();
        for campaign in &found.campaigns {
            let counts = campaign.counts();
            let sent = [Status::Accepted, Status::Sent, Status::Delivered, Status::Read].map(|it| counts[it]);
            let waiting = counts[Status::Queued] + counts[Status::Sending];
            let numbers = [
                campaign.rounds.len() as u64,
                counts.total(),
                sent.iter().sum(),
                waiting,
                counts[Status::InDoubt],
                counts[Status::Failed],
                campaign.reports.len() as u64,
            ];
            table.row(std::iter::once(campaign.campaign_dir.called()).chain(numbers.map(count)));
        }
        ctx.out_table(&table)?;
    }
    for (n, one, many) in [
        (found.singles, "single message", "single messages"),
        (found.webhooks, "event from webhooks", "events from webhooks"),
        (found.sandbox, "line in a sandbox's ledger", "lines in sandboxes' ledgers"),
    ] {
        if n > 0 {
            ctx.say(&format!("and {}", plural(n, one, many)));
        }
    }
    Ok(())
}

/// The result as JSON, where that was asked for, and the exit code.
fn end(found: &Found, more: Value, ctx: &Context) -> Result<Exit, AppError> {
    if ctx.json() {
        let mut told = as_json(found);
        if let (Value::Object(told), Value::Object(more)) = (&mut told, more) {
            told.extend(more);
        }
        ctx.out_json(&told)?;
    }
    Ok(if found.unreadable.is_empty() { Exit::Done } else { Exit::CouldNotRun })
}

fn as_json(found: &Found) -> Value {
    let campaigns: Vec<_> = found
        .campaigns
        .iter()
        .map(|campaign| {
            let rounds: Vec<_> = campaign.rounds.iter().map(|round| round.round).collect();
            json!({
                "campaign": campaign.campaign_dir.name, "sandbox": campaign.campaign_dir.home.is_sandbox(),
                "rounds": rounds, "rows": campaign.counts().total(), "counts": campaign.counts(),
                "reports": campaign.reports,
            })
        })
        .collect();
    let mentions: Vec<_> =
        found.mentions.iter().map(|(called, rows)| json!({ "campaign": called, "rows": rows })).collect();
    let unreadable: Vec<_> = found
        .unreadable
        .iter()
        .map(|round| json!({ "campaign": round.campaign, "dir": round.dir, "reason": round.reason }))
        .collect();
    let drafts: Vec<_> = found
        .drafts
        .iter()
        .map(|draft| json!({ "id": draft.id.as_str(), "name": draft.name, "path": draft.path, "rows": draft.rows }))
        .collect();
    json!({
        "drafts": drafts, "campaigns": campaigns, "single_messages": found.singles, "webhook_events": found.webhooks,
        "sandbox_lines": found.sandbox, "opted_out": found.opted_out, "mentions": mentions,
        "unreadable": unreadable,
    })
}
