//! Custom parts of the host that are plugins: execution algorithms and pre-trade rules, as they are
//! defined, and what calls of them led to.

use super::LimitScope;
use model::{Action, Fault, PluginHash, SavedState, Verdict};

/// An execution algorithm. The same name again replaces it: a new instance takes over each order at
/// work, with the state of the old one; where it fails to, the old one goes on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlgorithmConfig {
    /// The name by which orders ask for it.
    pub name: String,
    /// The plugin's bytes, named.
    pub plugin: PluginHash,
    /// Parameters of every order that does not give its own.
    pub parameters: Vec<(String, String)>,
}

/// A custom pre-trade rule. The same name again replaces it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleConfig {
    /// Unique name.
    pub name: String,
    /// Whose orders it judges: the firm's, an account's or a strategy's.
    pub scope: LimitScope,
    /// The plugin's bytes, named.
    pub plugin: PluginHash,
    /// Parameters it was made with.
    pub parameters: Vec<(String, String)>,
}

/// What a call of an algorithm led to; journaled, so that replay does not need the plugin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Worked {
    /// It wants things done.
    Actions(Vec<Action>),
    /// It broke, or refused its parameters.
    Fault(Fault),
    /// It saved its state.
    Saved(SavedState),
}

/// What a rule said; journaled, so that replay does not need the plugin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Judged {
    /// Its verdict.
    Verdict(Verdict),
    /// It broke, which denies.
    Fault(Fault),
}
