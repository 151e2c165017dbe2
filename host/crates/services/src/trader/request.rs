//! What can be asked of the engine's thread.

use super::SwitchRequest;
use super::stepped::Stepped;
use crate::handle::ScopeName;
use crate::strategy::versions::Version;
use crate::trader::shadows::BeginShadow;
use crate::venue::Line;
use engine::{Command, Custom, Definition, Engine, Input, LimitScope, Staged, TradingState};
use model::{StrategyId, VenueId};
use tokio::sync::oneshot;

/// What can be asked of the engine thread.
pub(crate) enum Request {
    /// Step one input.
    Step(Box<StepRequest>),
    /// Let a candidate that has caught up take over.
    Switch(SwitchRequest),
    /// Let another version of a strategy trade beside it.
    Shadow(BeginShadow),
    /// Read what the engine alone knows; quickly, since it waits.
    Read(Box<dyn FnOnce(&Engine) + Send>),
    /// Hold a scope back to this state, unless it is held back as much already.
    Tighten(LimitScope, TradingState),
    /// Kill whom a kill file names; answered when the latches are set.
    Obey(Vec<ScopeName>, oneshot::Sender<()>),
    /// A venue outside has a connector from now on.
    Attach(VenueId, Line),
    /// End the run.
    Shutdown,
}

/// An input with what belongs to it.
pub(crate) struct StepRequest {
    /// The input.
    pub(crate) input: Input,
    /// An instance to stage first.
    pub(crate) staged: Option<(StrategyId, Staged)>,
    /// A custom part to stage first.
    pub(crate) custom: Option<Custom>,
    /// What runs from then on, if the input is accepted.
    pub(crate) version: Option<(StrategyId, Version)>,
    /// Who wants to know.
    pub(crate) reply: oneshot::Sender<Stepped>,
}

impl StepRequest {
    /// A plain command, with the end at which its answer arrives.
    pub(crate) fn command(command: Command) -> (Request, oneshot::Receiver<Stepped>) {
        Self::ask(Input::Command(Box::new(command)), None, None)
    }

    /// An input with what belongs to it, and the end at which its answer arrives.
    pub(crate) fn ask(
        input: Input,
        staged: Option<(StrategyId, Staged)>,
        version: Option<(StrategyId, Version)>,
    ) -> (Request, oneshot::Receiver<Stepped>) {
        let (reply, answer) = oneshot::channel();
        (
            Request::Step(Box::new(Self {
                input,
                staged,
                custom: None,
                version,
                reply,
            })),
            answer,
        )
    }

    /// A definition of a custom part, with the part.
    pub(crate) fn custom(
        definition: Definition,
        custom: Custom,
    ) -> (Request, oneshot::Receiver<Stepped>) {
        let (reply, answer) = oneshot::channel();
        let request = Self {
            input: Input::Define(Box::new(definition)),
            staged: None,
            custom: Some(custom),
            version: None,
            reply,
        };
        (Request::Step(Box::new(request)), answer)
    }
}
