//! A model of fees with a duty that buyers pay: rates for makers and takers as anywhere, and a share of
//! the value on top of them for what is bought.

use argonaut_sdk::{
    Description, FeeAnswer, FeeQuery, Fees, InstrumentId, ModelConfig, ModelPort, Parameter, Rate,
    Side, VenueModel,
};

/// Rates, and the duty.
#[derive(Debug)]
pub struct StampDuty {
    maker: Rate,
    taker: Rate,
    duty: Rate,
}

impl VenueModel for StampDuty {
    const PORTS: &'static [ModelPort] = &[ModelPort::Fee];

    fn describe() -> Description {
        let rate = |name, documentation| Parameter::decimal(name, documentation).range(0, 1);
        Description::new(
            "stamp-duty",
            env!("CARGO_PKG_VERSION"),
            "Fees with a duty that buyers pay.",
        )
        .with(rate("maker", "Share of the value that resting orders pay.").default("0"))
        .with(rate("taker", "Share of the value that taking orders pay.").default("0"))
        .with(rate("duty", "Share of the value that buyers pay besides.").default("0.005"))
    }

    fn new(config: &ModelConfig) -> Result<Self, String> {
        let parameters = &config.parameters;
        Ok(Self {
            maker: parameters.rate("maker")?,
            taker: parameters.rate("taker")?,
            duty: parameters.rate("duty")?,
        })
    }

    fn ceiling(&mut self, _: InstrumentId) -> Result<Fees, String> {
        Ok(Fees {
            maker: self.maker + self.duty,
            taker: self.taker + self.duty,
            ..Fees::default()
        })
    }

    fn charge(&mut self, query: &FeeQuery) -> Result<FeeAnswer, String> {
        let rate = if query.maker { self.maker } else { self.taker };
        let rate = match query.side {
            Side::Buy => rate + self.duty,
            Side::Sell => rate,
        };
        let fee = query.value.share(rate);
        Ok(FeeAnswer {
            fee: fee.ok_or("the fee does not fit")?,
            ..FeeAnswer::default()
        })
    }
}

argonaut_sdk::export_venue_model!(StampDuty);

#[cfg(test)]
mod tests {
    use super::*;
    use argonaut_sdk::testing::{equity, fee_query, money, venue_model};

    fn duty(port: ModelPort) -> Result<StampDuty, String> {
        let parameters = [("taker", "0.001"), ("duty", "0.005")];
        venue_model(port, &[equity("ACME", "0.01")], &parameters)
    }

    #[test]
    fn buyers_pay_more_and_nobody_more_than_the_ceiling() {
        let mut model = duty(ModelPort::Fee).unwrap();
        let mut charged = |query: &FeeQuery| model.charge(query).unwrap().fee;
        let buy = fee_query(Side::Buy, "200");
        assert_eq!(charged(&buy), money("1.2"));
        assert_eq!(charged(&fee_query(Side::Sell, "200")), money("0.2"));
        assert_eq!(charged(&FeeQuery { maker: true, ..buy }), money("1"));
        let ceiling = model.ceiling(InstrumentId::default()).unwrap();
        assert_eq!(ceiling.taker.to_string(), "0.006");
        assert_eq!(ceiling.maker.to_string(), "0.005");
    }

    #[test]
    fn it_is_a_model_of_fees_only() {
        let refused = duty(ModelPort::Fill).unwrap_err();
        assert_eq!(refused, "it serves the ports [Fee], not Fill");
    }
}
