//! What the engine knows of each instrument: its definition, the last prices, and exchange rates.

use crate::exchange::Top;
use model::{
    Bar, BookUpdate, CurrencyId, Instrument, InstrumentId, InstrumentStatus, Interner, MarkPrice,
    Money, NumberError, Price, Quote, Side, Timestamp, Trade,
};
use std::collections::BTreeMap;

/// An instrument with its latest prices.
#[derive(Debug, Clone)]
pub struct MarketState {
    /// The definition.
    pub instrument: Instrument,
    /// The latest quote.
    pub quote: Option<Quote>,
    /// The latest traded price: of a trade, or the close of a bar.
    pub last: Option<Price>,
    /// The venue's own mark price, where it gives one.
    pub venue_mark: Option<Price>,
    /// The price of the index behind it, where the venue gives one.
    pub index: Option<Price>,
    /// Whether it has an order book that is not known now, because of a gap or an impossible update.
    pub book_lost: bool,
    /// Whether the venue has halted it.
    pub halted: bool,
    /// Event time of the latest data; the next may not be older.
    pub ts_event: Timestamp,
}

impl MarketState {
    /// Whether orders can trade at `now`: its session is on, and the venue has not halted it.
    pub fn is_trading(&self, now: Timestamp) -> bool {
        !self.halted && self.instrument.is_in_session(now)
    }

    /// What a position is worth: the midpoint, without quotes the last trade.
    pub fn mark(&self) -> Option<Price> {
        self.quote
            .map(|quote| quote.bid.midpoint(quote.ask))
            .or(self.last)
    }

    /// What an order of `side` would pay now: the opposite touch, without quotes the last trade.
    pub fn reference(&self, side: Side) -> Option<Price> {
        let touch = self.quote.map(|quote| match side {
            Side::Buy => quote.ask,
            Side::Sell => quote.bid,
        });
        touch.or(self.last)
    }
}

/// All instruments, and the names behind the handles.
#[derive(Debug, Default)]
pub struct Market {
    states: Vec<MarketState>,
    symbols: Interner,
    currencies: Interner,
    pairs: BTreeMap<(CurrencyId, CurrencyId), InstrumentId>,
}

impl Market {
    /// The state of an instrument.
    pub fn get(&self, id: InstrumentId) -> Option<&MarketState> {
        self.states.get(id.index())
    }

    /// All instruments in the order of their handles.
    pub fn iter(&self) -> impl Iterator<Item = (InstrumentId, &MarketState)> {
        (0_u32..).map(InstrumentId::new).zip(&self.states)
    }

    /// The handle of a symbol.
    pub fn find(&self, symbol: &str) -> Option<InstrumentId> {
        self.symbols.get(symbol).map(InstrumentId::new)
    }

    /// All currencies' names by handle.
    pub fn currency_names(&self) -> &[String] {
        self.currencies.names()
    }

    /// The name of a currency.
    pub fn currency_name(&self, currency: CurrencyId) -> &str {
        self.currencies.name(currency.number()).unwrap_or("?")
    }

    /// The handle of a currency.
    pub fn find_currency(&self, name: &str) -> Option<CurrencyId> {
        self.currencies.get(name).map(CurrencyId::new)
    }

    /// Whether a currency handle is known.
    pub fn has_currency(&self, currency: CurrencyId) -> bool {
        self.currencies.name(currency.number()).is_some()
    }

    pub(crate) fn add_currency(&mut self, name: &str) {
        self.currencies.intern(name);
    }

    pub(crate) fn add(&mut self, instrument: Instrument) -> InstrumentId {
        let id = InstrumentId::new(self.symbols.intern(&instrument.symbol));
        if let Some(base) = instrument.class.base() {
            self.pairs
                .entry((base, instrument.quote_currency))
                .or_insert(id);
        }
        self.states.push(MarketState {
            instrument,
            quote: None,
            last: None,
            venue_mark: None,
            index: None,
            book_lost: false,
            halted: false,
            ts_event: Timestamp::ZERO,
        });
        id
    }

    /// Takes over a quote; the state it changed, or `None` for an unknown instrument.
    pub(crate) fn on_quote(&mut self, quote: &Quote) {
        if let Some(state) = self.states.get_mut(quote.instrument.index()) {
            state.quote = Some(*quote);
            state.ts_event = quote.ts_event;
        }
    }

    /// Takes over the top of an order book; returns it as a quote if that is another one.
    pub(crate) fn on_book(&mut self, update: &BookUpdate, top: Option<Top>) -> Option<Quote> {
        let state = self.states.get_mut(update.instrument.index())?;
        state.ts_event = update.ts_event;
        state.book_lost = false;
        let quote = top.map(|top| Quote {
            instrument: update.instrument,
            bid: top.bid.price,
            ask: top.ask.price,
            bid_size: top.bid.size,
            ask_size: top.ask.size,
            ts_event: update.ts_event,
            ts_init: update.ts_init,
        });
        let shown = |quote: &Quote| (quote.bid, quote.ask, quote.bid_size, quote.ask_size);
        let same = quote.as_ref().map(shown) == state.quote.as_ref().map(shown);
        if same {
            return None;
        }
        state.quote = quote;
        quote
    }

    /// An order book is unknown from now on, and with it what it said of the best prices.
    pub(crate) fn lose_book(&mut self, id: InstrumentId) {
        if let Some(state) = self.states.get_mut(id.index()) {
            state.book_lost = true;
            state.quote = None;
        }
    }

    pub(crate) fn on_trade(&mut self, trade: &Trade) {
        if let Some(state) = self.states.get_mut(trade.instrument.index()) {
            state.last = Some(trade.price);
            state.ts_event = trade.ts_event;
        }
    }

    pub(crate) fn on_bar(&mut self, bar: &Bar) {
        if let Some(state) = self.states.get_mut(bar.instrument.index()) {
            state.last = Some(bar.close);
            state.ts_event = bar.ts_event;
        }
    }

    pub(crate) fn on_mark(&mut self, mark: &MarkPrice) {
        if let Some(state) = self.states.get_mut(mark.instrument.index()) {
            state.venue_mark = mark.mark.or(state.venue_mark);
            state.index = mark.index.or(state.index);
            state.ts_event = mark.ts_event;
        }
    }

    pub(crate) fn on_status(&mut self, status: &InstrumentStatus) {
        if let Some(state) = self.states.get_mut(status.instrument.index()) {
            state.halted = status.halted;
            state.ts_event = status.ts_event;
        }
    }

    /// Converts money at the mark of a direct or inverse pair. `Ok(None)` when no rate is known.
    pub fn convert(
        &self,
        money: Money,
        from: CurrencyId,
        to: CurrencyId,
    ) -> Result<Option<Money>, NumberError> {
        if from == to || money.is_zero() {
            return Ok(Some(money));
        }
        let rate = |pair: (CurrencyId, CurrencyId)| {
            self.pairs
                .get(&pair)
                .and_then(|id| self.get(*id))
                .and_then(MarketState::mark)
        };
        if let Some(price) = rate((from, to)) {
            return money.converted(price).map(Some);
        }
        if let Some(price) = rate((to, from)) {
            return money.converted_inverse(price).map(Some);
        }
        Ok(None)
    }
}
