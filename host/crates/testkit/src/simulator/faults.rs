//! What can go wrong, kind by kind, so that a kind can be left out.

/// A kind of fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Fault {
    /// The host dies: what was not synced of its journal is gone, and so is all it had in memory.
    Crash,
    /// The venue's reports get lost, up to 30 % of them.
    LostReports,
    /// Reports come twice, up to 50 % of them.
    DoubledReports,
    /// Reports are late, by seconds.
    LateReports,
    /// Reports overtake each other.
    ReorderedReports,
    /// Commands get lost on their way; nobody says so.
    LostCommands,
    /// The connection to the venue breaks.
    Disconnects,
    /// The venue takes executions back.
    Busts,
    /// Somebody trades the account by other means.
    ExternalOrders,
    /// The same market event comes twice.
    DoubledData,
    /// Market events come after later ones.
    ReorderedData,
    /// Crossed, zero and negative prices, and instruments nobody knows.
    ImpossibleData,
    /// The feed loses events, and says so.
    DataGaps,
    /// A hundred times as many events as usual, for a minute.
    Bursts,
    /// The clock jumps, stands still, or is asked to go back.
    ClockJumps,
    /// An operator halts, reduces, kills, pauses, cancels, and takes it back.
    Operator,
}

impl Fault {
    /// Every kind.
    pub const ALL: [Self; 16] = [
        Self::Crash,
        Self::LostReports,
        Self::DoubledReports,
        Self::LateReports,
        Self::ReorderedReports,
        Self::LostCommands,
        Self::Disconnects,
        Self::Busts,
        Self::ExternalOrders,
        Self::DoubledData,
        Self::ReorderedData,
        Self::ImpossibleData,
        Self::DataGaps,
        Self::Bursts,
        Self::ClockJumps,
        Self::Operator,
    ];

    /// In words.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Crash => "crashes",
            Self::LostReports => "lost reports",
            Self::DoubledReports => "doubled reports",
            Self::LateReports => "late reports",
            Self::ReorderedReports => "reordered reports",
            Self::LostCommands => "lost commands",
            Self::Disconnects => "disconnects",
            Self::Busts => "busts",
            Self::ExternalOrders => "external orders",
            Self::DoubledData => "doubled data",
            Self::ReorderedData => "reordered data",
            Self::ImpossibleData => "impossible data",
            Self::DataGaps => "data gaps",
            Self::Bursts => "bursts",
            Self::ClockJumps => "clock jumps",
            Self::Operator => "operator",
        }
    }

    const fn bit(self) -> u32 {
        1 << self as u8
    }
}

/// A set of kinds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Faults(u32);

impl Faults {
    /// Nothing goes wrong.
    pub const NONE: Self = Self(0);

    /// These.
    pub fn of(kinds: &[Fault]) -> Self {
        Self(kinds.iter().fold(0, |set, kind| set | kind.bit()))
    }

    /// Everything goes wrong.
    pub fn all() -> Self {
        Self::of(&Fault::ALL)
    }

    /// Whether a kind is in the set.
    pub const fn has(self, kind: Fault) -> bool {
        self.0 & kind.bit() != 0
    }

    /// The set without a kind.
    #[must_use]
    pub const fn without(self, kind: Fault) -> Self {
        Self(self.0 & !kind.bit())
    }

    /// The kinds in the set.
    pub fn iter(self) -> impl Iterator<Item = Fault> {
        Fault::ALL.into_iter().filter(move |kind| self.has(*kind))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_told_apart() {
        assert_eq!(Faults::all().iter().count(), Fault::ALL.len());
        let without = Faults::all().without(Fault::Busts);
        assert!(!without.has(Fault::Busts) && without.has(Fault::Crash));
        assert_eq!(without.iter().count(), Fault::ALL.len() - 1);
    }
}
