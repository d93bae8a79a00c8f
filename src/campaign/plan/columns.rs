//! A campaign in a spreadsheet: which column is what, and the message of a row.
//!
//! What a row is follows from the cells it fills: `flow_id` a flow, `media_url` media, a button's title
//! buttons, `message` alone a text. Where cells of two kinds are filled the row is bad unless `type` decides.

use url::Url;

use crate::campaign::error::is_template;
use crate::campaign::plan::content::trim;
use crate::campaign::recognise::headers::plain;
use crate::campaign::tables::Row;
use crate::campaign::template::Templates;
use crate::campaign::text::probable;
use crate::campaign::text::visible;
use crate::domain::message::{self, BUTTON_COUNT_LIMIT, Button, LimitError, MediaKind, Message, Part};
use crate::domain::problem::Problem;

/// Where the columns of a message are.
#[derive(Clone, Debug, Default)]
pub(super) struct Columns {
    headers: Vec<String>,
    message: Option<usize>,
    media_type: Option<usize>,
    media_url: Option<usize>,
    caption: Option<usize>,
    flow_id: Option<usize>,
    kind: Option<usize>,
    buttons: [(Option<usize>, Option<usize>); BUTTON_COUNT_LIMIT],
    /// Who sends a row.
    pub from: Option<usize>,
}

/// Why a row has no message: what it would have been (or empty), and the reason.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct NoMessage {
    /// The contract's word for the type, where it can be told.
    pub kind: &'static str,
    /// Why.
    pub problem: Problem,
}

const KINDS: [&str; 4] = ["text", "media", "buttons", "flow"];

impl Columns {
    /// Finds the columns of a message, in upper or lower case; `message` is the column of the texts, where that is said.
    ///
    /// # Errors
    /// What is wrong, and a hint: a fourth button, or nothing that could be sent.
    pub fn new(headers: &[String], message: Option<usize>) -> Result<Columns, (String, String)> {
        let mut columns = Columns { headers: headers.to_vec(), message, ..Columns::default() };
        for (position, header) in headers.iter().enumerate() {
            let name = plain(header);
            let slot = match name.as_str() {
                "message" => &mut columns.message,
                "media_type" => &mut columns.media_type,
                "media_url" => &mut columns.media_url,
                "caption" => &mut columns.caption,
                "flow_id" => &mut columns.flow_id,
                "type" => &mut columns.kind,
                "from" => &mut columns.from,
                _ => match button_column(&name) {
                    Some((n, is_id)) if (1..=BUTTON_COUNT_LIMIT).contains(&n) => {
                        let (id, title) = &mut columns.buttons[n - 1];
                        if is_id { id } else { title }
                    }
                    Some(_) => {
                        let what =
                            format!("column `{header}`: WhatsApp takes at most {BUTTON_COUNT_LIMIT} buttons");
                        return Err((what, "take the column away, or rename it".to_owned()));
                    }
                    None => continue,
                },
            };
            slot.get_or_insert(position);
        }
        if columns.message.is_none() && columns.media_url.is_none() && columns.flow_id.is_none() {
            return Err((
                "has none of the columns `message`, `media_url` and `flow_id`, so there is nothing to send"
                    .into(),
                "add a column `message`, or say which one it is: `--message COLUMN`; or, where this is only the audience, name it in a JSON campaign's \
                 `audience.file`"
                    .into(),
            ));
        }
        Ok(columns)
    }

    /// Leaves `type` and `from` to the templates where the cells aren't among the words that they take: of those that say
    /// anything, half have to. `is_sender` knows numbers that send. Yields what there is to tell.
    pub fn drop_what_is_data(&mut self, rows: &[&Row], is_sender: impl Fn(&str) -> bool) -> Vec<String> {
        let fitting = |position: usize, fits: &dyn Fn(&str) -> bool| {
            let cells = rows.iter().map(|row| row.cells.get(position).map_or("", |cell| visible(cell)));
            let (mut filled, mut fit) = (0, 0);
            for cell in cells.filter(|cell| !cell.is_empty()) {
                filled += 1;
                fit += usize::from(fits(cell));
            }
            fit * 2 >= filled
        };
        let is_kind = |cell: &str| {
            let word = cell.to_ascii_lowercase();
            KINDS.contains(&word.as_str()) || probable(&word, KINDS).is_some()
        };
        // An id as Meta makes them, or as the API's documents write one: `PHONE_NUMBER_ID`.
        let is_number = |cell: &str| {
            let of_id = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
            is_sender(cell)
                || ((6..=40).contains(&cell.len())
                    && cell.bytes().all(of_id)
                    && cell.bytes().any(|byte| byte.is_ascii_digit() || byte == b'_'))
        };
        let mut notes = Vec::new();
        if let Some(position) = self.kind.take_if(|position| !fitting(*position, &is_kind)) {
            notes.push(format!(
                "column `{}` doesn't hold types of messages (text, media, buttons, flow): it is taken for data",
                self.headers[position]
            ));
        }
        if let Some(position) = self.from.take_if(|position| !fitting(*position, &is_number)) {
            notes.push(format!(
                "column `{}` doesn't hold phone number ids that send (`sendcast numbers` lists them): it is taken for data",
                self.headers[position]
            ));
        }
        notes
    }

    /// What the columns are that make a row's message, by position.
    pub fn uses(&self) -> Vec<(usize, &'static str)> {
        let buttons =
            self.buttons.iter().flat_map(|&(id, title)| [(id, "a button's id"), (title, "a button's title")]);
        let columns = [
            (self.message, "the message"),
            (self.media_type, "the kind of media"),
            (self.media_url, "the media's address"),
            (self.caption, "the caption"),
            (self.flow_id, "the flow"),
            (self.kind, "the kind of message"),
            (self.from, "the number that sends"),
        ];
        columns.into_iter().chain(buttons).filter_map(|(column, what)| Some((column?, what))).collect()
    }

    /// The message of the row that the templates hold.
    pub fn message(&self, templates: &mut Templates) -> Result<Message, NoMessage> {
        let kind = self.kind_of(|position| templates.cell(position))?;
        let bad = |problem: Problem| NoMessage { kind, problem };
        let message = match kind {
            "text" => Message::Text { body: self.required(templates, self.message, "message").map_err(bad)? },
            "flow" => {
                let flow_id = self.required(templates, self.flow_id, "flow_id").map_err(bad)?;
                Message::Flow { flow_id: trim(flow_id) }
            }
            "media" => {
                let url = trim(self.required(templates, self.media_url, "media_url").map_err(bad)?);
                let media = self.media_kind(templates, &url).map_err(bad)?;
                let caption = self.optional(templates, self.caption).map_err(bad)?;
                Message::Media { kind: media, url, caption }
            }
            _ => {
                let body = self.required(templates, self.message, "message").map_err(bad)?;
                Message::Buttons { body, buttons: self.buttons(templates).map_err(bad)? }
            }
        };
        match message.check() {
            Ok(()) => Ok(message),
            Err(error) => Err(bad(self.limit(&error))),
        }
    }

    /// What a row is, by its cells.
    pub fn kind_of<'c>(&self, cell: impl Fn(usize) -> &'c str) -> Result<&'static str, NoMessage> {
        let filled = |column: Option<usize>| column.is_some_and(|position| !cell(position).is_empty());
        let unclear = |problem: Problem| Err(NoMessage { kind: "", problem });
        let blamed =
            |position: usize, why: String| unclear(Problem::new(why).in_column(&*self.headers[position]));
        if let Some(position) = self.kind.filter(|_| filled(self.kind)) {
            let written = cell(position);
            let word = written.to_ascii_lowercase();
            if is_template(&word) {
                let why = format!(
                    "column `{}`: `{written}`: Meta's message templates can't be sent by themselves; put the template into \
                     a bot flow, and its id into a column `flow_id`",
                    self.headers[position]
                );
                return blamed(position, why);
            }
            return match KINDS.into_iter().find(|kind| *kind == word) {
                Some(kind) => Ok(kind),
                None => {
                    let near = probable(&word, KINDS).map(|near| format!("; did you mean `{near}`?"));
                    let why = format!(
                        "column `{}`: `{written}` isn't allowed{}, it is text, media, buttons or flow",
                        self.headers[position],
                        near.unwrap_or_default()
                    );
                    blamed(position, why)
                }
            };
        }
        let buttons = self.buttons.iter().any(|(_, title)| filled(*title));
        let message = filled(self.message);
        match (filled(self.flow_id), filled(self.media_url), buttons, message) {
            (true, false, false, false) => Ok("flow"),
            (false, true, false, false) => Ok("media"),
            (false, false, true, _) => Ok("buttons"),
            (false, false, false, true) => Ok("text"),
            (false, false, false, false) => unclear(Problem::new("there is nothing to send in this row")),
            (false, true, false, true) => unclear(Problem::new(
                "both `message` and `media_url` are filled; put the text under the media into `caption`, or say \
                 in a column `type` which one it is",
            )),
            _ => unclear(Problem::new(
                "cells of more than one kind of message are filled; say in a column `type` which one it is: text, \
                 media, buttons or flow",
            )),
        }
    }

    fn media_kind(&self, templates: &Templates, url: &str) -> Result<MediaKind, Problem> {
        let written = self.media_type.map_or("", |position| templates.cell(position));
        if written.is_empty() {
            let extension = Url::parse(url).ok().and_then(|url| message::extension(&url));
            return extension.and_then(|extension| MediaKind::of_extension(&extension)).ok_or_else(|| {
                Problem::new(
                    "the file's type can't be told from its address; fill in `media_type`: image, video, audio or \
                     document",
                )
            });
        }
        let word = written.to_ascii_lowercase();
        MediaKind::ALL.into_iter().find(|kind| kind.word() == word).ok_or_else(|| {
            self.blamed(self.media_type, "media_type", |column| {
                format!("{column}: `{written}` isn't allowed, it is image, video, audio or document")
            })
        })
    }

    fn buttons(&self, templates: &mut Templates) -> Result<Vec<Button>, Problem> {
        let mut buttons: Vec<Button> = Vec::with_capacity(BUTTON_COUNT_LIMIT);
        for (n, &(id, title)) in self.buttons.iter().enumerate() {
            let id = self.optional(templates, id)?.map(trim);
            let Some(title) = self.optional(templates, title)?.map(trim) else {
                match id {
                    None => continue,
                    Some(_) => {
                        return Err(Problem::new(format!("button {} has an id but no title", n + 1)));
                    }
                }
            };
            let id = id.unwrap_or_else(|| made_id(&title, n, &buttons));
            buttons.push(Button { id, title });
        }
        Ok(buttons)
    }

    fn required(
        &self,
        templates: &mut Templates,
        column: Option<usize>,
        name: &str,
    ) -> Result<String, Problem> {
        let empty = || self.blamed(column, name, |column| format!("{column} is empty"));
        self.optional(templates, column)?.ok_or_else(empty)
    }

    /// A cell's text, rendered; `None` where it is empty.
    fn optional(&self, templates: &mut Templates, column: Option<usize>) -> Result<Option<String>, Problem> {
        let Some(position) = column.filter(|&position| !templates.cell(position).is_empty()) else {
            return Ok(None);
        };
        let rendered = templates.render_cell(position);
        rendered
            .map(Some)
            .map_err(|error| self.blamed(column, "", |column| format!("{column}: {}", error.what)))
    }

    /// What is wrong in a column, by its header or, where there is none, by what it would be called.
    fn blamed(&self, column: Option<usize>, name: &str, why: impl FnOnce(&str) -> String) -> Problem {
        let header = column.and_then(|position| self.headers.get(position)).map_or(name, String::as_str);
        Problem::new(why(&format!("column `{header}`"))).in_column(header)
    }

    /// A broken limit, by the column that breaks it.
    fn limit(&self, error: &LimitError) -> Problem {
        let button = |n: usize| self.buttons.get(n).copied().unwrap_or_default();
        let column = match error.part {
            Part::Body => self.message,
            Part::Url => self.media_url,
            Part::Caption => self.caption,
            Part::FlowId => self.flow_id,
            Part::ButtonId(n) => button(n).0,
            Part::ButtonTitle(n) => button(n).1,
            Part::Buttons => None,
        };
        match column {
            Some(_) => self.blamed(column, "", |column| format!("{column}: {}", error.what)),
            None => Problem::new(error.to_string()),
        }
    }
}

/// `button2_title`, also `button_2_title`: the button's number, and whether it is the id.
fn button_column(name: &str) -> Option<(usize, bool)> {
    let rest = name.strip_prefix("button")?;
    let (number, part) = rest.strip_prefix('_').unwrap_or(rest).split_once('_')?;
    let number = number.parse().ok()?;
    match part {
        "id" => Some((number, true)),
        "title" => Some((number, false)),
        _ => None,
    }
}

/// An id out of a title, unlike those before it: `Book a call` becomes `book_a_call`.
fn made_id(title: &str, n: usize, before: &[Button]) -> String {
    let id = plain(title);
    let numbered = format!("button{}", n + 1);
    if id.is_empty() {
        numbered
    } else if before.iter().any(|button| button.id == id) {
        format!("{id}_{}", n + 1)
    } else {
        id
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    /// The message of one row; the kind and the reason where there is none.
    fn row(cells: &[(&str, &str)]) -> Result<Message, String> {
        let headers: Vec<String> = cells.iter().map(|(header, _)| (*header).to_owned()).collect();
        let columns = Columns::new(&headers, None).map_err(|(what, hint)| format!("{what} ({hint})"))?;
        let mut templates = Templates::new(&headers, &BTreeMap::new());
        templates.hold(cells.iter().map(|(_, cell)| (*cell).into()).collect(), Vec::new());
        columns.message(&mut templates).map_err(|none| format!("{}|{}", none.kind, none.problem.reason))
    }

    fn button(id: &str, title: &str) -> Button {
        Button { id: id.into(), title: title.into() }
    }

    #[test]
    fn a_row_is_what_its_cells_say() {
        assert_eq!(
            row(&[("Message", "Hi {{ name }}"), ("name", "Ana"), ("media_url", " ")]),
            Ok(Message::Text { body: "Hi Ana".into() })
        );
        assert_eq!(
            row(&[("Media URL", "https://e.org/{{ id }}.PDF "), ("id", "7"), ("caption", "For {{ id }}")]),
            Ok(Message::Media {
                kind: MediaKind::Document,
                url: "https://e.org/7.PDF".into(),
                caption: Some("For 7".into())
            })
        );
        assert_eq!(row(&[("flow_id", "99"), ("message", "")]), Ok(Message::Flow { flow_id: "99".into() }));
        assert_eq!(
            row(&[
                ("message", "Coming?"),
                ("button1_title", "Yes, I am"),
                ("button2_id", "n"),
                ("button2_title", "No"),
                ("Button 3 Title", "🤔"),
            ]),
            Ok(Message::Buttons {
                body: "Coming?".into(),
                buttons: vec![button("yes_i_am", "Yes, I am"), button("n", "No"), button("button3", "🤔")]
            })
        );
        assert_eq!(
            row(&[
                ("message", "?"),
                ("button1_title", "Yes"),
                ("button2_title", "yes!"),
                ("button3_title", "")
            ]),
            Ok(Message::Buttons {
                body: "?".into(),
                buttons: vec![button("yes", "Yes"), button("yes_2", "yes!")]
            }),
            "made ids are unlike each other"
        );
    }

    #[test]
    fn a_doubt_is_settled_by_type() {
        let doubt = row(&[("message", "Hi"), ("media_url", "https://e.org/a.png")]).unwrap_err();
        assert!(doubt.starts_with("|both `message` and `media_url` are filled"), "{doubt}");
        assert_eq!(
            row(&[("message", "Hi"), ("media_url", "https://e.org/a.png"), ("type", "Text")]),
            Ok(Message::Text { body: "Hi".into() })
        );
        assert_eq!(
            row(&[("message", "Hi"), ("flow_id", "9"), ("type", "txt")]),
            Err("|column `type`: `txt` isn't allowed; did you mean `text`?, it is text, media, buttons or flow".into())
        );
    }

    #[test]
    fn bad_rows_name_the_column() {
        assert_eq!(
            row(&[("message", ""), ("flow_id", "")]),
            Err("|there is nothing to send in this row".into())
        );
        assert_eq!(
            row(&[("Message", "{{ nme }}"), ("name", "")]),
            Err("text|column `Message`: no column and no variable is called `nme`; did you mean `name`?; \
                 there are `Message`, `name`"
                .into())
        );
        assert_eq!(
            row(&[("message", "?"), ("button1_title", "far too long for a button")]),
            Err("buttons|column `button1_title`: is 25 characters long; WhatsApp takes at most 20".into())
        );
        assert_eq!(
            row(&[("media_url", "https://e.org/x"), ("media_type", "")]),
            Err("media|the file's type can't be told from its address; fill in `media_type`: image, video, audio \
                 or document"
                .into())
        );
        assert_eq!(
            row(&[("media_url", "https://e.org/x.png"), ("media_type", "gif")]),
            Err("media|column `media_type`: `gif` isn't allowed, it is image, video, audio or document"
                .into())
        );
        assert_eq!(
            row(&[("message", "?"), ("button1_title", "Yes"), ("button2_id", "n"), ("button2_title", "")]),
            Err("buttons|button 2 has an id but no title".into())
        );
        assert!(row(&[("name", "x")]).unwrap_err().starts_with("has none of the columns `message`"));
        assert!(row(&[("message", "x"), ("button4_title", "x")]).unwrap_err().contains("at most 3 buttons"));
    }
}
