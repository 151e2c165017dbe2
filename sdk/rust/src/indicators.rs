//! Technical indicators, by the [`ta_lib`] crate in its streaming form: one value in, one value out.
//!
//! [`Ema`], [`Sma`], [`Wma`] and [`Rsi`] wrap the ones used most, adding what a strategy that is
//! swapped while it runs needs: they can be saved and restored to the bit. Every other function of
//! the library (some two hundred) is there as [`ta_lib::Core`]; each `*_open` gives its stream.
//!
//! No formula is written here. How a restored indicator comes to the same bits: it remembers its
//! latest inputs, and after every so many it is opened afresh from those it still remembers, so that
//! they alone decide its value. It remembers enough for what is forgotten to weigh less than the
//! last bit of a double.

pub use ta_lib;

use ta_lib::{Core, EmaStream, RetCode, RsiStream, SmaStream, WmaStream};

/// A stream of the library that takes one value at a time and a period.
pub trait Stream: Sized {
    /// How many periods back an input still moves the value by more than rounding.
    const MEMORY_PERIODS: usize;

    /// Opens it on what came before; fails while that is too little.
    fn open(core: &Core, inputs: &[f64], period: i32) -> Result<Self, RetCode>;

    /// Adds one input and returns the new value.
    fn update(&mut self, input: f64) -> Result<f64, RetCode>;

    /// The value after the latest input.
    fn value(&self) -> f64;
}

macro_rules! stream {
    ($(#[$doc:meta])* $name:ident, $stream:ident, $open:ident, $memory:literal) => {
        $(#[$doc])*
        pub type $name = Indicator<$stream>;

        impl Stream for $stream {
            const MEMORY_PERIODS: usize = $memory;

            fn open(core: &Core, inputs: &[f64], period: i32) -> Result<Self, RetCode> {
                core.$open(inputs, period).map(|(stream, _)| stream)
            }

            fn update(&mut self, input: f64) -> Result<f64, RetCode> {
                $stream::update(self, input)
            }

            fn value(&self) -> f64 {
                $stream::value(self)
            }
        }
    };
}

stream!(
    /// Exponential moving average with weight `2 / (period + 1)`, begun by a simple average.
    // The weight of an input n periods old is about e^(-2n); e^-40 is below 2^-53.
    Ema, EmaStream, ema_open, 20
);
stream!(
    /// Relative strength index with Wilder's smoothing; between 0 and 100.
    // Wilder's weight is 1 / period: e^(-n) after n periods.
    Rsi, RsiStream, rsi_open, 40
);
stream!(
    /// Simple moving average.
    Sma, SmaStream, sma_open, 2
);
stream!(
    /// Linearly weighted moving average.
    Wma, WmaStream, wma_open, 2
);

/// An indicator of one series of values. It has no value until it has seen enough of them.
#[derive(Debug, Clone)]
pub struct Indicator<S> {
    period: i32,
    /// How many inputs decide the value; between one and two times as many are kept.
    memory: usize,
    inputs: Vec<f64>,
    stream: Option<S>,
}

impl<S: Stream> Indicator<S> {
    /// Longest period. Longer ones would make the saved state needlessly large.
    pub const MAX_PERIOD: u64 = 1_000;

    /// An indicator over `period` values, 2 to [`Self::MAX_PERIOD`].
    pub fn new(period: u64) -> Result<Self, String> {
        let out_of_range = || format!("a period of {period} is not in 2..={}", Self::MAX_PERIOD);
        if !(2..=Self::MAX_PERIOD).contains(&period) {
            return Err(out_of_range());
        }
        let length = usize::try_from(period).map_err(|_| out_of_range())?;
        Ok(Self {
            period: i32::try_from(period).map_err(|_| out_of_range())?,
            memory: (length + 1) * S::MEMORY_PERIODS,
            inputs: Vec::new(),
            stream: None,
        })
    }

    /// Adds an input and returns the new value, once there is one. An input that is not finite is
    /// left out.
    pub fn update(&mut self, input: f64) -> Option<f64> {
        if !input.is_finite() {
            return self.value();
        }
        self.inputs.push(input);
        if self.inputs.len() >= 2 * self.memory {
            self.inputs.drain(..self.memory);
            self.stream = None;
        }
        let updated = self.stream.as_mut().map(|stream| stream.update(input));
        if !matches!(updated, Some(Ok(_))) {
            self.open();
        }
        self.value()
    }

    /// The value after the latest input; `None` while there were too few.
    pub fn value(&self) -> Option<f64> {
        self.stream.as_ref().map(Stream::value)
    }

    /// The inputs that decide the value: what to save.
    pub fn inputs(&self) -> &[f64] {
        &self.inputs
    }

    /// Goes on from saved inputs. With the same period the values to come are the same to the bit;
    /// with another they are what that period makes of these inputs.
    pub fn restore(&mut self, inputs: &[f64]) {
        let kept = inputs.len().min(2 * self.memory - 1);
        self.inputs = inputs[inputs.len() - kept..].to_vec();
        self.open();
    }

    /// Opens the stream on the remembered inputs; it stays closed while they are too few.
    fn open(&mut self) {
        self.stream = S::open(&Core::new(), &self.inputs, self.period).ok();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A series that wanders like prices do.
    fn series(length: u32) -> Vec<f64> {
        (0..length)
            .map(|n| 100.0 + (f64::from(n) * 0.7).sin() + f64::from(n % 17) * 0.1)
            .collect()
    }

    #[test]
    fn values_are_the_library_s() {
        let inputs = series(300);
        let mut expect = vec![0.0; inputs.len()];
        let range = Core::new()
            .ema(0, inputs.len() - 1, &inputs, 10, &mut expect)
            .unwrap();
        let mut ema = Ema::new(10).unwrap();
        let values: Vec<f64> = inputs
            .iter()
            .filter_map(|&input| ema.update(input))
            .collect();
        assert_eq!(values, expect[..range.count]);
    }

    #[test]
    fn forgetting_changes_no_more_than_rounding() {
        fn check<S: Stream>(mut indicator: Indicator<S>) {
            let inputs = series(5_000);
            inputs.iter().for_each(|&input| _ = indicator.update(input));
            let unforgetting = S::open(&Core::new(), &inputs, indicator.period)
                .unwrap()
                .value();
            let error = (indicator.value().unwrap() - unforgetting).abs() / unforgetting;
            assert!(error < 1e-13, "{error}");
        }
        check(Ema::new(20).unwrap());
        check(Rsi::new(14).unwrap());
        check(Sma::new(20).unwrap());
        check(Wma::new(20).unwrap());
    }

    #[test]
    fn a_restored_indicator_goes_on_to_the_bit() {
        fn check<S: Stream + Clone>(make: impl Fn() -> Indicator<S>) {
            let inputs = series(3_000);
            for split in [0, 5, 30, 500, 1_234, 2_500] {
                let (mut old, mut new) = (make(), make());
                inputs[..split]
                    .iter()
                    .for_each(|&input| _ = old.update(input));
                new.restore(old.inputs());
                assert_eq!(new.value(), old.value());
                for &input in &inputs[split..] {
                    assert_eq!(new.update(input), old.update(input), "split at {split}");
                }
            }
        }
        check(|| Ema::new(20).unwrap());
        check(|| Rsi::new(14).unwrap());
        check(|| Sma::new(20).unwrap());
        check(|| Wma::new(20).unwrap());
    }

    #[test]
    fn nonsense_is_left_out() {
        assert!(Ema::new(1).is_err() && Ema::new(1_001).is_err());
        let mut sma = Sma::new(2).unwrap();
        assert_eq!(
            (sma.update(1.0), sma.update(f64::NAN), sma.update(3.0)),
            (None, None, Some(2.0))
        );
    }
}
