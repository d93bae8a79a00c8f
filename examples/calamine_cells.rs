use calamine::{Reader, Xlsx, open_workbook};
fn main() {
    let path = std::env::args().nth(1).unwrap();
    let t = std::time::Instant::now();
    let mut book: Xlsx<_> = open_workbook(path).unwrap();
    let name = book.sheet_names()[0].clone();
    let mut cells = book.worksheet_cells_reader(&name).unwrap();
    let mut n = 0u64;
    while let Some(cell) = cells.next_cell().unwrap() {
        n += 1;
        std::hint::black_box(cell);
    }
    eprintln!("{n} cells {:?}", t.elapsed());
}
