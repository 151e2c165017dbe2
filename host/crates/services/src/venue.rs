//! The port for venues outside the engine: messages go out to a connector on a thread of its own,
//! what the venue says comes in through a [`VenueLink`].
//!
//! A message leaves once the journal that holds it is committed. When the journal cannot be written
//! only cancels and questions leave. The queue to a connector has a bound and nobody waits for it:
//! when it is full, or the connector is gone, the venue counts as disconnected, which denies new
//! orders, and what was not taken is lost as on any line. Once the connector says that the venue is
//! there again, the engine asks about every order without an answer.

use crate::handle::HostError;
use crate::host::HostHandle;
use crate::trader::{Request, StepRequest};
use engine::{Command, Input};
use journal::crash;
use model::{Outbound, OutboundCommand, VenueId, VenueReport, VenueSnapshot};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

/// Messages that may wait for a connector.
pub const VENUE_QUEUE: usize = 1_024;

/// A connector to a venue outside.
pub trait Venue: Send + 'static {
    /// Sends a message to the venue. May take its time: what is sent meanwhile waits.
    fn send(&mut self, message: Outbound);
}

/// The way in for what a venue says. Its calls wait while the engine's queue is full, so they are
/// not for async tasks.
#[derive(Clone)]
pub struct VenueLink {
    host: HostHandle,
    venue: VenueId,
}

/// The way out, as the engine's thread holds it.
pub(crate) struct Line(SyncSender<Outbound>);

impl Line {
    /// Hands a message over without waiting; tells whether it was taken.
    pub(crate) fn offer(&self, message: Outbound) -> bool {
        self.0.try_send(message).is_ok()
    }
}

/// Whether a message may leave though no journal holds it: less risk must always be possible, and
/// questions change nothing.
pub(crate) const fn needs_no_journal(message: &Outbound) -> bool {
    !matches!(
        message.command,
        OutboundCommand::Insert(_) | OutboundCommand::Modify { .. }
    )
}

impl HostHandle {
    /// Gives a venue outside its connector, in place of one it had. It counts as disconnected until
    /// [`VenueLink::set_connected`] says otherwise.
    ///
    /// # Errors
    /// `NotFound`; `Conflict` for a simulated venue or when there is no thread to be had; `Stopped`.
    pub fn attach_venue(&self, name: &str, connector: impl Venue) -> Result<VenueLink, HostError> {
        let venue = self.external_venue(name)?;
        let (sender, receiver) = sync_channel(VENUE_QUEUE);
        let thread = std::thread::Builder::new().name("venue".to_owned());
        thread
            .spawn(move || forward(&receiver, connector))
            .map_err(|error| HostError::Conflict(format!("no thread for the venue: {error}")))?;
        self.tell(Request::Attach(venue, Line(sender)))?;
        let link = VenueLink {
            host: self.clone(),
            venue,
        };
        link.set_connected(false)?;
        Ok(link)
    }

    /// Compares all accounts at a venue outside with what it holds.
    ///
    /// # Errors
    /// `NotFound`; `Conflict` for a simulated venue or one that is not connected; `Busy`.
    pub async fn reconcile_venue(&self, name: &str) -> Result<(), HostError> {
        let venue = self.external_venue(name)?;
        let stepped = self.step(Command::Reconcile(venue)).await?;
        match stepped.refusal() {
            Some(why) => Err(HostError::Conflict(why.to_string())),
            None => Ok(()),
        }
    }
}

/// Hands messages to a connector until the engine's thread, or the venue's next connector, ends it.
fn forward(messages: &Receiver<Outbound>, mut connector: impl Venue) {
    while let Ok(message) = messages.recv() {
        if let Err(error) = crash::reach(crash::SEND) {
            tracing::warn!(%error, number = message.number, "a message is lost");
            continue;
        }
        connector.send(message);
        if let Err(error) = crash::reach(crash::SENT) {
            tracing::error!(%error, "this point cannot fail");
        }
    }
}

impl VenueLink {
    /// The venue's handle, for its reports.
    pub const fn venue(&self) -> VenueId {
        self.venue
    }

    /// The venue says something about an order or an execution.
    ///
    /// # Errors
    /// `Stopped`.
    pub fn report(&self, report: VenueReport) -> Result<(), HostError> {
        self.hear(Input::VenueReport(Box::new(report)))
    }

    /// The venue says what it holds for an account, as it was asked to.
    ///
    /// # Errors
    /// `Stopped`.
    pub fn snapshot(&self, snapshot: VenueSnapshot) -> Result<(), HostError> {
        self.hear(Input::VenueSnapshot(Box::new(snapshot)))
    }

    /// The venue's connection came or went.
    ///
    /// # Errors
    /// `Stopped`.
    pub fn set_connected(&self, connected: bool) -> Result<(), HostError> {
        let command = Command::SetVenueConnected(self.venue, connected);
        self.say(Input::Command(Box::new(command)))
    }

    /// Hands on what was said of orders. Where this is made to fail it is lost, as on any line.
    fn hear(&self, input: Input) -> Result<(), HostError> {
        if let Err(error) = crash::reach(crash::ACK) {
            tracing::warn!(%error, "what a venue said is lost");
            return Ok(());
        }
        self.say(input)
    }

    fn say(&self, input: Input) -> Result<(), HostError> {
        // Nobody waits for what became of it.
        let (request, _answer) = StepRequest::ask(input, None, None);
        self.host.tell(request)
    }
}
