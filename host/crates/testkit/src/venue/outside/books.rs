//! The venue's books, and the file that they are made of: a line for each message it took and each step of its
//! market. Whoever runs these again has the same orders, executions, positions and names.
//!
//! What is said to anybody is forced onto the disk first. A last line that was not written whole was
//! never answered, and is dropped.

use super::{ACCOUNT, FIRST_PRICE, LOT, OWNER, SYMBOL, TICK, TRADED, VENUE, VenueError};
use crate::venue::{FakeVenue, Listing, Moods, Said};
use connectors::gateway::wire::Request;
use connectors::gateway::{Codec, Names};
use model::{OrderId, Outbound, OutboundCommand, Price, Timestamp};
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::io::{Read as _, Write as _};
use std::path::Path;

/// What decides how often it fills and in how many parts.
const SEED: u64 = 7;

/// A line of the file.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
enum Entry {
    /// The market traded.
    Market {
        /// When, in nanoseconds since the epoch.
        now_ns: u64,
        /// In the smallest units.
        price: i64,
    },
    /// A host sent a message.
    Taken {
        /// The host's journal.
        journal: String,
        request: Box<Request>,
    },
}

/// What a line does.
enum Step {
    Market(Timestamp, Price),
    Message(Box<Outbound>),
    /// A greeting or a ping.
    Nothing,
}

impl Entry {
    fn step(&self) -> Result<Step, VenueError> {
        Ok(match self {
            Self::Market { now_ns, price } => {
                Step::Market(Timestamp::from_nanos(*now_ns), Price::from_raw(*price))
            }
            Self::Taken { journal, request } => {
                let message = codec(journal).outbound(request)?;
                message.map_or(Step::Nothing, |message| Step::Message(Box::new(message)))
            }
        })
    }
}

/// Between the lines of the gateway's protocol and the venue.
pub(super) fn codec(journal: &str) -> Codec {
    let mut names = Names::default();
    names.add_instrument(TRADED, SYMBOL);
    names.add_account(OWNER, ACCOUNT);
    Codec::new(VENUE, journal, names)
}

/// What the venue holds, and what it was asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Holdings {
    /// All executions ever made, in their order.
    pub executions: Vec<Execution>,
    /// What the account holds, in the smallest units; long is positive.
    pub position: i128,
    /// Open orders, in the order in which they came.
    pub open: Vec<Open>,
    /// Orders that came more than once: none ever may. Numbers of [`OrderId`].
    pub sent_twice: Vec<u64>,
    /// How often it was asked what had become of an order.
    pub queries: u64,
}

/// An execution.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Execution {
    /// The venue's name of it.
    pub id: String,
    /// Of which order of a host; the number of an [`OrderId`].
    pub order: Option<u64>,
    /// At what price, in the smallest units.
    pub price: i64,
    /// How much, in the smallest units.
    pub quantity: u64,
}

/// An open order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Open {
    /// The venue's name of it.
    pub id: String,
    /// The host's: the number of an [`OrderId`].
    pub order: Option<u64>,
    /// The limit, where it has one, in the smallest units.
    pub limit: Option<i64>,
    /// How much is done, in the smallest units.
    pub filled: u64,
}

/// A venue and its file.
#[derive(Debug)]
pub struct Books {
    venue: FakeVenue,
    file: File,
    price: Price,
    steps: u64,
    queries: u64,
}

impl Books {
    /// Goes on from a file, or begins one.
    ///
    /// # Errors
    /// It cannot be read or cut, or a whole line of it is none of a venue.
    pub fn open(path: &Path) -> Result<Self, VenueError> {
        let mut options = File::options();
        let file = options.read(true).append(true).create(true).open(path);
        let mut file = file.map_err(VenueError::system("opening the books"))?;
        let lines = whole_lines(&mut file).map_err(VenueError::system("reading the books"))?;
        let listing = Listing {
            instrument: TRADED,
            tick: TICK,
            lot: LOT,
        };
        let mut books = Self {
            venue: FakeVenue::new(VENUE, SEED, Moods::default(), &[listing]),
            file,
            price: FIRST_PRICE,
            steps: 0,
            queries: 0,
        };
        for (text, line) in lines.split_inclusive(|byte| *byte == b'\n').zip(1..) {
            let entry: Result<Entry, _> = serde_json::from_slice(text);
            let step = entry.map_err(|error| error.to_string());
            let step = step.and_then(|entry| entry.step().map_err(|error| error.to_string()));
            books.go(step.map_err(|reason| VenueError::Line { line, reason })?);
        }
        // What was said then was heard then, or is lost.
        books.venue.hear();
        Ok(books)
    }

    /// The market trades.
    ///
    /// # Errors
    /// The file does not take it.
    pub fn trade(&mut self, now: Timestamp, price: Price) -> Result<(), VenueError> {
        let (now_ns, price) = (now.nanos(), price.raw());
        self.keep(&Entry::Market { now_ns, price })
    }

    /// Takes what a host sends whose journal has a name.
    ///
    /// # Errors
    /// It names what is not known here, or the file does not take it.
    pub fn take(&mut self, journal: &str, request: Request) -> Result<(), VenueError> {
        let (journal, request) = (journal.to_owned(), Box::new(request));
        self.keep(&Entry::Taken { journal, request })
    }

    /// What it says since the last time. It is on the disk now.
    ///
    /// # Errors
    /// The disk does not take it.
    pub fn hear(&mut self) -> Result<Vec<Said>, VenueError> {
        let said = self.venue.hear();
        if !said.is_empty() {
            self.sync()?;
        }
        Ok(said)
    }

    /// All that it holds. It is on the disk now.
    ///
    /// # Errors
    /// The disk does not take it.
    pub fn holdings(&self) -> Result<Holdings, VenueError> {
        self.sync()?;
        let executions = self.venue.executions().iter().map(|each| Execution {
            id: each.execution.id.to_string(),
            order: each.order.map(OrderId::number),
            price: each.execution.price.raw(),
            quantity: each.execution.quantity.raw(),
        });
        let open = self.venue.open_orders().map(|(id, held)| Open {
            id: id.to_string(),
            order: held.order.map(OrderId::number),
            limit: held.kind.price().map(Price::raw),
            filled: held.filled.raw(),
        });
        let sent_twice = self.venue.sent_twice().iter();
        Ok(Holdings {
            executions: executions.collect(),
            position: self.venue.positions().into_values().sum(),
            open: open.collect(),
            sent_twice: sent_twice.map(|order| order.number()).collect(),
            queries: self.queries,
        })
    }

    /// What its market traded at last.
    pub fn price(&self) -> Price {
        self.price
    }

    /// How many lines there are.
    pub fn steps(&self) -> u64 {
        self.steps
    }

    /// Writes a line that means something, and does what it says.
    fn keep(&mut self, entry: &Entry) -> Result<(), VenueError> {
        let step = entry.step()?;
        let written = serde_json::to_vec(entry).map_err(std::io::Error::from);
        let written = written.and_then(|mut line| {
            line.push(b'\n');
            self.file.write_all(&line)
        });
        written.map_err(VenueError::system("writing the books"))?;
        self.go(step);
        Ok(())
    }

    fn go(&mut self, step: Step) {
        self.steps += 1;
        match step {
            Step::Market(now, price) => {
                self.price = price;
                self.venue.pass(now);
                self.venue.trade(TRADED, price);
            }
            Step::Message(message) => {
                let asks = matches!(message.command, OutboundCommand::Query { .. });
                self.queries += u64::from(asks);
                self.venue.take(&message);
            }
            Step::Nothing => {}
        }
    }

    /// Forces the file onto the disk.
    ///
    /// # Errors
    /// The disk does not take it.
    pub fn sync(&self) -> Result<(), VenueError> {
        let synced = self.file.sync_data();
        synced.map_err(VenueError::system("syncing the books"))
    }
}

/// What stands in a file, after cutting off a last line that is not whole.
fn whole_lines(file: &mut File) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    let last = bytes.iter().rposition(|byte| *byte == b'\n');
    bytes.truncate(last.map_or(0, |last| last + 1));
    file.set_len(bytes.len() as u64)?;
    Ok(bytes)
}
