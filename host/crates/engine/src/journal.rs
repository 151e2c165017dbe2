//! The journal: every input and every output in one stream of records with a running hash.
//!
//! The engine makes bytes and their hash; where they go is the sink's business. Records are framed
//! as `length: u32, tag: u8, payload`, all little-endian; the hash is BLAKE3 over the frames.

mod chain;
pub mod codec;
mod layout;
pub mod reader;

use crate::effect::ModelFault;
use crate::input::{Input, Judged, Outcome, Sequenced, Worked};
use crate::probation::Probed;
use chain::Chain;
use codec::{Decode, DecodeError, Encode, encode_frame};
use model::{
    AccountId, Balance, Bar, CashFlow, CurrencyId, Fill, Order, OrderId, OrderUpdate, Outbound,
    PositionUpdate, RuleId, StrategyId,
};

/// The first bytes of a journal file: name and format version.
pub const MAGIC: &[u8; 8] = b"ARGOJ\0\0\x06";

/// Bytes gathered before they are hashed and handed to the sink.
const BLOCK_BYTES: usize = 64 * 1024;

/// Where journal bytes go. Called with whole records only.
pub trait Sink: Send {
    /// Takes bytes; an error stops trading for good.
    fn write(&mut self, bytes: &[u8]) -> Result<(), SinkError>;

    /// What was taken since the last commit belongs together and must last from now on. An error
    /// says that it does not yet: nothing may leave, and the sink keeps it for [`Sink::retry`].
    fn commit(&mut self, commit: &Commit) -> Result<(), SinkError> {
        let _ = commit;
        Ok(())
    }

    /// Tries again what a commit could not do. An error says that it still cannot.
    fn retry(&mut self) -> Result<(), SinkError> {
        Ok(())
    }

    /// How much more the sink can keep while commits fail.
    fn room(&self) -> Room {
        Room::Plenty
    }
}

/// What a commit says of the records since the last one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Commit {
    /// Sequence of the first input among them; one after `last` when there is none.
    pub first: u64,
    /// Sequence of the last input so far.
    pub last: u64,
    /// The hash over all records so far.
    pub hash: JournalHash,
}

/// How much more can be journaled while nothing can be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Room {
    /// Enough.
    Plenty,
    /// Only for what operators and venues say; market data must wait.
    Little,
    /// None.
    Gone,
}

/// The journal could not be written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the journal cannot be written: {0}")]
pub struct SinkError(pub String);

/// A hash over all records so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct JournalHash([u8; 32]);

impl JournalHash {
    /// The digest.
    pub const fn bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// From a digest.
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }
}

impl std::fmt::Display for JournalHash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// What a record is. The numbers are part of the format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Tag {
    /// An input with sequence and time.
    Input = 1,
    /// What a strategy's callback led to.
    Strategy = 2,
    /// An order changed.
    Order = 3,
    /// An execution.
    Fill = 4,
    /// A position changed.
    Position = 5,
    /// A bar was made.
    Bar = 6,
    /// The end of a run: the hash of all before.
    Seal = 7,
    /// A message for a venue outside.
    Outbound = 8,
    /// Money moved without a trade.
    CashFlow = 9,
    /// What a call of an execution algorithm led to.
    Algorithm = 10,
    /// What a custom pre-trade rule said.
    Rule = 11,
    /// An order as it was made; what follows of it are changes.
    NewOrder = 12,
    /// Why the definition before it had no effect.
    Refused = 13,
    /// A model of a simulated venue broke.
    Model = 14,
    /// How a probation ended.
    Probation = 15,
    /// What an account has of a currency after that changed.
    Balance = 16,
}

impl Tag {
    /// The tag behind a number.
    pub fn from_number(number: u8) -> Option<Self> {
        [
            Self::Input,
            Self::Strategy,
            Self::Order,
            Self::Fill,
            Self::Position,
            Self::Bar,
            Self::Seal,
            Self::Outbound,
            Self::CashFlow,
            Self::Algorithm,
            Self::Rule,
            Self::NewOrder,
            Self::Refused,
            Self::Model,
            Self::Probation,
            Self::Balance,
        ]
        .into_iter()
        .find(|tag| *tag as u8 == number)
    }
}

/// Gathers records, hashes them, hands them on.
pub struct Journal {
    block: Vec<u8>,
    chain: Chain,
    sink: Option<Box<dyn Sink>>,
    /// Why records were lost; for good.
    lost: Option<SinkError>,
    /// Why the last commit does not last yet.
    failed: Option<SinkError>,
    /// Sequence of the last input.
    last: u64,
    /// Sequence of the last input at the last commit.
    committed: u64,
    /// Whether there are records since the last commit.
    open: bool,
    expected: Option<Expected>,
    /// Whether records are neither kept nor hashed.
    discards: bool,
}

/// What a journal that repeats another must hold next.
#[derive(Default)]
struct Expected {
    /// From where the block begins.
    bytes: Vec<u8>,
    /// How much of the block is compared already.
    compared: usize,
}

impl Default for Journal {
    /// A journal that is only hashed.
    fn default() -> Self {
        Self {
            block: Vec::with_capacity(BLOCK_BYTES + 4096),
            chain: Chain::default(),
            sink: None,
            lost: None,
            failed: None,
            last: 0,
            committed: 0,
            open: false,
            expected: None,
            discards: false,
        }
    }
}

impl std::fmt::Debug for Journal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Journal")
            .field("pending_bytes", &self.block.len())
            .finish_non_exhaustive()
    }
}

impl Journal {
    /// A journal whose records also go to `sink`.
    pub fn with_sink(sink: Box<dyn Sink>) -> Self {
        Self {
            sink: Some(sink),
            ..Self::default()
        }
    }

    /// A journal of an engine that nobody asks what it did: nothing is kept, and the hash says nothing.
    pub fn discarding() -> Self {
        Self {
            discards: true,
            ..Self::default()
        }
    }

    /// A journal that writes nothing and compares: records must be those that [`Self::expect`] names.
    pub fn repeating() -> Self {
        Self {
            expected: Some(Expected::default()),
            ..Self::default()
        }
    }

    /// The frame of the record that must come next, after those named before.
    pub fn expect(&mut self, frame: &[u8]) {
        if let Some(expected) = &mut self.expected {
            expected.bytes.extend_from_slice(frame);
        }
    }

    /// Whether all that was expected came, and nothing else.
    pub fn is_as_expected(&mut self) -> bool {
        let whole = self.block.len();
        self.compare();
        let expected = self.expected.as_ref();
        self.lost.is_none() && expected.is_none_or(|expected| expected.bytes.len() == whole)
    }

    /// Compares what was not yet.
    fn compare(&mut self) {
        let Some(expected) = &mut self.expected else {
            return;
        };
        let from = expected.compared;
        let same = expected.bytes.get(from..self.block.len()) == Some(&self.block[from..]);
        expected.compared = self.block.len();
        if !same {
            self.lost = Some(SinkError("another record came than is expected".to_owned()));
        }
    }

    /// Ends the comparison: from here on records go to `sink`.
    pub fn go_on(&mut self, sink: Box<dyn Sink>) {
        self.hand_on();
        self.expected = None;
        self.committed = self.last;
        self.sink = Some(sink);
    }

    /// Whether records were lost, so that nothing may follow them.
    pub fn is_lossy(&self) -> bool {
        self.lost.is_some()
    }

    /// Whether all that was committed lasts.
    pub fn is_writable(&self) -> bool {
        self.lost.is_none() && self.failed.is_none()
    }

    /// How much more can be taken while nothing can be written.
    pub fn room(&self) -> Room {
        self.sink.as_ref().map_or(Room::Plenty, |sink| sink.room())
    }

    /// Hands all gathered records to the sink and makes them last. Nothing may leave the process
    /// before this. After an error the next commit tries again.
    ///
    /// # Errors
    /// Why they do not last: for good if records were lost, for now else.
    pub fn commit(&mut self) -> Result<(), SinkError> {
        self.hand_on();
        if let Some(lost) = &self.lost {
            return Err(lost.clone());
        }
        let Some(sink) = &mut self.sink else {
            return Ok(());
        };
        let done = if self.open {
            sink.commit(&Commit {
                first: self.committed + 1,
                last: self.last,
                hash: self.chain.hash(),
            })
        } else if self.failed.is_some() {
            sink.retry()
        } else {
            Ok(())
        };
        self.open = false;
        self.committed = self.last;
        self.failed = done.clone().err();
        done
    }

    /// The hash over all records so far.
    pub fn hash(&self) -> JournalHash {
        self.whole_chain().hash()
    }

    fn whole_chain(&self) -> Chain {
        let mut chain = self.chain.clone();
        chain.update(&self.block);
        chain
    }

    /// What of it a snapshot keeps: the hash in a form that can be taken up again, and the place.
    pub(crate) fn keep(&self, out: &mut Vec<u8>) {
        (self.whole_chain(), self.last).encode(out);
    }

    /// Goes on from where a kept one was, into whatever this one is for.
    pub(crate) fn resume(&mut self, from: &mut &[u8]) -> Result<(), DecodeError> {
        (self.chain, self.last) = Decode::decode(from)?;
        self.committed = self.last;
        Ok(())
    }

    /// Ends the journal with a record that holds its hash, itself left out, and commits.
    pub fn seal(&mut self) -> Result<JournalHash, SinkError> {
        self.commit()?;
        let hash = self.hash();
        encode_frame(&mut self.block, Tag::Seal, &hash);
        self.write_block();
        self.commit()?;
        Ok(hash)
    }

    pub(crate) fn input(&mut self, input: &Sequenced<Input>) {
        self.last = input.sequence;
        self.record(Tag::Input, input);
    }

    pub(crate) fn outcome(&mut self, strategy: StrategyId, call: u64, outcome: &Outcome) {
        self.record(Tag::Strategy, &(strategy, call, outcome));
    }

    pub(crate) fn probed(&mut self, strategy: StrategyId, how: &Probed) {
        self.record(Tag::Probation, &(strategy, how));
    }

    pub(crate) fn worked(&mut self, parent: OrderId, call: u64, outcome: &Worked) {
        self.record(Tag::Algorithm, &(parent, call, outcome));
    }

    pub(crate) fn judged(&mut self, rule: RuleId, call: u64, order: OrderId, said: &Judged) {
        self.record(Tag::Rule, &(rule, call, order, said));
    }

    pub(crate) fn refused(&mut self, reason: &str) {
        self.record(Tag::Refused, &reason.to_owned());
    }

    pub(crate) fn new_order(&mut self, order: &Order) {
        self.record(Tag::NewOrder, order);
    }

    pub(crate) fn model_fault(&mut self, broke: &ModelFault) {
        self.record(Tag::Model, broke);
    }

    pub(crate) fn order(&mut self, update: &OrderUpdate) {
        self.record(Tag::Order, update);
    }

    pub(crate) fn fill(&mut self, fill: &Fill) {
        self.record(Tag::Fill, fill);
    }

    pub(crate) fn position(&mut self, update: &PositionUpdate) {
        self.record(Tag::Position, update);
    }

    pub(crate) fn cash_flow(&mut self, flow: &CashFlow) {
        self.record(Tag::CashFlow, flow);
    }

    pub(crate) fn balance(&mut self, account: AccountId, currency: CurrencyId, balance: Balance) {
        self.record(Tag::Balance, &(account, currency, balance));
    }

    pub(crate) fn bar(&mut self, bar: &Bar) {
        self.record(Tag::Bar, bar);
    }

    pub(crate) fn outbound(&mut self, message: &Outbound) {
        self.record(Tag::Outbound, message);
    }

    fn record(&mut self, tag: Tag, payload: &impl Encode) {
        if self.discards {
            return;
        }
        encode_frame(&mut self.block, tag, payload);
        if self.block.len() >= BLOCK_BYTES {
            self.hand_on();
        }
    }

    fn hand_on(&mut self) {
        self.compare();
        if let Some(expected) = &mut self.expected {
            expected
                .bytes
                .drain(..self.block.len().min(expected.bytes.len()));
            expected.compared = 0;
        }
        self.chain.update(&self.block);
        self.write_block();
    }

    fn write_block(&mut self) {
        if let Some(sink) = &mut self.sink
            && self.lost.is_none()
            && !self.block.is_empty()
        {
            self.open = true;
            self.lost = sink.write(&self.block).err();
        }
        self.block.clear();
    }
}
