//! Shadows: another version of a strategy trades in a copy of the engine, on the same inputs and from
//! the same position, orders and money. Here is what the engine that really trades has to do with it:
//! it notes begin and end, and lets itself be copied. Nothing it decides depends on the copy.
//!
//! How a copy is made into a shadow stands in `understudy`, what of the inputs it sees in `inputs`.

mod inputs;
mod understudy;

use super::Engine;
use super::snapshots::{Parts, Unsaved};
use crate::effect::{Effect, Ignored, ShadowStage};
use crate::input::HandOver;
use crate::journal::codec::Encode;
use crate::strategies::{Parameters, Place};
use model::{PluginHash, StrategyId};
pub use understudy::Understudy;

impl Engine {
    pub(super) fn begin_shadow(
        &mut self,
        strategy: StrategyId,
        version: (PluginHash, Parameters),
        hand_over: HandOver,
    ) {
        self.parts = None;
        let Some(place) = self.strategies.get(strategy) else {
            return self.ignore(Ignored::UnknownStrategy(strategy));
        };
        if !place.is_live() || place.shadow.is_some() {
            let (state, command) = (place.state, "begin a shadow");
            return self.ignore(Ignored::WrongState {
                strategy,
                state,
                command,
            });
        }
        let tenure = place.tenure;
        if let Err(why) = self.find_uncopyable() {
            return self.ignore(Ignored::NoCopy(why));
        }
        let parts = self.collect_parts_of(strategy, hand_over);
        // It may have broken as it was asked for its state, and another version be in its place.
        let place = self.strategies.get_mut(strategy);
        if let Some(place) = place.filter(|place| place.is_live() && place.tenure == tenure) {
            let plugin = version.0;
            place.shadow = Some(version);
            self.parts = Some(parts);
            self.effects
                .push(Effect::Shadow(strategy, ShadowStage::Begun(plugin)));
        }
    }

    /// Ends a shadow on command; without one there is nothing to end.
    pub(super) fn give_up_shadow(&mut self, strategy: StrategyId, reason: String) {
        match self.strategies.get(strategy) {
            None => self.ignore(Ignored::UnknownStrategy(strategy)),
            Some(Place {
                shadow: None,
                state,
                ..
            }) => {
                let (state, command) = (*state, "end a shadow");
                self.ignore(Ignored::WrongState {
                    strategy,
                    state,
                    command,
                });
            }
            Some(_) => self.end_shadow(strategy, reason),
        }
    }

    /// Ends the shadow of a strategy, if it has one: there is nothing to compare it with any more.
    pub(super) fn end_shadow(&mut self, strategy: StrategyId, reason: impl Into<String>) {
        let place = self.strategies.get_mut(strategy);
        if place.and_then(|place| place.shadow.take()).is_some() {
            let ended = ShadowStage::Ended(reason.into());
            self.effects.push(Effect::Shadow(strategy, ended));
        }
    }

    /// The version that runs is another one from here on: the one that was tried, or not.
    pub(super) fn end_shadow_of_predecessor(&mut self, strategy: StrategyId) {
        let Some(place) = self.strategies.get(strategy) else {
            return;
        };
        let tried = place.shadow.as_ref();
        let promoted = tried.is_some_and(|(plugin, parameters)| {
            place.plugin == Some(*plugin) && place.parameters == *parameters
        });
        let reason = match promoted {
            true => "promoted",
            false => "another version took over",
        };
        self.end_shadow(strategy, reason);
    }

    /// The engine as it is after an input `Command::ShadowBegin`, for [`Engine::in_shadow`].
    ///
    /// # Errors
    /// Why there is none.
    pub fn copy_for_shadow(&self) -> Result<Vec<u8>, Unsaved> {
        let asked = |parts: &&Parts| parts.sequence() == self.sequence;
        let parts = self.parts.as_ref().filter(asked);
        let parts = parts.ok_or(Unsaved::NotAsked)?;
        let mut out = Vec::new();
        self.write_state(&mut out);
        parts.saved()?.encode(&mut out);
        Ok(out)
    }
}
