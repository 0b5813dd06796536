/* canonical.c - see canonical.h: the passes, and the proof that what came out
 * can be read again. */
#include "sql/canonical.h"

#include <string.h>

#include "sql/canonical_impl.h"

static char *printed(arena *a, const sql_stmt *s, err *e)
{
    char *text = sql_print(a, s, SQL_DUCKDB, SQL_FROM_FIRST);

    if (!text)
        err_set(e, ERR_NOMEM, "the statement needs more memory than it may have");
    return text;
}

static sql_stmt *bound(arena *a, const char *text, const db_catalog *c, err *e)
{
    sql_stmt *s = sql_parse(a, text, e);

    return s && sql_bind(a, s, c, e) ? s : NULL;
}

/* Some rules open the way for others: a second pass settles them. */
enum { PASSES = 3 };

char *sql_canonical(arena *a, const char *text, const db_catalog *c, err *e)
{
    sql_stmt *s = bound(a, text, c, e);
    err ignored = {0};
    char *plain = s ? printed(a, s, e) : NULL, *result = plain;

    for (int i = 0; s && plain && i < PASSES; i++) {
        canon k = {.a = a, .catalog = c};
        char *next;

        canonical_exprs(&k, s->query);
        canonical_names(&k, s->query);
        next = k.bad ? NULL : printed(a, s, &ignored);
        s = next ? bound(a, next, c, &ignored) : NULL;
        if (!s)
            return plain;
        if (!strcmp(next, result))
            break;
        result = next;
    }
    return result;
}
