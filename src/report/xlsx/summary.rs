//! The first sheet: what the campaign came to. Its sections follow each other downwards, each under a heading of its own.

use std::io;

use rust_xlsxwriter::{
    Chart, ChartDataLabel, ChartFont, ChartFormat, ChartLine, ChartSolidFill, ChartType, Color, Format,
    FormatAlign, FormatBorder, Worksheet, XlsxError,
};

use super::text::{failed, fit, serial};
use crate::domain::codes::advice;
use crate::domain::format::plural;
use crate::report::comparison::{Comparison, NOTE as COMPARISON_NOTE, with_interval};
use crate::report::overview::{FUNNEL_NOTE, MAX_GROUPS, Overview, REPLIES_NOTE, not_accepted};
use crate::report::tally::Tally;

/// The green of bars and headings.
const GREEN: u32 = 0x0B_6B_43;
const GREY: u32 = 0x5B_65_60;
const LINE: u32 = 0xD5_DB_D7;
/// Widths of the columns, in characters.
const WIDTHS: [f64; 4] = [24.0, 20.0, 64.0, 64.0];
/// Points of a line of text.
const LINE_POINTS: u32 = 15;
/// The chart stands beside the funnel, over the third column.
const CHART_WIDTH: u32 = 452;
const CHART_HEIGHT: u32 = 270;
/// Rows that it covers.
const CHART_ROWS: u32 = 14;

/// What is on the sheet.
pub(super) struct Summary<'a> {
    pub(super) overview: &'a Overview,
    pub(super) tally: &'a Tally,
    /// Sheets of recipients.
    pub(super) sheets: usize,
}

struct Looks {
    title: Format,
    heading: Format,
    header: Format,
    right: Format,
    indented: Format,
    label: Format,
    text: Format,
    meaning: Format,
    code: Format,
    time: Format,
    count: Format,
    wrapped: Format,
    note: Format,
}

impl Looks {
    fn new() -> Looks {
        let top = || Format::new().set_align(FormatAlign::Top);
        let header = || {
            let line = Color::RGB(GREEN);
            top().set_bold().set_border_bottom(FormatBorder::Thin).set_border_bottom_color(line)
        };
        let cell = || top().set_border_bottom(FormatBorder::Hair).set_border_bottom_color(Color::RGB(LINE));
        Looks {
            title: Format::new().set_bold().set_font_size(18),
            heading: Format::new().set_bold().set_font_size(13).set_font_color(Color::RGB(GREEN)),
            header: header(),
            right: header().set_align(FormatAlign::Right),
            indented: header().set_align(FormatAlign::Left).set_indent(1),
            label: top().set_font_color(Color::RGB(GREY)),
            text: cell(),
            meaning: cell().set_align(FormatAlign::Left).set_indent(1),
            code: cell().set_num_format("0").set_align(FormatAlign::Left),
            time: top().set_num_format("yyyy-mm-dd hh:mm:ss").set_align(FormatAlign::Left),
            count: cell().set_num_format("#,##0"),
            wrapped: cell().set_text_wrap().set_align(FormatAlign::Left).set_indent(1),
            note: Format::new().set_italic().set_font_color(Color::RGB(GREY)),
        }
    }
}

impl Summary<'_> {
    /// The sheet's name.
    pub(super) const TITLE: &'static str = "Summary";

    /// Writes it.
    pub(super) fn write(&self, sheet: &mut Worksheet) -> io::Result<()> {
        self.sections(sheet).map_err(failed)
    }

    fn sections(&self, sheet: &mut Worksheet) -> Result<(), XlsxError> {
        let looks = Looks::new();
        for (column, width) in (0..).zip(WIDTHS) {
            sheet.set_column_width(column, width)?;
        }
        sheet.set_screen_gridlines(false).set_landscape().set_print_fit_to_pages(1, 0);
        let row = self.about(sheet, &looks)?;
        let row = self.funnel(sheet, &looks, row)?;
        let row = self.not_accepted(sheet, &looks, row)?;
        let row = self.variants(sheet, &looks, row)?;
        let row = self.failures(sheet, &looks, row)?;
        self.replies(sheet, &looks, row)?;
        Ok(())
    }

    fn about(&self, sheet: &mut Worksheet, looks: &Looks) -> Result<u32, XlsxError> {
        let Summary { overview, tally, sheets } = self;
        sheet.set_row_height(0, 28)?;
        sheet.write_string_with_format(0, 0, fit(&overview.about.campaign), &looks.title)?;
        let mut rows = vec![("round", overview.round()), ("times are", overview.zone.clone())];
        rows.push(("holds", overview.rows(tally)));
        if *sheets > 1 {
            rows.push(("sheets", format!("the recipients are on {sheets} sheets, since one is full")));
        }
        let mut row = 1;
        sheet.write_string_with_format(row, 0, "report made", &looks.label)?;
        if let Some(made) = overview.made {
            sheet.write_number_with_format(row, 1, serial(made), &looks.time)?;
        }
        for (label, text) in rows {
            row += 1;
            sheet.write_string_with_format(row, 0, label, &looks.label)?;
            sheet.write_string(row, 1, fit(&text))?;
        }
        Ok(row + 2)
    }

    fn funnel(&self, sheet: &mut Worksheet, looks: &Looks, mut row: u32) -> Result<u32, XlsxError> {
        let above = row;
        heading(sheet, looks, &mut row, "From the audience to the replies", &["stage", "people"])?;
        let first = row;
        for stage in self.tally.funnel().stages() {
            let label = match stage.percent {
                Some(percent) => format!("{} ({percent} %)", stage.name),
                None => stage.name.to_owned(),
            };
            sheet.write_string_with_format(row, 0, label, &looks.text)?;
            sheet.write_number_with_format(row, 1, number(stage.people), &looks.count)?;
            row += 1;
        }
        chart(sheet, above, first, row - 1)?;
        // Below the chart, which a longer text would run behind.
        let row = row.max(above + CHART_ROWS);
        sheet.write_string_with_format(row, 0, FUNNEL_NOTE, &looks.note)?;
        Ok(row + 2)
    }

    fn not_accepted(&self, sheet: &mut Worksheet, looks: &Looks, mut row: u32) -> Result<u32, XlsxError> {
        let mut others = not_accepted(&self.tally.counts).peekable();
        if others.peek().is_none() {
            return Ok(row);
        }
        heading(sheet, looks, &mut row, "Not among the accepted", &["status", "people", "meaning"])?;
        for (status, meaning, people) in others {
            sheet.write_string_with_format(row, 0, status.word(), &looks.text)?;
            sheet.write_number_with_format(row, 1, number(people), &looks.count)?;
            sheet.write_string_with_format(row, 2, meaning, &looks.meaning)?;
            row += 1;
        }
        Ok(row + 1)
    }

    fn variants(&self, sheet: &mut Worksheet, looks: &Looks, mut row: u32) -> Result<u32, XlsxError> {
        let Some(compared) = Comparison::of(self.tally) else { return Ok(row) };
        heading(sheet, looks, &mut row, "Variants", &["variant", "people", "share", "what it says"])?;
        let written: Vec<_> = compared.variants.iter().map(|(name, people)| (name, *people, None)).collect();
        let measures = compared.measures.iter().map(|measure| {
            let named = compared.variants.iter().zip(&measure.shares);
            let rows = named.map(|((name, _), share)| (name, share.people, Some(*share))).collect();
            (measure.name.as_str(), compared.verdict(measure), rows)
        });
        let all = std::iter::once(("written to", String::new(), written)).chain(measures);
        for (measure, verdict, rows) in all {
            for (at, (name, people, share)) in rows.into_iter().enumerate() {
                let label = format!("{measure}: {name}");
                sheet.write_string_with_format(row, 0, fit(&label), &looks.text)?;
                sheet.write_number_with_format(row, 1, number(people), &looks.count)?;
                let share = share.map(with_interval).unwrap_or_default();
                sheet.write_string_with_format(row, 2, share, &looks.meaning)?;
                let verdict = if at == 0 { verdict.as_str() } else { "" };
                sheet.write_string_with_format(row, 3, fit(verdict), &looks.meaning)?;
                row += 1;
            }
        }
        sheet.write_string_with_format(row, 0, COMPARISON_NOTE, &looks.note)?;
        Ok(row + 2)
    }

    fn failures(&self, sheet: &mut Worksheet, looks: &Looks, mut row: u32) -> Result<u32, XlsxError> {
        let failures = self.tally.failures(MAX_GROUPS);
        if failures.is_empty() {
            return Ok(row);
        }
        let columns = ["code", "people", "reason", "what to do"];
        heading(sheet, looks, &mut row, "Failures by reason", &columns)?;
        for failure in failures {
            match failure.code {
                Some(code) => sheet.write_number_with_format(row, 0, code, &looks.code)?,
                None => sheet.write_blank(row, 0, &looks.text)?,
            };
            sheet.write_number_with_format(row, 1, number(failure.count), &looks.count)?;
            sheet.write_string_with_format(row, 2, fit(&failure.reason), &looks.wrapped)?;
            let todo = failure.code.and_then(advice).unwrap_or_default();
            sheet.write_string_with_format(row, 3, todo, &looks.wrapped)?;
            // Not every program makes room for wrapped texts by itself.
            let lines = lines(&failure.reason, WIDTHS[2]).max(lines(todo, WIDTHS[3]));
            sheet.set_row_height(row, lines * LINE_POINTS)?;
            row += 1;
        }
        Ok(row + 1)
    }

    fn replies(&self, sheet: &mut Worksheet, looks: &Looks, mut row: u32) -> Result<u32, XlsxError> {
        let replies = self.tally.replies(MAX_GROUPS);
        if replies.is_empty() && self.tally.stopped == 0 {
            return Ok(row);
        }
        heading(sheet, looks, &mut row, "Replies", &["reply", "people"])?;
        for reply in replies {
            sheet.write_string_with_format(row, 0, fit(&reply.reply), &looks.text)?;
            sheet.write_number_with_format(row, 1, number(reply.people), &looks.count)?;
            row += 1;
        }
        sheet.write_string_with_format(row, 0, REPLIES_NOTE, &looks.note)?;
        row += 1;
        if self.tally.stopped > 0 {
            let stopped = plural(self.tally.stopped, "person", "people");
            let told = format!("{stopped} asked for no more messages in answer.");
            sheet.write_string_with_format(row, 0, told, &looks.note)?;
            row += 1;
        }
        Ok(row + 1)
    }
}

/// A heading and a header below it; `row` is the first one below both then.
fn heading(
    sheet: &mut Worksheet,
    looks: &Looks,
    row: &mut u32,
    text: &str,
    columns: &[&str],
) -> Result<(), XlsxError> {
    sheet.set_row_height(*row, 22)?;
    sheet.write_string_with_format(*row, 0, text, &looks.heading)?;
    for (at, column) in (0..).zip(columns) {
        let look = match at {
            0 => &looks.header,
            1 => &looks.right,
            _ => &looks.indented,
        };
        sheet.write_string_with_format(*row + 1, at, *column, look)?;
    }
    *row += 2;
    Ok(())
}

/// How many lines a wrapped text takes, about.
fn lines(text: &str, width: f64) -> u32 {
    let chars = u32::try_from(text.chars().count()).unwrap_or(u32::MAX);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is from 1 to 27")]
    let lines = (f64::from(chars) / (width * 0.9)).ceil().clamp(1.0, 27.0) as u32;
    lines
}

/// The bars of the funnel's rows, beside it.
fn chart(sheet: &mut Worksheet, row: u32, first: u32, last: u32) -> Result<(), XlsxError> {
    let mut chart = Chart::new(ChartType::Bar);
    chart
        .add_series()
        .set_name("people")
        .set_categories((Summary::TITLE, first, 0, last, 0))
        .set_values((Summary::TITLE, first, 1, last, 1))
        .set_format(ChartFormat::new().set_solid_fill(ChartSolidFill::new().set_color(Color::RGB(GREEN))))
        .set_gap(45)
        .set_data_label(ChartDataLabel::new().show_value().set_num_format("#,##0"));
    let mut small = ChartFont::new();
    small.set_size(10).set_color(Color::RGB(0x33_3B_37));
    // The audience on top, as in the table; the labels say the numbers.
    chart
        .y_axis()
        .set_reverse()
        .set_font(&small)
        .set_format(ChartFormat::new().set_line(ChartLine::new().set_color(Color::RGB(LINE))));
    chart.x_axis().set_hidden(true).set_major_gridlines(false).set_min(0);
    chart.legend().set_hidden();
    chart.title().set_hidden();
    chart.chart_area().set_format(ChartFormat::new().set_no_border());
    chart.set_width(CHART_WIDTH).set_height(CHART_HEIGHT);
    chart.set_alt_text("How many people of the audience were written to, reached, read it and replied");
    sheet.insert_chart_with_offset(row, 2, &chart, 12, 0)?;
    Ok(())
}

#[expect(clippy::cast_precision_loss, reason = "nobody writes to 2^53 people")]
fn number(n: u64) -> f64 {
    n as f64
}
