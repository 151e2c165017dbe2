//! The kill latches that a kill file sets: of the scopes that it names, and the firm's where a name is
//! nobody's.

use super::{Answer, Trader};
use crate::handle::ScopeName;
use engine::{Command, Engine, Input, LimitScope};
use tokio::sync::oneshot;

impl Trader {
    /// The same as [`Self::obey`], answered once it is let out.
    pub(super) fn obey_and_answer(&mut self, named: &[ScopeName], reply: oneshot::Sender<()>) {
        self.obey(named);
        self.answers.push(Answer::Obeyed(reply));
    }

    /// Sets those latches of these scopes that are not set.
    pub(crate) fn obey(&mut self, named: &[ScopeName]) {
        for name in named {
            // Unknown means deny.
            let scope = scope_of(&self.engine, name).unwrap_or(LimitScope::Firm);
            if !self.engine.is_scope_killed(scope) {
                let is_firm = scope == LimitScope::Firm;
                tracing::error!(%name, is_firm, "killed: the kill file names it");
                let command = Command::SetScopeKill(scope, true);
                self.step(Input::Command(Box::new(command)), None);
            }
        }
    }
}

/// The scope of this name, asked of the engine: readers may be behind.
fn scope_of(engine: &Engine, name: &ScopeName) -> Option<LimitScope> {
    match name {
        ScopeName::Firm => Some(LimitScope::Firm),
        ScopeName::Account(name) => {
            let mut accounts = engine.accounts();
            let found = accounts.find(|(_, account)| account.config().name == *name);
            found.map(|(id, _)| LimitScope::Account(id))
        }
        ScopeName::Strategy(name) => {
            let found = engine.strategies().find(|(_, config)| config.name == *name);
            found.map(|(id, _)| LimitScope::Strategy(id))
        }
        ScopeName::Instrument(symbol) => engine.market().find(symbol).map(LimitScope::Instrument),
    }
}
