//! How strategies use their orders: cancels and changes against fills, and the same order executed
//! over and over. Bounded, and forgotten by engine time only.

use super::windows::{Fingerprint, fingerprint};
use crate::journal::codec::{fields, wrappers};
use model::{Duration, OrderRequest, StrategyId, Timestamp};
use std::collections::VecDeque;

/// Events of a kind remembered per strategy.
const REMEMBERED: usize = 1_024;

/// What every strategy did lately.
#[derive(Debug, Default)]
pub(crate) struct Conduct(Vec<Lately>);

#[derive(Debug, Default)]
struct Lately {
    cancels: VecDeque<Timestamp>,
    fills: VecDeque<Timestamp>,
    executed: VecDeque<(Timestamp, Fingerprint)>,
}

impl Conduct {
    /// A cancel or a change was sent.
    pub(crate) fn cancelled(&mut self, strategy: StrategyId, now: Timestamp) {
        remember(&mut self.entry(strategy).cancels, now);
    }

    /// An order was filled, in part or in full.
    pub(crate) fn filled(&mut self, strategy: StrategyId, now: Timestamp) {
        remember(&mut self.entry(strategy).fills, now);
    }

    /// An order was executed for the first time.
    pub(crate) fn executed(&mut self, strategy: StrategyId, now: Timestamp, order: &OrderRequest) {
        remember(
            &mut self.entry(strategy).executed,
            (now, fingerprint(order)),
        );
    }

    /// Forgets the executions of a strategy.
    pub(crate) fn forgive(&mut self, strategy: StrategyId) {
        self.entry(strategy).executed.clear();
    }

    /// Cancels and changes, and fills, within the window. Once more cancels came than are
    /// remembered their number is not known, and counts as the largest there is.
    pub(crate) fn churn(&self, strategy: StrategyId, now: Timestamp, window: Duration) -> [u32; 2] {
        let Some(lately) = self.0.get(strategy.index()) else {
            return [0, 0];
        };
        let cancels = within(&lately.cancels, now, window);
        let known = cancels < REMEMBERED;
        let count = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
        let cancels = if known { count(cancels) } else { u32::MAX };
        [cancels, count(within(&lately.fills, now, window))]
    }

    /// How often the same order was executed within the window.
    pub(crate) fn repeats(
        &self,
        strategy: StrategyId,
        now: Timestamp,
        order: &OrderRequest,
        window: Duration,
    ) -> u32 {
        let wanted = fingerprint(order);
        let executed = self.0.get(strategy.index()).map(|lately| &lately.executed);
        let executed = executed.into_iter().flatten().rev();
        let same = executed
            .take_while(|(at, _)| now.since(*at) < window)
            .filter(|(_, seen)| *seen == wanted);
        u32::try_from(same.count()).unwrap_or(u32::MAX)
    }

    fn entry(&mut self, strategy: StrategyId) -> &mut Lately {
        if self.0.len() <= strategy.index() {
            self.0.resize_with(strategy.index() + 1, Lately::default);
        }
        &mut self.0[strategy.index()]
    }
}

/// How many of a line of times, oldest first, lie within the window.
fn within(times: &VecDeque<Timestamp>, now: Timestamp, window: Duration) -> usize {
    times.len() - times.partition_point(|at| now.since(*at) >= window)
}

fn remember<T>(queue: &mut VecDeque<T>, item: T) {
    if queue.len() >= REMEMBERED {
        queue.pop_front();
    }
    queue.push_back(item);
}

fields! {
    Lately { cancels, fills, executed }
}
wrappers!(Conduct(strategies));

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn churn_counts_the_window_and_admits_what_it_forgot() {
        let (mut conduct, strategy) = (Conduct::default(), StrategyId::new(1));
        let (at, window) = (Timestamp::from_nanos, Duration::from_nanos(10));
        assert_eq!(conduct.churn(strategy, at(0), window), [0, 0]);
        conduct.cancelled(strategy, at(0));
        conduct.cancelled(strategy, at(5));
        conduct.filled(strategy, at(5));
        assert_eq!(conduct.churn(strategy, at(9), window), [2, 1]);
        assert_eq!(conduct.churn(strategy, at(10), window), [1, 1]);
        for _ in 0..REMEMBERED {
            conduct.cancelled(strategy, at(20));
        }
        assert_eq!(conduct.churn(strategy, at(20), window), [u32::MAX, 0]);
    }

    #[test]
    fn repeats_count_within_the_window_until_they_are_forgiven() {
        let (mut conduct, strategy) = (Conduct::default(), StrategyId::new(1));
        let (at, window) = (Timestamp::from_nanos, Duration::from_nanos(10));
        let order = OrderRequest::new(
            model::InstrumentId::new(0),
            model::Side::Buy,
            model::OrderKind::Market,
            model::Quantity::whole(1).unwrap(),
        );
        conduct.executed(strategy, at(0), &order);
        conduct.executed(strategy, at(5), &order);
        assert_eq!(conduct.repeats(strategy, at(9), &order, window), 2);
        assert_eq!(conduct.repeats(strategy, at(10), &order, window), 1);
        conduct.forgive(strategy);
        assert_eq!(conduct.repeats(strategy, at(10), &order, window), 0);
    }
}
