//! What `[canary]` and `[live]` ask alike of a version that took over: whether it is still the one, what it
//! ordered, and what it lost.

use crate::driver::Context;
use crate::gate::{Bound, Criterion};
use crate::run::TakenOver;
use crate::text::Amount;
use model::{InstrumentId, Money, Order, OrderId, OrderStatus, PluginHash, StrategyId, Timestamp};
use services::handle::{Brought, HostError, Queries};
use services::view::StrategyView;
use std::collections::BTreeSet;

/// How often a host that is busy is asked again.
const TRIES: u32 = 50;
/// Orders that are counted; no file asks for more.
pub(crate) const MOST_ORDERS: u64 = 100_000;

/// What is there as the version of the run took over; `None` where it is not on probation.
pub(super) fn taken_over(context: &Context<'_>, view: &StrategyView) -> Option<TakenOver> {
    let running = view.plugin.as_ref();
    let running = running.filter(|running| running.hash == context.plugin)?;
    let probation = view.probation.as_deref()?;
    let brought = brought(context).before;
    Some(TakenOver {
        since_ns: probation.since.nanos(),
        until_ns: probation.until.nanos(),
        parameters: running.parameters.clone(),
        brought: brought.map(|brought| brought.to_string()),
    })
}

/// What the strategy brought; nothing is known where the host does not say.
pub(super) fn brought(context: &Context<'_>) -> Brought {
    for _ in 0..TRIES {
        match context.ask(context.host.brought(&context.run.strategy)) {
            Ok(brought) => return brought,
            Err(HostError::Busy) => context.pause(),
            Err(_) => break,
        }
    }
    Brought::default()
}

/// That the version before came back after so many inputs of the engine.
pub(super) fn sent_back(view: &StrategyView, after: u64) -> Option<String> {
    let back = view.last_roll_back.as_deref();
    let back = back.filter(|back| back.sequence > after)?;
    Some(format!("sent back at {}: {}", back.time, back.reason))
}

impl TakenOver {
    pub(super) const fn since(&self) -> Timestamp {
        Timestamp::from_nanos(self.since_ns)
    }

    pub(super) const fn until(&self) -> Timestamp {
        Timestamp::from_nanos(self.until_ns)
    }

    /// Whether the strategy runs this component, made as it was.
    pub(super) fn runs(&self, view: &StrategyView, plugin: PluginHash) -> bool {
        view.plugin
            .as_ref()
            .is_some_and(|running| running.hash == plugin && running.parameters == self.parameters)
    }

    /// Whether it is on the very probation that began then. Versions that changed places, even twice,
    /// were not watched all the time.
    pub(super) fn is_watched(&self, view: &StrategyView, plugin: PluginHash) -> bool {
        let probation = view.probation.as_deref();
        let is_same = probation.is_some_and(|probation| probation.since == self.since());
        is_same && self.runs(view, plugin)
    }

    /// What was lost, where that is limited; what cannot be told is too much.
    pub(super) fn loss(&self, most: Option<Amount>, now: Option<Money>) -> Option<Criterion> {
        let before = self.brought.as_deref();
        let before = before.and_then(|text| text.parse::<Money>().ok());
        let lost = before.zip(now);
        let lost = lost.and_then(|(before, now)| before.checked_sub(now).ok());
        let bound = Bound::AtMost(most?.0);
        Some(Criterion::bounded("loss", &bound, lost))
    }
}

/// Orders that the version made; gathered while it is watched, since the host knows the latest only.
#[derive(Debug, Default)]
pub(super) struct Orders(BTreeSet<OrderId>);

impl Orders {
    pub(super) fn gather(&mut self, context: &Context<'_>, own: &Own<'_>) {
        if self.count() >= MOST_ORDERS {
            return;
        }
        let orders = context.host.orders().into_iter();
        let made = orders.filter(|order| own.made(order));
        self.0.extend(made.map(|order| order.id));
    }

    fn count(&self) -> u64 {
        u64::try_from(self.0.len()).unwrap_or(u64::MAX)
    }

    pub(super) fn criterion(&self, least: u64) -> Criterion {
        Criterion::bounded("orders", &Bound::AtLeast(least), Some(self.count()))
    }
}

/// Which orders are those of a version.
pub(super) struct Own<'a> {
    pub(super) strategy: StrategyId,
    pub(super) since: Timestamp,
    /// All, where it has all.
    pub(super) instruments: Option<&'a [InstrumentId]>,
}

impl Own<'_> {
    /// Those that were refused at the gate say nothing, nor do parts of one that was counted.
    fn made(&self, order: &Order) -> bool {
        let there = self.instruments;
        order.strategy == self.strategy
            && order.ts_created >= self.since
            && order.status != OrderStatus::Denied
            && order.parent.is_none()
            && there.is_none_or(|there| there.contains(&order.instrument))
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples::{NEW, at, on_probation, order, taken};
    use super::*;

    #[test]
    fn orders_count_once_that_left_on_its_instruments_since_it_took_over() {
        let check = |edit: fn(&mut Order), expect: bool| {
            let mut order = order();
            edit(&mut order);
            let there = [InstrumentId::new(0)];
            let own = Own {
                strategy: StrategyId::new(0),
                since: at(100),
                instruments: Some(&there),
            };
            assert_eq!(own.made(&order), expect, "{order:?}");
        };
        check(|_| {}, true);
        check(|order| order.ts_created = at(99), false);
        check(|order| order.strategy = StrategyId::new(1), false);
        check(|order| order.instrument = InstrumentId::new(1), false);
        check(|order| order.status = OrderStatus::Denied, false);
        check(|order| order.status = OrderStatus::Rejected, true);
        check(|order| order.parent = Some(order.id), false);
    }

    #[test]
    fn a_loss_that_cannot_be_told_is_too_much() {
        let check = |brought: Option<&str>, now: Option<&str>, expect: Option<&str>| {
            let most = Amount("10".parse().unwrap());
            let mut taken = taken();
            taken.brought = brought.map(str::to_owned);
            let now = now.map(|now| now.parse().unwrap());
            assert_eq!(taken.loss(None, now), None);
            let found = taken.loss(Some(most), now).unwrap();
            assert_eq!(found.measured.as_deref(), expect);
            found.holds
        };
        assert!(check(Some("5"), Some("-5"), Some("10")));
        assert!(check(Some("5"), Some("6"), Some("-1")));
        assert!(!check(Some("5"), Some("-5.5"), Some("10.5")));
        assert!(!check(None, Some("5"), None));
        assert!(!check(Some("5"), None, None));
    }

    #[test]
    fn another_version_or_another_probation_is_not_the_one() {
        let view = on_probation();
        assert!(taken().is_watched(&view, NEW));
        assert!(!taken().is_watched(&view, PluginHash::new([1; 32])));
        let mut flipped = on_probation();
        if let Some(probation) = &mut flipped.probation {
            probation.since = at(150);
        }
        assert!(!taken().is_watched(&flipped, NEW));
        assert!(taken().runs(&flipped, NEW));
        let mut other = taken();
        other.parameters = vec![("fast".to_owned(), "5".to_owned())];
        assert!(!other.is_watched(&view, NEW));
    }
}
