//! What the engine's thread does for shadows: it has the engine begin one, copies the engine there and
//! then, and passes on what it steps. It never waits for a shadow.

use super::{Answer, Trader};
use crate::outlet::Item;
use crate::shadow::ShadowView;
use crate::shadow::feed::{Feed, Source, feed};
use crate::shadow::runner::Positions;
use crate::view::PluginView;
use engine::{Command, Effect, HandOver, Ignored, Input, ShadowStage};
use model::{StrategyId, Timestamp};
use tokio::sync::oneshot;

/// A version that is ready to be tried.
pub(crate) struct BeginShadow {
    pub(crate) strategy: StrategyId,
    pub(crate) plugin: PluginView,
    pub(crate) hand_over: HandOver,
    /// Inputs and events that may wait for it.
    pub(crate) bound: usize,
    pub(crate) reply: oneshot::Sender<Result<Box<ShadowBegun>, NotBegun>>,
}

/// What a shadow begins with.
pub(crate) struct ShadowBegun {
    pub(crate) view: ShadowView,
    /// The engine as it was.
    pub(crate) copy: Vec<u8>,
    pub(crate) source: Source,
    /// What the strategy held.
    pub(crate) positions: Positions,
}

/// Why none began.
pub(crate) enum NotBegun {
    /// The engine would not have it.
    Refused(Ignored),
    /// Something broke over it.
    Broke(String),
}

/// The shadows that trade.
#[derive(Debug, Default)]
pub(super) struct Shadows(Vec<Feed>);

impl Shadows {
    /// An input is about to be stepped.
    pub(super) fn see(&mut self, sequence: u64, time: Timestamp, input: &Input) {
        let feeds = self.0.iter_mut();
        feeds.for_each(|feed| feed.input(sequence, time, input));
    }

    /// Something came of it.
    pub(super) fn tell(&mut self, effect: &Effect) {
        if let Effect::Shadow(strategy, ShadowStage::Ended(reason)) = effect {
            let place = self.0.iter().position(|feed| feed.of() == *strategy);
            if let Some(place) = place {
                self.0.swap_remove(place).end(reason.clone());
            }
        }
        self.0.iter_mut().for_each(|feed| feed.effect(effect));
    }

    /// Hands over what was gathered.
    pub(super) fn flush(&mut self) {
        self.0.iter_mut().for_each(Feed::flush);
    }
}

impl Trader {
    pub(super) fn begin_shadow(&mut self, request: BeginShadow) {
        let BeginShadow {
            strategy,
            plugin,
            hand_over,
            bound,
            reply,
        } = request;
        let begin = Command::ShadowBegin {
            strategy,
            plugin: plugin.hash,
            parameters: plugin.parameters.clone(),
            hand_over,
        };
        let stepped = self.step(Input::Command(Box::new(begin)), None);
        let has_begun = stepped.effects.iter().any(
            |effect| matches!(effect, Effect::Shadow(id, ShadowStage::Begun(_)) if *id == strategy),
        );
        let answer = match (stepped.refusal(), has_begun) {
            (Some(why), _) => Err(NotBegun::Refused(why.clone())),
            (None, false) => {
                let reason = "the running instance broke while it saved";
                Err(NotBegun::Broke(reason.to_owned()))
            }
            (None, true) => {
                let view = ShadowView {
                    plugin,
                    hand_over,
                    begun_at: stepped.sequence,
                    since: self.engine.now(),
                };
                self.copy_for(strategy, view, bound)
            }
        };
        self.answers.push(Answer::Shadowed(reply, answer));
    }

    /// Copies the engine, before anything else happens to it.
    fn copy_for(
        &mut self,
        strategy: StrategyId,
        view: ShadowView,
        bound: usize,
    ) -> Result<Box<ShadowBegun>, NotBegun> {
        let copy = match self.engine.copy_for_shadow() {
            Ok(copy) => copy,
            Err(why) => {
                let reason = why.to_string();
                self.end_shadow(strategy, reason.clone());
                return Err(NotBegun::Broke(reason));
            }
        };
        let (feed, source) = feed(strategy, bound);
        self.shadows.0.push(feed);
        let shown = Box::new(view.clone());
        self.items.push(Item::Shadow(view.since, strategy, shown));
        let held = self.engine.holdings().of(strategy);
        Ok(Box::new(ShadowBegun {
            view,
            copy,
            source,
            positions: held.map(|(id, holding)| (id, holding.position)).collect(),
        }))
    }

    /// Steps the end of a shadow.
    pub(crate) fn end_shadow(&mut self, strategy: StrategyId, reason: String) {
        let end = Command::ShadowEnd { strategy, reason };
        self.step(Input::Command(Box::new(end)), None);
    }
}
