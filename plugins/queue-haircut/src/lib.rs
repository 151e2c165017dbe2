//! A model of fills for those who do not believe that a resting order is first in its line: of what is
//! offered to one at its own price it gets a share, in whole lots. What the market goes through, and
//! what takes liquidity, fills as offered.

use argonaut_sdk::{
    Description, FillAnswer, FillQuery, Instrument, InstrumentId, ModelConfig, ModelPort, Occasion,
    Parameter, Quantity, Rate, VenueModel,
};
use std::collections::BTreeMap;

/// The share, and the lots of the instruments.
#[derive(Debug)]
pub struct QueueHaircut {
    share: Rate,
    lots: BTreeMap<InstrumentId, Quantity>,
}

impl QueueHaircut {
    /// The share of a quantity, in whole lots.
    fn part(&self, query: &FillQuery) -> Result<Quantity, String> {
        let lot = self.lots.get(&query.instrument);
        let lot = lot.ok_or("it was not told of the instrument")?;
        let units = i128::from(query.offered.raw()) * i128::from(self.share.raw());
        let units = u64::try_from(units / i128::from(Rate::SCALE));
        let units = units.map_err(|error| error.to_string())?;
        Ok(Quantity::from_raw(units).floor(*lot))
    }
}

impl VenueModel for QueueHaircut {
    const PORTS: &'static [ModelPort] = &[ModelPort::Fill];

    fn describe() -> Description {
        let documentation = "The share of each offer at its own price that a resting order gets.";
        Description::new(
            "queue-haircut",
            env!("CARGO_PKG_VERSION"),
            "Resting orders get a share of what they are offered at their price.",
        )
        .with(
            Parameter::decimal("share", documentation)
                .default("0.5")
                .range(0, 1),
        )
    }

    fn new(config: &ModelConfig) -> Result<Self, String> {
        Ok(Self {
            share: config.parameters.rate("share")?,
            lots: BTreeMap::new(),
        })
    }

    fn on_instrument(&mut self, instrument: &Instrument) -> Result<(), String> {
        self.lots.insert(instrument.id, instrument.lot);
        Ok(())
    }

    fn fill(&mut self, query: &FillQuery) -> Result<FillAnswer, String> {
        let quantity = match query.occasion {
            Occasion::Touched | Occasion::Traded => self.part(query)?,
            _ => query.offered,
        };
        Ok(FillAnswer {
            quantity,
            ..query.all()
        })
    }
}

argonaut_sdk::export_venue_model!(QueueHaircut);

#[cfg(test)]
mod tests {
    use super::*;
    use argonaut_sdk::testing::{equity, fill_query, quantity, venue_model};

    #[test]
    fn what_rests_gets_whole_lots_of_its_share() {
        let instruments = [equity("ACME", "0.01")];
        let parameters = [("share", "0.3")];
        let mut model: QueueHaircut =
            venue_model(ModelPort::Fill, &instruments, &parameters).unwrap();
        let mut check = |occasion, offered: &str, expect: &str| {
            let answer = model.fill(&fill_query(occasion, offered)).unwrap();
            assert_eq!(answer.quantity, quantity(expect), "{occasion:?} {offered}");
            assert_eq!(answer.price, fill_query(occasion, offered).price);
        };
        check(Occasion::Touched, "11", "3");
        check(Occasion::Traded, "10", "3");
        check(Occasion::Traded, "3", "0");
        check(Occasion::Crossed, "11", "11");
        check(Occasion::Take, "11", "11");
    }
}
