//! How things stand with venues: those outside by what is said of them, all by the faults of their
//! models.
//!
//! That a venue came or went, that an account agrees with it or does not, and that a model broke is told
//! at once. What can come by the hundred (orders in doubt, rules that decided, refusals) is told now and
//! then.

use super::ReadModel;
use super::definitions::count;
use super::read_model::push_back;
use crate::view::{
    Change, DifferenceView, ModelFaultView, OutsideView, RefusalView, StandingView, TakenBackView,
    VenueView,
};
use engine::{ModelFault, SelfMatch, Standing, VenueConfig, VenueEvent};
use model::{AccountId, LogLevel, OrderId, Timestamp, VenueId};
use std::sync::Arc;

/// Faults, refusals and executions taken back that are kept of each venue.
const KEPT: usize = 20;

impl ReadModel {
    pub(super) fn define_venue(&mut self, config: VenueConfig) {
        let outside = config.external.as_ref().map(|_| OutsideView::default());
        self.venues.push(Arc::new(VenueView {
            id: VenueId::new(count(self.venues.len())),
            config,
            self_match: SelfMatch::default(),
            outside,
            model_faults: Vec::new(),
        }));
    }

    /// An account that is at a venue outside has a standing there.
    pub(super) fn show_at_venue(&mut self, since: Timestamp, account: AccountId, venue: VenueId) {
        self.edit_venue(venue, |view| {
            view.accounts.push(StandingView {
                account,
                standing: Standing::Unknown,
                since,
                compared: None,
                differences: Vec::new(),
            });
        });
    }

    pub(super) fn note_model_fault(
        &mut self,
        time: Timestamp,
        sequence: u64,
        broke: ModelFault,
        changes: &mut Vec<Change>,
    ) {
        let Some(view) = self.venues.get_mut(broke.venue.index()) else {
            return;
        };
        let fault = ModelFaultView {
            time,
            sequence,
            model: broke.model,
            instrument: broke.instrument,
            fault: broke.fault,
        };
        push_back(&mut Arc::make_mut(view).model_faults, fault, KEPT);
        self.publish_venue(broke.venue, changes);
    }

    pub(super) fn apply_venue(
        &mut self,
        time: Timestamp,
        event: VenueEvent,
        changes: &mut Vec<Change>,
    ) {
        match event {
            VenueEvent::Connected(venue, connected) => {
                self.edit_venue(venue, |view| {
                    (view.connected, view.since) = (connected, Some(time));
                });
                self.publish_venue(venue, changes);
            }
            VenueEvent::Standing(account, standing) => {
                let venue = self.edit_standing(account, |view| {
                    (view.standing, view.since) = (standing, time);
                    if standing != Standing::Differs {
                        view.differences.clear();
                    }
                });
                if let Some(venue) = venue {
                    self.publish_venue(venue, changes);
                }
            }
            VenueEvent::Compared(account) => {
                let venue = self.edit_standing(account, |view| {
                    view.compared = Some(time);
                    view.differences.clear();
                });
                self.restless.extend(venue);
            }
            VenueEvent::Difference {
                account,
                instrument,
                ours,
                theirs,
            } => {
                let difference = DifferenceView {
                    instrument,
                    ours,
                    theirs,
                };
                let venue = self.edit_standing(account, |view| view.differences.push(difference));
                self.restless.extend(venue);
            }
            other => self.apply_order_at_venue(time, other),
        }
    }

    /// What is said of single orders and executions.
    fn apply_order_at_venue(&mut self, time: Timestamp, event: VenueEvent) {
        match event {
            VenueEvent::Ruled { rule, account, .. } => {
                self.edit_later(self.venue_of(account), |view| {
                    *view.ruled.entry(rule).or_default() += 1;
                });
            }
            VenueEvent::Refused(order, reason) => {
                self.edit_later(self.venue_of_order(order), |view| {
                    let refusal = RefusalView {
                        time,
                        order,
                        reason,
                    };
                    push_back(&mut view.refusals, refusal, KEPT);
                });
            }
            VenueEvent::InDoubt(order) => {
                self.edit_later(self.venue_of_order(order), |view| {
                    view.in_doubt.insert(order);
                });
            }
            VenueEvent::Clear(order) => self.forget_doubt(order),
            VenueEvent::Busted(fill) => {
                self.edit_later(self.venue_of(fill.account), |view| {
                    push_back(&mut view.taken_back, TakenBackView { time, fill }, KEPT);
                });
            }
            VenueEvent::SelfMatch { order, other, mode } => {
                let text = format!("it met order {other} of its account: {}", mode.name());
                self.log_of(order, time, LogLevel::Warn, text);
            }
            // The venue's name of an execution says nothing of how things stand.
            _ => {}
        }
    }

    /// An order's state is known, or it is over.
    pub(super) fn forget_doubt(&mut self, order: OrderId) {
        let mut doubting = self.venues.iter().filter(|view| {
            let outside = view.outside.as_ref();
            outside.is_some_and(|outside| outside.in_doubt.contains(&order))
        });
        let venue = doubting.next().map(|view| view.id);
        self.edit_later(venue, |view| {
            view.in_doubt.remove(&order);
        });
    }

    pub(super) fn publish_venue(&mut self, venue: VenueId, changes: &mut Vec<Change>) {
        self.restless.remove(&venue);
        let view = self.venues.get(venue.index()).map(Arc::clone);
        changes.extend(view.map(Change::Venue));
    }

    fn edit_later(&mut self, venue: Option<VenueId>, edit: impl FnOnce(&mut OutsideView)) {
        if let Some(venue) = venue {
            self.edit_venue(venue, edit);
            self.restless.insert(venue);
        }
    }

    fn edit_venue(&mut self, venue: VenueId, edit: impl FnOnce(&mut OutsideView)) {
        if let Some(view) = self.venues.get_mut(venue.index())
            && view.outside.is_some()
            && let Some(outside) = &mut Arc::make_mut(view).outside
        {
            edit(outside);
        }
    }

    /// Edits how an account stands with its venue; says which venue that is.
    fn edit_standing(
        &mut self,
        account: AccountId,
        edit: impl FnOnce(&mut StandingView),
    ) -> Option<VenueId> {
        let venue = self.venue_of(account)?;
        self.edit_venue(venue, |view| {
            let mut accounts = view.accounts.iter_mut();
            if let Some(view) = accounts.find(|view| view.account == account) {
                edit(view);
            }
        });
        Some(venue)
    }

    fn venue_of(&self, account: AccountId) -> Option<VenueId> {
        let view = self.accounts.get(account.index())?;
        Some(view.config.venue)
    }

    fn venue_of_order(&self, order: OrderId) -> Option<VenueId> {
        self.venue_of(self.order(order)?.account)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outlet::Item;
    use engine::{Ambiguity, Definition, Effect, ExternalVenue};
    use model::{
        AccountConfig, AccountKind, CurrencyId, Fault, FaultKind, InstrumentId, ModelKind, Money,
        Order, OrderChange, OrderKind, OrderStatus, OrderUpdate, Quantity, Side, SignedQuantity,
        StrategyId, Terms, TimeInForce,
    };

    const SIM: VenueId = VenueId::new(0);
    const OUT: VenueId = VenueId::new(1);
    const ACCOUNT: AccountId = AccountId::new(0);
    const SHARE: InstrumentId = InstrumentId::new(0);

    /// A simulated venue, one outside, and an account there; a nanosecond passes with each effect.
    struct Told {
        model: ReadModel,
        now: u64,
    }

    impl Told {
        fn new() -> Self {
            let mut told = Self {
                model: ReadModel::default(),
                now: 0,
            };
            let account = AccountConfig {
                name: "main".to_owned(),
                venue: OUT,
                kind: AccountKind::Cash,
                base_currency: CurrencyId::new(0),
                deposits: Vec::new(),
                hedging: None,
            };
            let outside = VenueConfig {
                external: Some(ExternalVenue::default()),
                ..VenueConfig::default()
            };
            for definition in [
                Definition::Venue(VenueConfig::default()),
                Definition::Venue(outside),
                Definition::Account(account),
            ] {
                let item = Item::Defined(at(0), Box::new(definition));
                told.model.apply(item, &mut Vec::new());
            }
            told
        }

        /// The venues that readers are told of at once.
        fn effect(&mut self, effect: Effect) -> Vec<VenueId> {
            self.now += 1;
            let mut changes = Vec::new();
            let item = Item::Effect(at(self.now), self.now, effect);
            self.model.apply(item, &mut changes);
            venues(&changes)
        }

        fn event(&mut self, event: VenueEvent) -> Vec<VenueId> {
            self.effect(Effect::Venue(event))
        }

        /// The venues that readers are told of now and then.
        fn refresh(&mut self) -> Vec<VenueId> {
            let mut changes = Vec::new();
            self.model.refresh(&mut changes);
            venues(&changes)
        }

        fn order(&mut self, id: OrderId, status: OrderStatus) {
            let order = Order {
                id,
                strategy: StrategyId::new(0),
                account: ACCOUNT,
                instrument: SHARE,
                side: Side::Buy,
                kind: OrderKind::Market,
                quantity: Quantity::ONE,
                time_in_force: TimeInForce::Gtc,
                terms: Terms::default(),
                intent: 0,
                list: None,
                parent: None,
                algorithm: None,
                trigger: None,
                status,
                filled: Quantity::ZERO,
                filled_value: Money::ZERO,
                ts_created: at(0),
                expires: Timestamp::MAX,
            };
            let update = OrderUpdate {
                order: id,
                strategy: order.strategy,
                instrument: SHARE,
                side: order.side,
                change: OrderChange::Accepted,
                status,
                filled: order.filled,
                quantity: order.quantity,
                ts_event: at(0),
            };
            self.effect(Effect::Order(update, order));
        }

        fn outside(&self) -> &OutsideView {
            self.model.venues[OUT.index()].outside.as_ref().unwrap()
        }

        fn standing(&self) -> &StandingView {
            &self.outside().accounts[0]
        }
    }

    fn venues(changes: &[Change]) -> Vec<VenueId> {
        let venues = changes.iter().filter_map(|change| match change {
            Change::Venue(view) => Some(view.id),
            _ => None,
        });
        venues.collect()
    }

    fn at(nanos: u64) -> Timestamp {
        Timestamp::from_nanos(nanos)
    }

    fn id(number: u64) -> OrderId {
        OrderId::derive(number, 0).unwrap()
    }

    fn whole(units: i64) -> SignedQuantity {
        Quantity::whole(units).unwrap().long()
    }

    #[test]
    fn a_connection_is_told_at_once_and_only_venues_outside_have_one() {
        let mut told = Told::new();
        let unknown = OutsideView::default();
        assert_eq!(told.outside().connected, unknown.connected);
        assert_eq!(told.outside().since, None);
        assert_eq!(told.event(VenueEvent::Connected(OUT, true)), [OUT]);
        assert_eq!(
            (told.outside().connected, told.outside().since),
            (true, Some(at(1)))
        );
        assert_eq!(told.event(VenueEvent::Connected(OUT, false)), [OUT]);
        assert_eq!(
            (told.outside().connected, told.outside().since),
            (false, Some(at(2)))
        );
        assert_eq!(told.model.venues[SIM.index()].outside, None);
        assert!(told.refresh().is_empty());
    }

    #[test]
    fn what_differs_is_shown_until_it_agrees_or_is_compared_again() {
        let mut told = Told::new();
        let difference = |ours| VenueEvent::Difference {
            account: ACCOUNT,
            instrument: SHARE,
            ours: whole(ours),
            theirs: whole(5),
        };
        assert!(told.event(VenueEvent::Compared(ACCOUNT)).is_empty());
        assert!(told.event(difference(3)).is_empty());
        let differs = VenueEvent::Standing(ACCOUNT, Standing::Differs);
        assert_eq!(told.event(differs), [OUT]);
        let shown = told.standing();
        assert_eq!((shown.compared, shown.since), (Some(at(1)), at(3)));
        assert_eq!(shown.differences[0].ours, whole(3));
        // It still differs, by less: its standing stays, and is told later.
        told.event(VenueEvent::Compared(ACCOUNT));
        told.event(difference(4));
        assert_eq!(told.refresh(), [OUT]);
        let shown = told.standing();
        assert_eq!((shown.compared, shown.since), (Some(at(4)), at(3)));
        let ours: Vec<_> = shown.differences.iter().map(|one| one.ours).collect();
        assert_eq!(ours, [whole(4)]);
        let agrees = VenueEvent::Standing(ACCOUNT, Standing::Reconciled);
        assert_eq!(told.event(agrees), [OUT]);
        assert!(told.standing().differences.is_empty());
    }

    #[test]
    fn orders_in_doubt_are_shown_until_they_are_clear_or_over() {
        let mut told = Told::new();
        for number in 1..=3 {
            told.order(id(number), OrderStatus::Submitted);
            assert!(told.event(VenueEvent::InDoubt(id(number))).is_empty());
        }
        assert_eq!(told.refresh(), [OUT]);
        told.event(VenueEvent::Clear(id(1)));
        told.order(id(2), OrderStatus::Canceled);
        let left: Vec<OrderId> = told.outside().in_doubt.iter().copied().collect();
        assert_eq!(left, [id(3)]);
    }

    #[test]
    fn refusals_are_the_latest_and_rules_are_counted() {
        let mut told = Told::new();
        told.order(id(1), OrderStatus::Submitted);
        for number in 0..25 {
            let ruled = VenueEvent::Ruled {
                rule: Ambiguity::AckLost,
                account: ACCOUNT,
                order: None,
            };
            told.event(ruled);
            told.event(VenueEvent::Refused(id(1), format!("no margin {number}")));
        }
        let shown = told.outside();
        assert_eq!(shown.ruled[&Ambiguity::AckLost], 25);
        assert_eq!(shown.refusals.len(), KEPT);
        assert_eq!(shown.refusals.last().unwrap().reason, "no margin 24");
        assert_eq!(told.refresh(), [OUT]);
        assert!(told.refresh().is_empty());
    }

    #[test]
    fn a_model_that_breaks_is_shown_at_its_venue() {
        let mut told = Told::new();
        let broke = ModelFault {
            venue: SIM,
            instrument: SHARE,
            model: ModelKind::Fee,
            call: 9,
            fault: Fault {
                kind: FaultKind::BadOutput,
                message: "beyond the ceiling".to_owned(),
            },
        };
        assert_eq!(told.effect(Effect::ModelFault(broke.clone())), [SIM]);
        let shown = &told.model.venues[SIM.index()].model_faults[0];
        assert_eq!(
            (shown.time, shown.sequence, shown.model, shown.instrument),
            (at(1), 1, ModelKind::Fee, SHARE)
        );
        assert_eq!(shown.fault, broke.fault);
    }
}
