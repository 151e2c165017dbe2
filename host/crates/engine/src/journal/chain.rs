//! The running hash of a journal: BLAKE3 over all its bytes, in a form that can be kept and taken up
//! again.
//!
//! BLAKE3 is a tree over chunks of its input, so what has to be kept of all that was hashed is one
//! value for each whole subtree, and the bytes behind the last of them. A hasher of the crate keeps the
//! same and does not hand it out; its `hazmat` module has the parts to do so here.

use super::JournalHash;
use super::codec::{Decode, DecodeError, Encode};
use blake3::Hasher;
use blake3::hazmat::{
    ChainingValue, HasherExt, Mode, merge_subtrees_non_root, merge_subtrees_root,
};

/// Bytes of the subtrees that are made here: a power of two of chunks, and as many as are hashed at
/// once on any machine.
const GROUP_BYTES: usize = 16 * 1024;

/// The hash so far.
#[derive(Clone)]
pub(super) struct Chain {
    /// Whole subtrees, the largest first.
    whole: Vec<ChainingValue>,
    /// Groups in them.
    groups: u64,
    /// The group that is not known to be whole: the last one is the root's own, if nothing follows.
    last: Vec<u8>,
    /// Hashes `last`, and how much of it was hashed. A group is hashed at once where nobody asks before:
    /// a hasher works on all its chunks side by side then, and on cut ones piece by piece.
    hasher: Hasher,
    hashed: usize,
}

impl Default for Chain {
    fn default() -> Self {
        Self {
            whole: Vec::new(),
            groups: 0,
            last: Vec::with_capacity(GROUP_BYTES),
            hasher: Hasher::new(),
            hashed: 0,
        }
    }
}

impl Chain {
    /// Takes in more bytes.
    pub(super) fn update(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            if self.last.len() == GROUP_BYTES {
                self.close_group();
            }
            let room = GROUP_BYTES - self.last.len();
            let (now, later) = bytes.split_at(room.min(bytes.len()));
            self.last.extend_from_slice(now);
            bytes = later;
        }
    }

    /// The hash over all bytes so far.
    pub(super) fn hash(&mut self) -> JournalHash {
        self.catch_up();
        let Some((largest, others)) = self.whole.split_first() else {
            return JournalHash(*self.hasher.finalize().as_bytes());
        };
        let rest = others
            .iter()
            .rfold(self.hasher.finalize_non_root(), |right, left| {
                merge_subtrees_non_root(left, &right, Mode::Hash)
            });
        JournalHash(*merge_subtrees_root(largest, &rest, Mode::Hash).as_bytes())
    }

    fn catch_up(&mut self) {
        if let Some(rest) = self.last.get(self.hashed..) {
            self.hasher.update(rest);
            self.hashed = self.last.len();
        }
    }

    /// More follows the last group, so it is a subtree; equal ones next to each other are one.
    fn close_group(&mut self) {
        self.catch_up();
        let mut subtree = self.hasher.finalize_non_root();
        self.groups += 1;
        for _ in 0..self.groups.trailing_zeros() {
            if let Some(left) = self.whole.pop() {
                subtree = merge_subtrees_non_root(&left, &subtree, Mode::Hash);
            }
        }
        self.whole.push(subtree);
        self.last.clear();
        self.hasher = hasher_from(self.groups);
        self.hashed = 0;
    }
}

fn hasher_from(groups: u64) -> Hasher {
    let mut hasher = Hasher::new();
    hasher.set_input_offset(groups.saturating_mul(GROUP_BYTES as u64));
    hasher
}

impl Encode for Chain {
    fn encode(&self, out: &mut Vec<u8>) {
        let Self {
            whole,
            groups,
            last,
            hasher: _,
            hashed: _,
        } = self;
        (whole, groups, last).encode(out);
    }
}

impl Decode for Chain {
    fn decode(from: &mut &[u8]) -> Result<Self, DecodeError> {
        let (whole, groups, last): (Vec<ChainingValue>, u64, Vec<u8>) = Decode::decode(from)?;
        let fits = whole.len() == groups.count_ones() as usize
            && last.len() <= GROUP_BYTES
            && (groups == 0 || !last.is_empty());
        if !fits {
            return Err(DecodeError::Truncated);
        }
        Ok(Self {
            whole,
            groups,
            last,
            hasher: hasher_from(groups),
            hashed: 0,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::journal::codec::decode_all;
    use proptest::prelude::*;

    fn bytes(length: usize) -> Vec<u8> {
        (0_u8..251).cycle().take(length).collect()
    }

    fn check(length: usize, step: usize) {
        let bytes = bytes(length);
        let mut chain = Chain::default();
        for part in bytes.chunks(step) {
            chain.update(part);
            let mut kept = Vec::new();
            chain.encode(&mut kept);
            chain = decode_all(&kept).unwrap();
        }
        let expect = blake3::hash(&bytes);
        assert_eq!(
            chain.hash().bytes(),
            expect.as_bytes(),
            "{length} by {step}"
        );
    }

    #[test]
    fn it_is_the_hash_of_all_bytes_wherever_it_was_kept() {
        for groups in 0..9 {
            for around in [0, 1, 1023, 1024, 1025, GROUP_BYTES - 1] {
                check(groups * GROUP_BYTES + around, GROUP_BYTES);
            }
        }
        check(3 * GROUP_BYTES + 77, 1_000);
        check(40 * GROUP_BYTES, 5 * GROUP_BYTES + 3);
    }

    #[test]
    fn what_fits_together_in_no_way_is_refused() {
        let refused = |whole: Vec<ChainingValue>, groups: u64, last: Vec<u8>| {
            let mut kept = Vec::new();
            (whole, groups, last).encode(&mut kept);
            assert!(decode_all::<Chain>(&kept).is_err());
        };
        refused(vec![[0; 32]], 0, Vec::new());
        refused(vec![[0; 32]], 1, Vec::new());
        refused(vec![[0; 32]; 2], 1, vec![0]);
        refused(Vec::new(), 0, vec![0; GROUP_BYTES + 1]);
    }

    proptest! {
        #[test]
        fn cuts_do_not_matter(lengths in prop::collection::vec(0_usize..40_000, 0..12)) {
            let bytes = bytes(lengths.iter().sum());
            let (mut chain, mut rest) = (Chain::default(), bytes.as_slice());
            for length in lengths {
                let (now, later) = rest.split_at(length);
                chain.update(now);
                rest = later;
            }
            prop_assert_eq!(*chain.hash().bytes(), *blake3::hash(&bytes).as_bytes());
        }
    }
}
