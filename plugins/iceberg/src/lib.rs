//! Does a limit order of which little is shown at a time, for venues that have no iceberg orders.
//!
//! * So much as `visible` rests at the parent's limit. As soon as less than `refill_below` percent of
//!   that is left, another child tops it up; it goes to the end of the line, as a refill does.
//! * A refusal is tried again after a second.
//! * A change of the parent's limit moves what rests.

use argonaut_sdk::{
    AlgorithmConfig, AlgorithmSnapshot, Amendment, ChildOrder, Description, Duration,
    ExecutionAlgorithm, Feeds, Instrument, OrderEvent, OrderStatus, Parameter, Quantity, Timestamp,
    Work,
};

/// The one timer: another try after a refusal.
const RETRY_TIMER: u64 = 1;
/// How long a refusal is waited out.
const PAUSE: Duration = Duration::from_secs(1);

/// Little at a time.
#[derive(Debug)]
pub struct Iceberg {
    visible: Quantity,
    refill_below: u64,
    instrument: Instrument,
}

impl Iceberg {
    /// Tops up what is shown, if too little of it is left.
    fn top_up(&self, work: &mut Work<'_>) {
        let (parent, shown) = (*work.parent(), work.working());
        let left = u128::from(shown.raw()) * 100;
        let enough = u128::from(self.visible.raw()) * u128::from(self.refill_below);
        let Some(limit) = parent.limit_price.filter(|_| left < enough) else {
            return;
        };
        let quantity = self.visible.saturating_sub(shown).min(work.unsent());
        // The last part may be below what is usually shown, never below what the venue takes.
        if quantity >= self.instrument.min_quantity && !quantity.is_zero() {
            work.submit(&ChildOrder::limit(quantity, limit));
        }
    }
}

impl ExecutionAlgorithm for Iceberg {
    fn describe() -> Description {
        let documentation = "Does a limit order of which little is shown at a time.";
        Description::new("iceberg", env!("CARGO_PKG_VERSION"), documentation)
            .with(
                Parameter::decimal("visible", "How much is shown at a time.")
                    .range("0.00000001", 1_000_000_000),
            )
            .with(
                Parameter::integer(
                    "refill_below",
                    "Percent of what is shown below which it is topped up; 1: only when all is gone.",
                )
                .default(1)
                .range(1, 100),
            )
    }

    fn new(config: &AlgorithmConfig, _feeds: &mut Feeds<'_>) -> Result<Self, String> {
        let (parameters, instrument) = (&config.parameters, &config.instrument);
        if config.parent.limit_price.is_none() {
            return Err("an iceberg needs a parent with a limit price".to_owned());
        }
        let visible = parameters.quantity("visible")?.floor(instrument.lot);
        if visible < instrument.min_quantity || visible.is_zero() {
            let smallest = instrument.min_quantity;
            return Err(format!("`visible` is below the smallest order, {smallest}"));
        }
        Ok(Self {
            visible,
            refill_below: parameters.count("refill_below")?,
            instrument: instrument.clone(),
        })
    }

    fn on_start(&mut self, _snapshot: &AlgorithmSnapshot, work: &mut Work<'_>) {
        self.top_up(work);
    }

    fn on_timer(&mut self, _id: u64, _due: Timestamp, work: &mut Work<'_>) {
        self.top_up(work);
    }

    fn on_child_event(&mut self, event: &OrderEvent, work: &mut Work<'_>) {
        match event.status {
            OrderStatus::Denied | OrderStatus::Rejected => {
                work.warn(format_args!("a part was {}", event.change));
                work.set_timer(RETRY_TIMER, work.now() + PAUSE);
            }
            OrderStatus::PartiallyFilled | OrderStatus::Filled | OrderStatus::Canceled => {
                self.top_up(work);
            }
            _ => {}
        }
    }

    fn on_amended(&mut self, work: &mut Work<'_>) {
        let limit = work.parent().limit_price;
        let open = work.children().iter();
        let stale: Vec<_> = open
            .filter(|child| child.limit_price != limit)
            .map(|child| child.order)
            .collect();
        for (order, limit) in stale.into_iter().zip(std::iter::repeat(limit)) {
            match limit {
                Some(limit) => work.modify(order, Amendment::price(limit)),
                None => work.cancel(order),
            }
        }
        self.top_up(work);
    }
}

argonaut_sdk::export_algorithm!(Iceberg);

#[cfg(test)]
mod tests;
