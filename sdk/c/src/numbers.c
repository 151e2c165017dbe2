/* Exact decimals: text to units and back, checked sums. */

#include "internal.h"
#include <string.h>

/* Reads a plain decimal as a count of 10^-digits. */
static bool parse(const char *text, unsigned digits, bool *negative, uint64_t *units) {
    *negative = *text == '-';
    text += *text == '-' || *text == '+';
    *units = 0;
    bool any = false;
    bool fraction = false;
    for (; *text; text++) {
        if (*text == '.' && !fraction) {
            fraction = true;
            continue;
        }
        if (*text < '0' || *text > '9') {
            return false;
        }
        any = true;
        if (fraction && digits == 0) {
            /* Zeros beyond the last digit say nothing; anything else does not fit. */
            if (*text != '0') {
                return false;
            }
            continue;
        }
        digits -= fraction;
        if (__builtin_mul_overflow(*units, 10, units) ||
            __builtin_add_overflow(*units, (uint64_t)(*text - '0'), units)) {
            return false;
        }
    }
    for (; digits > 0; digits--) {
        if (__builtin_mul_overflow(*units, 10, units)) {
            return false;
        }
    }
    return any;
}

bool argonaut_parse_price(const char *text, argonaut_price_t *price) {
    bool negative;
    uint64_t units;
    if (!parse(text, 9, &negative, &units) || units > (uint64_t)INT64_MAX) {
        return false;
    }
    *price = negative ? -(argonaut_price_t)units : (argonaut_price_t)units;
    return true;
}

bool argonaut_parse_quantity(const char *text, argonaut_quantity_t *quantity) {
    bool negative;
    return parse(text, 8, &negative, quantity) && (!negative || *quantity == 0);
}

static const char *show(bool negative, uint64_t units, unsigned digits, char *text) {
    /* Written from the end: at most 20 digits, a point and a sign. */
    char *start = text + sizeof(argonaut_number_t) - 1;
    *start = 0;
    bool shown = false;
    for (unsigned place = 0; place <= digits || units > 0; place++) {
        if (place == digits) {
            if (shown) {
                *--start = '.';
            }
            shown = true;
        }
        shown |= units % 10 != 0;
        if (shown) {
            *--start = (char)('0' + units % 10);
        }
        units /= 10;
    }
    if (negative) {
        *--start = '-';
    }
    memmove(text, start, strlen(start) + 1);
    return text;
}

const char *argonaut_show_price(argonaut_price_t price, argonaut_number_t text) {
    uint64_t units = price < 0 ? 0 - (uint64_t)price : (uint64_t)price;
    return show(price < 0, units, 9, text);
}

const char *argonaut_show_quantity(argonaut_quantity_t quantity, argonaut_number_t text) {
    return show(false, quantity, 8, text);
}

double argonaut_price_to_double(argonaut_price_t price) {
    return (double)price / (double)ARGONAUT_PRICE_SCALE;
}

argonaut_price_t argonaut_nearest_price(double price, argonaut_price_t tick) {
    double steps = __builtin_rint(price * (double)ARGONAUT_PRICE_SCALE / (double)tick);
    argonaut_price_t nearest;
    /* The comparison is false for what is no number. */
    if (!(__builtin_fabs(steps) < 9.0e18) ||
        __builtin_mul_overflow((int64_t)steps, tick, &nearest)) {
        argonaut_stop_with("%g is no price", price);
    }
    return nearest;
}

argonaut_price_t argonaut_add_prices(argonaut_price_t a, argonaut_price_t b) {
    argonaut_price_t sum;
    if (__builtin_add_overflow(a, b, &sum)) {
        argonaut_stop_with("a price overflowed");
    }
    return sum;
}

argonaut_quantity_t argonaut_add_quantities(argonaut_quantity_t a, argonaut_quantity_t b) {
    argonaut_quantity_t sum;
    if (__builtin_add_overflow(a, b, &sum)) {
        argonaut_stop_with("a quantity overflowed");
    }
    return sum;
}
