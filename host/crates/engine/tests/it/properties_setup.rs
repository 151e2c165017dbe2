//! Venues, instruments, accounts and limits of random runs, drawn from a seed.

use super::{Scale, WINDOWS};
use crate::dice::Dice;
use crate::world::*;
use engine::{FillChances, Latency, Slippage};
use model::{
    AccountKind, AssetClass, Duration, HedgeMargin, Money, OptionRight, OrderKind, OrderKindName,
    Price, Quantity, Session,
};

pub(super) fn random_setup(dice: &mut Dice, seed: u64, scale: Scale) -> Setup {
    let mut setup = Setup::default();
    setup.venue.latency = Latency {
        insert: Duration::from_nanos(dice.below(30)),
        cancel: Duration::from_nanos(dice.below(30)),
        modify: Duration::from_nanos(dice.below(30)),
        jitter: Duration::from_nanos(dice.below(10)),
        seed,
        ..Latency::default()
    };
    setup.venue.slippage = dice.one_of(&[
        Slippage::None,
        Slippage::Ticks(3),
        Slippage::Share(rate("0.001")),
    ]);
    for instrument in &mut setup.instruments {
        instrument.fees.taker = rate("0.0007");
        instrument.fees.maker = rate("-0.0001");
        instrument.max_quantity = Quantity::MAX;
    }
    if dice.below(2) == 0 {
        end_soon(dice, &mut setup);
    }
    let deposit = if scale.ticks < 1_000 {
        "100000"
    } else {
        "100000000000000000000"
    };
    setup.accounts[0] = account("cash", AccountKind::Cash, &[(USD, deposit), (BTC, "100")]);
    // A third of the accounts can lose what they have.
    let poor = scale.ticks < 1_000 && dice.below(3) == 0;
    let margin = if poor { "150" } else { deposit };
    setup.accounts[1] = account("margin", leverage("3"), &[(USD, margin)]);
    // Seldom: what happens to instruments passes hedging accounts by.
    setup.accounts[1].hedging = match dice.below(8) {
        0 => Some(HedgeMargin::Gross),
        1 => Some(HedgeMargin::Net),
        _ => None,
    };
    if scale.ticks < 1_000 {
        setup.limits.max_position = quantity("60");
        setup.limits.max_open_orders = 12;
    }
    if dice.below(2) == 0 {
        let window = dice.one_of(&WINDOWS);
        limit_everything(&mut setup.limits, window, scale.ticks < 1_000);
    }
    if dice.below(3) == 0 {
        let stop = OrderKind::stop_market(Price::ZERO).name();
        setup.venue.lacks = vec![stop, OrderKindName::TrailingStopMarket];
    }
    if dice.below(2) == 0 {
        setup.instrument(EQUITY).session = Some(Session {
            open: Duration::from_secs(6 * 3_600),
            close: Duration::from_secs(20 * 3_600),
            days: [true; 7],
        });
    }
    draw_models(&mut setup, seed);
    setup
}

/// Models, drawn apart so that they change nothing else about a run.
fn draw_models(setup: &mut Setup, seed: u64) {
    let mut dice = Dice::new(!seed);
    setup.venue.latency.feed = Duration::from_nanos(dice.below(2) * dice.below(30));
    setup.venue.chances = dice.one_of(&[None, None, Some(half())]);
    for instrument in &mut setup.instruments {
        instrument.fees.min_per_order = dice.one_of(&[Money::ZERO, money("1")]);
        instrument.fees.max_share = dice.one_of(&[None, Some(rate("0.01"))]);
    }
}

/// Every other touch fills, every other taker slips.
fn half() -> FillChances {
    FillChances {
        touch: rate("0.5"),
        slip: rate("0.5"),
        seed: 9,
    }
}

/// Futures and options end within the run, the latter in or out of the money.
fn end_soon(dice: &mut Dice, setup: &mut Setup) {
    let day = 86_400 * SECOND;
    let expiry = at(dice.one_of(&[day / 24, day / 4, day]));
    setup.instrument(FUTURE).class = AssetClass::Future { expiry };
    setup.instrument(OPTION).class = AssetClass::Option {
        underlying: dice.one_of(&[None, Some(EQUITY)]),
        strike: dice.one_of(&[price("10.1"), price("10.3")]),
        expiry,
        right: dice.one_of(&[OptionRight::Call, OptionRight::Put]),
    };
}
