//! `conversation PHONE_OR_ID`: what was said with one person.

use serde_json::{Value, json};

use crate::app::AppError;
use crate::app::account;
use crate::app::account::pages;
use crate::app::phones;
use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::sendwo::{ConversationRow, Direction, Person};
use crate::ui::Table;

/// Arguments of `conversation`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  sendcast conversation +919876543210")]
pub struct Args {
    /// A phone number with its country code, or a subscriber's id
    #[arg(value_name = "PHONE_OR_ID")]
    who: String,
    /// ISO code of the country that a national number belongs to
    #[arg(long, value_name = "CODE")]
    country: Option<String>,
}

/// Asks for the conversation and shows it, in the order in which Sendwo tells it.
///
/// # Errors
/// When the number is none, or Sendwo knows nobody of that number or id.
pub async fn run(args: &Args, ctx: &Context) -> Result<Exit, AppError> {
    let client = account::client(&ctx.app)?;
    let pages = client.whatsapp().whole_conversation(person(args)?);
    let rows = pages::all(&ctx.app, "messages", pages).await?;
    if ctx.json() {
        ctx.out_json(&rows.iter().map(object).collect::<Vec<_>>())?;
        return Ok(Exit::Done);
    }
    if rows.is_empty() {
        ctx.say("nothing was said yet");
        return Ok(Exit::Done);
    }
    let mut table = Table::new(["at", "from", "status", "message"]);
    for row in &rows {
        let from = match row.direction {
            Some(Direction::Ours) => "you",
            Some(Direction::Agent) => "agent",
            Some(Direction::Theirs) => "them",
            None => "",
        };
        let status = row.status.map(|status| status.word()).unwrap_or_default();
        table.row([&at(row).unwrap_or_default(), from, status, &said(row)]);
    }
    ctx.out_table(&table)?;
    Ok(Exit::Done)
}

/// Who is meant. Digits that are no phone number are an id; what is written as a number has to be one.
fn person(args: &Args) -> Result<Person<'_>, AppError> {
    let who = args.who.trim();
    match phones::parse(who, args.country.as_deref()) {
        Ok(phone) => Ok(Person::Phone(phone)),
        Err(error) if args.country.is_some() || who.starts_with('+') || who.is_empty() => Err(error),
        Err(_) => Ok(Person::Id(who)),
    }
}

fn at(row: &ConversationRow) -> Option<String> {
    row.at.map(|at| at.to_string())
}

/// What a message says, on one line.
fn said(row: &ConversationRow) -> String {
    let content = &row.content;
    let buttons: Vec<_> = content.buttons.iter().map(|title| format!("[{title}]")).collect();
    let mut parts: Vec<&str> = [&content.text, &content.media_url, &content.caption]
        .into_iter()
        .flatten()
        .map(String::as_str)
        .collect();
    parts.extend(buttons.iter().map(String::as_str));
    let problem = row.problem.as_ref().map(|problem| format!("({problem})"));
    parts.extend(problem.as_deref());
    parts.join(" ")
}

/// A row under the names that Sendwo's siblings use.
fn object(row: &ConversationRow) -> Value {
    let sender = row.direction.map(|direction| match direction {
        Direction::Ours => "bot",
        Direction::Agent => "agent",
        Direction::Theirs => "user",
    });
    let content = &row.content;
    json!({
        "wa_message_id": row.id,
        "sender": sender,
        "message_content": {
            "text": content.text, "caption": content.caption, "media_url": content.media_url,
            "buttons": content.buttons,
        },
        "conversation_time": at(row),
        "message_status": row.status.map(|status| status.word()),
        "failed_reason": row.problem.as_ref().map(|problem| &problem.reason),
        "error_code": row.problem.as_ref().and_then(|problem| problem.code),
    })
}
