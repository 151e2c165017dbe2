//! The layout of definitions. What has grown has two numbers: that of then, and one for when a later
//! field says something.

use super::grown::{Grown, encode_sparingly};
use crate::input::{Definition, Limits, Permissions, StrategyConfig};
use crate::journal::codec::{Decode, DecodeError, Encode};

impl Encode for Definition {
    fn encode(&self, out: &mut Vec<u8>) {
        match self {
            Self::Currency(name) => (0_u8, name).encode(out),
            Self::Venue(config) => (1_u8, config).encode(out),
            Self::Instrument(instrument) => (2_u8, instrument).encode(out),
            Self::Account(config) => (3_u8, config).encode(out),
            Self::Limits(scope, limits) => {
                out.push(number(limits, [4, 15]));
                scope.encode(out);
                encode_sparingly(limits, out);
            }
            Self::Strategy(config) => {
                out.push(number(config, [5, 13]));
                encode_sparingly(config, out);
            }
            Self::Permissions(strategy, permissions) => {
                out.push(number(permissions, [6, 14]));
                strategy.encode(out);
                encode_sparingly(permissions, out);
            }
            Self::AverageVolume(instrument, volume) => (7_u8, instrument, volume).encode(out),
            Self::Adopter(strategy) => (8_u8, strategy).encode(out),
            Self::FeeTiers(instrument, tiers) => (9_u8, instrument, tiers).encode(out),
            Self::AccountRules(account, rules) => (10_u8, account, rules).encode(out),
            Self::Algorithm(config) => (11_u8, config).encode(out),
            Self::Rule(config) => (12_u8, config).encode(out),
            Self::Locate(account, instrument, most) => {
                (16_u8, account, instrument, most).encode(out);
            }
            Self::SelfMatch(venue, mode) => (17_u8, venue, mode).encode(out),
        }
    }
}

/// The number of then, or that of now where the value needs it.
fn number(value: &impl Grown, [then, now]: [u8; 2]) -> u8 {
    if value.uses_later() { now } else { then }
}

impl Decode for Definition {
    fn decode(from: &mut &[u8]) -> Result<Self, DecodeError> {
        Ok(match u8::decode(from)? {
            0 => Self::Currency(Decode::decode(from)?),
            1 => Self::Venue(Decode::decode(from)?),
            2 => Self::Instrument(Decode::decode(from)?),
            3 => Self::Account(Decode::decode(from)?),
            4 => Self::Limits(Decode::decode(from)?, Limits::decode_first(from)?),
            5 => Self::Strategy(StrategyConfig::decode_first(from)?),
            6 => Self::Permissions(Decode::decode(from)?, Permissions::decode_first(from)?),
            7 => Self::AverageVolume(Decode::decode(from)?, Decode::decode(from)?),
            8 => Self::Adopter(Decode::decode(from)?),
            9 => Self::FeeTiers(Decode::decode(from)?, Decode::decode(from)?),
            10 => Self::AccountRules(Decode::decode(from)?, Decode::decode(from)?),
            11 => Self::Algorithm(Decode::decode(from)?),
            12 => Self::Rule(Decode::decode(from)?),
            number @ 13 => Self::Strategy(needed(from, number)?),
            number @ 14 => Self::Permissions(Decode::decode(from)?, needed(from, number)?),
            number @ 15 => Self::Limits(Decode::decode(from)?, needed(from, number)?),
            16 => Self::Locate(
                Decode::decode(from)?,
                Decode::decode(from)?,
                Decode::decode(from)?,
            ),
            17 => Self::SelfMatch(Decode::decode(from)?, Decode::decode(from)?),
            number => return Err(unknown(number)),
        })
    }
}

/// A value under the number of now, which it has to need: there is one way to write each.
fn needed<T: Grown + Decode>(from: &mut &[u8], number: u8) -> Result<T, DecodeError> {
    let value = T::decode(from)?;
    if value.uses_later() {
        Ok(value)
    } else {
        Err(unknown(number))
    }
}

fn unknown(number: u8) -> DecodeError {
    DecodeError::Unknown {
        what: "definition",
        number,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::input::{Allowed, LimitScope};
    use crate::journal::codec::decode_all;
    use model::{AccountId, StrategyId};

    #[track_caller]
    fn check(definition: &Definition, number: u8) {
        let mut bytes = Vec::new();
        definition.encode(&mut bytes);
        assert_eq!(bytes[0], number);
        assert_eq!(decode_all::<Definition>(&bytes).as_ref(), Ok(definition));
    }

    #[test]
    fn permissions_without_accounts_are_written_as_they_were_before_there_were_any() {
        let permissions = |accounts| Permissions {
            accounts,
            ..Permissions::ALL
        };
        let strategy = StrategyId::new(1);
        let of = |accounts| Definition::Permissions(strategy, permissions(accounts));
        check(&of(Allowed::All), 6);
        check(&of(Allowed::Only(vec![AccountId::new(2)])), 14);
        check(&of(Allowed::Only(Vec::new())), 14);
        let mut bytes = Vec::new();
        of(Allowed::All).encode(&mut bytes);
        assert_eq!(bytes, [6, 1, 0, 0, 0, 0, 0, 0]);
        // One definition has one form.
        assert!(decode_all::<Definition>(&[14, 1, 0, 0, 0, 0, 0, 0, 0]).is_err());
        let of = |accounts| {
            Definition::Strategy(StrategyConfig {
                name: "one".to_owned(),
                account: AccountId::new(0),
                on_fault: crate::input::OrdersOnFault::Keep,
                manual: true,
                permissions: permissions(accounts),
            })
        };
        check(&of(Allowed::All), 5);
        check(&of(Allowed::Only(vec![AccountId::new(0)])), 13);
    }

    #[test]
    fn limits_are_written_as_they_were_while_nothing_that_came_later_binds() {
        let of = |change: fn(&mut Limits)| {
            let mut limits = Limits::default();
            change(&mut limits);
            Definition::Limits(LimitScope::Firm, limits)
        };
        check(&of(|_| ()), 4);
        check(
            &of(|limits| limits.scaling.drawdown_from = model::Rate::ZERO),
            4,
        );
        check(
            &of(|limits| limits.volume.max_depth_share = model::Rate::ZERO),
            15,
        );
        check(&of(|limits| limits.max_venue_messages = 0), 15);
        check(&of(|limits| limits.short.locate_required = true), 15);
        check(&of(|limits| limits.short.no_short_sale = true), 4);
    }
}
