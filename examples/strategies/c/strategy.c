/* Follows the trend with two exponential moving averages of bar closes: long while the fast one is
 * at or above the slow one, short while it is below. */

#include <argonaut.h>
#include <string.h>

ARGONAUT_STRATEGY(
    "ema-cross", "0.1.0", "Long while the fast average is at or above the slow one.",
    ARGONAUT_INSTRUMENT, ARGONAUT_QUANTITY, ARGONAUT_TIME_BARS("60", "bid"),
    ARGONAUT_INTEGER("fast", "10", "2", "1000", "Period of the fast average, in bars."),
    ARGONAUT_INTEGER("slow", "20", "2", "1000", "Period of the slow average, in bars."),
    ARGONAUT_INTEGER("warm_up", "200", "0", "10000",
                     "Bars from before the start that warm the averages up."));

/* An exponential moving average, begun by the simple average of its first values. */
typedef struct {
    int64_t period;
    int64_t count;
    double sum;
    double value;
} ema_t;

static bool is_ready(const ema_t *ema) { return ema->count == ema->period; }

static void update(ema_t *ema, double value) {
    if (is_ready(ema)) {
        ema->value += (value - ema->value) * (2.0 / ((double)ema->period + 1.0));
        return;
    }
    ema->count++;
    ema->sum += value;
    if (is_ready(ema)) {
        ema->value = ema->sum / (double)ema->period;
    }
}

/* What the strategy knows between events; a later version takes it over as it is. */
static struct {
    ema_t fast, slow;
    argonaut_timestamp_t latest;
} memory;

static argonaut_instrument_id_t instrument;
static argonaut_quantity_t quantity;

bool on_init(const argonaut_config_t *config) {
    const argonaut_instrument_t *traded;
    argonaut_bar_spec_t bars;
    int64_t warm_up;
    if (!argonaut_instrument(config, &traded) || !argonaut_bars(config, &bars) ||
        !argonaut_order_quantity(config, traded, &quantity) ||
        !argonaut_integer(config, "fast", &memory.fast.period) ||
        !argonaut_integer(config, "slow", &memory.slow.period) ||
        !argonaut_integer(config, "warm_up", &warm_up)) {
        return false;
    }
    if (memory.fast.period >= memory.slow.period) {
        return argonaut_refuse("parameter `fast`: %lld is not less than `slow`, %lld",
                               memory.fast.period, memory.slow.period);
    }
    instrument = traded->id;
    argonaut_market_subscribe_bars(instrument, &bars);
    argonaut_market_request_history(instrument, &bars, (uint32_t)warm_up);
    return true;
}

/* Moves the averages, unless they have seen the bar: history may overlap saved state. */
static void observe(argonaut_price_t close, argonaut_timestamp_t end) {
    if (end > memory.latest) {
        memory.latest = end;
        update(&memory.fast, argonaut_price_to_double(close));
        update(&memory.slow, argonaut_price_to_double(close));
    }
}

/* Takes the position to `side`, through zero in a single order. */
static void turn(argonaut_side_t side) {
    argonaut_position_event_t position = argonaut_position(instrument);
    bool is_there = position.quantity > 0 && position.side == side;
    if (!is_there && argonaut_open_orders(instrument) == 0) {
        argonaut_market_order(instrument, side,
                              argonaut_add_quantities(quantity, position.quantity));
    }
}

void on_history(argonaut_instrument_id_t of, const argonaut_bar_spec_t *spec,
                const argonaut_history_bar_t *bars, size_t count) {
    (void)of, (void)spec;
    for (size_t i = 0; i < count; i++) {
        observe(bars[i].close, bars[i].ts_event);
    }
}

void on_bar(const argonaut_bar_t *bar) {
    observe(bar->close, bar->ts_event);
    /* Nothing traded in a bar without a range, so its close says nothing new. */
    if (bar->high == bar->low || !is_ready(&memory.fast) || !is_ready(&memory.slow)) {
        return;
    }
    turn(memory.fast.value >= memory.slow.value ? ARGONAUT_SIDE_BUY : ARGONAUT_SIDE_SELL);
}

void on_save(argonaut_saved_state_t *state) { argonaut_save(state, 1, &memory, sizeof memory); }

bool on_load(const argonaut_saved_state_t *state) {
    if (state->version != 1 || state->bytes.len != sizeof memory) {
        return argonaut_refuse("saved state has version %u and %zu bytes, this strategy reads 1",
                               state->version, state->bytes.len);
    }
    int64_t fast = memory.fast.period, slow = memory.slow.period;
    memcpy(&memory, state->bytes.ptr, sizeof memory);
    if (memory.fast.period != fast || memory.slow.period != slow) {
        return argonaut_refuse("`fast`, `slow`: the saved averages are over %lld and %lld bars; keep these, or swap "
                               "without the state",
                               (long long)memory.fast.period, (long long)memory.slow.period);
    }
    return true;
}
