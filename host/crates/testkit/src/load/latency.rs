//! Samples of how long something took, and their quantiles.

use std::time::Duration;

/// Samples in microseconds. Of what takes longer than 71 minutes, that.
#[derive(Debug, Clone, Default)]
pub struct Latencies {
    micros: Vec<u32>,
    sorted: bool,
}

impl Latencies {
    /// Adds one.
    pub fn add(&mut self, took: Duration) {
        self.micros
            .push(u32::try_from(took.as_micros()).unwrap_or(u32::MAX));
        self.sorted = false;
    }

    /// Adds all of another.
    pub fn extend(&mut self, other: &Self) {
        self.micros.extend_from_slice(&other.micros);
        self.sorted = false;
    }

    /// How many there are.
    #[must_use]
    pub fn count(&self) -> usize {
        self.micros.len()
    }

    /// What so many of a hundred took at most; `None` when there are no samples.
    pub fn percentile(&mut self, percent: usize) -> Option<Duration> {
        if !self.sorted {
            self.micros.sort_unstable();
            self.sorted = true;
        }
        let rank = (self.micros.len() * percent).div_ceil(100).max(1) - 1;
        let micros = self.micros.get(rank).copied()?;
        Some(Duration::from_micros(u64::from(micros)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentile_is_the_sample_at_its_rank() {
        let mut latencies = Latencies::default();
        assert_eq!(latencies.percentile(99), None);
        for micros in (1..=200).rev() {
            latencies.add(Duration::from_micros(micros));
        }
        assert_eq!(latencies.count(), 200);
        for (percent, micros) in [(0, 1), (50, 100), (99, 198), (100, 200)] {
            let found = latencies.percentile(percent);
            assert_eq!(found, Some(Duration::from_micros(micros)), "{percent}");
        }
        latencies.add(Duration::from_micros(5_000));
        let slowest = Some(Duration::from_millis(5));
        assert_eq!(latencies.percentile(100), slowest);
    }
}
