//! What strategies made in a period.

use crate::names::Names;
use crate::performance::{Figures, Of, Performance};
use model::{NumberError, StrategyId};
use serde::Serialize;

/// What a strategy made in a period, in quote currencies: nothing is converted, for nobody keeps what rates were.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub(crate) struct PerformanceDto {
    pub(crate) strategy: String,
    /// The last input whose rows are in the store, and count.
    pub(crate) sequence: u64,
    /// All instruments of each quote currency together.
    pub(crate) currencies: Vec<CurrencyFiguresDto>,
    pub(crate) instruments: Vec<InstrumentFiguresDto>,
}

/// What instruments of a quote currency made.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub(crate) struct CurrencyFiguresDto {
    pub(crate) currency: String,
    #[serde(flatten)]
    pub(crate) figures: FiguresDto,
}

/// What an instrument made.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub(crate) struct InstrumentFiguresDto {
    pub(crate) instrument: String,
    pub(crate) currency: String,
    #[serde(flatten)]
    pub(crate) figures: FiguresDto,
}

/// Amounts are exact; shares and seconds are statistics, and `null` where nothing supports them. A trade is a position
/// from flat to flat, of all its executions, and counts where it closes in the period, with all that it made and cost.
/// Of a hedging account each position is a trade, without funding. Executions that a venue took back still count in
/// `traded_value` and `fills`; a position that was only opened and taken back, with its fees, is no trade.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub(crate) struct FiguresDto {
    /// Profit of what was closed, before fees, and what funding and dividends brought.
    pub(crate) realized: String,
    /// Fees; negative is a rebate.
    pub(crate) fees: String,
    /// `realized` less `fees`.
    pub(crate) net: String,
    /// How far `net` ever was below its best in the period, which begins with nothing. What is open does not count.
    pub(crate) max_drawdown: String,
    /// Turnover: the value of all executions, price by quantity and multiplier; those taken back count, too.
    pub(crate) traded_value: String,
    /// How many executions; those taken back count, too.
    pub(crate) fills: u64,
    /// Trades that closed.
    pub(crate) trades: usize,
    /// Those with a profit after fees; one of exactly nothing is neither.
    pub(crate) winners: usize,
    /// Those with a loss after fees.
    pub(crate) losers: usize,
    /// `winners` over `trades`.
    pub(crate) win_rate: Option<f64>,
    /// Sum of profits over sum of losses; `null` without a loss.
    pub(crate) profit_factor: Option<f64>,
    /// Mean profit of winners over mean loss of losers.
    pub(crate) payoff_ratio: Option<f64>,
    /// Most losers in a row.
    pub(crate) longest_loss_streak: usize,
    /// Mean time from first to last execution of a trade, in seconds.
    pub(crate) average_duration_s: Option<f64>,
}

impl FiguresDto {
    fn new(figures: &Figures) -> Result<Self, NumberError> {
        let trades = figures.statistics();
        Ok(Self {
            realized: figures.realized.to_string(),
            fees: figures.fees.to_string(),
            net: figures.net()?.to_string(),
            max_drawdown: figures.max_drawdown.to_string(),
            traded_value: figures.traded_value.to_string(),
            fills: figures.fills,
            trades: trades.trades,
            winners: trades.winners,
            losers: trades.losers,
            win_rate: trades.win_rate,
            profit_factor: trades.profit_factor,
            payoff_ratio: trades.payoff_ratio,
            longest_loss_streak: trades.longest_loss_streak,
            average_duration_s: trades.average_duration_s,
        })
    }
}

impl PerformanceDto {
    /// Of a strategy.
    ///
    /// # Errors
    /// An amount leaves the range of money.
    pub(crate) fn new(
        strategy: StrategyId,
        sequence: u64,
        performance: &Performance<'_>,
        names: &Names,
    ) -> Result<Self, NumberError> {
        let (mut currencies, mut instruments) = (Vec::new(), Vec::new());
        for (of, figures) in performance.of(strategy) {
            let figures = FiguresDto::new(figures)?;
            match of {
                Of::Currency(currency) => currencies.push(CurrencyFiguresDto {
                    currency: currency.clone(),
                    figures,
                }),
                Of::Instrument(instrument, currency) => instruments.push(InstrumentFiguresDto {
                    instrument: names.symbol(*instrument),
                    currency: currency.clone(),
                    figures,
                }),
            }
        }
        Ok(Self {
            strategy: names.strategy(strategy),
            sequence,
            currencies,
            instruments,
        })
    }
}
