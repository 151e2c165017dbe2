//! What a simulated day begins with: a venue, fifty instruments of several kinds, two accounts, and
//! limits wide enough that much happens.

use super::scenario::Scenario;
use crate::venue::Listing;
use engine::{
    Definition, ExternalVenue, Latency, LimitScope, Limits, OrdersOnFault, Permissions,
    StrategyConfig, VenueConfig,
};
use model::{
    AccountConfig, AccountId, AccountKind, AssetClass, CurrencyId, Duration, Fees, Instrument,
    InstrumentId, Margin, Money, OrderKindName, Price, Quantity, Rate, StrategyId, Timestamp,
    VenueId,
};

/// The currency everything is paid in.
const USD: CurrencyId = CurrencyId::new(0);
/// What pairs and coins deliver.
const COIN: CurrencyId = CurrencyId::new(1);
/// Deposits, in whole units.
const DEPOSIT: i64 = 1_000_000_000;
/// The strategy that a person trades the margin account by; it comes after those that run by
/// themselves, and adopts what somebody else does with the account.
pub(super) const HAND: StrategyId = StrategyId::new(Scenario::STRATEGIES);
/// The one that adopts what somebody else does with the cash account.
const CASH_HAND: StrategyId = StrategyId::new(Scenario::STRATEGIES + 1);
/// The venue.
pub(super) const VENUE: VenueId = VenueId::new(0);
/// The accounts.
pub(super) const ACCOUNTS: [AccountId; 2] = [CASH, MARGIN];
/// The account that has to own what it sells.
const CASH: AccountId = AccountId::new(0);
/// The account that may borrow.
const MARGIN: AccountId = AccountId::new(1);

/// Tick and lot of an instrument.
#[derive(Debug, Clone, Copy)]
pub(super) struct Grid {
    pub(super) instrument: InstrumentId,
    pub(super) tick: Price,
    pub(super) lot: Quantity,
}

impl Grid {
    /// A number of ticks, at least one.
    pub(super) fn price(&self, ticks: i64) -> Price {
        Price::from_raw(self.tick.raw().saturating_mul(ticks.max(1)))
    }

    /// A number of lots.
    pub(super) fn lots(&self, lots: u64) -> Quantity {
        Quantity::from_raw(self.lot.raw().saturating_mul(lots))
    }

    /// How many whole ticks a price has.
    pub(super) fn ticks(&self, price: Price) -> i64 {
        price.raw() / self.tick.raw()
    }
}

/// The grid of an instrument.
pub(super) fn grid(number: u32) -> Grid {
    // Cents, tenths of a pip, hundredths; whole lots and fractions.
    let (tick, lot) = match number % 5 {
        0 | 1 => (Price::SCALE / 100, Quantity::SCALE),
        2 => (Price::SCALE / 10_000, Quantity::SCALE),
        3 => (Price::SCALE / 100, Quantity::SCALE / 100),
        _ => (Price::SCALE / 4, Quantity::SCALE),
    };
    Grid {
        instrument: InstrumentId::new(number),
        tick: Price::from_raw(tick),
        lot: Quantity::from_raw(lot),
    }
}

/// The account a strategy trades.
pub(super) fn account_of(strategy: u32) -> AccountId {
    if strategy == 0 || strategy == CASH_HAND.number() {
        CASH
    } else {
        MARGIN
    }
}

/// Everything the engine must know, in order.
pub(super) fn definitions(outside: bool) -> Vec<Definition> {
    let mut all = vec![
        Definition::Currency("USD".to_owned()),
        Definition::Currency("XXX".to_owned()),
        Definition::Venue(venue(outside)),
    ];
    all.extend((0..Scenario::INSTRUMENTS).map(|number| Definition::Instrument(instrument(number))));
    let leverage = Rate::from_raw(Rate::SCALE * 4);
    all.push(Definition::Account(account("cash", AccountKind::Cash)));
    all.push(Definition::Account(account(
        "margin",
        AccountKind::Margin { leverage },
    )));
    all.push(Definition::Limits(LimitScope::Firm, limits()));
    let names = [
        "taker",
        "maker",
        "bracketer",
        "reducer",
        "timed",
        "hand",
        "cash hand",
    ];
    all.extend((0..).zip(names).map(|(number, name)| {
        Definition::Strategy(StrategyConfig {
            name: name.to_owned(),
            account: account_of(number),
            on_fault: OrdersOnFault::Cancel,
            manual: number >= HAND.number(),
            permissions: Permissions::ALL,
        })
    }));
    if outside {
        all.extend([HAND, CASH_HAND].map(Definition::Adopter));
    }
    all
}

/// The grids of all instruments, as a venue lists them.
pub(super) fn listings() -> Vec<Listing> {
    let grids = (0..Scenario::INSTRUMENTS).map(grid);
    grids
        .map(|grid| Listing {
            instrument: grid.instrument,
            tick: grid.tick,
            lot: grid.lot,
        })
        .collect()
}

fn venue(outside: bool) -> VenueConfig {
    VenueConfig {
        name: "VENUE".to_owned(),
        latency: Latency {
            insert: Duration::from_millis(5),
            cancel: Duration::from_millis(3),
            modify: Duration::from_millis(4),
            jitter: Duration::from_millis(200),
            seed: 7,
            ..Latency::default()
        },
        // The host waits for what has to follow the market.
        lacks: vec![
            OrderKindName::TrailingStopMarket,
            OrderKindName::TrailingStopLimit,
        ],
        external: outside.then(|| ExternalVenue {
            answer_within: Duration::from_secs(3),
            reconcile_every: Duration::from_secs(20),
            ..ExternalVenue::default()
        }),
        ..VenueConfig::default()
    }
}

fn instrument(number: u32) -> Instrument {
    let grid = grid(number);
    let class = match number % 5 {
        0 | 1 => AssetClass::Equity,
        2 => AssetClass::FxPair { base: COIN },
        3 => AssetClass::CryptoPerpetual { base: COIN },
        _ => AssetClass::Future {
            expiry: Timestamp::MAX,
        },
    };
    Instrument {
        symbol: format!("I{number:02}"),
        venue: VENUE,
        class,
        quote_currency: USD,
        tick: grid.tick,
        lot: grid.lot,
        min_quantity: grid.lot,
        max_quantity: grid.lots(1_000_000),
        multiplier: Quantity::from_raw(Quantity::SCALE * if number % 5 == 4 { 50 } else { 1 }),
        margin: Margin {
            initial: Rate::from_raw(Rate::SCALE / 10),
            maintenance: Rate::from_raw(Rate::SCALE / 20),
        },
        fees: Fees {
            maker: Rate::from_raw(-Rate::SCALE / 10_000),
            taker: Rate::from_raw(Rate::SCALE / 2_000),
            ..Fees::default()
        },
        day_end: Duration::ZERO,
        session: None,
        tradable: true,
        sector: None,
    }
}

fn account(name: &str, kind: AccountKind) -> AccountConfig {
    let deposit = Money::from_raw(i128::from(DEPOSIT) * Money::SCALE);
    AccountConfig {
        name: name.to_owned(),
        venue: VENUE,
        kind,
        base_currency: USD,
        deposits: vec![(USD, deposit), (COIN, deposit)],
        hedging: None,
    }
}

fn limits() -> Limits {
    let mut limits = Limits {
        max_open_orders: 1_000,
        max_position: Quantity::from_raw(2_000 * Quantity::SCALE),
        max_messages: 1_000,
        ..Limits::default()
    };
    limits.price.max_distance = Rate::from_raw(Rate::SCALE / 2);
    limits.exposure.max_gross = Money::from_raw(i128::from(DEPOSIT) * Money::SCALE);
    limits
}
