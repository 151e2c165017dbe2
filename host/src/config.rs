//! The configuration file: what it may say, and how it becomes the world of a run.
//!
//! Amounts are text in quotes (`"0.0002"`), durations text with a unit (`"5ms"`), so that no number
//! is ever rounded or misread. Unknown keys are refused. Keys of sections, not of lists such as
//! `[[venue]]`, can be overridden by environment variables: `ARGONAUT_HOST__LISTEN=127.0.0.1:9000`
//! sets `listen` in `[host]`.

mod account_rules;
mod account_terms;
mod api;
mod backtests;
mod build;
mod bus;
mod custom;
mod distribution;
mod environment;
mod fan_out;
mod faults;
mod fees;
mod file;
mod hedging;
mod hook;
mod host;
mod identity;
mod limits;
mod log;
mod network;
mod notification;
mod permissions;
mod plugins;
mod risk;
mod secrets;
mod session;
mod store;
mod telemetry;
mod text;
mod tls;
mod vault;
mod venue;
mod watch;

pub use self::api::ApiSection;
pub use self::backtests::BacktestsSection;
pub use self::bus::BusSection;
pub use self::host::{Fsync, HostSection};
pub use self::identity::{IdentityMode, IdentitySection};
pub use self::store::{MarketDataName, StoreSection};
pub use self::telemetry::TelemetrySection;
pub use self::vault::{SecretName, Secrets, SecretsSection};
pub use account_rules::MarginCallSection;
pub use account_terms::AccountTerms;
pub use build::{Problem, add_instrument, build, on_fault};
pub use custom::{AlgorithmSection, ModelSection, RuleSection};
pub use distribution::{Distribution, Exponential, LogNormal};
pub use environment::environment_overrides;
pub use fan_out::{FanOutConfig, FanOutIdentitySection, FanOutSection};
pub use faults::{BudgetSection, FaultsSection, OnMissName, RestartSection};
pub use fees::FeeTierSection;
pub use file::{ConfigError, load, load_fan_out, parse};
pub use hook::HookSection;
pub use limits::LimitsSection;
pub use log::{LogFormat, LogSection};
pub use network::{NetworkSection, PaceSection, RateSection};
pub use notification::NotificationSection;
pub use permissions::{PermissionsSection, SideName};
pub use plugins::PluginsSection;
pub use risk::RiskSection;
pub use session::SessionText;
pub use text::{Decimal, Span};
pub use tls::TlsSection;
pub use watch::{OnNewBuildName, ProbationSection};

use model::{Money, Price, Quantity, Rate};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// A whole file.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Addresses and folders.
    #[serde(default)]
    pub host: HostSection,
    /// How many may read the stream.
    #[serde(default)]
    pub api: ApiSection,
    /// How the lines of the log look.
    #[serde(default)]
    pub log: LogSection,
    /// Where traces of requests are sent; nowhere by default.
    #[serde(default)]
    pub telemetry: Option<TelemetrySection>,
    /// Where secrets are that the other sections name.
    #[serde(default)]
    pub secrets: SecretsSection,
    /// Where market data comes from.
    pub feed: FeedSection,
    /// Where what happens is published for other processes; nowhere by default.
    #[serde(default)]
    pub bus: Option<BusSection>,
    /// Where what happens is kept as rows for queries.
    #[serde(default)]
    pub store: StoreSection,
    /// Who may ask for what.
    #[serde(default)]
    pub identity: IdentitySection,
    /// What the host is spoken with over TLS; it speaks in the clear when left out.
    #[serde(default)]
    pub tls: Option<TlsSection>,
    /// From where requests may come.
    #[serde(default)]
    pub network: NetworkSection,
    /// How often somebody may ask.
    #[serde(default)]
    pub rate: Option<RateSection>,
    /// Whose plugins are taken.
    #[serde(default)]
    pub plugins: PluginsSection,
    /// Backtests that the host can be asked for; none by default.
    #[serde(default)]
    pub backtests: Option<BacktestsSection>,
    /// What becomes of strategies that break.
    #[serde(default)]
    pub faults: FaultsSection,
    /// Simulated venues.
    #[serde(rename = "venue")]
    pub venues: Vec<VenueSection>,
    /// What can be traded.
    #[serde(rename = "instrument")]
    pub instruments: Vec<InstrumentSection>,
    /// Who pays.
    #[serde(rename = "account")]
    pub accounts: Vec<AccountSection>,
    /// Limits that bind everybody.
    #[serde(default)]
    pub limits: LimitsSection,
    /// Risk metrics, alerts, regimes and scenarios.
    #[serde(default)]
    pub risk: RiskSection,
    /// What trades from the start.
    #[serde(default, rename = "strategy")]
    pub strategies: Vec<StrategySection>,
    /// Execution algorithms that orders may name.
    #[serde(default, rename = "algorithm")]
    pub algorithms: Vec<AlgorithmSection>,
    /// Custom pre-trade rules.
    #[serde(default, rename = "rule")]
    pub rules: Vec<RuleSection>,
    /// Whom the host tells what.
    #[serde(default, rename = "notification")]
    pub notifications: Vec<NotificationSection>,
    /// Webhooks that place orders or tell strategies.
    #[serde(default, rename = "hook")]
    pub hooks: Vec<HookSection>,
}

impl Config {
    /// The secrets that it names; they are read when one of them is asked for.
    #[must_use]
    pub fn secrets(&self) -> Secrets {
        Secrets::new(&self.secrets, &self.host.data_dir)
    }
}

/// `[feed]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum FeedSection {
    /// A seeded market made up on the spot.
    Simulated {
        /// The same seed makes the same market.
        #[serde(default = "default_seed")]
        seed: u64,
        /// Minutes of past data kept ready for strategies that ask for history.
        #[serde(default = "default_history")]
        history_minutes: u32,
        /// Chance that a bad event comes before an event, from 0 to 1: repeated, late, out of order,
        /// or such as no market makes. For trying what strategies do with a bad feed.
        #[serde(default)]
        bad_share: f64,
    },
    /// Files, at a chosen speed.
    Replay {
        /// The files.
        files: Vec<FileSection>,
        /// How many times faster than it was; 0 for as fast as possible.
        #[serde(default = "default_speed")]
        speed: u32,
    },
}

fn default_seed() -> u64 {
    1
}

fn default_history() -> u32 {
    120
}

fn default_speed() -> u32 {
    1
}

/// A file to replay.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileSection {
    /// Where it is.
    pub path: PathBuf,
    /// What it is about.
    pub instrument: String,
    /// `field=column` mappings.
    #[serde(default)]
    pub columns: Vec<String>,
}

/// `[[venue]]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VenueSection {
    /// Unique name.
    pub name: String,
    /// How long orders travel.
    #[serde(default)]
    pub insert_latency: Span,
    /// How long cancels travel.
    #[serde(default)]
    pub cancel_latency: Span,
    /// How long changes of orders travel; as long as orders when left out.
    pub modify_latency: Option<Span>,
    /// How long market data travels to this host; the venue matches with it at once.
    #[serde(default)]
    pub feed_latency: Span,
    /// Up to this much more, drawn evenly for each order, cancel and change.
    #[serde(default)]
    pub jitter: Span,
    /// More, drawn for each order.
    pub insert_distribution: Option<Distribution>,
    /// More, drawn for each cancel.
    pub cancel_distribution: Option<Distribution>,
    /// More, drawn for each change; as for orders when left out.
    pub modify_distribution: Option<Distribution>,
    /// More, drawn for each event of market data.
    pub feed_distribution: Option<Distribution>,
    /// Seed of all draws.
    #[serde(default)]
    pub seed: u64,
    /// The chance that a resting order fills which the market touches and does not cross; 1 when
    /// left out.
    pub touch_fill_chance: Option<Decimal<Rate>>,
    /// The chance that a taking order fills a tick worse; 0 when left out.
    pub slip_chance: Option<Decimal<Rate>>,
    /// Fee rates by what an account trades, for instruments that say none themselves.
    #[serde(default)]
    pub fee_tiers: Vec<FeeTierSection>,
    /// Ticks by which takers fill worse than the touch.
    #[serde(default)]
    pub slippage_ticks: u32,
    /// What it does where orders of one account meet; they pass each other when left out.
    pub self_match: Option<SelfMatchName>,
    /// Where the gateway to it listens, `host:port`: then it is outside of this host, and nothing of it
    /// is simulated.
    pub gateway: Option<String>,
    /// Outside: how long it may take to answer before it is asked about an order; 5 s when left out.
    pub answer_within: Option<Span>,
    /// Outside: how often all is compared with what it holds; every minute when left out.
    pub reconcile_every: Option<Span>,
    /// Outside: what becomes of open orders there that were not sent from here.
    pub foreign_orders: Option<ForeignOrdersName>,
    /// Order types it does not take. For those that wait for a trigger the host does the waiting.
    #[serde(default)]
    pub lacks: Vec<OrderType>,
    /// A plugin that says how orders fill, in place of slippage and chances.
    pub fill_model: Option<ModelSection>,
    /// A plugin that says what fills cost, in place of the instruments' fees and all tiers.
    pub fee_model: Option<ModelSection>,
    /// A plugin that says how long orders and data take, in place of latencies and distributions.
    pub latency_model: Option<ModelSection>,
}

/// What a simulated venue does where an order comes upon another one of its account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SelfMatchName {
    /// They pass each other.
    None,
    /// The one that comes is cancelled.
    CancelNewest,
    /// The one that was there is cancelled.
    CancelOldest,
    /// Both are cancelled.
    CancelBoth,
    /// Both are for less by what the smaller has left, which ends that one.
    DecrementAndCancel,
}

/// What becomes of open orders at a venue outside that were not sent from here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ForeignOrdersName {
    /// The account's strategy for orders by hand takes them on.
    Adopt,
    /// They are cancelled.
    Cancel,
}

/// The types of orders.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OrderType {
    /// Fills at the market.
    Market,
    /// Fills at a price or better.
    Limit,
    /// A market order at a trigger.
    StopMarket,
    /// A limit order at a trigger.
    StopLimit,
    /// A market order whose rest becomes a limit order.
    MarketToLimit,
    /// A market order at a trigger better than the market.
    MarketIfTouched,
    /// A limit order at a trigger better than the market.
    LimitIfTouched,
    /// A stop that follows the market, then a market order.
    TrailingStopMarket,
    /// A stop that follows the market, then a limit order.
    TrailingStopLimit,
}

/// The kinds of instruments.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    /// A share.
    Equity,
    /// A currency pair.
    FxPair,
    /// A crypto pair, delivered.
    CryptoSpot,
    /// A perpetual contract.
    CryptoPerpetual,
    /// A dated contract.
    Future,
    /// An option.
    Option,
}

/// `[[instrument]]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InstrumentSection {
    /// Unique name.
    pub symbol: String,
    /// Where it trades; the only venue when left out.
    pub venue: Option<String>,
    /// Its kind.
    pub class: Class,
    /// The asset bought, for pairs and perpetuals.
    pub base: Option<String>,
    /// The currency of its prices.
    pub quote: String,
    /// Price grid.
    pub tick: Decimal<Price>,
    /// Quantity grid.
    pub lot: Decimal<Quantity>,
    /// Smallest order; one lot when left out.
    pub min_quantity: Option<Decimal<Quantity>>,
    /// Largest order; no bound when left out.
    pub max_quantity: Option<Decimal<Quantity>>,
    /// Units in one contract.
    pub multiplier: Option<Decimal<Quantity>>,
    /// Share of the value needed to open; all of it when left out.
    pub initial_margin: Option<Decimal<Rate>>,
    /// Share of the value needed to stay open; the initial margin when left out.
    pub maintenance_margin: Option<Decimal<Rate>>,
    /// Fee rate of resting orders.
    pub maker_fee: Option<Decimal<Rate>>,
    /// Fee rate of taking orders.
    pub taker_fee: Option<Decimal<Rate>>,
    /// Fee per whole unit.
    pub fee_per_contract: Option<Decimal<Money>>,
    /// What an order costs at least, once it has filled at all.
    pub min_fee_per_order: Option<Decimal<Money>>,
    /// What an order costs at most.
    pub max_fee_per_order: Option<Decimal<Money>>,
    /// What an order costs at most, as a share of the value it has filled.
    pub max_fee_share: Option<Decimal<Rate>>,
    /// Fee rates by what an account trades; the venue's when left out, none when empty.
    pub fee_tiers: Option<Vec<FeeTierSection>>,
    /// When it trades, as `14:30-21:00` or `22:00-21:00 sun-thu` (UTC); at all times when left out.
    pub session: Option<SessionText>,
    /// Time of day (UTC) when DAY orders end; the session's close when left out, else midnight.
    pub day_end: Option<Span>,
    /// Last trading moment in seconds since the epoch, for futures and options.
    pub expiry_s: Option<u64>,
    /// Strike, for options.
    pub strike: Option<Decimal<Price>>,
    /// `call` or `put`, for options.
    pub right: Option<Right>,
    /// How a simulated market makes it move.
    pub simulation: Option<SimulationSection>,
    /// Its sector, for limits of concentration.
    pub sector: Option<String>,
    /// What it trades on an average day, for limits of participation.
    pub average_daily_volume: Option<Decimal<Quantity>>,
    /// Limits that bind orders on it.
    pub limits: Option<LimitsSection>,
}

/// `[instrument.simulation]`. These numbers shape a made-up market; no money is reckoned with them.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SimulationSection {
    /// Where the middle price begins.
    pub start_price: Decimal<Price>,
    /// Volatility of a year, as a share: 0.6 is 60 %.
    pub volatility: f64,
    /// Mean spread in ticks.
    pub spread_ticks: f64,
    /// Mean size in lots.
    pub size_lots: f64,
    /// Mean events per second.
    pub events_per_second: f64,
}

/// Call or put.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Right {
    /// The right to buy.
    Call,
    /// The right to sell.
    Put,
}

/// `[[account]]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AccountSection {
    /// Unique name.
    pub name: String,
    /// Where it is held; the only venue when left out.
    pub venue: Option<String>,
    /// Cash or margin.
    pub kind: AccountSort,
    /// Value carried by one unit of margin, on top of the instruments' own rates.
    pub leverage: Option<Decimal<Rate>>,
    /// Whether a strategy may hold several positions in one instrument at once, long and short.
    #[serde(default)]
    pub hedging: bool,
    /// What they put up margin for; each of them, when left out.
    pub hedge_margin: Option<HedgeMarginSort>,
    /// The currency in which margin is reckoned.
    pub base_currency: String,
    /// What is in it.
    pub deposits: BTreeMap<String, Decimal<Money>>,
    /// Whether exercised options deliver what they are written on, instead of its value.
    #[serde(default)]
    pub delivers: bool,
    /// Whether what it owes in other currencies is bought at the end of the day.
    #[serde(default)]
    pub converts_debts: bool,
    /// When it is called and liquidated; never when left out.
    pub margin_call: Option<MarginCallSection>,
    /// Limits that bind its orders.
    pub limits: Option<LimitsSection>,
    /// How much of instruments, by symbol, it may be short where that must be located.
    #[serde(default)]
    pub locates: BTreeMap<String, Decimal<Quantity>>,
}

/// Cash or margin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AccountSort {
    /// Pays in full.
    Cash,
    /// Puts up margin.
    Margin,
}

/// What the positions of a hedging account put up margin for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HedgeMarginSort {
    /// Each of them.
    #[default]
    Gross,
    /// What longs and shorts leave of each other.
    Net,
}

/// `[[strategy]]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StrategySection {
    /// Unique name.
    pub name: String,
    /// Its plugin, below the plugin folder.
    pub plugin: PathBuf,
    /// Whose money it uses; the only account when left out.
    pub account: Option<String>,
    /// What becomes of its orders, and of what it holds, when it faults.
    #[serde(default)]
    pub on_fault: OnFault,
    /// How it is started again when it faulted; as `[faults]` says when left out.
    pub restart: Option<RestartSection>,
    /// How often it saves its state while it runs; as `[faults]` says when left out.
    pub save_every: Option<Span>,
    /// What its events may cost; anything when left out.
    pub budget: Option<BudgetSection>,
    /// Its parameters.
    #[serde(default)]
    pub parameters: BTreeMap<String, String>,
    /// What becomes of a build that is dropped in the place of its plugin's file; nothing when left out.
    #[serde(default)]
    pub on_new_build: OnNewBuildName,
    /// With `on_new_build = "swap"`: how a build is watched, with the one before at hand.
    pub probation: Option<ProbationSection>,
    /// What it may trade; everything when left out.
    pub permissions: Option<PermissionsSection>,
    /// Limits that bind its orders.
    pub limits: Option<LimitsSection>,
}

/// What becomes of orders, and of what is held, when their strategy faults.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnFault {
    /// They are cancelled.
    #[default]
    Cancel,
    /// They stay.
    Keep,
    /// They are cancelled, and what the strategy holds is closed at the market.
    Flatten,
}
