/* err.c - see err.h. No allocation: reporting out-of-memory must work. */
#include "base/err.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const struct {
    const char *text;
    int http, exit;
} table[] = {
#define X(name, http, exit, text) [ERR_##name] = {text, http, exit},
    ERR_CODES(X)
#undef X
};

bool err_set(err *e, err_code code, const char *fmt, ...)
{
    va_list ap;

    assert(e && code != ERR_OK);
    e->code = code;
    va_start(ap, fmt);
    vsnprintf(e->msg, sizeof e->msg, fmt, ap);
    va_end(ap);
    return false;
}

bool err_wrap(err *e, const char *fmt, ...)
{
    char inner[sizeof e->msg];
    va_list ap;
    int n;

    assert(e && e->code != ERR_OK);
    memcpy(inner, e->msg, sizeof inner);
    va_start(ap, fmt);
    n = vsnprintf(e->msg, sizeof e->msg, fmt, ap);
    va_end(ap);
    if (n >= 0 && (size_t)n < sizeof e->msg)
        snprintf(e->msg + n, sizeof e->msg - (size_t)n, ": %.*s",
                 (int)(sizeof e->msg - (size_t)n), inner);
    return false;
}

const char *err_name(err_code code)
{
    static const char *const lower[] = {
        "ok", "internal", "nomem", "arg", "format", "not_found", "not_in_data",
        "ambiguous", "refused", "limit", "db", "model", "io", "cancelled"};
    _Static_assert(sizeof lower / sizeof lower[0] == sizeof table / sizeof table[0],
                   "a name for every code");
    return lower[code];
}

const char *err_text(err_code code)   { return table[code].text; }
int err_http_status(err_code code)    { return table[code].http; }
int err_exit_code(err_code code)      { return table[code].exit; }
