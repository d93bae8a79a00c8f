//! `table FILE`: how a file is read.

use std::io::Write;
use std::path::{Path, PathBuf};

use clap::ValueEnum;
use serde_json::json;

use crate::app::AppError;
use crate::app::open::standard_input::{self, Spool};
use crate::campaign::CampaignError;
use crate::campaign::profile::{Column, Profile};
use crate::campaign::tables::{self, Kind, Reading, Row, Table, TableError};
use crate::cli::args::FileArgs;
use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::domain::format::{count, plural};
use crate::ui;

/// Arguments of `table`.
///
/// Use it when a column, a name or a number isn't read as you expect it: it shows what sendcast sees, before any
/// campaign. With `--format` it writes that out for other programs: RFC 4180 and UTF-8, or a JSON array of objects.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  sendcast table customers.xlsx\n  sendcast table customers.xlsx --sheet March --format csv > march.csv"
)]
pub struct Args {
    /// The file: CSV, TSV, JSON, NDJSON, XLSX, XLSB, XLS or ODS; `-` for standard input
    #[arg(value_name = "FILE")]
    file: PathBuf,
    #[command(flatten)]
    reading: FileArgs,
    /// Write the whole table to stdout, as it is understood
    #[arg(long, value_enum, value_name = "FORMAT")]
    format: Option<Written>,
}

/// How a whole table is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Written {
    /// RFC 4180 in UTF-8
    Csv,
    /// An array of objects
    Json,
}

/// Why the table was not read or not written to its end.
enum Ended {
    Table(TableError),
    Out(std::io::Error),
}

impl From<TableError> for Ended {
    fn from(error: TableError) -> Ended {
        Ended::Table(error)
    }
}

impl From<std::io::Error> for Ended {
    fn from(error: std::io::Error) -> Ended {
        Ended::Out(error)
    }
}

impl From<csv::Error> for Ended {
    fn from(error: csv::Error) -> Ended {
        Ended::Out(error.into())
    }
}

/// Shows how a file is read, or writes it out as it is understood.
///
/// # Errors
/// When the file can't be read as a table (exit 2), or stdout can't be written.
pub fn run(args: &Args, ctx: &Context) -> Result<Exit, AppError> {
    if ctx.json() && args.format == Some(Written::Csv) {
        return Err(AppError::usage(
            "`--format csv` contradicts `--json`: stdout carries JSON and nothing else",
        )
        .hint("leave one of them out"));
    }
    let spool = match standard_input::is_named(&args.file) {
        true => Some(Spool::read(&ctx.app, &ctx.app.home(false)?.data().join("standard-input"))?),
        false => None,
    };
    let path = spool.as_ref().map_or(&*args.file, Spool::path);
    let table = tables::open(path, &args.reading.options()).map_err(CampaignError::from)?;
    let mut warnings: Vec<String> = table.warnings.iter().map(ToString::to_string).collect();
    let (reading, format) = (table.reading.clone(), table.format);
    for warning in warnings.iter().filter(|_| !ctx.json()) {
        ctx.warn(warning);
    }
    let (reading_on, mut rows) = (ctx.app.reading(), 0);
    let mut passed = || {
        rows += 1;
        reading_on.rows(rows);
    };
    let profiled = match args.format {
        None => Profile::of(table, |_| {
            passed();
            Ok(())
        }),
        Some(written) => write(written, table, ctx.raw_out(), &mut passed),
    };
    drop(reading_on);
    let profile = match profiled {
        Ok(profile) => profile,
        Err(Ended::Table(error)) => return Err(CampaignError::from(error).into()),
        Err(Ended::Out(error)) => return ctx.out_failed(&error).map(|()| Exit::Done),
    };
    for late in profile.late.iter().map(ToString::to_string) {
        if !ctx.json() {
            ctx.warn(&late);
        }
        warnings.push(late);
    }
    let file = if spool.is_some() { "standard input".to_owned() } else { name_of(&args.file) };
    if args.format.is_some() {
        return Ok(tell_left_out(ctx, &file, &profile));
    }
    if ctx.json() {
        ctx.out_json(&as_json(&args.file, &format!("{format:?}"), &reading, &profile, &warnings))?;
    } else {
        ctx.out(&format!("{}\n", reading.headline(&file, profile.rows, profile.columns.len())))?;
        ctx.out_table(&columns(&profile.columns))?;
        for (row, reason) in &profile.bad_rows {
            ctx.out(&format!("{file} row {row}: {reason}\n"))?;
        }
        let more = profile.bad - profile.bad_rows.len() as u64;
        if more > 0 {
            ctx.out(&format!("and {} more rows that can't be read\n", count(more)))?;
        }
    }
    Ok(Exit::Done)
}

/// Writes the rows that can be read.
fn write(
    format: Written,
    table: Table,
    out: Box<dyn Write>,
    passed: &mut dyn FnMut(),
) -> Result<Profile, Ended> {
    let names = table.columns.clone();
    match format {
        Written::Csv => {
            let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(out);
            writer.write_record(&names)?;
            let profile = Profile::of(table, |row: &Row| {
                passed();
                if row.problem.is_none() {
                    writer.write_record(row.cells.iter().map(|cell| cell.as_bytes()))?;
                }
                Ok::<(), Ended>(())
            })?;
            writer.flush()?;
            Ok(profile)
        }
        Written::Json => {
            let mut out = out;
            let mut begun = false;
            out.write_all(b"[")?;
            let profile = Profile::of(table, |row: &Row| {
                passed();
                if row.problem.is_none() {
                    out.write_all(if begun { b",\n" } else { b"\n" })?;
                    begun = true;
                    serde_json::to_writer(&mut out, &object(&names, row)).map_err(std::io::Error::from)?;
                }
                Ok::<(), Ended>(())
            })?;
            out.write_all(b"\n]\n")?;
            out.flush()?;
            Ok(profile)
        }
    }
}

/// A row as an object: texts as the table shows them, truth values as such, nothing for an empty cell.
fn object(names: &[String], row: &Row) -> serde_json::Map<String, serde_json::Value> {
    let cells = names.iter().zip(&row.cells).enumerate();
    cells
        .map(|(at, (name, cell))| {
            let value = match row.kinds.get(at) {
                Some(Kind::Bool(value)) => json!(value),
                _ if cell.is_empty() => serde_json::Value::Null,
                _ => json!(cell.as_str()),
            };
            (name.clone(), value)
        })
        .collect()
}

/// Says which rows are not in what was written.
fn tell_left_out(ctx: &Context, file: &str, profile: &Profile) -> Exit {
    for (row, reason) in &profile.bad_rows {
        ctx.warn(&format!("{file} row {row}: left out: {reason}"));
    }
    if profile.bad == 0 {
        return Exit::Done;
    }
    ctx.warn(&format!("{} of {} left out", count(profile.bad), plural(profile.rows, "row", "rows")));
    Exit::SomeFailed
}

fn name_of(path: &Path) -> String {
    path.file_name().map_or_else(|| path.display().to_string(), |name| name.to_string_lossy().into_owned())
}

fn columns(columns: &[Column]) -> ui::Table {
    let mut table =
        ui::Table::new(["column", "in a template", "looks like", "filled", "numbers", "examples"])
            .right(&[3, 4]);
    for column in columns {
        table.row([
            column.name.as_str(),
            &column.variable,
            column.guess.word(),
            &count(column.filled),
            &count(column.numbers),
            &column.examples.join(" · "),
        ]);
    }
    table
}

fn as_json(
    file: &Path,
    format: &str,
    reading: &Reading,
    profile: &Profile,
    warnings: &[String],
) -> serde_json::Value {
    let columns: Vec<_> = profile
        .columns
        .iter()
        .map(|column| {
            json!({
                "name": column.name, "variable": column.variable, "guess": column.guess.word(),
                "filled": column.filled, "numbers": column.numbers, "examples": column.examples,
            })
        })
        .collect();
    let bad: Vec<_> =
        profile.bad_rows.iter().map(|(row, reason)| json!({ "row": row, "reason": reason })).collect();
    json!({
        "file": file, "format": format.to_lowercase(), "encoding": reading.encoding,
        "delimiter": reading.delimiter, "sheet": reading.sheet, "header_row": reading.header_row,
        "rows": profile.rows, "bad": profile.bad, "bad_rows": bad, "columns": columns, "warnings": warnings,
    })
}
