//! Venues, and what happened without a trade, as the table of a host holds it at the beginning.

use crate::fake::{EMA, EURUSD, NOON, fill, number};
use engine::{
    Ambiguity, DrawnLatency, ExternalVenue, FillChances, Latency, Quantiles, SelfMatch, Standing,
    VenueConfig, VenueModels,
};
use model::{
    AccountId, CashFlow, CashFlowReason, CurrencyId, Duration, Fault, FaultKind, LifeEvent,
    LifeEventKind, MarginState, MarginStatus, ModelKind, ModelSpec, OrderId, OrderKindName,
    PositionChange, Quantity, Timestamp, VenueId,
};
use services::view::{
    CashFlowView, DifferenceView, LifeEventView, ModelFaultView, OutsideView, RefusalView,
    StandingView, TakenBackView, VenueView, WhatHappened,
};

const NOW: Timestamp = Timestamp::from_nanos(NOON);
const ACCOUNT: AccountId = AccountId::new(0);

fn config() -> VenueConfig {
    let nanos = [0, 5, 90].map(Duration::from_nanos);
    VenueConfig {
        name: "SIM".into(),
        latency: Latency {
            insert: Duration::from_millis(2),
            drawn: DrawnLatency {
                feed: Quantiles(nanos.to_vec()),
                ..DrawnLatency::default()
            },
            ..Latency::default()
        },
        chances: Some(FillChances {
            touch: number("0.4"),
            ..FillChances::default()
        }),
        models: VenueModels {
            fee: Some(ModelSpec {
                name: "house".into(),
                parameters: Vec::new(),
            }),
            ..VenueModels::default()
        },
        lacks: vec![OrderKindName::StopMarket],
        ..VenueConfig::default()
    }
}

/// A simulated venue, whose model of fees broke.
pub(crate) fn venue() -> VenueView {
    VenueView {
        id: VenueId::new(0),
        config: config(),
        self_match: SelfMatch::CancelOldest,
        outside: None,
        model_faults: vec![ModelFaultView {
            time: NOW,
            sequence: 12,
            model: ModelKind::Fee,
            instrument: EURUSD,
            fault: Fault {
                kind: FaultKind::BadOutput,
                message: "beyond the ceiling".into(),
            },
        }],
    }
}

/// A venue outside, which holds another position than we count.
pub(crate) fn outside() -> VenueView {
    let whole = |units| Quantity::whole(units).unwrap().long();
    let standing = StandingView {
        account: ACCOUNT,
        standing: Standing::Differs,
        since: NOW,
        compared: Some(NOW),
        differences: vec![DifferenceView {
            instrument: EURUSD,
            ours: whole(1_000),
            theirs: whole(2_000),
        }],
    };
    VenueView {
        id: VenueId::new(1),
        config: VenueConfig {
            name: "OUT".into(),
            external: Some(ExternalVenue::default()),
            ..VenueConfig::default()
        },
        self_match: SelfMatch::None,
        outside: Some(OutsideView {
            connected: true,
            since: Some(NOW),
            accounts: vec![standing],
            in_doubt: [OrderId::derive(9, 0).unwrap()].into(),
            ruled: [(Ambiguity::AckLost, 3)].into(),
            refusals: vec![RefusalView {
                time: NOW,
                order: OrderId::derive(9, 0).unwrap(),
                reason: "no margin".into(),
            }],
            taken_back: vec![TakenBackView {
                time: NOW,
                fill: fill(1),
            }],
        }),
        model_faults: Vec::new(),
    }
}

fn flow(sequence: u64, flow: CashFlow) -> CashFlowView {
    CashFlowView {
        number: sequence,
        sequence,
        flow,
    }
}

/// Three dollars that a position paid.
pub(crate) fn funding(sequence: u64) -> CashFlowView {
    let funding = CashFlow {
        account: ACCOUNT,
        position: Some((EMA, EURUSD)),
        reason: CashFlowReason::Position(PositionChange::Funding),
        currency: CurrencyId::new(0),
        amount: number("-3.25"),
        ts_event: NOW,
    };
    flow(sequence, funding)
}

/// Euros that came for dollars.
pub(crate) fn conversion(sequence: u64) -> CashFlowView {
    let conversion = CashFlow {
        account: ACCOUNT,
        position: None,
        reason: CashFlowReason::Conversion,
        currency: CurrencyId::new(1),
        amount: number("100"),
        ts_event: NOW,
    };
    flow(sequence, conversion)
}

fn life(sequence: u64, what: WhatHappened) -> LifeEventView {
    LifeEventView {
        number: sequence,
        sequence,
        what,
    }
}

/// Something that happened to euros.
pub(crate) fn instrument_event(sequence: u64, kind: LifeEventKind) -> LifeEventView {
    let event = LifeEvent {
        instrument: EURUSD,
        kind,
        ts_event: NOW,
    };
    life(sequence, WhatHappened::Instrument(event))
}

/// Two for one.
pub(crate) fn split(sequence: u64) -> LifeEventView {
    let split = LifeEventKind::Split {
        numerator: 2,
        denominator: 1,
    };
    instrument_event(sequence, split)
}

/// The account's margin changed its state.
pub(crate) fn margin(sequence: u64, state: MarginState) -> LifeEventView {
    let status = MarginStatus {
        state,
        equity: number("900"),
        maintenance: number("1000"),
        since: NOW,
    };
    life(sequence, WhatHappened::Margin(ACCOUNT, status))
}

/// The account was called.
pub(crate) fn margin_call(sequence: u64) -> LifeEventView {
    margin(sequence, MarginState::Called)
}
