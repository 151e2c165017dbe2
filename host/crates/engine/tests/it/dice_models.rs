//! Models of venues and fee tiers, made up.

use crate::dice::Dice;
use engine::{DrawnLatency, FillChances, Quantiles, SelfMatch, VenueModels};
use model::{FeeTier, ModelSpec};

fn any_quantiles(dice: &mut Dice) -> Quantiles {
    Quantiles(dice.list(Dice::duration))
}

pub(crate) fn any_draws(dice: &mut Dice) -> DrawnLatency {
    DrawnLatency {
        insert: any_quantiles(dice),
        cancel: any_quantiles(dice),
        modify: any_quantiles(dice),
        feed: any_quantiles(dice),
    }
}

pub(crate) fn any_chances(dice: &mut Dice) -> Option<FillChances> {
    dice.maybe(|dice| FillChances {
        touch: dice.rate(),
        slip: dice.rate(),
        seed: dice.extreme(),
    })
}

pub(crate) fn any_self_match(dice: &mut Dice) -> SelfMatch {
    dice.one_of(&[
        SelfMatch::None,
        SelfMatch::CancelNewest,
        SelfMatch::CancelOldest,
        SelfMatch::CancelBoth,
        SelfMatch::DecrementAndCancel,
    ])
}

pub(crate) fn any_models(dice: &mut Dice) -> VenueModels {
    VenueModels {
        fill: dice.maybe(any_spec),
        fee: dice.maybe(any_spec),
        latency: dice.maybe(any_spec),
    }
}

fn any_spec(dice: &mut Dice) -> ModelSpec {
    ModelSpec {
        name: dice.text(),
        parameters: dice.list(|dice| (dice.text(), dice.text())),
    }
}

pub(crate) fn any_tiers(dice: &mut Dice) -> Vec<FeeTier> {
    dice.list(|dice| FeeTier {
        from: dice.money(),
        maker: dice.rate(),
        taker: dice.rate(),
    })
}
