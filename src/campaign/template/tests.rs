use std::collections::BTreeMap;

use super::templates::{KEPT, Templates};
use crate::campaign::tables::Kind;
use crate::domain::text::Cell;

fn templates(columns: &[&str], variables: &[(&str, serde_json::Value)]) -> Templates {
    let columns: Vec<String> = columns.iter().map(|&c| c.to_owned()).collect();
    let variables = variables.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
    Templates::new(&columns, &variables)
}

fn row(cells: &[&str]) -> Vec<Cell> {
    cells.iter().map(|&cell| cell.into()).collect()
}

/// Renders one template over one row; the error's text where it fails.
fn render(source: &str, columns: &[&str], cells: &[&str]) -> String {
    let mut templates = templates(columns, &[]);
    let text = match templates.compile(source) {
        Ok(text) => text,
        Err(error) => return error.what,
    };
    templates.hold(row(cells), Vec::new());
    let rendered = templates.render(&text).unwrap_or_else(|error| error.what);
    assert_eq!(templates.release(), row(cells), "the cells come back as they were");
    rendered
}

#[test]
fn columns_are_variables_under_both_names() {
    let columns = ["First Name", "City", "नाम"];
    assert_eq!(
        render("{{ first_name }} {{ City }} {{ city }} {{ नाम }}", &columns, &["Ana", "Pune", "आना"]),
        "Ana Pune Pune आना"
    );
}

#[test]
fn an_empty_cell_is_undefined_and_a_fallback_covers_it() {
    let columns = ["First Name"];
    for blank in ["", "  ", "\u{a0}\u{200b}", "\u{feff}"] {
        assert_eq!(render("Hi {{ first_name | default('there') }},", &columns, &[blank]), "Hi there,");
        assert_eq!(
            render("Hi {{ first_name }},", &columns, &[blank]),
            "column `First Name` is empty; fill it in, or give the message a fallback: \
             {{ first_name | default('…') }}"
        );
        assert_eq!(
            render(
                "{% if first_name is defined %}Hi {{ first_name }}{% else %}Hi{% endif %}",
                &columns,
                &[blank]
            ),
            "Hi"
        );
    }
    assert_eq!(render("Hi {{ first_name }},", &columns, &[" Ana "]), "Hi Ana,");
}

#[test]
fn the_variable_that_is_missing_is_the_one_named() {
    let columns = ["a", "b"];
    let error = render("{{ a ~ (b | default('x')) }}", &columns, &["", ""]);
    assert!(error.starts_with("column `a` is empty"), "{error}");
    let error = render("{{ b | upper }}", &columns, &["", ""]);
    assert!(error.starts_with("column `b` is empty"), "{error}");
}

#[test]
fn a_function_never_stands_in_for_an_empty_cell() {
    assert_eq!(render("{{ range | default('x') }}", &["Range"], &[""]), "x");
}

#[test]
fn texts_are_filled_in_as_minijinja_fills_them_in() {
    const PIECES: [&str; 16] = [
        "Hi ",
        "\n",
        "\r\n",
        " ",
        "{",
        "} ",
        "}}",
        "% # –",
        "é\u{200b}",
        "{{ a }}",
        "{{a}}",
        "{{ b\t}}",
        "{{- b -}}",
        "{{ a | default('x {') }}",
        "{{ b|d(\"it's\") }}",
        "{% if c is defined %}x{% else %}y{% endif %}",
    ];
    let mut chance = fastrand::Rng::with_seed(7);
    let mut env = minijinja::Environment::empty();
    env.set_syntax(minijinja::syntax::SyntaxConfig::builder().keep_trailing_newline(true).build().unwrap());
    env.set_undefined_behavior(minijinja::UndefinedBehavior::Strict);
    env.add_filter("default", minijinja::filters::default);
    env.add_filter("d", minijinja::filters::default);
    env.add_test("defined", minijinja::tests::is_defined);
    let (mut filled, mut empty) = (0, 0);
    for _ in 0..4_000 {
        let source: String = (0..chance.usize(1..9)).filter_map(|_| chance.choice(PIECES)).collect();
        let mut templates = templates(&["a", "b", "c"], &[]);
        templates.literal(true);
        let Ok(text) = templates.compile(&source) else { continue };
        if text.plain().is_some() {
            continue;
        }
        let cells: Vec<&str> =
            (0..3).filter_map(|_| chance.choice(["", " ", "Ana", " {{ a }}\n", "<&>", "\u{feff}"])).collect();
        let seen: BTreeMap<&str, &str> = ["a", "b", "c"]
            .into_iter()
            .zip(cells.iter().map(|cell| cell.trim()))
            .filter(|(_, cell)| !cell.is_empty() && *cell != "\u{feff}")
            .collect();
        templates.hold(row(&cells), Vec::new());
        let theirs = env.render_str(&source, minijinja::Value::from_pairs(seen)).ok();
        filled += u32::from(theirs.is_some());
        empty += u32::from(theirs.is_none());
        assert_eq!(templates.render(&text).ok(), theirs, "{source:?} over {cells:?}");
    }
    assert!(filled > 1_000 && empty > 500, "{filled} were filled in, {empty} had nothing to fill in");
}

#[test]
fn nothing_is_escaped_and_cells_are_no_templates() {
    assert_eq!(render("{{ a }} & <b>", &["a"], &["<{{ a }}>"]), "<{{ a }}> & <b>");
    assert_eq!(render("a lone { stays", &[], &[]), "a lone { stays");
    assert_eq!(render("line\n{{ a }}\n", &["a"], &["x"]), "line\nx\n");
}

#[test]
fn campaign_variables_stand_below_the_columns() {
    let mut templates = templates(
        &["city"],
        &[("city", "your town".into()), ("ends", "Sunday".into()), ("off", 20.into()), ("blank", " ".into())],
    );
    let text = templates.compile("{{ city }}: {{ off }}% till {{ ends }}").unwrap();
    templates.hold(row(&["Pune"]), Vec::new());
    assert_eq!(templates.render(&text).unwrap(), "Pune: 20% till Sunday");
    templates.hold(row(&[""]), Vec::new());
    assert_eq!(templates.render(&text).unwrap(), "your town: 20% till Sunday");
    let text = templates.compile("{{ blank | default('none') }}").unwrap();
    assert_eq!(templates.render(&text).unwrap(), "none");
}

#[test]
fn what_is_wrong_with_every_row_is_found_when_it_is_compiled() {
    let templates = templates(&["First Name", "Price"], &[("ends", "Sunday".into())]);
    let said = |source: &str| match templates.compile(source) {
        Ok(text) => text.only_fallbacks().join(" "),
        Err(error) => error.what,
    };
    assert_eq!(said("{{ first_name }} {{ price | int }} {{ ends }}"), "");
    let unknown = "no column and no variable is called `frist_name`; did you mean `first_name`?; there are \
                   `first_name`, `Price`, `ends`";
    for source in [
        "Hi {{ frist_name }}",
        "Hi {{ frist_name[:3] }}",
        "{% if frist_name %}x{% endif %}",
        "{{ 1 if price > 3 else frist_name }}",
        "{{ (frist_name ~ 'x') | upper }}",
    ] {
        assert_eq!(said(source), unknown, "{source}");
    }
    assert_eq!(said("Hi {{ frist_name | title | default('there') }}"), "frist_name");
    assert_eq!(said("{% if nick is defined %}{{ nick }}{% endif %}"), "nick");
    assert_eq!(said("{% for i in range(2) %}{{ i }}{% endfor %}"), "");
    assert!(said("{{ first_name | shout }}").contains("filter shout is unknown"));
    assert!(said("{{ first_name is shiny }}").contains("test shiny is unknown"));
    assert!(said("{{ first_name.upper() }}").contains("`… | upper`"));
    assert!(said("{{ debug() }}").contains("function debug is unknown"));
}

#[test]
fn mistakes_say_where() {
    assert_eq!(
        render("Hi\n{{ first_name | }}", &["first_name"], &["x"]),
        "the template has a mistake in line 2: unexpected end of variable block, expected identifier"
    );
    assert_eq!(
        render("Hi {{1}}", &["first_name"], &["x"]),
        "`{{1}}` is how WhatsApp's own templates number their blanks; name a column instead, such as \
         {{ first_name }}"
    );
}

#[test]
fn work_and_output_are_bounded() {
    let endless = "{% for a in range(10000) %}{% for b in range(10000) %}x{% endfor %}{% endfor %}";
    assert_eq!(render(endless, &[], &[]), "the template does too much work for one message");
    assert!(render("{{ 'x' * 1000000000 }}", &[], &[]).contains("`x` is no number"));
    let doubling = format!("{{% set a = 'xxxxxxxxxx' %}}{}", "{% set a = a ~ a %}".repeat(40));
    assert_eq!(render(&doubling, &[], &[]), "the template does too much work for one message");
    assert!(render(&format!("{{{{ a }}}}{}", "x".repeat(70_000)), &["a"], &["x"]).contains("at most 65536"));
}

/// Each within the one before would be as large as all that is written, times itself.
#[test]
fn a_list_holds_no_lists() {
    for source in ["{{ [[name]] | length }}", "{% set a = [name] %}{% set a = [a, a] %}{{ a | length }}"] {
        let said = render(source, &["name"], &["Ana"]);
        assert!(said.contains("puts a list into a list"), "{source}: {said}");
    }
    assert_eq!(render("{{ [name, 'Bo'] | length }}", &["name"], &["Ana"]), "2");
}

#[test]
fn cells_may_be_templates_of_their_own_and_many_of_them() {
    let mut templates = templates(&["name", "message"], &[]);
    for n in 0..(KEPT * 2) {
        templates.hold(vec!["Ana".into(), format!("{n}: Hi {{{{ name }}}}").into()], Vec::new());
        assert_eq!(templates.render_cell(1).unwrap(), format!("{n}: Hi Ana"));
    }
    assert!(templates.kept() <= KEPT);
}

#[test]
fn a_number_behaves_as_one_and_prints_as_it_is_written() {
    let columns = ["Points", "Other"];
    for (source, cells, expected) in [
        ("{% if points >= 100 %}gift{% else %}none{% endif %}", ["9", ""], "none"),
        ("{% if points >= 100 %}gift{% else %}none{% endif %}", ["1,234.50", ""], "gift"),
        ("{% if points >= other %}more{% else %}less{% endif %}", ["9", "100"], "less"),
        ("{{ points * 2 }}", ["5", ""], "10"),
        ("{{ points * 2 }}", ["9.50", ""], "19.00"),
        ("{{ points }}", ["9.50", ""], "9.50"),
        ("{{ points }}", ["007", ""], "007"),
        ("{{ points }}", ["12345678901234567890", ""], "12345678901234567890"),
        ("{{ points + 1 }}", ["12345678901234567890", ""], "12345678901234567891"),
        ("{{ points }} {{ points + 0.5 }}", ["9,5", ""], "9,5 10.0"),
        ("{{ points + other }}", ["5", "3"], "8"),
        ("{{ points ~ other }}", ["5", "3"], "53"),
        ("{{ 'y' if points == 9 else 'n' }}", ["9.0", ""], "y"),
        ("{{ 'y' if points == '9' else 'n' }}", ["9.0", ""], "n"),
        ("{{ 'y' if points == '007' else 'n' }}", ["007", ""], "y"),
        ("{{ 'y' if points in [7, 8] else 'n' }}", ["007", ""], "y"),
        ("{{ 'y' if points in ['7', '8'] else 'n' }}", ["007", ""], "n"),
        ("{{ 'odd' if points is odd else 'even' }}", ["9", ""], "odd"),
        ("{{ [points, other, 20] | sort | join(' ') }}", ["9", "100"], "9 20 100"),
        ("{{ [points, other] | max }}", ["9", "100"], "100"),
        ("{{ [points, other] | sum }}", ["9.5", "0.5"], "10.0"),
        ("{{ points | int }}", ["9.99", ""], "9"),
        ("{{ points | round(1) }}", ["9.25", ""], "9.3"),
        ("{{ '%.2f' | format(points) }}", ["2.675", ""], "2.675"),
        ("{{ '%,.2f' | format(points | number('.')) }}", ["1234.5", ""], "1,234.50"),
        ("{% set p = points %}{{ 'y' if p < 10 else 'n' }}", ["9", ""], "y"),
        ("{{ 'y' if (points | default(0)) < 10 else 'n' }}", ["", ""], "y"),
        ("{{ points[:1] }}{{ points | length }}", ["95", ""], "92"),
        ("{{ {1: 'gold', 2: 'silver'}[points] }}", ["2", ""], "silver"),
        ("{{ {'1': 'gold', '2': 'silver'}[points] }}", ["2", ""], "silver"),
        ("{{ 'n' if points is string else 'y' }}{{ 'y' if points is number }}", ["9", ""], "yy"),
        (
            "{{ 0.1 + 0.2 }} {{ 10 / 4 }} {{ 7 // 2 }} {{ -7 % 3 }} {{ 2 ** 10 }}",
            ["", ""],
            "0.3 2.5 3 2 1024",
        ),
    ] {
        let rendered = render(source, &columns, &cells);
        match expected {
            "2.675" => assert!(rendered.contains("thousands"), "{rendered}"),
            expected => assert_eq!(rendered, expected, "{source} over {cells:?}"),
        }
    }
}

#[test]
fn what_is_no_number_for_sure_is_an_error_with_column_value_and_remedy() {
    for (source, cell, says) in [
        ("{% if points >= 100 %}gift{% endif %}", "12 pcs", "column `Points`: `12 pcs` is no number"),
        ("{% if points >= 100 %}gift{% endif %}", "1.234", "`1.234` can be read as thousands or as decimals"),
        (
            "{% if points >= 100 %}gift{% endif %}",
            "n/a",
            "column `Points` holds `n/a`, which counts as empty",
        ),
        ("{% if points >= 100 %}gift{% endif %}", "", "column `Points` is empty"),
        ("{% if points >= '100' %}gift{% endif %}", "gold", "`gold` is no number"),
        ("{% if points == 9 %}gift{% endif %}", "nine", "`nine` is no number"),
        ("{% if points == 'true' %}gift{% endif %}", "TRUE", "write `Points | yes`"),
        ("{% if points not in ['yes', 'ja'] %}gift{% endif %}", "TRUE", "write `Points | yes`"),
        ("{% if points == true %}gift{% endif %}", "TRUE", "write `Points | yes`"),
        ("{% if points %}gift{% endif %}", "FALSE", "`Points | yes`"),
        ("{% if points %}gift{% endif %}", "Nein", "`Points | yes`"),
        ("{% if points %}gift{% endif %}", "0.00", "`Points > 0`"),
        ("{% if not points %}gift{% endif %}", "否", "`Points | yes`"),
        ("{{ 'a' if points | lower else 'b' }}", "NO", "`Points | yes`"),
        ("{{ [points] | select | join }}", "No", "`Points | yes`"),
        ("{{ points or 'x' }}", "no", "`Points | yes`"),
        ("{% if points | yes %}gift{% endif %}", "perhaps", "`perhaps` is no word for yes or no"),
        ("{{ points * 2 }}", "gold", "`gold` is no number"),
        ("{{ -points }}", "gold", "`gold` is no number"),
        ("{{ points + 'x' }}", "5", "texts are joined by `~`"),
        ("{{ points + '5' }}", "5", "can't be told"),
        ("{% if points is odd %}x{% endif %}", "9.5", "no whole number"),
        ("{{ [points, 2] | sort | join }}", "x", "`x` is no number"),
        ("{% if points < '31/12/2026' %}x{% endif %}", "01/02/2026", "can't be told"),
        ("{% for x in points %}{{ x }}{% endfor %}", "a,b", "split(',')"),
        ("{{ points == '9' }}", "9", "prints true or false"),
        ("{{ points }}", "#N/A", "column `Points` holds the error `#N/A`"),
        ("{{ points | default('x') }}", "#REF!", "holds the error"),
        ("{{ {1: 'gold'}[points] | default('x') }}", "gold", "`gold` is no number"),
        ("{{ points.x | default('y') }}", "9", "is no part of a text"),
    ] {
        let said = render(source, &["Points"], &[cell]);
        assert!(said.contains(says), "{source} over {cell}: {said}");
    }
}

#[test]
fn truth_is_yes_or_filled_or_an_error() {
    for (source, cell, expected) in [
        ("{{ 'y' if vip | yes else 'n' }}", "FALSE", "n"),
        ("{{ 'y' if vip | yes else 'n' }}", "Да", "y"),
        ("{{ 'y' if vip | yes else 'n' }}", "✓", "y"),
        ("{{ 'y' if vip | yes else 'n' }}", "", "n"),
        ("{{ 'y' if vip | yes else 'n' }}", "N/A", "n"),
        ("{{ 'y' if vip else 'n' }}", "Pune", "y"),
        ("{{ 'y' if vip else 'n' }}", "TRUE", "y"),
        ("{{ 'y' if vip else 'n' }}", "", "n"),
        ("{{ 'y' if vip == 'FALSE' else 'n' }}", "FALSE", "y"),
        ("{{ 'y' if vip == 'N/A' else 'n' }}", "N/A", "y"),
        ("{{ 'y' if vip in ['Yes', 'yes'] else 'n' }}", "yes", "y"),
        ("{{ 'y' if vip == 'no' else 'n' }}", "ne", "n"),
        ("{{ 'y' if vip == 'Pune' else 'n' }}", "", "n"),
        ("{{ 'y' if vip in ('Pune', 'Delhi') and not (vip == 'Delhi') else 'n' }}", "Pune", "y"),
    ] {
        assert_eq!(render(source, &["vip"], &[cell]), expected, "{source} over {cell}");
    }
    let mut templates = templates(&["vip", "rate"], &[]);
    let text = templates.compile("{{ vip }} {{ rate }} {% if vip %}a{% else %}b{% endif %}{{ rate * 100 }}{% if vip == false and not vip | yes %}c{% endif %}").unwrap();
    templates.hold(row(&["FALSE", "7.5%"]), vec![Kind::Bool(false), Kind::Number(0.075)]);
    assert_eq!(templates.render(&text).unwrap(), "FALSE 7.5% b7.500c");
    templates.hold(row(&["x", "45000"]), vec![Kind::AsShown, Kind::NotAsShown]);
    assert!(templates.render(&text).unwrap_err().what.contains("column `rate`: the sheet's number format"));
}

#[test]
fn headers_work_as_they_are_written() {
    let columns = ["First Name", "E-Mail", "Amount (INR)", "2nd name", "Sign in", "First.Line"];
    let cells = ["Ana", "a@b.c", "12", "Bea", "now", "one"];
    for (source, expected) in [
        ("{{ First Name }}", "Ana"),
        ("{{First Name|upper}}", "ANA"),
        ("{% if First Name == 'Ana' and first name != 'x' %}y{% endif %}", "y"),
        ("{{ E-Mail }}", "a@b.c"),
        ("{{ Amount (INR) | round }}", "12"),
        ("{{ 2nd name }}", "Bea"),
        ("{{ Sign in }}", "now"),
        ("{{ First.Line }}", "one"),
        ("{{ first_name | title | default('x') }}", "Ana"),
    ] {
        assert_eq!(render(source, &columns, &cells), expected, "{source}");
    }
    for (source, says) in [
        ("{{ First Nmae }}", "no column and no variable is called `First Nmae`; did you mean"),
        ("Hi\n {{ first_name | default(“x”) }}", "typographic quote “ in line 2, character 26"),
        ("{{\u{a0}first_name }}", "a special blank (U+00A0) within braces in line 1, character 3"),
        ("{{ first\u{200b}_name }}", "an invisible character (U+200B)"),
    ] {
        let said = render(source, &columns, &cells);
        assert!(said.contains(says), "{source}: {said}");
    }
    assert_eq!(render("{{ n | title | default('x') }}", &["n"], &[""]), "x");
    assert_eq!(render("{{ n | default('it’s “you”') }}", &["n"], &[""]), "it’s “you”");
}

#[test]
fn placeholders_of_other_tools_are_refused_and_other_brackets_pass() {
    let columns = ["First Name", "City", "Order ID"];
    for text in [
        "Hi {first_name}",
        "Hi {First Name}",
        "Hi [First Name]",
        "Hi [[city]]",
        "Hi <<City>>",
        "Hi %first_name%",
        "Hi %%city%%",
        "Hi *|FIRSTNAME|*",
        "Hi ${city}",
        "Hi #{city}",
        "Hi {$city}",
        "Hi ｛｛city｝｝",
        "Hi {{city}",
        "Hi {city}}",
        "Hi { {city} }",
        "Hi {{{city}}}",
        "Hi [Name]",
        "Hi {name|there}",
        "Hi <City>",
        "Hi «First Name»",
        "Hi {frist_name}",
        "Hi {{ city }} and {order id}",
        "Hi $city,",
        "Hi [Your Name]",
        "Hi ((City))",
        "{contact.city}",
    ] {
        let said = templates(&columns, &[]).compile(text).map(|_| ()).unwrap_err().what;
        assert!(said.contains("another tool") && said.contains("literal"), "{text}: {said}");
        let mut literal = templates(&columns, &[]);
        literal.literal(true);
        assert!(literal.compile(text).is_ok() || text.contains("{{"), "{text}");
    }
    for text in [
        "Tap [link] for {20% off}, [1] or [YES]",
        "50% off, 20% more",
        "*bold* _it_ ~x~",
        "(city)",
        "a < b > c",
        "cost $5 (US$9) #diwali @shop :-{",
        "[Menu] {…} <3 100%",
        "{{ city }}{% raw %}{city}{% endraw %}",
        "my_city_x__",
    ] {
        let compiled = templates(&columns, &[]).compile(text).map(|_| ());
        assert!(compiled.is_ok(), "{text}: {compiled:?}");
    }
    let variables = templates(&columns, &[("shop_name", "Marigold".into())]);
    assert!(variables.compile("Hi [Shop Name]").unwrap_err().what.contains("{{ shop_name }}"));
}

#[test]
fn words_for_nothing_and_traces_are_counted_once_a_row() {
    let mut templates = templates(&["City", "Note"], &[]);
    let text = templates.compile("{{ city | default('you') }}{{ City | default('!') }} {{ note }}").unwrap();
    for (n, [city, note]) in
        [["N/A", "a"], ["N/A", "b<br>c"], ["-", "d"], ["Pune", "e<BR>"]].into_iter().enumerate()
    {
        templates.at_row(u32::try_from(n).unwrap() + 2);
        templates.hold(row(&[city, note]), Vec::new());
        templates.render(&text).unwrap();
    }
    let count = |word: &str, n| ("City".to_owned(), word.to_owned(), n);
    assert_eq!(templates.blank_words(), [count("-", 1), count("N/A", 2)]);
    let notes = templates.notes();
    assert_eq!(notes[1], "column `City`: 2 cells hold `N/A`, which counts as empty");
    assert!(
        notes[2].starts_with("2 messages hold text such as `<br>` (row 3): WhatsApp knows no HTML"),
        "{notes:?}"
    );
    let warnings = templates.compile("Hi\\nthere &amp; you").unwrap().warnings();
    assert_eq!(warnings.len(), 2, "{warnings:?}");
}

#[test]
fn conditions_are_asked_of_a_row() {
    let mut templates = templates(&["Consent", "City"], &[]);
    let condition = templates.condition("consent | yes and city == 'Pune'").unwrap();
    let mut holds = |cells: &[&str]| {
        templates.hold(row(cells), Vec::new());
        templates.holds(&condition).map_err(|error| error.what)
    };
    assert_eq!(holds(&["ja", "Pune"]), Ok(true));
    assert_eq!(holds(&["", "Pune"]), Ok(false));
    assert!(holds(&["mhm", "Pune"]).is_err());
    assert!(templates.condition("cty == 'x'").unwrap_err().what.contains("did you mean"));
}
