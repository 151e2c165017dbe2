//! The hostile corpus, short: each case must come out as promised. What takes how long is measured by
//! `cargo xtask hostile`, which runs the same cases.

use testkit::corpus::{Setting, case};

#[track_caller]
fn check(id: &str) {
    let finding = case(id).unwrap().run(&Setting::short());
    let (outcomes, broken) = (finding.outcomes(), finding.broken());
    assert!(
        broken.is_empty(),
        "{} and {} more\n{outcomes:?}",
        broken.join("\n"),
        finding.more_broken()
    );
}

#[test]
fn h01_endless_loops_run_out_of_fuel_wherever_the_host_enters() {
    check("H01");
}

#[test]
fn h02_host_calls_are_charged_however_cheap_they_are() {
    check("H02");
}

#[test]
fn h03_memory_bombs_are_refused_or_do_not_grow() {
    check("H03");
}

#[test]
fn h04_stack_overflows_are_traps() {
    check("H04");
}

#[test]
fn h05_a_trap_in_any_export_breaks_one_instance_and_a_fresh_one_serves() {
    check("H05");
}

#[test]
fn h06_giant_and_torn_results_are_faults() {
    check("H06");
}

#[test]
fn h07_allocators_that_lie_break_only_themselves() {
    check("H07");
}

#[test]
fn h08_log_spam_is_limited_cut_escaped_and_counted() {
    check("H08");
}

#[test]
fn h09_order_spam_is_denied_and_stays_within_limits() {
    check("H09");
}

#[test]
fn h10_calls_from_within_calls_are_traps_and_nothing_hangs() {
    check("H10");
}

#[test]
fn h11_misfits_are_refused_by_name_before_anything_is_compiled() {
    check("H11");
}

#[test]
fn h12_malformed_components_are_refused_without_a_panic() {
    check("H12");
}

#[test]
fn h13_forged_doubled_and_leaked_handles_are_faults() {
    check("H13");
}

#[test]
fn h14_a_fresh_instance_finds_only_zeros_and_time_stands_still() {
    check("H14");
}

#[test]
fn h15_floating_point_gives_one_hash_in_backtest_live_run_and_replay() {
    check("H15");
}

#[test]
fn h16_abuse_of_state_is_capped_and_the_swap_rolls_back() {
    check("H16");
}

#[test]
fn h17_forged_altered_revoked_and_older_plugins_are_refused() {
    check("H17");
}

#[test]
fn h18_a_tampered_cache_is_compiled_anew() {
    check("H18");
}

#[test]
fn h19_neighbours_of_a_slow_plugin_use_the_same_fuel() {
    check("H19");
}

#[test]
fn h20_plugins_are_loaded_and_unloaded_again_and_again() {
    check("H20");
}
