//! Which limits make sense, wherever they come from: files and requests are refused for the same
//! reasons, before the engine sees them.

use crate::handle::HostError;
use engine::{LimitScope, Limits};
use model::{Duration, Money, Quantity, Rate};

/// The field at fault as a dotted path, and what would do.
pub type Fault = (&'static str, String);

/// Whether limits may be set for a scope.
///
/// # Errors
/// The first field that cannot be meant, and what would do.
pub fn check(scope: LimitScope, limits: &Limits) -> Result<(), Fault> {
    not_negative(limits)?;
    relations(scope, limits)
}

/// As [`check`], of limits that a request asks for.
///
/// # Errors
/// `Invalid` for a field that is none by itself, `Disagrees` for one that does not go with the others or with
/// the scope.
pub fn check_asked(scope: LimitScope, limits: &Limits) -> Result<(), HostError> {
    not_negative(limits).map_err(|(field, reason)| HostError::Invalid { field, reason })?;
    relations(scope, limits).map_err(|(field, reason)| HostError::Disagrees { field, reason })
}

/// Whether the fields go together, and with the scope.
fn relations(scope: LimitScope, limits: &Limits) -> Result<(), Fault> {
    windows(limits)?;
    steps(limits)?;
    match scope {
        LimitScope::Instrument(_) => no_sums(limits),
        _ => Ok(()),
    }
}

fn not_negative(limits: &Limits) -> Result<(), Fault> {
    let (exposure, loss) = (&limits.exposure, &limits.loss);
    let amounts = [
        ("max_order_notional", limits.max_order_notional),
        ("exposure.max_gross", exposure.max_gross),
        ("exposure.max_net", exposure.max_net),
        ("loss.max_daily", loss.max_daily),
        ("loss.max_rolling", loss.max_rolling),
        ("loss.max_drawdown", loss.max_drawdown),
    ];
    let quantities = [
        ("max_order_quantity", limits.max_order_quantity),
        ("max_position", limits.max_position),
    ];
    let rates = shares(limits);
    let amounts = amounts.iter().filter(|(_, amount)| *amount < Money::ZERO);
    let rates = rates.iter().filter(|(_, rate)| *rate < Rate::ZERO);
    let quantities = quantities.iter().filter(|(_, q)| *q < Quantity::ZERO);
    let mut wrong = amounts
        .map(|(field, _)| *field)
        .chain(rates.map(|(field, _)| *field))
        .chain(quantities.map(|(field, _)| *field));
    match wrong.next() {
        Some(field) => Err((field, "is negative; write zero or more".to_owned())),
        None => Ok(()),
    }
}

fn shares(limits: &Limits) -> [(&'static str, Rate); 13] {
    let (exposure, escalation) = (&limits.exposure, &limits.escalation);
    [
        ("price.max_distance", limits.price.max_distance),
        ("price.max_drift", limits.price.max_drift),
        ("volume.max_book_share", limits.volume.max_book_share),
        ("volume.max_day_share", limits.volume.max_day_share),
        ("volume.max_depth_share", limits.volume.max_depth_share),
        (
            "exposure.max_instrument_share",
            exposure.max_instrument_share,
        ),
        ("exposure.max_sector_share", exposure.max_sector_share),
        ("escalation.warn", escalation.warn),
        ("escalation.reduce", escalation.reduce),
        ("escalation.halt", escalation.halt),
        ("escalation.hysteresis", escalation.hysteresis),
        ("scaling.calm_volatility", limits.scaling.calm_volatility),
        ("scaling.drawdown_from", limits.scaling.drawdown_from),
    ]
}

/// A limit over a window says nothing without the window.
fn windows(limits: &Limits) -> Result<(), Fault> {
    let (price, loss, conduct) = (&limits.price, &limits.loss, &limits.conduct);
    let scaling = &limits.scaling;
    let needs = [
        (
            limits.max_messages.min(limits.max_venue_messages) < u32::MAX,
            "message_window",
            limits.message_window,
        ),
        (
            price.max_drift < Rate::MAX,
            "price.drift_window",
            price.drift_window,
        ),
        (
            loss.max_rolling < Money::MAX,
            "loss.rolling_window",
            loss.rolling_window,
        ),
        (
            conduct.max_cancels_per_fill < u32::MAX,
            "conduct.cancel_window",
            conduct.cancel_window,
        ),
        (
            conduct.max_repeats < u32::MAX,
            "conduct.repeat_window",
            conduct.repeat_window,
        ),
        (
            scaling.calm_volatility < Rate::MAX,
            "scaling.volatility_window",
            scaling.volatility_window,
        ),
    ];
    for (limited, window, length) in needs {
        if limited && length == Duration::ZERO {
            let reason = "is missing or zero; its limit needs to know over how long it counts";
            return Err((window, reason.to_owned()));
        }
    }
    if scaling.drawdown_from < Rate::MAX && loss.max_drawdown == Money::MAX {
        let reason = "needs loss.max_drawdown, of which it is a share".to_owned();
        return Err(("scaling.drawdown_from", reason));
    }
    if limits.short.max_day_trades < u32::MAX && limits.short.day_trade_days == 0 {
        let reason = "is zero; write over how many business days day trades count".to_owned();
        return Err(("short.day_trade_days", reason));
    }
    Ok(())
}

/// Escalation only ever gets stricter.
fn steps(limits: &Limits) -> Result<(), Fault> {
    let steps = &limits.escalation;
    let set = |rate: Rate| rate < Rate::MAX;
    let falls = |low: Rate, high: Rate| set(low) && set(high) && high < low;
    if falls(steps.warn, steps.reduce) {
        let reason = "is below escalation.warn; write a share that is not".to_owned();
        return Err(("escalation.reduce", reason));
    }
    if falls(steps.reduce, steps.halt) || falls(steps.warn, steps.halt) {
        let reason = "is below an earlier step; write a share that is not".to_owned();
        return Err(("escalation.halt", reason));
    }
    Ok(())
}

fn no_sums(limits: &Limits) -> Result<(), Fault> {
    let (exposure, loss) = (&limits.exposure, &limits.loss);
    let sums = [
        ("exposure.max_gross", exposure.max_gross),
        ("exposure.max_net", exposure.max_net),
        ("loss.max_daily", loss.max_daily),
        ("loss.max_rolling", loss.max_rolling),
        ("loss.max_drawdown", loss.max_drawdown),
    ];
    match sums.iter().find(|(_, sum)| *sum < Money::MAX) {
        Some((field, _)) => {
            let reason = "an instrument has no such sum; limit the firm, an account or a strategy";
            Err((field, reason.to_owned()))
        }
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::InstrumentId;

    #[test]
    fn limits_that_cannot_be_meant_are_named() {
        let check = |scope, edit: fn(&mut Limits), expect: Option<&str>| {
            let mut limits = Limits::default();
            edit(&mut limits);
            let found = check(scope, &limits).err().map(|(field, _)| field);
            assert_eq!(found, expect);
        };
        let firm = LimitScope::Firm;
        let instrument = LimitScope::Instrument(InstrumentId::new(0));
        check(firm, |_| {}, None);
        check(instrument, |_| {}, None);
        check(firm, |limits| limits.loss.max_daily = Money::ZERO, None);
        check(
            instrument,
            |limits| limits.loss.max_daily = Money::ZERO,
            Some("loss.max_daily"),
        );
        check(
            firm,
            |limits| limits.loss.max_daily = Money::from_raw(-1),
            Some("loss.max_daily"),
        );
        check(
            firm,
            |limits| limits.price.max_drift = Rate::ZERO,
            Some("price.drift_window"),
        );
        check(
            firm,
            |limits| limits.escalation.hysteresis = Rate::from_raw(-1),
            Some("escalation.hysteresis"),
        );
        check(
            firm,
            |limits| {
                limits.escalation.warn = Rate::from_raw(2);
                limits.escalation.halt = Rate::from_raw(1);
            },
            Some("escalation.halt"),
        );
        check(
            firm,
            |limits| limits.scaling.drawdown_from = Rate::ZERO,
            Some("scaling.drawdown_from"),
        );
    }
}
