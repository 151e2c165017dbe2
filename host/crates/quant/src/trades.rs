//! Statistics of closed trades.

use model::{Duration, Timestamp};

use crate::convert::{self, count, seconds};
use crate::moments::{mean, quantile, ratio};
use crate::round_trips::ClosedTrade;

/// A closed trade in the currency of the report.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TradeOutcome {
    /// First fill.
    pub entry_time: Timestamp,
    /// Last fill.
    pub exit_time: Timestamp,
    /// Profit net of fees.
    pub pnl: f64,
    /// Fees; negative is a rebate.
    pub fees: f64,
    /// Value of all fills.
    pub traded_value: f64,
    /// Deepest loss on the way, at least zero.
    pub max_adverse: Option<f64>,
    /// Highest profit on the way, at least zero.
    pub max_favorable: Option<f64>,
}

impl ClosedTrade {
    /// The trade in another currency, of which one unit of the quote currency is worth `rate`.
    pub fn outcome(&self, rate: f64) -> TradeOutcome {
        let converted = |amount| convert::money(amount) * rate;
        TradeOutcome {
            entry_time: self.entry_time,
            exit_time: self.exit_time,
            pnl: converted(self.pnl),
            fees: converted(self.fees),
            traded_value: converted(self.traded_value),
            max_adverse: self.max_adverse.map(converted),
            max_favorable: self.max_favorable.map(converted),
        }
    }
}

/// What closed trades have in common. Money is in the report's currency.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct TradeStatistics {
    /// How many trades closed.
    pub trades: usize,
    /// Trades with a profit; a trade of exactly zero is neither.
    pub winners: usize,
    /// Trades with a loss.
    pub losers: usize,
    /// Winners over all trades.
    pub win_rate: Option<f64>,
    /// Sum of profits over sum of losses; not available without a loss.
    pub profit_factor: Option<f64>,
    /// Mean profit of a trade.
    pub expectancy: Option<f64>,
    /// Mean win over mean loss.
    pub payoff_ratio: Option<f64>,
    /// Mean profit of winners.
    pub average_win: Option<f64>,
    /// Mean loss of losers, positive.
    pub average_loss: Option<f64>,
    /// Largest profit.
    pub largest_win: Option<f64>,
    /// Largest loss, positive.
    pub largest_loss: Option<f64>,
    /// Most winners in a row.
    pub longest_win_streak: usize,
    /// Most losers in a row.
    pub longest_loss_streak: usize,
    /// Part of the period in which some trade was on.
    pub exposure_time: Option<f64>,
    /// Value of all fills of closed trades over mean equity.
    pub turnover: Option<f64>,
    /// Mean time from first to last fill, in seconds.
    pub average_duration_s: Option<f64>,
    /// Median of the same, in seconds.
    pub median_duration_s: Option<f64>,
    /// Mean deepest loss on the way.
    pub average_max_adverse: Option<f64>,
    /// Mean highest profit on the way.
    pub average_max_favorable: Option<f64>,
    /// Fees of closed trades.
    pub fees: Option<f64>,
}

/// All of them. `period` is the time that the data covers, `mean_equity` what turnover is against.
pub fn trade_statistics(
    trades: &[TradeOutcome],
    period: Option<(Timestamp, Timestamp)>,
    mean_equity: Option<f64>,
) -> TradeStatistics {
    let wins = of(trades, |trade| (trade.pnl > 0.0).then_some(trade.pnl));
    let losses = of(trades, |trade| (trade.pnl < 0.0).then_some(-trade.pnl));
    let durations = of(trades, |trade| {
        Some(seconds(trade.exit_time.since(trade.entry_time)))
    });
    let traded: f64 = trades.iter().map(|trade| trade.traded_value).sum();
    TradeStatistics {
        trades: trades.len(),
        winners: wins.len(),
        losers: losses.len(),
        win_rate: ratio(count(wins.len()), count(trades.len())),
        profit_factor: ratio(wins.iter().sum(), losses.iter().sum()),
        expectancy: mean(&of(trades, |trade| Some(trade.pnl))),
        payoff_ratio: mean(&wins)
            .zip(mean(&losses))
            .and_then(|(win, loss)| ratio(win, loss)),
        average_win: mean(&wins),
        average_loss: mean(&losses),
        largest_win: wins.iter().copied().reduce(f64::max),
        largest_loss: losses.iter().copied().reduce(f64::max),
        longest_win_streak: streak(trades, |pnl| pnl > 0.0),
        longest_loss_streak: streak(trades, |pnl| pnl < 0.0),
        exposure_time: period.and_then(|period| exposure_time(trades, period)),
        turnover: mean_equity.and_then(|equity| ratio(traded, equity)),
        average_duration_s: mean(&durations),
        median_duration_s: quantile(&durations, 0.5),
        average_max_adverse: mean(&of(trades, |trade| trade.max_adverse)),
        average_max_favorable: mean(&of(trades, |trade| trade.max_favorable)),
        fees: (!trades.is_empty()).then(|| trades.iter().map(|trade| trade.fees).sum()),
    }
}

fn of(trades: &[TradeOutcome], value: impl Fn(&TradeOutcome) -> Option<f64>) -> Vec<f64> {
    trades.iter().filter_map(value).collect()
}

/// The most neighbours, in order of exit, that are all alike.
fn streak(trades: &[TradeOutcome], is_alike: impl Fn(f64) -> bool) -> usize {
    let mut by_exit: Vec<_> = trades
        .iter()
        .map(|trade| (trade.exit_time, trade.pnl))
        .collect();
    by_exit.sort_by_key(|(exit, _)| *exit);
    let runs = by_exit.chunk_by(|one, next| is_alike(one.1) == is_alike(next.1));
    runs.filter(|run| is_alike(run[0].1))
        .map(<[_]>::len)
        .max()
        .unwrap_or(0)
}

/// The part of `period` covered by at least one trade.
fn exposure_time(trades: &[TradeOutcome], (start, end): (Timestamp, Timestamp)) -> Option<f64> {
    let mut spans: Vec<_> = trades
        .iter()
        .map(|trade| (trade.entry_time, trade.exit_time))
        .collect();
    spans.sort();
    let mut covered = 0_u64;
    let mut reached = start;
    for (entry, exit) in spans {
        let (entry, exit) = (entry.max(reached), exit.min(end));
        covered = covered.saturating_add(exit.since(entry).nanos());
        reached = reached.max(exit);
    }
    ratio(
        seconds(Duration::from_nanos(covered)),
        seconds(end.since(start)),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::moments::tests::check;

    fn at(second: u64) -> Timestamp {
        Timestamp::from_nanos(second * 1_000_000_000)
    }

    fn trade(entry: u64, exit: u64, pnl: f64) -> TradeOutcome {
        TradeOutcome {
            entry_time: at(entry),
            exit_time: at(exit),
            pnl,
            fees: 0.5,
            traded_value: 200.0,
            max_adverse: None,
            max_favorable: Some(pnl.abs()),
        }
    }

    #[test]
    fn five_trades_by_hand() {
        let trades = [
            trade(0, 10, 30.0),
            trade(5, 20, 10.0),
            trade(30, 40, -20.0),
            trade(50, 60, 0.0),
            trade(60, 65, -5.0),
        ];
        let all = trade_statistics(&trades, Some((at(0), at(100))), Some(500.0));
        assert_eq!((all.trades, all.winners, all.losers), (5, 2, 2));
        check(all.win_rate, Some(0.4));
        check(all.profit_factor, Some(1.6));
        check(all.expectancy, Some(3.0));
        check(all.average_win, Some(20.0));
        check(all.average_loss, Some(12.5));
        check(all.payoff_ratio, Some(1.6));
        check(all.largest_win, Some(30.0));
        check(all.largest_loss, Some(20.0));
        assert_eq!((all.longest_win_streak, all.longest_loss_streak), (2, 1));
        check(all.exposure_time, Some(0.45));
        check(all.turnover, Some(2.0));
        check(all.average_duration_s, Some(10.0));
        check(all.median_duration_s, Some(10.0));
        check(all.average_max_adverse, None);
        check(all.average_max_favorable, Some(13.0));
        check(all.fees, Some(2.5));
    }

    #[test]
    fn nothing_is_available_without_trades() {
        let none = trade_statistics(&[], Some((at(0), at(100))), Some(500.0));
        let expect = TradeStatistics {
            exposure_time: Some(0.0),
            turnover: Some(0.0),
            ..TradeStatistics::default()
        };
        assert_eq!(none, expect);
        check(
            trade_statistics(&[trade(0, 1, 4.0)], None, None).profit_factor,
            None,
        );
        check(
            trade_statistics(&[trade(0, 1, 4.0)], None, None).payoff_ratio,
            None,
        );
    }
}
