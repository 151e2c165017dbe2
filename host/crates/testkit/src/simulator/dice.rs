//! Numbers drawn from a seed.

/// A small generator of numbers (SplitMix64: Steele, Lea and Flood, 2014).
#[derive(Debug, Clone)]
pub struct Dice(u64);

impl Dice {
    /// A generator named by several numbers, such as a seed and the number of a turn.
    pub fn of(parts: &[u64]) -> Self {
        let mut dice = Self(0x51AF_5EED);
        for part in parts {
            dice.0 = dice.number() ^ part;
        }
        Self(dice.number())
    }

    /// Any number.
    pub fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A number from 0 to one less than `end`; 0 when there is none.
    pub fn below(&mut self, end: u64) -> u64 {
        self.number().checked_rem(end).unwrap_or(0)
    }

    /// Whether something happens that happens `count` times of `of`.
    pub fn chance(&mut self, count: u64, of: u64) -> bool {
        self.below(of) < count
    }

    /// One of several.
    pub fn one_of<T: Clone, const N: usize>(&mut self, items: [T; N]) -> T {
        let index = usize::try_from(self.below(N as u64)).unwrap_or(0);
        items[index].clone()
    }

    /// An index into `count` things, where there is one.
    pub fn index(&mut self, count: usize) -> Option<usize> {
        let index = usize::try_from(self.below(count as u64)).ok()?;
        (index < count).then_some(index)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_name_draws_the_same_and_another_draws_another() {
        let draw = |parts: &[u64]| Dice::of(parts).number();
        assert_eq!(draw(&[1, 2]), draw(&[1, 2]));
        assert_ne!(draw(&[1, 2]), draw(&[2, 1]));
        assert_ne!(draw(&[1, 2]), draw(&[1, 3]));
        assert_eq!(Dice::of(&[7]).below(0), 0);
        assert_eq!(Dice::of(&[7]).index(0), None);
    }
}
