/* Write a trading strategy for the Argonaut host in C: say what it is with ARGONAUT_STRATEGY, and
 * define the handlers you need. `argonaut plugin build` makes the component.
 *
 * Life goes on_init, then on_load if there is saved state, then on_history for each history asked
 * for, then on_start, then events, then on_stop. The host calls one handler at a time.
 *
 * Numbers are exact: a price counts units of 1e-9, a quantity units of 1e-8, a timestamp nanoseconds
 * since the Unix epoch (UTC). Use double for indicators only.
 *
 * What a handler is given is valid until it returns; only the configuration stays for good. Time is
 * the time of the event: time() says it too. There are no files and no network. A strategy that
 * breaks off (assert, abort, overflow of the argonaut_add functions) is a fault that shows the text
 * of the assertion with its file and line. */

#ifndef ARGONAUT_H
#define ARGONAUT_H

#include "strategy.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- What the strategy is ---------------------------------------------------------------- */

/* A parameter that operators can set. Values are text; NULL means there is none. */
typedef struct {
    const char *name;
    argonaut_parameter_type_t kind;
    /* The value when none is given; without one it must be given. */
    const char *default_value;
    /* Inclusive bounds, for integers and decimals. */
    const char *minimum;
    const char *maximum;
    const char *documentation;
} argonaut_setting_t;

typedef struct {
    const char *name;
    const char *version;
    const char *documentation;
    const argonaut_setting_t *settings;
    size_t setting_count;
} argonaut_plugin_t;

/* Defined by ARGONAUT_STRATEGY. */
extern const argonaut_plugin_t argonaut_plugin;

/* Once per strategy: name, version, a sentence, then its parameters. */
#define ARGONAUT_STRATEGY(name_, version_, documentation_, ...)                                    \
    static const argonaut_setting_t argonaut_settings_[] = {__VA_ARGS__};                          \
    const argonaut_plugin_t argonaut_plugin = {                                                    \
        name_, version_, documentation_, argonaut_settings_,                                       \
        sizeof argonaut_settings_ / sizeof(argonaut_setting_t)}

#define ARGONAUT_INTEGER(name_, default_, minimum_, maximum_, documentation_)                      \
    {name_, ARGONAUT_PARAMETER_TYPE_INTEGER, default_, minimum_, maximum_, documentation_}
#define ARGONAUT_DECIMAL(name_, default_, minimum_, maximum_, documentation_)                      \
    {name_, ARGONAUT_PARAMETER_TYPE_DECIMAL, default_, minimum_, maximum_, documentation_}
#define ARGONAUT_BOOLEAN(name_, default_, documentation_)                                          \
    {name_, ARGONAUT_PARAMETER_TYPE_BOOLEAN, default_, NULL, NULL, documentation_}
#define ARGONAUT_TEXT(name_, default_, documentation_)                                             \
    {name_, ARGONAUT_PARAMETER_TYPE_TEXT, default_, NULL, NULL, documentation_}

/* The parameters that argonaut_instrument, argonaut_order_quantity and argonaut_bars read. */
#define ARGONAUT_INSTRUMENT                                                                        \
    ARGONAUT_TEXT("instrument", "",                                                                \
                  "Symbol to trade; empty means the first configured instrument.")
#define ARGONAUT_QUANTITY                                                                          \
    ARGONAUT_DECIMAL("quantity", "0", "0", "100000000000",                                         \
                     "Size of an order; 0 means the smallest the instrument allows.")
#define ARGONAUT_TIME_BARS(seconds_, basis_)                                                       \
    ARGONAUT_INTEGER("bar_seconds", seconds_, "1", "86400", "Length of a bar in seconds."),        \
    ARGONAUT_TEXT("basis", basis_, "Price that bars follow: bid, ask, mid or last.")

/* ---- Handlers: define those you need ----------------------------------------------------- */

/* A bar from before the start. */
typedef struct {
    argonaut_price_t open, high, low, close;
    argonaut_quantity_t volume;
    argonaut_timestamp_t ts_event;
} argonaut_history_bar_t;

/* A price and how much there is at it. */
typedef struct {
    argonaut_price_t price;
    argonaut_quantity_t size;
} argonaut_level_t;

/* The best levels of an order book, best first. */
typedef struct {
    argonaut_instrument_id_t instrument;
    const argonaut_level_t *bids;
    size_t bid_count;
    const argonaut_level_t *asks;
    size_t ask_count;
    argonaut_timestamp_t ts_event;
    argonaut_timestamp_t ts_init;
} argonaut_order_book_t;

/* A value of a signal. */
typedef struct {
    const char *name;
    /* A decimal is plain text, which argonaut_parse_price and the like read. */
    const char *text;
} argonaut_signal_value_t;

/* What somebody outside tells the strategy, by a webhook or the API; values are sorted by name. */
typedef struct {
    const char *name;
    const argonaut_signal_value_t *values;
    size_t value_count;
    argonaut_timestamp_t ts_event;
} argonaut_signal_t;

/* Makes the strategy: read parameters, subscribe, ask for history; no orders. False, after
 * argonaut_refuse, refuses. */
bool on_init(const argonaut_config_t *config);
/* Takes over what on_save of an earlier instance, perhaps of another version, gave. */
bool on_load(const argonaut_saved_state_t *state);
void on_history(argonaut_instrument_id_t instrument, const argonaut_bar_spec_t *spec,
                const argonaut_history_bar_t *bars, size_t count);
/* The last call before events come; positions and open orders are known from here on. */
void on_start(const argonaut_snapshot_t *snapshot);
void on_quote(const argonaut_quote_t *quote);
void on_trade(const argonaut_trade_t *trade);
void on_bar(const argonaut_bar_t *bar);
void on_book(const argonaut_order_book_t *book);
/* A book is unknown from now on, until the next on_book. */
void on_book_lost(argonaut_instrument_id_t instrument);
void on_timer(uint64_t id, argonaut_timestamp_t due);
/* Somebody outside tells it something. A strategy without this handler says in its log that it was told. */
void on_signal(const argonaut_signal_t *signal);
/* One of its orders, or its position, changed; argonaut_position and the like know already. */
void on_order_event(const argonaut_order_event_t *event);
void on_position(const argonaut_position_event_t *position);
/* No more events come. Orders may still be sent. */
void on_stop(void);
/* What on_load of a later instance takes: call argonaut_save. Must not change anything. */
void on_save(argonaut_saved_state_t *state);

/* ---- Configuration: false has refused already, naming the parameter ----------------------- */

/* Says why on_init or on_load refuses; returns false. */
bool argonaut_refuse(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The text of a parameter, or NULL. */
const char *argonaut_text(const argonaut_config_t *config, const char *name);
bool argonaut_integer(const argonaut_config_t *config, const char *name, int64_t *value);
bool argonaut_boolean(const argonaut_config_t *config, const char *name, bool *value);
bool argonaut_decimal(const argonaut_config_t *config, const char *name, double *value);
bool argonaut_price(const argonaut_config_t *config, const char *name, argonaut_price_t *value);
bool argonaut_quantity(const argonaut_config_t *config, const char *name,
                       argonaut_quantity_t *value);
/* The instrument that the parameter `instrument` names; empty names the first. */
bool argonaut_instrument(const argonaut_config_t *config, const argonaut_instrument_t **value);
/* The parameter `quantity`; 0 means the smallest order of `instrument`. */
bool argonaut_order_quantity(const argonaut_config_t *config,
                             const argonaut_instrument_t *instrument, argonaut_quantity_t *value);
/* The parameters `bar_seconds` and `basis`. */
bool argonaut_bars(const argonaut_config_t *config, argonaut_bar_spec_t *value);

/* ---- Signals ----------------------------------------------------------------------------- */

/* The text of a value, or NULL. */
const char *argonaut_signal_text(const argonaut_signal_t *signal, const char *name);

/* ---- Numbers ----------------------------------------------------------------------------- */

#define ARGONAUT_PRICE_SCALE 1000000000LL
#define ARGONAUT_QUANTITY_SCALE 100000000ULL

/* Reads a plain decimal such as -12.5, exactly; false when it is none or does not fit. */
bool argonaut_parse_price(const char *text, argonaut_price_t *price);
bool argonaut_parse_quantity(const char *text, argonaut_quantity_t *quantity);
/* Writes the shortest exact decimal and returns `text`. */
typedef char argonaut_number_t[32];
const char *argonaut_show_price(argonaut_price_t price, argonaut_number_t text);
const char *argonaut_show_quantity(argonaut_quantity_t quantity, argonaut_number_t text);
/* For indicators, and back onto the grid of `tick`. */
double argonaut_price_to_double(argonaut_price_t price);
argonaut_price_t argonaut_nearest_price(double price, argonaut_price_t tick);
/* A sum, or the end of the strategy: a wrapped number would be worse than none. */
argonaut_price_t argonaut_add_prices(argonaut_price_t a, argonaut_price_t b);
argonaut_quantity_t argonaut_add_quantities(argonaut_quantity_t a, argonaut_quantity_t b);

/* ---- Orders ------------------------------------------------------------------------------ */

/* Send an order, good till cancelled; return its id, or 0 when this event has used up its orders.
 * An order is a request: what becomes of it comes back in on_order_event. */
argonaut_order_id_t argonaut_market_order(argonaut_instrument_id_t instrument,
                                          argonaut_side_t side, argonaut_quantity_t quantity);
argonaut_order_id_t argonaut_limit_order(argonaut_instrument_id_t instrument, argonaut_side_t side,
                                         argonaut_quantity_t quantity, argonaut_price_t price);
argonaut_order_id_t argonaut_stop_order(argonaut_instrument_id_t instrument, argonaut_side_t side,
                                        argonaut_quantity_t quantity, argonaut_price_t trigger);
/* A market order to be changed into any other, then sent. */
argonaut_new_order_t argonaut_new_order(argonaut_instrument_id_t instrument, argonaut_side_t side,
                                        argonaut_quantity_t quantity);
argonaut_order_id_t argonaut_submit(argonaut_new_order_t *order);
/* Orders that depend on each other. Returns the first one's id, the others follow by one each. */
argonaut_order_id_t argonaut_submit_list(argonaut_new_order_t *orders, size_t count);
/* Change and cancel: argonaut_orders_modify, _cancel and _cancel_all of strategy.h. An order that an
 * execution algorithm sends in parts: argonaut_orders_submit_by there; argonaut_order knows it from its
 * first event on. */

/* ---- What the strategy holds and has working ---------------------------------------------- */

/* Its position on an instrument; flat when it has none. */
argonaut_position_event_t argonaut_position(argonaut_instrument_id_t instrument);
/* How many of its orders on an instrument are open. */
size_t argonaut_open_orders(argonaut_instrument_id_t instrument);
/* One of its open orders, or NULL. It stays where it is until the event that closes it, whatever is
 * sent meanwhile; keep its id from one handler to the next, not the pointer. */
const argonaut_open_order_t *argonaut_order(argonaut_order_id_t order);

/* ---- State, randomness, log --------------------------------------------------------------- */

/* Copies `length` bytes into the state; `version` is yours. */
void argonaut_save(argonaut_saved_state_t *state, uint32_t version, const void *bytes,
                   size_t length);
/* A random number. The sequence is fixed by the strategy's name, goes on after a restart or a swap,
 * and repeats in a replay. Not for rand(), which begins again in every instance. */
uint64_t argonaut_random(void);

void argonaut_debug(const char *format, ...) __attribute__((format(printf, 1, 2)));
void argonaut_info(const char *format, ...) __attribute__((format(printf, 1, 2)));
void argonaut_warn(const char *format, ...) __attribute__((format(printf, 1, 2)));
void argonaut_error(const char *format, ...) __attribute__((format(printf, 1, 2)));

#ifdef __cplusplus
}
#endif

#endif
