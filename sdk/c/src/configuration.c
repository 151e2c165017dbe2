/* Parameters by type. Whatever is wrong is refused in one sentence that names the parameter. */

#include "internal.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char refusal[512];
static bool has_refused;

bool argonaut_refuse(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(refusal, sizeof refusal, format, arguments);
    va_end(arguments);
    has_refused = true;
    return false;
}

const char *argonaut_refusal(void) { return has_refused ? refusal : NULL; }

static bool equals(const strategy_string_t *text, const char *other) {
    return text->len == strlen(other) && memcmp(text->ptr, other, text->len) == 0;
}

const char *argonaut_keep_text(const strategy_string_t *text) {
    char *copy = argonaut_allocate(text->len + 1);
    memcpy(copy, text->ptr, text->len);
    copy[text->len] = 0;
    return copy;
}

const char *argonaut_text(const argonaut_config_t *config, const char *name) {
    for (size_t i = 0; i < config->parameters.len; i++) {
        const strategy_tuple2_string_string_t *parameter = &config->parameters.ptr[i];
        if (equals(&parameter->f0, name)) {
            return argonaut_keep_text(&parameter->f1);
        }
    }
    return NULL;
}

/* The text, or a refusal. */
static const char *wanted(const argonaut_config_t *config, const char *name) {
    const char *text = argonaut_text(config, name);
    if (!text) {
        argonaut_refuse("parameter `%s` is missing", name);
    }
    return text;
}

static bool invalid(const char *name, const char *text, const char *expected) {
    return argonaut_refuse("parameter `%s`: `%s` is not %s", name, text, expected);
}

bool argonaut_integer(const argonaut_config_t *config, const char *name, int64_t *value) {
    const char *text = wanted(config, name);
    if (!text) {
        return false;
    }
    char *end = NULL;
    *value = strtoll(text, &end, 10);
    return (*text && !*end) || invalid(name, text, "a whole number");
}

bool argonaut_boolean(const argonaut_config_t *config, const char *name, bool *value) {
    const char *text = wanted(config, name);
    if (!text) {
        return false;
    }
    *value = strcmp(text, "true") == 0;
    return *value || strcmp(text, "false") == 0 || invalid(name, text, "true or false");
}

bool argonaut_decimal(const argonaut_config_t *config, const char *name, double *value) {
    const char *text = wanted(config, name);
    if (!text) {
        return false;
    }
    char *end = NULL;
    *value = strtod(text, &end);
    return (*text && !*end) || invalid(name, text, "a number");
}

bool argonaut_price(const argonaut_config_t *config, const char *name, argonaut_price_t *value) {
    const char *text = wanted(config, name);
    return text && (argonaut_parse_price(text, value) || invalid(name, text, "a price"));
}

bool argonaut_quantity(const argonaut_config_t *config, const char *name,
                       argonaut_quantity_t *value) {
    const char *text = wanted(config, name);
    return text && (argonaut_parse_quantity(text, value) || invalid(name, text, "a quantity"));
}

bool argonaut_instrument(const argonaut_config_t *config, const argonaut_instrument_t **value) {
    const char *symbol = argonaut_text(config, "instrument");
    for (size_t i = 0; i < config->instruments.len; i++) {
        const argonaut_instrument_t *instrument = &config->instruments.ptr[i];
        if (!symbol || !*symbol || equals(&instrument->symbol, symbol)) {
            *value = instrument;
            return true;
        }
    }
    return argonaut_refuse("instrument `%s` is not configured for this strategy",
                           symbol ? symbol : "");
}

bool argonaut_order_quantity(const argonaut_config_t *config,
                             const argonaut_instrument_t *instrument, argonaut_quantity_t *value) {
    if (!argonaut_quantity(config, "quantity", value)) {
        return false;
    }
    if (*value == 0) {
        *value = instrument->min_quantity;
    }
    return true;
}

bool argonaut_bars(const argonaut_config_t *config, argonaut_bar_spec_t *value) {
    static const char *const names[] = {"bid", "ask", "mid", "last"};
    int64_t seconds = 0;
    const char *basis = wanted(config, "basis");
    if (!basis || !argonaut_integer(config, "bar_seconds", &seconds)) {
        return false;
    }
    for (uint8_t i = 0; i < 4; i++) {
        if (strcmp(basis, names[i]) == 0) {
            value->method = ARGONAUT_BAR_METHOD_TIME;
            value->step = (uint64_t)seconds * 1000000000;
            value->basis = i;
            return true;
        }
    }
    return invalid("basis", basis, "one of bid, ask, mid, last");
}
