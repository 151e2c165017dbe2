//! Axes: where values and moments fall, and which of them get a label.

use model::time::{NANOS_PER_DAY, NANOS_PER_SECOND, civil_from_days};
use model::{Duration, Timestamp};
use quant::convert::seconds;

const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];

/// A straight mapping from values to pixels.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Scale {
    low: f64,
    high: f64,
    from: f64,
    to: f64,
}

impl Scale {
    /// Maps `low..high` to `from..to`; a range of nothing maps to the middle.
    pub(crate) fn new((low, high): (f64, f64), (from, to): (f64, f64)) -> Self {
        Self {
            low,
            high,
            from,
            to,
        }
    }

    pub(crate) fn at(&self, value: f64) -> f64 {
        let width = self.high - self.low;
        let share = if width > 0.0 {
            (value - self.low) / width
        } else {
            0.5
        };
        self.from + share * (self.to - self.from)
    }
}

/// Round values between `low` and `high`, about `count` of them, and digits to show them.
pub(crate) fn ticks(low: f64, high: f64, count: f64) -> (Vec<f64>, usize) {
    let width = high - low;
    if !width.is_finite() || width <= 0.0 {
        return (vec![low], 2);
    }
    let rough = width / count;
    let power = 10_f64.powf(rough.log10().floor());
    let nice = [1.0, 2.0, 5.0, 10.0]
        .into_iter()
        .map(|factor| factor * power);
    let step = nice
        .clone()
        .find(|step| *step >= rough)
        .unwrap_or(power * 10.0);
    let digits = (0..12)
        .find(|digits| step * 10_f64.powi(*digits) >= 0.999)
        .unwrap_or(12);
    let mut values = Vec::new();
    let mut value = (low / step).ceil() * step;
    while value <= high + step * 1e-9 && values.len() < 50 {
        values.push(value);
        value += step;
    }
    (values, usize::try_from(digits).unwrap_or(2))
}

/// Steps of time that clocks and calendars know, in seconds, up to a fortnight.
const STEPS_S: [u64; 16] = [
    1, 5, 15, 60, 300, 900, 1_800, 3_600, 7_200, 21_600, 43_200, 86_400, 172_800, 345_600, 604_800,
    1_209_600,
];
/// Steps of months beyond that.
const STEPS_MONTHS: [u64; 7] = [1, 2, 3, 6, 12, 24, 60];
/// Labels that fit under the charts.
const MOST_LABELS: u64 = 9;

/// Moments between `start` and `end` that get a label.
pub(crate) fn time_ticks(start: Timestamp, end: Timestamp) -> Vec<(Timestamp, String)> {
    let span = end.since(start).nanos();
    let step = STEPS_S
        .iter()
        .map(|seconds| seconds * NANOS_PER_SECOND)
        .find(|step| span / step < MOST_LABELS);
    match step {
        Some(step) => {
            let first = start.nanos().div_ceil(step) * step;
            let moments = (0..=MOST_LABELS).map(|n| first.saturating_add(n * step));
            let inside = moments.take_while(|nanos| *nanos <= end.nanos());
            inside.map(|nanos| labelled(nanos, step)).collect()
        }
        None => month_ticks(start, end),
    }
}

fn labelled(nanos: u64, step: u64) -> (Timestamp, String) {
    let (_, month, day) = civil_from_days(nanos / NANOS_PER_DAY);
    let of_day = nanos % NANOS_PER_DAY / NANOS_PER_SECOND;
    let (hour, minute, second) = (of_day / 3600, of_day / 60 % 60, of_day % 60);
    let text = if step >= NANOS_PER_DAY || (of_day == 0 && step >= 3_600 * NANOS_PER_SECOND) {
        format!("{day} {}", month_name(month))
    } else if step >= 60 * NANOS_PER_SECOND {
        format!("{hour:02}:{minute:02}")
    } else {
        format!("{hour:02}:{minute:02}:{second:02}")
    };
    (Timestamp::from_nanos(nanos), text)
}

fn month_ticks(start: Timestamp, end: Timestamp) -> Vec<(Timestamp, String)> {
    let days = start.nanos().div_ceil(NANOS_PER_DAY)..=end.nanos() / NANOS_PER_DAY;
    let firsts: Vec<(u64, u64, u64)> = days
        .filter_map(|day| {
            let (year, month, of_month) = civil_from_days(day);
            (of_month == 1).then_some((day, year, month))
        })
        .collect();
    let on_step = |step: u64| {
        let firsts = firsts.iter().copied();
        firsts.filter(move |(_, year, month)| (year * 12 + month - 1).is_multiple_of(step))
    };
    let fits = |step: &u64| u64::try_from(on_step(*step).count()).is_ok_and(|n| n <= MOST_LABELS);
    let step = STEPS_MONTHS.into_iter().find(fits).unwrap_or(120);
    on_step(step)
        .map(|(day, year, month)| {
            let text = if step >= 12 {
                year.to_string()
            } else {
                format!("{} {year}", month_name(month))
            };
            (Timestamp::from_nanos(day * NANOS_PER_DAY), text)
        })
        .collect()
}

/// Three letters of a month counted from 1.
pub(crate) fn month_name(month: u64) -> &'static str {
    let index = usize::try_from(month)
        .ok()
        .and_then(|month| month.checked_sub(1));
    index
        .and_then(|index| MONTHS.get(index))
        .copied()
        .unwrap_or("?")
}

/// Seconds from `start`, for the horizontal scale.
pub(crate) fn offset_s(start: Timestamp, moment: Timestamp) -> f64 {
    seconds(Duration::from_nanos(moment.since(start).nanos()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round() {
        assert_eq!(
            ticks(98_700.0, 104_200.0, 5.0),
            (vec![100_000.0, 102_000.0, 104_000.0], 0)
        );
        let (values, digits) = ticks(0.0, 0.031, 4.0);
        assert_eq!((values.len(), digits), (4, 2));
        assert_eq!(ticks(5.0, 5.0, 4.0).0, [5.0]);
    }

    fn check(start_day: u64, days: u64, expect: &[&str]) {
        let at = |day: u64| Timestamp::from_nanos(day * NANOS_PER_DAY);
        let labels: Vec<_> = time_ticks(at(start_day), at(start_day + days))
            .into_iter()
            .map(|tick| tick.1)
            .collect();
        assert_eq!(labels, expect);
    }

    #[test]
    fn time_labels_follow_the_span() {
        check(
            19_723,
            1,
            &["1 Jan", "06:00", "12:00", "18:00", "2 Jan"].map(|x| x),
        );
        check(
            19_723,
            5,
            &["1 Jan", "2 Jan", "3 Jan", "4 Jan", "5 Jan", "6 Jan"],
        );
        check(
            19_723,
            366,
            &[
                "Jan 2024", "Mar 2024", "May 2024", "Jul 2024", "Sep 2024", "Nov 2024", "Jan 2025",
            ],
        );
        check(
            10_957,
            3_653,
            &["2000", "2002", "2004", "2006", "2008", "2010"],
        );
    }

    #[test]
    fn scales_map_ends_and_survive_nothing() {
        let scale = Scale::new((10.0, 20.0), (100.0, 0.0));
        assert_eq!((scale.at(10.0), scale.at(20.0)), (100.0, 0.0));
        assert_eq!(Scale::new((1.0, 1.0), (0.0, 8.0)).at(1.0), 4.0);
    }
}
