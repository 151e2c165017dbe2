//! The models in force at a venue, built in or staged, and what becomes of their answers: checked
//! against what was offered, and counted as a fault where they do not fit.

use super::fees::ScheduledFees;
use super::fills::{ProbableFills, StandardFills};
use super::latency::DrawnLatencies;
use crate::input::VenueConfig;
use crate::journal::codec::{Decode, DecodeError, Encode, fields, variants};
use model::{
    Charge, Duration, Fault, FaultKind, FeeModel, FeeQuery, FeeTier, Fees, FillAnswer, FillModel,
    FillQuery, Instrument, InstrumentId, LatencyModel, LatencyQuery, ModelKind, Money, NumberError,
    Price, Side, Stateful, VenueModel,
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

/// A model that is not built in, and its state, if that can be kept.
pub(crate) type StagedModel<'a> = (ModelKind, Option<&'a mut dyn Stateful>);

/// Stands where a snapshot had a model that is not built in, until that is made again. Should it ever
/// be asked, it broke.
struct Absent;

impl Absent {
    fn fault<T>() -> Result<T, Fault> {
        Err(bad_output("the model was not made again"))
    }
}

impl FillModel for Absent {
    fn fill(&mut self, _: &FillQuery) -> Result<FillAnswer, Fault> {
        Self::fault()
    }
}

impl FeeModel for Absent {
    fn ceiling(&self, instrument: &Instrument) -> Fees {
        instrument.fees
    }

    fn charge(&mut self, _: &FeeQuery) -> Result<Charge, Fault> {
        Self::fault()
    }
}

impl LatencyModel for Absent {
    fn delays_data(&self) -> bool {
        true
    }

    fn delay(&mut self, _: &LatencyQuery) -> Result<Duration, Fault> {
        Self::fault()
    }
}

macro_rules! absent {
    ($($port:ident),*) => {$(
        impl Encode for Box<dyn $port> {
            fn encode(&self, _: &mut Vec<u8>) {}
        }
        impl Decode for Box<dyn $port> {
            fn decode(_: &mut &[u8]) -> Result<Self, DecodeError> {
                Ok(Box::new(Absent))
            }
        }
    )*};
}
absent!(FillModel, FeeModel, LatencyModel);

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
        staged.into_iter().for_each(|model| models.put(model));
        models.delays_data = match &models.latencies {
            Latencies::Drawn(model) => model.delays_data(),
            Latencies::Staged(model) => model.delays_data(),
        };
        models
    }

    /// Puts a model in the place of the one in force.
    pub(crate) fn put(&mut self, model: VenueModel) {
        match model {
            VenueModel::Fill(fills) => self.fills = Fills::Staged(fills),
            VenueModel::Fee(fees) => self.charges = Charges::Staged(fees),
            VenueModel::Latency(delays) => self.latencies = Latencies::Staged(delays),
        }
    }

    /// Takes over models that are not built in.
    pub(crate) fn take_ports(&mut self, from: &mut Self) {
        if let Fills::Staged(model) = &mut from.fills {
            self.put(VenueModel::Fill(std::mem::replace(model, Box::new(Absent))));
        }
        if let Charges::Staged(model) = &mut from.charges {
            self.put(VenueModel::Fee(std::mem::replace(model, Box::new(Absent))));
        }
        if let Latencies::Staged(model) = &mut from.latencies {
            self.put(VenueModel::Latency(std::mem::replace(
                model,
                Box::new(Absent),
            )));
        }
    }

    /// The models that are not built in.
    pub(crate) fn staged(&mut self) -> impl Iterator<Item = StagedModel<'_>> {
        let fills = match &mut self.fills {
            Fills::Staged(model) => Some((ModelKind::Fill, model.stateful())),
            Fills::Standard(_) | Fills::Probable(_) => None,
        };
        let charges = match &mut self.charges {
            Charges::Staged(model) => Some((ModelKind::Fee, model.stateful())),
            Charges::Scheduled(_) => None,
        };
        let latencies = match &mut self.latencies {
            Latencies::Staged(model) => Some((ModelKind::Latency, model.stateful())),
            Latencies::Drawn(_) => None,
        };
        [fills, charges, latencies].into_iter().flatten()
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

fields! {
    Broken { kind, fault }
    Models { fills, charges, latencies, delays_data, broken }
}
variants!(Fills { 0 => Standard(model), 1 => Probable(model), 2 => Staged(model) });
variants!(Charges { 0 => Scheduled(model), 1 => Staged(model) });
variants!(Latencies { 0 => Drawn(model), 1 => Staged(model) });
