/* The component's exports: they keep the books, call the author's handler, and free what the host
 * passed. */

#include "internal.h"
#include <stdlib.h>
#include <string.h>

/* Nothing runs before init, and the host says no time in describe and init. */
static bool has_time;

argonaut_timestamp_t argonaut_event_time(void) { return has_time ? argonaut_timers_now() : 0; }

static void begin(void) { has_time = true; }

static void end(void) { argonaut_random_keep(); }

static bool judge(bool accepted, strategy_string_t *error) {
    if (accepted) {
        return true;
    }
    const char *reason = argonaut_refusal();
    strategy_string_dup(error, reason ? reason : "refused without a reason; say it with argonaut_refuse");
    return false;
}

static void put_text(strategy_string_t *into, const char *text) { strategy_string_dup(into, text); }

static void put_option(strategy_option_string_t *into, const char *text) {
    into->is_some = text != NULL;
    if (text) {
        put_text(&into->val, text);
    }
}

void exports_strategy_describe(strategy_description_t *description) {
    const argonaut_plugin_t *plugin = &argonaut_plugin;
    put_text(&description->name, plugin->name);
    put_text(&description->version, plugin->version);
    put_text(&description->documentation, plugin->documentation);
    description->parameters.len = plugin->setting_count;
    description->parameters.ptr =
        argonaut_allocate(plugin->setting_count * sizeof(argonaut_parameter_t));
    for (size_t i = 0; i < plugin->setting_count; i++) {
        const argonaut_setting_t *setting = &plugin->settings[i];
        argonaut_parameter_t *parameter = &description->parameters.ptr[i];
        put_text(&parameter->name, setting->name);
        parameter->kind = setting->kind;
        put_option(&parameter->default_, setting->default_value);
        put_option(&parameter->minimum, setting->minimum);
        put_option(&parameter->maximum, setting->maximum);
        put_text(&parameter->documentation, setting->documentation);
    }
}

bool exports_strategy_init(strategy_config_t *config, strategy_string_t *error) {
    /* The strategy may keep pointers into its configuration, so it is never freed. */
    strategy_config_t *kept = argonaut_allocate(sizeof *kept);
    *kept = *config;
    argonaut_random_begin(&kept->strategy);
    return judge(on_init(kept), error);
}

bool exports_strategy_load(strategy_saved_state_t *state, strategy_string_t *error) {
    begin();
    bool accepted = judge(on_load(state), error);
    strategy_saved_state_free(state);
    return accepted;
}

void exports_strategy_on_history(strategy_instrument_id_t instrument, strategy_bar_spec_t *spec,
                                 strategy_list_u64_t *block) {
    _Static_assert(sizeof(argonaut_history_bar_t) == 6 * sizeof(uint64_t), "six words a bar");
    begin();
    on_history(instrument, spec, (const argonaut_history_bar_t *)block->ptr, block->len / 6);
    strategy_list_u64_free(block);
}

void exports_strategy_on_start(strategy_snapshot_t *snapshot) {
    begin();
    argonaut_random_restore();
    argonaut_portfolio_restore(snapshot);
    on_start(snapshot);
    strategy_snapshot_free(snapshot);
    end();
}

void exports_strategy_on_quote(strategy_quote_t *quote) {
    on_quote(quote);
    end();
}

void exports_strategy_on_trade(strategy_trade_t *trade) {
    on_trade(trade);
    end();
}

void exports_strategy_on_bar(strategy_bar_t *bar) {
    on_bar(bar);
    end();
}

void exports_strategy_on_timer(uint64_t id, strategy_timestamp_t due) {
    on_timer(id, due);
    end();
}

void exports_strategy_on_order_event(strategy_order_event_t *event) {
    argonaut_portfolio_on_order(event);
    on_order_event(event);
    end();
}

void exports_strategy_on_position_event(strategy_position_event_t *event) {
    argonaut_portfolio_on_position(event);
    on_position(event);
    end();
}

void exports_strategy_on_stop(void) {
    on_stop();
    end();
}

void exports_strategy_save(strategy_saved_state_t *state) {
    memset(state, 0, sizeof *state);
    on_save(state);
}

void exports_argonaut_book_on_book(argonaut_instrument_id_t instrument, uint32_t bids,
                                   strategy_list_u64_t *levels, argonaut_timestamp_t ts_event,
                                   argonaut_timestamp_t ts_init) {
    _Static_assert(sizeof(argonaut_level_t) == 2 * sizeof(uint64_t), "two words a level");
    const argonaut_level_t *all = (const argonaut_level_t *)levels->ptr;
    argonaut_order_book_t book = {
        .instrument = instrument,
        .bids = all,
        .bid_count = bids,
        .asks = all + bids,
        .ask_count = levels->len / 2 - bids,
        .ts_event = ts_event,
        .ts_init = ts_init,
    };
    on_book(&book);
    strategy_list_u64_free(levels);
    end();
}

void exports_argonaut_book_on_book_lost(argonaut_instrument_id_t instrument) {
    on_book_lost(instrument);
    end();
}

void exports_argonaut_signals_on_signal(strategy_string_t *name,
                                        strategy_list_tuple2_string_string_t *values,
                                        argonaut_timestamp_t ts_event) {
    size_t count = values->len;
    argonaut_signal_value_t *all = argonaut_allocate(count * sizeof *all);
    for (size_t i = 0; i < count; i++) {
        all[i].name = argonaut_keep_text(&values->ptr[i].f0);
        all[i].text = argonaut_keep_text(&values->ptr[i].f1);
    }
    argonaut_signal_t signal = {
        .name = argonaut_keep_text(name),
        .values = all,
        .value_count = count,
        .ts_event = ts_event,
    };
    on_signal(&signal);
    for (size_t i = 0; i < count; i++) {
        free((void *)all[i].name);
        free((void *)all[i].text);
    }
    free(all);
    free((void *)signal.name);
    strategy_string_free(name);
    strategy_list_tuple2_string_string_free(values);
    end();
}
