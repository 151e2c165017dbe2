//! One account: balances per currency, what is locked, and a ledger to check them against.

use crate::journal::codec::fields;
use model::{
    AccountConfig, AccountKind, AccountRules, Balance, CurrencyId, Fill, Instrument, Money,
    NumberError, Quantity, Side,
};
use std::collections::BTreeMap;

/// Money held back for an open order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Reservation {
    /// In which currency.
    pub currency: CurrencyId,
    /// How much.
    pub amount: Money,
}

impl Reservation {
    /// The share of it that belongs to `part` of an order of `whole`.
    pub(crate) fn part(&self, part: Quantity, whole: Quantity) -> Result<Self, NumberError> {
        let whole = i128::from(whole.raw().max(1));
        let amount = self.amount.prorated(i128::from(part.raw()), whole)?;
        Ok(Self { amount, ..*self })
    }
}

/// Running totals from which every balance can be recomputed (invariant I4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Ledger {
    /// What was put in.
    pub deposits: Money,
    /// Value bought less value sold in this currency.
    pub traded: Money,
    /// Delivered assets bought less sold, where this currency is the asset.
    pub delivered: Money,
    /// Fees paid.
    pub fees: Money,
    /// Value of what was closed or opened without a trade, by settlement, delivery or a split.
    pub settled: Money,
    /// Funding and dividends received less paid.
    pub paid: Money,
    /// Received less given for other currencies.
    pub converted: Money,
}

/// An account with its balances.
#[derive(Debug, Clone)]
pub struct Account {
    config: AccountConfig,
    rules: AccountRules,
    /// Whether the end of its day is on the agenda.
    pub(crate) day_planned: bool,
    balances: BTreeMap<CurrencyId, Balance>,
    ledgers: BTreeMap<CurrencyId, Ledger>,
}

impl Account {
    pub(crate) fn new(config: AccountConfig) -> Result<Self, NumberError> {
        let mut account = Self {
            balances: BTreeMap::new(),
            ledgers: BTreeMap::new(),
            config: config.clone(),
            rules: AccountRules::default(),
            day_planned: false,
        };
        account
            .balances
            .insert(config.base_currency, Balance::default());
        for (currency, amount) in config.deposits {
            let balance = account.balances.entry(currency).or_default();
            balance.total = balance.total.checked_add(amount)?;
            let ledger = account.ledgers.entry(currency).or_default();
            ledger.deposits = ledger.deposits.checked_add(amount)?;
        }
        Ok(account)
    }

    /// As configured.
    pub fn config(&self) -> &AccountConfig {
        &self.config
    }

    /// What it agreed to.
    pub fn rules(&self) -> &AccountRules {
        &self.rules
    }

    pub(crate) fn set_rules(&mut self, rules: AccountRules) {
        self.rules = rules;
    }

    /// Books what was closed or opened without a trade for `value` received, of which `realized` is
    /// profit. Returns what that added to the balance.
    pub(crate) fn settle(
        &mut self,
        currency: CurrencyId,
        value: Money,
        realized: Money,
    ) -> Result<Money, NumberError> {
        let gain = match self.config.kind {
            AccountKind::Cash => value,
            AccountKind::Margin { .. } => realized,
        };
        self.note(currency, gain, |ledger| {
            ledger.settled = ledger.settled.checked_add(value)?;
            Ok(())
        })?;
        Ok(gain)
    }

    /// Books funding or a dividend; negative when paid.
    pub(crate) fn receive(
        &mut self,
        currency: CurrencyId,
        amount: Money,
    ) -> Result<(), NumberError> {
        self.note(currency, amount, |ledger| {
            ledger.paid = ledger.paid.checked_add(amount)?;
            Ok(())
        })
    }

    /// Books one side of a conversion; negative when given.
    pub(crate) fn exchange(
        &mut self,
        currency: CurrencyId,
        amount: Money,
    ) -> Result<(), NumberError> {
        self.note(currency, amount, |ledger| {
            ledger.converted = ledger.converted.checked_add(amount)?;
            Ok(())
        })
    }

    /// Changes a balance and its ledger together, or neither.
    fn note(
        &mut self,
        currency: CurrencyId,
        gain: Money,
        enter: impl FnOnce(&mut Ledger) -> Result<(), NumberError>,
    ) -> Result<(), NumberError> {
        let (mut balance, mut ledger) = (self.balance(currency), self.ledger(currency));
        balance.total = balance.total.checked_add(gain)?;
        enter(&mut ledger)?;
        self.balances.insert(currency, balance);
        self.ledgers.insert(currency, ledger);
        Ok(())
    }

    /// Balances in the order of their currencies' handles.
    pub fn balances(&self) -> impl Iterator<Item = (CurrencyId, Balance)> {
        self.balances
            .iter()
            .map(|(currency, balance)| (*currency, *balance))
    }

    /// Whether it ever had money of a currency.
    pub(crate) fn has(&self, currency: CurrencyId) -> bool {
        self.balances.contains_key(&currency)
    }

    /// The balance of one currency.
    pub fn balance(&self, currency: CurrencyId) -> Balance {
        self.balances.get(&currency).copied().unwrap_or_default()
    }

    /// The ledger of one currency.
    pub fn ledger(&self, currency: CurrencyId) -> Ledger {
        self.ledgers.get(&currency).copied().unwrap_or_default()
    }

    /// Holds money back, or with a negative amount lets it go.
    pub(crate) fn lock(&mut self, currency: CurrencyId, amount: Money) -> Result<(), NumberError> {
        if amount.is_zero() {
            return Ok(());
        }
        let balance = self.balances.entry(currency).or_default();
        balance.locked = balance.locked.checked_add(amount)?;
        Ok(())
    }

    /// Books a fill worth `value` that realised `realized`. Returns the currencies it touched.
    /// Nothing changes when an amount would overflow.
    pub(crate) fn book(
        &mut self,
        fill: &Fill,
        instrument: &Instrument,
        value: Money,
        realized: Money,
    ) -> Result<(CurrencyId, Option<CurrencyId>), NumberError> {
        let quote = instrument.quote_currency;
        let signed_value = if fill.side == Side::Buy {
            value
        } else {
            value.negated()?
        };
        let gain = match self.config.kind {
            AccountKind::Cash => signed_value.negated()?,
            AccountKind::Margin { .. } => realized,
        };
        let mut balance = self.balance(quote);
        balance.total = balance.total.checked_add(gain)?.checked_sub(fill.fee)?;
        let mut ledger = self.ledger(quote);
        ledger.traded = ledger.traded.checked_add(signed_value)?;
        ledger.fees = ledger.fees.checked_add(fill.fee)?;
        let asset = self.delivered(fill, instrument)?;
        let delivery = match asset {
            Some((currency, amount)) if currency != quote => {
                let mut balance = self.balance(currency);
                balance.total = balance.total.checked_add(amount)?;
                let mut ledger = self.ledger(currency);
                ledger.delivered = ledger.delivered.checked_add(amount)?;
                Some((currency, balance, ledger))
            }
            Some((_, amount)) => {
                balance.total = balance.total.checked_add(amount)?;
                ledger.delivered = ledger.delivered.checked_add(amount)?;
                None
            }
            None => None,
        };
        self.balances.insert(quote, balance);
        self.ledgers.insert(quote, ledger);
        if let Some((currency, balance, ledger)) = delivery {
            self.balances.insert(currency, balance);
            self.ledgers.insert(currency, ledger);
        }
        Ok((quote, asset.map(|(currency, _)| currency)))
    }

    /// The asset a cash account receives or gives away.
    fn delivered(
        &self,
        fill: &Fill,
        instrument: &Instrument,
    ) -> Result<Option<(CurrencyId, Money)>, NumberError> {
        let (AccountKind::Cash, Some(asset)) = (self.config.kind, instrument.class.delivered())
        else {
            return Ok(None);
        };
        let amount = as_money(fill.quantity)?;
        let signed = if fill.side == Side::Buy {
            amount
        } else {
            amount.negated()?
        };
        Ok(Some((asset, signed)))
    }
}

/// A quantity of an asset as money in that asset.
pub(crate) fn as_money(quantity: Quantity) -> Result<Money, NumberError> {
    let per_unit = Money::SCALE / i128::from(Quantity::SCALE);
    let raw = i128::from(quantity.raw())
        .checked_mul(per_unit)
        .ok_or(NumberError::Overflow)?;
    Ok(Money::from_raw(raw))
}

fields! {
    Reservation { currency, amount }
    Ledger { deposits, traded, delivered, fees, settled, paid, converted }
    Account { config, rules, day_planned, balances, ledgers }
}
