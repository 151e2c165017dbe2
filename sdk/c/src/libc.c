/* What the C library asks of an operating system, answered without one: standard output and error
 * go to the log, time is the event's time, everything else fails. Without these the library would
 * import WASI, which no plugin may.
 *
 * The names are those under which wasi-libc imports the functions of WASI's first preview; a
 * definition takes an import's place. */

#include "internal.h"
#include <string.h>

#define WASI(name) __imported_wasi_snapshot_preview1_##name

enum { SUCCESS = 0, BADF = 8, NOSYS = 52 };

typedef struct {
    const uint8_t *bytes;
    size_t length;
} piece_t;

/* One line of output, until its end comes. */
static char line[1024];
static size_t line_length;

static void flush_line(int32_t file) {
    strategy_string_t text = {.ptr = (uint8_t *)line, .len = line_length};
    argonaut_log_write(file == 2 ? ARGONAUT_LOG_LEVEL_ERROR : ARGONAUT_LOG_LEVEL_INFO, &text);
    line_length = 0;
}

int32_t WASI(fd_write)(int32_t file, int32_t pieces, int32_t count, int32_t written) {
    const piece_t *all = (const piece_t *)pieces;
    size_t total = 0;
    for (int32_t i = 0; i < count; i++) {
        for (size_t at = 0; at < all[i].length; at++) {
            if (all[i].bytes[at] == '\n' || line_length == sizeof line) {
                flush_line(file);
            }
            if (all[i].bytes[at] != '\n') {
                line[line_length++] = (char)all[i].bytes[at];
            }
        }
        total += all[i].length;
    }
    *(size_t *)written = total;
    return SUCCESS;
}

int32_t WASI(fd_fdstat_get)(int32_t file, int32_t status) {
    (void)file;
    /* A character device: the library then writes whole lines. */
    memset((void *)status, 0, 24);
    *(uint8_t *)status = 2;
    return SUCCESS;
}

int32_t WASI(fd_seek)(int32_t file, int64_t offset, int32_t whence, int32_t result) {
    (void)file, (void)offset, (void)whence, (void)result;
    return NOSYS;
}

int32_t WASI(fd_read)(int32_t file, int32_t pieces, int32_t count, int32_t read) {
    (void)file, (void)pieces, (void)count, (void)read;
    return BADF;
}

int32_t WASI(fd_close)(int32_t file) {
    (void)file;
    return SUCCESS;
}

int32_t WASI(clock_time_get)(int32_t clock, int64_t precision, int32_t result) {
    (void)clock, (void)precision;
    *(uint64_t *)result = argonaut_event_time();
    return SUCCESS;
}

int32_t WASI(random_get)(int32_t bytes, int32_t length) {
    for (int32_t i = 0; i < length; i++) {
        ((uint8_t *)bytes)[i] = (uint8_t)argonaut_random();
    }
    return SUCCESS;
}

_Noreturn void WASI(proc_exit)(int32_t status) {
    argonaut_stop_with("exit(%d): a strategy cannot exit", status);
}

_Noreturn void __assert_fail(const char *expression, const char *file, int number,
                             const char *function) {
    argonaut_stop_with("%s:%d: %s: assertion failed: %s", file, number, function, expression);
}
