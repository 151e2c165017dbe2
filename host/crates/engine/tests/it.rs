//! The engine against its promises: scenarios with numbers worked out by hand, controls at their
//! boundaries, broken strategies, swaps, the journal, and random runs that must keep every
//! invariant. Nothing here knows WebAssembly; strategies are closures.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "helpers of tests stop where something is wrong, and say what they skip"
)]

#[path = "it/accounts.rs"]
mod accounts;
#[path = "it/algorithms.rs"]
mod algorithms;
#[path = "it/algorithms_random.rs"]
mod algorithms_random;
#[path = "it/ambiguities.rs"]
mod ambiguities;
#[path = "it/bar_path.rs"]
mod bar_path;
#[path = "it/bars.rs"]
mod bars;
#[path = "it/book_captures.rs"]
mod book_captures;
#[path = "it/books.rs"]
mod books;
#[path = "it/canary.rs"]
mod canary;
#[path = "it/canary_properties.rs"]
mod canary_properties;
#[path = "it/capture.rs"]
mod capture;
#[path = "it/commissions.rs"]
mod commissions;
#[path = "it/cost.rs"]
mod cost;
#[path = "it/definitions.rs"]
mod definitions;
#[path = "it/dice.rs"]
mod dice;
#[path = "it/dice_books.rs"]
mod dice_books;
#[path = "it/dice_lifecycle.rs"]
mod dice_lifecycle;
#[path = "it/dice_limits.rs"]
mod dice_limits;
#[path = "it/dice_models.rs"]
mod dice_models;
#[path = "it/dice_outside.rs"]
mod dice_outside;
#[path = "it/fake_venue.rs"]
mod fake_venue;
#[path = "it/faults.rs"]
mod faults;
#[path = "it/feed_latency.rs"]
mod feed_latency;
#[path = "it/flatten.rs"]
mod flatten;
#[path = "it/flip.rs"]
mod flip;
#[path = "it/golden.rs"]
mod golden;
#[path = "it/hedging.rs"]
mod hedging;
#[path = "it/journal.rs"]
mod journal;
#[path = "it/kill.rs"]
mod kill;
#[path = "it/latency.rs"]
mod latency;
#[path = "it/lifecycle.rs"]
mod lifecycle;
#[path = "it/liquidation.rs"]
mod liquidation;
#[path = "it/margin.rs"]
mod margin;
#[path = "it/models.rs"]
mod models;
#[path = "it/orders.rs"]
mod orders;
#[path = "it/outside.rs"]
mod outside;
#[path = "it/outside_properties.rs"]
mod outside_properties;
#[path = "it/outside_world.rs"]
mod outside_world;
#[path = "it/plan.rs"]
mod plan;
#[path = "it/probation.rs"]
mod probation;
#[path = "it/probation_limits.rs"]
mod probation_limits;
#[path = "it/probation_replay.rs"]
mod probation_replay;
#[path = "it/properties.rs"]
mod properties;
#[path = "it/queue.rs"]
mod queue;
#[path = "it/reconciliation.rs"]
mod reconciliation;
#[path = "it/regressions.rs"]
mod regressions;
#[path = "it/risk.rs"]
mod risk;
#[path = "it/risk_bad_input.rs"]
mod risk_bad_input;
#[path = "it/risk_codes.rs"]
mod risk_codes;
#[path = "it/risk_conduct.rs"]
mod risk_conduct;
#[path = "it/risk_levels.rs"]
mod risk_levels;
#[path = "it/risk_market.rs"]
mod risk_market;
#[path = "it/risk_sums.rs"]
mod risk_sums;
#[path = "it/round_trip.rs"]
mod round_trip;
#[path = "it/rules.rs"]
mod rules;
#[path = "it/script.rs"]
mod script;
#[path = "it/setup.rs"]
mod setup;
#[path = "it/shadow.rs"]
mod shadow;
#[path = "it/signals.rs"]
mod signals;
#[path = "it/snapshots.rs"]
mod snapshots;
#[path = "it/stops.rs"]
mod stops;
#[path = "it/strategies.rs"]
mod strategies;
#[path = "it/swap.rs"]
mod swap;
#[path = "it/telling.rs"]
mod telling;
#[path = "it/timers.rs"]
mod timers;
#[path = "it/trace_coverage.rs"]
mod trace_coverage;
#[path = "it/trace_given.rs"]
mod trace_given;
#[path = "it/trace_input.rs"]
mod trace_input;
#[path = "it/trace_lifecycle.rs"]
mod trace_lifecycle;
#[path = "it/trace_output.rs"]
mod trace_output;
#[path = "it/traces.rs"]
mod traces;
#[path = "it/world.rs"]
mod world;
