//! What is measured: the cases, their targets and the peer's figures.

/// Rows of the short input: with an order every ten quotes it makes 1,000 orders.
pub(super) const SHORT_ROWS: usize = 10_000;

/// Names a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum CaseId {
    /// No strategy: feed, matching, journal hash.
    None,
    /// A plugin that does nothing on every quote.
    Noop,
    /// The EMA crossover on one-minute bars as a plugin.
    Ema,
    /// The same strategy compiled into the host.
    EmaNative,
    /// A plugin that sends a market order every ten quotes.
    Order,
    /// `Noop` over the short input.
    NoopShort,
    /// `Order` over the short input.
    OrderShort,
}

/// Which input a case reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Length {
    /// The whole file.
    Full,
    /// Its first [`SHORT_ROWS`] rows.
    Short,
}

/// One case.
#[derive(Clone, Copy, Debug)]
pub(super) struct Case {
    pub(super) id: CaseId,
    /// Arguments of `argonaut bench`.
    pub(super) arguments: &'static [&'static str],
    pub(super) length: Length,
    /// Short cases run more often: they are quick, and their figure is a small difference.
    pub(super) runs_each_round: usize,
    /// The peer's name for it.
    pub(super) peer_mode: Option<&'static str>,
}

const fn full(
    id: CaseId,
    arguments: &'static [&'static str],
    peer_mode: Option<&'static str>,
) -> Case {
    Case {
        id,
        arguments,
        length: Length::Full,
        runs_each_round: 1,
        peer_mode,
    }
}

const fn short(id: CaseId, arguments: &'static [&'static str]) -> Case {
    Case {
        id,
        arguments,
        length: Length::Short,
        runs_each_round: 5,
        peer_mode: None,
    }
}

/// All cases, in the order in which they take turns.
pub(super) const CASES: &[Case] = &[
    full(CaseId::None, &["--mode", "none"], Some("none")),
    full(CaseId::Noop, &["--mode", "noop"], Some("noop")),
    full(CaseId::Ema, &["--mode", "ema"], Some("ema")),
    full(CaseId::EmaNative, &["--mode", "ema", "--native"], None),
    full(
        CaseId::Order,
        &["--mode", "order", "--order-every", "10"],
        Some("ord10"),
    ),
    short(CaseId::NoopShort, &["--mode", "noop"]),
    short(
        CaseId::OrderShort,
        &["--mode", "order", "--order-every", "10"],
    ),
];
