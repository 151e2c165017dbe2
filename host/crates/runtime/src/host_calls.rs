//! The functions a guest may call. Each one checks, charges, and puts an intent in line; none
//! blocks, and none does anything by itself.

mod children;
mod orders;

use crate::bindings::argonaut::plugin::types::BarSpec;
use crate::bindings::argonaut::plugin::{log, market_data, state, timers, types};
use crate::convert;
use crate::host::{Breach, HostState, Phase};
use crate::limits::MAX_KEY_BYTES;
use crate::log_text::printable;
use model::{HistoryRequest, Intent, LogLevel, MAX_BOOK_DEPTH, Subscription, Timestamp};
use wasmtime::Result;

impl types::Host for HostState {}

impl HostState {
    fn subscribe(&mut self, function: &str, subscription: Subscription) -> Result<()> {
        if self.phase != Phase::Init {
            self.charge_intent(function, 0)?;
            self.intents.push(Intent::Subscribe(subscription));
            return Ok(());
        }
        self.charge(0)?;
        if !self.declared.contains(&subscription) {
            within(
                self.declared.len(),
                self.limits.declarations,
                "subscriptions",
            )?;
            self.declared.push(subscription);
        }
        Ok(())
    }

    fn unsubscribe(&mut self, function: &str, subscription: Subscription) -> Result<()> {
        if self.phase != Phase::Init {
            self.charge_intent(function, 0)?;
            self.intents.push(Intent::Unsubscribe(subscription));
            return Ok(());
        }
        self.charge(0)?;
        self.declared.retain(|declared| *declared != subscription);
        Ok(())
    }

    fn book(&self, instrument: u32, depth: u8) -> Result<Subscription> {
        if !self.hears_books {
            let reason = "`subscribe-book` needs the export `argonaut:plugin/on-book@1.0.0`, which the \
                          plugin lacks; rebuild it with this version's SDK";
            return Err(Breach::bad_output(reason.to_owned()).into());
        }
        if !(1..=MAX_BOOK_DEPTH).contains(&depth) {
            return Err(Breach::bad_output(format!(
                "a book of {depth} levels; ask for 1 to {MAX_BOOK_DEPTH}"
            ))
            .into());
        }
        Ok(Subscription::Book(self.known(instrument)?, depth))
    }

    fn bars(&self, instrument: u32, spec: BarSpec) -> Result<Subscription> {
        Ok(Subscription::Bars(
            self.known(instrument)?,
            convert::bar_spec(spec)?,
        ))
    }
}

fn within(count: usize, limit: usize, what: &str) -> Result<(), Breach> {
    if count < limit {
        return Ok(());
    }
    Err(Breach::bad_output(format!(
        "declared more than {limit} {what}"
    )))
}

impl market_data::Host for HostState {
    fn subscribe_quotes(&mut self, instrument: u32) -> Result<()> {
        let subscription = Subscription::Quotes(self.known(instrument)?);
        self.subscribe("subscribe-quotes", subscription)
    }

    fn unsubscribe_quotes(&mut self, instrument: u32) -> Result<()> {
        let subscription = Subscription::Quotes(self.known(instrument)?);
        self.unsubscribe("unsubscribe-quotes", subscription)
    }

    fn subscribe_trades(&mut self, instrument: u32) -> Result<()> {
        let subscription = Subscription::Trades(self.known(instrument)?);
        self.subscribe("subscribe-trades", subscription)
    }

    fn unsubscribe_trades(&mut self, instrument: u32) -> Result<()> {
        let subscription = Subscription::Trades(self.known(instrument)?);
        self.unsubscribe("unsubscribe-trades", subscription)
    }

    fn subscribe_bars(&mut self, instrument: u32, spec: BarSpec) -> Result<()> {
        let subscription = self.bars(instrument, spec)?;
        self.subscribe("subscribe-bars", subscription)
    }

    fn unsubscribe_bars(&mut self, instrument: u32, spec: BarSpec) -> Result<()> {
        let subscription = self.bars(instrument, spec)?;
        self.unsubscribe("unsubscribe-bars", subscription)
    }

    fn subscribe_book(&mut self, instrument: u32, depth: u8) -> Result<()> {
        let subscription = self.book(instrument, depth)?;
        self.subscribe("subscribe-book", subscription)
    }

    fn unsubscribe_book(&mut self, instrument: u32, depth: u8) -> Result<()> {
        let subscription = self.book(instrument, depth)?;
        self.unsubscribe("unsubscribe-book", subscription)
    }

    fn request_history(&mut self, instrument: u32, spec: BarSpec, count: u32) -> Result<()> {
        self.charge(0)?;
        self.require("request-history", self.phase == Phase::Init)?;
        let limit = self.limits.history_bars;
        if count > limit {
            return Err(Breach::bad_output(format!(
                "asked for {count} bars of history, more than the {limit} allowed"
            ))
            .into());
        }
        within(
            self.history.len(),
            self.limits.declarations,
            "history requests",
        )?;
        let request = HistoryRequest {
            instrument: self.known(instrument)?,
            spec: convert::bar_spec(spec)?,
            count,
        };
        self.history.push(request);
        Ok(())
    }
}

impl timers::Host for HostState {
    fn now(&mut self) -> Result<u64> {
        self.charge(0)?;
        self.require("now", !matches!(self.phase, Phase::Describe | Phase::Init))?;
        Ok(self.intents.now().nanos())
    }

    fn set_timer(&mut self, id: u64, due: u64) -> Result<()> {
        self.charge_intent("set-timer", 0)?;
        self.intents.push(Intent::SetTimer {
            id,
            due: Timestamp::from_nanos(due),
        });
        Ok(())
    }

    fn cancel_timer(&mut self, id: u64) -> Result<()> {
        self.charge_intent("cancel-timer", 0)?;
        self.intents.push(Intent::CancelTimer { id });
        Ok(())
    }
}

impl log::Host for HostState {
    fn write(&mut self, level: log::Level, text: String) -> Result<()> {
        self.charge(text.len())?;
        let level = match level {
            log::Level::Debug => LogLevel::Debug,
            log::Level::Info => LogLevel::Info,
            log::Level::Warn => LogLevel::Warn,
            log::Level::Error => LogLevel::Error,
        };
        let kept = self.admit_log_line();
        if !kept && level != LogLevel::Error {
            return Ok(());
        }
        let text = printable(text, self.limits.log_line_bytes);
        if level == LogLevel::Error {
            self.last_error.clone_from(&text);
        }
        if kept {
            self.intents.push(Intent::Log { level, text });
        }
        Ok(())
    }
}

impl state::Host for HostState {
    fn get(&mut self, key: String) -> Result<Option<Vec<u8>>> {
        let value = self.values.get(&key);
        self.charge(
            key.len()
                .saturating_add(value.as_ref().map_or(0, |value| value.len())),
        )?;
        self.require("get", !matches!(self.phase, Phase::Describe | Phase::Init))?;
        Ok(self.values.get(&key).map(<[u8]>::to_vec))
    }

    fn put(&mut self, key: String, value: Vec<u8>) -> Result<()> {
        self.charge_intent("put", key.len().saturating_add(value.len()))?;
        if key.is_empty() || key.len() > MAX_KEY_BYTES {
            return Err(Breach::bad_output(format!(
                "a key of {} bytes; keys have 1 to {MAX_KEY_BYTES}",
                key.len()
            ))
            .into());
        }
        if !self.values.put(&key, &value) {
            let limit = self.limits.values_bytes;
            return Err(
                Breach::bad_output(format!("keeps more than {limit} bytes of values")).into(),
            );
        }
        self.intents.push(Intent::PutState { key, value });
        Ok(())
    }
}
