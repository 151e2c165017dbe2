//! What the engine knows of each instrument: its definition, the last prices, and exchange rates.

use crate::engine::Past;
use crate::exchange::Top;
use crate::journal::codec::fields;
use crate::ratio::Ratio;
use model::{
    Bar, BookUpdate, CurrencyId, Instrument, InstrumentId, InstrumentStatus, Interner, MarkPrice,
    Money, NumberError, Price, Quantity, Quote, Side, Timestamp, Trade,
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
    /// Event time of that.
    pub ts_last: Option<Timestamp>,
    /// The midpoint of the quotes before they ended.
    last_mid: Option<Price>,
    /// The venue's own mark price, where it gives one.
    pub venue_mark: Option<Price>,
    /// Event time of that.
    pub ts_mark: Option<Timestamp>,
    /// The price of the index behind it, where the venue gives one.
    pub index: Option<Price>,
    /// Whether it has an order book that is not known now, because of a gap or an impossible update.
    pub book_lost: bool,
    /// Whether the venue has halted it.
    pub halted: bool,
    /// Event time of the latest data; the next may not be older.
    pub ts_event: Timestamp,
    /// When this host first saw the latest data.
    pub ts_init: Timestamp,
    /// Why its data is not to be trusted, if it is not.
    pub flaw: DataFlaw,
    /// What it trades on an average day, where that is known.
    pub average_volume: Option<Quantity>,
    /// Its sector's place in the order of first use.
    pub(crate) sector: Option<u32>,
    /// What happened to it while it was held.
    pub(crate) past: Past,
}

/// What is wrong with an instrument's data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct DataFlaw {
    /// The latest event was impossible, such as a crossed quote; the prices are those before it.
    pub impossible: bool,
    /// Its source says that some was lost.
    pub gap: bool,
}

impl DataFlaw {
    /// Whether orders may rely on the data.
    pub const fn is_none(self) -> bool {
        !self.impossible && !self.gap
    }
}

impl MarketState {
    /// Whether orders can trade at `now`: its session is on, and the venue has not halted it.
    pub fn is_trading(&self, now: Timestamp) -> bool {
        !self.halted && self.instrument.is_in_session(now)
    }

    /// What a position is worth: the midpoint, without quotes the last trade. Once known it stays
    /// known: when the quotes end, what they said last counts until somebody trades.
    pub fn mark(&self) -> Option<Price> {
        self.quote
            .map(|quote| quote.bid.midpoint(quote.ask))
            .or(self.last)
            .or(self.last_mid)
    }

    /// Prices and sizes in new shares; a price that would be nothing is forgotten.
    pub(crate) fn split(&mut self, ratio: Ratio) {
        let price = |price: &mut Option<Price>| {
            *price = price.and_then(|price| ratio.price(price));
        };
        for known in [
            &mut self.last,
            &mut self.last_mid,
            &mut self.venue_mark,
            &mut self.index,
        ] {
            price(known);
        }
        let size = |size| ratio.quantity(size).unwrap_or(Quantity::MAX);
        self.quote = self.quote.and_then(|quote| {
            Some(Quote {
                bid: ratio.price(quote.bid)?,
                ask: ratio.price(quote.ask)?,
                bid_size: size(quote.bid_size),
                ask_size: size(quote.ask_size),
                ..quote
            })
        });
        self.average_volume = self.average_volume.map(size);
    }

    /// Takes over a quote, or that there is none now.
    fn quoted(&mut self, quote: Option<Quote>) {
        if let Some(ended) = self.quote.filter(|_| quote.is_none()) {
            self.last_mid = Some(ended.bid.midpoint(ended.ask));
        }
        self.quote = quote;
    }

    fn saw(&mut self, ts_event: Timestamp, ts_init: Timestamp) {
        (self.ts_event, self.ts_init) = (ts_event, ts_init);
    }

    /// Takes over a trade's or a bar's price. Where there are quotes, only a quote mends a bad one.
    fn traded_at(&mut self, price: Price, ts_event: Timestamp) {
        (self.last, self.ts_last) = (Some(price), Some(ts_event));
        self.flaw.impossible &= self.quote.is_some();
    }

    /// When the price that orders are judged by was made.
    pub fn priced_at(&self) -> Option<Timestamp> {
        self.quote.map(|quote| quote.ts_event).or(self.ts_last)
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
    sectors: Interner,
    pairs: BTreeMap<(CurrencyId, CurrencyId), InstrumentId>,
}

impl Market {
    /// The state of an instrument.
    pub fn get(&self, id: InstrumentId) -> Option<&MarketState> {
        self.states.get(id.index())
    }

    /// The handle that the next instrument will have.
    pub(crate) fn next_id(&self) -> InstrumentId {
        InstrumentId::new(u32::try_from(self.states.len()).unwrap_or(u32::MAX))
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

    pub(crate) fn get_mut(&mut self, id: InstrumentId) -> Option<&mut MarketState> {
        self.states.get_mut(id.index())
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
        let sector = instrument.sector.as_deref();
        let sector = sector.map(|name| self.sectors.intern(name));
        self.states.push(MarketState {
            instrument,
            quote: None,
            last: None,
            last_mid: None,
            ts_last: None,
            venue_mark: None,
            ts_mark: None,
            index: None,
            book_lost: false,
            halted: false,
            ts_event: Timestamp::ZERO,
            ts_init: Timestamp::ZERO,
            flaw: DataFlaw::default(),
            average_volume: None,
            sector,
            past: Past::default(),
        });
        id
    }

    /// Takes over a quote; the state it changed, or `None` for an unknown instrument.
    pub(crate) fn on_quote(&mut self, quote: &Quote) {
        if let Some(state) = self.states.get_mut(quote.instrument.index()) {
            state.quote = Some(*quote);
            state.flaw.impossible = false;
            state.saw(quote.ts_event, quote.ts_init);
        }
    }

    /// Takes over the top of an order book; returns it as a quote if that is another one.
    pub(crate) fn on_book(&mut self, update: &BookUpdate, top: Option<Top>) -> Option<Quote> {
        let state = self.states.get_mut(update.instrument.index())?;
        state.saw(update.ts_event, update.ts_init);
        state.book_lost = false;
        state.flaw.impossible = false;
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
        state.quoted(quote);
        quote.filter(|_| !same)
    }

    /// An order book is unknown from now on, and with it what it said of the best prices.
    pub(crate) fn lose_book(&mut self, id: InstrumentId) {
        if let Some(state) = self.states.get_mut(id.index()) {
            state.book_lost = true;
            state.quoted(None);
        }
    }

    pub(crate) fn on_trade(&mut self, trade: &Trade) {
        if let Some(state) = self.states.get_mut(trade.instrument.index()) {
            state.traded_at(trade.price, trade.ts_event);
            state.saw(trade.ts_event, trade.ts_init);
        }
    }

    pub(crate) fn on_bar(&mut self, bar: &Bar) {
        if let Some(state) = self.states.get_mut(bar.instrument.index()) {
            state.traded_at(bar.close, bar.ts_event);
            state.saw(bar.ts_event, bar.ts_init);
        }
    }

    pub(crate) fn on_mark(&mut self, mark: &MarkPrice) {
        if let Some(state) = self.states.get_mut(mark.instrument.index()) {
            if mark.mark.is_some() {
                (state.venue_mark, state.ts_mark) = (mark.mark, Some(mark.ts_event));
            }
            state.index = mark.index.or(state.index);
            state.saw(mark.ts_event, mark.ts_init);
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

fields! {
    MarketState {
        instrument, quote, last, ts_last, last_mid, venue_mark, ts_mark, index, book_lost,
        halted, ts_event, ts_init, flaw, average_volume, sector, past,
    }
    DataFlaw { impossible, gap }
    Market { states, symbols, currencies, sectors, pairs }
}
