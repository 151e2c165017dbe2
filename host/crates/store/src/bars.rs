//! Puts bars in time: from the label in the file to when the bar began, ended and was known.

use std::path::Path;

use model::{Bar, BarBasis, BarMethod, BarSpec, Timestamp};

use crate::error::DataError;
use crate::source::BarLabel;

/// Gives every bar its rule and times. `given` is the caller's rule; without one, bars are time
/// bars on trades as long as the smallest step between two labels.
pub(crate) fn finish(
    bars: &mut [Bar],
    given: Option<BarSpec>,
    label: BarLabel,
    file: &Path,
) -> Result<(), DataError> {
    let spec = match given {
        Some(spec) => spec,
        None => infer(bars, file)?,
    };
    let mut previous = None;
    for bar in bars {
        let stamped = bar.ts_event;
        (bar.ts_open, bar.ts_event) = match (spec.method, label) {
            (BarMethod::Time(step), BarLabel::Start) => (stamped, moved(stamped, step)),
            (BarMethod::Time(step), BarLabel::End) => (
                Timestamp::from_nanos(stamped.nanos().saturating_sub(step)),
                stamped,
            ),
            // Bars of ticks and volume begin where the one before ended.
            _ => (previous.unwrap_or(stamped), stamped),
        };
        previous = Some(bar.ts_event);
        bar.ts_init = bar.ts_event;
        bar.spec = spec;
    }
    Ok(())
}

fn moved(time: Timestamp, nanos: u64) -> Timestamp {
    Timestamp::from_nanos(time.nanos().saturating_add(nanos))
}

fn infer(bars: &[Bar], file: &Path) -> Result<BarSpec, DataError> {
    let steps = bars
        .windows(2)
        .map(|pair| pair[1].ts_event.since(pair[0].ts_event).nanos());
    let step = steps
        .min()
        .filter(|step| *step > 0)
        .ok_or_else(|| DataError::UnknownBarLength {
            file: file.to_owned(),
            bars: bars.len(),
        })?;
    Ok(BarSpec {
        method: BarMethod::Time(step),
        basis: BarBasis::Last,
    })
}

/// Refuses rules that no file can follow.
pub(crate) fn check(given: Option<BarSpec>, label: BarLabel, file: &Path) -> Result<(), DataError> {
    let setting = |detail: &str| {
        Err(DataError::Setting {
            file: file.to_owned(),
            detail: detail.to_owned(),
        })
    };
    match given {
        Some(spec) if !spec.is_valid() => setting("the length of a bar must be above zero"),
        Some(BarSpec {
            method: BarMethod::Tick(_) | BarMethod::Volume(_),
            ..
        }) if label == BarLabel::Start => {
            setting("tick and volume bars must be labelled by their end")
        }
        _ => Ok(()),
    }
}
