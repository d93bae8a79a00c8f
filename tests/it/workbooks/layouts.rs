//! Where a table stands in its sheet, and what stands beside it.

use super::made::{ods, xlsx};
use super::{HEADER, fails, read, texts};
use sendcast::campaign::tables::{Kind, TableErrorKind, TableWarning};

fn row(number: u32, phone: u32, beside: &str) -> String {
    let beside = match beside {
        "" => String::new(),
        text => format!("<c r=\"AB{number}\" t=\"inlineStr\"><is><t>{text}</t></is></c>"),
    };
    format!("<row r=\"{number}\"><c r=\"A{number}\"><v>9198765{phone:05}</v></c>{beside}</row>")
}

#[test]
fn what_stands_beside_the_table_is_told() {
    let rows: String = (2..=700).map(|n| row(n, n, "")).collect();
    let last = row(701, 701, " ") + &row(702, 702, "call back") + &row(705, 705, "x");
    let (table, rows) = read("a.xlsx", &xlsx(&format!("{HEADER}{rows}{last}"), "", ""));
    assert_eq!((table.columns.join(","), rows.len()), ("phone,x".to_owned(), 702));
    assert_eq!(table.late_warnings(), [TableWarning::Outside { rows: 2, row: 702, column: "AB".to_owned() }]);
    let said = table.late_warnings()[0].to_string();
    assert_eq!(
        said,
        "row 702 holds something in column AB, which has no name (and one more row): it is left out"
    );
}

#[test]
fn a_name_over_two_rows_of_the_header_names_its_column() {
    let cells = |cells: &[(&str, &str)]| {
        let cell = |(text, spans): &(&str, &str)| {
            format!("<table:table-cell {spans}><text:p>{text}</text:p></table:table-cell>")
        };
        format!("<table:table-row>{}</table:table-row>", cells.iter().map(cell).collect::<String>())
    };
    let covered = "<table:covered-table-cell/>";
    let data = cells(&[("Asha", ""), ("+919876543210", ""), ("Pune", "")]);
    let two = "table:number-rows-spanned=\"2\"";
    let upper = cells(&[("Name", two), ("Contact", "table:number-columns-spanned=\"2\"")]);
    let lower = format!(
        "<table:table-row>{covered}<table:table-cell><text:p>Mobile</text:p></table:table-cell>\
         <table:table-cell><text:p>City</text:p></table:table-cell></table:table-row>"
    );
    let book = ods(&format!("<table:table table:name=\"T\">{upper}{lower}{data}{data}</table:table>"));
    let (table, rows) = read("a.ods", &book);
    assert_eq!(table.columns, ["Name", "Mobile", "City"]);
    assert_eq!(texts(&rows)[0], "3 Asha|+919876543210|Pune");
}

#[test]
fn sheets_that_nobody_sees_are_named_where_no_other_holds_anything() {
    let hidden = "<office:automatic-styles><style:style style:name=\"h\"><style:table-properties \
                  table:display=\"false\"/></style:style></office:automatic-styles>";
    let book = ods(&format!(
        "{hidden}<table:table table:name=\"One\"/><table:table table:name=\"Two\" table:style-name=\"h\"/>"
    ));
    let error = fails("a.ods", &book);
    assert!(matches!(&error.kind, TableErrorKind::OnlyHidden { sheets } if sheets == &["Two"]), "{error}");
}

#[test]
fn an_ods_cell_without_its_text_has_its_value_or_is_unknown() {
    let cell =
        |attributes: &str, text: &str| format!("<table:table-cell {attributes}>{text}</table:table-cell>");
    let text = |text: &str| cell("office:value-type=\"string\"", &format!("<text:p>{text}</text:p>"));
    let row = |cells: &[String]| format!("<table:table-row>{}</table:table-row>", cells.concat());
    let float = "office:value-type=\"float\"";
    let data = [
        text("+919876543210"),
        cell(&format!("{float} office:value=\"0\""), "<text:p/>"),
        cell(&format!("{float} office:value=\"0\" table:style-name=\"ce1\""), "<text:p/>"),
        cell(&format!("{float} table:formula=\"of:=1+1\""), ""),
        cell("office:value-type=\"string\" table:formula=\"of:=A1\"", ""),
        cell("office:value-type=\"percentage\" office:value=\"0.075\"", ""),
    ];
    let head: Vec<String> = ["phone", "zero", "hidden", "sum", "label", "share"].map(text).into();
    let book = ods(&format!("<table:table table:name=\"T\">{}{}</table:table>", row(&head), row(&data)));
    let (_, rows) = read("a.ods", &book);
    assert_eq!(texts(&rows), ["2 +919876543210|0||=of:=1+1|=of:=A1|0.075"]);
    let unknown = [Kind::NotAsShown; 3];
    assert_eq!((rows[0].kinds[2], &rows[0].kinds[3..]), (Kind::Number(0.0), &unknown[..]));
}
