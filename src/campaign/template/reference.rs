//! Expressions drawn at random, over cells whose meaning is known: each comes to the right answer, or to an error.

use super::templates::Templates;
use crate::domain::text::Cell;

/// Columns: what their cell shows, and what it is.
const COLUMNS: [(&str, &str, Known); 12] = [
    ("points", "9", Known::Number(900)),
    ("price", "1,234.50", Known::Number(123_450)),
    ("code", "007", Known::Number(700)),
    ("part", "9,5", Known::Number(950)),
    ("zero", "0", Known::Number(0)),
    ("city", "Pune", Known::Text("Pune")),
    ("weight", "1.234", Known::Ambiguous),
    ("height", "1234", Known::Number(123_400)),
    ("nine", "9.00", Known::Number(900)),
    ("stock", "12 pcs", Known::Unsure),
    ("gone", "", Known::Nothing),
    ("vip", "FALSE", Known::No),
];

/// What a cell is.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Known {
    /// In hundredths.
    Number(i64),
    Text(&'static str),
    /// A text that holds digits.
    Unsure,
    /// A number, which one can't be told.
    Ambiguous,
    Nothing,
    /// Says no, and is filled.
    No,
}

/// What is right; nothing where only an error is.
type Right<T> = Option<T>;

/// How a comparison is written, and when it holds.
type Sign = (&'static str, fn(i64, i64) -> bool);

struct Drawn {
    chance: fastrand::Rng,
}

impl Drawn {
    fn pick(&mut self, n: usize) -> usize {
        self.chance.usize(0..n)
    }

    fn number(&mut self, depth: usize) -> (String, Right<i64>) {
        if depth == 0 {
            return match self.pick(3) {
                0 => {
                    let n = self.chance.i64(0..12);
                    (n.to_string(), Some(n * 100))
                }
                _ => {
                    let (name, _, known) = COLUMNS[self.pick(COLUMNS.len())];
                    let right = if let Known::Number(n) = known { Some(n) } else { None };
                    // A cell by itself is a text; a sum with 0 is what a number is needed for.
                    (format!("({name} + 0)"), right)
                }
            };
        }
        match self.pick(8) {
            0 => {
                let ((a, x), (b, y)) = (self.number(depth - 1), self.number(depth - 1));
                (format!("({a} + {b})"), x.zip(y).map(|(x, y)| x + y))
            }
            1 => {
                let ((a, x), (b, y)) = (self.number(depth - 1), self.number(depth - 1));
                (format!("({a} - {b})"), x.zip(y).map(|(x, y)| x - y))
            }
            2 => {
                let ((a, x), n) = (self.number(depth - 1), self.chance.i64(0..5));
                (format!("({a} * {n})"), x.map(|x| x * n))
            }
            3 => {
                let (a, x) = self.number(depth - 1);
                (format!("(-{a})"), x.map(|x| -x))
            }
            4 => {
                let ((a, x), (b, y), (c, z)) =
                    (self.number(depth - 1), self.condition(depth - 1), self.number(depth - 1));
                (format!("({a} if {b} else {c})"), y.and_then(|y| if y { x } else { z }))
            }
            5 => {
                let (a, x) = self.number(depth - 1);
                (format!("({a} | abs)"), x.map(i64::abs))
            }
            6 => {
                let ((a, x), (b, y)) = (self.number(depth - 1), self.number(depth - 1));
                (format!("([{a}, {b}] | max)"), x.zip(y).map(|(x, y)| x.max(y)))
            }
            _ => {
                let (a, x) = self.number(depth - 1);
                (format!("({a} | int)"), x.map(|x| x / 100 * 100))
            }
        }
    }

    fn condition(&mut self, depth: usize) -> (String, Right<bool>) {
        if depth == 0 {
            return self.simple();
        }
        match self.pick(6) {
            0 => {
                let ((a, x), (b, y)) = (self.condition(depth - 1), self.condition(depth - 1));
                (format!("({a} and {b})"), x.and_then(|x| if x { y } else { Some(false) }))
            }
            1 => {
                let ((a, x), (b, y)) = (self.condition(depth - 1), self.condition(depth - 1));
                (format!("({a} or {b})"), x.and_then(|x| if x { Some(true) } else { y }))
            }
            2 => {
                let (a, x) = self.condition(depth - 1);
                (format!("(not {a})"), x.map(|x| !x))
            }
            3 | 4 => {
                let ((a, x), (b, y)) = (self.number(depth - 1), self.number(depth - 1));
                let (sign, holds) = self.comparison();
                (format!("({a} {sign} {b})"), x.zip(y).map(|(x, y)| holds(x, y)))
            }
            _ => self.simple(),
        }
    }

    fn comparison(&mut self) -> Sign {
        const SIGNS: [Sign; 6] = [
            ("<", |a, b| a < b),
            ("<=", |a, b| a <= b),
            (">", |a, b| a > b),
            (">=", |a, b| a >= b),
            ("==", |a, b| a == b),
            ("!=", |a, b| a != b),
        ];
        SIGNS[self.pick(SIGNS.len())]
    }

    /// A condition over one or two cells as they stand.
    fn simple(&mut self) -> (String, Right<bool>) {
        let (name, shown, known) = COLUMNS[self.pick(COLUMNS.len())];
        let n = self.chance.i64(0..12);
        let number = if let Known::Number(value) = known { Some(value) } else { None };
        match self.pick(10) {
            0 => {
                let (sign, holds) = self.comparison();
                (format!("({name} {sign} {n})"), number.map(|value| holds(value, n * 100)))
            }
            1 => {
                let (sign, holds) = self.comparison();
                (format!("({n} {sign} {name})"), number.map(|value| holds(n * 100, value)))
            }
            2 => (format!("({name} == '{shown}')"), Some(true)),
            3 => (format!("('9' != {name})"), Some(shown != "9")),
            4 => (format!("({name} in [7, {n}])"), number.map(|value| value == 700 || value == n * 100)),
            5 => (format!("({name} in ['7', 'Pune'])"), Some(shown == "7" || shown == "Pune")),
            6 => {
                let right = match known {
                    Known::Nothing => Some(false),
                    Known::No | Known::Number(0) => None,
                    _ => Some(true),
                };
                (name.to_owned(), right)
            }
            7 => {
                let right = match known {
                    Known::No | Known::Nothing | Known::Number(0) => Some(false),
                    _ => None,
                };
                (format!("({name} | yes)"), right)
            }
            8 => {
                let (other, other_shown, also) = COLUMNS[self.pick(COLUMNS.len())];
                let right = match (known, also) {
                    (Known::Number(a), Known::Number(b)) if (a == b) == (shown == other_shown) => {
                        Some(a == b)
                    }
                    (Known::Number(_), Known::Number(_)) => None,
                    _ if shown == other_shown => Some(true),
                    // `1.234`, which may be 1234, beside a number.
                    (Known::Ambiguous, Known::Number(_)) | (Known::Number(_), Known::Ambiguous) => None,
                    _ => Some(false),
                };
                (format!("({name} == {other})"), right)
            }
            _ => {
                let (other, other_shown, also) = COLUMNS[self.pick(COLUMNS.len())];
                let right = match (known, also) {
                    (Known::Number(a), Known::Number(b)) => Some(a < b),
                    (Known::Text(_) | Known::No, Known::Text(_) | Known::No) => {
                        Some(shown.to_lowercase() < other_shown.to_lowercase())
                    }
                    _ => None,
                };
                (format!("({name} < {other})"), right)
            }
        }
    }
}

fn hundredths(text: &str) -> Option<i64> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let negative = whole.starts_with('-');
    let fraction: String = format!("{fraction}00").chars().take(2).collect();
    let digits: i64 = format!("{}{fraction}", whole.trim_start_matches('-')).parse().ok()?;
    Some(if negative { -digits } else { digits })
}

#[test]
fn every_expression_comes_to_the_right_answer_or_to_an_error() {
    let names = COLUMNS.map(|(name, ..)| name.to_owned());
    let mut templates = Templates::new(&names, &std::collections::BTreeMap::new());
    templates.hold(COLUMNS.map(|(_, shown, _)| Cell::from(shown)).to_vec(), Vec::new());
    let mut drawn = Drawn { chance: fastrand::Rng::with_seed(15) };
    let (mut right, mut errors) = (0, 0);
    for round in 0..20_000 {
        let depth = drawn.pick(4);
        let (source, expected) = if round % 2 == 0 {
            let (expr, number) = drawn.number(depth);
            let source = match drawn.pick(3) {
                0 => format!("{{% set x = {expr} %}}{{{{ x }}}}"),
                1 => format!("{{% for x in [{expr}] %}}{{{{ x }}}}{{% endfor %}}"),
                _ => format!("{{{{ ({expr}) }}}}"),
            };
            (source, number.map(|n| n.to_string()))
        } else {
            let (expr, holds) = drawn.condition(depth);
            let source = match drawn.pick(3) {
                0 => format!("{{% if {expr} %}}yes{{% else %}}no{{% endif %}}"),
                1 => format!("{{% set x = {expr} %}}{{{{ 'yes' if x else 'no' }}}}"),
                _ => format!("{{{{ 'yes' if {expr} else 'no' }}}}"),
            };
            (source, holds.map(|holds| if holds { "yes" } else { "no" }.to_owned()))
        };
        let text = templates.compile(&source).unwrap_or_else(|error| panic!("{source}: {error}"));
        let rendered = templates.render(&text);
        let answer = rendered.as_ref().ok().map(|text| {
            if round % 2 == 0 {
                hundredths(text).map_or(text.clone(), |n| n.to_string())
            } else {
                text.clone()
            }
        });
        match answer {
            Some(answer) => assert_eq!(Some(answer), expected, "{source}"),
            // Only where there is no answer: an error in the place of a right one is one too many.
            None => assert_eq!(expected, None, "{source}: {rendered:?}"),
        }
        if expected.is_some() { right += 1 } else { errors += 1 }
    }
    assert!(right > 5_000 && errors > 3_000, "{right} had an answer, {errors} had none");
}
