//! A model of latencies of a venue whose gateway handles one command after the other: each travels for
//! some time, waits until those before it are done, and is then handled. Bursts so take longer.
//! Market data comes at once.

use argonaut_sdk::{
    Description, Duration, LatencyQuery, Message, ModelConfig, ModelPort, Parameter, Timestamp,
    VenueModel,
};

/// How long the way is, how long one command takes, and until when the gateway is busy.
#[derive(Debug)]
pub struct GatewayQueue {
    travel: Duration,
    handling: Duration,
    busy_until: Timestamp,
}

impl VenueModel for GatewayQueue {
    const PORTS: &'static [ModelPort] = &[ModelPort::Latency];

    fn describe() -> Description {
        let micros = |name, documentation, default: i64| {
            let parameter = Parameter::integer(name, documentation);
            parameter.default(default).range(0, 60_000_000)
        };
        Description::new(
            "gateway-queue",
            env!("CARGO_PKG_VERSION"),
            "Commands wait for those sent before them.",
        )
        .with(micros("travel_us", "Microseconds to the gateway.", 500))
        .with(micros(
            "handling_us",
            "Microseconds that a command takes there.",
            100,
        ))
    }

    fn new(config: &ModelConfig) -> Result<Self, String> {
        let micros = |name| {
            let micros = config.parameters.count(name)?;
            Ok::<_, String>(Duration::from_nanos(micros.saturating_mul(1_000)))
        };
        Ok(Self {
            travel: micros("travel_us")?,
            handling: micros("handling_us")?,
            busy_until: Timestamp::default(),
        })
    }

    fn delay(&mut self, query: &LatencyQuery) -> Result<Duration, String> {
        if query.message == Message::Data {
            return Ok(Duration::default());
        }
        let begins = self.busy_until.max(query.now + self.travel);
        self.busy_until = begins + self.handling;
        Ok(self.busy_until - query.now)
    }
}

argonaut_sdk::export_venue_model!(GatewayQueue);

#[cfg(test)]
mod tests {
    use super::*;
    use argonaut_sdk::testing::{latency_query, venue_model};

    #[test]
    fn commands_of_one_moment_are_handled_one_after_the_other() {
        let parameters = [("travel_us", "500"), ("handling_us", "100")];
        let mut model: GatewayQueue = venue_model(ModelPort::Latency, &[], &parameters).unwrap();
        let mut micros = |message, after_us: u64| {
            let query = latency_query(message);
            let now = query.now + Duration::from_nanos(after_us * 1_000);
            model.delay(&LatencyQuery { now, ..query }).unwrap().nanos() / 1_000
        };
        assert_eq!(micros(Message::Insert, 0), 600);
        assert_eq!(micros(Message::Cancel, 0), 700);
        assert_eq!(micros(Message::Data, 0), 0);
        assert_eq!(micros(Message::Modify, 50), 750);
        assert_eq!(micros(Message::Insert, 5_000), 600);
    }
}
