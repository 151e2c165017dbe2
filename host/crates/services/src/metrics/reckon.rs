//! From a snapshot to metrics: pure arithmetic, equal for equal snapshots.

use super::MetricSettings;
use super::snapshot::{Holding, Snapshot};
use super::view::{
    CorrelationView, DrawdownView, ExposureView, MetricsView, ScopeMetrics, TailView,
};
use engine::LimitScope;
use model::{CurrencyId, InstrumentId, Rate};
use quant::portfolio::simulation::{Simulation, draw};
use quant::portfolio::{Exposure, Matrix, composition, covariance, losses};
use quant::{Figure, Unavailable, convert};
use std::collections::BTreeMap;

/// What cannot be told of nothing.
const NOTHING_HELD: Unavailable = Unavailable::Missing("nothing is held");
/// Holdings whose share is told together.
const LARGEST: usize = 5;

/// The firm, all accounts, and the strategies that ever had a position.
pub(crate) fn scopes(snapshot: &Snapshot) -> Vec<LimitScope> {
    let accounts = snapshot.accounts.iter();
    let accounts = accounts.map(|purse| LimitScope::Account(purse.id));
    let strategies = snapshot.profits.keys().copied().map(LimitScope::Strategy);
    let firm = std::iter::once(LimitScope::Firm);
    firm.chain(accounts).chain(strategies).collect()
}

/// The metrics of these scopes; those that have no account are left out.
pub(crate) fn reckon(
    snapshot: &Snapshot,
    settings: &MetricSettings,
    scopes: &[LimitScope],
) -> MetricsView {
    let scopes = scopes.iter();
    MetricsView {
        time: snapshot.time,
        horizon: settings.horizon,
        sample_period: settings.sample_period,
        scopes: scopes
            .filter_map(|scope| scope_metrics(snapshot, settings, *scope))
            .collect(),
        skipped: snapshot.skipped,
    }
}

fn scope_metrics(
    snapshot: &Snapshot,
    settings: &MetricSettings,
    scope: LimitScope,
) -> Option<ScopeMetrics> {
    let currency = snapshot.currency(scope)?;
    let holdings: Vec<&Holding> = snapshot.under(scope).collect();
    let equity = snapshot.equity(scope);
    let exposure = exposure(snapshot, &holdings, currency);
    let sizes = exposure.as_ref().map_err(|why| *why).map(sizes);
    let book = Book::new(snapshot, &holdings, currency);
    let ground = book.as_ref().map_err(|why| *why);
    let spread = ground.and_then(|book| book.spread(settings));
    let beta_exposure = ground.and_then(|book| book.beta(snapshot));
    Some(ScopeMetrics {
        scope,
        currency,
        returns: ground.map_or(0, Book::length),
        tails: tails(ground, &spread, settings),
        drawdown: drawdown(snapshot, scope),
        leverage: exposure
            .as_ref()
            .map_err(|why| *why)
            .and_then(|exposure| exposure.total.leverage(equity?)),
        concentration: sizes
            .clone()
            .and_then(|sizes| composition::herfindahl(&sizes)),
        largest_share: sizes
            .clone()
            .and_then(|sizes| composition::largest_share(&sizes, 1)),
        five_largest_share: sizes.and_then(|sizes| composition::largest_share(&sizes, LARGEST)),
        beta: beta_exposure.and_then(|beta| share(beta, equity?)),
        beta_exposure,
        liquidity_days: liquidity(snapshot, &holdings, settings.participation),
        components: components(ground, &spread, settings),
        equity,
        exposure,
    })
}

fn share(amount: f64, equity: f64) -> Figure {
    if equity > 0.0 {
        Ok(amount / equity)
    } else {
        Err(Unavailable::Missing("equity is not above zero"))
    }
}

fn exposure(
    snapshot: &Snapshot,
    holdings: &[&Holding],
    currency: CurrencyId,
) -> Result<ExposureView, Unavailable> {
    let mut total = Exposure::default();
    let mut instruments = BTreeMap::<InstrumentId, Exposure>::new();
    let mut sectors = BTreeMap::<Option<String>, Exposure>::new();
    let mut currencies = BTreeMap::<CurrencyId, Exposure>::new();
    for holding in holdings {
        let part = &snapshot.parts[holding.part];
        let value = snapshot.value(holding, currency)?;
        total.add(value);
        instruments.entry(part.id).or_default().add(value);
        sectors.entry(part.sector.clone()).or_default().add(value);
        match part.delivered {
            Some(base) => {
                currencies.entry(base).or_default().add(value);
                currencies.entry(part.quote).or_default().add(-value);
            }
            None => currencies.entry(part.quote).or_default().add(value),
        }
    }
    Ok(ExposureView {
        total,
        instruments: instruments.into_iter().collect(),
        sectors: sectors.into_iter().collect(),
        currencies: currencies
            .into_iter()
            .map(|(id, exposure)| (snapshot.currency_name(id), exposure))
            .collect(),
    })
}

fn sizes(exposure: &ExposureView) -> Vec<f64> {
    let instruments = exposure.instruments.iter();
    instruments.map(|(_, exposure)| exposure.gross()).collect()
}

fn drawdown(snapshot: &Snapshot, scope: LimitScope) -> DrawdownView {
    let decline = snapshot.declines.get(&scope).copied().unwrap_or_default();
    let share = |figure: Figure| match scope {
        LimitScope::Strategy(_) => Err(Unavailable::Missing("a strategy has no equity of its own")),
        _ => figure,
    };
    DrawdownView {
        current: decline.current(),
        max: decline.max(),
        current_share: share(decline.current_share()),
        max_share: share(decline.max_share()),
    }
}

/// Days to liquidate the slowest instrument, longs and shorts of strategies not netted.
fn liquidity(snapshot: &Snapshot, holdings: &[&Holding], participation: Rate) -> Figure {
    let mut quantities = BTreeMap::<usize, f64>::new();
    for holding in holdings {
        *quantities.entry(holding.part).or_default() += holding.quantity.abs();
    }
    let share = convert::rate(participation);
    let mut slowest = 0.0_f64;
    for (part, quantity) in quantities {
        let volume = snapshot.parts[part].daily_volume;
        slowest = slowest.max(composition::days_to_liquidate(quantity, volume, share)?);
    }
    Ok(slowest)
}

/// Net values by instrument, and the returns that all of them have in common.
struct Book {
    parts: Vec<usize>,
    ids: Vec<InstrumentId>,
    values: Vec<f64>,
    returns: Vec<Vec<f64>>,
}

/// A covariance, and the deviation of profits over the horizon.
struct Spread {
    covariance: Matrix,
    deviation: f64,
}

impl Book {
    fn new(
        snapshot: &Snapshot,
        holdings: &[&Holding],
        currency: CurrencyId,
    ) -> Result<Self, Unavailable> {
        let mut net = BTreeMap::<usize, f64>::new();
        for holding in holdings {
            *net.entry(holding.part).or_default() += snapshot.value(holding, currency)?;
        }
        if net.is_empty() {
            return Err(NOTHING_HELD);
        }
        let parts: Vec<usize> = net.keys().copied().collect();
        let series = parts.iter().map(|part| &snapshot.parts[*part].returns);
        Ok(Self {
            ids: parts.iter().map(|part| snapshot.parts[*part].id).collect(),
            values: net.into_values().collect(),
            returns: common(series.collect()),
            parts,
        })
    }

    fn length(&self) -> usize {
        self.returns.first().map_or(0, Vec::len)
    }

    fn profits(&self) -> Result<Vec<f64>, Unavailable> {
        losses::profits(&self.values, &self.returns)
    }

    fn spread(&self, settings: &MetricSettings) -> Result<Spread, Unavailable> {
        let covariance = covariance::estimate(&self.returns, settings.estimator)?;
        let deviation = losses::deviation(&self.values, &covariance)?;
        Ok(Spread {
            covariance,
            deviation: deviation * settings.periods().sqrt(),
        })
    }

    fn beta(&self, snapshot: &Snapshot) -> Figure {
        let benchmark = snapshot.benchmark;
        let benchmark = benchmark.ok_or(Unavailable::Missing("no benchmark is chosen"))?;
        let profits = self.profits()?;
        let pair = common(vec![&profits, &snapshot.parts[benchmark].returns]);
        covariance::beta(&pair[0], &pair[1])
    }
}

/// The latest returns of each, as many as the shortest has.
pub(super) fn common(series: Vec<&Vec<f64>>) -> Vec<Vec<f64>> {
    let length = series.iter().map(|one| one.len()).min().unwrap_or(0);
    let latest = |one: &Vec<f64>| one[one.len() - length..].to_vec();
    series.into_iter().map(latest).collect()
}

fn tails(
    book: Result<&Book, Unavailable>,
    spread: &Result<Spread, Unavailable>,
    settings: &MetricSettings,
) -> Vec<TailView> {
    let root = settings.periods().sqrt();
    let observed = book.and_then(Book::profits);
    let drawn = book.and_then(|book| simulate(book, spread, settings));
    let deviation = spread
        .as_ref()
        .map(|spread| spread.deviation)
        .map_err(|why| *why);
    let levels = settings.confidences.iter().zip(settings.levels());
    levels
        .map(|(confidence, level)| {
            let of = |profits: &Result<Vec<f64>, Unavailable>, tail: fn(&[f64], f64) -> Figure| {
                profits
                    .as_ref()
                    .map_err(|why| *why)
                    .and_then(|profits| tail(profits, level))
            };
            let grown = |figure: Figure| figure.map(|loss| loss * root);
            TailView {
                confidence: *confidence,
                historical: grown(of(&observed, losses::value_at_risk)),
                normal: deviation.and_then(|one| losses::normal_value_at_risk(one, level)),
                simulated: of(&drawn, losses::value_at_risk),
                historical_shortfall: grown(of(&observed, losses::expected_shortfall)),
                normal_shortfall: deviation
                    .and_then(|one| losses::normal_expected_shortfall(one, level)),
                simulated_shortfall: of(&drawn, losses::expected_shortfall),
            }
        })
        .collect()
}

fn simulate(
    book: &Book,
    spread: &Result<Spread, Unavailable>,
    settings: &MetricSettings,
) -> Result<Vec<f64>, Unavailable> {
    let spread = spread.as_ref().map_err(|why| *why)?;
    let how = Simulation {
        paths: settings.paths,
        seed: settings.seed,
        periods: settings.periods(),
    };
    losses::profits(&book.values, &draw(&spread.covariance, &how)?)
}

fn components(
    book: Result<&Book, Unavailable>,
    spread: &Result<Spread, Unavailable>,
    settings: &MetricSettings,
) -> Result<Vec<(InstrumentId, f64)>, Unavailable> {
    let book = book?;
    let spread = spread.as_ref().map_err(|why| *why)?;
    let level = settings.levels().last().copied().unwrap_or_default();
    let parts = losses::components(&book.values, &spread.covariance, level)?;
    let root = settings.periods().sqrt();
    let parts = parts.into_iter().map(|part| part * root);
    Ok(book.ids.iter().copied().zip(parts).collect())
}

/// The normal value at risk of the firm at the highest confidence, with the value of each
/// instrument and its volatility multiplied by what `change` says of its place among the parts.
pub(super) fn stressed(
    snapshot: &Snapshot,
    settings: &MetricSettings,
    change: impl Fn(usize) -> Result<(f64, f64), Unavailable>,
) -> Figure {
    let nowhere = Unavailable::Missing("there is no account");
    let currency = snapshot.currency(LimitScope::Firm).ok_or(nowhere)?;
    let holdings: Vec<&Holding> = snapshot.under(LimitScope::Firm).collect();
    let mut book = Book::new(snapshot, &holdings, currency)?;
    let mut volatilities = Vec::with_capacity(book.parts.len());
    for (part, value) in book.parts.iter().zip(&mut book.values) {
        let (price, volatility) = change(*part)?;
        *value *= price;
        volatilities.push(volatility);
    }
    let spread = book.spread(settings)?;
    let covariance = spread.covariance.scaled(&volatilities);
    let deviation = losses::deviation(&book.values, &covariance)? * settings.periods().sqrt();
    let level = settings.levels().last().copied().unwrap_or_default();
    losses::normal_value_at_risk(deviation, level)
}

/// How these instruments move together.
pub(crate) fn correlation(
    time: model::Timestamp,
    instruments: Vec<InstrumentId>,
    returns: &[Vec<f64>],
    settings: &MetricSettings,
) -> CorrelationView {
    let returns = common(returns.iter().collect());
    let matrix = covariance::estimate(&returns, settings.estimator);
    let matrix = matrix.as_ref().map_err(|why| *why);
    let places = 0..instruments.len();
    let rows = |matrix: &Matrix| {
        let row = |row| {
            places
                .clone()
                .map(|column| matrix.get(row, column))
                .collect()
        };
        places.clone().map(row).collect::<Vec<Vec<f64>>>()
    };
    let correlations = |matrix: &Matrix| {
        let row = |row| {
            places
                .clone()
                .map(|column| matrix.correlation(row, column))
                .collect()
        };
        places.clone().map(row).collect::<Vec<Vec<Figure>>>()
    };
    CorrelationView {
        time,
        returns: returns.first().map_or(0, Vec::len),
        correlations: matrix.map(correlations),
        covariances: matrix.map(rows),
        is_positive_semidefinite: matrix.ok().map(Matrix::is_positive_semidefinite),
        instruments,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::snapshot::tests::sample;
    use model::{AccountId, StrategyId};

    fn firm(snapshot: &Snapshot) -> ScopeMetrics {
        let settings = MetricSettings::default();
        scope_metrics(snapshot, &settings, LimitScope::Firm).unwrap()
    }

    #[test]
    fn composition_by_hand() {
        let metrics = firm(&sample());
        // 5,000 long, 1,000 short, 4,000 long; equity 23,125.
        let exposure = metrics.exposure.unwrap();
        assert_eq!(
            (exposure.total.long, exposure.total.short),
            (9_000.0, 1_000.0)
        );
        let currencies: Vec<_> = exposure
            .currencies
            .iter()
            .map(|(name, one)| (name.as_str(), one.net()))
            .collect();
        // The pair is long BTC and short USD.
        assert_eq!(
            currencies,
            [("USD", 1_000.0), ("EUR", -1_000.0), ("BTC", 4_000.0)]
        );
        let sectors: Vec<_> = exposure
            .sectors
            .iter()
            .map(|(name, one)| (name.as_deref(), one.net()))
            .collect();
        assert_eq!(
            sectors,
            [
                (None, 4_000.0),
                (Some("oil"), -1_000.0),
                (Some("tech"), 5_000.0)
            ]
        );
        assert_eq!(metrics.leverage, Ok(10_000.0 / 23_125.0));
        assert_eq!(metrics.largest_share, Ok(0.5));
        let herfindahl = metrics.concentration.unwrap();
        assert!((herfindahl - 0.42).abs() < 1e-12);
        // 100 shares at a tenth of 1,000 a day.
        assert_eq!(metrics.liquidity_days, Ok(1.0));
        assert_eq!(
            metrics.tails[0].historical,
            Err(Unavailable::History { needed: 20, had: 0 })
        );
    }

    #[test]
    fn two_opposite_holdings_of_strategies_cancel_in_losses_but_not_in_gross_exposure() {
        let mut snapshot = sample();
        snapshot.holdings.truncate(1);
        let mut opposite = snapshot.holdings[0].clone();
        (opposite.strategy, opposite.quantity) = (StrategyId::new(1), -100.0);
        snapshot.holdings.push(opposite);
        snapshot.parts[0].returns = (0..30).map(|n| f64::from(n % 5) / 100.0).collect();
        let metrics = firm(&snapshot);
        assert_eq!(metrics.exposure.unwrap().total.gross(), 10_000.0);
        assert_eq!(metrics.tails[0].historical, Ok(0.0));
        assert_eq!(metrics.tails[0].normal, Ok(0.0));
        let settings = MetricSettings::default();
        let own = LimitScope::Strategy(StrategyId::new(0));
        let own = scope_metrics(&snapshot, &settings, own).unwrap();
        assert!(own.tails[0].normal.unwrap() > 0.0);
        let whole: f64 = own.components.unwrap().iter().map(|(_, part)| part).sum();
        assert!((whole - own.tails[1].normal.unwrap()).abs() < 1e-6);
    }

    #[test]
    fn equal_snapshots_give_equal_figures_and_nothing_held_says_so() {
        let mut snapshot = sample();
        for part in &mut snapshot.parts {
            let shift = part.id.number();
            part.returns = (0..60)
                .map(|n| f64::from((n * 7 + shift * 3) % 11) / 1e3)
                .collect();
        }
        let scopes = scopes(&snapshot);
        assert_eq!(scopes.len(), 6);
        let settings = MetricSettings::default();
        let one = reckon(&snapshot, &settings, &scopes);
        assert_eq!(one, reckon(&snapshot.clone(), &settings, &scopes));
        assert!(one.scopes[0].tails[0].simulated.unwrap() > 0.0);
        snapshot.holdings.clear();
        let metrics = firm(&snapshot);
        assert_eq!(metrics.tails[0].historical, Err(NOTHING_HELD));
        assert_eq!(
            (metrics.leverage, metrics.liquidity_days),
            (Ok(0.0), Ok(0.0))
        );
        assert!(metrics.concentration.is_err() && metrics.components.is_err());
        let account = LimitScope::Account(AccountId::new(9));
        assert!(scope_metrics(&snapshot, &settings, account).is_none());
    }

    #[test]
    fn the_shortest_history_is_what_a_scope_has() {
        let mut snapshot = sample();
        snapshot.parts[0].returns = vec![0.01; 60];
        snapshot.parts[1].returns = vec![0.01; 5];
        snapshot.parts[2].returns = vec![0.01; 60];
        let metrics = firm(&snapshot);
        assert_eq!(metrics.returns, 5);
        assert_eq!(
            metrics.tails[0].normal,
            Err(Unavailable::History { needed: 20, had: 5 })
        );
    }
}
