//! Chance without chance: numbers that follow from a seed, and nothing else.

use crate::journal::codec::fields;

/// SplitMix64 (Steele, Lea, Flood, "Fast splittable pseudorandom number generators", 2014).
#[derive(Debug, Clone, Copy)]
pub(crate) struct Draws {
    state: u64,
}

const STEP: u64 = 0x9E37_79B9_7F4A_7C15;

impl Draws {
    pub(crate) const fn new(seed: u64) -> Self {
        Self { state: seed }
    }

    /// The next number, all equally likely.
    pub(crate) fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(STEP);
        mixed(self.state)
    }
}

/// A number that belongs to a seed and what it is drawn for, however often it is asked for.
pub(crate) fn drawn_for(seed: u64, what: [u64; 3]) -> u64 {
    what.into_iter()
        .fold(mixed(seed.wrapping_add(STEP)), |state, part| {
            mixed((state ^ part).wrapping_add(STEP))
        })
}

const fn mixed(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

fields! {
    Draws { state }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_those_of_the_reference() {
        // The first outputs for seed 0 of the reference implementation, `splitmix64.c` by S. Vigna.
        let mut draws = Draws::new(0);
        assert_eq!(draws.next(), 0xE220_A839_7B1D_CDAF);
        assert_eq!(draws.next(), 0x6E78_9E6A_A1B9_65F4);
    }

    #[test]
    fn what_is_drawn_for_differs_by_each_part() {
        let one = drawn_for(1, [1, 2, 3]);
        assert_eq!(one, drawn_for(1, [1, 2, 3]));
        for other in [[2, 2, 3], [1, 3, 3], [1, 2, 4], [2, 1, 3]] {
            assert_ne!(one, drawn_for(1, other));
        }
        assert_ne!(one, drawn_for(2, [1, 2, 3]));
    }
}
