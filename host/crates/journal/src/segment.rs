//! The bytes of a segment: a header, then blocks. Everything is little-endian.
//!
//! ```text
//! header   magic 8 | record format 8 | run 64 | first sequence 8 | hash before it 32 | crc 4 | zeros 4
//! block    magic 4 | length 4 | first sequence 8 | last sequence 8 | hash after it 32 | crc 4 | zeros 4
//!          and `length` bytes of records, framed as `engine::journal` frames them
//! ```
//!
//! Checksums are CRC-32C: a header's over all before it, a block's over its header before it and its
//! records. The hash is the engine's, running over all records of the journal, seals left out.

use engine::JournalHash;
use engine::journal::MAGIC;
use engine::journal::reader::{ReadError, Reader, Record};

/// The first bytes of a segment: name and version of this layout.
pub const FORMAT: &[u8; 8] = b"ARGOSEG\x01";
/// The first bytes of a block.
pub(crate) const BLOCK: &[u8; 4] = b"ABLK";
/// Bytes before the first block.
pub(crate) const HEADER_BYTES: usize = 128;
/// Bytes before a block's records.
pub(crate) const BLOCK_BYTES: usize = 64;
/// Longest name of a run in a header; a longer one is cut.
const RUN_BYTES: usize = 64;

/// What a segment says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Header {
    /// The run that made it.
    pub(crate) run: String,
    /// The first input it holds, or will.
    pub(crate) first: u64,
    /// The hash over all records before it.
    pub(crate) hash: JournalHash,
}

/// Why a header is none.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum NoHeader {
    /// Fewer bytes than a header has.
    Short,
    /// Another format; its first bytes.
    Format(String),
    /// The checksum is another.
    Checksum,
}

impl Header {
    pub(crate) fn encode(&self) -> [u8; HEADER_BYTES] {
        let mut bytes = [0; HEADER_BYTES];
        let run = self.run.as_bytes();
        let run = &run[..run.len().min(RUN_BYTES)];
        bytes[..8].copy_from_slice(FORMAT);
        bytes[8..16].copy_from_slice(MAGIC);
        bytes[16..16 + run.len()].copy_from_slice(run);
        bytes[80..88].copy_from_slice(&self.first.to_le_bytes());
        bytes[88..120].copy_from_slice(self.hash.bytes());
        let crc = crc32c::crc32c(&bytes[..120]);
        bytes[120..124].copy_from_slice(&crc.to_le_bytes());
        bytes
    }

    pub(crate) fn decode(bytes: &[u8]) -> Result<Self, NoHeader> {
        let Some(bytes) = bytes.get(..HEADER_BYTES) else {
            return Err(NoHeader::Short);
        };
        if &bytes[..8] != FORMAT || &bytes[8..16] != MAGIC {
            return Err(NoHeader::Format(bytes[..16].escape_ascii().to_string()));
        }
        if crc32c::crc32c(&bytes[..120]).to_le_bytes() != bytes[120..124] {
            return Err(NoHeader::Checksum);
        }
        let run = bytes[16..80].split(|byte| *byte == 0).next();
        Ok(Self {
            run: String::from_utf8_lossy(run.unwrap_or_default()).into_owned(),
            first: number(&bytes[80..88]),
            hash: hash(&bytes[88..120]),
        })
    }

    /// The formats this program reads, as [`NoHeader::Format`] shows those of others.
    pub(crate) fn expected() -> String {
        [FORMAT.as_slice(), MAGIC]
            .concat()
            .escape_ascii()
            .to_string()
    }
}

/// What one commit made last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    /// Sequence of its first input; one after `last` when it holds none, but a seal.
    pub first: u64,
    /// Sequence of the last input of the journal so far.
    pub last: u64,
    /// The hash over all records of the journal so far, seals left out.
    pub hash: JournalHash,
    /// The records, framed.
    pub bytes: Vec<u8>,
}

impl Block {
    /// The records, in order.
    ///
    /// # Errors
    /// The first that cannot be read; the checksum was right, so the program that wrote it is wrong
    /// or another.
    pub fn records(&self) -> Result<Vec<Record>, ReadError> {
        let mut reader = Reader::of_records(self.bytes.as_slice());
        let mut records = Vec::new();
        while let Some(record) = reader.next_record()? {
            records.push(record);
        }
        Ok(records)
    }
}

/// The header of a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct BlockHeader {
    pub(crate) length: u32,
    pub(crate) first: u64,
    pub(crate) last: u64,
    pub(crate) hash: JournalHash,
    crc: u32,
}

impl BlockHeader {
    /// Writes a header in front of records: `block` has [`BLOCK_BYTES`] of room before them.
    pub(crate) fn write(
        block: &mut [u8],
        commit: &engine::journal::Commit,
    ) -> Result<(), std::num::TryFromIntError> {
        let length = u32::try_from(block.len() - BLOCK_BYTES)?;
        block[..4].copy_from_slice(BLOCK);
        block[4..8].copy_from_slice(&length.to_le_bytes());
        block[8..16].copy_from_slice(&commit.first.to_le_bytes());
        block[16..24].copy_from_slice(&commit.last.to_le_bytes());
        block[24..56].copy_from_slice(commit.hash.bytes());
        let crc = checksum(&block[..56], &block[BLOCK_BYTES..]);
        block[56..60].copy_from_slice(&crc.to_le_bytes());
        block[60..BLOCK_BYTES].fill(0);
        Ok(())
    }

    /// The header in these bytes, if they look like one.
    pub(crate) fn read(bytes: &[u8]) -> Option<Self> {
        let bytes = bytes.get(..BLOCK_BYTES)?;
        if &bytes[..4] != BLOCK {
            return None;
        }
        Some(Self {
            length: small(&bytes[4..8]),
            first: number(&bytes[8..16]),
            last: number(&bytes[16..24]),
            hash: hash(&bytes[24..56]),
            crc: small(&bytes[56..60]),
        })
    }

    /// Whether the checksum says that header and records are what was written. `bytes` begin with
    /// the header.
    pub(crate) fn holds(&self, bytes: &[u8]) -> bool {
        let whole = self.whole();
        bytes.len() >= whole
            && checksum(&bytes[..56], &bytes[BLOCK_BYTES..whole]) == self.crc
            && bytes[60..BLOCK_BYTES] == [0; 4]
    }

    /// Bytes of header and records.
    pub(crate) const fn whole(&self) -> usize {
        BLOCK_BYTES + self.length as usize
    }
}

fn checksum(header: &[u8], records: &[u8]) -> u32 {
    crc32c::crc32c_append(crc32c::crc32c(header), records)
}

fn number(bytes: &[u8]) -> u64 {
    bytes.try_into().map_or(0, u64::from_le_bytes)
}

fn small(bytes: &[u8]) -> u32 {
    bytes.try_into().map_or(0, u32::from_le_bytes)
}

fn hash(bytes: &[u8]) -> JournalHash {
    JournalHash::new(bytes.try_into().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use engine::journal::Commit;

    fn header() -> Header {
        Header {
            run: "run-1".to_owned(),
            first: 7,
            hash: JournalHash::new([3; 32]),
        }
    }

    #[test]
    fn a_header_comes_back_and_any_flipped_bit_shows() {
        let bytes = header().encode();
        assert_eq!(Header::decode(&bytes), Ok(header()));
        for bit in 0..124 * 8 {
            let mut flipped = bytes;
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert!(Header::decode(&flipped).is_err(), "bit {bit}");
        }
        assert_eq!(Header::decode(&bytes[..127]), Err(NoHeader::Short));
    }

    #[test]
    fn any_flipped_bit_of_a_block_shows() {
        let mut bytes = [vec![0; BLOCK_BYTES], b"some records".to_vec()].concat();
        let commit = Commit {
            first: 3,
            last: 4,
            hash: JournalHash::new([9; 32]),
        };
        BlockHeader::write(&mut bytes, &commit).unwrap();
        assert!(BlockHeader::read(&bytes).unwrap().holds(&bytes));
        for bit in 0..bytes.len() * 8 {
            let mut flipped = bytes.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            let read = BlockHeader::read(&flipped);
            assert!(
                !read.is_some_and(|block| block.holds(&flipped)),
                "bit {bit}"
            );
        }
    }
}
