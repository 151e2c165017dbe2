//! A small world for journals: one instrument, one rich account, orders by hand. Also the example's.

use engine::replay::Instances;
use engine::{
    Command, Definition, Engine, Input, LimitScope, Limits, OrdersOnFault, Permissions, Sequenced,
    StrategyConfig, VenueConfig,
};
use model::{
    AccountConfig, AccountId, AccountKind, AssetClass, CurrencyId, Duration, Fees, Instrument,
    InstrumentId, Margin, Money, OrderKind, OrderRequest, PluginHash, Price, Quantity, Quote, Rate,
    Side, Strategy, StrategyId, Timestamp, VenueId,
};

/// Makes no instances: nothing here needs any.
pub struct Nobody;

impl Instances for Nobody {
    fn make(
        &mut self,
        _: &Engine,
        _: StrategyId,
        _: PluginHash,
        _: &[(String, String)],
    ) -> Result<Box<dyn Strategy>, String> {
        Err("nobody".to_owned())
    }
}

/// An engine with a sequence and a time that counts up by a microsecond.
pub struct World {
    pub engine: Engine,
}

impl World {
    pub fn new(journal: engine::Journal) -> Self {
        let engine = Engine::new(journal);
        let mut world = Self { engine };
        for definition in definitions() {
            world.step(Input::Define(Box::new(definition)));
        }
        world
    }

    pub fn step(&mut self, input: Input) {
        let sequence = self.engine.sequence() + 1;
        let time = Timestamp::from_nanos(sequence * 1_000);
        let input = Sequenced {
            sequence,
            time,
            input,
        };
        self.engine.step(input).unwrap();
    }

    /// Another quote around 1.1.
    pub fn quote(&mut self) {
        let n = self.engine.sequence();
        let at = Timestamp::from_nanos((n + 1) * 1_000);
        let bid = Price::from_raw(1_100_000_000 + i64::try_from(n % 1_000).unwrap() * 10_000);
        self.step(Input::Quote(Quote {
            instrument: InstrumentId::new(0),
            bid,
            ask: bid.checked_add(Price::from_raw(60_000)).unwrap(),
            bid_size: Quantity::whole(100_000).unwrap(),
            ask_size: Quantity::whole(100_000).unwrap(),
            ts_event: at,
            ts_init: at,
        }));
    }

    /// An order by hand: at the market, or resting far below it.
    pub fn order(&mut self, side: Side, limit: Option<&str>) {
        let kind = match limit {
            Some(price) => OrderKind::Limit {
                price: price.parse().unwrap(),
            },
            None => OrderKind::Market,
        };
        let quantity = Quantity::whole(10).unwrap();
        let request = OrderRequest::new(InstrumentId::new(0), side, kind, quantity);
        let command = Command::PlaceOrders(StrategyId::new(0), vec![request]);
        self.step(Input::Command(Box::new(command)));
    }
}

fn definitions() -> [Definition; 6] {
    [
        Definition::Currency("USD".to_owned()),
        Definition::Venue(VenueConfig {
            name: "SIM".to_owned(),
            ..VenueConfig::default()
        }),
        Definition::Instrument(Instrument {
            symbol: "EUR/USD.SIM".to_owned(),
            venue: VenueId::new(0),
            class: AssetClass::Equity,
            quote_currency: CurrencyId::new(0),
            tick: "0.00001".parse().unwrap(),
            lot: Quantity::ONE,
            min_quantity: Quantity::ONE,
            max_quantity: Quantity::MAX,
            multiplier: Quantity::ONE,
            margin: Margin {
                initial: "0.03".parse().unwrap(),
                maintenance: "0.03".parse().unwrap(),
            },
            fees: Fees::default(),
            day_end: Duration::ZERO,
            session: None,
            tradable: true,
            sector: None,
        }),
        Definition::Account(AccountConfig {
            name: "bench".to_owned(),
            venue: VenueId::new(0),
            kind: AccountKind::Margin {
                leverage: Rate::whole(1).unwrap(),
            },
            base_currency: CurrencyId::new(0),
            deposits: vec![(CurrencyId::new(0), Money::whole(10_000_000).unwrap())],
            hedging: None,
        }),
        Definition::Limits(
            LimitScope::Firm,
            Limits {
                max_open_orders: 1_000_000,
                max_messages: 1_000_000_000,
                ..Limits::default()
            },
        ),
        Definition::Strategy(StrategyConfig {
            name: "hand".to_owned(),
            account: AccountId::new(0),
            on_fault: OrdersOnFault::Keep,
            manual: true,
            permissions: Permissions::ALL,
        }),
    ]
}
