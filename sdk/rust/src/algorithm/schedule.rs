//! How much of a parent is due when: parts of given weights, each the same time long.

use crate::{Duration, Quantity};

/// A plan of slices. A slice is due from its beginning on, so the first is due at once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schedule {
    /// Weights up to and with each slice, so that the last is the sum of all.
    sums: Vec<u64>,
    slice: Duration,
}

impl Schedule {
    /// Slices with `weights`, over `duration` in all. Fails without weights, when all are zero, and
    /// when a slice would be shorter than a nanosecond.
    pub fn new(weights: &[u32], duration: Duration) -> Result<Self, String> {
        let mut sum = 0_u64;
        let sums = weights.iter().map(|weight| {
            sum += u64::from(*weight);
            sum
        });
        let sums: Vec<u64> = sums.collect();
        let slice = duration.nanos().checked_div(sums.len() as u64).unwrap_or(0);
        if sum == 0 || slice == 0 {
            return Err("a schedule needs slices with some weight, and time for each".to_owned());
        }
        Ok(Self {
            sums,
            slice: Duration::from_nanos(slice),
        })
    }

    /// Slices of the same weight.
    pub fn even(slices: u32, duration: Duration) -> Result<Self, String> {
        let slices = usize::try_from(slices).unwrap_or(usize::MAX);
        Self::new(&vec![1; slices], duration)
    }

    /// How many slices there are.
    pub fn slices(&self) -> usize {
        self.sums.len()
    }

    /// How many slices have begun after `elapsed`, the first one at 0; at most all of them.
    pub fn begun(&self, elapsed: Duration) -> usize {
        let begun = elapsed.nanos() / self.slice.nanos() + 1;
        usize::try_from(begun).map_or(self.slices(), |begun| begun.min(self.slices()))
    }

    /// When the slice after `begun` ones begins; after the last one, when that ends.
    pub fn next(&self, begun: usize) -> Duration {
        Duration::from_nanos(self.slice.nanos().saturating_mul(begun as u64))
    }

    /// Whether the last slice is over.
    pub fn is_over(&self, elapsed: Duration) -> bool {
        elapsed >= self.next(self.slices())
    }

    /// How much of `quantity` is due in all once `begun` slices have begun: their share of it, rounded
    /// down to `lot`; all of it with the last one.
    pub fn due(&self, begun: usize, quantity: Quantity, lot: Quantity) -> Quantity {
        if begun >= self.slices() {
            return quantity;
        }
        let weight = |slices: usize| slices.checked_sub(1).map_or(0, |last| self.sums[last]);
        let part = u128::from(quantity.raw()) * u128::from(weight(begun));
        let share = part / u128::from(weight(self.slices())).max(1);
        // A share of it is no larger than it.
        Quantity::from_raw(u64::try_from(share).unwrap_or(0)).floor(lot)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);

    #[test]
    fn shares_add_up_to_the_whole_on_the_lot_grid() {
        let schedule = Schedule::new(&[3, 1, 2], MINUTE).unwrap();
        let due = |begun| {
            let due = schedule.due(begun, Quantity::whole(100), Quantity::whole(1));
            due.to_string()
        };
        // 100 * 3/6 = 50; 100 * 4/6 = 66.67, rounded down.
        assert_eq!([0, 1, 2, 3, 4].map(due), ["0", "50", "66", "100", "100"]);
        let largest = Quantity::from_raw(u64::MAX);
        assert_eq!(schedule.due(3, largest, Quantity::ONE), largest);
    }

    #[test]
    fn slices_begin_one_after_the_other() {
        let schedule = Schedule::even(4, MINUTE).unwrap();
        let begun = |seconds| schedule.begun(Duration::from_secs(seconds));
        assert_eq!(
            [0, 14, 15, 45, 59, 60, 1_000].map(begun),
            [1, 1, 2, 4, 4, 4, 4]
        );
        assert_eq!(schedule.next(1), Duration::from_secs(15));
        assert!(!schedule.is_over(Duration::from_nanos(MINUTE.nanos() - 1)));
        assert!(schedule.is_over(MINUTE));
    }

    #[test]
    fn a_schedule_of_nothing_is_refused() {
        assert!(Schedule::new(&[], MINUTE).is_err());
        assert!(Schedule::new(&[0, 0], MINUTE).is_err());
        assert!(Schedule::even(3, Duration::from_nanos(2)).is_err());
    }
}
