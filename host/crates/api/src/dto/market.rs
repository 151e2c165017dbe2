//! Quotes, order books and bars.

use super::text::Name;
use crate::names::Names;
use model::{
    Bar, BarBasis, BarMethod, BookView, InstrumentId, Price, PriceLevel, Quantity, Quote, Timestamp,
};
use serde::Serialize;

/// Prints numbers of one instrument with the digits of its grid.
pub(crate) struct Printer {
    pub(crate) symbol: String,
    price_digits: usize,
    quantity_digits: usize,
}

impl Printer {
    pub(crate) fn new(id: InstrumentId, names: &Names) -> Self {
        let name = names.instrument(id);
        Self {
            symbol: names.symbol(id),
            price_digits: name.map_or(0, |name| name.price_digits),
            quantity_digits: name.map_or(0, |name| name.quantity_digits),
        }
    }

    pub(crate) fn price(&self, price: Price) -> String {
        format!("{price:.*}", self.price_digits)
    }

    pub(crate) fn quantity(&self, quantity: Quantity) -> String {
        format!("{quantity:.*}", self.quantity_digits)
    }

    /// A size; zero means that the source gives none.
    fn size(&self, size: Quantity) -> Option<String> {
        (!size.is_zero()).then(|| self.quantity(size))
    }
}

/// The best bid and ask.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub(crate) struct QuoteDto {
    pub(crate) instrument: String,
    pub(crate) bid: String,
    pub(crate) ask: String,
    pub(crate) bid_size: Option<String>,
    pub(crate) ask_size: Option<String>,
    pub(crate) ts_event: String,
    pub(crate) ts_event_ns: String,
    pub(crate) ts_init: String,
    pub(crate) ts_init_ns: String,
}

impl QuoteDto {
    pub(crate) fn new(quote: &Quote, names: &Names) -> Self {
        let print = Printer::new(quote.instrument, names);
        Self {
            bid: print.price(quote.bid),
            ask: print.price(quote.ask),
            bid_size: print.size(quote.bid_size),
            ask_size: print.size(quote.ask_size),
            ts_event: quote.ts_event.to_string(),
            ts_event_ns: quote.ts_event.nanos().to_string(),
            ts_init: quote.ts_init.to_string(),
            ts_init_ns: quote.ts_init.nanos().to_string(),
            instrument: print.symbol,
        }
    }
}

/// The best levels of an order book.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct BookDto {
    pub(crate) instrument: String,
    /// Whether it is known; where it was lost there are no levels and no times.
    pub(crate) known: bool,
    /// The highest price first.
    pub(crate) bids: Vec<LevelDto>,
    /// The lowest price first.
    pub(crate) asks: Vec<LevelDto>,
    pub(crate) ts_event: Option<String>,
    pub(crate) ts_event_ns: Option<String>,
    pub(crate) ts_init: Option<String>,
    pub(crate) ts_init_ns: Option<String>,
}

/// A price, and what is shown there in all.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct LevelDto {
    pub(crate) price: String,
    pub(crate) size: String,
}

impl BookDto {
    pub(crate) fn new(id: InstrumentId, book: Option<&BookView>, names: &Names) -> Self {
        let print = Printer::new(id, names);
        let levels = |side: fn(&BookView) -> &[PriceLevel]| {
            let levels = book.into_iter().flat_map(side);
            let printed = levels.map(|level| LevelDto {
                price: print.price(level.price),
                size: print.quantity(level.size),
            });
            printed.collect::<Vec<_>>()
        };
        let (bids, asks) = (levels(|book| &book.bids), levels(|book| &book.asks));
        let text = |time: Timestamp| time.to_string();
        let nanos = |time: Timestamp| time.nanos().to_string();
        let (event, init) = (
            book.map(|book| book.ts_event),
            book.map(|book| book.ts_init),
        );
        Self {
            known: book.is_some(),
            bids,
            asks,
            ts_event: event.map(text),
            ts_event_ns: event.map(nanos),
            ts_init: init.map(text),
            ts_init_ns: init.map(nanos),
            instrument: print.symbol,
        }
    }
}

/// A finished bar.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct BarDto {
    pub(crate) instrument: String,
    pub(crate) spec: BarSpecDto,
    pub(crate) open: String,
    pub(crate) high: String,
    pub(crate) low: String,
    pub(crate) close: String,
    pub(crate) volume: String,
    pub(crate) ts_open: String,
    pub(crate) ts_open_ns: String,
    pub(crate) ts_event: String,
    pub(crate) ts_event_ns: String,
}

/// The rule that made a bar: `step` is nanoseconds, events or an amount.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct BarSpecDto {
    pub(crate) method: Name,
    pub(crate) step: String,
    pub(crate) basis: Name,
}

impl BarDto {
    pub(crate) fn new(bar: &Bar, names: &Names) -> Self {
        let print = Printer::new(bar.instrument, names);
        let (method, step) = match bar.spec.method {
            BarMethod::Time(nanos) => ("TIME", nanos.to_string()),
            BarMethod::Tick(events) => ("TICK", events.to_string()),
            BarMethod::Volume(amount) => ("VOLUME", amount.to_string()),
        };
        Self {
            spec: BarSpecDto {
                method: Name(method),
                step,
                basis: basis(bar.spec.basis),
            },
            open: print.price(bar.open),
            high: print.price(bar.high),
            low: print.price(bar.low),
            close: print.price(bar.close),
            volume: print.quantity(bar.volume),
            ts_open: bar.ts_open.to_string(),
            ts_open_ns: bar.ts_open.nanos().to_string(),
            ts_event: bar.ts_event.to_string(),
            ts_event_ns: bar.ts_event.nanos().to_string(),
            instrument: print.symbol,
        }
    }
}

fn basis(basis: BarBasis) -> Name {
    Name(match basis {
        BarBasis::Bid => "BID",
        BarBasis::Ask => "ASK",
        BarBasis::Mid => "MID",
        BarBasis::Last => "LAST",
    })
}
