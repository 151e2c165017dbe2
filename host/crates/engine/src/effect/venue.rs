//! What simulated venues decide about orders that meet, and how things stand with venues outside: what was
//! doubtful in their reports, which rule decided, and whether an account agrees with its venue.

use crate::input::SelfMatch;
use crate::journal::codec::variants;
use model::{AccountId, ExecutionId, Fill, InstrumentId, OrderId, SignedQuantity, VenueId};

/// Something about a venue outside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum VenueEvent {
    /// The venue's connection came or went.
    Connected(VenueId, bool),
    /// A report could be read in more than one way, and a rule decided.
    Ruled {
        /// The rule.
        rule: Ambiguity,
        /// Whose account.
        account: AccountId,
        /// Which order, where it is one of ours.
        order: Option<OrderId>,
    },
    /// The venue refused something, in its own words.
    Refused(OrderId, String),
    /// An order's state is not known, and the venue is asked. Its exposure stays counted.
    InDoubt(OrderId),
    /// An order's state is known again.
    Clear(OrderId),
    /// The venue's name for an execution that was booked under a number of ours.
    Executed {
        /// [`Fill::execution`].
        execution: u64,
        /// The venue's name for it.
        id: ExecutionId,
        /// Its revision.
        revision: u32,
    },
    /// An execution was taken back: this fill no longer counts.
    Busted(Fill),
    /// Whether an account agrees with its venue.
    Standing(AccountId, Standing),
    /// An account was compared with what its venue holds. Positions that differ follow, and what came of
    /// it in all where that changed.
    Compared(AccountId),
    /// A position differs from the venue's and nothing explains it.
    Difference {
        /// Whose.
        account: AccountId,
        /// In what.
        instrument: InstrumentId,
        /// What we count.
        ours: SignedQuantity,
        /// What the venue says.
        theirs: SignedQuantity,
    },
    /// An order met another one of its account at a simulated venue, which keeps them apart. What becomes
    /// of the two follows.
    SelfMatch {
        /// The one that came.
        order: OrderId,
        /// The one that was there.
        other: OrderId,
        /// How the venue keeps them apart.
        mode: SelfMatch,
    },
}

/// Whether an account agrees with its venue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Standing {
    /// Orders, executions and positions were compared and agree. Always so at a simulated venue.
    Reconciled,
    /// They were not compared yet, or not since the connection came back: P26 denies.
    Unknown,
    /// They differ: P26 denies until they agree or somebody accepts the venue's positions.
    Differs,
}

impl Standing {
    /// The name as shown to people.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Reconciled => "RECONCILED",
            Self::Unknown => "UNKNOWN",
            Self::Differs => "DIFFERS",
        }
    }
}

macro_rules! ambiguities {
    ($($(#[$doc:meta])* $variant:ident $name:literal $rule:literal;)*) => {
        /// The ways in which what a venue says can be doubtful. Each has one rule.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Ambiguity {
            $($(#[$doc])* #[doc = $rule] $variant,)*
        }

        impl Ambiguity {
            /// Every one.
            pub const ALL: &'static [Ambiguity] = &[$(Self::$variant),*];

            /// The name, stable, for metrics.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name),* }
            }

            /// What is done then.
            pub const fn rule(self) -> &'static str {
                match self { $(Self::$variant => $rule),* }
            }
        }
    };
}

ambiguities! {
    FillBeforeAck "fill_before_ack"
        "A fill of an order that was not accepted yet counts, and is taken for the acceptance.";
    FillBeforeUpdate "fill_before_update"
        "A fill of all that is left, or more, while a change to more is on its way, or a larger one after it seemed refused, counts and is taken for the change's acceptance until the venue says otherwise.";
    FillAfterClose "fill_after_close"
        "A fill of an order that was cancelled or expired, or that was given up, counts; the order stays closed.";
    FillBeforeCancelReject "fill_before_cancel_reject"
        "A fill of an order that is being cancelled counts; the cancel still waits for its answer.";
    DuplicateExecution "duplicate_execution"
        "An execution known under the same account, id and revision, or a later one, does not count again.";
    StaleExecution "stale_execution"
        "An execution from before all that is remembered does not count; the account is reconciled by its positions.";
    AckLost "ack_lost"
        "What implies that the venue has an order, without an acceptance before, is taken for the acceptance too.";
    OutOfOrder "out_of_order"
        "A status behind the one that is known changes nothing.";
    PartialThenReject "partial_then_reject"
        "A rejection after a fill cancels what is left; the fill stays.";
    Contradiction "contradiction"
        "A report that cannot be true beside what is known is refused; an alert is raised and the venue is asked about the order.";
    Unanswered "unanswered"
        "An order, change or cancel without answer for `answer_within` is in doubt: the venue is asked by client order id, again after each `answer_within`. Nothing is sent twice but a cancel of an order that the venue says it still holds.";
    UnknownOrder "unknown_order"
        "An order that two answers know nothing of, both asked for at least `answer_within` after it was sent, is closed: rejected where the venue never showed that it had it, cancelled otherwise, and then the account is reconciled.";
    Ghost "ghost"
        "An order that was given up, or closed, and is open at the venue is cancelled there, and the account reconciled.";
    ForeignOrder "foreign_order"
        "An open order that was not sent from here is taken on by the account's adopting strategy, or cancelled.";
    ForeignExecution "foreign_execution"
        "An execution of an order that is not known becomes an order of its own of the adopting strategy; without one it does not count and the account differs.";
    Bust "bust"
        "An execution that is taken back is booked in reverse, also when its order is closed; a closed order stays closed. Of an order that was taken on, it may be one from before that: then more of it is left.";
    Correction "correction"
        "A corrected execution is booked in reverse and then as corrected.";
}

variants!(Standing { 0 => Reconciled, 1 => Unknown, 2 => Differs });

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn the_documentation_tells_every_rule_as_it_is() {
        let page = include_str!("../../../../../docs/reliability.md");
        for rule in Ambiguity::ALL {
            let row = format!("| `{}` | {} |", rule.name(), rule.rule());
            assert!(page.lines().any(|line| line == row), "no row {row}");
        }
    }

    #[test]
    fn every_ambiguity_has_a_name_of_its_own() {
        let names: BTreeSet<_> = Ambiguity::ALL.iter().map(|rule| rule.name()).collect();
        assert_eq!(names.len(), Ambiguity::ALL.len());
    }
}
