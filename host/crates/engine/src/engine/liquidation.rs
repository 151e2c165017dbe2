//! Closing an account's positions for it: first its open orders are cancelled, then positions are
//! reduced by market orders, the one first whose closing frees most maintenance margin, each by no
//! more than brings the account above its call level.
//!
//! The orders are sent in the name of the strategy that holds the position, tagged [`TAG`], through
//! the same gate and the same venue. Each position gets one order for each input, so a step's work is
//! bounded; what that leaves is looked at when prices move.

use super::Engine;
use super::judging::Part;
use crate::effect::Severity;
use crate::holdings::Holding;
use crate::input::LimitScope;
use crate::risk;
use model::{
    AccountId, AccountKind, InstrumentId, MarginState, Money, NumberError, OrderId, OrderKind,
    OrderRequest, OrderStatus, Quantity, Rate, Side, SignedQuantity, StrategyId, Tag,
};
use std::collections::BTreeMap;

/// What orders are tagged with that close positions for an account.
pub const TAG: &str = "LIQUIDATION";

/// A position that could be closed.
struct Candidate {
    strategy: StrategyId,
    instrument: InstrumentId,
    side: Side,
    /// What of it stands behind the account's position; closing more would free nothing.
    quantity: Quantity,
    /// The maintenance margin that frees, in the account's base currency.
    relief: Money,
}

impl Engine {
    /// Does the next thing for an account that is being liquidated; whether there was one.
    pub(super) fn liquidate_next(&mut self) -> bool {
        while let Some(id) = self.margins.due.pop_first() {
            if self.margins.state(id) == MarginState::Liquidating && self.liquidate(id) {
                return true;
            }
        }
        false
    }

    fn liquidate(&mut self, id: AccountId) -> bool {
        if self.margins.sequence != self.sequence {
            self.margins.sequence = self.sequence;
            self.margins.tried.clear();
        }
        if self.withdraw_orders_of(id) {
            return true;
        }
        let closing =
            |open: &crate::orders::OpenOrder| open.order.account == id && open.is_liquidation();
        if self.orders.iter().any(closing) {
            return false;
        }
        let Some(candidate) = self.largest_relief(id) else {
            return false;
        };
        let place = (candidate.strategy, candidate.instrument);
        self.margins.tried.push(place);
        let Some(request) = self.closing_order(id, &candidate) else {
            return false;
        };
        self.send_closing(id, candidate.strategy, &request);
        // Another position may be closed where this one cannot.
        self.margins.due.insert(id);
        true
    }

    /// Cancels what the account has open; whether there was anything to cancel.
    fn withdraw_orders_of(&mut self, id: AccountId) -> bool {
        let open = self.orders.iter().filter(|open| {
            open.order.account == id
                && !open.is_liquidation()
                && open.order.status != OrderStatus::PendingCancel
        });
        let open: Vec<OrderId> = open.map(|open| open.order.id).collect();
        for order in &open {
            self.cancel(*order);
        }
        !open.is_empty()
    }

    fn largest_relief(&self, id: AccountId) -> Option<Candidate> {
        let net = self.net_positions(id);
        let mut best: Option<Candidate> = None;
        for (strategy, config) in self.strategies() {
            if config.account != id {
                continue;
            }
            for (instrument, holding) in self.holdings.of(strategy) {
                let net = net.get(&instrument).copied().unwrap_or_default();
                let candidate = self.candidate(id, (strategy, instrument), holding, net);
                let better =
                    |one: &Candidate| best.as_ref().is_none_or(|best| one.relief > best.relief);
                best = candidate.filter(better).or(best);
            }
        }
        best
    }

    fn net_positions(&self, id: AccountId) -> BTreeMap<InstrumentId, SignedQuantity> {
        let mut net: BTreeMap<InstrumentId, SignedQuantity> = BTreeMap::new();
        let own = self.strategies().filter(|(_, config)| config.account == id);
        for (instrument, holding) in own.flat_map(|(strategy, _)| self.holdings.of(strategy)) {
            let sum = net.entry(instrument).or_default();
            *sum = sum.checked_add(holding.position.quantity).unwrap_or(*sum);
        }
        net
    }

    /// A position as a candidate, if an order could close it now and that would free margin.
    fn candidate(
        &self,
        id: AccountId,
        (strategy, instrument): (StrategyId, InstrumentId),
        holding: &Holding,
        net: SignedQuantity,
    ) -> Option<Candidate> {
        let own = holding.position.quantity;
        let state = self.market.get(instrument)?;
        let alike = own.raw().signum() * net.raw().signum() > 0;
        let free = holding.open_orders == 0 && state.is_trading(self.now);
        if !alike || !free || self.margins.tried.contains(&(strategy, instrument)) {
            return None;
        }
        let quantity = own.magnitude().ok()?.min(net.magnitude().ok()?);
        let relief = self.relief(id, instrument, quantity).ok()??;
        (relief > Money::ZERO).then_some(Candidate {
            strategy,
            instrument,
            side: if own.is_long() { Side::Sell } else { Side::Buy },
            quantity,
            relief,
        })
    }

    /// The maintenance margin of a quantity; `Ok(None)` when it is not known.
    fn relief(
        &self,
        id: AccountId,
        instrument: InstrumentId,
        quantity: Quantity,
    ) -> Result<Option<Money>, NumberError> {
        let account = self.accounts.get(id.index());
        let state = self.market.get(instrument);
        let (Some(account), Some(state)) = (account, state) else {
            return Ok(None);
        };
        let AccountKind::Margin { leverage } = account.config().kind else {
            return Ok(None);
        };
        let Some(mark) = state.mark() else {
            return Ok(None);
        };
        let known = &state.instrument;
        let value = mark.notional(quantity, known.multiplier)?.magnitude()?;
        let margin = value.times(known.margin.maintenance)?;
        let margin = margin.prorated(i128::from(Rate::SCALE), i128::from(leverage.raw()))?;
        let base = account.config().base_currency;
        self.market.convert(margin, known.quote_currency, base)
    }

    fn closing_order(&self, id: AccountId, candidate: &Candidate) -> Option<OrderRequest> {
        let instrument = &self.market.get(candidate.instrument)?.instrument;
        let (equity, maintenance) = self.margin_now(id)?;
        let rules = self.accounts.get(id.index())?.rules();
        let level = rules.margin_call?.call;
        let missing = maintenance.times(level).ok()?.checked_sub(equity).ok()?;
        let freed = candidate.relief.times(level).ok()?;
        let enough = enough(candidate.quantity, missing, freed, instrument.lot);
        let most = instrument.max_quantity;
        let quantity = enough
            .max(instrument.min_quantity)
            .min(candidate.quantity)
            .min(most);
        let mut request = OrderRequest::new(
            candidate.instrument,
            candidate.side,
            OrderKind::Market,
            quantity,
        );
        request.id = self.next_order_id()?;
        request.terms.reduce_only = true;
        request.terms.tag = TAG.parse::<Tag>().ok()?;
        Some(request)
    }

    fn send_closing(&mut self, id: AccountId, strategy: StrategyId, request: &OrderRequest) {
        self.orders_made += 1;
        let judged = risk::judge_liquidation(&self.context(strategy, request, None));
        let taken = judged.and_then(|approval| {
            self.take_on(strategy, request, (None, Part::Alone), Some(approval))
        });
        let blocked = taken.err();
        if let Some(code) = blocked {
            self.memory.count_denial(code);
        }
        if self.margins.block(id, blocked)
            && let Some(code) = blocked
        {
            let scope = LimitScope::Account(id);
            self.alert(Severity::Critical, code, scope, Rate::ZERO);
        }
        if blocked.is_none() {
            self.launch(request.id);
        }
    }
}

/// How much of `quantity` frees what is missing, when all of it frees `freed`: in whole lots, rounded
/// up, and all of it where that is not enough or cannot be computed.
fn enough(quantity: Quantity, missing: Money, freed: Money, lot: Quantity) -> Quantity {
    let part = || {
        let product = i128::from(quantity.raw()).checked_mul(missing.raw())?;
        let whole = freed.raw();
        let units = product
            .checked_add(whole.checked_sub(1)?)?
            .checked_div(whole)?;
        let units = u64::try_from(units).ok()?;
        let lots = units.div_ceil(lot.raw().max(1));
        lots.checked_mul(lot.raw()).map(Quantity::from_raw)
    };
    part().unwrap_or(quantity).min(quantity)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_more_is_closed_than_is_missing() {
        let check = |missing: &str, freed: &str, expect: &str| {
            let quantity: Quantity = "100".parse().unwrap();
            let (missing, freed) = (missing.parse().unwrap(), freed.parse().unwrap());
            let lots = enough(quantity, missing, freed, Quantity::ONE);
            assert_eq!(lots, expect.parse().unwrap(), "{missing} of {freed}");
        };
        check("50", "100", "50");
        check("50.000000001", "100", "51");
        check("0.000000001", "100", "1");
        check("100", "100", "100");
        check("101", "100", "100");
        check("1", "0", "100");
    }
}
