//! Names a venue gives: to orders it holds and to executions it made. They are text, since every
//! venue has its own form, and bounded, since they come from outside and are kept.

use std::fmt;
use std::str::FromStr;

/// The most bytes a name of a venue has.
pub const MAX_VENUE_NAME: usize = 64;

/// Why a text cannot be a venue's name for something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a venue's id is 1 to {MAX_VENUE_NAME} printable ASCII characters without spaces")]
pub struct BadVenueName;

macro_rules! name {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Box<str>);

        impl $name {
            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = BadVenueName;

            fn from_str(text: &str) -> Result<Self, BadVenueName> {
                let fits = (1..=MAX_VENUE_NAME).contains(&text.len());
                if fits && text.bytes().all(|byte| byte.is_ascii_graphic()) {
                    Ok(Self(text.into()))
                } else {
                    Err(BadVenueName)
                }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

name!(
    /// A venue's own id of an order, unique at that venue.
    VenueOrderId
);
name!(
    /// A venue's id of an execution, unique for one account there. A correction keeps it and counts
    /// up the revision.
    ExecutionId
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_of_venues_are_short_and_printable() {
        let longest = "x".repeat(MAX_VENUE_NAME);
        for good in ["1", "0000e0d5.6a3f.01", longest.as_str()] {
            assert_eq!(good.parse::<ExecutionId>().unwrap().as_str(), good);
        }
        let too_long = "x".repeat(MAX_VENUE_NAME + 1);
        for bad in ["", " ", "a b", "é", "\n", too_long.as_str()] {
            assert_eq!(bad.parse::<VenueOrderId>(), Err(BadVenueName));
        }
    }
}
