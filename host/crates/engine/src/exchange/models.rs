//! The models in force at a venue, built in or staged, and what becomes of their answers: checked
//! against what was offered, and counted as a fault where they do not fit.

use super::fees::ScheduledFees;
use super::fills::{ProbableFills, StandardFills};
use super::latency::DrawnLatencies;
use crate::input::VenueConfig;
use model::{
    Charge, Duration, Fault, FaultKind, FeeModel, FeeQuery, FeeTier, Fees, FillAnswer, FillModel,
    FillQuery, Instrument, InstrumentId, LatencyModel, LatencyQuery, ModelKind, Money, NumberError,
    Price, Side, VenueModel,
};
use std::collections::VecDeque;
use std::fmt;

enum Fills {
    Standard(StandardFills),
    Probable(ProbableFills),
    Staged(Box<dyn FillModel>),
}

enum Charges {
    Scheduled(ScheduledFees),
    Staged(Box<dyn FeeModel>),
}

enum Latencies {
    Drawn(DrawnLatencies),
    Staged(Box<dyn LatencyModel>),
}

/// A model that broke.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Broken {
    pub(crate) kind: ModelKind,
    pub(crate) fault: Fault,
}

/// The models of one venue.
pub(crate) struct Models {
    fills: Fills,
    charges: Charges,
    latencies: Latencies,
    delays_data: bool,
    /// Faults that were not taken yet, oldest first.
    broken: VecDeque<Broken>,
}

impl fmt::Debug for Models {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Models").finish_non_exhaustive()
    }
}

impl Models {
    /// The built-in models as a venue's definition sets them, with staged ones in their place.
    pub(crate) fn new(config: &VenueConfig, staged: Vec<VenueModel>) -> Self {
        let standard = StandardFills {
            slippage: config.slippage,
        };
        let mut models = Self {
            fills: match config.chances {
                None => Fills::Standard(standard),
                Some(chances) => Fills::Probable(ProbableFills { standard, chances }),
            },
            charges: Charges::Scheduled(ScheduledFees::default()),
            latencies: Latencies::Drawn(DrawnLatencies::new(config.latency.clone())),
            delays_data: false,
            broken: VecDeque::new(),
        };
        for model in staged {
            match model {
                VenueModel::Fill(fills) => models.fills = Fills::Staged(fills),
                VenueModel::Fee(fees) => models.charges = Charges::Staged(fees),
                VenueModel::Latency(delays) => models.latencies = Latencies::Staged(delays),
            }
        }
        models.delays_data = match &models.latencies {
            Latencies::Drawn(model) => model.delays_data(),
            Latencies::Staged(model) => model.delays_data(),
        };
        models
    }

    /// Whether data takes time to the host.
    pub(crate) fn delays_data(&self) -> bool {
        self.delays_data
    }

    /// Takes in an instrument; gives the fees that no order on it exceeds.
    pub(crate) fn list(&mut self, id: InstrumentId, instrument: &Instrument) -> Fees {
        match &mut self.charges {
            Charges::Scheduled(fees) => {
                fees.list(id, instrument.fees);
                fees.ceiling(instrument)
            }
            Charges::Staged(model) => model.ceiling(instrument),
        }
    }

    /// Sets tiers; gives the fees that no order exceeds. `None` where fees are not built in.
    pub(crate) fn set_tiers(&mut self, id: InstrumentId, tiers: Vec<FeeTier>) -> Option<Fees> {
        match &mut self.charges {
            Charges::Scheduled(fees) => Some(fees.set_tiers(id, tiers)),
            Charges::Staged(_) => None,
        }
    }

    /// What of an order fills; nothing where the model broke.
    pub(crate) fn fill(&mut self, query: &FillQuery, whole: bool) -> Option<FillAnswer> {
        let answer = match &mut self.fills {
            Fills::Standard(model) => return model.fill(query).ok(),
            Fills::Probable(model) => model.fill(query),
            Fills::Staged(model) => model.fill(query),
        };
        let checked = answer.and_then(|answer| checked_fill(query, answer, whole));
        self.unless_broken(ModelKind::Fill, checked)
    }

    /// What a fill costs; nothing where that cannot be told. `ceiling` is what was told to the gate.
    pub(crate) fn charge(&mut self, query: &FeeQuery, ceiling: &Fees) -> Option<Charge> {
        match &mut self.charges {
            // What overflows ends the order, and is no fault of the model.
            Charges::Scheduled(model) => model.charge(query).ok(),
            Charges::Staged(model) => {
                let charge = model.charge(query);
                let checked = charge.and_then(|charge| checked_charge(query, charge, ceiling));
                self.unless_broken(ModelKind::Fee, checked)
            }
        }
    }

    /// How long something takes; nothing where the model broke.
    pub(crate) fn delay(&mut self, query: &LatencyQuery) -> Option<Duration> {
        match &mut self.latencies {
            Latencies::Drawn(model) => Some(model.draw(query.message)),
            Latencies::Staged(model) => {
                let delay = model.delay(query);
                self.unless_broken(ModelKind::Latency, delay)
            }
        }
    }

    /// The oldest fault that was not taken yet.
    pub(crate) fn take_broken(&mut self) -> Option<Broken> {
        self.broken.pop_front()
    }

    fn unless_broken<T>(&mut self, kind: ModelKind, answer: Result<T, Fault>) -> Option<T> {
        match answer {
            Ok(answer) => Some(answer),
            Err(fault) => {
                self.broken.push_back(Broken { kind, fault });
                None
            }
        }
    }
}

fn bad_output(message: &str) -> Fault {
    Fault {
        kind: FaultKind::BadOutput,
        message: message.to_owned(),
    }
}

fn checked_fill(query: &FillQuery, answer: FillAnswer, whole: bool) -> Result<FillAnswer, Fault> {
    if answer.quantity > query.offered {
        return Err(bad_output("more fills than was offered"));
    }
    if answer.price <= Price::ZERO {
        return Err(bad_output("the price of a fill is not positive"));
    }
    let beyond = query.limit.is_some_and(|limit| match query.side {
        Side::Buy => answer.price > limit,
        Side::Sell => answer.price < limit,
    });
    if beyond {
        return Err(bad_output("a fill is worse than the order's limit"));
    }
    Ok(FillAnswer {
        quantity: if whole {
            query.offered
        } else {
            answer.quantity
        },
        ..answer
    })
}

fn checked_charge(query: &FeeQuery, charge: Charge, ceiling: &Fees) -> Result<Charge, Fault> {
    let exceeds = || -> Result<bool, NumberError> {
        let value = query.filled_value.checked_add(query.value.magnitude()?)?;
        let filled = query.filled.checked_add(query.quantity)?;
        let charged: Money = query.charged.checked_add(charge.fee)?;
        Ok(charged > ceiling.most(value, filled)?)
    };
    match exceeds() {
        Ok(false) => Ok(charge),
        Ok(true) => Err(bad_output(
            "an order is charged more than the model's ceiling",
        )),
        Err(error) => Err(bad_output(&error.to_string())),
    }
}
