//! `subscribers list [--label L]`

use crate::app::AppError;
use crate::app::account;
use crate::app::account::Labels;
use crate::app::account::pages;
use crate::cli::api_output;
use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::domain::format::people;
use crate::domain::phone::Phone;
use crate::sendwo::Label;

/// Arguments of `subscribers list`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  sendcast subscribers list\n  sendcast subscribers list --label Lead")]
pub struct Args {
    /// Only those who carry this label (its name or id); of several, any
    #[arg(long, value_name = "LABEL", value_delimiter = ',')]
    label: Vec<String>,
}

/// Reads all pages and lists who is there.
///
/// # Errors
/// When a page can't be read, or a label is unknown.
pub async fn run(args: &Args, ctx: &Context) -> Result<Exit, AppError> {
    let client = account::client(&ctx.app)?;
    let wanted = if args.label.is_empty() {
        None
    } else {
        let labels = Labels::of(&ctx.app, &client).await?;
        let wanted = labels.named(&args.label)?;
        Some(wanted.into_iter().map(called).collect::<Vec<_>>())
    };
    let mut found = pages::all(&ctx.app, "subscribers", client.subscribers().all()).await?;
    if let Some(wanted) = &wanted {
        found.retain(|person| wanted.iter().any(|label| person.carries(label)));
    }
    let nothing = match &wanted {
        Some(wanted) => format!("nobody carries `{}`", wanted.join("` or `")),
        None => "nobody is on the list".to_owned(),
    };
    let header = ["id", "phone", "first name", "last name", "labels"];
    api_output::list(ctx, &found, &nothing, header, |person| {
        [
            person.id.as_ref().map(ToString::to_string).unwrap_or_default(),
            person.phone.map(Phone::digits).unwrap_or_default(),
            api_output::or_empty(person.first_name.as_deref()),
            api_output::or_empty(person.last_name.as_deref()),
            person.labels.join(", "),
        ]
    })?;
    if !ctx.json() && !found.is_empty() {
        ctx.say(&people(found.len() as u64));
    }
    Ok(Exit::Done)
}

/// How a label is called where people carry it; one without a name by its id.
fn called(label: &Label) -> String {
    let id = || label.id.as_ref().map(ToString::to_string);
    label.name.clone().or_else(id).unwrap_or_default()
}
