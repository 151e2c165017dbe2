//! What operators tell of instruments and of simulated markets, and conversions of an account's money.

use super::HostHandle;
use super::risk::accepted;
use crate::handle::{HostError, InstrumentNews, Queries};
use crate::trader::StepRequest;
use crate::view::{AccountView, InstrumentView};
use engine::{Command, Input};
use model::{CurrencyId, InstrumentStatus, Lifecycle, LifecycleEvent, MarkPrice, Money, Price};

impl HostHandle {
    /// Lets something happen to an instrument now. A simulated venue's halts and marks come here, too, from
    /// whoever plays the venue; one outside says its own.
    ///
    /// # Errors
    /// `NotFound` for an unknown symbol; `Invalid` for an unknown currency, or prices that cannot be; `Conflict`
    /// with the engine's reason, or for halts and marks of a venue outside; `Busy`.
    pub async fn instrument_news(
        &self,
        symbol: &str,
        news: InstrumentNews,
    ) -> Result<(), HostError> {
        let views = self.instruments();
        let view = views.iter().find(|view| view.instrument.symbol == symbol);
        let view = view.ok_or(HostError::NotFound {
            what: "instrument",
            name: symbol.to_owned(),
        })?;
        let input = self.told(view, news)?;
        let (request, answer) = StepRequest::ask(input, None, None);
        self.0.inbox.offer_command(request)?;
        let stepped = answer.await.map_err(|_| HostError::Stopped)?;
        self.catch_up().await;
        accepted(&stepped)
    }

    /// What is told of an instrument, as the engine takes it.
    fn told(&self, view: &InstrumentView, news: InstrumentNews) -> Result<Input, HostError> {
        let instrument = view.id;
        // The engine's own time is never ahead of the moment at which it handles this.
        let now = self.engine().time;
        let event = match news {
            InstrumentNews::Funding(rate) => LifecycleEvent::Funding { rate },
            InstrumentNews::Settlement(price) => LifecycleEvent::Settlement { price },
            InstrumentNews::Split {
                numerator,
                denominator,
            } => LifecycleEvent::Split {
                numerator,
                denominator,
            },
            InstrumentNews::Dividend { amount, currency } => LifecycleEvent::Dividend {
                amount,
                currency: self.currency("currency", &currency)?,
            },
            InstrumentNews::Status { halted } => {
                self.is_simulated(view)?;
                return Ok(Input::Status(InstrumentStatus {
                    instrument,
                    halted,
                    ts_event: now,
                    ts_init: now,
                }));
            }
            InstrumentNews::Prices { mark, index } => {
                can_be(mark, index)?;
                self.is_simulated(view)?;
                return Ok(Input::Mark(MarkPrice {
                    instrument,
                    mark,
                    index,
                    ts_event: now,
                    ts_init: now,
                }));
            }
        };
        Ok(Input::Lifecycle(Box::new(Lifecycle {
            instrument,
            event,
            ts_event: now,
            ts_init: now,
        })))
    }

    /// Whether nobody else speaks for an instrument's venue.
    fn is_simulated(&self, view: &InstrumentView) -> Result<(), HostError> {
        let venue = view.instrument.venue.index();
        let is_outside = self.0.shared.read(|model| {
            let venue = model.venues.get(venue);
            venue.is_none_or(|venue| venue.outside.is_some())
        });
        if is_outside {
            let reason = format!(
                "venue {} is outside: it says itself what it halts, and what its marks are",
                view.venue
            );
            return Err(HostError::Conflict(reason));
        }
        Ok(())
    }

    /// Gives money of an account for another currency; returns the account after it.
    ///
    /// # Errors
    /// `NotFound` for an unknown account; `Invalid` for an unknown currency; `Conflict` with the engine's
    /// reason; `Busy`.
    pub async fn convert(
        &self,
        account: &str,
        from: &str,
        to: &str,
        amount: Money,
    ) -> Result<AccountView, HostError> {
        let find = || {
            let views = self.accounts().into_iter();
            let mut named = views.filter(|view| view.config.name == account);
            named.next().ok_or_else(|| HostError::NotFound {
                what: "account",
                name: account.to_owned(),
            })
        };
        let command = Command::Convert {
            account: find()?.id,
            from: self.currency("from", from)?,
            to: self.currency("to", to)?,
            amount,
        };
        accepted(&self.step(command).await?)?;
        find()
    }

    fn currency(&self, field: &'static str, name: &str) -> Result<CurrencyId, HostError> {
        let place = self
            .0
            .shared
            .read(|model| model.currencies.iter().position(|known| known == name));
        let id = place.and_then(|place| u32::try_from(place).ok());
        id.map(CurrencyId::new).ok_or_else(|| HostError::Invalid {
            field,
            reason: format!("there is no currency `{name}`"),
        })
    }
}

/// Whether prices can be a mark's and an index's: over one that cannot the engine would mistrust all data of the
/// instrument.
fn can_be(mark: Option<Price>, index: Option<Price>) -> Result<(), HostError> {
    let refused = |field, reason: &str| {
        let reason = reason.to_owned();
        Err(HostError::Invalid { field, reason })
    };
    if mark.is_none() && index.is_none() {
        let reason = "give it, `index`, or both".to_owned();
        return Err(HostError::Disagrees {
            field: "mark",
            reason,
        });
    }
    for (field, price) in [("mark", mark), ("index", index)] {
        if price.is_some_and(|price| price <= Price::ZERO) {
            return refused(field, "must be above nothing");
        }
    }
    Ok(())
}
