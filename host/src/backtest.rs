//! A strategy over files of market data: the same engine and the same bytes as live, with the clock
//! and the feed replaced by the data.

pub mod custom;
pub mod data;
pub mod happenings;
pub mod instruments;
mod outcome;
mod record;
pub mod spec;
mod warm_up;

pub use outcome::{Timing, report, summary};
pub use record::{Attribution, Crossing, Record};
pub use spec::Spec;

use self::happenings::Happening;
use crate::plugins::Plugins;
use crate::session::Session;
use crate::universe::Universe;
use anyhow::{Context, Result, bail};
use engine::journal::Sink;
use engine::{Engine, Journal};
use model::{InstrumentId, Subscription, Timestamp};
use store::catalog::CatalogError;
use store::{DataKind, MarketEvent};

/// Points kept of the equity curve, beyond one at each end of a day.
const CURVE_POINTS: u64 = 2_000;
/// Shortest time between two points of the equity curve, in nanoseconds.
const SHORTEST_STEP: u64 = 60_000_000_000;

/// Runs a strategy over data. `progress` is told how many events are done.
pub fn run(
    spec: &Spec,
    plugins: &Plugins,
    sink: Option<Box<dyn Sink>>,
    progress: &mut dyn FnMut(u64),
) -> Result<Record> {
    let plugin = plugins.load(&spec.strategy)?;
    let universe = &spec.universe;
    let (instance, parameters) =
        plugins.instance(&plugin, spec::STRATEGY, universe, &spec.parameters)?;
    let requests = model::Strategy::history_requests(&instance).to_vec();
    let declared = model::Strategy::declared(&instance).to_vec();
    let unmet = unmet(&declared, spec);
    if !unmet.is_empty() && unmet.len() == declared.len() {
        bail!("the strategy would see nothing: {}", unmet.join("; "));
    }
    let mut events = spec.data.events()?.peekable();
    let (history, books) = warm_up::run(&mut events, spec.start, &requests)?;
    let first = match events.peek() {
        Some(Ok(event)) => event.ts_init(),
        // The loop below meets the error again.
        Some(Err(_)) => Timestamp::ZERO,
        None => bail!("no data is left after --start"),
    };
    let journal = sink.map_or_else(Journal::default, Journal::with_sink);
    let mut definitions = universe.definitions().to_vec();
    let models = custom::venue_models(plugins, &mut definitions, &spec.venue_models)?;
    let mut session = Session::new(journal, definitions, models, first)?;
    let customs = (&spec.algorithms[..], &spec.rules[..]);
    custom::define(&mut session, plugins, universe, customs, first)?;
    let strategy = universe
        .find_strategy(spec::STRATEGY)
        .context("the strategy is defined")?;
    let account = universe
        .find_account(spec::ACCOUNT)
        .context("the account is defined")?;
    let mut record = Record::new(account, &plugin, parameters.as_slice(), unmet);
    let hash = plugin.admitted.hash();
    let effects = session.start(
        strategy,
        hash,
        parameters.as_slice(),
        Box::new(instance),
        history,
    )?;
    record.add(effects, universe);
    for book in books.at(first) {
        let instrument = book.instrument;
        let input = engine::Input::Book(Box::new(book));
        let effects = session.step(first, input)?.to_vec();
        record.see_book(session.engine(), instrument);
        record.add(&effects, universe);
    }
    trade(spec, events, &mut session, &mut record, progress)?;
    finish(&mut session, strategy, &mut record, universe)?;
    progress(record.events);
    Ok(record)
}

/// Feeds all that is traded, and what happens meanwhile. What happens before the first event is left out; what
/// happens after the last one is not, as it may be what ends an instrument.
fn trade(
    spec: &Spec,
    events: impl Iterator<Item = Result<MarketEvent, CatalogError>>,
    session: &mut Session,
    record: &mut Record,
    progress: &mut dyn FnMut(u64),
) -> Result<()> {
    let begins = session.engine().now();
    let is_over = |at: Timestamp| spec.end.is_some_and(|end| at >= end);
    let happenings = spec.happenings.iter();
    let meanwhile = happenings.filter(|one| one.at >= begins && !is_over(one.at));
    let mut happenings = meanwhile.peekable();
    let mut curve = Curve::new(spec.period());
    for event in events {
        let event = event?;
        let at = event.ts_init();
        if is_over(at) {
            break;
        }
        while let Some(one) = happenings.next_if(|one| one.at <= at) {
            happen(session, one, record, &spec.universe)?;
        }
        curve.sample(session, at, record);
        feed(session, event, record, &spec.universe)?;
        record.events += 1;
        if record.events.is_multiple_of(65_536) {
            progress(record.events);
        }
    }
    for one in happenings {
        happen(session, one, record, &spec.universe)?;
    }
    Ok(())
}

/// Lets one thing happen at its time and records what comes of it.
fn happen(
    session: &mut Session,
    one: &Happening,
    record: &mut Record,
    universe: &Universe,
) -> Result<()> {
    record.add(session.step(one.at, one.input.clone())?, universe);
    Ok(())
}

/// Feeds one event and records what comes of it.
#[inline]
fn feed(
    session: &mut Session,
    event: MarketEvent,
    record: &mut Record,
    universe: &Universe,
) -> Result<()> {
    record.mark(&event);
    match event {
        MarketEvent::Book(row) if row.ends => {
            // The touch is known to the engine alone, and only now.
            let effects = session.feed(event)?.to_vec();
            record.see_book(session.engine(), row.instrument);
            record.add(&effects, universe);
        }
        event => record.add(session.feed(event)?, universe),
    }
    Ok(())
}

/// Stops the strategy, takes the last point of the curve, and seals the journal.
fn finish(
    session: &mut Session,
    strategy: model::StrategyId,
    record: &mut Record,
    universe: &Universe,
) -> Result<()> {
    record.open_positions = open_positions(session.engine());
    record.point(session.engine(), session.engine().now());
    if let Some((_, account)) = session
        .engine()
        .accounts()
        .find(|(id, _)| *id == record.account)
    {
        record.attribute(session.engine(), account.config().base_currency);
    }
    let stop = engine::Input::Command(Box::new(engine::Command::Stop(strategy)));
    let now = session.engine().now();
    if session.engine().strategy_state(strategy) != Some(engine::StrategyState::Error) {
        record.add(session.step(now, stop)?, universe);
    }
    record.journal_hash = Some(session.engine_mut().journal().seal()?);
    Ok(())
}

/// What is held: of a hedging account each of several positions, and not what they come to.
fn open_positions(engine: &Engine) -> Vec<(InstrumentId, model::PositionState)> {
    let several = engine.legs().iter();
    let several = several.map(|(_, instrument, _, leg)| (instrument, leg.state));
    let holdings = engine.holdings().iter();
    let single = holdings
        .filter(|(strategy, instrument, _)| engine.legs().count(*strategy, *instrument) == 0)
        .map(|(_, instrument, holding)| (instrument, holding.position));
    let open = several.chain(single);
    open.filter(|(_, position)| !position.quantity.is_zero())
        .collect()
}

/// Subscriptions that the data cannot serve, in words, each with what would do.
fn unmet(declared: &[Subscription], spec: &Spec) -> Vec<String> {
    declared
        .iter()
        .filter_map(|subscription| unmet_one(subscription, spec))
        .collect()
}

fn unmet_one(subscription: &Subscription, spec: &Spec) -> Option<String> {
    let (id, wanted) = match subscription {
        Subscription::Quotes(id) => (*id, "quotes".to_owned()),
        Subscription::Trades(id) => (*id, "trades".to_owned()),
        Subscription::Bars(id, bars) => (*id, spec::bar_words(*bars)),
        Subscription::Book(id, _) => (*id, "order books".to_owned()),
    };
    let about = |known: &&data::Known| known.instrument == id;
    let served =
        spec.data
            .series()
            .iter()
            .filter(about)
            .any(|known| match (subscription, known.kind) {
                (Subscription::Quotes(_), DataKind::Quotes | DataKind::Books)
                | (Subscription::Trades(_), DataKind::Trades)
                | (Subscription::Book(..), DataKind::Books) => true,
                // The top of a book is a quote.
                (Subscription::Bars(_, bars), DataKind::Quotes | DataKind::Books) => {
                    bars.basis != model::BarBasis::Last
                }
                (Subscription::Bars(_, bars), DataKind::Trades) => {
                    bars.basis == model::BarBasis::Last
                }
                (Subscription::Bars(_, bars), DataKind::Bars) => {
                    known.bars.is_some_and(|given| spec::can_make(given, *bars))
                }
                _ => false,
            });
    if served {
        return None;
    }
    let symbol = spec
        .universe
        .instrument(id)
        .map_or("?", |instrument| instrument.symbol.as_str());
    let have: Vec<_> = spec
        .data
        .series()
        .iter()
        .filter(about)
        .map(spec::series_words)
        .collect();
    let have = if have.is_empty() {
        "nothing".to_owned()
    } else {
        have.join(" and ")
    };
    Some(format!(
        "it wants {wanted} of {symbol}, the data has {have}"
    ))
}

fn instrument_of(event: &MarketEvent) -> InstrumentId {
    match event {
        MarketEvent::Quote(quote) => quote.instrument,
        MarketEvent::Trade(trade) => trade.instrument,
        MarketEvent::Bar(bar) => bar.instrument,
        MarketEvent::Book(row) => row.instrument,
    }
}

/// Decides when the equity curve gets a point.
struct Curve {
    step: u64,
    next: Option<Timestamp>,
}

impl Curve {
    fn new(period: Option<(Timestamp, Timestamp)>) -> Self {
        let span = period.map_or(0, |(first, last)| last.since(first).nanos());
        Self {
            step: (span / CURVE_POINTS).max(SHORTEST_STEP),
            next: None,
        }
    }

    /// Takes a point before the first event at or after each step and each midnight (UTC).
    #[inline]
    fn sample(&mut self, session: &Session, now: Timestamp, record: &mut Record) {
        if self.next.is_some_and(|next| now < next) {
            return;
        }
        let at = if self.next.is_none() {
            now
        } else {
            session.engine().now()
        };
        record.point(session.engine(), at);
        let step = now.after(model::Duration::from_nanos(self.step));
        self.next = Some(step.min(now.next_time_of_day(model::Duration::ZERO)));
    }
}
