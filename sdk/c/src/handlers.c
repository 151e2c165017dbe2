/* What a strategy does that leaves a handler out: nothing, but for saying of a signal that it came. */

#include "argonaut.h"

#define WEAK __attribute__((weak))

WEAK bool on_init(const argonaut_config_t *config) {
    (void)config;
    return true;
}
WEAK bool on_load(const argonaut_saved_state_t *state) {
    (void)state;
    return true;
}
WEAK void on_history(argonaut_instrument_id_t instrument, const argonaut_bar_spec_t *spec,
                     const argonaut_history_bar_t *bars, size_t count) {
    (void)instrument, (void)spec, (void)bars, (void)count;
}
WEAK void on_start(const argonaut_snapshot_t *snapshot) { (void)snapshot; }
WEAK void on_quote(const argonaut_quote_t *quote) { (void)quote; }
WEAK void on_trade(const argonaut_trade_t *trade) { (void)trade; }
WEAK void on_bar(const argonaut_bar_t *bar) { (void)bar; }
WEAK void on_book(const argonaut_order_book_t *book) { (void)book; }
WEAK void on_book_lost(argonaut_instrument_id_t instrument) { (void)instrument; }
WEAK void on_signal(const argonaut_signal_t *signal) {
    argonaut_warn("the signal `%s` is not for this strategy", signal->name);
}
WEAK void on_timer(uint64_t id, argonaut_timestamp_t due) { (void)id, (void)due; }
WEAK void on_order_event(const argonaut_order_event_t *event) { (void)event; }
WEAK void on_position(const argonaut_position_event_t *position) { (void)position; }
WEAK void on_stop(void) {}
WEAK void on_save(argonaut_saved_state_t *state) { argonaut_save(state, 0, NULL, 0); }
