//! Strategies: what they are, what becomes of them, their versions, and pipelines.

use crate::cli::remote::verb::{Kind, Verb, delete, get, post, put};

const STRATEGIES: &[&str] = &[
    "name",
    "state",
    "account",
    "plugin.name",
    "plugin.version",
    "fault_count",
];
const RUNS: &[&str] = &["id", "state", "stage", "progress", "title", "by", "verdict"];

pub(super) fn verbs() -> Vec<Verb> {
    vec![
        get(
            "strategies list",
            "/strategies",
            "List strategies, and how they are",
        )
        .columns(STRATEGIES),
        get(
            "strategies show",
            "/strategies/{strategy}",
            "Show all of one",
        ),
        post(
            "strategies load",
            "/strategies",
            "Load a strategy, from a component that is sent or that the host has",
        )
        .field("name", Kind::Text, "What it is called")
        .needed()
        .version()
        .field(
            "account",
            Kind::Text,
            "The account for which it trades, where there are several",
        )
        .field(
            "on-fault",
            Kind::Name,
            "What becomes of its orders when it breaks: cancel (the default), keep or flatten",
        )
        .named("on_fault")
        .field("start", Kind::Flag, "Start it at once"),
        post(
            "strategies start",
            "/strategies/{strategy}/start",
            "Start one",
        ),
        post(
            "strategies pause",
            "/strategies/{strategy}/pause",
            "Send no orders of it until it is resumed",
        ),
        post(
            "strategies resume",
            "/strategies/{strategy}/resume",
            "Let one that is paused go on",
        ),
        post(
            "strategies stop",
            "/strategies/{strategy}/stop",
            "Stop one; it saves its state",
        ),
        put(
            "strategies parameters",
            "/strategies/{strategy}/parameters",
            "Swap one for itself with other parameters",
        )
        .field("param", Kind::Pairs, "A parameter")
        .named("parameters")
        .needed()
        .probation()
        .long(),
    ]
}

/// What they cost, said and broke over.
pub(super) fn told_by() -> Vec<Verb> {
    vec![
        get(
            "strategies cost",
            "/strategies/{strategy}/cost",
            "Show what events cost it, and its budget",
        ),
        get(
            "strategies faults",
            "/strategies/{strategy}/faults",
            "List its faults, newest first",
        ),
        get(
            "strategies log",
            "/strategies/{strategy}/log",
            "Show the latest of its log, newest first",
        )
        .columns(&["time", "level", "text"]),
        get(
            "strategies letters",
            "/strategies/{strategy}/dead-letters",
            "List the inputs over which it broke",
        )
        .limit()
        .rows("letters"),
        get(
            "strategies letter",
            "/strategies/{strategy}/dead-letters/{letter}",
            "Show the file of one of them",
        ),
    ]
}

/// Versions that take over.
pub(super) fn versions() -> Vec<Verb> {
    vec![
        post(
            "strategies swap",
            "/strategies/{strategy}/swap",
            "Put another version in the place of the one that runs",
        )
        .version()
        .state()
        .field(
            "start",
            Kind::Flag,
            "Start one that does not run as that version, without a probation",
        )
        .probation(),
        post(
            "strategies rollback",
            "/strategies/{strategy}/rollback",
            "Put the version before back in its place",
        ),
        post(
            "strategies flip",
            "/strategies/{strategy}/flip",
            "Let the version on probation and the one before change places",
        ),
        delete(
            "strategies keep",
            "/strategies/{strategy}/probation",
            "Keep the version on probation, and let the one before go",
        ),
    ]
}

/// Versions that trade in a copy of the engine.
pub(super) fn shadows() -> Vec<Verb> {
    vec![
        get(
            "strategies shadow show",
            "/strategies/{strategy}/shadow",
            "Show how far the shadow and what runs agree",
        ),
        post(
            "strategies shadow begin",
            "/strategies/{strategy}/shadow",
            "Let another version trade beside it in a copy of the engine",
        )
        .version()
        .state()
        .field(
            "tolerance",
            Kind::Span,
            "How far apart in time two decisions may be the same",
        )
        .named("tolerance_ns"),
        delete(
            "strategies shadow end",
            "/strategies/{strategy}/shadow",
            "End the shadow; shows its last report",
        ),
        post(
            "strategies shadow promote",
            "/strategies/{strategy}/shadow/promote",
            "Put the version of the shadow in the place of the one that runs",
        )
        .field(
            "plugin",
            Kind::Text,
            "The SHA-256 that is meant; refused when the shadow is of another",
        )
        .probation()
        .long(),
    ]
}

/// Versions that trade some instruments.
pub(super) fn canaries() -> Vec<Verb> {
    vec![
        post(
            "strategies canary begin",
            "/strategies/{strategy}/canary",
            "Let another version trade some instruments of it",
        )
        .version()
        .state()
        .field(
            "instruments",
            Kind::List,
            "Symbols of the instruments that it has",
        )
        .needed()
        .field(
            "when-over",
            Kind::Name,
            "What happens when its time is over: roll-back (the default) or promote",
        )
        .named("when_over")
        .probation()
        .needed(),
        post(
            "strategies canary promote",
            "/strategies/{strategy}/canary/promote",
            "Give the canary all instruments",
        )
        .field(
            "plugin",
            Kind::Text,
            "The SHA-256 that is meant; refused when the canary is of another",
        )
        .probation()
        .long(),
        delete(
            "strategies canary end",
            "/strategies/{strategy}/canary",
            "Give the version before all instruments again",
        ),
    ]
}

pub(super) fn pipelines() -> Vec<Verb> {
    vec![
        get(
            "pipelines list",
            "/pipelines",
            "List the gates of each strategy that has a file",
        )
        .columns(&[
            "strategy",
            "file",
            "stages",
            "latest.id",
            "latest.state",
            "error",
        ]),
        get(
            "pipelines show",
            "/pipelines/{strategy}",
            "Show those of one",
        ),
        post(
            "pipelines begin",
            "/pipelines/{strategy}/runs",
            "Send a version on its way",
        )
        .field(
            "plugin",
            Kind::Text,
            "The SHA-256 of one that the host has, or 8 or more digits of it",
        )
        .needed()
        .field("param", Kind::Pairs, "A parameter of the strategy")
        .named("parameters")
        .field(
            "force",
            Kind::Flag,
            "Also if a newer version runs or is approved",
        )
        .field("by", Kind::Text, "Who asks")
        .needed(),
    ]
}

/// What is on its way through the gates.
pub(super) fn runs() -> Vec<Verb> {
    vec![
        get(
            "pipelines runs",
            "/pipelines/{strategy}/runs",
            "List its runs, the latest first",
        )
        .columns(RUNS),
        get(
            "pipelines run",
            "/pipelines/{strategy}/runs/{run}",
            "Show a run, and what each stage measured",
        ),
        post(
            "pipelines approve",
            "/pipelines/{strategy}/runs/{run}/approve",
            "Say yes to a run that waits for it",
        )
        .said(),
        post(
            "pipelines cancel",
            "/pipelines/{strategy}/runs/{run}/cancel",
            "End a run after its stage",
        )
        .said(),
        post(
            "pipelines resume",
            "/pipelines/{strategy}/runs/{run}/resume",
            "Let a run go on where it was interrupted",
        )
        .said(),
    ]
}
