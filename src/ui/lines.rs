//! Lines that are drawn in place for as long as somebody looks; where nothing can be redrawn, again whenever they change.

use super::printer::Printer;
use super::screen::Region;
use super::table::Table;

/// Where they are drawn.
#[derive(Debug)]
pub struct Lines {
    printer: Printer,
    region: Option<Region>,
    shown: String,
}

impl Lines {
    /// Nothing yet.
    #[must_use]
    pub fn start(printer: &Printer) -> Lines {
        let screen = printer.screen();
        let region = screen.is_visible().then(|| screen.region());
        Lines { printer: printer.clone(), region, shown: String::new() }
    }

    /// Shows a table in the place of the last one.
    pub fn show(&mut self, table: &Table) {
        let text = table.render(self.printer.message_columns(), self.printer.message_color());
        if text == self.shown {
            return;
        }
        match &self.region {
            Some(region) => region.set(text.trim_end().to_owned()),
            None => self.printer.block(&text),
        }
        self.shown = text;
    }

    /// Leaves the last one on the screen.
    pub fn finish(self) {
        if let Some(region) = self.region {
            drop(region);
            self.printer.block(&self.shown);
        }
    }
}
