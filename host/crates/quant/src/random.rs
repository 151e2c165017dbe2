//! Random numbers of the simulated market and of simulated losses: equal for equal seeds on every
//! machine, and nothing else depends on them.

/// SplitMix64 (Steele, Lea, Flood, "Fast splittable pseudorandom number generators", 2014).
#[derive(Debug, Clone)]
pub struct Random {
    state: u64,
    /// The second number of the last pair of normal ones.
    spare: Option<f64>,
}

impl Random {
    /// A stream for a seed; different streams of one seed are independent.
    pub fn new(seed: u64, stream: u64) -> Self {
        let mut random = Self {
            state: seed,
            spare: None,
        };
        random.state = random.next_u64() ^ stream.wrapping_mul(0xd134_2543_de82_ef95);
        random
    }

    fn next_u64(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.state ^ (self.state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// Uniform in the open interval from 0 to 1.
    #[allow(clippy::cast_precision_loss, reason = "53 bits are what an f64 holds")]
    pub fn uniform(&mut self) -> f64 {
        ((self.next_u64() >> 11) as f64 + 0.5) / (1_u64 << 53) as f64
    }

    /// Exponential with mean 1.
    pub fn exponential(&mut self) -> f64 {
        -libm::log(self.uniform())
    }

    /// Normal with mean 0 and variance 1 (Marsaglia's polar method).
    pub fn normal(&mut self) -> f64 {
        if let Some(spare) = self.spare.take() {
            return spare;
        }
        loop {
            let (x, y) = (2.0 * self.uniform() - 1.0, 2.0 * self.uniform() - 1.0);
            let square = x * x + y * y;
            if square > 0.0 && square < 1.0 {
                let scale = libm::sqrt(-2.0 * libm::log(square) / square);
                self.spare = Some(y * scale);
                return x * scale;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_repeat_and_differ() {
        let draw = |seed, stream| {
            let mut random = Random::new(seed, stream);
            [random.uniform(), random.normal(), random.exponential()]
        };
        assert_eq!(draw(1, 0), draw(1, 0));
        assert_ne!(draw(1, 0), draw(1, 1));
        assert_ne!(draw(1, 0), draw(2, 0));
    }

    #[test]
    fn moments_are_as_named() {
        let mut random = Random::new(7, 0);
        let count = 200_000;
        let mean = |draw: &mut dyn FnMut() -> f64| {
            (0..count).map(|_| draw()).sum::<f64>() / f64::from(count)
        };
        let near = |value: f64, expect: f64| {
            assert!((value - expect).abs() < 0.02, "{value} is not {expect}");
        };
        near(mean(&mut || random.uniform()), 0.5);
        near(mean(&mut || random.exponential()), 1.0);
        near(mean(&mut || random.normal()), 0.0);
        near(mean(&mut || random.normal().powi(2)), 1.0);
    }
}
