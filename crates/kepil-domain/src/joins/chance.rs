//! How many guesses are right by chance.

/// In how many tables of 1,000 a sound installation may be accused.
const ACCUSED: f64 = 0.001;

/// The most matches of `guesses`, of which `expected` are right by chance, that chance does not pass in 999 tables of 1,000
/// with `family` such rows: the binomial bound.
#[must_use]
pub fn bound(guesses: u32, expected: f64, family: u32) -> u32 {
    let allowed = 1.0 - (1.0 - ACCUSED).powf(1.0 / f64::from(family.max(1)));
    let share = (expected / f64::from(guesses.max(1))).clamp(0.0, 1.0);
    if share <= 0.0 {
        return 0;
    }
    if share >= 1.0 {
        return guesses;
    }
    // Term by term, as logarithms: with many guesses the first one is too small to be written down.
    let (odds, mut term) = ((share / (1.0 - share)).ln(), f64::from(guesses) * (1.0 - share).ln());
    let mut below = term.exp();
    for number in 0..guesses {
        if 1.0 - below <= allowed && f64::from(number) >= expected {
            return number;
        }
        term += (f64::from(guesses - number) / f64::from(number + 1)).ln() + odds;
        below += term.exp();
    }
    guesses
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bound_is_that_of_the_binomial() {
        // One of 10,000 each: nearly Poisson with mean 1, whose tail from 6 on is 0.0006 and from 5 on 0.0037.
        assert_eq!(bound(10_000, 1.0, 1), 5);
        // The tail from 9 on is 0.0000011.
        assert_eq!(bound(10_000, 1.0, 200), 8);
        // Half of 100: mean 50, deviation 5; the 99.9 % quantile is 65.
        assert_eq!(bound(100, 50.0, 1), 65);
        assert_eq!((bound(10, 0.0, 1), bound(10, 10.0, 1)), (0, 10));
        // Where the first term underflows.
        let far = bound(1_000_000, 5_000.0, 1);
        assert!((5_150..5_300).contains(&far), "{far}");
    }
}
