/* Log, signals, saved state and randomness. */

#include "internal.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void write_line(argonaut_log_level_t level, const char *format, va_list arguments) {
    /* The host keeps a kilobyte of a line. */
    char text[1024];
    vsnprintf(text, sizeof text, format, arguments);
    strategy_string_t line;
    strategy_string_set(&line, text);
    argonaut_log_write(level, &line);
}

#define LOG_FUNCTION(name, level)                                                                  \
    void name(const char *format, ...) {                                                           \
        va_list arguments;                                                                         \
        va_start(arguments, format);                                                               \
        write_line(level, format, arguments);                                                      \
        va_end(arguments);                                                                         \
    }

LOG_FUNCTION(argonaut_debug, ARGONAUT_LOG_LEVEL_DEBUG)
LOG_FUNCTION(argonaut_info, ARGONAUT_LOG_LEVEL_INFO)
LOG_FUNCTION(argonaut_warn, ARGONAUT_LOG_LEVEL_WARN)
LOG_FUNCTION(argonaut_error, ARGONAUT_LOG_LEVEL_ERROR)

_Noreturn void argonaut_stop_with(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    write_line(ARGONAUT_LOG_LEVEL_ERROR, format, arguments);
    va_end(arguments);
    __builtin_trap();
}

void *argonaut_allocate(size_t size) {
    void *memory = size ? malloc(size) : NULL;
    if (size && !memory) {
        argonaut_stop_with("no memory left: %zu bytes more were asked for", size);
    }
    return memory;
}

const char *argonaut_signal_text(const argonaut_signal_t *signal, const char *name) {
    for (size_t i = 0; i < signal->value_count; i++) {
        if (strcmp(signal->values[i].name, name) == 0) {
            return signal->values[i].text;
        }
    }
    return NULL;
}

void argonaut_save(argonaut_saved_state_t *state, uint32_t version, const void *bytes,
                   size_t length) {
    strategy_saved_state_free(state);
    state->version = version;
    state->bytes.len = length;
    state->bytes.ptr = argonaut_allocate(length);
    if (length) {
        memcpy(state->bytes.ptr, bytes, length);
    }
}

/* SplitMix64 (Steele, Lea, Flood 2014): one word of state, which the host keeps under this key. */
#define RANDOM_KEY "sdk:random"
static uint64_t random_state;
static bool random_was_used;

void argonaut_random_begin(const strategy_string_t *strategy) {
    /* FNV-1a of the strategy's name. */
    random_state = 0xcbf29ce484222325;
    for (size_t i = 0; i < strategy->len; i++) {
        random_state = (random_state ^ strategy->ptr[i]) * 0x100000001b3;
    }
}

void argonaut_random_restore(void) {
    strategy_string_t key;
    strategy_string_set(&key, RANDOM_KEY);
    strategy_list_u8_t bytes;
    if (argonaut_state_get(&key, &bytes)) {
        if (bytes.len == sizeof random_state) {
            memcpy(&random_state, bytes.ptr, sizeof random_state);
        }
        strategy_list_u8_free(&bytes);
    }
}

void argonaut_random_keep(void) {
    if (random_was_used) {
        random_was_used = false;
        strategy_string_t key;
        strategy_string_set(&key, RANDOM_KEY);
        strategy_list_u8_t bytes = {.ptr = (uint8_t *)&random_state, .len = sizeof random_state};
        argonaut_state_put(&key, &bytes);
    }
}

uint64_t argonaut_random(void) {
    random_was_used = true;
    uint64_t z = random_state += 0x9e3779b97f4a7c15;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
}
