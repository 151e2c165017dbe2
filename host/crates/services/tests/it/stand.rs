//! A host on a test stand: two instruments, one rich account, a clock that stands still unless set.

use crate::native::Natives;
use engine::replay::{Replayed, verify};
use engine::{Definition, Latency, OrdersOnFault, SwapTerms, VenueConfig};
use journal::SegmentOptions;
use model::{
    AccountConfig, AccountKind, AssetClass, CurrencyId, Duration, Fees, Instrument, InstrumentId,
    Margin, Money, Price, Quantity, Quote, Rate, Timestamp, VenueId,
};
use services::clock::ManualClock;
use services::feed::{FeedConfig, MarketInput};
use services::handle::{
    HostError, LoadRequest, OrderTicket, PluginSource, Queries, SwapReport, SwapRequest, Terms,
};
use services::host::{Ended, Host, HostConfig, HostHandle, JournalConfig, StartError};
use services::plugin::PluginHost;
use services::view::{StrategyView, Update};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread::JoinHandle;

/// When the stand's clock begins.
pub(crate) const START_NS: u64 = 1_700_000_000_000_000_000;
/// The one instrument most tests use.
pub(crate) const SYMBOL: &str = "ABC";

pub(crate) struct Stand {
    pub(crate) host: HostHandle,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) natives: Natives,
    pub(crate) folder: tempfile::TempDir,
    run: JoinHandle<Ended>,
    /// Quotes sent so far.
    sent: u64,
}

fn instrument(symbol: &str) -> Instrument {
    Instrument {
        symbol: symbol.to_owned(),
        venue: VenueId::new(0),
        class: AssetClass::Equity,
        quote_currency: CurrencyId::new(0),
        tick: "0.01".parse().unwrap(),
        lot: Quantity::ONE,
        min_quantity: Quantity::ONE,
        max_quantity: Quantity::whole(1_000_000).unwrap(),
        multiplier: Quantity::ONE,
        margin: Margin {
            initial: "0.1".parse().unwrap(),
            maintenance: "0.05".parse().unwrap(),
        },
        fees: Fees {
            taker: "0.0005".parse().unwrap(),
            ..Fees::default()
        },
        day_end: Duration::ZERO,
        session: None,
        tradable: true,
        sector: None,
    }
}

pub(crate) fn definitions() -> Vec<Definition> {
    vec![
        Definition::Currency("USD".to_owned()),
        Definition::Venue(VenueConfig {
            name: "SIM".to_owned(),
            latency: Latency {
                insert: Duration::from_millis(1),
                ..Latency::default()
            },
            ..VenueConfig::default()
        }),
        Definition::Instrument(instrument(SYMBOL)),
        Definition::Instrument(instrument("XYZ")),
        Definition::Account(AccountConfig {
            name: "main".to_owned(),
            venue: VenueId::new(0),
            kind: AccountKind::Margin {
                leverage: Rate::whole(1).unwrap(),
            },
            base_currency: CurrencyId::new(0),
            deposits: vec![(CurrencyId::new(0), Money::whole(1_000_000).unwrap())],
            hedging: None,
        }),
    ]
}

pub(crate) fn quote(number: u64) -> MarketInput {
    let at = Timestamp::from_nanos(START_NS + number * 1_000_000);
    let cents = 10_000 + i64::try_from(number % 50).unwrap();
    MarketInput::Quote(Quote {
        instrument: InstrumentId::new(0),
        bid: Price::from_raw(cents * 10_000_000),
        ask: Price::from_raw((cents + 2) * 10_000_000),
        bid_size: Quantity::from_raw(number),
        ask_size: Quantity::whole(1_000).unwrap(),
        ts_event: at,
        ts_init: at,
    })
}

impl Stand {
    pub(crate) fn new() -> Self {
        Self::with(|_| {})
    }

    pub(crate) fn with(edit: impl FnOnce(&mut HostConfig)) -> Self {
        let natives = Natives::default();
        Self::with_plugins(Arc::new(natives.clone()), natives, edit)
    }

    pub(crate) fn with_plugins(
        plugins: Arc<dyn PluginHost>,
        natives: Natives,
        edit: impl FnOnce(&mut HostConfig),
    ) -> Self {
        Self::on(tempfile::tempdir().unwrap(), plugins, natives, edit).unwrap()
    }

    /// A host on a folder in which another may have worked.
    pub(crate) fn on(
        folder: tempfile::TempDir,
        plugins: Arc<dyn PluginHost>,
        natives: Natives,
        edit: impl FnOnce(&mut HostConfig),
    ) -> Result<Self, StartError> {
        let mut config = HostConfig::new(definitions(), folder.path());
        config.journal = Some(JournalConfig {
            folder: folder.path().join("journal"),
            run: "test".to_owned(),
            options: SegmentOptions::default(),
            snapshot_inputs: None,
        });
        config.plugin_folder = Some(folder.path().join("incoming"));
        config.feed = FeedConfig::None;
        edit(&mut config);
        std::fs::create_dir_all(folder.path().join("incoming")).unwrap();
        let clock = Arc::new(ManualClock::at(Timestamp::from_nanos(START_NS)));
        let (host, run) = Host::start(config, plugins, Arc::clone(&clock) as _)?;
        Ok(Self {
            host,
            clock,
            natives,
            folder,
            run,
            sent: 0,
        })
    }

    /// Another host on what a crash of this one would leave now; this one ends later.
    pub(crate) fn after_a_crash(&self) -> Self {
        let folder = copy(self.folder.path());
        let natives = self.natives.clone();
        let mut next = Self::on(folder, Arc::new(natives.clone()), natives, |_| {}).unwrap();
        next.sent = self.sent;
        next
    }

    /// Quotes that were sent already, so that the next is the one after.
    pub(crate) fn has_sent(mut self, sent: u64) -> Self {
        self.sent = sent;
        self
    }

    /// Sends the next numbered quotes, a millisecond apart, and waits until they are handled.
    pub(crate) async fn quotes(&mut self, count: u64) {
        for _ in 0..count {
            self.sent += 1;
            let input = quote(self.sent);
            self.clock.set(input.time());
            let before = self.host.engine().time;
            self.host.send_market(&[input]).unwrap();
            while self.host.engine().time <= before {
                tokio::time::sleep(std::time::Duration::from_micros(200)).await;
            }
        }
    }

    pub(crate) async fn load(
        &self,
        name: &str,
        plugin: impl Into<Vec<u8>>,
    ) -> Result<Arc<StrategyView>, HostError> {
        let request = LoadRequest {
            name: name.to_owned(),
            account: None,
            plugin: PluginSource::unsigned(plugin),
            parameters: BTreeMap::new(),
            on_fault: OrdersOnFault::Cancel,
            start: true,
            terms: forced(),
        };
        self.host.load_strategy(request).await
    }

    pub(crate) async fn swap(
        &self,
        name: &str,
        plugin: impl Into<Vec<u8>>,
    ) -> Result<SwapReport, HostError> {
        let plugin = Some(PluginSource::unsigned(plugin));
        self.host
            .swap(
                name,
                SwapRequest {
                    start: false,
                    plugin,
                    parameters: BTreeMap::new(),
                    terms: forced(),
                    succession: SwapTerms::default(),
                },
            )
            .await
    }

    pub(crate) fn view(&self, name: &str) -> Arc<StrategyView> {
        self.host.strategy(name).unwrap()
    }

    pub(crate) fn journal(&self) -> PathBuf {
        self.folder.path().join("journal")
    }

    /// Ends the run; the folder stays for a look.
    pub(crate) async fn end(self) -> (Ended, tempfile::TempDir, Natives) {
        let ended = self.host.shutdown().await.unwrap();
        let Self {
            run,
            folder,
            natives,
            ..
        } = self;
        assert_eq!(run.join().unwrap(), ended);
        (ended, folder, natives)
    }

    /// Ends the run and replays its journal with a fresh engine.
    pub(crate) async fn end_and_verify(self) -> (Ended, Replayed) {
        let path = self.journal();
        let (ended, _folder, mut natives) = self.end().await;
        let replayed = verify(journal::open(&path).unwrap(), &mut natives).unwrap();
        assert_eq!((replayed.hash, replayed.sealed), (ended.journal_hash, true));
        assert_eq!(replayed.inputs, ended.sequence);
        (ended, replayed)
    }
}

/// Tests swap back and forth, and between versions that have no order.
pub(crate) fn forced() -> Terms {
    Terms {
        force: true,
        ..Terms::default()
    }
}

/// The journal and the plugins of a folder, as they are now, in another one.
pub(crate) fn copy(from: &std::path::Path) -> tempfile::TempDir {
    let to = tempfile::tempdir().unwrap();
    for part in ["journal", "plugins"] {
        std::fs::create_dir_all(to.path().join(part)).unwrap();
        for entry in std::fs::read_dir(from.join(part)).into_iter().flatten() {
            let file = entry.unwrap().path();
            let name = file.file_name().unwrap();
            std::fs::copy(&file, to.path().join(part).join(name)).unwrap();
        }
    }
    to
}

pub(crate) fn ticket(side: model::Side, quantity: i64) -> OrderTicket {
    OrderTicket {
        instrument: SYMBOL.to_owned(),
        strategy: None,
        side,
        kind: model::OrderKind::Market,
        quantity: Quantity::whole(quantity).unwrap(),
        time_in_force: model::TimeInForce::Gtc,
        terms: model::Terms::default(),
        intent: 0,
        algorithm: None,
    }
}

/// Everything a subscriber has received by now.
pub(crate) fn received(updates: &mut services::handle::Updates) -> Vec<Arc<Update>> {
    std::iter::from_fn(|| updates.try_recv().ok()).collect()
}
