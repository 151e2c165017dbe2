//! What scenarios begin with: one venue, one instrument of each kind, a cash and a margin account,
//! a hand that trades each, and a way to say what a hand asks for.

use crate::world::World;
use engine::{Definition, Journal, LimitScope, Limits, VenueConfig};
use model::{
    AccountConfig, AccountId, AccountKind, AssetClass, CurrencyId, Duration, Fees, Instrument,
    InstrumentId, Margin, Money, OptionRight, OrderKind, OrderRequest, Price, Quantity, Rate, Side,
    StrategyId, TimeInForce, Timestamp, VenueId, VenueModel,
};

pub(crate) const USD: CurrencyId = CurrencyId::new(0);
pub(crate) const EUR: CurrencyId = CurrencyId::new(1);
pub(crate) const JPY: CurrencyId = CurrencyId::new(2);
pub(crate) const BTC: CurrencyId = CurrencyId::new(3);

pub(crate) const EQUITY: InstrumentId = InstrumentId::new(0);
pub(crate) const EURUSD: InstrumentId = InstrumentId::new(1);
pub(crate) const USDJPY: InstrumentId = InstrumentId::new(2);
pub(crate) const COIN: InstrumentId = InstrumentId::new(3);
pub(crate) const PERPETUAL: InstrumentId = InstrumentId::new(4);
pub(crate) const FUTURE: InstrumentId = InstrumentId::new(5);
pub(crate) const OPTION: InstrumentId = InstrumentId::new(6);

/// Holds 100,000 USD and one bitcoin.
pub(crate) const CASH: AccountId = AccountId::new(0);
/// Holds 100,000 USD.
pub(crate) const MARGIN: AccountId = AccountId::new(1);

/// Trades the cash account by hand.
pub(crate) const CASH_HAND: StrategyId = StrategyId::new(0);
/// Trades the margin account by hand.
pub(crate) const MARGIN_HAND: StrategyId = StrategyId::new(1);

pub(crate) const SECOND: u64 = 1_000_000_000;
/// When the future and the option stop trading.
pub(crate) const EXPIRY: u64 = 400 * 86_400 * SECOND;

pub(crate) fn price(text: &str) -> Price {
    text.parse().unwrap()
}

pub(crate) fn quantity(text: &str) -> Quantity {
    text.parse().unwrap()
}

pub(crate) fn money(text: &str) -> Money {
    text.parse().unwrap()
}

pub(crate) fn rate(text: &str) -> Rate {
    text.parse().unwrap()
}

pub(crate) fn at(nanos: u64) -> Timestamp {
    Timestamp::from_nanos(nanos)
}

/// What there is before the first step; change it, then [`Setup::build`].
pub(crate) struct Setup {
    pub(crate) venue: VenueConfig,
    pub(crate) instruments: Vec<Instrument>,
    pub(crate) accounts: Vec<AccountConfig>,
    pub(crate) limits: Limits,
    /// Models that the venue names.
    pub(crate) staged: Vec<VenueModel>,
    pub(crate) journal: Journal,
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            venue: venue("SIM"),
            instruments: instruments(),
            accounts: vec![
                account("cash", AccountKind::Cash, &[(USD, "100000"), (BTC, "1")]),
                account("margin", leverage("1"), &[(USD, "100000")]),
            ],
            limits: Limits::default(),
            staged: Vec::new(),
            journal: Journal::default(),
        }
    }
}

impl Setup {
    pub(crate) fn instrument(&mut self, id: InstrumentId) -> &mut Instrument {
        &mut self.instruments[id.index()]
    }

    pub(crate) fn build(self) -> World {
        let mut world = World::empty(self.journal);
        for name in ["USD", "EUR", "JPY", "BTC"] {
            world.define(Definition::Currency(name.to_owned()));
        }
        for model in self.staged {
            assert!(world.engine.stage_model(&self.venue.name, model).is_ok());
        }
        world.define(Definition::Venue(self.venue));
        for instrument in self.instruments {
            world.define(Definition::Instrument(instrument));
        }
        for account in self.accounts {
            world.define(Definition::Account(account));
        }
        world.define(Definition::Limits(LimitScope::Firm, self.limits));
        world.hand("cash hand", CASH);
        world.hand("margin hand", MARGIN);
        assert_eq!(world.ignored(), []);
        world
    }
}

/// Binds sums, prices and conduct, loosely enough that much still happens: in an ordinary
/// market, or in one of the largest numbers.
pub(crate) fn limit_everything(limits: &mut Limits, window: u64, ordinary: bool) {
    let most = |text: &str| {
        let most = Money::from_raw(i128::MAX - 1);
        if ordinary { money(text) } else { most }
    };
    let window = Duration::from_nanos(window);
    limits.exposure.max_gross = most("60000");
    limits.exposure.max_net = most("40000");
    limits.exposure.max_instrument_share = rate("0.15");
    limits.loss.max_daily = most("3000");
    limits.loss.max_rolling = most("3000");
    limits.loss.rolling_window = window;
    limits.loss.max_drawdown = most("10000");
    limits.price.max_distance = rate("0.5");
    limits.price.max_drift = rate("0.5");
    limits.price.drift_window = window;
    limits.conduct.no_self_match = true;
    limits.conduct.max_cancels_per_fill = 20;
    limits.conduct.free_cancels = 20;
    limits.conduct.cancel_window = window;
    limits.conduct.max_repeats = 100;
    limits.conduct.repeat_window = window;
    limits.short.max_day_trades = 40;
    limits.escalation.warn = rate("0.5");
    limits.escalation.reduce = rate("0.9");
    limits.scaling.calm_volatility = rate("0.5");
    limits.scaling.volatility_window = window;
}

pub(crate) fn venue(name: &str) -> VenueConfig {
    VenueConfig {
        name: name.to_owned(),
        ..VenueConfig::default()
    }
}

pub(crate) fn account(
    name: &str,
    kind: AccountKind,
    deposits: &[(CurrencyId, &str)],
) -> AccountConfig {
    AccountConfig {
        name: name.to_owned(),
        venue: VenueId::new(0),
        kind,
        base_currency: USD,
        deposits: deposits
            .iter()
            .map(|(id, amount)| (*id, money(amount)))
            .collect(),
        hedging: None,
    }
}

pub(crate) fn leverage(text: &str) -> AccountKind {
    AccountKind::Margin {
        leverage: rate(text),
    }
}

/// One instrument of each kind, without fees, in the order of the constants above.
pub(crate) fn instruments() -> Vec<Instrument> {
    let expiry = at(EXPIRY);
    let option = AssetClass::Option {
        underlying: Some(EQUITY),
        strike: price("100"),
        expiry,
        right: OptionRight::Call,
    };
    vec![
        instrument("EQ", AssetClass::Equity, USD, ["0.01", "1", "1", "0.5"]),
        instrument(
            "EUR/USD",
            AssetClass::FxPair { base: EUR },
            USD,
            ["0.00001", "1", "1", "0.05"],
        ),
        instrument(
            "USD/JPY",
            AssetClass::FxPair { base: USD },
            JPY,
            ["0.001", "1", "1", "0.05"],
        ),
        instrument(
            "BTC/USD",
            AssetClass::CryptoSpot { base: BTC },
            USD,
            ["0.01", "0.0001", "1", "0.5"],
        ),
        instrument(
            "PERP",
            AssetClass::CryptoPerpetual { base: BTC },
            USD,
            ["0.1", "0.001", "1", "0.1"],
        ),
        instrument(
            "FUT",
            AssetClass::Future { expiry },
            USD,
            ["0.25", "1", "50", "0.1"],
        ),
        instrument("OPT", option, USD, ["0.05", "1", "100", "1"]),
    ]
}

/// `[tick, lot, multiplier, initial margin]`.
fn instrument(
    symbol: &str,
    class: AssetClass,
    quote_currency: CurrencyId,
    [tick, lot, multiplier, initial]: [&str; 4],
) -> Instrument {
    Instrument {
        symbol: symbol.to_owned(),
        venue: VenueId::new(0),
        class,
        quote_currency,
        tick: price(tick),
        lot: quantity(lot),
        min_quantity: quantity(lot),
        max_quantity: quantity("1000000000"),
        multiplier: quantity(multiplier),
        margin: Margin {
            initial: rate(initial),
            maintenance: rate(initial),
        },
        fees: Fees::default(),
        day_end: Duration::ZERO,
        session: None,
        tradable: true,
        sector: None,
    }
}

/// A market order to buy.
pub(crate) fn buy(instrument: InstrumentId, amount: &str) -> OrderRequest {
    OrderRequest::new(instrument, Side::Buy, OrderKind::Market, quantity(amount))
}

/// A market order to sell.
pub(crate) fn sell(instrument: InstrumentId, amount: &str) -> OrderRequest {
    OrderRequest::new(instrument, Side::Sell, OrderKind::Market, quantity(amount))
}

/// Short words for the orders of tests.
pub(crate) trait Ask {
    fn limit(self, text: &str) -> Self;
    fn stop(self, text: &str) -> Self;
    fn kind(self, kind: OrderKind) -> Self;
    fn tif(self, time_in_force: TimeInForce) -> Self;
    fn intent(self, intent: u64) -> Self;
}

impl Ask for OrderRequest {
    fn limit(self, text: &str) -> Self {
        self.kind(OrderKind::Limit { price: price(text) })
    }

    fn stop(self, text: &str) -> Self {
        self.kind(OrderKind::stop_market(price(text)))
    }

    fn kind(mut self, kind: OrderKind) -> Self {
        self.kind = kind;
        self
    }

    fn tif(self, time_in_force: TimeInForce) -> Self {
        self.lasting(time_in_force)
    }

    fn intent(mut self, intent: u64) -> Self {
        self.intent = intent;
        self
    }
}
