//! What a backtest leaves behind, gathered while it runs.

use crate::plugins::Plugin;
use crate::universe::Universe;
use engine::{Effect, Engine, JournalHash};
use model::{
    AccountId, Bar, CurrencyId, DenyCode, Fault, Fill, InstrumentId, Liquidity, LogLevel, Money,
    OrderChange, PluginHash, PositionState, Price, Quantity, Quote, Side, Timestamp,
};
use quant::{ClosedTrade, TradeBuilder};
use std::collections::BTreeMap;
use store::MarketEvent;

/// Log lines kept.
const LOG_LINES: usize = 1_000;

/// One instrument's part in the result, in the account's base currency.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Attribution {
    /// Profit net of fees, what is open at the last mark included.
    pub pnl: Money,
    /// Fees paid.
    pub fees: Money,
    /// Worth of one unit of the instrument's quote currency.
    pub rate: f64,
}

/// What taking liquidity cost beside fees, in quote currencies; known only with quotes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Crossing {
    /// From the midpoint to the touch.
    pub spread: Money,
    /// From the touch to the fill.
    pub slippage: Money,
}

/// Everything a report is made of.
pub struct Record {
    /// The account traded.
    pub account: AccountId,
    /// The plugin's own name and version.
    pub plugin: (String, String),
    /// The plugin's bytes, named.
    pub hash: PluginHash,
    /// Parameters, defaults filled in.
    pub parameters: Vec<(String, String)>,
    /// What the strategy wanted and the data did not have.
    pub unmet: Vec<String>,
    /// Market events fed.
    pub events: u64,
    /// Orders sent.
    pub orders: u64,
    /// Orders refused, by code.
    pub denied: BTreeMap<DenyCode, u64>,
    /// Bars made.
    pub bars: u64,
    /// Events without effect.
    pub ignored: u64,
    /// The first reason for one.
    pub first_ignored: Option<String>,
    /// Orders that algorithms broke over, or refused for their parameters.
    pub algorithm_faults: Counted,
    /// What custom rules said to the orders they denied.
    pub rule_denials: Counted,
    /// How models of the venue broke; each stopped its instrument.
    pub model_faults: Counted,
    /// Executions.
    pub fills: Vec<Fill>,
    /// Trades from flat to flat.
    pub trades: Vec<ClosedTrade>,
    /// By instrument; known once the run is over.
    pub attribution: BTreeMap<InstrumentId, Attribution>,
    /// What crossing spreads cost, by instrument.
    pub crossing: BTreeMap<InstrumentId, Crossing>,
    /// Worth of the account over time, in its base currency.
    pub curve: Vec<(Timestamp, Money)>,
    /// Positions still open at the end.
    pub open_positions: Vec<(InstrumentId, PositionState)>,
    /// How the strategy broke, and at which input.
    pub fault: Option<(u64, Fault)>,
    /// What the strategy said.
    pub log: Vec<(Timestamp, LogLevel, String)>,
    /// Hash of the journal.
    pub journal_hash: Option<JournalHash>,
    builder: TradeBuilder,
    quotes: Vec<Option<Quote>>,
}

/// How often something was said, and its first words.
#[derive(Debug, Clone, Default)]
pub struct Counted {
    /// How often.
    pub count: u64,
    /// The first one.
    pub first: Option<String>,
}

impl Counted {
    fn add(&mut self, words: &impl ToString) {
        self.count += 1;
        self.first.get_or_insert_with(|| words.to_string());
    }
}

impl Record {
    pub(super) fn new(
        account: AccountId,
        plugin: &Plugin,
        parameters: &[(String, String)],
        unmet: Vec<String>,
    ) -> Self {
        Self {
            account,
            plugin: (
                plugin.description.name.clone(),
                plugin.description.version.clone(),
            ),
            hash: plugin.admitted.hash(),
            parameters: parameters.to_vec(),
            unmet,
            events: 0,
            orders: 0,
            denied: BTreeMap::new(),
            bars: 0,
            ignored: 0,
            first_ignored: None,
            algorithm_faults: Counted::default(),
            rule_denials: Counted::default(),
            model_faults: Counted::default(),
            fills: Vec::new(),
            trades: Vec::new(),
            attribution: BTreeMap::new(),
            crossing: BTreeMap::new(),
            curve: Vec::new(),
            open_positions: Vec::new(),
            fault: None,
            log: Vec::new(),
            journal_hash: None,
            builder: TradeBuilder::new(),
            quotes: Vec::new(),
        }
    }

    /// Takes a point of the equity curve, if the account can be valued now.
    pub(super) fn point(&mut self, engine: &Engine, at: Timestamp) {
        if let Some(Ok(equity)) = engine.equity(self.account) {
            self.curve.push((at, equity));
        }
    }

    /// Remembers the touch that a batch of changes of a book left, before what came of it is added.
    pub(super) fn see_book(&mut self, engine: &Engine, id: InstrumentId) {
        let quote = engine.market().get(id).and_then(|state| state.quote);
        if let Some(quote) = quote {
            self.mark(&MarketEvent::Quote(quote));
        }
    }

    /// Remembers the touch, and lets open trades know how far the market went for and against them.
    pub(super) fn mark(&mut self, event: &MarketEvent) {
        if let MarketEvent::Quote(quote) = event {
            let index = quote.instrument.index();
            if self.quotes.len() <= index {
                self.quotes.resize(index + 1, None);
            }
            self.quotes[index] = Some(*quote);
        }
        if self.builder.open_count() == 0 {
            return;
        }
        match event {
            MarketEvent::Quote(quote) => {
                self.builder
                    .mark(quote.instrument, quote.bid.midpoint(quote.ask));
            }
            MarketEvent::Trade(trade) => self.builder.mark(trade.instrument, trade.price),
            MarketEvent::Bar(Bar {
                instrument,
                high,
                low,
                ..
            }) => {
                self.builder.mark(*instrument, *high);
                self.builder.mark(*instrument, *low);
            }
            // Marked by what the whole batch leaves: see `see_book`.
            MarketEvent::Book(_) => {}
        }
    }

    pub(super) fn add(&mut self, effects: &[Effect], universe: &Universe) {
        for effect in effects {
            self.add_one(effect, universe);
        }
    }

    fn add_one(&mut self, effect: &Effect, universe: &Universe) {
        match effect {
            Effect::Order(update, _) => match update.change {
                OrderChange::Submitted => self.orders += 1,
                OrderChange::Denied(code) => *self.denied.entry(code).or_default() += 1,
                _ => {}
            },
            Effect::Fill(fill) => self.add_fill(fill, universe),
            Effect::Bar(_) => self.bars += 1,
            Effect::Fault(_, fault) => self.fault = Some((self.events, fault.clone())),
            Effect::Log(_, level, text) | Effect::AlgorithmLog(_, level, text)
                if self.log.len() < LOG_LINES =>
            {
                let at = self.curve.last().map_or(Timestamp::ZERO, |(at, _)| *at);
                self.log.push((at, *level, text.clone()));
            }
            Effect::AlgorithmFault(_, fault) => self.algorithm_faults.add(fault),
            Effect::RuleDenied(_, _, words) => self.rule_denials.add(words),
            Effect::ModelFault(broke) => {
                let (model, fault) = (broke.model.name(), &broke.fault);
                self.model_faults.add(&format!("{model}: {fault}"));
            }
            Effect::Ignored(why) => {
                self.ignored += 1;
                self.first_ignored.get_or_insert_with(|| why.to_string());
            }
            _ => {}
        }
    }

    fn add_fill(&mut self, fill: &Fill, universe: &Universe) {
        self.fills.push(*fill);
        let multiplier = universe.instrument(fill.instrument).map(|i| i.multiplier);
        let multiplier = multiplier.unwrap_or(Quantity::ONE);
        self.add_crossing(fill, multiplier);
        // The engine has booked the fill already, so its amounts are known to fit.
        if let Ok(Some(trade)) = self.builder.apply(fill, multiplier) {
            self.trades.push(trade);
        }
    }

    fn add_crossing(&mut self, fill: &Fill, multiplier: Quantity) {
        let quote = self.quotes.get(fill.instrument.index()).copied().flatten();
        let Some(quote) = quote.filter(|_| fill.liquidity == Liquidity::Taker) else {
            return;
        };
        let mid = quote.bid.midpoint(quote.ask);
        let (touch, sign) = match fill.side {
            Side::Buy => (quote.ask, 1),
            Side::Sell => (quote.bid, -1),
        };
        let cost = |from: Price, to: Price| {
            let worse = Price::from_raw((to.raw() - from.raw()) * sign);
            worse
                .notional(fill.quantity, multiplier)
                .unwrap_or_default()
        };
        let crossing = self.crossing.entry(fill.instrument).or_default();
        let sum = |a: Money, b: Money| a.checked_add(b).unwrap_or(Money::MAX);
        crossing.spread = sum(crossing.spread, cost(mid, touch));
        crossing.slippage = sum(crossing.slippage, cost(touch, fill.price));
    }

    /// Reckons up each instrument's part in the account's base currency, at the last marks.
    pub(super) fn attribute(&mut self, engine: &Engine, base: CurrencyId) {
        for (_, id, holding) in engine.holdings().iter() {
            let Some(state) = engine.market().get(id) else {
                continue;
            };
            let from = state.instrument.quote_currency;
            let converted =
                |money: Money| engine.market().convert(money, from, base).ok().flatten();
            let position = holding.position;
            let open = state
                .mark()
                .and_then(|mark| position.unrealized(mark, state.instrument.multiplier).ok());
            let pnl = position.realized.checked_sub(position.fees).ok();
            let pnl = pnl
                .zip(open)
                .and_then(|(closed, open)| closed.checked_add(open).ok());
            let unit = Money::whole(RATE_UNITS).ok().and_then(converted);
            let Some(((pnl, fees), unit)) = pnl
                .and_then(converted)
                .zip(converted(position.fees))
                .zip(unit)
            else {
                continue;
            };
            let rate = quant::convert::money(unit) / 1e6;
            self.attribution.insert(id, Attribution { pnl, fees, rate });
        }
    }
}

/// Units converted at once to learn a rate with enough digits.
const RATE_UNITS: i64 = 1_000_000;
