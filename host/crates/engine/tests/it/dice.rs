//! Values of every type in the journal, drawn from a seed; extremes come up often.

use engine::{
    Command, Definition, Input, Latency, Outcome, Sequenced, Slippage, SwapTerms, TradingState,
    VenueConfig,
};
use model::{
    AccountConfig, AccountId, AccountKind, AssetClass, Bar, BarBasis, BarMethod, BarSpec,
    CurrencyId, Duration, Fault, FaultKind, Fees, HedgeMargin, HistoryBlock, HistoryRequest,
    Instrument, InstrumentId, Intent, LogLevel, Margin, MarkPrice, Money, OptionRight, OrderId,
    PluginHash, Price, Quantity, Quote, Rate, SavedState, Session, Side, Signal, StrategyId,
    Subscription, Timestamp, Trade, VenueId,
};

#[path = "dice_orders.rs"]
mod orders;

/// A small generator of numbers (SplitMix64), so that one seed names a whole run.
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// From which all numbers follow that come.
    pub(crate) fn seed(&self) -> u64 {
        self.0
    }

    pub(crate) fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    pub(crate) fn below(&mut self, end: u64) -> u64 {
        self.number() % end
    }

    pub(crate) fn one_of<T: Clone>(&mut self, items: &[T]) -> T {
        let index = self.below(items.len() as u64);
        items[usize::try_from(index).unwrap()].clone()
    }

    /// Any number, the ends of the range one time in four.
    pub(crate) fn extreme(&mut self) -> u64 {
        let any = self.number();
        match self.below(8) {
            0 => 0,
            1 => u64::MAX,
            _ => any,
        }
    }

    pub(crate) fn small(&mut self) -> u32 {
        let bytes = self.extreme().to_le_bytes();
        u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]])
    }

    fn signed(&mut self) -> i64 {
        i64::from_le_bytes(self.extreme().to_le_bytes())
    }

    pub(crate) fn wide(&mut self) -> i128 {
        let (high, low) = (self.extreme(), self.extreme());
        i128::from(high.cast_signed()) << 64 | i128::from(low)
    }

    pub(crate) fn flag(&mut self) -> bool {
        self.below(2) == 0
    }

    pub(crate) fn list<T>(&mut self, mut item: impl FnMut(&mut Self) -> T) -> Vec<T> {
        (0..self.below(4)).map(|_| item(self)).collect()
    }

    pub(crate) fn maybe<T>(&mut self, item: impl FnOnce(&mut Self) -> T) -> Option<T> {
        self.flag().then(|| item(self))
    }

    pub(crate) fn text(&mut self) -> String {
        self.one_of(&["", "USD", "naïve", "→ ∞", "a\0b\n", "EUR/USD.SIM"])
            .to_owned()
    }

    fn bytes(&mut self) -> Vec<u8> {
        self.list(|dice| dice.number().to_le_bytes()[0])
    }

    pub(crate) fn time(&mut self) -> Timestamp {
        Timestamp::from_nanos(self.extreme())
    }

    pub(crate) fn duration(&mut self) -> Duration {
        Duration::from_nanos(self.extreme())
    }

    pub(crate) fn price(&mut self) -> Price {
        Price::from_raw(self.signed())
    }

    pub(crate) fn quantity(&mut self) -> Quantity {
        Quantity::from_raw(self.extreme())
    }

    pub(crate) fn money(&mut self) -> Money {
        Money::from_raw(self.wide())
    }

    pub(crate) fn rate(&mut self) -> Rate {
        Rate::from_raw(self.signed())
    }

    pub(crate) fn instrument_id(&mut self) -> InstrumentId {
        InstrumentId::new(self.small())
    }

    pub(crate) fn account_id(&mut self) -> AccountId {
        AccountId::new(self.small())
    }

    pub(crate) fn strategy_id(&mut self) -> StrategyId {
        StrategyId::new(self.small())
    }

    pub(crate) fn order_id(&mut self) -> OrderId {
        OrderId::from_number(self.extreme())
    }

    pub(crate) fn side(&mut self) -> Side {
        self.one_of(&[Side::Buy, Side::Sell])
    }

    fn session(&mut self) -> Session {
        Session {
            open: self.duration(),
            close: self.duration(),
            days: std::array::from_fn(|_| self.flag()),
        }
    }

    fn mark(&mut self) -> MarkPrice {
        MarkPrice {
            instrument: self.instrument_id(),
            mark: self.maybe(Self::price),
            index: self.maybe(Self::price),
            ts_event: self.time(),
            ts_init: self.time(),
        }
    }

    fn spec(&mut self) -> BarSpec {
        let (step, quantity) = (self.extreme(), self.quantity());
        BarSpec {
            method: self.one_of(&[
                BarMethod::Time(step),
                BarMethod::Tick(step),
                BarMethod::Volume(quantity),
            ]),
            basis: self.one_of(&[BarBasis::Bid, BarBasis::Ask, BarBasis::Mid, BarBasis::Last]),
        }
    }

    fn quote(&mut self) -> Quote {
        Quote {
            instrument: self.instrument_id(),
            bid: self.price(),
            ask: self.price(),
            bid_size: self.quantity(),
            ask_size: self.quantity(),
            ts_event: self.time(),
            ts_init: self.time(),
        }
    }

    fn trade(&mut self) -> Trade {
        Trade {
            instrument: self.instrument_id(),
            price: self.price(),
            size: self.quantity(),
            aggressor: self.maybe(Self::side),
            ts_event: self.time(),
            ts_init: self.time(),
        }
    }

    pub(crate) fn bar(&mut self) -> Bar {
        Bar {
            instrument: self.instrument_id(),
            spec: self.spec(),
            open: self.price(),
            high: self.price(),
            low: self.price(),
            close: self.price(),
            volume: self.quantity(),
            ts_open: self.time(),
            ts_event: self.time(),
            ts_init: self.time(),
        }
    }

    fn class(&mut self) -> AssetClass {
        let base = CurrencyId::new(self.small());
        let expiry = self.time();
        let option = AssetClass::Option {
            underlying: self.maybe(Self::instrument_id),
            strike: self.price(),
            expiry,
            right: self.one_of(&[OptionRight::Call, OptionRight::Put]),
        };
        self.one_of(&[
            AssetClass::Equity,
            AssetClass::FxPair { base },
            AssetClass::CryptoSpot { base },
            AssetClass::CryptoPerpetual { base },
            AssetClass::Future { expiry },
            option,
        ])
    }

    fn instrument(&mut self) -> Instrument {
        Instrument {
            symbol: self.text(),
            venue: VenueId::new(self.small()),
            class: self.class(),
            quote_currency: CurrencyId::new(self.small()),
            tick: self.price(),
            lot: self.quantity(),
            min_quantity: self.quantity(),
            max_quantity: self.quantity(),
            multiplier: self.quantity(),
            margin: Margin {
                initial: self.rate(),
                maintenance: self.rate(),
            },
            fees: Fees {
                maker: self.rate(),
                taker: self.rate(),
                per_contract: self.money(),
                min_per_order: self.money(),
                max_per_order: self.maybe(Self::money),
                max_share: self.maybe(Self::rate),
            },
            day_end: self.duration(),
            session: self.maybe(Self::session),
            tradable: self.flag(),
            sector: self.maybe(Self::text),
        }
    }

    fn account(&mut self) -> AccountConfig {
        let leverage = self.rate();
        AccountConfig {
            name: self.text(),
            venue: VenueId::new(self.small()),
            kind: self.one_of(&[AccountKind::Cash, AccountKind::Margin { leverage }]),
            base_currency: CurrencyId::new(self.small()),
            deposits: self.list(|dice| (CurrencyId::new(dice.small()), dice.money())),
            hedging: self.one_of(&[None, Some(HedgeMargin::Gross), Some(HedgeMargin::Net)]),
        }
    }

    fn venue(&mut self) -> VenueConfig {
        let (ticks, share) = (self.small(), self.rate());
        VenueConfig {
            name: self.text(),
            latency: Latency {
                insert: self.duration(),
                cancel: self.duration(),
                modify: self.duration(),
                feed: self.duration(),
                jitter: self.duration(),
                drawn: crate::dice_models::any_draws(self),
                seed: self.extreme(),
            },
            slippage: self.one_of(&[
                Slippage::None,
                Slippage::Ticks(ticks),
                Slippage::Share(share),
            ]),
            chances: crate::dice_models::any_chances(self),
            models: crate::dice_models::any_models(self),
            lacks: self.list(|dice| dice.kind().name()),
            external: self.maybe(crate::dice_outside::any_external),
        }
    }

    fn definition(&mut self) -> Definition {
        match self.below(15) {
            14 => Definition::SelfMatch(
                VenueId::new(self.small()),
                crate::dice_models::any_self_match(self),
            ),
            13 => Definition::Locate(self.account_id(), self.instrument_id(), self.quantity()),
            12 => Definition::Adopter(self.strategy_id()),
            11 => {
                Definition::AccountRules(self.account_id(), crate::dice_lifecycle::any_rules(self))
            }
            10 => Definition::FeeTiers(self.instrument_id(), crate::dice_models::any_tiers(self)),
            8 => Definition::Algorithm(engine::AlgorithmConfig {
                name: self.text(),
                plugin: self.plugin(),
                parameters: self.parameters(),
            }),
            9 => Definition::Rule(engine::RuleConfig {
                name: self.text(),
                scope: self.scope(),
                plugin: self.plugin(),
                parameters: self.parameters(),
            }),
            6 => Definition::Permissions(self.strategy_id(), self.permissions()),
            7 => Definition::AverageVolume(self.instrument_id(), self.quantity()),
            0 => Definition::Currency(self.text()),
            1 => Definition::Venue(self.venue()),
            2 => Definition::Instrument(self.instrument()),
            3 => Definition::Account(self.account()),
            4 => Definition::Limits(self.scope(), self.limits()),
            _ => Definition::Strategy(self.strategy()),
        }
    }

    fn call(&mut self) -> model::AlgorithmCall {
        model::AlgorithmCall {
            name: self.text(),
            parameters: self.parameters(),
        }
    }

    fn plugin(&mut self) -> PluginHash {
        PluginHash::new([self.number().to_le_bytes()[0]; 32])
    }

    fn parameters(&mut self) -> Vec<(String, String)> {
        self.list(|dice| (dice.text(), dice.text()))
    }

    fn state(&mut self) -> SavedState {
        SavedState {
            version: self.small(),
            bytes: self.bytes(),
        }
    }

    fn history(&mut self) -> HistoryBlock {
        let request = HistoryRequest {
            instrument: self.instrument_id(),
            spec: self.spec(),
            count: self.small(),
        };
        HistoryBlock {
            request,
            bars: self.list(Self::bar),
        }
    }

    fn place(&mut self) -> Command {
        let requests = self.list(Self::request);
        Command::PlaceOrders(self.strategy_id(), requests)
    }

    fn command(&mut self) -> Command {
        let strategy = self.strategy_id();
        let states = [
            TradingState::Active,
            TradingState::Reducing,
            TradingState::Halted,
        ];
        match self.below(24) {
            19 => Command::Reconcile(VenueId::new(self.small())),
            20 => Command::AcceptPositions(self.account_id()),
            18 => crate::dice_lifecycle::any_conversion(self),
            21 => {
                let request = Box::new(self.request());
                Command::PlaceWorked(strategy, request, self.call())
            }
            22 => Command::RemoveRule(self.text()),
            23 => Command::Signal(strategy, self.text(), self.signal()),
            13 => Command::SetScopeState(self.scope(), self.one_of(&states)),
            14 => Command::SetScopeKill(self.scope(), self.flag()),
            15 => Command::ClearRepeats(strategy),
            16 => Command::SetDataIntact(self.instrument_id(), self.flag()),
            17 => Command::ScaleLimits(self.scope(), self.rate()),
            0 => Command::Start {
                strategy,
                plugin: self.plugin(),
                parameters: self.parameters(),
                state: self.maybe(Self::state),
                history: self.list(Self::history),
            },
            1 => Command::Pause(strategy),
            2 => Command::Resume(strategy),
            3 => Command::Stop(strategy),
            4 => Command::SwapBegin {
                strategy,
                plugin: self.plugin(),
                parameters: self.parameters(),
                terms: SwapTerms::default(),
                history: self.list(Self::history),
            },
            5 => Command::SwapCommit(strategy),
            6 => Command::SwapAbort {
                strategy,
                reason: self.text(),
            },
            7 => self.place(),
            8 => Command::CancelOrder(self.order_id()),
            9 => Command::SetTradingState(self.one_of(&states)),
            10 => Command::SetKillLatch(self.flag()),
            11 => Command::ModifyOrder(self.amendment()),
            _ => Command::SetVenueConnected(VenueId::new(self.small()), self.flag()),
        }
    }

    /// Also one that is none.
    fn signal(&mut self) -> Signal {
        Signal {
            name: self.text(),
            values: self.list(|dice| (dice.text(), dice.text())),
        }
    }

    pub(crate) fn input(&mut self) -> Sequenced<Input> {
        let input = match self.below(12) {
            10 => Input::VenueReport(Box::new(crate::dice_outside::any_report(self))),
            11 => Input::VenueSnapshot(Box::new(crate::dice_outside::any_snapshot(self))),
            9 => Input::Lifecycle(Box::new(crate::dice_lifecycle::any_event(self))),
            0 => Input::Clock,
            6 => Input::Mark(self.mark()),
            7 => Input::Status(crate::dice_books::any_status(self)),
            8 => Input::Book(Box::new(crate::dice_books::any_update(self))),
            1 => Input::Quote(self.quote()),
            2 => Input::Trade(self.trade()),
            3 => Input::Bar(self.bar()),
            4 => Input::Define(Box::new(self.definition())),
            _ => Input::Command(Box::new(self.command())),
        };
        Sequenced {
            sequence: self.extreme(),
            time: self.time(),
            input,
        }
    }

    fn subscription(&mut self) -> Subscription {
        let (id, spec) = (self.instrument_id(), self.spec());
        self.one_of(&[
            Subscription::Quotes(id),
            Subscription::Trades(id),
            Subscription::Bars(id, spec),
        ])
    }

    fn intent(&mut self) -> Intent {
        let levels = [
            LogLevel::Debug,
            LogLevel::Info,
            LogLevel::Warn,
            LogLevel::Error,
        ];
        match self.below(12) {
            11 => Intent::Work(self.request(), self.call()),
            0 => Intent::Submit(self.request()),
            9 => Intent::SubmitList(self.list(Self::request)),
            10 => Intent::Modify(self.amendment()),
            1 => Intent::Cancel(self.order_id()),
            2 => Intent::CancelAll(self.instrument_id()),
            3 => Intent::Subscribe(self.subscription()),
            4 => Intent::Unsubscribe(self.subscription()),
            5 => Intent::SetTimer {
                id: self.extreme(),
                due: self.time(),
            },
            6 => Intent::CancelTimer { id: self.extreme() },
            7 => Intent::PutState {
                key: self.text(),
                value: self.bytes(),
            },
            _ => Intent::Log {
                level: self.one_of(&levels),
                text: self.text(),
            },
        }
    }

    pub(crate) fn outcome(&mut self) -> Outcome {
        use FaultKind::{BadOutput, Deadline, Memory, OutOfFuel, Refused, Trap};
        let kinds = [Trap, OutOfFuel, Deadline, Memory, BadOutput, Refused];
        match self.below(3) {
            0 => Outcome::Intents(self.list(Self::intent)),
            1 => Outcome::Fault(Fault {
                kind: self.one_of(&kinds),
                message: self.text(),
            }),
            _ => Outcome::Saved(self.state()),
        }
    }
}
