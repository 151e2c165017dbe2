//! A run in words that a trader reads: what came in and what became of orders.

use engine::{Command, Effect, Input, VenueEvent};
use model::{
    AccountId, InstrumentId, OrderChange, OrderId, OrderUpdate, Outbound, OutboundCommand, Price,
    Timestamp, VenueExecution, VenueOrderId, VenueReport, VenueReportKind,
};

/// Lines of a run, or nothing when nobody listens.
#[derive(Debug, Default)]
pub(super) struct Trace {
    lines: Option<Vec<String>>,
}

impl Trace {
    /// One that listens.
    pub(super) fn listening() -> Self {
        Self {
            lines: Some(Vec::new()),
        }
    }

    /// What it heard.
    pub(super) fn lines(self) -> Vec<String> {
        self.lines.unwrap_or_default()
    }

    /// Adds a line.
    pub(super) fn say(&mut self, time: Timestamp, text: impl FnOnce() -> String) {
        if let Some(lines) = &mut self.lines {
            lines.push(format!("{} {}", clock(time), text()));
        }
    }

    /// What comes in.
    pub(super) fn input(&mut self, time: Timestamp, input: &Input) {
        if self.lines.is_some()
            && let Some(text) = input_in_words(input)
        {
            self.say(time, || text);
        }
    }

    /// What it led to.
    pub(super) fn effect(&mut self, time: Timestamp, effect: &Effect) {
        if self.lines.is_some()
            && let Some(text) = effect_in_words(effect)
        {
            self.say(time, || format!("  {text}"));
        }
    }
}

/// The time of day.
fn clock(time: Timestamp) -> String {
    let nanos = time.nanos() % 86_400_000_000_000;
    let (seconds, millis) = (nanos / 1_000_000_000, nanos / 1_000_000 % 1_000);
    let (hours, minutes) = (seconds / 3_600, seconds / 60 % 60);
    format!("{hours:02}:{minutes:02}:{:02}.{millis:03}", seconds % 60)
}

fn symbol(instrument: InstrumentId) -> String {
    format!("I{:02}", instrument.number())
}

fn input_in_words(input: &Input) -> Option<String> {
    let text = match input {
        Input::Quote(quote) => format!(
            "{} quote {} x {} / {} x {}",
            symbol(quote.instrument),
            quote.bid,
            quote.bid_size,
            quote.ask,
            quote.ask_size
        ),
        Input::Trade(trade) => {
            let symbol = symbol(trade.instrument);
            format!("{symbol} trade {} x {}", trade.price, trade.size)
        }
        Input::Command(command) => match &**command {
            Command::Start { strategy, .. } => format!("start strategy {}", strategy.number()),
            Command::PlaceOrders(_, orders) => {
                format!("by hand: {} order(s)", orders.len())
            }
            other => format!("command {other:?}"),
        },
        Input::VenueReport(report) => format!("host hears {}", report_in_words(report)),
        Input::VenueSnapshot(snapshot) => format!(
            "host hears snapshot {} of account {} as of {}: {} orders, {} executions",
            snapshot.request,
            snapshot.account.number(),
            snapshot.as_of.nanos(),
            snapshot.orders.len(),
            snapshot.executions.len()
        ),
        _ => return None,
    };
    Some(text)
}

fn effect_in_words(effect: &Effect) -> Option<String> {
    match effect {
        Effect::Order(update, order) => {
            let change = change_in_words(update);
            let kind = order.kind.name();
            Some(format!(
                "order {} strategy {} {:?} {} {} {kind:?}: {change}",
                update.order,
                update.strategy.number(),
                update.side,
                update.quantity,
                symbol(update.instrument),
            ))
        }
        Effect::Position(update) => Some(format!(
            "strategy {} holds {} {}",
            update.strategy.number(),
            update.state.quantity,
            symbol(update.instrument)
        )),
        Effect::Venue(event) => venue_in_words(event),
        Effect::Ignored(why) => Some(format!("ignored: {why}")),
        Effect::Fault(strategy, fault) => {
            Some(format!("strategy {} broke: {fault}", strategy.number()))
        }
        _ => None,
    }
}

fn venue_in_words(event: &VenueEvent) -> Option<String> {
    let account = |account: &AccountId| format!("account {}", account.number());
    let text = match event {
        VenueEvent::Ruled {
            rule,
            account: whose,
            order,
        } => {
            let order = order.map_or(String::new(), |order| format!(", order {order}"));
            format!("{}{order}: {}", account(whose), rule.name())
        }
        VenueEvent::InDoubt(order) => format!("order {order} is in doubt"),
        VenueEvent::Clear(order) => format!("order {order} is clear again"),
        VenueEvent::Busted(fill) => {
            let symbol = symbol(fill.instrument);
            format!(
                "order {}: {} {symbol} taken back",
                fill.order, fill.quantity
            )
        }
        VenueEvent::Standing(whose, standing) => format!("{} {}", account(whose), standing.name()),
        VenueEvent::Difference {
            account: whose,
            instrument,
            ours,
            theirs,
        } => {
            let symbol = symbol(*instrument);
            format!(
                "{} holds {ours} {symbol}, the venue says {theirs}",
                account(whose)
            )
        }
        VenueEvent::SelfMatch { order, other, mode } => {
            format!("order {order} met {other} of its account: {}", mode.name())
        }
        VenueEvent::Connected(_, connected) => format!("venue connected: {connected}"),
        VenueEvent::Refused(..) | VenueEvent::Executed { .. } | VenueEvent::Compared(_) => {
            return None;
        }
    };
    Some(text)
}

/// What the venue is asked to do.
pub(super) fn command_in_words(message: &Outbound) -> String {
    let about = |order: &Option<OrderId>, venue_order: &Option<VenueOrderId>| {
        let order = order.map_or(String::new(), |order| format!(" {order}"));
        let name = venue_order
            .as_ref()
            .map_or(String::new(), |name| format!(" {name}"));
        format!("{order}{name}")
    };
    match &message.command {
        OutboundCommand::Insert(request) => format!(
            "insert {} {:?} {} {} {:?} {:?}",
            request.id,
            request.side,
            request.quantity,
            symbol(request.instrument),
            request.kind,
            request.time_in_force
        ),
        OutboundCommand::Modify {
            amendment,
            venue_order,
        } => {
            let quantity = amendment
                .quantity
                .map_or(String::new(), |to| format!(" to {to}"));
            let price = amendment
                .price
                .map_or(String::new(), |at| format!(" at {at}"));
            format!(
                "modify{}{quantity}{price}",
                about(&Some(amendment.order), venue_order)
            )
        }
        OutboundCommand::Cancel { order, venue_order } => {
            format!("cancel{}", about(order, venue_order))
        }
        OutboundCommand::Query { order, venue_order } => {
            format!("query {}:{}", message.number, about(order, venue_order))
        }
        OutboundCommand::Snapshot { since } => format!(
            "snapshot {} of account {} since {}",
            message.number,
            message.account.number(),
            since.nanos()
        ),
    }
}

/// What the venue says.
pub(super) fn report_in_words(report: &VenueReport) -> String {
    let order = report
        .order
        .map_or(String::new(), |order| format!(" {order}"));
    let name = report.venue_order.as_ref();
    let name = name.map_or(String::new(), |name| format!(" {name}"));
    let execution = |each: &VenueExecution| {
        let symbol = symbol(each.instrument);
        let (id, revision) = (&each.id, each.revision);
        let (side, quantity, price) = (each.side, each.quantity, each.price);
        format!("{id}.{revision} {side:?} {quantity} {symbol} @ {price}")
    };
    let said = match &report.kind {
        VenueReportKind::Filled(each) => format!("filled {}", execution(each)),
        VenueReportKind::Corrected(each) => format!("corrected {}", execution(each)),
        VenueReportKind::Busted {
            execution,
            revision,
        } => format!("busted {execution}.{revision}"),
        VenueReportKind::State { query, order } => format!(
            "answers {query}: {:?} {} of {}",
            order.status, order.filled, order.quantity
        ),
        other => format!("{other:?}"),
    };
    format!("{}{order}{name} {said}", report.ts_event.nanos())
}

fn change_in_words(update: &OrderUpdate) -> String {
    let price = |price: Option<Price>| price.map_or(String::new(), |price| format!(" {price}"));
    match &update.change {
        OrderChange::Denied(code) => format!("DENIED {code}"),
        OrderChange::UpdateDenied(code) => format!("change denied {code}"),
        OrderChange::Filled(fill) => format!(
            "{} {} @ {}",
            update.status.name(),
            fill.quantity,
            fill.price
        ),
        OrderChange::Updated { price: at, trigger } => {
            format!("changed{}{}", price(*at), price(*trigger))
        }
        _ => update.status.name().to_owned(),
    }
}
