//! Reads a journal back, record by record, from any byte stream.

use super::codec::{DecodeError, decode_all};
use super::{JournalHash, MAGIC, Tag};
use crate::effect::ModelFault;
use crate::input::{Input, Judged, Outcome, Sequenced, Worked};
use crate::probation::Probed;
use model::{
    AccountId, Balance, Bar, CashFlow, CurrencyId, Fill, Order, OrderId, OrderUpdate, Outbound,
    PositionUpdate, RuleId, StrategyId,
};
use std::io::Read;

/// Why a journal could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The file does not begin as a journal of this format does.
    #[error("not a journal, or one of another format version")]
    NotAJournal,
    /// The bytes could not be had.
    #[error("record {record} cannot be read: {source}")]
    Io {
        /// Which record, counted from one.
        record: u64,
        /// Why.
        source: std::io::Error,
    },
    /// The last record is not whole: the writer was cut off.
    #[error("record {record} is cut off")]
    TornTail {
        /// Which record, counted from one.
        record: u64,
    },
    /// A record with a tag this format does not have.
    #[error("record {record} has the unknown tag {tag}")]
    UnknownTag {
        /// Which record, counted from one.
        record: u64,
        /// The tag.
        tag: u8,
    },
    /// A record that does not hold what its tag says.
    #[error("record {record} is damaged: {source}")]
    Damaged {
        /// Which record, counted from one.
        record: u64,
        /// Why.
        source: DecodeError,
    },
}

/// One record of a journal.
#[derive(Debug, Clone, PartialEq)]
pub enum Record {
    /// An input with sequence and time.
    Input(Sequenced<Input>),
    /// What a strategy's callback led to, with the callback's number within the strategy.
    Strategy(StrategyId, u64, Outcome),
    /// What a call of an algorithm led to, by its parent order, with the call's number.
    Algorithm(OrderId, u64, Worked),
    /// What a rule said of an order, with the number of the call.
    Rule(RuleId, u64, OrderId, Judged),
    /// The definition before it had no effect, for this reason.
    Refused(String),
    /// An order as it was made. Its first change follows.
    NewOrder(Order),
    /// How the probation of a strategy's version ended.
    Probation(StrategyId, Probed),
    /// A model of a simulated venue broke. What models answer is not recorded: they are asked again.
    Model(ModelFault),
    /// An order changed.
    Order(OrderUpdate),
    /// An execution.
    Fill(Fill),
    /// A position changed.
    Position(PositionUpdate),
    /// Money moved without a trade.
    CashFlow(CashFlow),
    /// What an account has of a currency after a fill or a movement of money. Orders that hold money
    /// back and let it go are not recorded.
    Balance(AccountId, CurrencyId, Balance),
    /// A bar was made.
    Bar(Bar),
    /// The end: the hash of all before.
    Seal(JournalHash),
    /// A message for a venue outside.
    Outbound(Outbound),
}

/// Reads records one by one and hashes them as the writer did.
pub struct Reader<R> {
    from: R,
    hasher: blake3::Hasher,
    frame: Vec<u8>,
    records: u64,
}

impl<R: Read> Reader<R> {
    /// A reader of a stream that begins with [`MAGIC`].
    pub fn new(mut from: R) -> Result<Self, ReadError> {
        let mut magic = [0; MAGIC.len()];
        let whole = from.read_exact(&mut magic).is_ok();
        if !whole || &magic != MAGIC {
            return Err(ReadError::NotAJournal);
        }
        Ok(Self::of_records(from))
    }

    /// A reader of records alone, such as those of one block.
    pub fn of_records(from: R) -> Self {
        Self {
            from,
            hasher: blake3::Hasher::new(),
            frame: Vec::new(),
            records: 0,
        }
    }

    /// How many records were read.
    pub fn records(&self) -> u64 {
        self.records
    }

    /// The hash over all records read so far, seals left out.
    pub fn hash(&self) -> JournalHash {
        JournalHash::new(*self.hasher.finalize().as_bytes())
    }

    /// The bytes of the last record read, frame and all.
    pub fn last_frame(&self) -> &[u8] {
        &self.frame
    }

    /// The next record; `None` at the end.
    pub fn next_record(&mut self) -> Result<Option<Record>, ReadError> {
        let record = self.records + 1;
        let Some(tag) = self.read_frame(record)? else {
            return Ok(None);
        };
        let payload = &self.frame[5..];
        let decoded = match tag {
            Tag::Input => decode_all(payload).map(Record::Input),
            Tag::Strategy => decode_all(payload).map(|(s, call, o)| Record::Strategy(s, call, o)),
            Tag::Algorithm => decode_all(payload).map(|(o, call, w)| Record::Algorithm(o, call, w)),
            Tag::Rule => decode_all(payload).map(|(r, call, o, j)| Record::Rule(r, call, o, j)),
            Tag::Refused => decode_all(payload).map(Record::Refused),
            Tag::NewOrder => decode_all(payload).map(Record::NewOrder),
            Tag::Model => decode_all(payload).map(Record::Model),
            Tag::Probation => decode_all(payload).map(|(s, how)| Record::Probation(s, how)),
            Tag::Order => decode_all(payload).map(Record::Order),
            Tag::Fill => decode_all(payload).map(Record::Fill),
            Tag::Position => decode_all(payload).map(Record::Position),
            Tag::Bar => decode_all(payload).map(Record::Bar),
            Tag::CashFlow => decode_all(payload).map(Record::CashFlow),
            Tag::Balance => decode_all(payload).map(|(a, c, b)| Record::Balance(a, c, b)),
            Tag::Seal => decode_all(payload).map(Record::Seal),
            Tag::Outbound => decode_all(payload).map(Record::Outbound),
        };
        let decoded = decoded.map_err(|source| ReadError::Damaged { record, source })?;
        if tag != Tag::Seal {
            self.hasher.update(&self.frame);
        }
        self.records = record;
        Ok(Some(decoded))
    }

    fn read_frame(&mut self, record: u64) -> Result<Option<Tag>, ReadError> {
        let mut head = [0; 5];
        match read_up_to(&mut self.from, &mut head) {
            Ok(0) => return Ok(None),
            Ok(5) => {}
            Ok(_) => return Err(ReadError::TornTail { record }),
            Err(source) => return Err(ReadError::Io { record, source }),
        }
        let [a, b, c, d, tag] = head;
        let length = u64::from(u32::from_le_bytes([a, b, c, d]));
        let tag = Tag::from_number(tag).ok_or(ReadError::UnknownTag { record, tag })?;
        self.frame.clear();
        self.frame.extend_from_slice(&head);
        // `take` keeps a lying length from asking for memory that the stream cannot fill.
        let read = self
            .from
            .by_ref()
            .take(length)
            .read_to_end(&mut self.frame)
            .map_err(|source| ReadError::Io { record, source })?;
        if read as u64 == length {
            Ok(Some(tag))
        } else {
            Err(ReadError::TornTail { record })
        }
    }
}

fn read_up_to(from: &mut impl Read, buffer: &mut [u8]) -> std::io::Result<usize> {
    let mut filled = 0;
    while filled < buffer.len() {
        match from.read(&mut buffer[filled..]) {
            Ok(0) => break,
            Ok(count) => filled += count,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}
