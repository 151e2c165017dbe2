//! Whatever is written to the journal reads back equal, and no bytes make the reader panic.

use crate::dice::Dice;
use crate::dice_outside::any_outbound;
use engine::journal::MAGIC;
use engine::journal::codec::{Decode, DecodeError, Encode, decode_all};
use engine::journal::reader::{ReadError, Reader};
use engine::{Input, Outcome, Sequenced};
use model::{
    AccountId, Balance, Bar, CashFlow, CurrencyId, Fill, OrderUpdate, Outbound, PositionUpdate,
};
use proptest::prelude::*;

fn check<T: Encode + Decode + PartialEq + std::fmt::Debug>(value: &T) {
    let mut bytes = Vec::new();
    value.encode(&mut bytes);
    assert_eq!(decode_all::<T>(&bytes).as_ref(), Ok(value));
    // One byte more or less is noticed.
    let mut longer = bytes.clone();
    longer.push(0);
    assert_eq!(decode_all::<T>(&longer), Err(DecodeError::Trailing(1)));
    if let Some((_, shorter)) = bytes.split_last() {
        assert!(decode_all::<T>(shorter).is_err());
    }
}

/// Bytes that decode at all are the very bytes the value encodes to.
fn check_canonical<T: Encode + Decode>(bytes: &[u8]) {
    let mut rest = bytes;
    if let Ok(value) = T::decode(&mut rest) {
        let mut again = Vec::new();
        value.encode(&mut again);
        assert_eq!(again, bytes[..bytes.len() - rest.len()]);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn values_of_every_record_read_back_equal(seed: u64) {
        let mut dice = Dice::new(seed);
        check(&dice.input());
        check(&dice.outcome());
        check(&dice.update());
        check(&dice.fill());
        check(&dice.position());
        check(&dice.bar());
        check(&crate::dice_lifecycle::any_flow(&mut dice));
        check(&any_outbound(&mut dice));
    }

    #[test]
    fn random_bytes_are_refused_or_canonical(bytes in prop::collection::vec(prop_oneof![0_u8..12, any::<u8>()], 0..400)) {
        check_canonical::<Sequenced<Input>>(&bytes);
        check_canonical::<Outcome>(&bytes);
        check_canonical::<OrderUpdate>(&bytes);
        check_canonical::<Fill>(&bytes);
        check_canonical::<PositionUpdate>(&bytes);
        check_canonical::<Bar>(&bytes);
        check_canonical::<CashFlow>(&bytes);
        check_canonical::<Outbound>(&bytes);
        check_canonical::<(AccountId, CurrencyId, Balance)>(&bytes);
    }

    #[test]
    fn a_journal_of_random_bytes_ends_in_a_named_error(bytes in prop::collection::vec(0_u8..10, 0..400)) {
        let journal = [&MAGIC[..], &bytes].concat();
        let mut reader = Reader::new(&journal[..]).unwrap();
        let error = loop {
            match reader.next_record() {
                Ok(Some(_)) => {}
                Ok(None) => break None,
                Err(error) => break Some(error),
            }
        };
        let unnamed = matches!(error, Some(ReadError::NotAJournal | ReadError::Io { .. }));
        prop_assert!(!unnamed);
    }
}
