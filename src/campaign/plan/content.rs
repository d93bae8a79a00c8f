//! The one message of a JSON campaign: compiled once, checked once, rendered for every row.

use std::collections::BTreeSet;

use crate::campaign::file::campaign::Draft;
use crate::campaign::template::{TemplateError, Templates, Text};
use crate::domain::message::{
    self, BUTTON_ID_LIMIT, BUTTON_TITLE_LIMIT, BUTTONS_BODY_LIMIT, Button, LimitError, MediaKind, Message,
    Part, TEXT_LIMIT,
};
use crate::domain::problem::Problem;

/// A message ready to render.
#[derive(Debug)]
pub(super) struct Compiled {
    texts: Texts,
    /// The message itself, where nothing in it is to be filled in.
    fixed: Option<Message>,
    /// What `check` should tell of the whole message.
    pub notes: Vec<String>,
    /// The positions of the columns that the texts name, in order.
    pub columns: BTreeSet<usize>,
}

#[derive(Debug)]
enum Texts {
    Text { body: Text },
    Media { kind: MediaKind, url: Text, caption: Option<Text> },
    Buttons { body: Text, buttons: Vec<(Text, Text)> },
    Flow { flow_id: Text },
}

/// What is wrong with the message for every row, and in which part.
#[derive(Debug)]
pub(super) struct Wrong {
    /// Which part.
    pub part: Part,
    /// What.
    pub what: String,
}

impl From<LimitError> for Wrong {
    fn from(error: LimitError) -> Wrong {
        Wrong { part: error.part, what: error.what }
    }
}

impl Compiled {
    /// Compiles the texts, and looks for all that would be wrong with every row.
    pub fn new(draft: &Draft, templates: &Templates) -> Result<Compiled, Wrong> {
        let (mut notes, mut columns) = (Vec::new(), BTreeSet::new());
        let mut compile = |part: Part, source: &str| -> Result<Text, Wrong> {
            let wrong = |error: TemplateError| Wrong { part, what: error.what };
            let text = templates.compile(source).map_err(wrong)?;
            columns.extend(text.columns());
            notes.extend(text.warnings().into_iter().map(|warning| format!("{part} {warning}")));
            if let Some(plain) = text.plain() {
                check_plain(draft, part, plain)?;
                return Ok(text);
            }
            for name in text.only_fallbacks() {
                let near = templates.near(name).map(|near| format!("; did you mean `{near}`?"));
                notes.push(format!(
                    "{part}: no column and no variable is called `{name}`, so everybody gets its fallback{}",
                    near.unwrap_or_default()
                ));
            }
            Ok(text)
        };
        let texts = match draft {
            Draft::Text { body } => Texts::Text { body: compile(Part::Body, body)? },
            Draft::Media { kind, url, caption } => {
                if *kind == MediaKind::Audio && caption.is_some() {
                    message::check_caption(*kind, "")?;
                }
                let url = compile(Part::Url, url)?;
                let caption = caption.as_deref().map(|text| compile(Part::Caption, text)).transpose()?;
                Texts::Media { kind: *kind, url, caption }
            }
            Draft::Buttons { body, buttons } => {
                let body = compile(Part::Body, body)?;
                let buttons = buttons.iter().enumerate().map(|(n, (id, title))| {
                    Ok((compile(Part::ButtonId(n), id)?, compile(Part::ButtonTitle(n), title)?))
                });
                Texts::Buttons { body, buttons: buttons.collect::<Result<_, Wrong>>()? }
            }
            Draft::Flow { flow_id } => Texts::Flow { flow_id: compile(Part::FlowId, flow_id)? },
        };
        let plain = match &texts {
            Texts::Text { body } => body.plain().is_some(),
            Texts::Media { url, caption, .. } => {
                url.plain().is_some() && caption.as_ref().is_none_or(|text| text.plain().is_some())
            }
            Texts::Buttons { body, buttons } => {
                body.plain().is_some()
                    && buttons.iter().all(|(id, title)| id.plain().is_some() && title.plain().is_some())
            }
            Texts::Flow { flow_id } => flow_id.plain().is_some(),
        };
        let mut compiled = Compiled { texts, fixed: None, notes, columns };
        if plain {
            let message =
                compiled.fill(templates).map_err(|(part, error)| Wrong { part, what: error.what })?;
            message.check()?;
            compiled.fixed = Some(message);
        }
        Ok(compiled)
    }

    /// The message that is the same for everybody, where it is.
    pub fn fixed(&self) -> Option<&Message> {
        self.fixed.as_ref()
    }

    /// The message for the row that the templates hold.
    ///
    /// # Errors
    /// Why this row gets none, naming the part unless it is the body.
    pub fn render(&self, templates: &Templates) -> Result<Message, Problem> {
        let message = self.fill(templates).map_err(|(part, error)| match part {
            Part::Body => error.problem(),
            part => Problem { reason: format!("{part}: {}", error.what).into(), ..error.problem() },
        })?;
        message.check().map_err(|error| Problem::new(error.to_string()))?;
        Ok(message)
    }

    fn fill(&self, templates: &Templates) -> Result<Message, (Part, TemplateError)> {
        let render = |part: Part, text: &Text| templates.render(text).map_err(|error| (part, error));
        let trimmed = |part: Part, text: &Text| render(part, text).map(trim);
        Ok(match &self.texts {
            Texts::Text { body } => Message::Text { body: render(Part::Body, body)? },
            Texts::Media { kind, url, caption } => {
                let url = trimmed(Part::Url, url)?;
                let caption = caption.as_ref().map(|text| render(Part::Caption, text)).transpose()?;
                Message::Media { kind: *kind, url, caption }
            }
            Texts::Buttons { body, buttons } => {
                let body = render(Part::Body, body)?;
                let buttons = buttons.iter().enumerate().map(|(n, (id, title))| {
                    let (id, title) =
                        (trimmed(Part::ButtonId(n), id)?, trimmed(Part::ButtonTitle(n), title)?);
                    Ok(Button { id, title })
                });
                Message::Buttons { body, buttons: buttons.collect::<Result<_, _>>()? }
            }
            Texts::Flow { flow_id } => Message::Flow { flow_id: trimmed(Part::FlowId, flow_id)? },
        })
    }
}

/// Without the white space around it; the same allocation where there is none.
pub(super) fn trim(text: String) -> String {
    let trimmed = text.trim();
    if trimmed.len() == text.len() { text } else { trimmed.to_owned() }
}

fn check_plain(draft: &Draft, part: Part, text: &str) -> Result<(), LimitError> {
    match (part, draft) {
        (Part::Body, Draft::Buttons { .. }) => message::check_length(part, text, BUTTONS_BODY_LIMIT),
        (Part::Body, _) => message::check_length(part, text, TEXT_LIMIT),
        (Part::Url, Draft::Media { kind, .. }) => message::check_url(*kind, text.trim()),
        (Part::Caption, Draft::Media { kind, .. }) => message::check_caption(*kind, text),
        (Part::ButtonId(_), _) => message::check_length(part, text.trim(), BUTTON_ID_LIMIT),
        (Part::ButtonTitle(_), _) => message::check_length(part, text.trim(), BUTTON_TITLE_LIMIT),
        _ => Ok(()),
    }
}
