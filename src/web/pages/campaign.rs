//! `/c/NAME`: a campaign while it is sent and afterwards, and the orders that it can be given.

use maud::{Markup, html};

use crate::app::campaign_dir::CampaignDir;
use crate::app::orders::{self, Applied, Given};
use crate::app::recipients::Failures;
use crate::app::{AppError, Level, Notice, phones};
use crate::domain::format::{count, local, people, plural};
use crate::domain::funnel::Funnel;
use crate::domain::ids::NumberId;
use crate::domain::status::Status;
use crate::engine::orders::{OrderKind, Word};
use crate::engine::snapshot::Snapshot;
use crate::report::charts;
use crate::web::answer::Answer;
use crate::web::asked::Asked;
use crate::web::dashboard::Dashboard;
use crate::web::layout::{self, Page, Place, button};
use crate::web::looking::{self, Looked};
use crate::web::pages::orders::words;
use crate::web::pages::report;
use crate::web::rounds::Reading;
use crate::web::runs::Started;
use crate::web::state::{Action, Section, Tone};
use crate::web::taking_up;

/// So many reasons are told apart.
const REASONS_SHOWN: usize = 8;

/// `GET /c/{name}`
pub fn page(dashboard: &Dashboard, asked: &Asked) -> Result<Answer, AppError> {
    let name = asked.param("name");
    let main = match looking::find(asked, name) {
        Ok(campaign_dir) => render(dashboard, asked, &looking::look(dashboard, asked, campaign_dir)?),
        // A run that was started has nothing planned yet.
        Err(error) => match dashboard.runs.of(asked.trial, name) {
            Some(started) => beginning(asked, name, &started),
            None => return Err(error),
        },
    };
    let page = Page { title: name, place: Place::Campaigns, live: true };
    Ok(page.answer(dashboard, asked, main))
}

/// A campaign whose first run was just started, or couldn't be.
fn beginning(asked: &Asked, name: &str, started: &Started) -> Markup {
    let words = started.last_words();
    html! {
        div.head #head {
            div {
                p.crumb { a href=(asked.beside("/")) { @if asked.trial { "Trials" } @else { "Campaigns" } } }
                h1 { (name) }
            }
            @if started.ended().is_some() { span #pill class=(Tone::Bad.class()) { "Didn’t start" } }
            @else { span #pill class=(Tone::Waiting.class()) { "Starting" } }
        }
        section.card.state #state aria-labelledby="state-title" {
            @if started.ended().is_some() {
                h2 #state-title { "It didn’t start" }
                p { strong { "Nothing was sent." } }
                @for line in &words { p { (layout::prose(line)) } }
                p { a href="/" { "Back to the campaigns" } }
            } @else {
                h2 #state-title { "Reading the spreadsheet" }
                p { "A great one takes a while. This page goes on by itself." }
            }
        }
    }
}

fn render(dashboard: &Dashboard, asked: &Asked, looked: &Looked) -> Markup {
    let name = &looked.campaign_dir.name;
    // What is told of each recipient comes by itself once the round is read.
    let told = dashboard.rounds.look(&asked.app.disk, &looked.campaign_dir, dashboard.now(), |recipients| {
        let chart = report::chart(recipients.over_time(), &dashboard.settings.timezone);
        Ok((recipients.failures(REASONS_SHOWN)?, chart, recipients.counts()))
    });
    let (reasons, chart, counts) = match told {
        Ok(Reading::Read(told)) => told,
        Ok(Reading::Under(_)) | Err(_) => (Vec::new(), html! {}, looked.look.counts),
    };
    // All figures of a page are of one moment.
    let looked = &Looked {
        look: Snapshot { total: counts.total(), counts, ..looked.look.clone() },
        state: looked.state.clone(),
        campaign_dir: looked.campaign_dir.clone(),
    };
    let Looked { look, state, .. } = looked;
    html! {
        div.head #head {
            div {
                p.crumb { a href=(asked.beside("/")) { @if asked.trial { "Trials" } @else { "Campaigns" } } }
                h1 { (name) }
            }
            span #pill class=(state.tone.class()) data-say=(state.pill.split(" · ").next().unwrap_or_default()) { (state.pill) }
        }
        @if let Some((title, words)) = &state.card {
            section.card.state #state aria-labelledby="state-title" {
                h2 #state-title { (layout::prose(title)) }
                @for line in words { p { (layout::prose(line)) } }
            }
        }
        section.card #progress aria-labelledby="progress-title" {
            h2 #progress-title { "Progress" }
            p.figure { strong { (count(look.done())) } " of " (count(look.people())) " written to" }
            (charts::funnel(&Funnel::new(&look.counts, look.replied)))
            p.sum { (sum(look)) }
            (actions(dashboard, asked, looked))
            p.links {
                a href=(format!("{}/people", about(asked, name))) { "Recipients" } " · "
                a href=(format!("{}/report", about(asked, name))) { "Report" @if state.section != Section::Done { " so far" } }
            }
            @if let Some(at) = look.started_at { p.note { "Began " (local(at, &dashboard.settings.timezone)) "." } }
        }
        (doubts(dashboard, asked, looked))
        (failures(dashboard, asked, looked, &reasons))
        (blocked(dashboard, asked, looked))
        (replies(look))
        (chart)
    }
}

/// `700 queued + 4 sending + 484 accepted + 9 failed + 3 skipped = 1,200`: whoever doubts it can add it up.
fn sum(look: &Snapshot) -> String {
    let c = &look.counts;
    let parts = [
        (c[Status::Queued], "queued"),
        (c[Status::Sending], "sending"),
        (c.reached(), "accepted"),
        (c[Status::Failed], "failed"),
        (c[Status::InDoubt], "in doubt"),
        (c[Status::Skipped], "skipped"),
        (c[Status::Cancelled], "cancelled"),
    ];
    let parts: Vec<_> =
        parts.into_iter().filter(|(n, _)| *n > 0).map(|(n, word)| format!("{} {word}", count(n))).collect();
    if parts.is_empty() {
        "No rows.".to_owned()
    } else {
        format!("{} = {}", parts.join(" + "), count(look.total))
    }
}

/// What a form about a campaign is numbered by.
fn about(asked: &Asked, name: &str) -> String {
    asked.beside(&format!("/c/{name}"))
}

/// A button that gives an order.
pub fn order(
    dashboard: &Dashboard,
    asked: &Asked,
    name: &str,
    (what, words, class): (&str, &str, &str),
    fields: &[(&str, &str)],
) -> Markup {
    let about = about(asked, name);
    let turn = dashboard.turn(&about).to_string();
    let mut all = vec![("turn", &*turn)];
    all.extend(fields);
    button(asked, &format!("{about}/{what}"), &all, class, words)
}

fn actions(dashboard: &Dashboard, asked: &Asked, looked: &Looked) -> Markup {
    let name = &looked.campaign_dir.name;
    let left = looked.look.counts[Status::Queued];
    let first = looked.state.actions.first();
    html! {
        div.actions #actions {
            @for action in &looked.state.actions {
                @match action {
                    Action::Pause => (order(dashboard, asked, name, ("pause", "Pause", "main"), &[])),
                    Action::Resume => (order(dashboard, asked, name, ("resume", "Go on", "main"), &[])),
                    Action::GoOn => {
                        @let class = if first == Some(&Action::GoOn) { "main" } else { "" };
                        (order(dashboard, asked, name, ("go-on", "Go on", class), &[]))
                    }
                    Action::Review => a.button.main href=(format!("{}/send", about(asked, name))) { "Look at what would be sent" },
                    Action::Again => a.button href=(format!("{}/send?again=1", about(asked, name))) { "Send again to the same people…" },
                    Action::Token => a.button.main href="/account" { "Put in a new token" },
                    Action::Cancel => {
                        details.ask {
                            summary.button.bad { "Cancel what is left…" }
                            div.asked {
                                p { (people(left)) " won’t be written to. What was sent stays sent. This can’t be taken back." }
                                (order(dashboard, asked, name, ("cancel", "Cancel what is left", "bad"), &[]))
                            }
                        }
                    }
                }
            }
        }
    }
}

/// The first thing to do about a campaign, for the list.
pub fn quick(dashboard: &Dashboard, asked: &Asked, looked: &Looked) -> Markup {
    let name = &looked.campaign_dir.name;
    let first = looked.state.actions.first();
    html! {
        @match first {
            Some(Action::Pause) => (order(dashboard, asked, name, ("pause", "Pause", "small"), &[])),
            Some(Action::Resume) => (order(dashboard, asked, name, ("resume", "Go on", "small"), &[])),
            Some(Action::GoOn) => (order(dashboard, asked, name, ("go-on", "Go on", "small"), &[])),
            Some(Action::Review) => form method="get" action=(format!("{}/send", about(asked, name))) { button.small { "Send…" } },
            _ => {}
        }
    }
}

/// What is in doubt, and the two words on it.
fn doubts(dashboard: &Dashboard, asked: &Asked, looked: &Looked) -> Markup {
    let doubt = looked.look.counts[Status::InDoubt];
    let name = &looked.campaign_dir.name;
    let again = plural(doubt, "message", "messages");
    html! {
        @if doubt > 0 {
            section.card #doubt aria-labelledby="doubt-title" {
                h2 #doubt-title { (plural(doubt, "message", "messages")) " in doubt" }
                p {
                    "The connection broke between the message and its answer. " strong { "It may have arrived. " }
                    "sendcast looks in the conversation; what it doesn’t see there proves nothing."
                }
                div.actions {
                    (order(dashboard, asked, name, ("resolve", "It arrived: count as sent", ""), &[("word", "sent")]))
                    details.ask {
                        summary.button { "Send again…" }
                        div.asked {
                            p { "Whoever did get the first one reads it twice." }
                            (order(dashboard, asked, name, ("resolve", &format!("Send {again} again"), "bad"), &[("word", "resend")]))
                        }
                    }
                }
                p.note { "Counting as sent sends nothing." }
            }
        }
    }
}

fn failures(dashboard: &Dashboard, asked: &Asked, looked: &Looked, reasons: &[Failures]) -> Markup {
    let failed = looked.look.counts[Status::Failed];
    let name = &looked.campaign_dir.name;
    if failed == 0 {
        return html! {};
    }
    let people = format!("{}/people", about(asked, name));
    html! {
        section.card #failed aria-labelledby="failed-title" {
            h2 #failed-title { (count(failed)) " failed" }
            @if !reasons.is_empty() {
                @let rows: Vec<_> = reasons.iter().map(|group| charts::Bar {
                    label: reason(&people, group),
                    count: group.count,
                }).collect();
                (charts::bars(&rows, failed, charts::Tone::Bad))
            }
            div.actions {
                (order(dashboard, asked, name, ("retry", &if failed == 1 { "Try it again".to_owned() } else { format!("Try the {} failed again", count(failed)) }, ""), &[]))
                a.button href=(format!("{people}?status=failed")) { "See who" }
            }
            p.note { "Nobody else is written to when they are tried again." }
        }
    }
}

/// A reason, with what to do about it, and the way to those it is about.
fn reason(people: &str, group: &Failures) -> Markup {
    html! {
        bdi.reason { (layout::text(&group.reason)) }
        @if let Some(code) = group.code {
            " " a.code href=(format!("{people}?status=failed&code={code}")) { "code " (code) }
        }
        @if let Some(advice) = group.advice { span.todo { (layout::prose(advice)) } }
    }
}

fn blocked(dashboard: &Dashboard, asked: &Asked, looked: &Looked) -> Markup {
    let name = &looked.campaign_dir.name;
    let about = about(asked, name);
    html! {
        @if !looked.look.blocked.is_empty() {
            section.card #blocked aria-labelledby="blocked-title" {
                h2 #blocked-title { "A number is blocked" }
                @for number in &looked.look.blocked { p { (layout::prose(&number.to_string())) } }
                form method="post" action=(format!("{about}/reassign")) {
                    (layout::of_session(asked))
                    input type="hidden" name="turn" value=(dashboard.turn(&about));
                    label { "Send from this number instead " input name="to" required autocomplete="off"; }
                    button type="submit" { "Have it send" }
                }
            }
        }
    }
}

fn replies(look: &Snapshot) -> Markup {
    html! {
        @if look.replied > 0 {
            section.card #replies aria-labelledby="replies-title" {
                h2 #replies-title { (plural(look.replied, "person has", "people have")) " replied" }
                @if look.asked_to_stop > 0 {
                    p { (plural(look.asked_to_stop, "person", "people")) " asked for no more messages." }
                }
                @if !look.replies.is_empty() {
                    @let rows: Vec<_> = look.replies.iter().map(|reply| charts::Bar {
                        label: layout::text(if reply.title.is_empty() { &reply.id } else { &reply.title }),
                        count: reply.count,
                    }).collect();
                    (charts::bars(&rows, look.replied, charts::Tone::Read))
                }
            }
        }
    }
}

/// `POST /c/{name}/pause`
pub fn pause(dashboard: &Dashboard, asked: &Asked) -> Result<Answer, AppError> {
    give(dashboard, asked, |_| Ok(OrderKind::Pause)).map(|given| given.answer)
}

/// `POST /c/{name}/cancel`
pub fn cancel(dashboard: &Dashboard, asked: &Asked) -> Result<Answer, AppError> {
    give(dashboard, asked, |_| Ok(OrderKind::Cancel)).map(|given| given.answer)
}

/// `POST /c/{name}/resolve`
pub fn resolve(dashboard: &Dashboard, asked: &Asked) -> Result<Answer, AppError> {
    let word = match asked.form.get("word") {
        Some("sent") => Word::Sent,
        Some("resend") => Word::Resend,
        _ => return Err(AppError::usage("it isn’t said whether they arrived or are to be sent again")),
    };
    let to = asked.form.all("to").map(|text| phones::parse(text, None)).collect::<Result<Vec<_>, _>>()?;
    let given = give(dashboard, asked, |_| Ok(OrderKind::Resolve { word, to }))?;
    if word == Word::Resend { then_send(dashboard, asked, given) } else { Ok(given.answer) }
}

/// `POST /c/{name}/retry`
pub fn retry(dashboard: &Dashboard, asked: &Asked) -> Result<Answer, AppError> {
    let codes = asked
        .form
        .all("code")
        .map(|code| code.parse().map_err(|_| AppError::usage("a code of Meta’s is a number")))
        .collect::<Result<Vec<u32>, _>>()?;
    let given = give(dashboard, asked, |_| Ok(OrderKind::Retry { codes }))?;
    then_send(dashboard, asked, given)
}

/// `POST /c/{name}/reassign`
pub fn reassign(dashboard: &Dashboard, asked: &Asked) -> Result<Answer, AppError> {
    let to = NumberId::new(asked.required("to", "the number that is to send")?);
    let given = give(dashboard, asked, |campaign_dir| orders::reassign(&asked.app, campaign_dir, to))?;
    then_send(dashboard, asked, given)
}

/// `POST /c/{name}/resume`: clears the pause; where nobody is working on it, a run goes on.
pub fn resume(dashboard: &Dashboard, asked: &Asked) -> Result<Answer, AppError> {
    let given = give(dashboard, asked, |_| Ok(OrderKind::Resume))?;
    then_send(dashboard, asked, given)
}

/// `POST /c/{name}/go-on`: a run takes up where the last one stopped.
pub fn go_on(dashboard: &Dashboard, asked: &Asked) -> Result<Answer, AppError> {
    let name = asked.param("name");
    if !dashboard.take_turn(&about(asked, name), asked.form.get("turn")) {
        return Ok(done_already(dashboard, asked));
    }
    dashboard.note(asked, "go on", Some(name), None);
    let looked = looking::look(dashboard, asked, looking::find(asked, name)?)?;
    let is_under_way = looked.look.state.is_at_work();
    if is_under_way {
        dashboard.tell(asked, [Notice::note("it is being sent already")]);
    }
    let given = GivenOrder { answer: Answer::see(about(asked, name)), nobody_is_on_it: !is_under_way };
    then_send(dashboard, asked, given)
}

/// An order that was given.
struct GivenOrder {
    /// What the browser gets.
    answer: Answer,
    /// Nobody is working on the campaign: a run has to be started for what is queued.
    nobody_is_on_it: bool,
}

/// Gives an order, unless its form was sent before.
fn give(
    dashboard: &Dashboard,
    asked: &Asked,
    kind: impl FnOnce(&CampaignDir) -> Result<OrderKind, AppError>,
) -> Result<GivenOrder, AppError> {
    let campaign_dir = looking::find(asked, asked.param("name"))?;
    let kind = kind(&campaign_dir)?;
    if !dashboard.take_turn(&about(asked, &campaign_dir.name), asked.form.get("turn")) {
        return Ok(GivenOrder { answer: done_already(dashboard, asked), nobody_is_on_it: false });
    }
    let (what, more) = words(&kind);
    dashboard.note(asked, what, Some(&campaign_dir.name), more);
    let (applied, mut notices) =
        dashboard.carry_out(async |app| orders::give(app, &campaign_dir, kind.clone()).await)?;
    notices.push(told(&kind, &applied));
    dashboard.tell(asked, notices);
    let answer = Answer::see(about(asked, &campaign_dir.name));
    Ok(GivenOrder { answer, nobody_is_on_it: matches!(applied.given, Given::Applied(_)) })
}

fn done_already(dashboard: &Dashboard, asked: &Asked) -> Answer {
    let text = "That button belonged to an older look at the campaign, so nothing was done; this is where it stands now";
    dashboard.tell(asked, [Notice::note(text)]);
    Answer::see(about(asked, asked.param("name")))
}

/// What became of an order, in words.
fn told(kind: &OrderKind, Applied { given, now }: &Applied) -> Notice {
    let queued = now.counts[Status::Queued];
    let text = match (kind, given) {
        (_, Given::Left) => "it is on disk; the one who sends hasn’t taken it up yet".to_owned(),
        (OrderKind::Pause, _) => format!("paused; {} queued", plural(queued, "message is", "messages are")),
        (OrderKind::Resume, _) => "the pause is cleared".to_owned(),
        (OrderKind::Cancel, Given::Applied(effects)) => {
            format!("{} cancelled", plural(effects.changed, "message", "messages"))
        }
        (OrderKind::Cancel, _) => "cancelled".to_owned(),
        (OrderKind::Retry { .. }, Given::Applied(effects)) if effects.changed == 0 => {
            "nothing of that has failed".to_owned()
        }
        (OrderKind::Retry { .. }, _) => "the failed are queued again".to_owned(),
        (OrderKind::Resolve { .. }, Given::Applied(effects)) if effects.changed + effects.refused == 0 => {
            "nothing of that is in doubt any more".to_owned()
        }
        (OrderKind::Resolve { .. }, Given::Applied(effects)) if effects.refused > 0 => format!(
            "{} left as they were: their rows were removed from the file",
            plural(effects.refused, "message", "messages")
        ),
        (OrderKind::Resolve { word: Word::Sent, .. }, _) => "counted as sent".to_owned(),
        (OrderKind::Resolve { word: Word::Resend, .. }, _) => "queued again".to_owned(),
        (OrderKind::Reassign { to, .. }, _) => format!("{to} writes to whom is left"),
    };
    Notice::new(Level::Info, text)
}

/// Starts a run for what is queued, where nobody is working on the campaign. It sends what its frozen plan says: a file that
/// was changed since is refused, and is looked at first.
fn then_send(dashboard: &Dashboard, asked: &Asked, given: GivenOrder) -> Result<Answer, AppError> {
    if !given.nobody_is_on_it {
        return Ok(given.answer);
    }
    let campaign_dir = looking::find(asked, asked.param("name"))?;
    taking_up::take_up(dashboard, &asked.app, (&campaign_dir, asked.trial))?;
    Ok(given.answer)
}
