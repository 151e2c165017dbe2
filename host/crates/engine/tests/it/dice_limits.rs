//! Limits, permissions and those they bind, drawn from a seed.

use crate::dice::Dice;
use engine::{
    Allowed, ConductLimits, DataLimits, Escalation, ExposureLimits, LimitScope, Limits, LossLimits,
    OrdersOnFault, Permissions, PriceLimits, Scaling, ShortLimits, StrategyConfig, VolumeLimits,
};
use model::{AccountId, InstrumentId, StrategyId, VenueId};

impl Dice {
    pub(crate) fn limits(&mut self) -> Limits {
        Limits {
            max_order_quantity: self.quantity(),
            max_order_notional: self.money(),
            max_open_orders: self.small(),
            max_position: self.quantity(),
            max_messages: self.small(),
            message_window: self.duration(),
            duplicate_window: self.duration(),
            price: PriceLimits {
                max_distance: self.rate(),
                max_drift: self.rate(),
                drift_window: self.duration(),
            },
            volume: VolumeLimits {
                max_book_share: self.rate(),
                max_day_share: self.rate(),
                max_depth_share: self.rate(),
            },
            exposure: ExposureLimits {
                max_gross: self.money(),
                max_net: self.money(),
                max_instrument_share: self.rate(),
                max_sector_share: self.rate(),
            },
            loss: self.losses(),
            conduct: self.conduct(),
            data: DataLimits {
                max_age: self.duration(),
                max_ahead: self.duration(),
                max_behind: self.duration(),
            },
            short: ShortLimits {
                no_short_sale: self.flag(),
                max_day_trades: self.small(),
                day_trade_days: self.small(),
                locate_required: self.flag(),
            },
            escalation: Escalation {
                warn: self.rate(),
                reduce: self.rate(),
                halt: self.rate(),
                hysteresis: self.rate(),
            },
            scaling: Scaling {
                calm_volatility: self.rate(),
                volatility_window: self.duration(),
                drawdown_from: self.rate(),
            },
            max_venue_messages: self.small(),
        }
    }

    fn losses(&mut self) -> LossLimits {
        LossLimits {
            max_daily: self.money(),
            max_rolling: self.money(),
            rolling_window: self.duration(),
            max_drawdown: self.money(),
        }
    }

    fn conduct(&mut self) -> ConductLimits {
        ConductLimits {
            max_cancels_per_fill: self.small(),
            free_cancels: self.small(),
            cancel_window: self.duration(),
            max_repeats: self.small(),
            repeat_window: self.duration(),
            no_self_match: self.flag(),
        }
    }

    fn allowed<T: Clone>(&mut self, item: impl FnMut(&mut Self) -> T) -> Allowed<T> {
        let items = self.list(item);
        self.one_of(&[Allowed::All, Allowed::Only(items)])
    }

    pub(crate) fn permissions(&mut self) -> Permissions {
        Permissions {
            instruments: self.allowed(Self::instrument_id),
            sides: self.allowed(Self::side),
            venues: self.allowed(|dice| VenueId::new(dice.small())),
            accounts: self.allowed(|dice| AccountId::new(dice.small())),
        }
    }

    pub(crate) fn scope(&mut self) -> LimitScope {
        let number = self.small();
        self.one_of(&[
            LimitScope::Firm,
            LimitScope::Account(AccountId::new(number)),
            LimitScope::Strategy(StrategyId::new(number)),
            LimitScope::Instrument(InstrumentId::new(number)),
        ])
    }

    pub(crate) fn strategy(&mut self) -> StrategyConfig {
        StrategyConfig {
            name: self.text(),
            account: AccountId::new(self.small()),
            on_fault: self.one_of(&[OrdersOnFault::Cancel, OrdersOnFault::Keep]),
            manual: self.flag(),
            permissions: self.permissions(),
        }
    }
}
