/* err.h - how every fallible function in this repository reports failure.
 *
 * A function that can fail returns bool (or a pointer, NULL on failure) and
 * takes `err *e` as its LAST parameter. `e` is never NULL and is written only
 * on failure, so calls chain with && and the first failure is the one kept.
 * Callers on the way up add context with err_wrap(); nobody prints below
 * `cli` and `server`. Programmer mistakes are not errors: assert them. */
#ifndef BASE_ERR_H
#define BASE_ERR_H

#include <stdbool.h>

#include "base/attr.h"

/* One table; the enum, the names, the HTTP status and the exit code of each
 * error are generated from it. X(name, http, exit, text). The exit codes are
 * those that scripts rely on (README). */
#define ERR_CODES(X)                                   \
    X(OK, 200, 0, "ok")                                \
    X(INTERNAL, 500, 1, "internal error")              \
    X(NOMEM, 503, 1, "out of memory")                  \
    X(ARG, 400, 2, "bad argument")                     \
    X(FORMAT, 422, 2, "malformed input")               \
    X(NOT_FOUND, 404, 2, "not found")                  \
    X(NOT_IN_DATA, 422, 3, "not in this data")         \
    X(AMBIGUOUS, 409, 4, "ambiguous")                  \
    X(REFUSED, 403, 5, "refused by the guard")         \
    X(LIMIT, 413, 6, "limit exceeded")                 \
    X(DB, 502, 7, "database error")                    \
    X(MODEL, 503, 8, "model or weights error")         \
    X(IO, 500, 9, "disk or permission error")          \
    X(CANCELLED, 499, 130, "interrupted")

typedef enum err_code {
#define X(name, http, exit, text) ERR_##name,
    ERR_CODES(X)
#undef X
} err_code;

typedef struct err {
    err_code code;
    char msg[512]; /* NUL-terminated, complete sentence for the user */
} err;

/* Record a failure. Always returns false: `return err_set(e, ERR_IO, ...)`. */
bool err_set(err *e, err_code code, const char *fmt, ...) PRINTF(3, 4);

/* Prefix the message: "loading model: x.gguf: bad magic". Returns false. */
bool err_wrap(err *e, const char *fmt, ...) PRINTF(2, 3);

const char *err_name(err_code code); /* "not_in_data", as in the state's JSON */
const char *err_text(err_code code);
int err_http_status(err_code code);
int err_exit_code(err_code code);

#endif
