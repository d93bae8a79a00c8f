//! `optout add|remove|list|import`

use std::path::PathBuf;

use clap::Subcommand;
use serde_json::json;

use crate::app::AppError;
use crate::app::optouts::{self, Added};
use crate::app::phones;
use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::domain::format::people;
use crate::domain::phone::Phone;
use crate::ui::Table;

/// Arguments of `optout`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  sendcast optout add +919876543210\n  sendcast optout import stopped.csv --country IN\n  sendcast optout list"
)]
pub struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Put people on the list: no campaign writes to them
    #[command(after_help = "Example:\n  sendcast optout add +919876543210 --reason 'asked by phone'")]
    Add {
        #[command(flatten)]
        who: Who,
        /// Why, for your records
        #[arg(long, value_name = "TEXT", default_value = "added by hand")]
        reason: String,
    },
    /// Take people off the list
    #[command(after_help = "Example:\n  sendcast optout remove +919876543210")]
    Remove {
        #[command(flatten)]
        who: Who,
    },
    /// Everybody on the list
    #[command(after_help = "Examples:\n  sendcast optout list\n  sendcast optout list --json")]
    List,
    /// Put everybody in a spreadsheet on the list
    #[command(after_help = "Example:\n  sendcast optout import stopped.csv --country IN")]
    Import {
        /// CSV, TSV, JSON or NDJSON; the usual phone headers are recognised
        #[arg(value_name = "FILE")]
        file: PathBuf,
        /// The column that holds the phone numbers
        #[arg(long, value_name = "NAME")]
        phone: Option<String>,
        /// ISO code of the country that national numbers belong to
        #[arg(long, value_name = "CODE")]
        country: Option<String>,
        /// Why, for your records
        #[arg(long, value_name = "TEXT", default_value = "imported")]
        reason: String,
    },
}

#[derive(Debug, clap::Args)]
struct Who {
    /// Phone numbers, with their country code
    #[arg(value_name = "PHONE", required = true)]
    phones: Vec<String>,
    /// ISO code of the country that national numbers belong to
    #[arg(long, value_name = "CODE")]
    country: Option<String>,
}

impl Who {
    fn phones(&self) -> Result<Vec<Phone>, AppError> {
        self.phones.iter().map(|text| phones::parse(text, self.country.as_deref())).collect()
    }
}

/// Reads or changes the list.
///
/// # Errors
/// When a number can't be read (nothing is changed then), or the list can't. An import takes in what can be read and ends
/// with 3 where rows were left out.
pub fn run(args: Args, ctx: &Context) -> Result<Exit, AppError> {
    let home = ctx.app.home(false)?;
    let (mut list, damage) = optouts::open_damaged(&ctx.app, &home)?;
    if let Some(damage) = &damage {
        ctx.warn(&damage.message);
        damage.details.iter().for_each(|line| ctx.warn(line));
        damage.hint.iter().for_each(|hint| ctx.say(hint));
    }
    optouts::tell_unattributed(&ctx.app, &home)?;
    match args.action {
        Action::Add { who, reason } => {
            let added = optouts::add(&ctx.app, &mut list, &who.phones()?, &reason)?;
            tell_added(ctx, &added)?;
        }
        Action::Remove { who } => {
            let phones = who.phones()?;
            let removed = optouts::remove(&ctx.app, &mut list, &phones)?;
            if ctx.json() {
                ctx.out_json(&json!({ "removed": removed, "not_listed": phones.len() as u64 - removed }))?;
            } else if removed == 0 {
                ctx.say("nobody was on the list; nothing changed");
            } else {
                ctx.say(&format!("{} taken off the list", people(removed)));
            }
        }
        Action::List if ctx.json() => {
            let entries: Vec<_> = list
                .entries()
                .iter()
                .map(|e| json!({ "phone": e.phone.digits(), "reason": e.reason, "at": e.at }))
                .collect();
            ctx.out_json(&entries)?;
        }
        Action::List if list.entries().is_empty() => ctx.say("nobody has opted out"),
        Action::List => {
            let mut table = Table::new(["phone", "reason", "at"]);
            for entry in list.entries() {
                table.row([&entry.phone.digits(), &entry.reason, &entry.at]);
            }
            ctx.out_table(&table)?;
        }
        Action::Import { file, phone, country, reason } => {
            let table = (&*file, phone.as_deref(), country.as_deref());
            let found = optouts::import(&ctx.app, &mut list, table, &reason)?;
            found.bad_rows().for_each(|bad| ctx.warn(&bad));
            tell_added(ctx, &found)?;
            if let Some(left_out) = found.left_out() {
                if !ctx.json() {
                    ctx.say(&format!("{left_out}: fix the rows above and import the file again"));
                }
                return Ok(Exit::SomeFailed);
            }
        }
    }
    Ok(Exit::Done)
}

fn tell_added(ctx: &Context, told: &Added) -> Result<(), AppError> {
    if ctx.json() {
        let Added { added, already, bad } = told;
        return ctx.out_json(&json!({ "added": added, "already_listed": already, "bad_rows": bad }));
    }
    ctx.say(&told.sentence());
    Ok(())
}
