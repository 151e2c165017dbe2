//! All routes in one place.

use crate::conditional::{Conditions, Thing, conditional, tag};
use crate::gate::{About, Gate, before, gate, state_of, touched};
use crate::guard::guard;
use crate::idempotency::{Keeping, idempotent};
use crate::instrument_paths::own_methods;
use crate::jobs::{Background, gather, in_background};
use crate::network::{Entrance, enter};
use crate::observe::{Watching, observe};
use crate::operations::{Lookup, Operation, Operations};
use crate::port::HostPort;
use crate::problem::Problem;
use crate::state::Api;
use crate::{page, routes, stream};
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::{Method, StatusCode, Uri};
use axum::middleware::{from_fn, from_fn_with_state};
use std::sync::Arc;

/// Largest body of a route that takes no plugin, in bytes.
pub(crate) const BODY_LIMIT_BYTES: usize = 64 << 10;
/// Largest body of a webhook, in bytes.
const HOOK_LIMIT_BYTES: usize = 16 << 10;
/// Largest plugin that can be sent, in bytes.
const PLUGIN_LIMIT_BYTES: usize = 32 << 20;

/// The routes over a host, ready to be served or called.
pub fn router<H: HostPort>(api: Api<H>) -> Router {
    let settings = api.settings.clone();
    let (routes, operations) = all::<H>().into_parts();
    let lookup = Arc::new(Lookup::new(operations));
    let (host, of_before, of_touched) = (api.host.clone(), api.clone(), api.clone());
    let at_the_gate = Gate {
        guarded: api.guarded.clone(),
        lookup: lookup.clone(),
        rates: api.rates.clone(),
        state_of: Arc::new(move |scope: &str| state_of(&host, scope)),
        before_of: Arc::new(move |about: About<'_>| before(&of_before, about)),
        touched_of: Arc::new(move |about: About<'_>| touched(&of_touched, about)),
    };
    let entrance = Entrance {
        settings: settings.clone(),
        lookup: lookup.clone(),
        rates: api.rates.clone(),
        has_identity: api.guarded.is_some(),
    };
    let tagged = api.clone();
    let tag_of = Arc::new(move |thing: Thing, name: &str| tag(&tagged, thing, name));
    let conditions = Conditions::new(lookup.clone(), tag_of, api.guarded.clone());
    gather(&api.jobs, api.pipelines.as_ref(), api.backtests.as_ref());
    let background = Background::new(api.jobs.clone(), lookup.clone(), api.guarded.clone());
    let keeping = Keeping {
        keys: api.keys.clone(),
        lookup: lookup.clone(),
    };
    let watching = Watching {
        counted: api.counted.clone(),
        lookup,
        settings: settings.clone(),
    };
    routes
        .fallback(no_route)
        .method_not_allowed_fallback(no_method)
        .layer(from_fn_with_state(conditions, conditional))
        .layer(from_fn_with_state(background, in_background))
        .layer(from_fn_with_state(keeping, idempotent))
        .layer(from_fn_with_state(at_the_gate, gate))
        .layer(from_fn(own_methods))
        .layer(DefaultBodyLimit::max(BODY_LIMIT_BYTES))
        .layer(from_fn_with_state(entrance, enter))
        .layer(from_fn_with_state(settings, guard))
        .layer(from_fn_with_state(watching, observe))
        .with_state(api)
}

/// Every route and what it does.
#[must_use]
pub fn operations<H: HostPort>() -> Vec<Operation> {
    all::<H>().into_parts().1
}

fn all<H: HostPort>() -> Operations<H> {
    let resources = trading::<H>()
        .merge(holdings())
        .merge(strategies())
        .merge(plugins())
        .merge(pipelines())
        .merge(backtests())
        .merge(jobs())
        .merge(risk())
        .merge(metrics())
        .merge(notifications())
        .merge(identity());
    Operations::new()
        .get("page.show", "/", page::show)
        .get("stream.connect", "/ws", stream::connect::<H>)
        .get("livez.show", "/livez", routes::watching::livez::<H>)
        .get("readyz.show", "/readyz", routes::watching::readyz::<H>)
        .get("metrics.show", "/metrics", routes::watching::metrics::<H>)
        .get("docs.show", "/docs", routes::docs::show)
        .get("docs.file", "/docs/{file}", routes::docs::file)
        .merge(hooks())
        .nest("/api/v1", resources, no_route)
}

/// Webhooks that we take; 404 whatever the name where there is none.
fn hooks<H: HostPort>() -> Operations<H> {
    Operations::new()
        .post("hooks.take", "/hooks/{name}", routes::hooks::take::<H>)
        .with_bodies(HOOK_LIMIT_BYTES)
}

fn trading<H: HostPort>() -> Operations<H> {
    use routes::venues;
    use routes::{asyncapi, custom, docs, engine, instruments, lifecycle, orders, sources, system};
    Operations::new()
        .get("asyncapi.show", "/asyncapi.json", asyncapi::show)
        .get("health.show", "/health", engine::health::<H>)
        .get("openapi.show", "/openapi.json", docs::document)
        .get("engine.show", "/engine", engine::show::<H>)
        .post(
            "engine.trading_state.set",
            "/engine/trading-state",
            engine::set_trading_state::<H>,
        )
        .post("engine.kill", "/engine/kill", engine::kill::<H>)
        .get("sources.list", "/sources", sources::list::<H>)
        .get("system.show", "/system", system::show::<H>)
        .get("venues.list", "/venues", venues::list::<H>)
        .get("instruments.list", "/instruments", instruments::list::<H>)
        .get(
            "instruments.show",
            "/instruments/{*symbol}",
            instruments::show::<H>,
        )
        .post(
            "instruments.happen",
            "/instruments/{*symbol}",
            lifecycle::happen::<H>,
        )
        .put(
            "instruments.status.set",
            "/instruments/{*symbol}",
            lifecycle::set_status::<H>,
        )
        .patch(
            "instruments.prices.set",
            "/instruments/{*symbol}",
            lifecycle::set_prices::<H>,
        )
        .get("orders.list", "/orders", orders::list::<H>)
        .post("orders.place", "/orders", orders::place::<H>)
        .post(
            "orders.place_list",
            "/orders/lists",
            orders::place_list::<H>,
        )
        .get("orders.show", "/orders/{id}", orders::show::<H>)
        .patch("orders.modify", "/orders/{id}", orders::modify::<H>)
        .delete("orders.cancel", "/orders/{id}", orders::cancel::<H>)
        .get("algorithms.list", "/algorithms", custom::algorithms::<H>)
}

/// What is held and what happened, and what that came to.
fn holdings<H: HostPort>() -> Operations<H> {
    use routes::{accounts, catalog, fills, happened, history, lifecycle, market_data};
    use routes::{performance, portfolio, positions};
    Operations::new()
        .get("fills.list", "/fills", fills::list::<H>)
        .get("cash_flows.list", "/cash-flows", happened::cash_flows::<H>)
        .get(
            "life_events.list",
            "/life-events",
            happened::life_events::<H>,
        )
        .get("history.page", "/history/{table}", history::page::<H>)
        .get("data_catalog.list", "/data-catalog", catalog::list::<H>)
        .get(
            "market_data.show",
            "/market-data/{*series}",
            market_data::show::<H>,
        )
        .get("performance.list", "/performance", performance::list::<H>)
        .get(
            "performance.show",
            "/performance/{strategy}",
            performance::show::<H>,
        )
        .get("portfolio.show", "/portfolio", portfolio::show::<H>)
        .get("positions.list", "/positions", positions::list::<H>)
        .get("accounts.list", "/accounts", accounts::list::<H>)
        .post(
            "accounts.convert",
            "/accounts/{name}/conversions",
            lifecycle::convert::<H>,
        )
        .get("account.show", "/account", accounts::only::<H>)
}

fn strategies<H: HostPort>() -> Operations<H> {
    use routes::{faults, loading, signals, strategies as one};
    let plugins = Operations::new()
        .get("strategies.list", "/strategies", one::list::<H>)
        .post("strategies.load", "/strategies", loading::load::<H>)
        .with_bodies(PLUGIN_LIMIT_BYTES);
    Operations::new()
        .get("strategies.show", "/strategies/{name}", one::show::<H>)
        .get(
            "strategies.faults",
            "/strategies/{name}/faults",
            one::faults::<H>,
        )
        .get(
            "strategies.cost",
            "/strategies/{name}/cost",
            faults::cost::<H>,
        )
        .get(
            "strategies.dead_letters.list",
            "/strategies/{name}/dead-letters",
            faults::dead_letters::<H>,
        )
        .get(
            "strategies.dead_letters.show",
            "/strategies/{name}/dead-letters/{letter}",
            faults::dead_letter::<H>,
        )
        .get("strategies.log", "/strategies/{name}/log", one::log::<H>)
        .post(
            "strategies.start",
            "/strategies/{name}/start",
            one::start::<H>,
        )
        .post(
            "strategies.pause",
            "/strategies/{name}/pause",
            one::pause::<H>,
        )
        .post(
            "strategies.resume",
            "/strategies/{name}/resume",
            one::resume::<H>,
        )
        .post("strategies.stop", "/strategies/{name}/stop", one::stop::<H>)
        .post(
            "strategies.signal",
            "/strategies/{name}/signals",
            signals::send::<H>,
        )
        .put(
            "strategies.parameters.set",
            "/strategies/{name}/parameters",
            loading::set_parameters::<H>,
        )
        .merge(plugins)
        .merge(versions())
}

/// Versions that take over, try themselves, or share a strategy.
fn versions<H: HostPort>() -> Operations<H> {
    use routes::{canaries, loading, shadows};
    const SHADOW: &str = "/strategies/{name}/shadow";
    const CANARY: &str = "/strategies/{name}/canary";
    let plugins = Operations::new()
        .post(
            "strategies.swap",
            "/strategies/{name}/swap",
            loading::swap::<H>,
        )
        .get("shadows.show", SHADOW, shadows::show::<H>)
        .post("shadows.begin", SHADOW, shadows::begin::<H>)
        .delete("shadows.end", SHADOW, shadows::end::<H>)
        .post("canaries.begin", CANARY, canaries::begin::<H>)
        .delete("canaries.end", CANARY, canaries::end::<H>)
        .with_bodies(PLUGIN_LIMIT_BYTES);
    Operations::new()
        .post(
            "shadows.promote",
            "/strategies/{name}/shadow/promote",
            shadows::promote::<H>,
        )
        .post(
            "canaries.promote",
            "/strategies/{name}/canary/promote",
            canaries::promote::<H>,
        )
        .post(
            "strategies.flip",
            "/strategies/{name}/flip",
            canaries::flip::<H>,
        )
        .post(
            "strategies.roll_back",
            "/strategies/{name}/rollback",
            shadows::roll_back::<H>,
        )
        .delete(
            "strategies.probation.end",
            "/strategies/{name}/probation",
            shadows::keep::<H>,
        )
        .merge(plugins)
}

fn plugins<H: HostPort>() -> Operations<H> {
    use routes::{faults, plugins};
    let uploads = Operations::new()
        .get("plugins.list", "/plugins", plugins::list::<H>)
        .post("plugins.upload", "/plugins", plugins::upload::<H>)
        .with_bodies(PLUGIN_LIMIT_BYTES);
    Operations::new()
        .get("plugins.show", "/plugins/{plugin}", plugins::show::<H>)
        .delete("plugins.delete", "/plugins/{plugin}", plugins::delete::<H>)
        .post(
            "plugins.approve",
            "/plugins/{plugin}/approve",
            plugins::approve::<H>,
        )
        .post(
            "plugins.revoke",
            "/plugins/{plugin}/revoke",
            plugins::revoke::<H>,
        )
        .get(
            "plugins.quarantine.list",
            "/plugins/quarantine",
            faults::quarantined::<H>,
        )
        .post(
            "plugins.release",
            "/plugins/{plugin}/release",
            faults::release::<H>,
        )
        .get(
            "plugins.history",
            "/plugins/{plugin}/history",
            plugins::history::<H>,
        )
        .get(
            "plugins.compare",
            "/plugins/{before}/diff/{after}",
            plugins::compare::<H>,
        )
        .merge(uploads)
}

fn pipelines<H: HostPort>() -> Operations<H> {
    use routes::pipelines;
    const RUNS: &str = "/pipelines/{strategy}/runs";
    Operations::new()
        .get("pipelines.list", "/pipelines", pipelines::list::<H>)
        .get(
            "pipelines.show",
            "/pipelines/{strategy}",
            pipelines::show::<H>,
        )
        .get("pipelines.runs.list", RUNS, pipelines::runs::<H>)
        .post("pipelines.runs.begin", RUNS, pipelines::begin::<H>)
        .get(
            "pipelines.runs.show",
            "/pipelines/{strategy}/runs/{id}",
            pipelines::show_run::<H>,
        )
        .post(
            "pipelines.runs.approve",
            "/pipelines/{strategy}/runs/{id}/approve",
            pipelines::approve::<H>,
        )
        .post(
            "pipelines.runs.cancel",
            "/pipelines/{strategy}/runs/{id}/cancel",
            pipelines::cancel::<H>,
        )
        .post(
            "pipelines.runs.resume",
            "/pipelines/{strategy}/runs/{id}/resume",
            pipelines::resume::<H>,
        )
}

/// Backtests by themselves; 404 where the host runs none.
fn backtests<H: HostPort>() -> Operations<H> {
    use routes::backtests;
    const BACKTEST: &str = "/backtests/{id}";
    Operations::new()
        .get("backtests.list", "/backtests", backtests::list::<H>)
        .post("backtests.run", "/backtests", backtests::run::<H>)
        .get("backtests.show", BACKTEST, backtests::show::<H>)
        .delete("backtests.remove", BACKTEST, backtests::remove::<H>)
        .get(
            "backtests.report",
            "/backtests/{id}/report",
            backtests::report::<H>,
        )
        .post(
            "backtests.cancel",
            "/backtests/{id}/cancel",
            backtests::cancel::<H>,
        )
}

/// Work that goes on after its answer.
fn jobs<H: HostPort>() -> Operations<H> {
    use routes::jobs;
    const JOB: &str = "/jobs/{id}";
    Operations::new()
        .get("jobs.list", "/jobs", jobs::list::<H>)
        .get("jobs.show", JOB, jobs::show::<H>)
        .delete("jobs.cancel", JOB, jobs::cancel::<H>)
        .post("jobs.resume", "/jobs/{id}/resume", jobs::resume::<H>)
}

fn risk<H: HostPort>() -> Operations<H> {
    use routes::{custom, locates, risk};
    const LIMITS: &str = "/risk/limits/{*scope}";
    const LOCATES: &str = "/risk/locates";
    const RULE: &str = "/risk/rules/{name}";
    const STATE: &str = "/risk/states/{*scope}";
    Operations::new()
        .get("risk.controls.list", "/risk/controls", risk::controls::<H>)
        .get("risk.limits.show", LIMITS, risk::show_limits::<H>)
        .put("risk.limits.set", LIMITS, risk::set_limits::<H>)
        .get("risk.locates.list", LOCATES, locates::list::<H>)
        .put("risk.locates.set", LOCATES, locates::set::<H>)
        .get("risk.rules.list", "/risk/rules", custom::rules::<H>)
        .get("risk.rules.show", RULE, custom::rule::<H>)
        .put("risk.rules.set", RULE, custom::set_rule::<H>)
        .delete("risk.rules.remove", RULE, custom::remove_rule::<H>)
        .put(
            "risk.factors.set",
            "/risk/factors/{*scope}",
            risk::scale::<H>,
        )
        .get("risk.states.list", "/risk/states", risk::states::<H>)
        .get("risk.states.show", STATE, risk::show_state::<H>)
        .put("risk.states.set", STATE, risk::set_state::<H>)
        .post("risk.kill.set", "/risk/kill", risk::kill::<H>)
        .delete("risk.kill.clear", "/risk/kill/{*scope}", risk::clear::<H>)
        .delete(
            "risk.repeats.clear",
            "/risk/repeats/{strategy}",
            risk::clear_repeats::<H>,
        )
}

fn metrics<H: HostPort>() -> Operations<H> {
    use routes::{alerts, metrics, scenarios};
    const SCENARIO: &str = "/risk/scenarios/{name}";
    Operations::new()
        .get("risk.metrics.show", "/risk/metrics", metrics::show::<H>)
        .post("risk.metrics.reckon", "/risk/metrics", metrics::reckon::<H>)
        .get(
            "risk.correlation.show",
            "/risk/correlation",
            metrics::correlation::<H>,
        )
        .get("risk.regimes.list", "/risk/regime", metrics::regimes::<H>)
        .put("risk.regimes.set", "/risk/regime", metrics::set_regime::<H>)
        .get(
            "risk.scenarios.list",
            "/risk/scenarios",
            scenarios::list::<H>,
        )
        .get("risk.scenarios.show", SCENARIO, scenarios::show::<H>)
        .put("risk.scenarios.set", SCENARIO, scenarios::set::<H>)
        .delete("risk.scenarios.remove", SCENARIO, scenarios::remove::<H>)
        .post(
            "risk.scenarios.run",
            "/risk/scenarios/{name}/run",
            scenarios::run::<H>,
        )
        .get("risk.alerts.list", "/risk/alerts", alerts::list::<H>)
        .post(
            "risk.alerts.acknowledge",
            "/risk/alerts/{id}/acknowledge",
            alerts::acknowledge::<H>,
        )
}

/// Whom the host tells what; an empty list where it tells nobody.
fn notifications<H: HostPort>() -> Operations<H> {
    use routes::notifications;
    Operations::new()
        .get(
            "notifications.list",
            "/notifications",
            notifications::list::<H>,
        )
        .post(
            "notifications.test",
            "/notifications/{route}/test",
            notifications::test::<H>,
        )
}

/// People, sessions, keys, approvals and the log; 404 where identity is off.
fn identity<H: HostPort>() -> Operations<H> {
    use routes::{approvals, audit, auth, keys, sessions, users};
    Operations::new()
        .post("auth.login", "/auth/login", auth::login::<H>)
        .post("auth.refresh", "/auth/refresh", auth::refresh::<H>)
        .post("auth.claim", "/auth/claim", auth::claim::<H>)
        .post("auth.logout", "/auth/logout", auth::logout::<H>)
        .post("auth.password", "/auth/password", auth::set_password::<H>)
        .post("auth.ticket", "/auth/ticket", auth::ticket::<H>)
        .get("auth.me", "/auth/me", auth::me::<H>)
        .get("users.list", "/users", users::list::<H>)
        .post("users.add", "/users", users::add::<H>)
        .get("users.show", "/users/{name}", users::show::<H>)
        .patch("users.change", "/users/{name}", users::change::<H>)
        .delete("users.remove", "/users/{name}", users::remove::<H>)
        .post(
            "users.invite",
            "/users/{name}/invitation",
            users::invite::<H>,
        )
        .get("keys.list", "/keys", keys::list::<H>)
        .post("keys.add", "/keys", keys::add::<H>)
        .delete("keys.revoke", "/keys/{id}", keys::revoke::<H>)
        .get("sessions.list", "/sessions", sessions::list::<H>)
        .delete("sessions.end", "/sessions/{id}", sessions::end::<H>)
        .get("approvals.list", "/approvals", approvals::list::<H>)
        .post(
            "approvals.confirm",
            "/approvals/{id}/confirm",
            approvals::confirm::<H>,
        )
        .post(
            "approvals.refuse",
            "/approvals/{id}/refuse",
            approvals::refuse::<H>,
        )
        .get("audit.list", "/audit", audit::list::<H>)
}

async fn no_route(uri: Uri) -> Problem {
    Problem::not_found("route", uri.path())
}

async fn no_method(method: Method, uri: Uri) -> Problem {
    let detail = format!("{} does not take {method}", uri.path());
    Problem::new(StatusCode::METHOD_NOT_ALLOWED, "METHOD_NOT_ALLOWED", detail)
}
