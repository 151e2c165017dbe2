//! What a scenario begins with: instruments, parameters, the account, the exchange, history.

use super::super::words::{PRICE, WordError, Words};
use super::BEGIN;
use crate::backtest::instruments;
use crate::backtest::spec::World;
use crate::config::{AccountTerms, InstrumentSection, Span};
use crate::universe::Universe;
use engine::ExternalVenue;
use model::{BarSpec, Duration, Money, Price, Rate, Timestamp};
use std::collections::BTreeMap;

/// The instrument of a scenario that names none.
const USUAL: &str = "EUR/USD.SIM,tick=0.00001,lot=1";
/// How long answers by hand may take; a scenario should not meet the end of it.
const PATIENCE: Duration = Duration::from_secs(365 * 86_400);

/// What a scenario begins with.
#[derive(Debug, Clone)]
pub struct Given {
    /// Instruments as `argonaut backtest` takes them; one currency pair when there is none.
    instruments: Vec<(String, InstrumentSection)>,
    /// Parameters as given.
    pub parameters: BTreeMap<String, String>,
    deposits: Vec<(String, Money)>,
    cash_account: bool,
    leverage: Rate,
    latency: Span,
    feed_latency: Span,
    slippage_ticks: u32,
    /// Whether lines answer orders, in the place of the simulated exchange.
    pub(in super::super) by_hand: bool,
    /// Closes of bars from before the start.
    pub(in super::super) history: Vec<(BarSpec, Vec<Price>)>,
    date: Timestamp,
}

impl Default for Given {
    fn default() -> Self {
        Self {
            instruments: Vec::new(),
            parameters: BTreeMap::new(),
            deposits: Vec::new(),
            cash_account: false,
            leverage: Rate::from_raw(Rate::SCALE),
            latency: Span::default(),
            feed_latency: Span::default(),
            slippage_ticks: 0,
            by_hand: false,
            history: Vec::new(),
            date: BEGIN,
        }
    }
}

const KEYS: &str = "something that can be given: instrument, parameter, deposit, account, leverage, \
    latency, feed, slippage, answers, history, date";

impl Given {
    /// Takes what follows `given`.
    pub(super) fn take(&mut self, words: &mut Words<'_>) -> Result<(), String> {
        let key = words.next(KEYS).map_err(|error| error.to_string())?;
        if key == "instrument" {
            return self.add_instrument(words.raw());
        }
        let taken = self.take_value(key, words).and_then(|()| words.end());
        taken.map_err(|error| super::within(key, &error))
    }

    fn take_value(&mut self, key: &str, words: &mut Words<'_>) -> Result<(), WordError> {
        match key {
            "parameter" => {
                let name = words.next("the name of a parameter")?.to_owned();
                self.parameters.insert(name, words.raw().to_owned());
            }
            "deposit" => {
                let amount = words.value("an amount such as 100000")?;
                let currency = words.next("a currency such as USD")?.to_owned();
                self.deposits.push((currency, amount));
            }
            "account" => {
                let kinds = [("margin", false), ("cash", true)];
                self.cash_account = words.one_of("a kind of account", &kinds)?;
            }
            "leverage" => self.leverage = words.value("a number such as 30")?,
            "latency" => self.latency = words.value("a duration such as 5ms")?,
            "feed" => self.feed_latency = words.value("a duration such as 1ms")?,
            "slippage" => self.slippage_ticks = words.value("a number of ticks")?,
            "answers" => {
                let kinds = [("exchange", false), ("by_hand", true)];
                self.by_hand = words.one_of("who answers orders", &kinds)?;
            }
            "history" => {
                let spec = words.bar_spec()?;
                let mut closes = Vec::new();
                while words.peek().is_some() {
                    closes.push(words.value(PRICE)?);
                }
                self.history.push((spec, closes));
            }
            "date" => {
                const WHAT: &str = "a date such as 2024-03-05";
                let text = words.next(WHAT)?;
                let date = store::parse_iso(text).ok_or_else(|| WordError::wrong(text, WHAT))?;
                self.date = date;
            }
            other => return Err(WordError::wrong(other, KEYS)),
        }
        Ok(())
    }

    /// Adds `SYMBOL[,key=value…]`.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn add_instrument(&mut self, text: &str) -> Result<(), String> {
        let tick = Price::from_raw(match text.contains('/') {
            true => 10_000,
            false => Price::SCALE / 100,
        });
        let told = |error: anyhow::Error| format!("{error:#}").replacen("--instrument ", "", 1);
        let section = instruments::parse(text, tick).map_err(told)?;
        let alone = self.world().universe(std::slice::from_ref(&section));
        alone.map_err(told)?;
        self.instruments.push((text.to_owned(), section));
        Ok(())
    }

    /// Adds a parameter.
    pub fn add_parameter(&mut self, name: &str, value: &str) {
        self.parameters.insert(name.to_owned(), value.to_owned());
    }

    /// The day on which it begins.
    pub(in super::super) fn date(&self) -> Timestamp {
        self.date
    }

    fn world(&self) -> World {
        let by_hand = ExternalVenue {
            answer_within: PATIENCE,
            reconcile_every: Duration::ZERO,
            ..ExternalVenue::default()
        };
        World {
            cash_account: self.cash_account,
            leverage: self.leverage,
            deposits: self.deposits.clone(),
            latency: self.latency,
            feed_latency: self.feed_latency,
            slippage_ticks: self.slippage_ticks,
            chances: None,
            external: self.by_hand.then_some(by_hand),
            terms: AccountTerms::default(),
        }
    }

    /// What the engine is told.
    pub(in super::super) fn universe(&self) -> Result<Universe, String> {
        let told = |error: anyhow::Error| format!("{error:#}").replacen("--", "given ", 1);
        let own = self.instruments.iter();
        let mut sections: Vec<_> = own.map(|(_, section)| section.clone()).collect();
        if sections.is_empty() {
            let tick = Price::from_raw(10_000);
            sections.push(instruments::parse(USUAL, tick).map_err(told)?);
        }
        self.world().universe(&sections).map_err(told)
    }

    /// The lines that give this.
    pub(in super::super) fn lines(&self) -> Vec<String> {
        let instruments = self.instruments.iter();
        let instruments = instruments.map(|(text, _)| format!("given instrument {text}"));
        let mut lines: Vec<String> = instruments.collect();
        let parameters = self.parameters.iter();
        lines.extend(parameters.map(|(name, value)| format!("given parameter {name} {value}")));
        lines
    }
}
