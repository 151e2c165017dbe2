//! The simulated exchange: one per venue. It knows orders only by what was sent to it and answers
//! only by reports, exactly as a real venue would; it never looks at strategies or accounts.
//!
//! At each data point the exchange matches first; strategies see the data afterwards.

mod amend;
mod auction;
mod bar_path;
mod book;
mod book_update;
mod depth;
mod draws;
mod fees;
mod fills;
mod ladder;
mod latency;
mod lifecycle;
mod matching;
mod models;
mod offers;
mod reduce_only;
pub(crate) mod references;
mod self_match;
mod slippage;
mod triggers;
mod turnover;
pub(crate) mod waiting;

use crate::input::{SelfMatch, VenueConfig};
use crate::journal::codec::{fields, variants};
pub(crate) use auction::Phase;
use book::Book;
pub(crate) use depth::{Depth, Top};
use model::{
    AccountId, Amendment, Bar, BookRefusal, BookUpdate, Duration, Fault, FeeTier, Fees,
    InstrumentId, LatencyQuery, Liquidity, Listing, MarkPrice, Message, ModelKind, Money, OrderId,
    OrderKind, OrderKindName, PositionId, Price, Quantity, Quote, Side, StrategyId, TimeInForce,
    Timestamp, Trade, VenueModel,
};
pub(crate) use models::Broken;
use models::{Models, StagedModel};
use reduce_only::Holder;
use std::collections::{BTreeMap, VecDeque};
use turnover::Turnover;

/// A command on its way to a venue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum VenueCommand {
    /// A new order.
    Insert(VenueOrder),
    /// Change an order.
    Modify(Amendment, InstrumentId),
    /// Withdraw an order.
    Cancel(OrderId, InstrumentId),
}

impl VenueCommand {
    /// The order it is about.
    pub(crate) const fn order(&self) -> OrderId {
        match self {
            Self::Insert(order) => order.id,
            Self::Modify(amendment, _) => amendment.order,
            Self::Cancel(order, _) => *order,
        }
    }

    /// The instrument it is about.
    pub(crate) const fn instrument(&self) -> InstrumentId {
        match self {
            Self::Insert(order) => order.instrument,
            Self::Modify(_, instrument) | Self::Cancel(_, instrument) => *instrument,
        }
    }

    /// What it is to a latency model.
    const fn message(&self) -> Message {
        match self {
            Self::Insert(_) => Message::Insert,
            Self::Modify(..) => Message::Modify,
            Self::Cancel(..) => Message::Cancel,
        }
    }

    /// What the venue says when it cannot take it.
    pub(crate) const fn refusal(&self) -> ReportKind {
        match self {
            Self::Insert(_) => ReportKind::Rejected,
            Self::Modify(..) => ReportKind::UpdateRejected,
            Self::Cancel(..) => ReportKind::CancelRejected,
        }
    }
}

/// An order as the venue knows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct VenueOrder {
    pub(crate) id: OrderId,
    pub(crate) instrument: InstrumentId,
    /// Whose position it moves; the venue keeps one per owner, as for sub-accounts.
    pub(crate) owner: StrategyId,
    /// Who pays.
    pub(crate) account: AccountId,
    /// Which of the owner's positions it moves, where it has several in one instrument.
    pub(crate) position: Option<PositionId>,
    pub(crate) side: Side,
    pub(crate) kind: OrderKind,
    pub(crate) time_in_force: TimeInForce,
    pub(crate) quantity: Quantity,
    pub(crate) remaining: Quantity,
    pub(crate) post_only: bool,
    pub(crate) reduce_only: bool,
    pub(crate) display: Option<Quantity>,
    pub(crate) paid: Paid,
}

/// What an order has filled and been charged, for fees that look at the order as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Paid {
    pub(crate) value: Money,
    pub(crate) fees: Money,
    /// What the fee model said of it.
    pub(crate) accrued: Money,
}

impl VenueOrder {
    /// What of it has filled.
    pub(crate) fn filled(&self) -> Quantity {
        self.quantity.saturating_sub(self.remaining)
    }

    /// Whose position it moves, and which.
    pub(crate) fn holder(&self) -> Holder {
        (self.owner, self.position)
    }

    /// What the book shows of it at a time.
    pub(crate) fn slice(&self) -> Quantity {
        self.display
            .map_or(self.remaining, |most| most.min(self.remaining))
    }
}

/// What a venue says about an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Report {
    pub(crate) order: OrderId,
    pub(crate) instrument: InstrumentId,
    pub(crate) kind: ReportKind,
    pub(crate) ts_event: Timestamp,
}

/// The kinds of reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ReportKind {
    Accepted,
    Rejected,
    Triggered,
    Filled(Execution),
    /// The order as it is now: after a change that was asked for, because its trigger followed the
    /// market, or because its position shrank.
    Updated(Terms),
    UpdateRejected,
    Canceled,
    CancelRejected,
    Expired,
    /// It met another order of its account, and the venue keeps the two apart. What becomes of either
    /// follows.
    SelfMatch {
        other: OrderId,
        mode: SelfMatch,
    },
    /// A model of the venue broke over an order on the instrument; what it said the venue keeps.
    ModelBroke,
}

/// What of an order can change at the venue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Terms {
    pub(crate) quantity: Quantity,
    pub(crate) kind: OrderKind,
    /// What wakes it, where it still waits.
    pub(crate) trigger: Option<Price>,
    /// Whether it answers a change that was asked for.
    pub(crate) answers: bool,
}

/// An execution as the venue reports it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Execution {
    pub(crate) id: u64,
    pub(crate) price: Price,
    pub(crate) quantity: Quantity,
    pub(crate) value: Money,
    pub(crate) fee: Money,
    pub(crate) liquidity: Liquidity,
}

/// Reports in the order in which the venue made them.
pub(crate) type Reports = VecDeque<Report>;

/// A simulated venue with one book per instrument.
#[derive(Debug)]
pub(crate) struct Exchange {
    config: VenueConfig,
    connected: bool,
    models: Models,
    books: Vec<Option<Book>>,
    executions: u64,
    /// What accounts traded, where that decides about fees.
    turnovers: Option<BTreeMap<AccountId, Turnover>>,
    /// Faults of models that a report tells of, oldest first.
    broken: VecDeque<Broken>,
    self_match: SelfMatch,
}

impl Exchange {
    /// A venue with the models that its definition sets, or that were staged for it.
    pub(crate) fn new(config: VenueConfig, staged: Vec<VenueModel>) -> Self {
        let models = Models::new(&config, staged);
        Self {
            turnovers: models.asks_for_turnover().then(BTreeMap::new),
            models,
            // A venue outside must show that it is there.
            connected: config.external.is_none(),
            config,
            books: Vec::new(),
            executions: 0,
            broken: VecDeque::new(),
            self_match: SelfMatch::default(),
        }
    }

    /// The models in force that are not built in.
    pub(crate) fn staged_models(&mut self) -> impl Iterator<Item = StagedModel<'_>> {
        self.models.staged()
    }

    /// Takes over models that are not built in.
    pub(crate) fn take_ports(&mut self, from: &mut Self) {
        self.models.take_ports(&mut from.models);
    }

    /// Puts a model in force after its venue was read from a snapshot.
    pub(crate) fn put_model(&mut self, model: VenueModel) {
        self.models.put(model);
    }

    pub(crate) fn config(&self) -> &VenueConfig {
        &self.config
    }

    /// Whether it does not take orders of a type; the host then does what it can for it.
    pub(crate) fn lacks(&self, kind: OrderKindName) -> bool {
        self.config.lacks.contains(&kind)
    }

    /// Whether it is outside: no order is matched here then.
    pub(crate) fn is_external(&self) -> bool {
        self.config.external.is_some()
    }

    /// Makes a venue outside a simulated one, whose executions are numbered on from the last.
    pub(crate) fn simulate(&mut self, last_execution: u64) {
        if self.config.external.take().is_some() {
            self.connected = true;
            self.executions = self.executions.max(last_execution);
        }
    }

    pub(crate) fn is_connected(&self) -> bool {
        self.connected
    }

    pub(crate) fn set_connected(&mut self, connected: bool) {
        self.connected = connected;
    }

    /// Begins to trade an instrument; fails with the model that does not take it.
    pub(crate) fn list(&mut self, listing: &Listing<'_>) -> Result<(), Broken> {
        let ceiling = self.models.list(listing)?;
        let place = listing.id.index();
        if self.books.len() <= place {
            self.books.resize_with(place + 1, || None);
        }
        self.books[place] = Some(Book::new(listing.id, listing.instrument, ceiling));
        Ok(())
    }

    /// Makes a later call of a model end in a fault.
    pub(crate) fn expect_fault(&mut self, kind: ModelKind, call: u64, fault: Fault) {
        self.models.expect_fault(kind, call, fault);
    }

    /// Sets the fee tiers of an instrument; `false` where the venue's fees are not built in.
    pub(crate) fn set_tiers(&mut self, instrument: InstrumentId, tiers: Vec<FeeTier>) -> bool {
        let Some(ceiling) = self.models.set_tiers(instrument, tiers) else {
            return false;
        };
        if let Some(Some(book)) = self.books.get_mut(instrument.index()) {
            book.ceiling = ceiling;
        }
        self.turnovers.get_or_insert_default();
        true
    }

    /// Sets what becomes of orders of one account that meet; `false` where the venue is outside, which
    /// has its own way.
    pub(crate) fn set_self_match(&mut self, mode: SelfMatch) -> bool {
        if self.is_external() {
            return false;
        }
        self.self_match = mode;
        true
    }

    /// Fees that no order on an instrument exceeds.
    pub(crate) fn fee_ceiling(&self, instrument: InstrumentId) -> Option<&Fees> {
        let book = self.books.get(instrument.index())?.as_ref()?;
        Some(&book.ceiling)
    }

    /// Whether fees depend on what accounts trade.
    pub(crate) fn counts_turnover(&self) -> bool {
        self.turnovers.is_some()
    }

    /// Counts what an account traded.
    pub(crate) fn count_turnover(&mut self, account: AccountId, value: Money, now: Timestamp) {
        if let Some(turnovers) = &mut self.turnovers {
            turnovers.entry(account).or_default().count(value, now);
        }
    }

    /// How long `command` takes to arrive; asked anew for each command. `None` when the model broke.
    pub(crate) fn delay(&mut self, command: &VenueCommand, now: Timestamp) -> Option<Duration> {
        if self.is_external() {
            return Some(Duration::ZERO);
        }
        self.ask_delay(command.message(), command.instrument(), now)
    }

    fn ask_delay(
        &mut self,
        message: Message,
        instrument: InstrumentId,
        now: Timestamp,
    ) -> Option<Duration> {
        let query = LatencyQuery {
            message,
            instrument,
            now,
        };
        let delay = self.models.delay(&query);
        self.broken.extend(self.models.take_broken());
        delay
    }

    /// Whether data takes time to the host.
    pub(crate) fn delays_data(&self) -> bool {
        self.models.delays_data() && !self.is_external()
    }

    /// How long data takes to the host. `None` when the model broke.
    pub(crate) fn delay_data(
        &mut self,
        instrument: InstrumentId,
        now: Timestamp,
    ) -> Option<Duration> {
        self.ask_delay(Message::Data, instrument, now)
    }

    /// The oldest fault of a model that was not taken yet.
    pub(crate) fn take_broken(&mut self) -> Option<Broken> {
        self.broken.pop_front()
    }

    pub(crate) fn on_command(
        &mut self,
        command: VenueCommand,
        now: Timestamp,
        reports: &mut Reports,
    ) {
        let (order, instrument) = (command.order(), command.instrument());
        let taken = match &command {
            VenueCommand::Insert(order) => !self.lacks(order.kind.name()),
            VenueCommand::Modify(..) | VenueCommand::Cancel(..) => true,
        };
        let handled = taken
            && self.with_book(instrument, now, reports, |book, desk| match command {
                VenueCommand::Insert(order) => book.insert(order, desk),
                VenueCommand::Modify(amendment, _) => book.amend(&amendment, desk),
                VenueCommand::Cancel(order, _) => book.cancel(order, desk),
            });
        if !handled {
            reports.push_back(Report {
                order,
                instrument,
                kind: command.refusal(),
                ts_event: now,
            });
        }
    }

    /// Ends an order whose time is over; says nothing when it is gone already.
    pub(crate) fn expire(
        &mut self,
        order: OrderId,
        instrument: InstrumentId,
        now: Timestamp,
        reports: &mut Reports,
    ) {
        self.with_book(instrument, now, reports, |book, desk| {
            book.expire(order, desk)
        });
    }

    pub(crate) fn on_quote(&mut self, quote: &Quote, now: Timestamp, reports: &mut Reports) {
        self.with_book(quote.instrument, now, reports, |book, desk| {
            book.on_quote(quote, desk)
        });
    }

    /// Applies a batch to a book; its top afterwards, where both sides have one. `None` for an
    /// instrument that is not listed here.
    pub(crate) fn on_book(
        &mut self,
        update: &BookUpdate,
        now: Timestamp,
        reports: &mut Reports,
    ) -> Option<Result<Option<Top>, BookRefusal>> {
        let mut applied = None;
        self.with_book(update.instrument, now, reports, |book, desk| {
            applied = Some(book.on_book(update, desk));
        });
        applied
    }

    /// The order book with depth, where the venue publishes one and it is known.
    pub(crate) fn depth(&self, instrument: InstrumentId) -> Option<&Depth> {
        let book = self.books.get(instrument.index())?.as_ref()?;
        book.depth.as_deref().filter(|depth| depth.is_known())
    }

    pub(crate) fn on_trade(&mut self, trade: &Trade, now: Timestamp, reports: &mut Reports) {
        self.with_book(trade.instrument, now, reports, |book, desk| {
            book.on_trade(trade, desk)
        });
    }

    pub(crate) fn on_bar(&mut self, bar: &Bar, now: Timestamp, reports: &mut Reports) {
        self.with_book(bar.instrument, now, reports, |book, desk| {
            book.on_bar(bar, desk)
        });
    }

    pub(crate) fn on_mark(&mut self, mark: &MarkPrice, now: Timestamp, reports: &mut Reports) {
        self.with_book(mark.instrument, now, reports, |book, desk| {
            book.on_mark(mark, desk)
        });
    }

    /// The venue opens, halts or closes an instrument.
    pub(crate) fn set_phase(
        &mut self,
        instrument: InstrumentId,
        phase: Phase,
        now: Timestamp,
        reports: &mut Reports,
    ) {
        self.with_book(instrument, now, reports, |book, desk| {
            book.set_phase(phase, desk)
        });
    }

    /// What is left of an order on the venue's book; for the invariants.
    pub(crate) fn remaining(&self, order: OrderId, instrument: InstrumentId) -> Option<Quantity> {
        self.books
            .get(instrument.index())?
            .as_ref()?
            .remaining(order)
    }

    fn with_book(
        &mut self,
        instrument: InstrumentId,
        now: Timestamp,
        reports: &mut Reports,
        act: impl FnOnce(&mut Book, &mut Desk<'_>),
    ) -> bool {
        let Some(Some(book)) = self.books.get_mut(instrument.index()) else {
            return false;
        };
        let mut desk = Desk {
            now,
            executions: &mut self.executions,
            models: &mut self.models,
            turnovers: self.turnovers.as_ref(),
            self_match: self.self_match,
            reports,
        };
        act(book, &mut desk);
        while let Some(broken) = self.models.take_broken() {
            self.broken.push_back(broken);
            // After whatever the venue did, so that nothing it says later meets a closed order.
            reports.push_back(Report {
                order: OrderId::default(),
                instrument,
                kind: ReportKind::ModelBroke,
                ts_event: now,
            });
        }
        true
    }
}

/// Where a book writes what it did.
pub(crate) struct Desk<'a> {
    now: Timestamp,
    executions: &'a mut u64,
    models: &'a mut Models,
    turnovers: Option<&'a BTreeMap<AccountId, Turnover>>,
    self_match: SelfMatch,
    reports: &'a mut Reports,
}

impl Desk<'_> {
    fn report(&mut self, order: &VenueOrder, kind: ReportKind) {
        self.report_on(order.id, order.instrument, kind);
    }

    fn report_on(&mut self, order: OrderId, instrument: InstrumentId, kind: ReportKind) {
        self.reports.push_back(Report {
            order,
            instrument,
            kind,
            ts_event: self.now,
        });
    }

    /// What an account traded within thirty days.
    fn turnover(&self, account: AccountId) -> Money {
        let turnover = self.turnovers.and_then(|turnovers| turnovers.get(&account));
        turnover.map_or(Money::ZERO, |turnover| turnover.at(self.now))
    }

    fn next_execution(&mut self) -> u64 {
        *self.executions += 1;
        *self.executions
    }
}

fields! {
    VenueOrder {
        id, instrument, owner, account, position, side, kind, time_in_force, quantity,
        remaining, post_only, reduce_only, display, paid,
    }
    Paid { value, fees, accrued }
    Exchange { config, connected, models, books, executions, turnovers, broken, self_match }
}
variants!(VenueCommand {
    0 => Insert(order),
    1 => Modify(amendment, instrument),
    2 => Cancel(order, instrument),
});
