//! What is found out when somebody asks: views of the host's projections, counts of its threads, and how what
//! goes on beside it stands. Nothing here asks the engine's thread, and no table grows with the number of
//! orders, people or addresses: labels are names of states, codes, and of the venues and strategies that
//! an operator configured, of the latter at most [`MOST_STRATEGIES`].

use super::process;
use super::table::{Table, Times};
use crate::dto::alert::{code, severity};
use crate::dto::engine::{engine_state, trading_state};
use crate::port::HostPort;
use crate::records::Records;
use crate::state::{Api, BusView};
use engine::StrategyState;
use model::DenyCode;
use services::faults::{CostView, Spread};
use services::retention::RetentionMonitor;
use services::sql_projection::{StoreState, StoreView};
use services::view::{
    AlertState, Counts, EngineView, HealthView, Looked, SYNC_BOUNDS_US, StrategyView, VenueView,
    VitalsView, Written,
};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// Strategies that have samples of their own; of more the first are told, and how many are not.
const MOST_STRATEGIES: usize = 128;

/// All states of the engine.
const ENGINE_STATES: [&str; 5] = ["STOPPED", "STARTING", "RUNNING", "STOPPING", "ERROR"];
/// All trading states.
const TRADING_STATES: [&str; 3] = ["ACTIVE", "REDUCING", "HALTED"];
/// All states of a strategy.
const STRATEGY_STATES: [StrategyState; 4] = [
    StrategyState::Stopped,
    StrategyState::Running,
    StrategyState::Paused,
    StrategyState::Error,
];
/// All states of the store.
const STORE_STATES: [StoreState; 5] = [
    StoreState::Connecting,
    StoreState::Behind,
    StoreState::Current,
    StoreState::Away,
    StoreState::Refused,
];
/// All states of the connection to the bus.
const BUS_STATES: [&str; 5] = [
    "DISCONNECTED",
    "CONNECTING",
    "CONNECTED",
    "RECONNECTING",
    "ERROR",
];

/// Everything as it is now.
pub(super) fn tables<H: HostPort>(api: &Api<H>) -> Vec<Table> {
    let (engine, health, vitals) = (api.host.engine(), api.host.health(), api.host.vitals());
    let (strategies, venues) = (api.host.strategies(), api.host.venues());
    let store = api.records.as_ref().map(Records::view);
    let bus = api.bus.as_ref().map(|probe| probe());
    let mut tables = Vec::from(of_engine(&engine, &vitals));
    tables.extend(of_queues(&health, &vitals));
    tables.extend(of_trading(&vitals.counts));
    tables.extend(of_risk(api));
    tables.extend(of_promises(vitals.invariants));
    tables.extend(of_strategies(&strategies, &vitals));
    tables.extend(of_plugins(api, &strategies));
    tables.extend(of_journal(&health, vitals.journal.as_ref()));
    tables.push(first_kept(api.retention.as_ref()));
    tables.extend(of_store(store.as_ref(), engine.sequence));
    tables.extend(of_bus(bus.as_ref()));
    tables.extend(of_venues(&venues));
    tables.extend(of_api(api, &vitals));
    tables.extend(process::tables());
    tables
}

fn of_engine(engine: &EngineView, vitals: &VitalsView) -> [Table; 7] {
    let (state, trading) = (
        engine_state(engine.state),
        trading_state(engine.trading_state),
    );
    [
        Table::counter(
            "argonaut_engine_inputs",
            "Inputs that the engine has handled since its journal began: the sequence of the last.",
        )
        .just(engine.sequence),
        Table::counter("argonaut_engine_ignored", "Inputs without effect.").just(engine.ignored),
        Table::gauge(
            "argonaut_engine_time_seconds",
            "Engine time, in seconds since the epoch.",
        )
        .just(Duration::from_nanos(engine.time.nanos())),
        Table::gauge(
            "argonaut_engine_quiet_seconds",
            "How long ago the engine's thread last asked for work; more than seconds: it is stuck.",
        )
        .just(vitals.engine_quiet),
        Table::gauge("argonaut_engine_state", "1 for where the host is.").one_of(
            "state",
            &ENGINE_STATES,
            state.0,
        ),
        Table::gauge("argonaut_trading_state", "1 for what the firm may trade.").one_of(
            "state",
            &TRADING_STATES,
            trading.0,
        ),
        Table::gauge(
            "argonaut_kill_latch",
            "Whether the firm's kill latch is set.",
        )
        .just(engine.killed),
    ]
}

fn of_queues(health: &HealthView, vitals: &VitalsView) -> [Table; 3] {
    let named = |of: [(&str, usize); 3]| of.map(|(queue, length)| (queue.to_owned(), length));
    [
        Table::gauge("argonaut_queue_length", "What waits, by queue.").by(
            "queue",
            named([
                ("market", health.market_waiting),
                ("commands", health.commands_waiting),
                ("projection", vitals.projection_waiting),
            ]),
        ),
        Table::gauge("argonaut_queue_bound", "Most that may wait, by queue.").by(
            "queue",
            named([
                ("market", vitals.market_bound),
                ("commands", vitals.commands_bound),
                ("projection", vitals.projection_bound),
            ]),
        ),
        Table::counter(
            "argonaut_events_dropped",
            "Public data that made room for newer data of its instrument: `market` before the engine saw it, \
             `prices` before readers did, which is usual.",
        )
        .by(
            "queue",
            [
                ("market".to_owned(), health.market_conflated),
                ("prices".to_owned(), health.prices_conflated),
            ],
        ),
    ]
}

fn of_trading(counts: &Counts) -> [Table; 4] {
    [
        Table::counter(
            "argonaut_order_changes",
            "Steps in the lives of orders, by what changed; `SUBMITTED` are those that left for a venue.",
        )
        .by("change", all(&Counts::ORDER_CHANGES, &counts.orders)),
        Table::counter("argonaut_fills", "Executions.").just(counts.fills),
        Table::counter(
            "argonaut_swaps",
            "Steps of swaps and of what follows them, by stage.",
        )
        .by("stage", all(&Counts::SWAP_STAGES, &counts.swaps)),
        Table::counter("argonaut_faults", "What broke, by what it is.")
            .by("of", all(&Counts::FAULTS, &counts.faults)),
    ]
}

/// The counts of all names, those that never happened too.
fn all(names: &[&'static str], counts: &BTreeMap<&'static str, u64>) -> Vec<(String, u64)> {
    let count = |name: &str| counts.get(name).copied().unwrap_or_default();
    let names = names.iter().copied();
    let samples = names.map(|name| (name.to_owned(), count(name)));
    samples.collect()
}

fn of_risk<H: HostPort>(api: &Api<H>) -> [Table; 2] {
    let metric = |code: DenyCode| {
        let mut controls = engine::controls().iter();
        let control = controls.find(|control| control.code == code);
        control.map_or_else(
            || format!("denied_{}", code.to_string().to_lowercase()),
            engine::Control::metric,
        )
    };
    let mut denials = Table::counter(
        "argonaut_denials",
        "Orders and changes that were refused, by code, and the control's metric as `GET risk/controls` has it.",
    );
    for code in DenyCode::ALL {
        let labels = vec![("code", code.to_string()), ("control", metric(code))];
        denials = denials.with(labels, api.host.denials(code));
    }
    let mut unresolved: BTreeMap<(String, &'static str), u64> = BTreeMap::new();
    let alerts = api.host.alerts();
    for alert in alerts.iter().filter(|it| it.state != AlertState::Resolved) {
        let key = (code(alert.code).0, severity(alert.severity).0);
        *unresolved.entry(key).or_default() += 1;
    }
    let mut alerts = Table::gauge(
        "argonaut_alerts",
        "Alerts that are not resolved, by code and severity.",
    );
    for ((code, severity), count) in unresolved {
        let labels = vec![("code", code), ("severity", severity.to_owned())];
        alerts = alerts.with(labels, count);
    }
    [denials, alerts]
}

fn of_promises(looked: Looked) -> [Table; 2] {
    [
        Table::counter(
            "argonaut_invariant_checks",
            "How often it was looked whether the engine's invariants hold.",
        )
        .just(looked.checks),
        Table::counter(
            "argonaut_invariant_violations",
            "How often one of the engine's invariants did not hold.",
        )
        .just(looked.violations),
    ]
}

fn of_strategies(strategies: &[Arc<StrategyView>], vitals: &VitalsView) -> [Table; 3] {
    let plugins = || strategies.iter().filter(|view| !view.manual);
    let states = STRATEGY_STATES.map(|state| {
        let count = plugins().filter(|view| view.state == state).count();
        (state.name().to_owned(), count)
    });
    let broken = plugins().take(MOST_STRATEGIES);
    let broken = broken.map(|view| (view.name.clone(), view.state == StrategyState::Error));
    [
        Table::gauge("argonaut_strategies", "Strategies, by state.").by("state", states),
        Table::gauge(
            "argonaut_strategy_broken",
            "Whether a strategy is in ERROR, by strategy.",
        )
        .by("strategy", broken),
        Table::counter(
            "argonaut_dead_letters_dropped",
            "Dead letters that made room for newer ones.",
        )
        .just(vitals.letters_dropped),
    ]
}

fn of_plugins<H: HostPort>(api: &Api<H>, strategies: &[Arc<StrategyView>]) -> [Table; 6] {
    let plugins = || strategies.iter().filter(|view| view.plugin.is_some());
    let told = plugins().take(MOST_STRATEGIES).filter_map(|view| {
        let cost = api.host.cost(&view.name).ok()?;
        Some((view.name.clone(), cost))
    });
    let costs: Vec<(String, CostView)> = told.collect();
    let untold = plugins().count().saturating_sub(MOST_STRATEGIES);
    let mut seconds = Table::gauge(
        "argonaut_plugin_call_seconds",
        "What events cost the version of a strategy that runs, since it was loaded: the share `quantile` of \
         them took no longer. `GET strategies/{name}/cost` says how many are measured.",
    );
    let mut fuel = Table::gauge(
        "argonaut_plugin_call_fuel",
        "The same in fuel, where it is counted.",
    );
    for (name, cost) in &costs {
        for (quantile, time_ns) in cost.costs.time_ns.iter().flat_map(quantiles) {
            seconds = seconds.with(labels(name, quantile), Duration::from_nanos(time_ns));
        }
        for (quantile, spent) in cost.costs.fuel.iter().flat_map(quantiles) {
            fuel = fuel.with(labels(name, quantile), spent);
        }
    }
    let seconds_of = |(name, nanos): (String, u64)| (name, Duration::from_nanos(nanos));
    [
        seconds,
        fuel,
        Table::gauge(
            "argonaut_plugin_calls_measured",
            "Events of the version that runs whose cost was measured.",
        )
        .by("strategy", of_each(&costs, |cost| Some(cost.costs.measured))),
        Table::gauge(
            "argonaut_plugin_budget_seconds",
            "What 99 % of its events may take, where the configuration says so.",
        )
        .by("strategy", of_each(&costs, |cost| Some(cost.budget?.time?.nanos())).map(seconds_of)),
        Table::gauge("argonaut_plugin_budget_fuel", "The same in fuel.")
            .by("strategy", of_each(&costs, |cost| cost.budget?.fuel)),
        Table::gauge(
            "argonaut_plugins_untold",
            "Strategies with plugins that have no samples of their own, because there are too many.",
        )
        .just(untold),
    ]
}

/// What is known of the costs of each strategy.
fn of_each(
    costs: &[(String, CostView)],
    what: fn(&CostView) -> Option<u64>,
) -> impl Iterator<Item = (String, u64)> {
    let known = costs.iter();
    known.filter_map(move |(name, cost)| Some((name.clone(), what(cost)?)))
}

fn quantiles(spread: &Spread) -> [(&'static str, u64); 3] {
    [("0.5", spread.p50), ("0.99", spread.p99), ("1", spread.max)]
}

fn labels(strategy: &str, quantile: &str) -> Vec<(&'static str, String)> {
    vec![
        ("strategy", strategy.to_owned()),
        ("quantile", quantile.to_owned()),
    ]
}

fn of_journal(health: &HealthView, written: Option<&Written>) -> [Table; 5] {
    [
        Table::gauge(
            "argonaut_journal_writable",
            "Whether the journal can be written; orders are denied while it cannot be.",
        )
        .just(health.journal_writable),
        Table::counter(
            "argonaut_journal_written_bytes",
            "Bytes that were written since the process began.",
        )
        .maybe(written.map(|written| written.bytes)),
        Table::gauge(
            "argonaut_journal_waiting_bytes",
            "Bytes that wait in memory because the disk takes nothing.",
        )
        .maybe(written.map(|written| written.waiting_bytes)),
        Table::counter(
            "argonaut_journal_failures",
            "How often the disk did not take what it was given.",
        )
        .maybe(written.map(|written| written.failures)),
        Table::histogram(
            "argonaut_journal_fsync_seconds",
            "How long it took to force the journal onto the disk.",
        )
        .maybe(written.map(syncs)),
    ]
}

fn syncs(written: &Written) -> Times {
    let bounds = SYNC_BOUNDS_US.iter();
    let bounds = bounds.map(|bound| Duration::from_micros(*bound).as_secs_f64());
    Times {
        sum: written.sync_time.as_secs_f64(),
        count: written.syncs,
        buckets: bounds.zip(written.syncs_by_length).collect(),
    }
}

fn first_kept(retention: Option<&RetentionMonitor>) -> Table {
    Table::gauge(
        "argonaut_journal_first_sequence",
        "The first input of the journal that is still there, where not all of it is kept.",
    )
    .maybe(retention.map(|monitor| monitor.view().first))
}

fn of_store(store: Option<&StoreView>, sequence: u64) -> [Table; 6] {
    let states = STORE_STATES.map(StoreState::name);
    let state = Table::gauge(
        "argonaut_store_state",
        "1 for how the store stands, where there is one.",
    );
    [
        match store {
            Some(store) => state.one_of("state", &states, store.state.name()),
            None => state,
        },
        Table::gauge(
            "argonaut_store_sequence",
            "The last input whose rows are in the store.",
        )
        .maybe(store.map(|store| store.sequence)),
        Table::gauge(
            "argonaut_store_lag_inputs",
            "How many inputs the store is behind the engine.",
        )
        .maybe(store.map(|store| sequence.saturating_sub(store.sequence))),
        Table::gauge(
            "argonaut_store_waiting",
            "Reckonings, alerts, records of the audit log, jobs and backtests that wait to be written, \
             which no journal has.",
        )
        .maybe(store.map(|store| store.kept.waiting)),
        Table::counter(
            "argonaut_store_lost",
            "Reckonings, alerts, jobs and backtests that were left out because too many waited.",
        )
        .maybe(store.map(|store| store.kept.lost)),
        Table::counter(
            "argonaut_store_missed_updates",
            "Updates that the store's keeper did not hear; reckonings among them are missing.",
        )
        .maybe(store.map(|store| store.kept.missed)),
    ]
}

pub(super) fn of_bus(bus: Option<&BusView>) -> [Table; 2] {
    let state = Table::gauge(
        "argonaut_bus_state",
        "1 for how the connection to the bus stands, where there is one.",
    );
    [
        match bus {
            Some(bus) => state.one_of("state", &BUS_STATES, bus.state),
            None => state,
        },
        Table::counter(
            "argonaut_bus_published",
            "Entries that were published since the process began.",
        )
        .maybe(bus.map(|bus| bus.published)),
    ]
}

fn of_venues(venues: &[Arc<VenueView>]) -> [Table; 2] {
    let outside = || {
        let views = venues.iter();
        views.filter_map(|view| Some((view.config.name.clone(), view.outside.as_ref()?)))
    };
    [
        Table::gauge(
            "argonaut_venue_connected",
            "Whether a venue outside is there, by venue.",
        )
        .by(
            "venue",
            outside().map(|(venue, view)| (venue, view.connected)),
        ),
        Table::gauge(
            "argonaut_venue_orders_in_doubt",
            "Orders whose state is not known and that the venue is asked about, by venue.",
        )
        .by(
            "venue",
            outside().map(|(venue, view)| (venue, view.in_doubt.len())),
        ),
    ]
}

fn of_api<H: HostPort>(api: &Api<H>, vitals: &VitalsView) -> [Table; 4] {
    let most = usize::try_from(api.settings.stream.max_connections).unwrap_or(usize::MAX);
    let open = most.saturating_sub(api.connections.available_permits());
    let takes = api.guarded.as_ref().map(|guarded| guarded.audit.takes());
    [
        Table::gauge(
            "argonaut_websocket_connections",
            "WebSocket connections that are open.",
        )
        .just(open),
        Table::gauge(
            "argonaut_websocket_connections_bound",
            "Most WebSocket connections that may be open.",
        )
        .just(most),
        Table::counter("argonaut_updates", "Changes that readers were told.").just(vitals.updates),
        Table::gauge(
            "argonaut_audit_writable",
            "Whether the audit log takes records, where identity is on; nothing but stops is taken while it does not.",
        )
        .maybe(takes),
    ]
}
