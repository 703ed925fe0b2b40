//! Randomness for the waits between attempts and for cache busters: nobody must be unable to guess it, so a small
//! generator does.

use std::hash::{BuildHasher, Hasher, RandomState};

/// Numbers in `0.0..1.0` (xorshift64*, seeded by the standard library's randomness).
pub(super) fn source() -> impl FnMut() -> f64 + Send {
    let mut state = RandomState::new().build_hasher().finish() | 1;
    move || {
        state ^= state >> 12;
        state ^= state << 25;
        state ^= state >> 27;
        let bits = state.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 11;
        bits as f64 / (1u64 << 53) as f64
    }
}

/// A short text that is not used twice: for URLs that caches must not know.
pub(super) fn unique() -> String {
    const DIGITS: &[u8; 36] = b"0123456789abcdefghijklmnopqrstuvwxyz";
    let mut number = RandomState::new().build_hasher().finish();
    let mut digit = || {
        let digit = DIGITS[(number % 36) as usize];
        number /= 36;
        char::from(digit)
    };
    (0..8).map(|_| digit()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unique_texts_differ() {
        let texts: std::collections::HashSet<String> = (0..1000).map(|_| unique()).collect();
        assert_eq!(texts.len(), 1000);
        assert!(texts.iter().all(|text| text.len() == 8));
    }

    #[test]
    fn numbers_are_spread_over_the_unit_interval() {
        let mut random = source();
        let numbers: Vec<f64> = (0..10_000).map(|_| random()).collect();
        assert!(numbers.iter().all(|number| (0.0..1.0).contains(number)));
        let mean = numbers.iter().sum::<f64>() / 10_000.0;
        assert!((mean - 0.5).abs() < 0.05, "{mean}");
    }
}
