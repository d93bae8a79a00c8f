//! `sandbox [--port N] [--token T] [faults…]`

use std::convert::Infallible;
use std::net::{Ipv4Addr, SocketAddr};

use secrecy::{ExposeSecret, SecretString};
use serde_json::json;

use crate::app::AppError;
use crate::app::account::{TrialOptions, trial};
use crate::cli::args::FaultArgs;
use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::cli::signals;
use crate::sandbox::{Account, HookShape, Hooks, Limits, Lists, Replies, SandboxOptions, Share, Span};

const PAGES: &str = "Pages of its own, about the first account or, with ?token=T, another:
  GET  /sandbox/stats        what it has accepted and seen
  GET  /sandbox/messages     what it accepted (?to=PHONE, ?page=N&limit=N)
  GET  /sandbox/subscribers  with their notes (?to=PHONE, ?page=N&limit=N)
  GET  /sandbox/workflows    and whether they are posted to
  POST /sandbox/reply        a person writes: from, and text or button; title, number
  POST /sandbox/faults       another list of faults, as the body
  POST /sandbox/reset        forgets everything

Examples:
  sendcast sandbox
  sendcast sandbox --port 8080 --faults 'reset-after=5%,500=5%,hang=2%'";

/// Arguments of `sandbox`.
#[derive(Debug, clap::Args)]
#[command(after_help = PAGES)]
pub struct Args {
    /// The port on 127.0.0.1 [default: a free one]
    #[arg(long, value_name = "N", default_value_t = 0, hide_default_value = true)]
    port: u16,
    /// The only token that is let in; any, when absent. Given again, each further one lets into an account
    /// of its own, with its own subscribers, labels, messages and counts
    #[arg(long, value_name = "T", value_parser = secret)]
    token: Vec<SecretString>,
    #[command(flatten)]
    faults: FaultArgs,
    #[command(flatten)]
    account: AccountArgs,
    #[command(flatten)]
    hooks: HookArgs,
}

/// What the account is like.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "The account")]
struct AccountArgs {
    /// A phone number id of the account beside `PHONE_NUMBER_ID`; can be repeated. Others are taken too,
    /// unless they start with `unknown`
    #[arg(long, value_name = "ID")]
    number: Vec<String>,
    /// How many messages are accepted before the message credit is used up [default: unlimited]
    #[arg(long, value_name = "N")]
    credit: Option<u64>,
    /// How many subscribers the package allows; a fresh account uses 1250
    #[arg(long, value_name = "N", default_value_t = Limits::default().subscribers)]
    subscriber_limit: u64,
    /// Rows to a page of subscribers, labels, orders and workflows
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = rows)]
    page_rows: usize,
    /// Answer every page of a list with the first
    #[arg(long)]
    same_page: bool,
}

/// What workflows are told, and what people reply.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Workflows (posted to http://127.0.0.1, localhost and [::1] only) and replies")]
struct HookArgs {
    /// The shape of what is posted: the siblings' fields as JSON or as a form, or Meta's own
    #[arg(long, value_name = "SHAPE", value_enum, default_value_t = Shape::Flat)]
    hook_shape: Shape,
    /// Sign what is posted with this secret (X-Hub-Signature-256)
    #[arg(long, value_name = "S", value_parser = secret)]
    hook_secret: Option<SecretString>,
    /// The share of news that is never told
    #[arg(long, value_name = "SHARE", default_value_t = Share::NONE)]
    hook_lost: Share,
    /// The share of news that is told twice
    #[arg(long, value_name = "SHARE", default_value_t = Share::NONE)]
    hook_twice: Share,
    /// The share of news that is told late, and so out of order
    #[arg(long, value_name = "SHARE", default_value_t = Share::NONE)]
    hook_late: Share,
    /// How late, and how long before something is told again
    #[arg(long, value_name = "SPAN", default_value_t = Hooks::default().late_by)]
    hook_late_by: Span,
    /// The share of messages that people reply to by themselves: with a button, in words, or with STOP.
    /// Anybody can be made to reply: POST `from` and `text` or `button` to /sandbox/reply
    #[arg(long, value_name = "SHARE", default_value_t = Share::NONE)]
    replies: Share,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum Shape {
    Flat,
    Form,
    Meta,
}

impl Args {
    /// The options that these arguments and `base` make.
    fn options(self, base: SandboxOptions) -> SandboxOptions {
        let mut tokens = self.token.into_iter();
        let (account, hooks) = (self.account, self.hooks);
        let further = |token| Account { token, numbers: account.number.clone() };
        SandboxOptions {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, self.port)),
            token: tokens.next(),
            accounts: tokens.map(further).collect(),
            numbers: account.number.clone(),
            limits: Limits { credit: account.credit, subscribers: account.subscriber_limit },
            lists: Lists { rows: account.page_rows, ignore_page: account.same_page },
            hooks: Hooks {
                shape: match hooks.hook_shape {
                    Shape::Flat => HookShape::Flat,
                    Shape::Form => HookShape::Form,
                    Shape::Meta => HookShape::Meta,
                },
                secret: hooks.hook_secret,
                lost: hooks.hook_lost,
                twice: hooks.hook_twice,
                late: hooks.hook_late,
                late_by: hooks.hook_late_by,
            },
            replies: Replies { share: hooks.replies, ..Replies::default() },
            ..base
        }
    }
}

fn secret(text: &str) -> Result<SecretString, Infallible> {
    Ok(SecretString::from(text))
}

fn rows(text: &str) -> Result<usize, String> {
    text.parse().ok().filter(|rows| *rows > 0).ok_or_else(|| "a page has at least one row".to_owned())
}

/// Serves the imitation until it is interrupted.
///
/// # Errors
/// When the port is taken, or its ledger can't be opened.
pub async fn run(args: Args, ctx: &Context) -> Result<Exit, AppError> {
    let base = TrialOptions::from(args.faults.clone()).sandbox(Some(ctx.app.home(true)?.sandbox_server()));
    let options = args.options(base);
    let token = match (&options.token, options.accounts.len()) {
        (None, _) => "any token will do",
        (Some(_), 0) => "only your token is let in",
        (Some(_), _) => "only your tokens are let in",
    };
    // A trial's token guards nothing; its user has to know it.
    let first = options.token.as_ref().map_or("trial", |token| token.expose_secret()).replace('\'', r"'\''");
    let mut interrupted = signals::listen(&ctx.printer, "the sandbox ends")?;
    let running = trial::start(options)?;
    let url = running.base_url();
    if ctx.json() {
        ctx.out_json(&json!({ "base_url": url }))?;
    } else {
        ctx.out(&format!("{url}\n"))?;
        ctx.say(&format!(
            "a local imitation of the Sendwo API; nothing reaches WhatsApp, and {token}. In another terminal:\n  \
             export SENDWO_BASE_URL={url} SENDWO_API_TOKEN='{first}'\n  sendcast init trial\n  \
             sendcast run trial/first-campaign.json\n\
             What it accepted: {}/sandbox/stats. Ctrl-C ends it; its ledger stays.",
            url.trim_end_matches("/api/v1")
        ));
    }
    let _ = interrupted.wait_for(Option::is_some).await;
    drop(running);
    Ok(Exit::Done)
}
