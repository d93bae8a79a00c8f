//! What is asked for a campaign. A question is a value, answered with a line of text: a terminal reads one, a page has a
//! field.

use crate::app::question::FirstMessage;
use crate::domain::phone::Country;
use crate::sendwo::ConnectedNumber;

/// So many countries are named that would fit.
const MAX_NAMED_COUNTRIES: usize = 6;

/// A question that is answered with a line of text.
#[derive(Clone, Debug)]
pub enum Prompt {
    /// The spreadsheet, by its path; nothing for a sample.
    Audience,
    /// The column with the phone numbers.
    Phone {
        /// All columns.
        columns: Vec<String>,
        /// The one that is probably meant.
        guess: Option<String>,
    },
    /// The country of national numbers.
    Country {
        /// Those in which they are valid, the likeliest first.
        fitting: Vec<Country>,
    },
    /// The message; nothing for the one that is shown.
    Message {
        /// What a template may name.
        columns: Vec<String>,
        /// What the first person would read.
        first: Box<FirstMessage>,
    },
    /// The number that sends.
    Sender {
        /// Those of the account, where it could be asked.
        numbers: Vec<ConnectedNumber>,
    },
    /// The hours of a day; nothing for all day.
    Hours {
        /// By whose clock.
        zone: String,
    },
    /// The earliest start; nothing for at once.
    Start,
}

impl Prompt {
    /// What Enter takes; `None` where there is nothing that it could.
    #[must_use]
    pub fn default(&self) -> Option<String> {
        match self {
            Prompt::Phone { guess, .. } => guess.clone(),
            Prompt::Country { fitting } => fitting.first().map(|country| country.code().to_owned()),
            Prompt::Sender { numbers } if !numbers.is_empty() => Some("1".to_owned()),
            Prompt::Audience
            | Prompt::Message { .. }
            | Prompt::Sender { .. }
            | Prompt::Hours { .. }
            | Prompt::Start => Some(String::new()),
        }
    }

    /// What to know before it is answered, a line each.
    #[must_use]
    pub fn facts(&self) -> Vec<String> {
        match self {
            Prompt::Phone { columns, .. } => vec![format!("Columns: {}", columns.join(", "))],
            Prompt::Country { fitting } => {
                let named: Vec<_> = fitting
                    .iter()
                    .take(MAX_NAMED_COUNTRIES)
                    .map(|country| format!("{} ({})", country.code(), country.name()))
                    .collect();
                let others =
                    if fitting.len() > MAX_NAMED_COUNTRIES { " and other countries" } else { "" };
                let valid = match named.is_empty() {
                    true => String::new(),
                    false => format!("; they are valid in {}{others}", named.join(", ")),
                };
                vec![format!("Numbers in it have no country code{valid}.")]
            }
            Prompt::Message { columns, .. } if !columns.is_empty() => {
                let columns: Vec<_> = columns.iter().map(|column| format!("{{{{ {column} }}}}")).collect();
                vec![format!("Columns to choose from: {}", columns.join(", "))]
            }
            Prompt::Sender { numbers } if numbers.is_empty() => vec![
                "Sendwo's dashboard shows the id of each number, and so does `sendcast numbers` once you have \
                 logged in. A trial needs none."
                    .to_owned(),
            ],
            Prompt::Sender { numbers } => numbers.iter().zip(1..).map(numbered).collect(),
            Prompt::Audience | Prompt::Message { .. } | Prompt::Hours { .. } | Prompt::Start => Vec::new(),
        }
    }

    /// The question itself.
    #[must_use]
    pub fn text(&self) -> String {
        let text = match self {
            Prompt::Audience => "The spreadsheet with the people (Enter: a sample of six)",
            Prompt::Phone { .. } => "The column with the phone numbers",
            Prompt::Country { .. } => {
                "Their country, by its code or its name (-: none, these rows are skipped)"
            }
            Prompt::Message { .. } => r"Your message (Enter: this one; \n begins a new line)",
            Prompt::Sender { numbers } if numbers.is_empty() => {
                "The id of the number that sends (Enter: said later)"
            }
            Prompt::Sender { .. } => "The number that sends",
            Prompt::Hours { zone } => {
                return format!(
                    "The hours in which it may send, such as 09:00-20:00, by the clock of {zone} (Enter: all day):"
                );
            }
            Prompt::Start => "Not before, such as 2026-12-01T10:00 (Enter: as soon as it is run)",
        };
        match self.default().filter(|default| !default.is_empty()) {
            Some(default) => format!("{text} [{default}]:"),
            None => format!("{text}:"),
        }
    }
}

fn numbered((number, position): (&ConnectedNumber, usize)) -> String {
    let mut line = format!("{position}  {}", number.number);
    for known in [&number.display, &number.name].into_iter().flatten() {
        line.push_str("  ");
        line.push_str(known);
    }
    line
}
