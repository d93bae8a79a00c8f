//! Lines that are drawn in place for as long as somebody looks; where nothing can be redrawn, again whenever they change.

use indicatif::ProgressBar;

use super::printer::Printer;
use super::table::Table;

/// Where they are drawn.
#[derive(Debug)]
pub struct Lines {
    printer: Printer,
    bar: Option<ProgressBar>,
    shown: String,
}

impl Lines {
    /// Nothing yet.
    #[must_use]
    pub fn start(printer: &Printer) -> Lines {
        let screen = printer.screen();
        let bar = screen.is_visible().then(|| screen.lines());
        Lines { printer: printer.clone(), bar, shown: String::new() }
    }

    /// Shows a table in the place of the last one.
    pub fn show(&mut self, table: &Table) {
        let text = table.render(self.printer.message_columns(), self.printer.message_color());
        if text == self.shown {
            return;
        }
        match &self.bar {
            Some(bar) => bar.set_message(text.trim_end().to_owned()),
            None => self.printer.block(&text),
        }
        self.shown = text;
    }

    /// Leaves the last one on the screen.
    pub fn finish(self) {
        if let Some(bar) = &self.bar {
            self.printer.screen().remove(bar);
            self.printer.block(&self.shown);
        }
    }
}
