//! The page as a whole: its head, its sections, its recipients.

use std::io::{self, Write};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use sha2::{Digest as _, Sha256};

use super::recipients::{Recipients, day};
use super::sections::{CSS as SECTIONS, sections, text};
use crate::report::charts;
use crate::report::columns::audience_names;
use crate::report::head::Head;
use crate::report::overview::Overview;
use crate::report::row::Row;
use crate::report::tally::Tally;
use crate::report::write::{Document, Spec};

/// The page's own style, after that of the charts and the sections.
const CSS: &str = include_str!("page.css");

/// A page in the making.
pub(in crate::report) struct Page {
    overview: Overview,
    recipients: Recipients,
}

impl Page {
    /// Without rows.
    pub(in crate::report) fn new(spec: &Spec, head: &Head) -> Page {
        let recipients = Recipients::new(audience_names(&head.columns));
        Page { overview: Overview::new(spec, head), recipients }
    }

    fn render(&self, tally: &Tally) -> Markup {
        let style = format!("{}{}{SECTIONS}{CSS}", charts::COLOURS, charts::CSS);
        let hash = STANDARD.encode(Sha256::digest(&style));
        let policy =
            format!("default-src 'none'; style-src 'sha256-{hash}'; base-uri 'none'; form-action 'none'");
        let campaign = text(&self.overview.about.campaign);
        html! {
            (DOCTYPE)
            html lang="en" {
                head {
                    meta charset="utf-8";
                    meta http-equiv="Content-Security-Policy" content=(policy);
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    meta name="color-scheme" content="light dark";
                    meta name="referrer" content="no-referrer";
                    meta name="robots" content="noindex";
                    title { (campaign) ": report" }
                    style { (PreEscaped(style)) }
                }
                body {
                    (self.header(tally))
                    main {
                        (sections(tally, &self.recipients.replies()))
                        (self.recipients.render(tally, &self.overview.rows(tally)))
                    }
                    footer {
                        p { "It says what was known when it was made. It holds phone numbers: treat it as such." }
                    }
                }
            }
        }
    }

    fn header(&self, tally: &Tally) -> Markup {
        let Overview { about, zone, made, .. } = &self.overview;
        html! {
            header {
                p.eyebrow {
                    "Campaign report"
                    @if about.trial { span.pill { "trial: nothing has reached WhatsApp" } }
                }
                h1 { bdi { (text(&about.campaign)) } }
                dl.about {
                    div { dt { "Round" } dd { (about.round.max(1)) } }
                    @if let Some(made) = made {
                        div { dt { "Made" } dd { time datetime=(made) { (day(*made)) } } }
                    }
                    div { dt { "Times are" } dd { (zone) } }
                    div { dt { "Holds" } dd { (self.overview.rows(tally)) } }
                }
            }
        }
    }
}

impl Document for Page {
    fn take(&mut self, rows: &[Row]) -> io::Result<()> {
        self.recipients.take(rows);
        Ok(())
    }

    fn finish(self: Box<Self>, tally: &Tally, out: &mut (dyn Write + Send)) -> io::Result<()> {
        out.write_all(self.render(tally).into_string().as_bytes())?;
        out.write_all(b"\n")
    }
}
