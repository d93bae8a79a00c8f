//! `/c/NAME/report`: what a report says, what happened when, and the report itself in every format.

use jiff::tz::TimeZone;
use maud::{Markup, html};

use crate::app::options::{SavedOptions, choices};
use crate::app::recipients::{Bucket, OverTime};
use crate::app::{AppError, reports};
use crate::domain::format::{count, local, plural};
use crate::domain::status::Status;
use crate::report::charts::{self, Line, Tone};
use crate::report::{Filter, Format, Spec, file, html as sections};
use crate::web::answer::Answer;
use crate::web::asked::Asked;
use crate::web::dashboard::Dashboard;
use crate::web::layout::{Page, Place};
use crate::web::looking;
use crate::web::rounds::Reading;

const FORMATS: [(&str, Format, &str); 5] = [
    ("xlsx", Format::Xlsx, "Excel"),
    ("csv", Format::Csv, "CSV"),
    ("html", Format::Html, "a page to print or send on"),
    ("json", Format::Json, "JSON"),
    ("ndjson", Format::Ndjson, "NDJSON"),
];

/// `GET /c/{name}/report`
pub fn page(dashboard: &Dashboard, asked: &Asked) -> Result<Answer, AppError> {
    let campaign_dir = looking::find(asked, asked.param("name"))?;
    let name = &campaign_dir.name;
    let tally = reports::figures(&asked.app, &campaign_dir)?;
    let over_time = over_time(dashboard, asked, name)?;
    let at = asked.beside(&format!("/c/{name}"));
    let main = html! {
        div.head {
            div {
                p.crumb { a href=(at) { (name) } }
                h1 { "Report" }
            }
        }
        (sections::sections(&tally, &html! {}))
        (over_time)
        section.card aria-labelledby="downloads-title" {
            h2 #downloads-title { "Take it with you" }
            (downloads(&at, "Everybody", None, tally.counts.total()))
            (downloads(&at, "Those who failed", Some(Status::Failed), tally.counts[Status::Failed]))
            (downloads(&at, "Those in doubt", Some(Status::InDoubt), tally.counts[Status::InDoubt]))
            (downloads(&at, "Those who were skipped", Some(Status::Skipped), tally.counts[Status::Skipped]))
            p.note { "They hold phone numbers: treat them as such." }
        }
    };
    let page = Page { title: &format!("Report of {name}"), place: Place::Campaigns, live: false };
    Ok(page.answer(dashboard, asked, main))
}

fn downloads(at: &str, who: &str, status: Option<Status>, people: u64) -> Markup {
    let query = status.map(|status| format!("?status={}", status.word())).unwrap_or_default();
    html! {
        @if people > 0 {
            p.downloads {
                (who) ", " (plural(people, "row", "rows")) ": "
                @for (ending, _, words) in FORMATS {
                    @if status.is_none() || ending != "html" {
                        a href=(format!("{at}/report/{ending}{query}")) download { (words) } " "
                    }
                }
            }
        }
    }
}

/// What happened when, as a chart and as a table.
fn over_time(dashboard: &Dashboard, asked: &Asked, name: &str) -> Result<Markup, AppError> {
    let campaign_dir = looking::find(asked, name)?;
    let look = dashboard.rounds.look(&asked.app.disk, &campaign_dir, dashboard.now(), |recipients| {
        Ok(chart(recipients.over_time(), &dashboard.settings.timezone))
    })?;
    Ok(match look {
        Reading::Under(_) => html! {},
        Reading::Read(chart) => chart,
    })
}

/// Lines that rise, and the same as a table.
pub fn chart(over_time: &OverTime, zone: &TimeZone) -> Markup {
    let (buckets, minutes) = (over_time.buckets(), over_time.minutes());
    let summed = |of: fn(&Bucket) -> u64| {
        let mut sum = 0;
        let mut values: Vec<u64> = buckets
            .iter()
            .map(|bucket| {
                sum += of(bucket);
                sum
            })
            .collect();
        // The chart begins before the first message.
        values.insert(0, 0);
        values
    };
    let lines = [
        Line { name: "taken by Sendwo", tone: Tone::Sent, values: summed(|bucket| bucket.accepted) },
        Line { name: "delivered", tone: Tone::Good, values: summed(|bucket| bucket.delivered) },
        Line { name: "read", tone: Tone::Read, values: summed(|bucket| bucket.read) },
    ];
    let each = if minutes == 1 { "minute".to_owned() } else { plural(minutes, "minute", "minutes") };
    html! {
        @if let (Some(first), Some(last)) = (buckets.first(), buckets.last()) {
            section.card #over-time aria-labelledby="over-time-title" {
                h2 #over-time-title { "Over time" }
                (charts::lines(&lines))
                p.axis { span { (local(first.at, zone)) } span { (local(last.at, zone)) } }
                details {
                    summary { "As a table" }
                    table.list {
                        thead { tr {
                            th scope="col" { "From" } th scope="col" { "Accepted" } th scope="col" { "Delivered" }
                            th scope="col" { "Read" } th scope="col" { "Failed" }
                        } }
                        tbody {
                            @for bucket in &buckets {
                                tr {
                                    th scope="row" { (local(bucket.at, zone)) }
                                    td { (count(bucket.accepted)) } td { (count(bucket.delivered)) }
                                    td { (count(bucket.read)) } td { (count(bucket.failed)) }
                                }
                            }
                        }
                    }
                    p.note { "Each row is one " (each) "." }
                }
            }
        }
    }
}

/// `GET /c/{name}/report/{format}?status=failed`
pub fn download(_: &Dashboard, asked: &Asked) -> Result<Answer, AppError> {
    let campaign_dir = looking::find(asked, asked.param("name"))?;
    let wanted = asked.param("format");
    let format = FORMATS.iter().find(|(ending, ..)| *ending == wanted).map(|(_, format, _)| *format);
    let format = format.ok_or_else(|| AppError::usage("there is no report in this format"))?;
    let statuses: Vec<Status> = asked
        .query
        .all("status")
        .map(|word| word.parse().map_err(|why: String| AppError::usage(why)))
        .collect::<Result<_, _>>()?;
    let stored = SavedOptions::load(&*asked.app.disk, &campaign_dir.dir)?;
    let zone = choices::timezone(&asked.app.settings, &stored);
    let spec = Spec { format, filter: Filter::of(&statuses), zone, ..Spec::default() };
    let mut name = file::default_name(&campaign_dir.name, asked.trial, campaign_dir.round, format);
    if let [status] = statuses[..] {
        name = name.replace(".report.", &format!(".{}.", status.word()));
    }
    let media_type = match format {
        Format::Csv => "text/csv; charset=utf-8",
        Format::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        Format::Html => "text/html; charset=utf-8",
        Format::Json => "application/json",
        Format::Ndjson => "application/x-ndjson",
    };
    Ok(Answer::download(
        name,
        media_type,
        Box::new(move |app, out| reports::to_writer(app, &campaign_dir, &spec, out).map(drop)),
    ))
}
