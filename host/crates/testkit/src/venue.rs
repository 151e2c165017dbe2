//! A fake venue with books of its own, written from the rules a trader knows, not from the engine: an
//! order is taken or refused, fills at its price or better, is changed, withdrawn or runs out of
//! time; an execution may be taken back. What it holds is the truth that everybody else must find.
//!
//! It says what happened, each thing once and in order. Losing, doubling and delaying that is the
//! business of the link to it (`simulator`), or of the process it is (`outside`).

mod answers;
mod orders;
#[cfg(feature = "outside")]
pub mod outside;
mod working;

use crate::simulator::Dice;
use model::{
    AccountId, ExecutionId, InstrumentId, OrderId, OrderKind, Outbound, OutboundCommand, Price,
    Quantity, Side, TimeInForce, Timestamp, VenueExecution, VenueId, VenueOrderId, VenueReport,
    VenueReportKind, VenueSnapshot,
};
use std::collections::{BTreeMap, BTreeSet};

pub use orders::HeldOrder;

/// What the venue says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Said {
    /// About one order or execution.
    Report(VenueReport),
    /// About all it holds.
    Snapshot(Box<VenueSnapshot>),
}

/// An execution with all the venue knows of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Executed {
    /// Whose.
    pub account: AccountId,
    /// Which order, by the venue's number.
    pub number: u64,
    /// Our id of the order, where it is one of ours.
    pub order: Option<OrderId>,
    /// The execution in its latest revision.
    pub execution: VenueExecution,
    /// Whether it was taken back.
    pub busted: bool,
    /// When it happened.
    pub made: Timestamp,
    /// When it was last revised.
    pub revised: Timestamp,
}

/// The grid of what is traded there.
#[derive(Debug, Clone, Copy)]
pub struct Listing {
    /// Which instrument.
    pub instrument: InstrumentId,
    /// Price step.
    pub tick: Price,
    /// Quantity step.
    pub lot: Quantity,
}

/// How often the venue does what nobody asked for.
#[derive(Debug, Clone, Copy, Default)]
pub struct Moods {
    /// Orders refused, of a hundred.
    pub rejects: u64,
    /// Changes refused, of a hundred.
    pub update_rejects: u64,
}

/// The venue.
#[derive(Debug)]
pub struct FakeVenue {
    venue: VenueId,
    dice: Dice,
    moods: Moods,
    now: Timestamp,
    listings: BTreeMap<InstrumentId, Listing>,
    prices: BTreeMap<InstrumentId, Price>,
    orders: BTreeMap<u64, HeldOrder>,
    open: BTreeSet<u64>,
    clients: BTreeMap<OrderId, u64>,
    executions: Vec<Executed>,
    positions: BTreeMap<(AccountId, InstrumentId), i128>,
    said: Vec<Said>,
    /// Orders that were sent more than once.
    sent_twice: Vec<OrderId>,
    lies_from: Option<u64>,
}

impl FakeVenue {
    /// A venue where nothing happened yet.
    pub fn new(venue: VenueId, seed: u64, moods: Moods, listings: &[Listing]) -> Self {
        let listings = listings.iter();
        Self {
            venue,
            dice: Dice::of(&[seed, 0xFA4E]),
            moods,
            now: Timestamp::ZERO,
            listings: listings.map(|each| (each.instrument, *each)).collect(),
            prices: BTreeMap::new(),
            orders: BTreeMap::new(),
            open: BTreeSet::new(),
            clients: BTreeMap::new(),
            executions: Vec::new(),
            positions: BTreeMap::new(),
            said: Vec::new(),
            sent_twice: Vec::new(),
            lies_from: None,
        }
    }

    /// From an execution on it counts one in its positions that it never tells. A fault of its
    /// own, to see that it is found.
    pub fn lie_from(&mut self, execution: Option<u64>) {
        self.lies_from = execution;
    }

    /// Its clock goes on. Orders whose time is over leave; no two things happen at one time.
    pub fn pass(&mut self, time: Timestamp) {
        self.tick();
        self.now = self.now.max(time);
        let over = self.open.iter().copied().filter(|number| {
            let order = self.orders.get(number);
            order.is_some_and(|order| order.is_over(self.now))
        });
        for number in over.collect::<Vec<_>>() {
            self.close(number, model::VenueOrderStatus::Expired);
            self.report(number, VenueReportKind::Expired);
        }
    }

    /// The market trades at a price: what it reaches wakes and fills.
    pub fn trade(&mut self, instrument: InstrumentId, price: Price) {
        self.prices.insert(instrument, price);
        let here = self.open.iter().copied().filter(|number| {
            let order = self.orders.get(number);
            order.is_some_and(|order| order.instrument == instrument)
        });
        for number in here.collect::<Vec<_>>() {
            self.tick();
            self.work(number, price);
        }
    }

    /// Takes a message and does what it asks for.
    pub fn take(&mut self, message: &Outbound) {
        self.tick();
        let account = message.account;
        match &message.command {
            OutboundCommand::Insert(request) => self.insert(account, request),
            OutboundCommand::Modify {
                amendment,
                venue_order,
            } => self.modify(account, amendment, venue_order.as_ref()),
            OutboundCommand::Cancel { order, venue_order } => {
                self.cancel(account, *order, venue_order.as_ref());
            }
            OutboundCommand::Query { order, venue_order } => {
                self.answer(account, message.number, *order, venue_order.as_ref());
            }
            OutboundCommand::Snapshot { since } => self.show(account, message.number, *since),
        }
    }

    /// What it said since the last time.
    pub fn hear(&mut self) -> Vec<Said> {
        std::mem::take(&mut self.said)
    }

    /// Somebody who is not us places an order for an account.
    pub fn place_for_somebody(&mut self, account: AccountId, instrument: InstrumentId) {
        self.tick();
        let Some((listing, price)) = self.listing(instrument) else {
            return;
        };
        let side = self.dice.one_of([Side::Buy, Side::Sell]);
        let away = listing.tick.raw() * i64::try_from(self.dice.below(10)).unwrap_or(0);
        let limit = match side {
            Side::Buy => Price::from_raw(price.raw() - away),
            Side::Sell => Price::from_raw(price.raw() + away),
        };
        let lots = 1 + self.dice.below(5);
        let quantity = Quantity::from_raw(listing.lot.raw() * lots);
        let number = self.hold(HeldOrder {
            account,
            order: None,
            instrument,
            side,
            kind: OrderKind::Limit { price: limit },
            time_in_force: TimeInForce::Gtc,
            quantity,
            filled: Quantity::ZERO,
            reduce_only: false,
            status: model::VenueOrderStatus::Working,
        });
        self.report(number, VenueReportKind::Accepted);
        self.work(number, price);
    }

    /// The venue withdraws one of the open orders by itself.
    pub fn withdraw_any(&mut self) {
        self.tick();
        let index = self.dice.index(self.open.len());
        let number = index.and_then(|index| self.open.iter().nth(index).copied());
        if let Some(number) = number {
            self.close(number, model::VenueOrderStatus::Canceled);
            self.report(number, VenueReportKind::Canceled);
        }
    }

    /// The venue takes one of the latest executions back, or corrects its price.
    pub fn revise_any(&mut self) {
        self.tick();
        let recent = self.executions.len().min(50);
        let Some(index) = self.dice.index(recent) else {
            return;
        };
        let index = self.executions.len() - 1 - index;
        let corrects = self.dice.chance(1, 2);
        let now = self.now;
        let tick = |listings: &BTreeMap<InstrumentId, Listing>, instrument| {
            listings
                .get(&instrument)
                .map_or(1, |listing| listing.tick.raw())
        };
        let executed = &mut self.executions[index];
        if executed.busted {
            return;
        }
        executed.execution.revision += 1;
        executed.revised = now;
        let number = executed.number;
        let kind = if corrects {
            let step = tick(&self.listings, executed.execution.instrument);
            let price = executed.execution.price;
            executed.execution.price = Price::from_raw(price.raw() + step);
            VenueReportKind::Corrected(executed.execution.clone())
        } else {
            executed.busted = true;
            let execution = executed.execution.clone();
            let account = executed.account;
            self.take_back(number, account, &execution);
            VenueReportKind::Busted {
                execution: execution.id,
                revision: execution.revision,
            }
        };
        self.report(number, kind);
    }

    fn take_back(&mut self, number: u64, account: AccountId, execution: &VenueExecution) {
        let signed = execution.side.signed(execution.quantity).raw();
        *self
            .positions
            .entry((account, execution.instrument))
            .or_default() -= signed;
        if let Some(order) = self.orders.get_mut(&number) {
            order.filled = order.filled.saturating_sub(execution.quantity);
        }
    }

    /// All executions ever made.
    pub fn executions(&self) -> &[Executed] {
        &self.executions
    }

    /// What accounts hold; what is not listed is not held.
    pub fn positions(&self) -> BTreeMap<(AccountId, InstrumentId), i128> {
        let held = self.positions.iter();
        held.filter(|(_, quantity)| **quantity != 0)
            .map(|(key, quantity)| (*key, *quantity))
            .collect()
    }

    /// Open orders.
    pub fn open_orders(&self) -> impl Iterator<Item = (VenueOrderId, &HeldOrder)> {
        let open = self.open.iter();
        open.filter_map(|number| Some((name(*number)?, self.orders.get(number)?)))
    }

    /// Orders that came more than once: none ever may.
    pub fn sent_twice(&self) -> &[OrderId] {
        &self.sent_twice
    }

    /// Its clock.
    pub fn now(&self) -> Timestamp {
        self.now
    }

    fn tick(&mut self) {
        self.now = self.now.after(model::Duration::from_nanos(1));
    }

    fn listing(&self, instrument: InstrumentId) -> Option<(Listing, Price)> {
        let listing = self.listings.get(&instrument)?;
        Some((*listing, *self.prices.get(&instrument)?))
    }
}

/// The venue's name of an order.
fn name(number: u64) -> Option<VenueOrderId> {
    format!("V{number}").parse().ok()
}

/// The number behind a name.
fn number_of(name: &VenueOrderId) -> Option<u64> {
    name.as_str().strip_prefix('V')?.parse().ok()
}

/// The name of the nth execution.
fn execution_name(nth: usize) -> Option<ExecutionId> {
    format!("E{nth}").parse().ok()
}
