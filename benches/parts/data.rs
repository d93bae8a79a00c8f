//! Made-up people, the same in every run.

/// The audience's header.
pub const COLUMNS: [&str; 6] = ["Phone", "First Name", "City", "Order", "Since", "Note"];
/// The message, with three variables.
pub const BODY: &str = "Hi {{ first_name }}, your order {{ order }} from {{ city }} is on its way.";

/// One cell for each column.
pub type Cells = [String; COLUMNS.len()];

/// How a phone number is written.
pub type Style = fn(u64) -> String;

/// Each way of writing them, by name.
pub const STYLES: [(&str, Style); 3] = [("clean", clean), ("spaced", spaced), ("national", national)];

/// `+919800000000`
pub fn clean(number: u64) -> String {
    format!("+91{number}")
}

/// `+91 98000 00000`
fn spaced(number: u64) -> String {
    format!("+91 {:05} {:05}", number / 100_000, number % 100_000)
}

/// `09800000000`
fn national(number: u64) -> String {
    format!("0{number}")
}

/// Mobile numbers of India, each once, in no order.
pub fn numbers(count: usize) -> Vec<u64> {
    let mut numbers: Vec<u64> = (9_800_000_000..).take(count).collect();
    fastrand::Rng::with_seed(7).shuffle(&mut numbers);
    numbers
}

/// So many people, in ASCII.
pub fn people(count: usize, style: Style) -> Vec<Cells> {
    let mut rng = fastrand::Rng::with_seed(7);
    let mut one_of = |words: [&'static str; 4]| words[rng.usize(..words.len())].to_owned();
    let person = |(n, number): (usize, u64)| {
        [
            style(number),
            one_of(["Asha", "Bjorn", "Maria Fernanda", "Li"]),
            one_of(["Pune", "Nagpur", "Sao Paulo", "Thiruvananthapuram"]),
            format!("A{n:08}"),
            one_of(["2015", "2018", "2021", "2024"]),
            one_of(["regular customer", "", "newsletter", "asked for a call, twice"]),
        ]
    };
    numbers(count).into_iter().enumerate().map(person).collect()
}

/// The same people, some of them spelt beyond ASCII.
pub fn accented(mut people: Vec<Cells>) -> Vec<Cells> {
    for cell in people.iter_mut().flatten() {
        *cell = cell.replace("Bjorn", "Björn").replace("Sao", "São");
    }
    people
}

/// They as a file's bytes.
pub fn table(people: &[Cells]) -> Vec<u8> {
    let mut out = csv::Writer::from_writer(Vec::new());
    out.write_record(COLUMNS).expect("a header");
    people.iter().for_each(|cells| out.write_record(cells).expect("a record"));
    out.into_inner().expect("a table")
}
