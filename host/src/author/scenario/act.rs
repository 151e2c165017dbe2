//! What a step does: to the market, to an instrument, to an order that lines answer, to the plugin.

use super::super::words::{NAME, PRICE, QUANTITY, WordError, Words};
use super::Given;
use crate::universe::Universe;
use model::{
    BarSpec, BookLevel, CurrencyId, LifecycleEvent, Money, Price, Quantity, Rate, Side, Signal,
};
use std::collections::{BTreeMap, BTreeSet};

/// What happens.
#[derive(Debug, Clone)]
pub(in super::super) enum Act {
    /// The plugin starts; without it, it does at the first step.
    Start,
    /// Time passes.
    Wait,
    /// It is told to stop.
    Stop,
    /// It is stopped, and a new instance starts from what it saved.
    Restart,
    /// Another instance takes over.
    Swap(Succession),
    Quote([Price; 2], [Quantity; 2]),
    Trade(Price, Quantity, Option<Side>),
    Bar(BarSpec, [Price; 4], Quantity),
    Book(Vec<BookLevel>),
    /// A batch of the book is lost.
    LoseBook,
    Mark(Price),
    Index(Price),
    Halt,
    Resume,
    Life(LifecycleEvent),
    /// Somebody outside tells it something.
    Signal(Signal),
    /// The next order or change is denied, in these words.
    Deny(String),
    /// The venue says something about an order.
    Answer(String, Answer),
}

/// Who takes over, and with what.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in super::super) struct Succession {
    /// The component, beside the scenario; the same when left out.
    pub(in super::super) file: Option<String>,
    /// Without the state of the one before.
    pub(in super::super) fresh: bool,
    /// Parameters that differ.
    pub(in super::super) parameters: BTreeMap<String, String>,
}

/// What a venue says of an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Answer {
    Accept,
    Reject,
    Trigger,
    Fill(Quantity, Price),
    ConfirmUpdate,
    RejectUpdate,
    ConfirmCancel,
    RejectCancel,
    Expire,
}

const VERBS: &str = "something that happens: start, wait, stop, restart, swap, quote, trade, bar, book, \
    lose_book, mark, index, halt, resume, funding, settlement, split, dividend, signal, deny, accept, reject, \
    trigger, fill, confirm_update, reject_update, confirm_cancel, reject_cancel, expire";
const RATE: &str = "a rate such as 0.0001";

impl Act {
    /// Whether it happens to one instrument, which a line must name where there are several.
    pub(super) fn is_of_an_instrument(&self) -> bool {
        matches!(
            self,
            Self::Quote(..)
                | Self::Trade(..)
                | Self::Bar(..)
                | Self::Book(_)
                | Self::LoseBook
                | Self::Mark(_)
                | Self::Index(_)
                | Self::Halt
                | Self::Resume
                | Self::Life(_)
        )
    }

    /// Reads what follows the time of a step.
    pub(super) fn read(
        words: &mut Words<'_>,
        universe: &Universe,
        given: &Given,
        names: &BTreeSet<String>,
    ) -> Result<Self, WordError> {
        let verb = words.next(VERBS)?;
        if let Some(answer) = answer(verb, words, given, names)? {
            return Ok(answer);
        }
        Ok(match verb {
            "start" => Self::Start,
            "wait" => Self::Wait,
            "stop" => Self::Stop,
            "restart" => Self::Restart,
            "swap" => Self::Swap(succession(words)?),
            "quote" => quote(words)?,
            "trade" => trade(words)?,
            "bar" => bar(words)?,
            "book" => Self::Book(levels(words)?),
            "lose_book" => Self::LoseBook,
            "mark" => Self::Mark(words.value(PRICE)?),
            "index" => Self::Index(words.value(PRICE)?),
            "halt" => Self::Halt,
            "resume" => Self::Resume,
            "signal" => Self::Signal(signal(words)?),
            "deny" => Self::Deny(words.raw().to_owned()),
            "funding" | "settlement" | "split" | "dividend" => {
                Self::Life(life(verb, words, universe)?)
            }
            other => return Err(WordError::wrong(other, VERBS)),
        })
    }
}

fn succession(words: &mut Words<'_>) -> Result<Succession, WordError> {
    let mut succession = Succession::default();
    while let Some(word) = words.pop() {
        match word.split_once('=') {
            Some((name, value)) => {
                let parameters = &mut succession.parameters;
                parameters.insert(name.to_owned(), value.to_owned());
            }
            None if word == "fresh" => succession.fresh = true,
            None if word.ends_with(".wasm") && succession.file.is_none() => {
                succession.file = Some(word.to_owned());
            }
            None => return Err(WordError::wrong(word, "FILE.wasm, fresh or NAME=VALUE")),
        }
    }
    Ok(succession)
}

/// `buy quantity=1000`: a name, and values by name. Words end at spaces and commas.
fn signal(words: &mut Words<'_>) -> Result<Signal, WordError> {
    const VALUE: &str = "a value of the signal, as NAME=VALUE";
    let name = words.next("the name of a signal such as buy")?;
    let mut values = Vec::new();
    while let Some(word) = words.pop() {
        let (key, value) = word
            .split_once('=')
            .ok_or_else(|| WordError::wrong(word, VALUE))?;
        values.push((key.to_owned(), value.to_owned()));
    }
    Signal::new(name, values)
        .map_err(|why| WordError::wrong(name, format!("a signal with these values: {why}")))
}

/// `1.0850 x 1000 / 1.0852 x 1000`; sizes may be left out.
fn quote(words: &mut Words<'_>) -> Result<Act, WordError> {
    let (bid, bid_size) = sized(words)?;
    words.must("/")?;
    let (ask, ask_size) = sized(words)?;
    Ok(Act::Quote([bid, ask], [bid_size, ask_size]))
}

/// What a quote without sizes shows.
const SHOWN: i64 = 1_000_000;

fn sized(words: &mut Words<'_>) -> Result<(Price, Quantity), WordError> {
    let price = words.value(PRICE)?;
    let size = match words.take("x") {
        true => words.value(QUANTITY)?,
        false => Quantity::whole(SHOWN).unwrap_or(Quantity::ONE),
    };
    Ok((price, size))
}

/// `1.0851 x 500 buy`.
fn trade(words: &mut Words<'_>) -> Result<Act, WordError> {
    let (price, size) = sized(words)?;
    let sides = [("buy", Side::Buy), ("sell", Side::Sell)];
    let aggressor = match words.peek() {
        None => None,
        Some(_) => Some(words.one_of("who took it", &sides)?),
    };
    Ok(Act::Trade(price, size, aggressor))
}

/// `60s-bid 1.0850 1.0860 1.0840 1.0855 x 5000`: open, high, low, close.
fn bar(words: &mut Words<'_>) -> Result<Act, WordError> {
    let spec = words.bar_spec()?;
    let mut prices = [Price::default(); 4];
    for price in &mut prices {
        *price = words.value("a price: a bar has open, high, low and close")?;
    }
    let volume = match words.take("x") {
        true => words.value(QUANTITY)?,
        false => Quantity::ZERO,
    };
    Ok(Act::Bar(spec, prices, volume))
}

/// `bid 1.0850 x 1000, ask 1.0852 x 1000`: the whole book.
fn levels(words: &mut Words<'_>) -> Result<Vec<BookLevel>, WordError> {
    let mut levels = Vec::new();
    while words.peek().is_some() {
        let side = words.one_of(
            "a side of the book",
            &[("bid", Side::Buy), ("ask", Side::Sell)],
        )?;
        let price = words.value(PRICE)?;
        words.must("x")?;
        let size = words.value(QUANTITY)?;
        levels.push(BookLevel { side, price, size });
    }
    Ok(levels)
}

/// In the words of the golden traces.
fn life(
    verb: &str,
    words: &mut Words<'_>,
    universe: &Universe,
) -> Result<LifecycleEvent, WordError> {
    Ok(match verb {
        "funding" => LifecycleEvent::Funding {
            rate: words.value::<Rate>(RATE)?,
        },
        "settlement" => LifecycleEvent::Settlement {
            price: words.value(PRICE)?,
        },
        "split" => {
            words.must("from")?;
            let denominator = words.value("a number of shares")?;
            words.must("to")?;
            let numerator = words.value("a number of shares")?;
            LifecycleEvent::Split {
                numerator,
                denominator,
            }
        }
        _ => LifecycleEvent::Dividend {
            amount: words.value::<Money>("an amount for each share such as 0.50")?,
            currency: currency(words, universe)?,
        },
    })
}

fn currency(words: &mut Words<'_>, universe: &Universe) -> Result<CurrencyId, WordError> {
    let word = words.next("a currency")?;
    let known = universe.currency_names();
    let place = known.iter().position(|name| name == word);
    let id = place.and_then(|place| u32::try_from(place).ok());
    let id = id.map(CurrencyId::new);
    id.ok_or_else(|| WordError::wrong(word, format!("a currency of here: {}", known.join(", "))))
}

fn answer(
    verb: &str,
    words: &mut Words<'_>,
    given: &Given,
    names: &BTreeSet<String>,
) -> Result<Option<Act>, WordError> {
    let simple = [
        ("accept", Answer::Accept),
        ("reject", Answer::Reject),
        ("trigger", Answer::Trigger),
        ("confirm_update", Answer::ConfirmUpdate),
        ("reject_update", Answer::RejectUpdate),
        ("confirm_cancel", Answer::ConfirmCancel),
        ("reject_cancel", Answer::RejectCancel),
        ("expire", Answer::Expire),
    ];
    let known = simple.iter().find(|(name, _)| *name == verb);
    if known.is_none() && verb != "fill" {
        return Ok(None);
    }
    if !given.by_hand {
        let what = "for the simulated exchange to be told; write `given answers by_hand` above";
        return Err(WordError::wrong(verb, what));
    }
    let name = words.next(NAME)?;
    if !names.contains(name) {
        return Err(WordError::wrong(name, NAME));
    }
    let answer = match known {
        Some((_, answer)) => *answer,
        None => {
            let quantity = words.value(QUANTITY)?;
            words.must("@")?;
            Answer::Fill(quantity, words.value(PRICE)?)
        }
    };
    Ok(Some(Act::Answer(name.to_owned(), answer)))
}
