//! The API against a host that is only a table: every route with good and bad input, and the
//! stream with good and bad readers.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test says what is wrong by stopping; helpers outside of test functions too"
)]

#[path = "it/asyncapi.rs"]
mod asyncapi;
#[path = "it/conditional.rs"]
mod conditional;
#[path = "it/custom.rs"]
mod custom;
#[path = "it/entries.rs"]
mod entries;
#[path = "it/fake.rs"]
mod fake;
#[path = "it/fake_happened.rs"]
mod fake_happened;
#[path = "it/fake_values.rs"]
mod fake_values;
#[path = "it/faults.rs"]
mod faults;
#[path = "it/fuzz.rs"]
mod fuzz;
#[path = "it/fuzz_stream.rs"]
mod fuzz_stream;
#[path = "it/happened.rs"]
mod happened;
#[path = "it/idempotency.rs"]
mod idempotency;
#[path = "it/identity_bound.rs"]
mod identity_bound;
#[path = "it/identity_desk.rs"]
mod identity_desk;
#[path = "it/identity_forged.rs"]
mod identity_forged;
#[path = "it/identity_gate.rs"]
mod identity_gate;
#[path = "it/identity_objects.rs"]
mod identity_objects;
#[path = "it/identity_policy.rs"]
mod identity_policy;
#[path = "it/identity_revoked.rs"]
mod identity_revoked;
#[path = "it/identity_second.rs"]
mod identity_second;
#[path = "it/identity_stream.rs"]
mod identity_stream;
#[path = "it/jobs.rs"]
mod jobs;
#[path = "it/leaving.rs"]
mod leaving;
#[path = "it/lifecycle.rs"]
mod lifecycle;
#[path = "it/metrics.rs"]
mod metrics;
#[path = "it/network.rs"]
mod network;
#[path = "it/openapi.rs"]
mod openapi;
#[path = "it/page.rs"]
mod page;
#[path = "it/plugins.rs"]
mod plugins;
#[path = "it/portfolio.rs"]
mod portfolio;
#[path = "it/rates.rs"]
mod rates;
#[path = "it/real_codes.rs"]
mod real_codes;
#[path = "it/real_cuts.rs"]
mod real_cuts;
#[path = "it/real_hedging.rs"]
mod real_hedging;
#[path = "it/real_host.rs"]
mod real_host;
#[path = "it/real_lists.rs"]
mod real_lists;
#[path = "it/real_orders.rs"]
mod real_orders;
#[path = "it/real_refusals.rs"]
mod real_refusals;
#[path = "it/rest.rs"]
mod rest;
#[path = "it/rest_canaries.rs"]
mod rest_canaries;
#[path = "it/rest_client.rs"]
mod rest_client;
#[path = "it/rest_errors.rs"]
mod rest_errors;
#[path = "it/rest_hooks.rs"]
mod rest_hooks;
#[path = "it/rest_notifications.rs"]
mod rest_notifications;
#[path = "it/rest_pipelines.rs"]
mod rest_pipelines;
#[path = "it/rest_shadows.rs"]
mod rest_shadows;
#[path = "it/rest_strategies.rs"]
mod rest_strategies;
#[path = "it/risk.rs"]
mod risk;
#[path = "it/serving.rs"]
mod serving;
#[path = "it/sources.rs"]
mod sources;
#[path = "it/stream.rs"]
mod stream;
#[path = "it/stream_bounds.rs"]
mod stream_bounds;
#[path = "it/stream_client.rs"]
mod stream_client;
#[path = "it/stream_encodings.rs"]
mod stream_encodings;
#[path = "it/stream_far.rs"]
mod stream_far;
#[path = "it/stream_far_identity.rs"]
mod stream_far_identity;
#[path = "it/stream_far_reach.rs"]
mod stream_far_reach;
#[path = "it/stream_resume.rs"]
mod stream_resume;
#[path = "it/tls.rs"]
mod tls;
#[path = "it/tls_desk.rs"]
mod tls_desk;
#[path = "it/watching.rs"]
mod watching;
#[path = "it/watching_files.rs"]
mod watching_files;
