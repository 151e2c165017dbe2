//! The latency model that is built in: a constant, an even draw and a draw from quantiles. One
//! sequence of draws serves commands and another one data, so that neither depends on how much there
//! is of the other.

use super::draws::Draws;
use crate::input::{Latency, Quantiles};
use crate::journal::codec::fields;
use model::{Duration, Fault, LatencyModel, LatencyQuery, Message};

#[derive(Debug)]
pub(crate) struct DrawnLatencies {
    config: Latency,
    commands: Draws,
    data: Draws,
}

/// Sets the seed of data apart from that of commands.
const DATA: u64 = 0xD1B5_4A32_D192_ED03;

impl DrawnLatencies {
    pub(crate) fn new(config: Latency) -> Self {
        Self {
            commands: Draws::new(config.seed),
            data: Draws::new(config.seed ^ DATA),
            config,
        }
    }

    pub(crate) fn draw(&mut self, message: Message) -> Duration {
        let config = &self.config;
        let (constant, quantiles, draws) = match message {
            Message::Insert => (config.insert, &config.drawn.insert, &mut self.commands),
            Message::Modify => (config.modify, &config.drawn.modify, &mut self.commands),
            Message::Cancel => (config.cancel, &config.drawn.cancel, &mut self.commands),
            Message::Data => (config.feed, &config.drawn.feed, &mut self.data),
        };
        let mut nanos = constant.nanos();
        let jitter = config.jitter.nanos();
        if jitter > 0 && message != Message::Data {
            nanos = nanos.saturating_add(draws.next() % jitter.saturating_add(1).max(1));
        }
        if !quantiles.0.is_empty() {
            nanos = nanos.saturating_add(quantile(quantiles, draws.next()));
        }
        Duration::from_nanos(nanos)
    }
}

/// The value at a place drawn evenly: the two quantiles next to it, joined by a line.
fn quantile(quantiles: &Quantiles, draw: u64) -> u64 {
    let points = quantiles.0.as_slice();
    let steps = points.len().saturating_sub(1) as u128;
    let place = u128::from(draw) * steps;
    let (index, part) = (place >> 64, place & u128::from(u64::MAX));
    let at = |index: u128| {
        let index = usize::try_from(index).unwrap_or(usize::MAX);
        points.get(index).map_or(0, |point| point.nanos())
    };
    let (low, high) = (at(index), at(index + 1));
    let above = (u128::from(high.saturating_sub(low)) * part) >> 64;
    low.saturating_add(u64::try_from(above).unwrap_or(u64::MAX))
}

impl LatencyModel for DrawnLatencies {
    fn delays_data(&self) -> bool {
        let config = &self.config;
        config.feed > Duration::ZERO || !config.drawn.feed.0.is_empty()
    }

    fn delay(&mut self, query: &LatencyQuery) -> Result<Duration, Fault> {
        Ok(self.draw(query.message))
    }
}

fields! {
    DrawnLatencies { config, commands, data }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::input::DrawnLatency;
    use proptest::prelude::*;

    fn table(nanos: &[u64]) -> Quantiles {
        Quantiles(nanos.iter().map(|n| Duration::from_nanos(*n)).collect())
    }

    fn draws(config: &Latency, messages: &[Message]) -> Vec<u64> {
        let mut model = DrawnLatencies::new(config.clone());
        messages.iter().map(|m| model.draw(*m).nanos()).collect()
    }

    #[test]
    fn draws_repeat_with_the_seed_and_stay_in_range() {
        let config = Latency {
            cancel: Duration::from_nanos(100),
            jitter: Duration::from_nanos(10),
            seed: 7,
            ..Latency::default()
        };
        let first = draws(&config, &[Message::Cancel; 100]);
        assert_eq!(first, draws(&config, &[Message::Cancel; 100]));
        assert!(first.iter().all(|nanos| (100..=110).contains(nanos)));
        assert!(first.iter().any(|nanos| *nanos != first[0]));
    }

    #[test]
    fn between_quantiles_the_distribution_is_uniform() {
        let quantiles = table(&[10, 20, 120]);
        let check = |draw: u64, expect: u64| assert_eq!(quantile(&quantiles, draw), expect);
        let half = 1 << 63;
        check(0, 10);
        check(half / 2, 15);
        check(half - 1, 19);
        check(half, 20);
        check(half + half / 2, 70);
        check(u64::MAX, 119);
    }

    #[test]
    fn data_and_commands_do_not_take_each_others_draws() {
        let config = Latency {
            drawn: DrawnLatency {
                insert: table(&[0, 1_000_000]),
                feed: table(&[0, 1_000_000]),
                ..DrawnLatency::default()
            },
            seed: 3,
            ..Latency::default()
        };
        let alone = draws(&config, &[Message::Insert; 4]);
        let mixed = draws(
            &config,
            &[
                Message::Data,
                Message::Insert,
                Message::Data,
                Message::Insert,
            ],
        );
        assert_eq!([alone[0], alone[1]], [mixed[1], mixed[3]]);
        assert_ne!(alone[0], mixed[0]);
        assert_eq!(draws(&config, &[Message::Cancel]), [0]);
    }

    proptest! {
        #[test]
        fn draws_lie_between_the_extremes_and_repeat(
            mut nanos in prop::collection::vec(any::<u64>(), 2..50),
            seed in any::<u64>(),
        ) {
            nanos.sort_unstable();
            let (least, most) = (nanos[0], nanos[nanos.len() - 1]);
            let drawn = DrawnLatency { modify: table(&nanos), ..DrawnLatency::default() };
            let config = Latency { drawn, seed, ..Latency::default() };
            let first = draws(&config, &[Message::Modify; 50]);
            prop_assert!(first.iter().all(|n| (least..=most).contains(n)));
            prop_assert_eq!(first, draws(&config, &[Message::Modify; 50]));
        }

        #[test]
        fn a_larger_draw_takes_no_less_time(
            mut nanos in prop::collection::vec(0_u64..1 << 40, 2..20),
            (a, b) in (any::<u64>(), any::<u64>()),
        ) {
            nanos.sort_unstable();
            let quantiles = table(&nanos);
            prop_assert!(quantile(&quantiles, a.min(b)) <= quantile(&quantiles, a.max(b)));
        }
    }
}
