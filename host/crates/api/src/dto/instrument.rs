//! Instruments.

use super::market::{Printer, QuoteDto};
use super::text::Name;
use crate::names::Names;
use model::time::NANOS_PER_SECOND;
use model::{AssetClass, Duration, FeeTier, Fees, OptionRight, Session, Timestamp};
use serde::Serialize;
use services::view::InstrumentView;

/// An instrument with its latest prices.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub(crate) struct InstrumentDto {
    pub(crate) id: u32,
    pub(crate) symbol: String,
    pub(crate) venue: String,
    #[serde(flatten)]
    pub(crate) class: ClassDto,
    pub(crate) quote_currency: String,
    pub(crate) tick: String,
    pub(crate) lot: String,
    pub(crate) min_quantity: String,
    pub(crate) max_quantity: String,
    pub(crate) multiplier: String,
    pub(crate) margin: MarginDto,
    pub(crate) fees: FeesDto,
    pub(crate) day_end_ns: String,
    /// When it trades; `null` for at all times.
    pub(crate) session: Option<SessionDto>,
    pub(crate) tradable: bool,
    pub(crate) price_digits: usize,
    pub(crate) quantity_digits: usize,
    pub(crate) quote: Option<QuoteDto>,
    pub(crate) last: Option<String>,
    /// The price at which its venue values positions; `null` where it gives none.
    pub(crate) mark: Option<String>,
    /// The price of the index that it follows; `null` where its venue gives none.
    pub(crate) index: Option<String>,
    /// Whether its venue has halted it.
    pub(crate) halted: bool,
}

/// The kind of instrument, with what only that kind has.
#[derive(Debug, Clone, Default, PartialEq, Serialize, utoipa::ToSchema)]
pub(crate) struct ClassDto {
    pub(crate) class: &'static str,
    /// What is bought; `null` where no account or instrument names the currency.
    pub(crate) base: Option<String>,
    pub(crate) expiry: Option<String>,
    pub(crate) expiry_ns: Option<String>,
    pub(crate) underlying: Option<String>,
    pub(crate) strike: Option<String>,
    pub(crate) right: Option<Name>,
}

/// A daily session, in UTC. A close at or before the open is the next day's.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
#[schema(as = TradingHoursDto)]
pub(crate) struct SessionDto {
    pub(crate) open: String,
    pub(crate) close: String,
    /// Days on which it opens.
    pub(crate) days: Vec<Name>,
}

/// Margin as a share of notional value.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
#[schema(as = InstrumentMarginDto)]
pub(crate) struct MarginDto {
    pub(crate) initial: String,
    pub(crate) maintenance: String,
}

/// What orders cost.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub(crate) struct FeesDto {
    pub(crate) maker: String,
    pub(crate) taker: String,
    pub(crate) per_contract: String,
    pub(crate) min_per_order: String,
    /// `null` for no maximum.
    pub(crate) max_per_order: Option<String>,
    /// `null` for no maximum.
    pub(crate) max_share: Option<String>,
    /// Rates by what an account traded within thirty days, lowest threshold first.
    pub(crate) tiers: Vec<FeeTierDto>,
}

/// Rates in force for accounts that traded enough.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub(crate) struct FeeTierDto {
    /// In the account's base currency.
    pub(crate) from: String,
    pub(crate) maker: String,
    pub(crate) taker: String,
}

impl InstrumentDto {
    pub(crate) fn new(view: &InstrumentView, names: &Names) -> Self {
        let instrument = &view.instrument;
        let print = Printer::new(view.id, names);
        Self {
            id: view.id.number(),
            venue: view.venue.clone(),
            class: ClassDto::new(&instrument.class, names),
            quote_currency: view.quote_currency.clone(),
            tick: print.price(instrument.tick),
            lot: print.quantity(instrument.lot),
            min_quantity: print.quantity(instrument.min_quantity),
            max_quantity: print.quantity(instrument.max_quantity),
            multiplier: instrument.multiplier.to_string(),
            margin: MarginDto {
                initial: instrument.margin.initial.to_string(),
                maintenance: instrument.margin.maintenance.to_string(),
            },
            fees: FeesDto::new(&instrument.fees, &view.fee_tiers),
            day_end_ns: instrument.day_end.nanos().to_string(),
            session: instrument.session.as_ref().map(SessionDto::new),
            tradable: instrument.tradable,
            price_digits: instrument.price_digits(),
            quantity_digits: instrument.quantity_digits(),
            quote: view.quote.as_ref().map(|quote| QuoteDto::new(quote, names)),
            last: view.last.map(|price| print.price(price)),
            mark: view.venue_mark.map(|price| price.to_string()),
            index: view.index.map(|price| price.to_string()),
            halted: view.halted,
            symbol: print.symbol,
        }
    }
}

impl FeesDto {
    fn new(fees: &Fees, tiers: &[FeeTier]) -> Self {
        let tiers = tiers.iter().map(|tier| FeeTierDto {
            from: tier.from.to_string(),
            maker: tier.maker.to_string(),
            taker: tier.taker.to_string(),
        });
        Self {
            maker: fees.maker.to_string(),
            taker: fees.taker.to_string(),
            per_contract: fees.per_contract.to_string(),
            min_per_order: fees.min_per_order.to_string(),
            max_per_order: fees.max_per_order.map(|most| most.to_string()),
            max_share: fees.max_share.map(|share| share.to_string()),
            tiers: tiers.collect(),
        }
    }
}

impl SessionDto {
    fn new(session: &Session) -> Self {
        const DAYS: [&str; 7] = ["MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN"];
        let days = DAYS.into_iter().zip(session.days);
        Self {
            open: time_of_day(session.open),
            close: time_of_day(session.close),
            days: days
                .filter(|(_, on)| *on)
                .map(|(day, _)| Name(day))
                .collect(),
        }
    }
}

fn time_of_day(time: Duration) -> String {
    let seconds = time.nanos() / NANOS_PER_SECOND;
    let (hours, minutes) = (seconds / 3_600, seconds / 60 % 60);
    format!("{hours:02}:{minutes:02}:{:02}", seconds % 60)
}

impl ClassDto {
    fn new(class: &AssetClass, names: &Names) -> Self {
        let name = match class {
            AssetClass::Equity => "EQUITY",
            AssetClass::FxPair { .. } => "FX_PAIR",
            AssetClass::CryptoSpot { .. } => "CRYPTO_SPOT",
            AssetClass::CryptoPerpetual { .. } => "CRYPTO_PERPETUAL",
            AssetClass::Future { .. } => "FUTURE",
            AssetClass::Option { .. } => "OPTION",
        };
        let common = Self {
            class: name,
            base: class.base().and_then(|currency| names.currency(currency)),
            expiry: class.expiry().as_ref().map(Timestamp::to_string),
            expiry_ns: class.expiry().map(|expiry| expiry.nanos().to_string()),
            ..Self::default()
        };
        match class {
            AssetClass::Option {
                underlying,
                strike,
                right,
                ..
            } => Self {
                underlying: underlying.map(|id| names.symbol(id)),
                strike: Some(strike.to_string()),
                right: Some(option_right(*right)),
                ..common
            },
            _ => common,
        }
    }
}

fn option_right(right: OptionRight) -> Name {
    Name(match right {
        OptionRight::Call => "CALL",
        OptionRight::Put => "PUT",
    })
}
