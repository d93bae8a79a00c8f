//! `/c/NAME/people`: the recipients, by number and status, and one person's story.

use jiff::tz::TimeZone;
use maud::{Markup, html};

use crate::app::AppError;
use crate::app::campaign_dir::CampaignDir;
use crate::app::recipients::{
    AttemptEnd, AttemptStory, Cause, Digits, Filter, MAX_FOUND, Page as Found, Place as From, Recipient,
    Story,
};
use crate::domain::format::{count, local, plural};
use crate::domain::ids::JobId;
use crate::domain::job::Event;
use crate::domain::status::{Counts, Status};
use crate::domain::time::Millis;
use crate::report::html::badge;
use crate::web::answer::Answer;
use crate::web::asked::Asked;
use crate::web::bubble::bubble;
use crate::web::dashboard::Dashboard;
use crate::web::layout::{self, Page, Place};
use crate::web::looking;
use crate::web::pages::campaign::order;
use crate::web::rounds::Reading;

/// So many are shown at once.
const SHOWN: usize = 50;

/// What is asked for, as it stands in the address.
struct Wanted {
    number: String,
    anywhere: bool,
    status: Option<Status>,
    code: Option<u32>,
    from: From,
    /// Why the number can't be searched for.
    wrong: Option<String>,
}

impl Wanted {
    fn of(asked: &Asked) -> Wanted {
        let job = |name| asked.query.get(name).and_then(|job| job.parse().ok()).map(JobId);
        let from = match (job("after"), job("before")) {
            (Some(job), _) => From::After(job),
            (None, Some(job)) => From::Before(job),
            (None, None) => From::Start,
        };
        Wanted {
            number: asked.query.filled("number").unwrap_or_default().to_owned(),
            anywhere: asked.query.get("anywhere").is_some(),
            status: asked.query.filled("status").and_then(|word| word.parse().ok()),
            code: asked.query.filled("code").and_then(|code| code.parse().ok()),
            from,
            wrong: None,
        }
    }

    fn filter(&mut self) -> Filter {
        let digits = (!self.number.is_empty()).then(|| self.number.parse::<Digits>()).transpose();
        let digits = digits.unwrap_or_else(|why| {
            self.wrong = Some(why);
            None
        });
        let digits = digits.map(|digits| if self.anywhere { digits.anywhere() } else { digits });
        Filter { status: self.status, digits, cause: self.code.map(Cause::Code) }
    }

    /// The address of another part of the same.
    fn link(&self, path: &str, more: &[(&str, String)]) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        if !self.number.is_empty() {
            query.append_pair("number", &self.number);
        }
        if self.anywhere {
            query.append_pair("anywhere", "1");
        }
        if let Some(status) = self.status {
            query.append_pair("status", status.word());
        }
        if let Some(code) = self.code {
            query.append_pair("code", &code.to_string());
        }
        more.iter().for_each(|(name, value)| {
            query.append_pair(name, value);
        });
        format!("{path}?{}", query.finish())
    }
}

/// `GET /c/{name}/people?number=3210&status=failed&after=49`
pub fn page(dashboard: &Dashboard, asked: &Asked) -> Result<Answer, AppError> {
    let campaign_dir = looking::find(asked, asked.param("name"))?;
    let mut wanted = Wanted::of(asked);
    let filter = wanted.filter();
    let look = dashboard.rounds.look(&asked.app.disk, &campaign_dir, dashboard.now(), |recipients| {
        Ok((recipients.page(&filter, wanted.from, SHOWN)?, recipients.counts()))
    })?;
    let path = asked.beside(&format!("/c/{}/people", campaign_dir.name));
    let zone = &dashboard.settings.timezone;
    let retry = match wanted.code {
        Some(code) => order(
            dashboard,
            asked,
            &campaign_dir.name,
            ("retry", "Try these again", ""),
            &[("code", &code.to_string())],
        ),
        None => html! {},
    };
    let main = html! {
        (head(asked, &campaign_dir))
        @match &look {
            Reading::Under(entries) => (reading(*entries)),
            Reading::Read((found, counts)) => {
                section.card #recipients aria-label="Recipients" {
                    (search(&wanted, &path, counts, &retry))
                    (listed(&wanted, &path, found, zone))
                }
            }
        }
    };
    let title = format!("Recipients of {}", campaign_dir.name);
    // A table under somebody's eyes stays as it is; one that is still being read comes by itself, to whoever waits for it.
    let live = asked.live || matches!(look, Reading::Under(_));
    let page = Page { title: &title, place: Place::Campaigns, live };
    Ok(page.answer(dashboard, asked, main))
}

fn head(asked: &Asked, campaign_dir: &CampaignDir) -> Markup {
    html! {
        div.head {
            div {
                p.crumb { a href=(asked.beside(&format!("/c/{}", campaign_dir.name))) { (campaign_dir.name) } }
                h1 { "Recipients" }
            }
        }
    }
}

/// What stands for a round while it is read.
pub fn reading(entries: u64) -> Markup {
    html! {
        section.card #reading role="status" {
            p { strong { "Reading the recipients…" } " " (plural(entries, "entry", "entries")) " of the journal so far." }
            p.note { "This page goes on by itself." }
        }
    }
}

fn search(wanted: &Wanted, path: &str, counts: &Counts, retry: &Markup) -> Markup {
    html! {
        form.search method="get" action=(path) role="search" {
            label {
                "Number "
                input #search name="number" inputmode="numeric" autocomplete="off" value=(wanted.number) placeholder="last digits" aria-describedby=[wanted.wrong.is_some().then_some("wrong")];
            }
            label {
                "Status "
                select name="status" {
                    option value="" { "all " (count(counts.total())) }
                    @for (status, n) in counts.iter() {
                        @if n > 0 || wanted.status == Some(status) {
                            option value=(status.word()) selected[wanted.status == Some(status)] { (word(status)) " " (count(n)) }
                        }
                    }
                }
            }
            label.tick { input type="checkbox" name="anywhere" value="1" checked[wanted.anywhere]; " anywhere in the number" }
            button type="submit" { "Show" }
        }
        @if let Some(why) = &wanted.wrong { p.drop-error #wrong role="alert" { (layout::prose(why)) "." } }
        @if let Some(code) = wanted.code {
            p { "Only those who failed with code " (code) ". " a href=(path) { "All" } }
            (retry)
        }
    }
}

fn word(status: Status) -> String {
    status.word().replace('_', " ")
}

fn listed(wanted: &Wanted, path: &str, found: &Found, zone: &TimeZone) -> Markup {
    html! {
        p.note {
            @match found.total {
                Some(total) => (plural(total, "person", "people")),
                None => { "More than " (count(MAX_FOUND as u64)) ": type more digits." }
            }
        }
        @if found.recipients.is_empty() {
            p { "Nobody is listed for this." }
        } @else {
            table.list.people {
                thead { tr {
                    th scope="col" { "Number" } th scope="col" { "Status" } th scope="col" { "Name" }
                    th scope="col" { "When" } th scope="col" { "What" }
                } }
                tbody { @for person in &found.recipients { (row(path, person, zone)) } }
            }
        }
        p.pages {
            @if found.earlier {
                @if let Some(first) = found.recipients.first() {
                    a.button href=(wanted.link(path, &[("before", first.job.0.to_string())])) rel="prev" { "Earlier" } " "
                }
            }
            @if found.later {
                @if let Some(last) = found.recipients.last() {
                    a.button href=(wanted.link(path, &[("after", last.job.0.to_string())])) rel="next" { "Next " (SHOWN) }
                }
            }
        }
    }
}

/// Who it is: the number, or what stood in its place.
fn who(person: &Recipient) -> String {
    person.phone.map_or_else(|| person.to.to_string(), layout::number)
}

fn row(path: &str, person: &Recipient, zone: &TimeZone) -> Markup {
    html! {
        tr {
            th scope="row" { a href=(format!("{path}/{}", person.job.0)) { (layout::text(&who(person))) } }
            td { (badge(person.status)) }
            td { @if let Some(name) = &person.name { (layout::text(name)) } }
            td { @if let Some(at) = person.at { (local(at, zone)) } }
            td { (what(person)) }
        }
    }
}

/// Why it is so, and what was answered.
fn what(person: &Recipient) -> Markup {
    html! {
        @if let Some(reason) = &person.reason {
            bdi { (layout::prose(reason)) }
            @if let Some(code) = person.code { " " span.code { "code " (code) } }
            @if let Some(advice) = person.advice { span.todo { (layout::prose(advice)) } }
        }
        @if let Some(reply) = &person.reply {
            @if let Some(button) = &reply.button { "pressed " (layout::text(button)) } @else { "replied: " (layout::text(&reply.text)) }
        }
        @if person.stop.is_some() { " · asked to stop" }
    }
}

/// `GET /c/{name}/people/{job}`
pub fn story(dashboard: &Dashboard, asked: &Asked) -> Result<Answer, AppError> {
    let campaign_dir = looking::find(asked, asked.param("name"))?;
    let nobody = || AppError::usage("there is no such recipient");
    let job = JobId(asked.param("job").parse().map_err(|_| nobody())?);
    let look = dashboard
        .rounds
        .look(&asked.app.disk, &campaign_dir, dashboard.now(), |recipients| recipients.story(job))?;
    let zone = &dashboard.settings.timezone;
    let all = asked.beside(&format!("/c/{}/people", campaign_dir.name));
    let (title, shown) = match look {
        Reading::Under(entries) => ("Recipient".to_owned(), reading(entries)),
        Reading::Read(None) => return Err(nobody()),
        Reading::Read(Some(story)) => (who(&story.recipient), told(&story, zone)),
    };
    let main = html! {
        div.head {
            div {
                p.crumb {
                    a href=(asked.beside(&format!("/c/{}", campaign_dir.name))) { (campaign_dir.name) }
                    " · " a href=(all) { "Recipients" }
                }
                h1 { (layout::text(&title)) }
            }
        }
        (shown)
    };
    let page = Page { title: &title, place: Place::Campaigns, live: true };
    Ok(page.answer(dashboard, asked, main))
}

fn told(story: &Story, zone: &TimeZone) -> Markup {
    let Story { recipient, message, was_sent, cells, attempts, events, answers } = story;
    html! {
        section.card aria-label="Where it stands" {
            p { (badge(recipient.status)) @if let Some(at) = recipient.at { " " (local(at, zone)) } }
            @if recipient.reason.is_some() { p { (what(recipient)) } }
            @if let Some(kind) = recipient.skipped_as { p.note { (layout::prose(kind)) } }
        }
        div.columns {
            section.card aria-labelledby="message-title" {
                h2 #message-title { @if *was_sent { "What was sent" } @else { "What is to be sent" } }
                @match message {
                    Some(message) => (bubble(message)),
                    None => p { "Nothing." }
                }
                @if let Some(variant) = &recipient.variant { p.note { "Variant " (layout::text(variant)) } }
            }
            section.card aria-labelledby="row-title" {
                h2 #row-title { "What the row says" }
                @if let Some(row) = recipient.row { p.note { "Row " (row) " of the audience" } }
                dl.words { @for (name, cell) in cells { dt { (layout::text(name)) } dd { (layout::text(cell)) } } }
            }
        }
        section.card aria-labelledby="story-title" {
            h2 #story-title { "What happened" }
            @if attempts.is_empty() && events.is_empty() { p { "Nothing yet." } }
            ol.story { @for attempt in attempts { li { (tried(attempt, zone)) } } }
            @for event in events { @if let Some(line) = ordered(event) { p.note { (line) } } }
            @for answer in answers {
                p {
                    (local(answer.at, zone)) " answered: "
                    @if let Some(button) = &answer.button { (layout::text(if button.title.is_empty() { &button.id } else { &button.title })) }
                    @else if let Some(words) = &answer.words { (layout::text(words)) }
                    @else { "asked to stop" }
                }
            }
        }
    }
}

/// One attempt, line by line.
fn tried(attempt: &AttemptStory, zone: &TimeZone) -> Markup {
    let at = |at: Option<Millis>, word: &str| {
        html! { @if let Some(at) = at { p { (local(at, zone)) " " (word) } } }
    };
    html! {
        p {
            strong { "Attempt " (attempt.no.0) } " " (local(attempt.begun, zone))
            @if let Some(from) = &attempt.from { " from " (layout::text(from.as_str())) }
        }
        (at(attempt.doubted, "its outcome was unknown: in doubt"))
        @if attempt.looks > 0 { p { "The conversation was looked at " (plural(u64::from(attempt.looks), "time", "times")) "." } }
        @match &attempt.end {
            AttemptEnd::Open => p { "On its way." },
            AttemptEnd::Withdrawn => p { "Taken back before it was sent." },
            AttemptEnd::NotAccepted => p { "Not accepted; it was tried again." },
            AttemptEnd::Refused { at: when } => (at(Some(*when), "refused")),
            AttemptEnd::InDoubt => p { "Nobody knows whether it arrived." },
            AttemptEnd::Accepted(delivery) => {
                (at(delivery.accepted_at, "accepted"))
                @if let Some(id) = &delivery.id { p.note { (layout::text(id.as_str())) } }
                (at(delivery.sent_at, "sent"))
                (at(delivery.delivered_at, "delivered"))
                (at(delivery.read_at, "read"))
                (at(delivery.failed_at, "failed"))
            }
        }
        @if let Some(problem) = &attempt.problem {
            p { (layout::text(&problem.reason)) @if let Some(code) = problem.code { " " span.code { "code " (code) } } }
        }
    }
}

/// What was ordered, and what became of the row.
fn ordered(event: &Event) -> Option<&'static str> {
    match event {
        Event::Retry { .. } => Some("It was ordered to be tried again."),
        Event::Resend { .. } => Some("It was ordered to be sent again."),
        Event::Cancelled { by_removal: true } => Some("The row is gone from the file: cancelled."),
        Event::Cancelled { by_removal: false } => Some("Cancelled by order."),
        Event::Skipped { .. } => Some("Skipped before it was sent."),
        Event::Removed => Some("The row is gone from the file."),
        Event::Returned => Some("The row is good again."),
        _ => None,
    }
}
