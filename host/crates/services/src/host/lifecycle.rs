//! What operators tell of instruments, and conversions of an account's money.

use super::HostHandle;
use super::risk::accepted;
use crate::handle::{HostError, InstrumentNews, Queries};
use crate::trader::StepRequest;
use crate::view::AccountView;
use engine::{Command, Input};
use model::{CurrencyId, Lifecycle, LifecycleEvent, Money};

impl HostHandle {
    /// Lets something happen to an instrument now.
    ///
    /// # Errors
    /// `NotFound` for an unknown symbol; `Invalid` for an unknown currency; `Conflict` with the engine's
    /// reason; `Busy`.
    pub async fn instrument_news(
        &self,
        symbol: &str,
        news: InstrumentNews,
    ) -> Result<(), HostError> {
        let views = self.instruments();
        let view = views.iter().find(|view| view.instrument.symbol == symbol);
        let instrument = view.map(|view| view.id).ok_or(HostError::NotFound {
            what: "instrument",
            name: symbol.to_owned(),
        })?;
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
        };
        // The engine's own time is never ahead of the moment at which it handles this.
        let now = self.engine().time;
        let happened = Lifecycle {
            instrument,
            event,
            ts_event: now,
            ts_init: now,
        };
        let input = Input::Lifecycle(Box::new(happened));
        let (request, answer) = StepRequest::ask(input, None, None);
        self.0.inbox.offer_command(request)?;
        let stepped = answer.await.map_err(|_| HostError::Stopped)?;
        self.catch_up().await;
        accepted(&stepped)
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
