//! How the numbers of an audience are written, and which are taken.

use super::Country;

/// How the numbers of an audience are written, and which are taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rules {
    /// The country that numbers without a calling code belong to.
    pub country: Option<Country>,
    /// What digits without `+` and `00` are.
    pub bare: Bare,
    /// Which numbers are taken.
    pub accept: Accept,
}

impl From<Option<Country>> for Rules {
    fn from(country: Option<Country>) -> Rules {
        Rules { country, ..Rules::default() }
    }
}

/// What digits without `+` and `00` are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Bare {
    /// National numbers of the audience's country; where it has none, they are refused.
    #[default]
    National,
    /// Without a country: digits of 11 or more that are valid behind one of these calling codes carry it; all others
    /// are refused. With a country, as [`Bare::National`]. What [`ColumnEvidence`](super::ColumnEvidence) may find.
    Agreed(CallingCodes),
    /// They begin with a calling code (`"numbers": "international"`). With a country, those that begin with a zero are
    /// still its national numbers, since no calling code begins so.
    International,
}

/// A few calling codes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CallingCodes(Option<[u16; CallingCodes::MAX_CODES]>);

impl CallingCodes {
    /// How many there can be.
    pub(super) const MAX_CODES: usize = 8;
    /// All of them: for a number that stands alone where a calling code is asked for, such as on the command line.
    pub const ANY: CallingCodes = CallingCodes(None);

    /// The first eight of these.
    pub(super) fn of(codes: impl IntoIterator<Item = u16>) -> CallingCodes {
        let mut few = [0; CallingCodes::MAX_CODES];
        few.iter_mut().zip(codes).for_each(|(place, code)| *place = code);
        CallingCodes(Some(few))
    }

    /// Whether this is one of them.
    #[must_use]
    pub fn contain(&self, code: u16) -> bool {
        self.0.is_none_or(|codes| code != 0 && codes.contains(&code))
    }
}

/// Which numbers are taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Accept {
    /// Numbers that the numbering plans know.
    #[default]
    Valid,
    /// Also numbers of a possible length that the plans don't know (yet), with a warning.
    Possible,
}
