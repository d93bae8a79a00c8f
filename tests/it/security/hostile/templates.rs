//! Templates that do more than a message needs, in the campaign and in a spreadsheet's cells.

use super::case::Case;

/// Name, template, and what must be said of it.
fn bombs() -> Vec<(&'static str, String, &'static str)> {
    let code = "too much code";
    let work = "too much work";
    let lists = "a number is needed, and this is a list";
    let names = "puts a list into a list";
    let chain = |link: &str| format!("{{{{ 1{} }}}}", link.repeat(10_000));
    vec![
        ("loops in loops", "{% for a in range(10000) %}".repeat(20) + "x" + &"{% endfor %}".repeat(20), work),
        ("loops of nothing", "{% for a in range(10000) %}".repeat(9) + &"{% endfor %}".repeat(9), work),
        ("a range without end", "{{ range(1000000000) | list | length }}".into(), "range has too many"),
        ("a text a thousand million times", "{{ 'x' * 1000000000 }}".into(), "is no number"),
        ("a list a thousand million times", "{{ ([1] * 1000000000) | length }}".into(), lists),
        ("a list that is compared", "{{ [1] * 90000000 == [1] * 80000000 }}".into(), lists),
        ("a list that is written out", "{{ ('x' | list) * 90000000 }}".into(), lists),
        ("a list in a list", "{% for x in range(9) %}{% set a = (x, x) %}{% set b = (a, a) %}{% endfor %}".into(), names),
        ("a list without brackets", "{% set a = name, name %}{{ a }}".into(), "prints a list"),
        ("a format that breaks off", "{{ '20 % – %s' | format(name) }}".into(), "write `%%` for the sign itself"),
        ("a text that doubles", format!("{{% set a = 'xxxxxxxxxx' %}}{}{{{{ a }}}}", "{% set a = a ~ a %}".repeat(40)), work),
        ("an indent without end", "{{ 'a' | indent(1000000000, true) }}".into(), "filter indent is unknown"),
        ("a batch without end", "{{ 'x' | list | batch(1000000000, 'y') }}".into(), "filter batch is unknown"),
        ("slices without end", "{{ 'x' | list | slice(1000000000) }}".into(), "filter slice is unknown"),
        ("a format's width", "{{ '%1000000000d' | format(1) }}".into(), "at most 100 wide"),
        ("replacements that grow", format!("{{{{ 'x'{} }}}}", "|replace('x','xxxxxxxxxx')".repeat(12)), work),
        ("a join with long texts", format!("{{{{ (range(10000) | join('{}')) | length }}}}", "x".repeat(50_000)), work),
        ("powers of powers", "{{ 9**9**9**9 }}".into(), "too many digits"),
        ("digits without end", "{{ 1.5 | round(1000000000) }}".into(), ""),
        ("a loop that calls itself", "{% for x in [[1]] recursive %}{{ loop([[1]]) }}{% endfor %}".into(), "`recursive` loops"),
        ("a macro", "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}".into(), "unknown statement"),
        ("a file", "{% include '/etc/passwd' %}".into(), "unknown statement"),
        ("another template", "{% extends '/etc/passwd' %}".into(), "unknown statement"),
        ("the other rows' texts", "{{ debug() }}".into(), "debug is unknown"),
        ("brackets", format!("{{{{ {}1{} }}}}", "[".repeat(400), "]".repeat(400)), "recursion"),
        ("parentheses", format!("{{{{ {}1{} }}}}", "(".repeat(400), ")".repeat(400)), "recursion"),
        ("20,000 parentheses", format!("{{{{ {}1{} }}}}", "(".repeat(20_000), ")".repeat(20_000)), code),
        ("conditions in conditions", "{% if 1 %}".repeat(300) + "x" + &"{% endif %}".repeat(300), "recursion"),
        ("a chain of not", format!("{{{{ {}1 }}}}", "not ".repeat(10_000)), code),
        ("a chain of minus", format!("{{{{ {}1 }}}}", "-".repeat(10_000)), code),
        ("a chain of filters", chain("|e"), code),
        ("a chain of plus", chain("+1"), code),
        ("a chain of tildes", chain("~1"), code),
        ("a chain of and", chain(" and 1"), code),
        ("a chain of powers", chain("**1"), code),
        ("a chain of attributes", format!("{{{{ name{} }}}}", ".a".repeat(10_000)), code),
        ("a chain of items", format!("{{{{ name{} }}}}", "[0]".repeat(10_000)), code),
        ("a chain of calls", format!("{{{{ name{} }}}}", "()".repeat(10_000)), code),
        ("a chain of elif", format!("{{% if 0 %}}{}x{{% endif %}}", "{% elif 0 %}".repeat(5_000)), code),
        ("a chain behind a brace", format!("{{{{ {{1: {{2: 3}}}} {}1 }}}}", "-".repeat(10_000)), code),
        ("a chain behind a text", format!("{{{{ '}}}}' {}1 }}}}", "~1".repeat(10_000)), code),
        ("chains in 900 signs", format!("{{{{ 1{} }}}}", "|e".repeat(450)), ""),
        ("a template of 10 MB", "x".repeat(10_000_000) + "{{ name }}", "takes at most 65536"),
        ("a template of NULs", "{{ \0 }}".into(), "unexpected"),
        ("a value that nests itself", "{% set ns = namespace(a=[]) %}{% for i in range(1900) %}{% set ns.a = [ns.a] %}{% endfor %}{{ ns.a }}".into(), "namespace is unknown"),
        ("lists that hold each other", format!("{{% set a = [1] %}}{}{{{{ a == b }}}}", "{% set a = [a,a,a,a] %}".repeat(30)).replace("{{ a == b }}", "{{ a | string | length }}"), names),
        ("lists that are compared", format!("{{% set a = [1] %}}{{% set b = [1] %}}{}{{{{ a == b }}}}", "{% set a = [a,a,a,a] %}{% set b = [b,b,b,b] %}".repeat(25)), names),
        ("lists that double", format!("{{% set a = [1] %}}{}{{{{ a | length }}}}", "{% set a = a + a %}".repeat(40)), lists),
    ]
}

pub fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for (name, template, says) in bombs() {
        cases.push(match says {
            "" => Case::body(name, &template).refused_or_rows(),
            // Every row is bad, or the template as a whole.
            says => Case::body(name, &template).rows(&[says]),
        });
        // The same as a cell: a row that is bad, and the others are none the worse.
        if template.len() < 60_000 && !template.contains('\0') {
            let cell = template.replace('"', "\"\"");
            let table = format!(
                "to,name,message\n+919876543211,Bob,Hi\n+919876543210,Ann,\"{cell}\"\n+919876543212,Cem,Hi\n"
            );
            let case = Case::new(&format!("{name}, in a cell"))
                .file("s.csv", table)
                .asks("check s.csv --offline --from 1");
            cases.push(match says {
                "" => case.refused_or_rows(),
                says => case.rows(&[says, "row 3", "3 rows: 2 to send, 1 bad"]),
            });
        }
    }
    cases
}
