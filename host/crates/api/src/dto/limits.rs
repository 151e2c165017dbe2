//! Limits of a scope, in groups, as the engine has them. `null` and what is absent does not bind,
//! but for open orders (1,000) and messages (10,000 a second).

use super::object::Object;
use super::text::Decimal;
use crate::openapi::{MONEY, QUANTITY, SHARE, WHOLE, text};
use engine::{
    ConductLimits, DataLimits, Escalation, ExposureLimits, Limits, LossLimits, PriceLimits,
    Scaling, ShortLimits, VolumeLimits,
};
use model::{Duration, Money, Quantity, Rate};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use utoipa::openapi::schema::{AdditionalProperties, ObjectBuilder, Schema, SchemaType, Type};
use utoipa::openapi::{Ref, RefOr};
use utoipa::{PartialSchema, ToSchema};

/// A length of time in nanoseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Nanoseconds(u64);

impl Nanoseconds {
    pub(crate) const fn duration(self) -> Duration {
        Duration::from_nanos(self.0)
    }
}

impl std::str::FromStr for Nanoseconds {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let whole = || format!("`{text}` is not a whole number of nanoseconds");
        text.parse().map(Self).map_err(|_| whole())
    }
}

impl std::fmt::Display for Nanoseconds {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// How a limit travels.
pub(crate) trait Bound: Copy {
    /// As JSON.
    type Wire;
    /// What is shown; nothing when it does not bind.
    fn shown(self) -> Option<Self::Wire>;
    /// What was sent.
    fn taken(wire: Self::Wire) -> Self;
    /// What is said of it, but for what it is for.
    fn said() -> ObjectBuilder;
}

macro_rules! decimal {
    ($($kind:ident as $form:ident)*) => {$(
        impl Bound for $kind {
            type Wire = Decimal<$kind>;
            fn shown(self) -> Option<Self::Wire> {
                (self < Self::MAX).then_some(Decimal(self))
            }
            fn taken(wire: Self::Wire) -> Self {
                wire.0
            }
            fn said() -> ObjectBuilder {
                or_null(text($form, "An exact decimal; `null` does not bind."), Type::String)
            }
        }
    )*};
}

decimal!(Quantity as QUANTITY Money as MONEY Rate as SHARE);

impl Bound for Duration {
    type Wire = Decimal<Nanoseconds>;
    fn shown(self) -> Option<Self::Wire> {
        (self < Self::MAX).then_some(Decimal(Nanoseconds(self.nanos())))
    }
    fn taken(wire: Self::Wire) -> Self {
        Self::from_nanos(wire.0.0)
    }
    fn said() -> ObjectBuilder {
        or_null(
            text(WHOLE, "Nanoseconds; `null` does not bind."),
            Type::String,
        )
    }
}

impl Bound for u32 {
    type Wire = u32;
    fn shown(self) -> Option<u32> {
        (self < Self::MAX).then_some(self)
    }
    fn taken(wire: u32) -> Self {
        wire
    }
    fn said() -> ObjectBuilder {
        let number = ObjectBuilder::new()
            .minimum(Some(0))
            .maximum(Some(Self::MAX));
        or_null(number, Type::Integer)
    }
}

impl Bound for bool {
    type Wire = bool;
    fn shown(self) -> Option<bool> {
        Some(self)
    }
    fn taken(wire: bool) -> Self {
        wire
    }
    fn said() -> ObjectBuilder {
        or_null(ObjectBuilder::new(), Type::Boolean)
    }
}

/// Of this type, or absent.
fn or_null(value: ObjectBuilder, kind: Type) -> ObjectBuilder {
    value.schema_type(SchemaType::from_iter([kind, Type::Null]))
}

/// A group of limits as an object with optional fields.
macro_rules! group {
    ($(#[$about:meta])* $name:ident is $target:ident {
        $($wire:ident: $kind:ident as $field:ident,)*
    } and { $($group:ident: $object:ident,)* }) => {
        $(#[$about])*
        #[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
        #[serde(deny_unknown_fields, default)]
        pub(crate) struct $name {
            $($wire: Option<<$kind as Bound>::Wire>,)*
            $($group: Object<$object>,)*
        }

        impl $name {
            pub(crate) fn new(limits: &$target) -> Self {
                Self {
                    $($wire: limits.$field.shown(),)*
                    $($group: Object($object::new(&limits.$group)),)*
                }
            }

            pub(crate) fn limits(self) -> $target {
                let unset = $target::default();
                $target {
                    $($field: self.$wire.map_or(unset.$field, Bound::taken),)*
                    $($group: self.$group.0.limits(),)*
                }
            }
        }

        impl PartialSchema for $name {
            fn schema() -> RefOr<Schema> {
                ObjectBuilder::new()
                    $(.property(stringify!($wire), <$kind as Bound>::said()))*
                    $(.property(stringify!($group), Ref::from_schema_name($object::name())))*
                    .additional_properties(Some(AdditionalProperties::<Schema>::FreeForm(false)))
                    .into()
            }
        }

        impl ToSchema for $name {
            fn name() -> Cow<'static, str> {
                Cow::Borrowed(stringify!($name))
            }

            fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
                let mut groups: Vec<(String, RefOr<Schema>)> =
                    vec![$(($object::name().into_owned(), $object::schema()),)*];
                schemas.append(&mut groups);
            }
        }
    };
}

group! {
    /// All limits of a scope.
    LimitsDto is Limits {
        max_order_quantity: Quantity as max_order_quantity,
        max_order_notional: Money as max_order_notional,
        max_open_orders: u32 as max_open_orders,
        max_position: Quantity as max_position,
        max_messages: u32 as max_messages,
        message_window_ns: Duration as message_window,
        duplicate_window_ns: Duration as duplicate_window,
        max_venue_messages: u32 as max_venue_messages,
    } and {
        price: PriceDto,
        volume: VolumeDto,
        exposure: ExposureDto,
        loss: LossDto,
        conduct: ConductDto,
        data: DataDto,
        short: ShortDto,
        escalation: EscalationDto,
        scaling: ScalingDto,
    }
}

group! {
    /// How far from the market, and on what markets.
    PriceDto is PriceLimits {
        max_distance: Rate as max_distance,
        max_drift: Rate as max_drift,
        drift_window_ns: Duration as drift_window,
    } and {}
}

group! {
    /// How much of what others trade.
    VolumeDto is VolumeLimits {
        max_book_share: Rate as max_book_share,
        max_day_share: Rate as max_day_share,
        max_depth_share: Rate as max_depth_share,
    } and {}
}

group! {
    /// How much in all.
    ExposureDto is ExposureLimits {
        max_gross: Money as max_gross,
        max_net: Money as max_net,
        max_instrument_share: Rate as max_instrument_share,
        max_sector_share: Rate as max_sector_share,
    } and {}
}

group! {
    /// How much may be lost.
    LossDto is LossLimits {
        max_daily: Money as max_daily,
        max_rolling: Money as max_rolling,
        rolling_window_ns: Duration as rolling_window,
        max_drawdown: Money as max_drawdown,
    } and {}
}

group! {
    /// How orders may be used.
    ConductDto is ConductLimits {
        max_cancels_per_fill: u32 as max_cancels_per_fill,
        free_cancels: u32 as free_cancels,
        cancel_window_ns: Duration as cancel_window,
        max_repeats: u32 as max_repeats,
        repeat_window_ns: Duration as repeat_window,
        no_self_match: bool as no_self_match,
    } and {}
}

group! {
    /// What market data must be like.
    DataDto is DataLimits {
        max_age_ns: Duration as max_age,
        max_ahead_ns: Duration as max_ahead,
        max_behind_ns: Duration as max_behind,
    } and {}
}

group! {
    /// Short sales and day trades.
    ShortDto is ShortLimits {
        no_short_sale: bool as no_short_sale,
        max_day_trades: u32 as max_day_trades,
        day_trade_days: u32 as day_trade_days,
        locate_required: bool as locate_required,
    } and {}
}

group! {
    /// What happens before a limit is reached.
    EscalationDto is Escalation {
        warn: Rate as warn,
        reduce: Rate as reduce,
        halt: Rate as halt,
        hysteresis: Rate as hysteresis,
    } and {}
}

group! {
    /// What tightens the limits by itself.
    ScalingDto is Scaling {
        calm_volatility: Rate as calm_volatility,
        volatility_window_ns: Duration as volatility_window,
        drawdown_from: Rate as drawdown_from,
    } and {}
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shown_can_be_sent_back_and_means_the_same() {
        let check = |edit: fn(&mut Limits)| {
            let mut limits = Limits::default();
            edit(&mut limits);
            let text = serde_json::to_string(&LimitsDto::new(&limits)).unwrap();
            let back: LimitsDto = serde_json::from_str(&text).unwrap();
            assert_eq!(back.limits(), limits, "{text}");
        };
        check(|_| {});
        check(|limits| limits.loss.max_daily = "5000.25".parse().unwrap());
        check(|limits| limits.price.max_drift = "0.05".parse().unwrap());
        check(|limits| limits.price.drift_window = Duration::from_secs(60));
        check(|limits| limits.conduct.no_self_match = true);
        check(|limits| limits.short.max_day_trades = 3);
        check(|limits| limits.data.max_age = Duration::ZERO);
    }
}
