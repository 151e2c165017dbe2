//! One currency for another, at the touch of a pair that the account's venue lists: by command, and
//! at the end of the day for accounts that want their debts bought.

use super::Engine;
use super::lifecycle::FRESH;
use crate::agenda::Due;
use crate::effect::{Ignored, Severity};
use crate::input::LimitScope;
use crate::market::MarketState;
use model::{
    AccountId, AssetClass, CashFlow, CashFlowReason, CurrencyId, DenyCode, Duration, Money,
    NumberError, Price, Rate, Side, Timestamp, VenueId,
};

/// Why money was not converted.
const NO_RATE: &str = "no pair of the account's venue has a fresh price for the conversion";
const NOT_THERE: &str = "the account does not have that much free money to convert";
const NONSENSE: &str =
    "a conversion needs an account, two different currencies and a positive amount";
const OVERFLOW: &str = "the amounts of the conversion overflow";

/// How much of the other currency one unit is.
#[derive(Debug, Clone, Copy)]
enum PairPrice {
    /// The pair's base is given.
    Direct(Price),
    /// The pair's base is received.
    Inverse(Price),
}

impl Engine {
    pub(super) fn convert(
        &mut self,
        account: AccountId,
        from: CurrencyId,
        to: CurrencyId,
        amount: Money,
    ) {
        if let Err(why) = self.try_convert(account, from, to, amount) {
            self.ignore(Ignored::BadCommand(why));
        }
    }

    fn try_convert(
        &mut self,
        id: AccountId,
        from: CurrencyId,
        to: CurrencyId,
        amount: Money,
    ) -> Result<(), &'static str> {
        let account = self.accounts.get(id.index()).ok_or(NONSENSE)?;
        let known = self.market.has_currency(from) && self.market.has_currency(to);
        if !known || from == to || amount <= Money::ZERO {
            return Err(NONSENSE);
        }
        let free = account.balance(from).free().map_err(|_| OVERFLOW)?;
        if amount > free {
            return Err(NOT_THERE);
        }
        let price = self.pair_price(account.config().venue, from, to);
        let received = match price.ok_or(NO_RATE)? {
            PairPrice::Direct(bid) => amount.converted(bid),
            PairPrice::Inverse(ask) => amount.converted_inverse(ask),
        };
        let received = received.map_err(|_| OVERFLOW)?;
        self.swap_money(id, (from, amount), (to, received))
            .map_err(|_| OVERFLOW)
    }

    /// Gives money of one currency for money of another.
    fn swap_money(
        &mut self,
        id: AccountId,
        given: (CurrencyId, Money),
        received: (CurrencyId, Money),
    ) -> Result<(), NumberError> {
        let mut booking = self.begin_booking(self.now);
        let changes = [(given.0, given.1.negated()?), received];
        for (currency, amount) in changes {
            booking.account_mut(id)?.exchange(currency, amount)?;
            booking.note_flow(CashFlow {
                account: id,
                position: None,
                reason: CashFlowReason::Conversion,
                currency,
                amount,
                ts_event: self.now,
            });
        }
        self.make_true(booking);
        self.reckon(LimitScope::Account(id));
        Ok(())
    }

    /// The price at which `from` is given for `to`: the bid of the one pair, or the ask of the other.
    fn pair_price(&self, venue: VenueId, from: CurrencyId, to: CurrencyId) -> Option<PairPrice> {
        let direct = self.pair(venue, from, to, Side::Sell);
        let inverse = || self.pair(venue, to, from, Side::Buy);
        direct
            .map(PairPrice::Direct)
            .or_else(|| inverse().map(PairPrice::Inverse))
    }

    /// What an order of `side` would pay on a pair; `None` without a fresh price.
    fn pair(
        &self,
        venue: VenueId,
        base: CurrencyId,
        quote: CurrencyId,
        side: Side,
    ) -> Option<Price> {
        let is_pair = |state: &MarketState| {
            let instrument = &state.instrument;
            let spot = matches!(
                instrument.class,
                AssetClass::FxPair { .. } | AssetClass::CryptoSpot { .. }
            );
            let currencies = (instrument.class.base(), instrument.quote_currency);
            spot && instrument.venue == venue && currencies == (Some(base), quote)
        };
        let is_fresh = |state: &MarketState| {
            let made = state.priced_at();
            let fresh = made.is_some_and(|made| self.now.since(made) <= FRESH);
            fresh && state.flaw.is_none()
        };
        let mut pairs = self.market.iter().map(|(_, state)| state);
        let state = pairs.find(|state| is_pair(state) && is_fresh(state))?;
        state.reference(side)
    }

    /// Plans the end of the account's day. Days that a jump of time leaves out are left out.
    pub(super) fn plan_day_end(&mut self, id: AccountId, after: Timestamp) {
        let midnight = after.next_time_of_day(Duration::ZERO);
        let account = self.accounts.get_mut(id.index());
        let wants = |account: &&mut crate::account::Account| {
            account.rules().converts_debts && !account.day_planned && midnight != Timestamp::MAX
        };
        if let Some(account) = account.filter(wants) {
            account.day_planned = true;
            self.agenda.add(midnight, Due::DayEnd(id));
        }
    }

    /// The day is over: what the account owes in other currencies than its own is bought.
    pub(super) fn end_day(&mut self, id: AccountId, at: Timestamp, until: Timestamp) {
        const DAY: Duration = Duration::from_secs(86_400);
        let Some(account) = self.accounts.get_mut(id.index()) else {
            return;
        };
        account.day_planned = false;
        if !account.rules().converts_debts {
            return;
        }
        let base = account.config().base_currency;
        let owed = account
            .balances()
            .filter(|(currency, balance)| *currency != base && balance.total < Money::ZERO);
        let owed: Vec<_> = owed
            .map(|(currency, balance)| (currency, balance.total))
            .collect();
        for (currency, total) in owed {
            if self.buy_debt(id, base, currency, total).is_none() {
                let scope = LimitScope::Account(id);
                self.alert(Severity::Warning, DenyCode::Conversion, scope, Rate::ZERO);
            }
        }
        self.plan_day_end(id, at.max(until.before(DAY)));
    }

    /// Buys what is owed, to the last unit.
    fn buy_debt(
        &mut self,
        id: AccountId,
        base: CurrencyId,
        currency: CurrencyId,
        total: Money,
    ) -> Option<()> {
        let venue = self.accounts.get(id.index())?.config().venue;
        let owed = total.negated().ok()?;
        let given = match self.pair_price(venue, base, currency)? {
            PairPrice::Direct(bid) => owed.converted_inverse(bid),
            PairPrice::Inverse(ask) => owed.converted(ask),
        };
        self.swap_money(id, (base, given.ok()?), (currency, owed))
            .ok()
    }
}
