//! The risk gate: limits, states and rules; metrics, alerts and scenarios.

use crate::cli::remote::verb::{Kind, Verb, delete, get, post, put};

pub(super) fn verbs() -> Vec<Verb> {
    vec![
        get(
            "risk controls",
            "/risk/controls",
            "List controls, and what they denied",
        )
        .columns(&["code", "name", "denied", "metric"]),
        get(
            "risk limits show",
            "/risk/limits/{*scope}",
            "Show the limits of a scope",
        ),
        put(
            "risk limits set",
            "/risk/limits/{*scope}",
            "Replace all limits of a scope",
        )
        .body(
            "limits",
            "The limits, as PUT risk/limits takes them; needs --if-match",
        ),
        get(
            "risk locates",
            "/risk/locates",
            "List what accounts may be short where that must be located",
        ),
        put(
            "risk locates set",
            "/risk/locates",
            "Say how much of an instrument an account may be short",
        )
        .word("account", Kind::Text, "Whose")
        .word("instrument", Kind::Text, "Of what, by its symbol")
        .word("quantity", Kind::Text, "How much; 0 is nothing"),
        put(
            "risk factors set",
            "/risk/factors/{*scope}",
            "Multiply the limits of a scope",
        )
        .word("factor", Kind::Text, "From 0 to 1"),
        get(
            "risk states",
            "/risk/states",
            "List the trading state and kill latch of every scope",
        ),
        get(
            "risk states show",
            "/risk/states/{*scope}",
            "Show those of one",
        ),
        put(
            "risk states set",
            "/risk/states/{*scope}",
            "Say which orders of a scope may leave",
        )
        .word("state", Kind::Name, "active, reducing or halted"),
    ]
}

/// What judges orders beside the limits.
pub(super) fn rules() -> Vec<Verb> {
    const RULE: &str = "/risk/rules/{rule}";
    vec![
        delete(
            "risk repeats clear",
            "/risk/repeats/{strategy}",
            "Let a strategy trade again that repeated itself",
        ),
        get(
            "risk rules",
            "/risk/rules",
            "List custom rules, in the order in which they are asked",
        ),
        get("risk rules show", RULE, "Show one"),
        put("risk rules set", RULE, "Set or replace a rule")
            .field(
                "plugin",
                Kind::Text,
                "One that the host has: sha256:HASH, or a path below its plugin folder",
            )
            .needed()
            .field(
                "scope",
                Kind::Text,
                "Whose orders it judges: firm (the default), account/NAME or strategy/NAME",
            )
            .field("param", Kind::Pairs, "A parameter of the rule")
            .named("parameters")
            .field(
                "force",
                Kind::Flag,
                "Also if a newer version runs or is approved",
            )
            .field(
                "by",
                Kind::Text,
                "Who asks, where the host does not know it",
            )
            .long(),
        delete("risk rules remove", RULE, "Remove a rule"),
    ]
}

/// What is measured, and what somebody should look at.
pub(super) fn measures() -> Vec<Verb> {
    const SCENARIO: &str = "/risk/scenarios/{scenario}";
    vec![
        get("risk metrics", "/risk/metrics", "Show the latest metrics").query(
            "scope",
            Kind::Text,
            "Only of firm, account/NAME or strategy/NAME",
        ),
        post("risk metrics reckon", "/risk/metrics", "Reckon metrics now").field(
            "scope",
            Kind::Text,
            "Only of firm, account/NAME or strategy/NAME",
        ),
        get(
            "risk correlation",
            "/risk/correlation",
            "Show how returns move together",
        )
        .query("instruments", Kind::List, "Of these; else of what is held"),
        get(
            "risk regimes",
            "/risk/regime",
            "List regimes, and which scopes are in one",
        ),
        put(
            "risk regimes set",
            "/risk/regime",
            "Put a scope into a regime",
        )
        .word("scope", Kind::Text, "firm, account/NAME or strategy/NAME")
        .word("regime", Kind::Text, "The regime's name"),
        get("risk scenarios", "/risk/scenarios", "List stress scenarios"),
        get("risk scenarios show", SCENARIO, "Show one"),
        put("risk scenarios set", SCENARIO, "Set or replace one")
            .body("scenario", "The scenario, as PUT risk/scenarios takes it"),
        delete("risk scenarios remove", SCENARIO, "Remove one"),
        post(
            "risk scenarios run",
            "/risk/scenarios/{scenario}/run",
            "Show what one would do to what is held",
        ),
        get("risk alerts", "/risk/alerts", "List alerts, newest first")
            .query(
                "after",
                Kind::Whole,
                "What follows the page before, as it says",
            )
            .limit()
            .columns(&[
                "id",
                "state",
                "severity",
                "code",
                "name",
                "scope",
                "share",
                "count",
                "last_time",
            ]),
        post(
            "risk alerts acknowledge",
            "/risk/alerts/{id}/acknowledge",
            "Say that you saw one",
        )
        .field("by", Kind::Text, "Who saw it")
        .needed(),
    ]
}
