//! What operators decide about risk: limits, trading states, kill latches, alerts seen.

use super::HostHandle;
use crate::handle::{HostError, Queries, ScopeName};
use crate::outlet::Item;
use crate::said;
use crate::trader::{StepRequest, Stepped};
use crate::view::{AlertView, LimitsView, LocateView, ScopeView};
use engine::{Command, Definition, Ignored, Input, LimitScope, Limits, Permissions, TradingState};
use model::{Quantity, Rate};

impl HostHandle {
    /// Replaces the limits of a scope.
    ///
    /// # Errors
    /// `NotFound`; `Invalid` or `Disagrees` with the field that cannot be meant; `Busy`.
    pub async fn set_limits(
        &self,
        name: &ScopeName,
        limits: Limits,
    ) -> Result<LimitsView, HostError> {
        let scope = name.find(self)?;
        crate::limits::check_asked(scope, &limits)?;
        let stepped = self.define(Definition::Limits(scope, limits)).await?;
        accepted(&stepped)?;
        Ok(self.limits(scope))
    }

    /// Says how much of an instrument an account may be short where that must be located, in place of what was
    /// said before.
    ///
    /// # Errors
    /// `NotFound`, `Busy`.
    pub async fn locate(
        &self,
        account: &str,
        instrument: &str,
        quantity: Quantity,
    ) -> Result<LocateView, HostError> {
        let whose = ScopeName::Account(account.to_owned());
        let of = ScopeName::Instrument(instrument.to_owned());
        let (LimitScope::Account(account), LimitScope::Instrument(instrument)) =
            (whose.find(self)?, of.find(self)?)
        else {
            return Err(HostError::Conflict(format!("{whose} or {of} is none")));
        };
        let definition = Definition::Locate(account, instrument, quantity);
        accepted(&self.define(definition).await?)?;
        Ok(LocateView {
            account,
            instrument,
            quantity,
        })
    }

    /// Replaces what a strategy may trade.
    ///
    /// # Errors
    /// `NotFound`, `Busy`.
    pub async fn set_permissions(
        &self,
        strategy: &str,
        permissions: Permissions,
    ) -> Result<(), HostError> {
        let name = ScopeName::Strategy(strategy.to_owned());
        let LimitScope::Strategy(id) = name.find(self)? else {
            return Err(HostError::Conflict(format!("{name} is no strategy")));
        };
        let stepped = self
            .define(Definition::Permissions(id, permissions))
            .await?;
        accepted(&stepped)
    }

    /// Multiplies the limits of a scope by a factor from 0 to 1.
    ///
    /// # Errors
    /// `NotFound`; `Invalid` for another factor; `Busy`.
    pub async fn scale_limits(
        &self,
        name: &ScopeName,
        factor: Rate,
    ) -> Result<LimitsView, HostError> {
        let scope = name.find(self)?;
        if factor < Rate::ZERO || factor.raw() > Rate::SCALE {
            return Err(HostError::Invalid {
                field: "factor",
                reason: format!("`{factor}` is not from 0 to 1"),
            });
        }
        let stepped = self.step(Command::ScaleLimits(scope, factor)).await?;
        accepted(&stepped)?;
        Ok(self.limits(scope))
    }

    /// Lets all, only reducing, or no orders of a scope leave.
    ///
    /// # Errors
    /// `NotFound`, `Busy`.
    pub async fn set_scope_state(
        &self,
        name: &ScopeName,
        state: TradingState,
    ) -> Result<ScopeView, HostError> {
        let scope = name.find(self)?;
        let stepped = self.step(Command::SetScopeState(scope, state)).await?;
        accepted(&stepped)?;
        Ok(self.risk_state(scope))
    }

    /// Sets the kill latch of a scope, which cancels its orders and denies new ones, or clears it.
    /// Setting it overtakes everything that waits for the engine.
    ///
    /// # Errors
    /// `NotFound`; `Conflict` when one is to be cleared that the kill file names; `Busy`.
    pub async fn kill_scope(&self, name: &ScopeName, set: bool) -> Result<ScopeView, HostError> {
        let scope = name.find(self)?;
        if !set {
            return self.clear_latch(name, scope).await;
        }
        accepted(&self.set_latch(scope).await?)?;
        if scope == LimitScope::Firm {
            self.write_kill_file();
        }
        Ok(self.risk_state(scope))
    }

    async fn set_latch(&self, scope: LimitScope) -> Result<Stepped, HostError> {
        let (request, answer) = StepRequest::command(Command::SetScopeKill(scope, true));
        self.0.inbox.offer_urgent(request)?;
        let stepped = answer.await.map_err(|_| HostError::Stopped)?;
        self.catch_up().await;
        Ok(stepped)
    }

    async fn clear_latch(
        &self,
        name: &ScopeName,
        scope: LimitScope,
    ) -> Result<ScopeView, HostError> {
        self.may_clear(name, scope)?;
        let stepped = self.step(Command::SetScopeKill(scope, false)).await?;
        accepted(&stepped)?;
        if let Err(written) = self.may_clear(name, scope) {
            // Meanwhile; and where it looks as it did before, its thread does not set the latch again.
            self.set_latch(scope).await?;
            return Err(written);
        }
        Ok(self.risk_state(scope))
    }

    /// Whether the kill file does not name a scope. A name that is nobody's is the firm's.
    fn may_clear(&self, name: &ScopeName, scope: LimitScope) -> Result<(), HostError> {
        let Some(file) = &self.0.kill_file else {
            return Ok(());
        };
        let named = file.named().unwrap_or_default();
        let is_meant = |one: &ScopeName| one.find(self).unwrap_or(LimitScope::Firm) == scope;
        if named.iter().any(is_meant) {
            let path = file.path().display();
            let reason =
                format!("the kill file {path} kills {name}; remove it first, or that line");
            return Err(HostError::Conflict(reason));
        }
        Ok(())
    }

    /// Before the answer: whoever was told of the kill may count on it after a restart.
    fn write_kill_file(&self) {
        if let Some(file) = &self.0.kill_file {
            // Its thread tries again, and says so.
            let _later = file.write(&ScopeName::Firm);
        }
    }

    /// Lets a strategy trade again that was stopped for executing the same order over and over.
    ///
    /// # Errors
    /// `NotFound`, `Busy`.
    pub async fn clear_repeats(&self, strategy: &str) -> Result<(), HostError> {
        let name = ScopeName::Strategy(strategy.to_owned());
        let LimitScope::Strategy(id) = name.find(self)? else {
            return Err(HostError::Conflict(format!("{name} is no strategy")));
        };
        accepted(&self.step(Command::ClearRepeats(id)).await?)
    }

    /// Multiplies the limits of a scope by the factor of a regime.
    ///
    /// # Errors
    /// `NotFound`; `Invalid` for a regime that the configuration does not name; `Busy`.
    pub async fn set_regime(
        &self,
        name: &ScopeName,
        regime: &str,
    ) -> Result<LimitsView, HostError> {
        let scope = name.find(self)?;
        let regimes = &self.0.risk.regimes;
        let factor = regimes.factor(regime).ok_or_else(|| HostError::Invalid {
            field: "regime",
            reason: format!(
                "there is no regime `{regime}`; there are: {}",
                regimes.names()
            ),
        })?;
        self.scale_limits(name, factor).await?;
        let note = Item::Regime(scope, regime.to_owned(), factor);
        self.0.outlet.note(note);
        self.catch_up().await;
        Ok(self.limits(scope))
    }

    /// Notes that somebody saw an alert. Of one that is not open nothing changes.
    ///
    /// # Errors
    /// `NotFound` when it is not among the latest; `Invalid` for a name that is none.
    pub async fn acknowledge(&self, id: u64, by: &str) -> Result<AlertView, HostError> {
        said::check("by", by, said::LONGEST_NAME)?;
        self.0.outlet.note(Item::Acknowledged(id, by.to_owned()));
        self.catch_up().await;
        let found = self.0.shared.read(|model| model.risk.alerts.get(id));
        found.ok_or_else(|| HostError::NotFound {
            what: "alert",
            name: id.to_string(),
        })
    }

    async fn define(&self, definition: Definition) -> Result<Stepped, HostError> {
        let (request, answer) = StepRequest::ask(Input::Define(Box::new(definition)), None, None);
        self.0.inbox.offer_command(request)?;
        let stepped = answer.await.map_err(|_| HostError::Stopped)?;
        self.catch_up().await;
        Ok(stepped)
    }
}

/// The engine's own refusal, where it knows more than was checked before.
pub(super) fn accepted(stepped: &Stepped) -> Result<(), HostError> {
    match stepped.refusal() {
        Some(Ignored::BadDefinition(reason)) => Err(HostError::Conflict(reason.clone())),
        Some(why) => Err(HostError::Conflict(why.to_string())),
        None => Ok(()),
    }
}
