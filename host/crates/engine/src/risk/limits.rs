//! Limits by scope. The firm's always exist; the others bind only where set. A look-up is an index.

use super::windows::Keep;
use crate::exposure::Needs;
use crate::input::{LimitScope, Limits};
use crate::journal::codec::fields;
use crate::scopes::{ByScope, scopes_of};
use model::{AccountId, AccountKind, Duration, InstrumentId, Quantity, Rate, StrategyId};
use std::collections::BTreeMap;

/// Message times kept at most, so that a careless limit costs no memory. A larger
/// `max_messages` acts as no limit.
const MOST_REMEMBERED: u32 = 100_000;

/// Windows of prices that may be watched at once, so that a quote never costs more than this.
pub(crate) const MOST_WINDOWS: usize = 8;

/// The limits of all scopes.
#[derive(Debug)]
pub struct LimitBook {
    scopes: ByScope<Option<Box<Limits>>>,
    /// What somebody scaled; `None` is one.
    factors: ByScope<Option<Rate>>,
    /// What any scope asks for, so that nothing is kept that nobody asks for.
    asked: Asked,
    /// What each account may be short of an instrument, where that must be located.
    located: BTreeMap<(AccountId, InstrumentId), Quantity>,
}

/// What at least one set of limits asks for.
#[derive(Debug, Clone, Copy, Default)]
struct Asked {
    shares: bool,
    day_trades: bool,
    repeats: bool,
    most_messages: u32,
    most_venue_messages: u32,
    locates: bool,
}

impl Default for LimitBook {
    fn default() -> Self {
        let mut book = Self {
            scopes: ByScope::default(),
            factors: ByScope::default(),
            asked: Asked::default(),
            located: BTreeMap::new(),
        };
        book.set(LimitScope::Firm, Limits::default());
        book
    }
}

impl LimitBook {
    /// Replaces the limits of a scope.
    pub(crate) fn set(&mut self, scope: LimitScope, limits: Limits) {
        *self.scopes.entry(scope) = Some(Box::new(limits));
        self.asked = self.all().fold(Asked::default(), |asked, limits| Asked {
            shares: asked.shares || limits.exposure.bind_shares(),
            day_trades: asked.day_trades || limits.short.max_day_trades < u32::MAX,
            repeats: asked.repeats || limits.conduct.max_repeats < u32::MAX,
            most_messages: asked.most_messages.max(limits.max_messages),
            most_venue_messages: asked
                .most_venue_messages
                .max(bound(limits.max_venue_messages)),
            locates: asked.locates || limits.short.locate_required,
        });
    }

    /// Multiplies the limits of a scope by a factor.
    pub(crate) fn scale(&mut self, scope: LimitScope, factor: Rate) {
        *self.factors.entry(scope) = Some(factor);
    }

    /// What the limits of a scope are multiplied by on command.
    pub fn factor(&self, scope: LimitScope) -> Rate {
        let factor = self.factors.get(scope).copied().flatten();
        factor.unwrap_or(Rate::from_raw(Rate::SCALE))
    }

    /// The limits of one scope as they were set, if it has its own.
    pub fn get(&self, scope: LimitScope) -> Option<&Limits> {
        self.scopes.get(scope)?.as_deref()
    }

    fn all(&self) -> impl Iterator<Item = &Limits> {
        let scopes = self.scopes.iter();
        scopes.filter_map(|(_, limits)| limits.as_deref())
    }

    /// How many sent messages must be remembered for the largest limits.
    pub(crate) fn messages_to_remember(&self) -> Keep {
        let most = |asked: u32| asked.min(MOST_REMEMBERED) as usize;
        Keep {
            senders: most(self.asked.most_messages),
            venues: most(self.asked.most_venue_messages),
        }
    }

    /// Whether anybody limits day trades.
    pub(crate) fn ask_for_day_trades(&self) -> bool {
        self.asked.day_trades
    }

    /// Whether anybody asks that short sales be located.
    pub(crate) fn ask_for_locates(&self) -> bool {
        self.asked.locates
    }

    /// Says how much of an instrument an account may be short.
    pub(crate) fn locate(&mut self, account: AccountId, instrument: InstrumentId, most: Quantity) {
        self.located.insert((account, instrument), most);
    }

    /// How much of an instrument an account may be short; nothing unless somebody said so.
    pub fn located(&self, account: AccountId, instrument: InstrumentId) -> Quantity {
        let most = self.located.get(&(account, instrument));
        most.copied().unwrap_or(Quantity::ZERO)
    }

    /// Whether anybody limits repeated executions.
    pub(crate) fn ask_for_repeats(&self) -> bool {
        self.asked.repeats
    }

    /// The windows over which prices must be watched, shortest first.
    pub(crate) fn price_windows(&self) -> Vec<Duration> {
        distinct(self.all().flat_map(price_windows).flatten())
    }

    /// How many there would be with one more set of limits.
    pub(crate) fn price_windows_with(&self, more: &Limits) -> usize {
        let all = self.all().chain([more]);
        distinct(all.flat_map(price_windows).flatten()).len()
    }

    /// What must be summed up for a scope.
    pub(crate) fn needs(&self, scope: LimitScope, kind: Option<AccountKind>) -> Needs {
        let own = self.get(scope);
        let sums = own.is_some_and(|limits| limits.exposure.bind_sums());
        let losses = own.is_some_and(|limits| limits.loss.bind());
        let warns = own.is_some_and(|limits| limits.escalation.warns());
        let margin = matches!(kind, Some(AccountKind::Margin { .. }));
        let shares = kind.is_some() && self.asked.shares;
        Needs {
            worth: margin || shares,
            gain: losses,
            exposure: sums || shares,
            at_once: losses || (sums && warns),
            margin: false,
        }
    }

    /// Every set of limits that binds an order.
    pub(crate) fn of(
        &self,
        account: Option<AccountId>,
        strategy: StrategyId,
        instrument: InstrumentId,
    ) -> impl Iterator<Item = (LimitScope, &Limits)> {
        let scopes = scopes_of(account, strategy, instrument);
        let scopes = scopes.into_iter().flatten();
        scopes.filter_map(|scope| Some((scope, self.get(scope)?)))
    }
}

/// What a limit on a count asks to be remembered: nothing when it does not bind.
fn bound(most: u32) -> u32 {
    if most == u32::MAX { 0 } else { most }
}

fn price_windows(limits: &Limits) -> [Option<Duration>; 2] {
    let drift = limits.price.drift_window;
    let drifts = limits.price.max_drift < Rate::MAX;
    let scaling = limits.scaling.volatility_window;
    let scales = scaling > Duration::ZERO;
    [drifts.then_some(drift), scales.then_some(scaling)]
}

fn distinct(windows: impl Iterator<Item = Duration>) -> Vec<Duration> {
    let mut windows: Vec<Duration> = windows.collect();
    windows.sort();
    windows.dedup();
    windows
}

fields! {
    LimitBook { scopes, factors, asked, located }
    Asked { shares, day_trades, repeats, most_messages, most_venue_messages, locates }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ACCOUNT: LimitScope = LimitScope::Account(AccountId::new(0));

    fn with(change: impl FnOnce(&mut Limits)) -> LimitBook {
        let (mut book, mut limits) = (LimitBook::default(), Limits::default());
        change(&mut limits);
        book.set(ACCOUNT, limits);
        book
    }

    fn needs(book: &LimitBook) -> Needs {
        book.needs(ACCOUNT, Some(AccountKind::Cash))
    }

    #[test]
    fn nothing_is_kept_that_no_limit_asks_for() {
        for book in [LimitBook::default(), with(|_| ())] {
            assert!(!book.ask_for_day_trades() && !book.ask_for_repeats());
            assert_eq!(book.price_windows(), []);
            assert_eq!(book.price_windows_with(&Limits::default()), 0);
            let needs = needs(&book);
            assert!(!needs.worth && !needs.gain && !needs.exposure && !needs.at_once);
        }
    }

    #[test]
    fn a_limit_of_any_scope_is_heard() {
        let few = with(|limits| limits.short.max_day_trades = 3);
        assert!(few.ask_for_day_trades() && !few.ask_for_repeats());
        let once = with(|limits| limits.conduct.max_repeats = 3);
        assert!(once.ask_for_repeats() && !once.ask_for_day_trades());
    }

    #[test]
    fn messages_of_venues_are_remembered_when_somebody_limits_them() {
        let none = LimitBook::default().messages_to_remember();
        assert_eq!([none.senders, none.venues], [10_000, 0]);
        let some = with(|limits| limits.max_venue_messages = 7).messages_to_remember();
        assert_eq!([some.senders, some.venues], [10_000, 7]);
    }

    #[test]
    fn windows_are_watched_once_each() {
        let (short, long) = (Duration::from_nanos(1), Duration::from_nanos(2));
        let drift = |window| {
            move |limits: &mut Limits| {
                limits.price.max_drift = Rate::ZERO;
                limits.price.drift_window = window;
            }
        };
        let book = with(drift(long));
        assert_eq!(book.price_windows(), [long]);
        let mut more = Limits::default();
        more.scaling.volatility_window = short;
        assert_eq!(book.price_windows_with(&more), 2);
        drift(long)(&mut more);
        assert_eq!(book.price_windows_with(&more), 2);
        drift(Duration::from_nanos(3))(&mut more);
        assert_eq!(book.price_windows_with(&more), 3);
    }

    #[test]
    fn only_what_warns_or_loses_is_summed_at_once() {
        let bound = needs(&with(|limits| {
            limits.exposure.max_gross = model::Money::ZERO
        }));
        assert!(bound.exposure && !bound.at_once && !bound.worth);
        let warned = needs(&with(|limits| {
            limits.exposure.max_gross = model::Money::ZERO;
            limits.escalation.warn = Rate::ZERO;
        }));
        assert!(warned.exposure && warned.at_once);
        let losing = needs(&with(|limits| limits.loss.max_daily = model::Money::ZERO));
        assert!(losing.gain && losing.at_once && !losing.exposure);
        let share = needs(&with(|limits| {
            limits.exposure.max_sector_share = Rate::ZERO
        }));
        assert!(share.worth && share.exposure && !share.at_once);
    }
}
