//! The root key in shares, of which some together give it back and fewer tell nothing (Shamir, 1979).
//!
//! Each byte of the key is the value at 0 of a polynomial over the field of 256 elements, whose degree is one less than the
//! number of shares that are needed; a share has the values at its number. Start reading at [`RootKey::split`].

use zeroize::Zeroizing;

use super::{
    RootKey, RootNo,
    seal::{Secret, random_secret},
};
use crate::{Entropy, Installation, NoEntropy, hex};

const FORMAT: &str = "kepil-share-1";
/// Of the sum at the end of a line. Unit: bytes.
const SUM: usize = 4;

/// One part of a root key.
#[derive(Clone)]
pub struct Share {
    /// Of which installation.
    pub installation: Installation,
    /// Of which root key.
    pub root: RootNo,
    /// How many are needed.
    pub needed: u8,
    /// Which of them it is, from 1.
    pub number: u8,
    bytes: Secret,
}

/// Why shares give no key.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum SharesError {
    /// Not of the form that a share has, or a letter is wrong.
    #[error("it is no share, or a letter of it is wrong")]
    Malformed,
    /// One of two to 255 at most is needed, and no more than there are.
    #[error("of two to 255 shares two or more must be needed, and no more than there are")]
    BadNumbers,
    /// More are needed.
    #[error("{needed} shares are needed, {have} are there")]
    TooFew {
        /// How many there are.
        have: usize,
        /// How many are needed.
        needed: u8,
    },
    /// They do not belong together.
    #[error("the shares are of different keys")]
    DifferentKeys,
    /// The same one came twice.
    #[error("share {0} is there twice")]
    Twice(u8),
    /// No randomness.
    #[error(transparent)]
    NoEntropy(#[from] NoEntropy),
}

impl RootKey {
    /// Takes the key apart into `of` shares of which `needed` give it back.
    ///
    /// # Errors
    /// [`SharesError::BadNumbers`] when these numbers do not go together.
    pub fn split(
        &self,
        installation: &Installation,
        (needed, of): (u8, u8),
        entropy: &mut dyn Entropy,
    ) -> Result<Vec<Share>, SharesError> {
        if needed < 2 || needed > of {
            return Err(SharesError::BadNumbers);
        }
        // The coefficients of degree 1 and more, for all bytes of the key at once.
        let above: Vec<Secret> = (1..needed).map(|_| random_secret(entropy)).collect::<Result<_, _>>()?;
        let share = |number: u8| {
            let mut bytes = Secret::default();
            for coefficients in above.iter().rev() {
                add_times(&mut bytes, number, coefficients);
            }
            add_times(&mut bytes, number, self.danger_bytes());
            Share { installation: *installation, root: self.no(), needed, number, bytes }
        };
        Ok((1..=of).map(share).collect())
    }

    /// The key that `shares` give. Whether it is the right one is told by [`Self::print`].
    ///
    /// # Errors
    /// [`SharesError`] when they are too few or do not belong together.
    pub fn join(shares: &[Share]) -> Result<Self, SharesError> {
        let first = shares.first().ok_or(SharesError::TooFew { have: 0, needed: 2 })?;
        let (needed, have) = (first.needed, shares.len());
        if shares.iter().any(|it| (it.installation, it.root, it.needed) != (first.installation, first.root, needed)) {
            return Err(SharesError::DifferentKeys);
        }
        if have < usize::from(needed) {
            return Err(SharesError::TooFew { have, needed });
        }
        let used = shares.get(..usize::from(needed)).unwrap_or(shares);
        let mut key = Secret::default();
        for share in used {
            let others = used.iter().filter(|other| !std::ptr::eq(*other, share));
            let mut weight = 1;
            for other in others {
                if other.number == share.number {
                    return Err(SharesError::Twice(share.number));
                }
                weight = times(weight, times(other.number, inverse(other.number ^ share.number)));
            }
            key.iter_mut().zip(share.bytes.iter()).for_each(|(to, byte)| *to ^= times(weight, *byte));
        }
        Ok(Self::from_bytes(first.root, *key))
    }

    /// A hash by which the key is known again; it tells nothing of it.
    #[must_use]
    pub fn print(&self) -> [u8; 32] {
        super::mac(self.danger_bytes(), &[b"kepil root"])
    }
}

impl Share {
    /// A line to keep: `kepil-share-1 INSTALLATION ROOT NEEDED NUMBER SHARE SUM`, wiped when dropped.
    #[must_use]
    pub fn to_text(&self) -> Zeroizing<String> {
        let bytes = Zeroizing::new(hex(self.bytes.as_ref()));
        let (at, root) = (hex(&self.installation.0), self.root.0);
        let line = Zeroizing::new(format!("{FORMAT} {at} {root} {} {} {}", self.needed, self.number, *bytes));
        Zeroizing::new(format!("{} {}\n", *line, sum(&line)))
    }

    /// The way back from [`Self::to_text`].
    ///
    /// # Errors
    /// [`SharesError::Malformed`] when a letter is another.
    pub fn parse(text: &str) -> Result<Self, SharesError> {
        let bad = || SharesError::Malformed;
        let (line, said) = text.trim().rsplit_once(' ').ok_or_else(bad)?;
        let [format, at, root, needed, number, bytes] =
            line.split(' ').collect::<Vec<_>>().try_into().map_err(|_| bad())?;
        if format != FORMAT || sum(line) != said {
            return Err(bad());
        }
        let small = |text: &str| text.parse::<u8>().ok().filter(|number| *number > 0).ok_or_else(bad);
        let share = Self {
            installation: Installation(unhex(at).ok_or_else(bad)?),
            root: RootNo(root.parse().map_err(|_| bad())?),
            needed: small(needed)?,
            number: small(number)?,
            bytes: Zeroizing::new(unhex(bytes).ok_or_else(bad)?),
        };
        // A number can be written in more than one way; a share in one.
        if share.to_text().trim() == text.trim() { Ok(share) } else { Err(bad()) }
    }
}

fn sum(line: &str) -> String {
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, line.as_bytes());
    hex(digest.as_ref().get(..SUM).unwrap_or_default())
}

fn unhex<const N: usize>(text: &str) -> Option<[u8; N]> {
    let mut bytes = [0; N];
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    if pairs.len() != N || !rest.is_empty() {
        return None;
    }
    for (byte, pair) in bytes.iter_mut().zip(pairs) {
        *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
    }
    Some(bytes)
}

/// `sums` times `number`, plus `more`, byte by byte.
fn add_times(sums: &mut [u8; 32], number: u8, more: &[u8; 32]) {
    sums.iter_mut().zip(more).for_each(|(sum, more)| *sum = times(*sum, number) ^ more);
}

/// The product in the field of 256 elements modulo x⁸ + x⁴ + x³ + x + 1. Takes the same time for any numbers.
fn times(mut a: u8, mut b: u8) -> u8 {
    let mut product = 0;
    for _ in 0..8 {
        product ^= a & 0u8.wrapping_sub(b & 1);
        a = (a << 1) ^ (0x1B & 0u8.wrapping_sub(a >> 7));
        b >>= 1;
    }
    product
}

/// What gives 1 with `a`, which is not 0: its power of 254.
fn inverse(a: u8) -> u8 {
    let mut power = a;
    for _ in 0..6 {
        power = times(times(power, power), a);
    }
    times(power, power)
}

#[cfg(test)]
mod tests {
    use super::{super::seal::tests::Counting, *};

    const HOME: Installation = Installation([1; 16]);

    fn root() -> RootKey {
        RootKey::from_bytes(RootNo(3), std::array::from_fn(|at| u8::try_from(at * 7).unwrap()))
    }

    fn shares(needed: u8, of: u8) -> Vec<Share> {
        root().split(&HOME, (needed, of), &mut Counting(9)).unwrap()
    }

    /// FIPS 197, sections 4.2 and 5.1.1.
    #[test]
    fn products_and_inverses_are_those_of_the_field_of_aes() {
        assert_eq!((times(0x57, 0x83), times(0x57, 0x13), inverse(0x53)), (0xC1, 0xFE, 0xCA));
        assert!((1..=255).all(|a| times(a, inverse(a)) == 1));
    }

    #[test]
    fn any_shares_of_the_number_needed_give_the_key_and_fewer_do_not() {
        for (needed, of) in [(2, 3), (3, 5), (5, 5)] {
            let all = shares(needed, of);
            for chosen in 0u32..1 << of {
                let some = (0..of)
                    .filter(|at| chosen >> at & 1 == 1)
                    .map(|at| Share::parse(&all[usize::from(at)].to_text()).unwrap());
                let some: Vec<Share> = some.collect();
                match RootKey::join(&some) {
                    Ok(key) => {
                        assert!(some.len() >= usize::from(needed));
                        assert!(key.danger_bytes() == root().danger_bytes() && key.no() == RootNo(3));
                    }
                    Err(error) => assert!(matches!(error, SharesError::TooFew { .. }), "{error}"),
                }
            }
        }
    }

    /// One share fits every key: for each there is a line through it.
    #[test]
    fn fewer_shares_than_needed_fit_every_key() {
        let all = shares(2, 2);
        let keys = (0..=255).map(|byte| {
            let other = Share { bytes: Zeroizing::new([byte; 32]), ..Share::parse(&all[1].to_text()).unwrap() };
            RootKey::join(&[Share::parse(&all[0].to_text()).unwrap(), other]).unwrap().danger_bytes()[0]
        });
        assert_eq!(keys.collect::<std::collections::HashSet<u8>>().len(), 256, "each first byte is possible");
    }

    #[test]
    fn shares_that_do_not_belong_together_are_refused() {
        let [one, two] = [0, 1].map(|at| Share::parse(&shares(2, 3)[at].to_text()).unwrap());
        assert_eq!(RootKey::join(&[one, Share { root: RootNo(4), ..two }]).err(), Some(SharesError::DifferentKeys));
        let [one, same] = [0, 0].map(|at| Share::parse(&shares(2, 3)[at].to_text()).unwrap());
        assert_eq!(RootKey::join(&[one, same]).err(), Some(SharesError::Twice(1)));
        for numbers in [(1, 3), (0, 3), (4, 3)] {
            let refused = root().split(&HOME, numbers, &mut Counting(0)).err();
            assert_eq!(refused, Some(SharesError::BadNumbers), "{numbers:?}");
        }
        let text = shares(2, 3)[0].to_text();
        for at in 0..text.trim().len() {
            let mut bent = text.as_bytes().to_vec();
            bent[at] ^= 1;
            let Ok(bent) = String::from_utf8(bent) else { continue };
            assert_eq!(Share::parse(&bent).err(), Some(SharesError::Malformed), "letter {at}");
        }
    }
}
