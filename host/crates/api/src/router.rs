//! All routes in one place.

use crate::guard::guard;
use crate::port::HostPort;
use crate::problem::Problem;
use crate::state::Api;
use crate::{page, routes, stream};
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::{Method, StatusCode, Uri};
use axum::middleware::from_fn_with_state;
use axum::routing::{delete, get, post, put};

/// Largest body of a route that takes no plugin, in bytes.
pub(crate) const BODY_LIMIT_BYTES: usize = 64 << 10;
/// Largest plugin that can be sent, in bytes.
const PLUGIN_LIMIT_BYTES: usize = 32 << 20;

/// The routes over a host, ready to be served or called.
pub fn router<H: HostPort>(api: Api<H>) -> Router {
    let settings = api.settings.clone();
    Router::new()
        .route("/", get(page::show))
        .route("/ws", get(stream::connect::<H>))
        .nest("/api/v1", resources())
        .fallback(no_route)
        .method_not_allowed_fallback(no_method)
        .layer(DefaultBodyLimit::max(BODY_LIMIT_BYTES))
        .layer(from_fn_with_state(settings, guard))
        .with_state(api)
}

fn resources<H: HostPort>() -> Router<Api<H>> {
    Router::new()
        .route("/health", get(routes::engine::health::<H>))
        .route("/engine", get(routes::engine::show::<H>))
        .route(
            "/engine/trading-state",
            post(routes::engine::set_trading_state::<H>),
        )
        .route("/engine/kill", post(routes::engine::kill::<H>))
        .route("/venues", get(routes::venues::list::<H>))
        .route("/instruments", get(routes::instruments::list::<H>))
        .route(
            "/instruments/{*symbol}",
            get(routes::instruments::show::<H>).post(routes::lifecycle::happen::<H>),
        )
        .route(
            "/orders",
            get(routes::orders::list::<H>).post(routes::orders::place::<H>),
        )
        .route("/orders/lists", post(routes::orders::place_list::<H>))
        .route(
            "/orders/{id}",
            get(routes::orders::show::<H>)
                .patch(routes::orders::modify::<H>)
                .delete(routes::orders::cancel::<H>),
        )
        .route("/fills", get(routes::fills::list::<H>))
        .route("/cash-flows", get(routes::happened::cash_flows::<H>))
        .route("/life-events", get(routes::happened::life_events::<H>))
        .route("/history/{table}", get(routes::history::page::<H>))
        .route("/positions", get(routes::positions::list::<H>))
        .route("/accounts", get(routes::accounts::list::<H>))
        .route(
            "/accounts/{name}/conversions",
            post(routes::lifecycle::convert::<H>),
        )
        .route("/account", get(routes::accounts::only::<H>))
        .route("/algorithms", get(routes::custom::algorithms::<H>))
        .merge(strategies())
        .merge(plugins())
        .merge(pipelines())
        .merge(risk())
        .fallback(no_route)
}

fn strategies<H: HostPort>() -> Router<Api<H>> {
    let plugins = Router::new()
        .route(
            "/strategies",
            get(routes::strategies::list::<H>).post(routes::loading::load::<H>),
        )
        .route("/strategies/{name}/swap", post(routes::loading::swap::<H>))
        .route(
            "/strategies/{name}/shadow",
            get(routes::shadows::show::<H>)
                .post(routes::shadows::begin::<H>)
                .delete(routes::shadows::end::<H>),
        )
        .route(
            "/strategies/{name}/canary",
            post(routes::canaries::begin::<H>).delete(routes::canaries::end::<H>),
        )
        .layer(DefaultBodyLimit::max(PLUGIN_LIMIT_BYTES));
    Router::new()
        .route("/strategies/{name}", get(routes::strategies::show::<H>))
        .route(
            "/strategies/{name}/faults",
            get(routes::strategies::faults::<H>),
        )
        .route("/strategies/{name}/cost", get(routes::faults::cost::<H>))
        .route(
            "/strategies/{name}/dead-letters",
            get(routes::faults::dead_letters::<H>),
        )
        .route(
            "/strategies/{name}/dead-letters/{letter}",
            get(routes::faults::dead_letter::<H>),
        )
        .route("/strategies/{name}/log", get(routes::strategies::log::<H>))
        .route(
            "/strategies/{name}/start",
            post(routes::strategies::start::<H>),
        )
        .route(
            "/strategies/{name}/pause",
            post(routes::strategies::pause::<H>),
        )
        .route(
            "/strategies/{name}/resume",
            post(routes::strategies::resume::<H>),
        )
        .route(
            "/strategies/{name}/stop",
            post(routes::strategies::stop::<H>),
        )
        .route(
            "/strategies/{name}/shadow/promote",
            post(routes::shadows::promote::<H>),
        )
        .route(
            "/strategies/{name}/canary/promote",
            post(routes::canaries::promote::<H>),
        )
        .route("/strategies/{name}/flip", post(routes::canaries::flip::<H>))
        .route(
            "/strategies/{name}/rollback",
            post(routes::shadows::roll_back::<H>),
        )
        .route(
            "/strategies/{name}/probation",
            delete(routes::shadows::keep::<H>),
        )
        .route(
            "/strategies/{name}/parameters",
            put(routes::loading::set_parameters::<H>),
        )
        .merge(plugins)
}

fn plugins<H: HostPort>() -> Router<Api<H>> {
    let uploads = Router::new()
        .route(
            "/plugins",
            get(routes::plugins::list::<H>).post(routes::plugins::upload::<H>),
        )
        .layer(DefaultBodyLimit::max(PLUGIN_LIMIT_BYTES));
    Router::new()
        .route(
            "/plugins/{plugin}",
            get(routes::plugins::show::<H>).delete(routes::plugins::delete::<H>),
        )
        .route(
            "/plugins/{plugin}/approve",
            post(routes::plugins::approve::<H>),
        )
        .route(
            "/plugins/{plugin}/revoke",
            post(routes::plugins::revoke::<H>),
        )
        .route("/plugins/quarantine", get(routes::faults::quarantined::<H>))
        .route(
            "/plugins/{plugin}/release",
            post(routes::faults::release::<H>),
        )
        .route(
            "/plugins/{plugin}/history",
            get(routes::plugins::history::<H>),
        )
        .route(
            "/plugins/{before}/diff/{after}",
            get(routes::plugins::compare::<H>),
        )
        .merge(uploads)
}

fn pipelines<H: HostPort>() -> Router<Api<H>> {
    Router::new()
        .route("/pipelines", get(routes::pipelines::list::<H>))
        .route("/pipelines/{strategy}", get(routes::pipelines::show::<H>))
        .route(
            "/pipelines/{strategy}/runs",
            get(routes::pipelines::runs::<H>).post(routes::pipelines::begin::<H>),
        )
        .route(
            "/pipelines/{strategy}/runs/{id}",
            get(routes::pipelines::show_run::<H>),
        )
        .route(
            "/pipelines/{strategy}/runs/{id}/approve",
            post(routes::pipelines::approve::<H>),
        )
        .route(
            "/pipelines/{strategy}/runs/{id}/cancel",
            post(routes::pipelines::cancel::<H>),
        )
        .route(
            "/pipelines/{strategy}/runs/{id}/resume",
            post(routes::pipelines::resume::<H>),
        )
}

fn risk<H: HostPort>() -> Router<Api<H>> {
    Router::new()
        .route("/risk/controls", get(routes::risk::controls::<H>))
        .route(
            "/risk/limits/{*scope}",
            get(routes::risk::show_limits::<H>).put(routes::risk::set_limits::<H>),
        )
        .route("/risk/rules", get(routes::custom::rules::<H>))
        .route(
            "/risk/rules/{name}",
            put(routes::custom::set_rule::<H>).delete(routes::custom::remove_rule::<H>),
        )
        .route("/risk/factors/{*scope}", put(routes::risk::scale::<H>))
        .route("/risk/states", get(routes::risk::states::<H>))
        .route("/risk/states/{*scope}", put(routes::risk::set_state::<H>))
        .route("/risk/kill", post(routes::risk::kill::<H>))
        .route("/risk/kill/{*scope}", delete(routes::risk::clear::<H>))
        .route(
            "/risk/repeats/{strategy}",
            delete(routes::risk::clear_repeats::<H>),
        )
        .merge(metrics())
}

fn metrics<H: HostPort>() -> Router<Api<H>> {
    Router::new()
        .route(
            "/risk/metrics",
            get(routes::metrics::show::<H>).post(routes::metrics::reckon::<H>),
        )
        .route("/risk/correlation", get(routes::metrics::correlation::<H>))
        .route(
            "/risk/regime",
            get(routes::metrics::regimes::<H>).put(routes::metrics::set_regime::<H>),
        )
        .route("/risk/scenarios", get(routes::scenarios::list::<H>))
        .route(
            "/risk/scenarios/{name}",
            get(routes::scenarios::show::<H>)
                .put(routes::scenarios::set::<H>)
                .delete(routes::scenarios::remove::<H>),
        )
        .route(
            "/risk/scenarios/{name}/run",
            post(routes::scenarios::run::<H>),
        )
        .route("/risk/alerts", get(routes::alerts::list::<H>))
        .route(
            "/risk/alerts/{id}/acknowledge",
            post(routes::alerts::acknowledge::<H>),
        )
}

async fn no_route(uri: Uri) -> Problem {
    Problem::not_found("route", uri.path())
}

async fn no_method(method: Method, uri: Uri) -> Problem {
    let detail = format!("{} does not take {method}", uri.path());
    Problem::new(StatusCode::METHOD_NOT_ALLOWED, "METHOD_NOT_ALLOWED", detail)
}
