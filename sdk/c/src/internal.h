/* What the files of the SDK share and authors do not see. */

#ifndef ARGONAUT_INTERNAL_H
#define ARGONAUT_INTERNAL_H

#include "argonaut.h"

/* Stops the strategy; the text shows in the fault. */
_Noreturn void argonaut_stop_with(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Memory, or the end of the strategy with a text that says why. Not zeroed; NULL of 0 bytes. */
void *argonaut_allocate(size_t size);
/* A C string of text from the host; stays for good, or until it is freed. */
const char *argonaut_keep_text(const strategy_string_t *text);

/* The event's time, or 0 while there is none. */
argonaut_timestamp_t argonaut_event_time(void);

void argonaut_portfolio_restore(const argonaut_snapshot_t *snapshot);
void argonaut_portfolio_on_order(const argonaut_order_event_t *event);
void argonaut_portfolio_on_position(const argonaut_position_event_t *position);

void argonaut_random_begin(const strategy_string_t *strategy);
void argonaut_random_restore(void);
void argonaut_random_keep(void);

/* The reason that argonaut_refuse noted; NULL when it was not called. */
const char *argonaut_refusal(void);

#endif
