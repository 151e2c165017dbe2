//! The models in force at a venue, built in or staged, and what becomes of their answers: checked
//! against what was offered, and counted as a fault where they do not fit.

use super::fees::ScheduledFees;
use super::fills::{ProbableFills, StandardFills};
use super::latency::DrawnLatencies;
use crate::input::VenueConfig;
use crate::journal::codec::{Decode, DecodeError, Encode, fields, variants};
use model::{
    Charge, Duration, Fault, FaultKind, FeeModel, FeeQuery, FeeTier, Fees, FillAnswer, FillModel,
    FillQuery, InstrumentId, LatencyModel, LatencyQuery, Listing, ModelKind, Money, NumberError,
    Price, Side, Stateful, VenueModel,
};
use std::collections::VecDeque;
use std::fmt;

enum Fills {
    Standard(StandardFills),
    Probable(ProbableFills),
    Staged(Staged<dyn FillModel>),
}

enum Charges {
    Scheduled(ScheduledFees),
    Staged(Staged<dyn FeeModel>),
}

enum Latencies {
    Drawn(DrawnLatencies),
    Staged(Staged<dyn LatencyModel>),
}

/// A model that is not built in.
struct Staged<M: ?Sized> {
    model: Box<M>,
    /// Times it was asked; names each fault in the journal.
    calls: u64,
    /// Faults that calls must end in, whatever the model says.
    expected: Vec<(u64, Fault)>,
}

impl<M: ?Sized> Staged<M> {
    const fn new(model: Box<M>) -> Self {
        Self {
            model,
            calls: 0,
            expected: Vec::new(),
        }
    }

    fn ask<T>(
        &mut self,
        kind: ModelKind,
        ask: impl FnOnce(&mut M) -> Result<T, Fault>,
    ) -> Result<T, Broken> {
        self.calls += 1;
        let call = self.calls;
        let expected = self.expected.iter().position(|(other, _)| *other == call);
        let said = match expected {
            Some(place) => Err(self.expected.swap_remove(place).1),
            None => ask(&mut self.model),
        };
        said.map_err(|fault| Broken { kind, call, fault })
    }
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
    fn ceiling(&mut self, _: &Listing<'_>) -> Result<Fees, Fault> {
        Self::fault()
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

impl<M: ?Sized> Encode for Staged<M>
where
    Box<M>: Encode,
{
    fn encode(&self, out: &mut Vec<u8>) {
        let Self {
            model,
            calls,
            expected,
        } = self;
        model.encode(out);
        calls.encode(out);
        expected.encode(out);
    }
}

impl<M: ?Sized> Decode for Staged<M>
where
    Box<M>: Decode,
{
    fn decode(from: &mut &[u8]) -> Result<Self, DecodeError> {
        Ok(Self {
            model: Decode::decode(from)?,
            calls: Decode::decode(from)?,
            expected: Decode::decode(from)?,
        })
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
    /// The number of the call among those of a staged model; 0 for one that is built in.
    pub(crate) call: u64,
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
            Latencies::Staged(staged) => staged.model.delays_data(),
        };
        models
    }

    /// Puts a model in the place of the one in force. Calls are counted on where that was not built
    /// in either.
    pub(crate) fn put(&mut self, model: VenueModel) {
        match model {
            VenueModel::Fill(model) => match &mut self.fills {
                Fills::Staged(staged) => staged.model = model,
                built_in => *built_in = Fills::Staged(Staged::new(model)),
            },
            VenueModel::Fee(model) => match &mut self.charges {
                Charges::Staged(staged) => staged.model = model,
                built_in => *built_in = Charges::Staged(Staged::new(model)),
            },
            VenueModel::Latency(model) => match &mut self.latencies {
                Latencies::Staged(staged) => staged.model = model,
                built_in => *built_in = Latencies::Staged(Staged::new(model)),
            },
        }
    }

    /// Takes over models that are not built in.
    pub(crate) fn take_ports(&mut self, from: &mut Self) {
        if let Fills::Staged(staged) = &mut from.fills {
            self.put(VenueModel::Fill(std::mem::replace(
                &mut staged.model,
                Box::new(Absent),
            )));
        }
        if let Charges::Staged(staged) = &mut from.charges {
            self.put(VenueModel::Fee(std::mem::replace(
                &mut staged.model,
                Box::new(Absent),
            )));
        }
        if let Latencies::Staged(staged) = &mut from.latencies {
            self.put(VenueModel::Latency(std::mem::replace(
                &mut staged.model,
                Box::new(Absent),
            )));
        }
    }

    /// The models that are not built in.
    pub(crate) fn staged(&mut self) -> impl Iterator<Item = StagedModel<'_>> {
        let fills = match &mut self.fills {
            Fills::Staged(staged) => Some((ModelKind::Fill, staged.model.stateful())),
            Fills::Standard(_) | Fills::Probable(_) => None,
        };
        let charges = match &mut self.charges {
            Charges::Staged(staged) => Some((ModelKind::Fee, staged.model.stateful())),
            Charges::Scheduled(_) => None,
        };
        let latencies = match &mut self.latencies {
            Latencies::Staged(staged) => Some((ModelKind::Latency, staged.model.stateful())),
            Latencies::Drawn(_) => None,
        };
        [fills, charges, latencies].into_iter().flatten()
    }

    /// Whether data takes time to the host.
    pub(crate) fn delays_data(&self) -> bool {
        self.delays_data
    }

    /// Whether fees may depend on what accounts trade, for all that is known of a model from outside.
    pub(crate) const fn asks_for_turnover(&self) -> bool {
        matches!(self.charges, Charges::Staged(_))
    }

    /// Takes in an instrument; gives the fees that no order on it exceeds. Fails with the first model
    /// that does not take it.
    pub(crate) fn list(&mut self, listing: &Listing<'_>) -> Result<Fees, Broken> {
        if let Fills::Staged(staged) = &mut self.fills {
            staged.ask(ModelKind::Fill, |model| model.list(listing))?;
        }
        if let Latencies::Staged(staged) = &mut self.latencies {
            staged.ask(ModelKind::Latency, |model| model.list(listing))?;
        }
        match &mut self.charges {
            Charges::Scheduled(fees) => fees.ceiling(listing).map_err(of_built_in(ModelKind::Fee)),
            Charges::Staged(staged) => staged.ask(ModelKind::Fee, |model| {
                let ceiling = model.ceiling(listing)?;
                ceiling
                    .flaw()
                    .map_or(Ok(ceiling), |flaw| Err(bad_output(flaw)))
            }),
        }
    }

    /// Makes a later call end in a fault.
    pub(crate) fn expect_fault(&mut self, kind: ModelKind, call: u64, fault: Fault) {
        let expected = match (
            kind,
            &mut self.fills,
            &mut self.charges,
            &mut self.latencies,
        ) {
            (ModelKind::Fill, Fills::Staged(staged), ..) => &mut staged.expected,
            (ModelKind::Fee, _, Charges::Staged(staged), _) => &mut staged.expected,
            (ModelKind::Latency, .., Latencies::Staged(staged)) => &mut staged.expected,
            _ => return,
        };
        expected.push((call, fault));
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
        let kind = ModelKind::Fill;
        let checked = |answer| checked_fill(query, answer, whole);
        let answer = match &mut self.fills {
            Fills::Standard(model) => return model.fill(query).ok(),
            Fills::Probable(model) => {
                let answer = model.fill(query).and_then(checked);
                answer.map_err(of_built_in(kind))
            }
            Fills::Staged(staged) => staged.ask(kind, |model| model.fill(query).and_then(checked)),
        };
        self.unless_broken(answer)
    }

    /// What a fill costs; nothing where that cannot be told. `ceiling` is what was told to the gate.
    pub(crate) fn charge(&mut self, query: &FeeQuery, ceiling: &Fees) -> Option<Charge> {
        match &mut self.charges {
            // What overflows ends the order, and is no fault of the model.
            Charges::Scheduled(model) => model.charge(query).ok(),
            Charges::Staged(staged) => {
                let charge = staged.ask(ModelKind::Fee, |model| {
                    let charge = model.charge(query)?;
                    checked_charge(query, charge, ceiling)
                });
                self.unless_broken(charge)
            }
        }
    }

    /// How long something takes; nothing where the model broke.
    pub(crate) fn delay(&mut self, query: &LatencyQuery) -> Option<Duration> {
        match &mut self.latencies {
            Latencies::Drawn(model) => Some(model.draw(query.message)),
            Latencies::Staged(staged) => {
                let delay = staged.ask(ModelKind::Latency, |model| model.delay(query));
                self.unless_broken(delay)
            }
        }
    }

    /// The oldest fault that was not taken yet.
    pub(crate) fn take_broken(&mut self) -> Option<Broken> {
        self.broken.pop_front()
    }

    fn unless_broken<T>(&mut self, answer: Result<T, Broken>) -> Option<T> {
        answer.map_err(|broken| self.broken.push_back(broken)).ok()
    }
}

fn of_built_in(kind: ModelKind) -> impl FnOnce(Fault) -> Broken {
    move |fault| Broken {
        kind,
        call: 0,
        fault,
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
    Broken { kind, call, fault }
    Models { fills, charges, latencies, delays_data, broken }
}
variants!(Fills { 0 => Standard(model), 1 => Probable(model), 2 => Staged(model) });
variants!(Charges { 0 => Scheduled(model), 1 => Staged(model) });
variants!(Latencies { 0 => Drawn(model), 1 => Staged(model) });
