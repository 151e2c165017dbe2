//! Every statistic with its name, once for the page and the document.

use model::{Duration, Timestamp};
use quant::Statistics;

/// A statistic's value and the way it is shown.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Figure {
    /// A fraction, shown in percent.
    Fraction(Option<f64>),
    /// A ratio without a unit.
    Ratio(Option<f64>),
    /// An amount in the report's currency.
    Amount(Option<f64>),
    /// A count.
    Count(usize),
    /// A length of time in seconds.
    Seconds(Option<f64>),
    /// A length of time.
    Length(Option<Duration>),
    /// A moment.
    Moment(Option<Timestamp>),
}

/// A named group of statistics: key in the document, title on the page, figures.
pub(crate) struct Group {
    pub(crate) key: &'static str,
    pub(crate) title: &'static str,
    pub(crate) figures: Vec<(&'static str, &'static str, Figure)>,
}

/// All groups in the order of the page.
pub(crate) fn groups(statistics: &Statistics) -> [Group; 4] {
    [
        returns(statistics),
        drawdowns(statistics),
        tails(statistics),
        trades(statistics),
    ]
}

fn returns(statistics: &Statistics) -> Group {
    use Figure::{Count, Fraction, Ratio};
    let risk = &statistics.risk;
    Group {
        key: "returns",
        title: "Return and risk",
        figures: vec![
            ("total_return", "Total return", Fraction(risk.total_return)),
            ("cagr", "Annual growth (CAGR)", Fraction(risk.cagr)),
            (
                "volatility",
                "Volatility, annual",
                Fraction(risk.volatility),
            ),
            ("sharpe", "Sharpe ratio", Ratio(risk.sharpe)),
            (
                "probabilistic_sharpe",
                "Probability Sharpe > 0",
                Fraction(statistics.probabilistic_sharpe),
            ),
            ("sortino", "Sortino ratio", Ratio(risk.sortino)),
            ("calmar", "Calmar ratio", Ratio(risk.calmar)),
            ("omega", "Omega ratio", Ratio(statistics.tails.omega)),
            ("days", "Daily returns", Count(statistics.days)),
        ],
    }
}

fn drawdowns(statistics: &Statistics) -> Group {
    use Figure::{Fraction, Length, Moment};
    let falls = &statistics.drawdowns;
    let max = falls.max;
    Group {
        key: "drawdown",
        title: "Drawdown",
        figures: vec![
            (
                "max_drawdown",
                "Maximum drawdown",
                Fraction(max.map(|fall| fall.depth)),
            ),
            ("start", "Peak", Moment(max.map(|fall| fall.start))),
            ("trough", "Trough", Moment(max.map(|fall| fall.trough))),
            (
                "recovery",
                "Recovery",
                Moment(max.and_then(|fall| fall.recovery)),
            ),
            (
                "duration",
                "Duration",
                Length(max.map(|fall| fall.duration)),
            ),
            ("longest", "Longest under water", Length(falls.longest)),
            ("ulcer_index", "Ulcer index", Fraction(falls.ulcer_index)),
        ],
    }
}

fn tails(statistics: &Statistics) -> Group {
    use Figure::{Fraction, Ratio};
    let tails = &statistics.tails;
    Group {
        key: "distribution",
        title: "Distribution of daily returns",
        figures: vec![
            (
                "value_at_risk_95",
                "Value at risk 95 %",
                Fraction(tails.value_at_risk_95),
            ),
            (
                "value_at_risk_99",
                "Value at risk 99 %",
                Fraction(tails.value_at_risk_99),
            ),
            (
                "expected_shortfall_95",
                "Expected shortfall 95 %",
                Fraction(tails.expected_shortfall_95),
            ),
            (
                "expected_shortfall_99",
                "Expected shortfall 99 %",
                Fraction(tails.expected_shortfall_99),
            ),
            ("skew", "Skewness", Ratio(tails.skew)),
            (
                "excess_kurtosis",
                "Excess kurtosis",
                Ratio(tails.excess_kurtosis),
            ),
            ("tail_ratio", "Tail ratio", Ratio(tails.tail_ratio)),
            ("best_day", "Best day", Fraction(tails.best_day)),
            ("worst_day", "Worst day", Fraction(tails.worst_day)),
            ("best_month", "Best month", Fraction(tails.best_month)),
            ("worst_month", "Worst month", Fraction(tails.worst_month)),
        ],
    }
}

fn trades(statistics: &Statistics) -> Group {
    use Figure::{Amount, Count, Fraction, Ratio, Seconds};
    let trades = &statistics.trades;
    Group {
        key: "trades",
        title: "Trades",
        figures: vec![
            ("trades", "Closed trades", Count(trades.trades)),
            ("winners", "Winners", Count(trades.winners)),
            ("losers", "Losers", Count(trades.losers)),
            ("win_rate", "Win rate", Fraction(trades.win_rate)),
            (
                "profit_factor",
                "Profit factor",
                Ratio(trades.profit_factor),
            ),
            ("payoff_ratio", "Payoff ratio", Ratio(trades.payoff_ratio)),
            ("expectancy", "Expectancy", Amount(trades.expectancy)),
            ("average_win", "Average win", Amount(trades.average_win)),
            ("average_loss", "Average loss", Amount(trades.average_loss)),
            ("largest_win", "Largest win", Amount(trades.largest_win)),
            ("largest_loss", "Largest loss", Amount(trades.largest_loss)),
            (
                "longest_win_streak",
                "Longest winning streak",
                Count(trades.longest_win_streak),
            ),
            (
                "longest_loss_streak",
                "Longest losing streak",
                Count(trades.longest_loss_streak),
            ),
            (
                "average_duration_s",
                "Average duration",
                Seconds(trades.average_duration_s),
            ),
            (
                "median_duration_s",
                "Median duration",
                Seconds(trades.median_duration_s),
            ),
            (
                "exposure_time",
                "Time in the market",
                Fraction(trades.exposure_time),
            ),
            (
                "turnover",
                "Turnover of mean equity",
                Ratio(trades.turnover),
            ),
            (
                "average_max_adverse",
                "Average adverse excursion",
                Amount(trades.average_max_adverse),
            ),
            (
                "average_max_favorable",
                "Average favourable excursion",
                Amount(trades.average_max_favorable),
            ),
            ("fees", "Fees of closed trades", Amount(trades.fees)),
        ],
    }
}
