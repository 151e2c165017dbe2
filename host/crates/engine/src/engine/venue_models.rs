//! The models of venues, from the engine's side: staged before the definition that names them, fed
//! with what accounts trade, and stopped where they break. A model that breaks fills nothing and
//! lets nothing leave: the instrument is killed, its orders are cancelled, somebody is told.

use super::Engine;
use crate::effect::{Effect, ModelFault, Severity};
use crate::exchange::{Report, ReportKind, VenueCommand};
use crate::input::{LimitScope, VenueConfig};
use model::{
    DenyCode, FeeTier, Fill, Instrument, InstrumentId, Listing, Money, OrderId, Rate, Timestamp,
    VenueId, VenueModel,
};

/// Models that may wait for their venue's definition.
const MOST_STAGED: usize = 1_024;

/// When a command reaches its venue.
#[derive(Debug, Clone, Copy)]
pub(super) struct Arrival {
    pub(super) at: Timestamp,
    /// Nobody can say when: the venue's latency model broke.
    unknown: bool,
}

impl Arrival {
    #[must_use]
    pub(super) fn not_before(self, earliest: Timestamp) -> Self {
        Self {
            at: self.at.max(earliest),
            ..self
        }
    }
}

impl Engine {
    /// Hands the engine a model, before the definition of the venue that names one for its port. A
    /// later one for the same venue and port takes its place. Fails when too many wait.
    pub fn stage_model(&mut self, venue: &str, model: VenueModel) -> Result<(), VenueModel> {
        let same =
            |(name, staged): &(String, VenueModel)| name == venue && staged.kind() == model.kind();
        self.staged_models.retain(|staged| !same(staged));
        if self.staged_models.len() >= MOST_STAGED {
            return Err(model);
        }
        self.staged_models.push((venue.to_owned(), model));
        Ok(())
    }

    /// The staged models that a venue names; all of them must be there.
    pub(super) fn take_models(&mut self, config: &VenueConfig) -> Result<Vec<VenueModel>, String> {
        let mut taken = Vec::new();
        for (kind, spec) in config.models.named() {
            let staged = &self.staged_models;
            let place = staged
                .iter()
                .position(|(name, model)| *name == config.name && model.kind() == kind);
            let Some(place) = place else {
                return Err(format!(
                    "venue {}: its {} model `{}` was not staged",
                    config.name,
                    kind.name(),
                    spec.name
                ));
            };
            taken.push(self.staged_models.remove(place).1);
        }
        Ok(taken)
    }

    /// Lets an instrument that will be the next trade at its venue, if the venue's models take it.
    pub(super) fn list(&mut self, instrument: &Instrument) -> Result<(), String> {
        let listing = Listing {
            id: self.market.next_id(),
            instrument,
            currency: self.market.currency_name(instrument.quote_currency),
        };
        let Some(venue) = self.venues.get_mut(instrument.venue.index()) else {
            return Err(format!("instrument {}: no venue", instrument.symbol));
        };
        let Err(broken) = venue.list(&listing) else {
            return Ok(());
        };
        let (symbol, venue, id) = (&instrument.symbol, instrument.venue, listing.id);
        let (kind, fault) = (broken.kind.name(), &broken.fault);
        let reason = format!("instrument {symbol}: its venue's {kind} model: {fault}");
        self.journal
            .model_fault(&ModelFault::new(venue, id, broken));
        Err(reason)
    }

    /// Makes a later call of a model end in a fault that the wall clock decided in the run that is
    /// being replayed.
    pub(crate) fn expect_model_fault(&mut self, broke: ModelFault) {
        if let Some(venue) = self.venues.get_mut(broke.venue.index()) {
            venue.expect_fault(broke.model, broke.call, broke.fault);
        }
    }

    pub(super) fn define_fee_tiers(
        &mut self,
        instrument: InstrumentId,
        tiers: Vec<FeeTier>,
    ) -> Result<(), String> {
        let state = self.market.get(instrument);
        let state = state.ok_or("fee tiers of an instrument that is not defined")?;
        let problem = |reason: &str| {
            let symbol = &state.instrument.symbol;
            Err(format!("fee tiers of instrument {symbol}: {reason}"))
        };
        if let Some(flaw) = FeeTier::flaw(&tiers) {
            return problem(flaw);
        }
        let venue = self.venues.get_mut(state.instrument.venue.index());
        if venue.is_some_and(|venue| venue.set_tiers(instrument, tiers)) {
            Ok(())
        } else {
            problem("its venue's fees are not the built-in ones")
        }
    }

    /// Counts a fill into what its account trades at the venue. A value that cannot be converted
    /// counts for nothing, so that fees are rather too high.
    pub(super) fn count_turnover(&mut self, fill: &Fill, value: Money) {
        let Some(state) = self.market.get(fill.instrument) else {
            return;
        };
        let (venue, quote) = (
            state.instrument.venue.index(),
            state.instrument.quote_currency,
        );
        let counts = self.venues.get(venue).is_some_and(|v| v.counts_turnover());
        let account = self.accounts.get(fill.account.index());
        let (true, Some(account)) = (counts, account) else {
            return;
        };
        let base = account.config().base_currency;
        let value = value
            .magnitude()
            .and_then(|value| self.market.convert(value, quote, base));
        if let (Ok(Some(value)), Some(venue)) = (value, self.venues.get_mut(venue)) {
            venue.count_turnover(fill.account, value, self.now);
        }
    }

    /// When a command sent now reaches its venue.
    pub(super) fn arrival(&mut self, command: &VenueCommand) -> Arrival {
        let now = self.now;
        let venue = self.venue_of(command.instrument());
        let venue = venue.and_then(|venue| self.venues.get_mut(venue.index()));
        let delay = venue.map(|venue| venue.delay(command, now));
        Arrival {
            at: now.after(delay.flatten().unwrap_or_default()),
            unknown: delay == Some(None),
        }
    }

    /// Lets a command travel to its venue; without latency it is there at once. Of those whose
    /// latency is unknown only cancels get there, at once.
    pub(super) fn dispatch(&mut self, command: VenueCommand, arrival: Arrival) {
        if arrival.unknown {
            if !matches!(command, VenueCommand::Cancel(..)) {
                self.report(command.order(), command.instrument(), command.refusal());
                return self.tell_model_broke(command.instrument());
            }
            self.tell_model_broke(command.instrument());
        }
        if arrival.at > self.now {
            let due = crate::agenda::Due::Venue(command);
            self.agenda.add(arrival.at, due);
        } else {
            self.reach_venue(command);
        }
    }

    /// A fault of a model is waiting at an instrument's venue; it is dealt with when what the venue
    /// said before has been.
    pub(super) fn tell_model_broke(&mut self, instrument: InstrumentId) {
        self.report(OrderId::default(), instrument, ReportKind::ModelBroke);
    }

    fn report(&mut self, order: OrderId, instrument: InstrumentId, kind: ReportKind) {
        self.reports.push_back(Report {
            order,
            instrument,
            kind,
            ts_event: self.now,
        });
    }

    /// Stops an instrument over which a model of its venue broke.
    pub(super) fn on_model_broke(&mut self, instrument: InstrumentId) {
        let Some(venue) = self.venue_of(instrument) else {
            return;
        };
        let broken = self.venues.get_mut(venue.index());
        let Some(broken) = broken.and_then(|venue| venue.take_broken()) else {
            return;
        };
        let broke = ModelFault::new(venue, instrument, broken);
        self.journal.model_fault(&broke);
        self.effects.push(Effect::ModelFault(broke));
        let scope = LimitScope::Instrument(instrument);
        if !self.is_scope_killed(scope) {
            self.alert(Severity::Critical, DenyCode::Latch, scope, Rate::ZERO);
            self.set_scope_kill(scope, true);
        }
    }

    pub(super) fn venue_of(&self, instrument: InstrumentId) -> Option<VenueId> {
        let state = self.market.get(instrument)?;
        Some(state.instrument.venue)
    }
}
