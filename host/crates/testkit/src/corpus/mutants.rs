//! Components that are broken on purpose, each by a seed.

use crate::simulator::Dice;

/// Values at which readers of numbers go wrong.
const EDGES: [u8; 8] = [0x00, 0x01, 0x7f, 0x80, 0x81, 0xfe, 0xff, 0x40];

/// A component that is like this one but for what a seed changes: bits, bytes, whole stretches, its end.
pub(super) fn mutant(whole: &[u8], seed: u64) -> Vec<u8> {
    let mut dice = Dice::of(&[12, seed]);
    let mut bytes = whole.to_vec();
    for _ in 0..=dice.below(3) {
        change(&mut bytes, &mut dice);
    }
    bytes
}

fn change(bytes: &mut Vec<u8>, dice: &mut Dice) {
    let Some(place) = dice.index(bytes.len()) else {
        return;
    };
    let length = dice.index(64).unwrap_or(0).min(bytes.len() - place);
    match dice.below(7) {
        0 | 1 => bytes[place] ^= 1 << dice.below(8),
        2 => bytes[place] = dice.one_of(EDGES),
        3 => bytes.truncate(place),
        4 => drop(bytes.drain(place..place + length)),
        5 => {
            let doubled = bytes[place..place + length].to_vec();
            drop(bytes.splice(place..place, doubled));
        }
        _ => {
            // A number that says more than there is.
            let most = [0xff, 0xff, 0xff, 0xff, 0x0f];
            let end = (place + most.len()).min(bytes.len());
            drop(bytes.splice(place..end, most));
        }
    }
}

/// Components in components, so many deep.
pub(super) fn nested(depth: usize) -> Vec<u8> {
    const HEADER: [u8; 8] = *b"\0asm\x0d\0\x01\0";
    const COMPONENT_SECTION: u8 = 4;
    let mut bytes = HEADER.to_vec();
    for _ in 0..depth {
        let mut outer = HEADER.to_vec();
        outer.push(COMPONENT_SECTION);
        push_size(&mut outer, bytes.len());
        outer.append(&mut bytes);
        bytes = outer;
    }
    bytes
}

/// A size as WebAssembly writes it: seven bits a byte, the lowest first.
fn push_size(bytes: &mut Vec<u8>, mut size: usize) {
    while size >= 0x80 {
        bytes.push(0x80 | u8::try_from(size & 0x7f).unwrap_or(0));
        size >>= 7;
    }
    bytes.push(u8::try_from(size).unwrap_or(0));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_gives_one_mutant_and_most_differ() {
        let whole: Vec<u8> = (0..200).collect();
        let made: Vec<_> = (0..100).map(|seed| mutant(&whole, seed)).collect();
        let again: Vec<_> = (0..100).map(|seed| mutant(&whole, seed)).collect();
        assert_eq!(made, again);
        let same = made.iter().filter(|bytes| **bytes == whole).count();
        assert!(same < 10, "{same}");
        assert!(mutant(&[], 1).is_empty());
    }

    #[test]
    fn nested_components_have_their_sizes() {
        assert_eq!(nested(1)[8..], *b"\x04\x08\0asm\x0d\0\x01\0");
        let deep = nested(20);
        let (size, header) = (usize::from(deep[9] & 0x7f) | usize::from(deep[10]) << 7, 11);
        assert_eq!(size, deep.len() - header);
    }
}
