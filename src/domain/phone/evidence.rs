//! Whether a column's bare digits carry a calling code, told from the column as a whole.
//!
//! A number without `+` says nothing of its country: a customer of Porto Alegre, `51 9…`, and one of Lima, `+51 9…`, are
//! written alike. [`ColumnEvidence`] looks at all cells of a column and is strict, since a wrong guess writes to
//! strangers; in doubt nothing is agreed, and the rows are refused with the remedy. What must hold, of the numbers that
//! stand there without `+` and `00`:
//!
//! - 95 % of those of 11 digits or more are valid *mobiles* behind a calling code.
//! - They share few calling codes: each agreed one holds a twentieth, and more than one number where there are others.
//!   Of what is left over there is one number, or a tenth.
//! - No country's own mobiles explain the numbers of a code as well (China's 11 digits, Brazil's, Germany's 15…,
//!   Argentina's 9…; of a handful of numbers also Indonesia's), unless the same column also writes numbers of that code
//!   with `+`.
//! - Shorter ones, and those with a zero in front, are national numbers of the same countries; at most one in twenty of
//!   all is not.

use super::clean::clean;
use super::parse::LONG;
use super::reading::{international, national};
use super::{Bare, CallingCodes, Country, numbering};

/// Countries whose mobiles are written at home with eleven digits or more and no zero in front (Indonesia's are once a
/// spreadsheet has taken it), so that they may look like a calling code and a number.
const LONG_AT_HOME: [&str; 5] = ["CN", "BR", "DE", "AR", "ID"];
/// Indonesia's numbers are of many lengths, so that a column of more than these would not read as international.
const MAX_AMBIGUOUS: u32 = 5;
/// So many of the shorter numbers are kept to be looked at again; more would tell no more.
const MAX_SHORT_KEPT: usize = 1_000;

/// What a column's numbers tell of each other. Give it every cell of the column (or a fair sample) that isn't known to
/// be of a country otherwise; then [`ColumnEvidence::verdict`] is the [`Rules::bare`](super::Rules::bare) for those
/// cells. 24 KiB at most; about half a microsecond a cell.
#[derive(Clone, Debug, Default)]
pub struct ColumnEvidence {
    long: u32,
    mobiles: u32,
    /// Mobiles by calling code, those with `+` apart.
    codes: Vec<Code>,
    marked: Vec<Code>,
    short: u32,
    short_kept: Vec<Box<str>>,
}

/// The mobiles of a calling code.
#[derive(Clone, Copy, Debug)]
struct Code {
    code: u16,
    times: u32,
    /// How many of them are also mobiles of these countries as they are written there.
    at_home: [u32; LONG_AT_HOME.len()],
}

impl ColumnEvidence {
    /// Takes in a cell of the column. Cells without a phone number say nothing.
    pub fn observe(&mut self, cell: &str) {
        let Ok(cleaned) = clean(cell) else { return };
        let digits = cleaned.digits();
        if !cleaned.international && (digits.len() < LONG || digits.starts_with(b"0")) {
            if digits.len() >= 5 {
                self.short += 1;
                if let Some(kept) =
                    std::str::from_utf8(digits).ok().filter(|_| self.short_kept.len() < MAX_SHORT_KEPT)
                {
                    self.short_kept.push(kept.into());
                }
            }
            return;
        }
        let mobile = international(digits).is_some_and(|reading| reading.mobile);
        let code = numbering::split(digits).map(|(code, _)| code).filter(|_| mobile);
        if cleaned.international {
            code.into_iter().for_each(|code| count(&mut self.marked, code).times += 1);
            return;
        }
        self.long += 1;
        let Some(code) = code else { return };
        self.mobiles += 1;
        let counted = count(&mut self.codes, code);
        counted.times += 1;
        for (times, country) in counted.at_home.iter_mut().zip(LONG_AT_HOME) {
            let country: Option<Country> = country.parse().ok();
            let own = country.is_some_and(|country| country.calling_code() == code);
            let there = country.and_then(|country| national(digits, country));
            *times += u32::from(!own && there.is_some_and(|reading| reading.mobile));
        }
    }

    /// What the column's bare digits are, where the campaign has no country for them: [`Bare::Agreed`], or
    /// [`Bare::National`] in doubt.
    #[must_use]
    pub fn verdict(&self) -> Bare {
        if !share(self.mobiles, self.long, 95) {
            return Bare::National;
        }
        let common = self.common();
        let left_over = self.mobiles - common.iter().map(|code| code.times).sum::<u32>();
        if common.is_empty() || left_over > (self.mobiles / 10).max(1) {
            return Bare::National;
        }
        if common.iter().any(|code| self.is_at_home(code)) {
            return Bare::National;
        }
        if self.strange(&common) * 20 > u64::from(self.long + self.short) {
            return Bare::National;
        }
        Bare::Agreed(CallingCodes::of(common.into_iter().map(|code| code.code)))
    }

    /// The calling codes that the column agrees on, the most common first.
    fn common(&self) -> Vec<Code> {
        let mut common = self.codes.clone();
        common.retain(|code| {
            u64::from(code.times) * 20 >= u64::from(self.mobiles) && (code.times > 1 || self.mobiles == 1)
        });
        common.sort_by_key(|code| (std::cmp::Reverse(code.times), code.code));
        common.truncate(CallingCodes::MAX_CODES);
        common
    }

    /// Whether the numbers of this code are as well some country's own, as they are written there.
    fn is_at_home(&self, code: &Code) -> bool {
        let marked =
            self.marked.iter().find(|marked| marked.code == code.code).map_or(0, |marked| marked.times);
        if marked >= 2 && share(marked, code.times, 5) {
            return false;
        }
        let countries = code.at_home.iter().zip(LONG_AT_HOME);
        countries
            .filter(|(_, country)| *country != "ID" || self.long < MAX_AMBIGUOUS)
            .any(|(times, _)| share(*times, code.times, 95))
    }

    /// How many of the shorter numbers are none of the countries that these calling codes belong to.
    fn strange(&self, common: &[Code]) -> u64 {
        let countries: Vec<Country> =
            common.iter().filter_map(|code| Country::of_calling_code(code.code)).collect();
        let theirs = |digits: &str| countries.iter().any(|c| national(digits.as_bytes(), *c).is_some());
        let strange = self.short_kept.iter().filter(|digits| !theirs(digits)).count() as u64;
        match self.short_kept.len() as u64 {
            0 => 0,
            kept => strange * u64::from(self.short) / kept,
        }
    }
}

/// Whether a part is at least so many in a hundred of the whole.
fn share(part: u32, whole: u32, percent: u64) -> bool {
    u64::from(part) * 100 >= u64::from(whole) * percent && whole > 0
}

fn count(codes: &mut Vec<Code>, code: u16) -> &mut Code {
    let known = codes.iter().position(|known| known.code == code);
    let at = known.unwrap_or_else(|| {
        codes.push(Code { code, times: 0, at_home: [0; LONG_AT_HOME.len()] });
        codes.len() - 1
    });
    &mut codes[at]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(cells: &[&str]) -> Bare {
        let mut evidence = ColumnEvidence::default();
        cells.iter().for_each(|cell| evidence.observe(cell));
        evidence.verdict()
    }

    fn agreed(codes: &[u16]) -> Bare {
        Bare::Agreed(CallingCodes::of(codes.iter().copied()))
    }

    #[test]
    fn columns_that_carry_their_code_agree() {
        for (cells, codes) in [
            (&["919876543210", "919123456780", "", "n/a", "919812345678"][..], &[91][..]),
            (&["919876543210"], &[91]),
            (&["14155552671", "12125550143", "16502530000"], &[1]),
            (&["447911123456", "919876543210", "447911123457"], &[44]), // one of another code is no agreement
            (&["447911123456", "919876543210", "447911123457", "919876543211"], &[44, 91]),
            (&["919876543210", "9876543211", "9876543212"], &[91]),
            (&["5511987654321", "+5511987654322"], &[55]),
            (&["66812345678", "66912345678", "66612345678"], &[66]),
            (&["51987654321", "51987654322", "+51 987654323", "+51 987654324"], &[51]),
            (&["551187654321", "5511987654321"], &[55]),
            (&["07911123456", "07911123457", "447911123456"], &[44]), // those with a zero are refused one by one
        ] {
            assert_eq!(verdict(cells), agreed(codes), "{cells:?}");
        }
    }

    #[test]
    fn national_columns_do_not() {
        for cells in [
            &["4155552671", "2125550143"][..],              // the United States'
            &["13912345678", "15021234567", "18612345678"], // China's
            &["13105551234"],                               // China's or the United States'
            &["51987654321", "51987654322"],                // Porto Alegre's or Lima's
            &["84987654321"],                               // Natal's or Vietnam's
            &["11987654321", "21987654321", "51987654321"], // Brazil's
            &["15123456789", "15123456780"],                // Germany's or Texas'
            &["9876543210", "14155552671"], // the short one is no number of the long one's country
            &["8123456789012", "81234567890", "85212345678"],
            &[],
            &["n/a", "+919876543210"],
        ] {
            assert_eq!(verdict(cells), Bare::National, "{cells:?}");
        }
    }
}
