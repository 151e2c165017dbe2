//! How far a value is below its best, kept as it changes.

use crate::unavailable::{Figure, Unavailable, finite};

/// A value against its peak.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Decline {
    peak: Option<f64>,
    now: f64,
    max: f64,
    max_share: f64,
}

impl Decline {
    /// Takes in the value as it is now; one that is not finite is passed over.
    pub fn take(&mut self, value: f64) {
        if !value.is_finite() {
            return;
        }
        let peak = self.peak.map_or(value, |peak| peak.max(value));
        self.peak = Some(peak);
        self.now = peak - value;
        self.max = self.max.max(self.now);
        if peak > 0.0 {
            self.max_share = self.max_share.max(self.now / peak);
        }
    }

    /// How far it is below its peak, as an amount.
    ///
    /// # Errors
    /// Before the first value.
    pub fn current(&self) -> Figure {
        self.known().and_then(|_| finite(self.now))
    }

    /// How far it ever was.
    ///
    /// # Errors
    /// Before the first value.
    pub fn max(&self) -> Figure {
        self.known().and_then(|_| finite(self.max))
    }

    /// How far it is below its peak, as a share of the peak.
    ///
    /// # Errors
    /// Before the first value, and where the peak is not above zero.
    pub fn current_share(&self) -> Figure {
        self.positive().and_then(|peak| finite(self.now / peak))
    }

    /// The largest share it ever was below its peak.
    ///
    /// # Errors
    /// As [`Decline::current_share`].
    pub fn max_share(&self) -> Figure {
        self.positive().and_then(|_| finite(self.max_share))
    }

    fn known(&self) -> Figure {
        self.peak.ok_or(Unavailable::History { needed: 1, had: 0 })
    }

    fn positive(&self) -> Figure {
        match self.known()? {
            peak if peak > 0.0 => Ok(peak),
            _ => Err(Unavailable::Missing("the peak is not above zero")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::unavailable::tests::check;

    #[test]
    fn a_fall_and_half_a_recovery_by_hand() {
        let mut decline = Decline::default();
        check(
            decline.current(),
            Err(Unavailable::History { needed: 1, had: 0 }),
        );
        for value in [100.0, 120.0, f64::NAN, 90.0, 105.0] {
            decline.take(value);
        }
        check(decline.current(), Ok(15.0));
        check(decline.max(), Ok(30.0));
        check(decline.current_share(), Ok(0.125));
        check(decline.max_share(), Ok(0.25));
        decline.take(130.0);
        check(decline.current(), Ok(0.0));
        check(decline.max(), Ok(30.0));
    }

    #[test]
    fn profits_below_zero_have_no_share() {
        let mut decline = Decline::default();
        decline.take(0.0);
        decline.take(-5.0);
        check(decline.max(), Ok(5.0));
        assert!(decline.max_share().is_err());
    }
}
