//! How long commands take: a constant plus a draw from a seeded generator, one draw a command, so
//! that the same run always waits equally long.

use super::VenueCommand;
use crate::input::Latency;
use model::Duration;

#[derive(Debug)]
pub(crate) struct LatencyModel {
    config: Latency,
    state: u64,
}

impl LatencyModel {
    pub(crate) fn new(config: Latency) -> Self {
        Self {
            config,
            state: config.seed,
        }
    }

    pub(crate) fn draw(&mut self, command: &VenueCommand) -> Duration {
        let constant = match command {
            VenueCommand::Insert(_) => self.config.insert,
            VenueCommand::Modify(..) => self.config.modify,
            VenueCommand::Cancel(..) => self.config.cancel,
        };
        let jitter = self.config.jitter.nanos();
        if jitter == 0 {
            return constant;
        }
        let drawn = self.next() % jitter.saturating_add(1).max(1);
        Duration::from_nanos(constant.nanos().saturating_add(drawn))
    }

    /// SplitMix64 (Steele, Lea, Flood, "Fast splittable pseudorandom number generators", 2014).
    fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::{InstrumentId, OrderId};

    #[test]
    fn draws_repeat_with_the_seed_and_stay_in_range() {
        let config = Latency {
            cancel: Duration::from_nanos(100),
            jitter: Duration::from_nanos(10),
            seed: 7,
            ..Latency::default()
        };
        let cancel = VenueCommand::Cancel(OrderId::default(), InstrumentId::new(0));
        let draws = |mut model: LatencyModel| -> Vec<u64> {
            (0..100).map(|_| model.draw(&cancel).nanos()).collect()
        };
        let first = draws(LatencyModel::new(config));
        assert_eq!(first, draws(LatencyModel::new(config)));
        assert!(first.iter().all(|nanos| (100..=110).contains(nanos)));
        assert!(first.iter().any(|nanos| *nanos != first[0]));
    }
}
