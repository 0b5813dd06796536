/* sqlite_types.c - which type a SQLite column gets, from its declared type and
 * all of its values.
 *
 *   INT                       BIGINT; DOUBLE where floats occur
 *   REAL FLOAT DOUBLE NUM DEC DOUBLE
 *   CHAR TEXT CLOB            VARCHAR
 *   DATE TIME                 DATE or TIMESTAMP where every value has ISO form
 *   others, none              BIGINT where all values are integers
 *
 * The first row whose word occurs in the declared type counts; where a value
 * does not fit, the column is VARCHAR. */
#include <string.h>

#include "db/sqlite_impl.h"

/* ---- ISO dates -------------------------------------------------------- */

static bool digits(const char *p, int n, int *value)
{
    *value = 0;
    for (int i = 0; i < n; i++) {
        if (p[i] < '0' || p[i] > '9')
            return false;
        *value = *value * 10 + p[i] - '0';
    }
    return true;
}

/* Howard Hinnant's days_from_civil: years begin in March. */
static int64_t days_of(int y, int m, int d)
{
    const int64_t year = y - (m <= 2), era = (year >= 0 ? year : year - 399) / 400;
    const int64_t of_era = year - era * 400, of_year = (153 * (m + (m > 2 ? -3 : 9)) + 2) / 5 + d - 1;

    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

static bool clock_of(const char *p, size_t n, int64_t *micros)
{
    int h, m, s = 0;
    int64_t part = 0, unit = 100000;

    if (n < 5 || !digits(p, 2, &h) || p[2] != ':' || !digits(p + 3, 2, &m) || h > 23 || m > 59)
        return false;
    if (n > 5 && (n < 8 || p[5] != ':' || !digits(p + 6, 2, &s) || s > 59))
        return false;
    if (n > 8 && (n < 10 || n > 15 || p[8] != '.'))
        return false;
    for (size_t i = 9; i < n; i++, unit /= 10) {
        if (p[i] < '0' || p[i] > '9')
            return false;
        part += (p[i] - '0') * unit;
    }
    *micros = ((int64_t)h * 3600 + m * 60 + s) * 1000000 + part;
    return true;
}

bool lite_iso(const char *text, size_t n, int64_t *days, int64_t *micros, bool *has_clock)
{
    static const int lengths[] = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int y, m, d;

    *micros = 0;
    *has_clock = n > 10;
    if (n < 10 || !digits(text, 4, &y) || text[4] != '-' || !digits(text + 5, 2, &m) ||
        text[7] != '-' || !digits(text + 8, 2, &d))
        return false;
    if (y < 1 || m < 1 || m > 12 || d < 1 || d > lengths[m - 1] ||
        (m == 2 && d == 29 && (y % 4 || (y % 100 == 0 && y % 400))))
        return false;
    *days = days_of(y, m, d);
    return !*has_clock ||
           ((text[10] == ' ' || text[10] == 'T') && clock_of(text + 11, n - 11, micros));
}

/* ---- the rule --------------------------------------------------------- */

static bool says(const lite_column *c, const char *const *words)
{
    for (; *words; words++)
        for (const char *p = c->declared; *p; p++) {
            size_t k = 0;

            while ((*words)[k] && ((p[k] & ~32) == (*words)[k]))
                k++;
            if (!(*words)[k])
                return true;
        }
    return false;
}

static bool has_values(const lite_column *c)
{
    return c->has_integer || c->has_real || c->has_text || c->has_blob;
}

static lite_type type_of(const lite_column *c)
{
    static const char *const integer[] = {"INT", NULL};
    static const char *const real[] = {"REAL", "FLOA", "DOUB", "NUM", "DEC", NULL};
    static const char *const text[] = {"CHAR", "TEXT", "CLOB", NULL};
    static const char *const moment[] = {"DATE", "TIME", NULL};
    const bool other = c->has_text || c->has_blob;

    if (says(c, integer))
        return other ? LITE_TEXT : c->has_real ? LITE_DOUBLE : LITE_INTEGER;
    if (says(c, real))
        return other ? LITE_TEXT : LITE_DOUBLE;
    if (says(c, text))
        return LITE_TEXT;
    if (says(c, moment)) {
        if (!c->has_text || !c->all_iso || c->has_integer || c->has_real || c->has_blob)
            return LITE_TEXT;
        return c->has_clock ? LITE_TIMESTAMP : LITE_DATE;
    }
    return has_values(c) && !other && !c->has_real ? LITE_INTEGER : LITE_TEXT;
}

const char *lite_type_sql(lite_type t)
{
    static const char *const names[] = {[LITE_TEXT] = "VARCHAR", [LITE_INTEGER] = "BIGINT",
                                        [LITE_DOUBLE] = "DOUBLE", [LITE_DATE] = "DATE",
                                        [LITE_TIMESTAMP] = "TIMESTAMP"};

    return names[t];
}

/* ---- the first reading ------------------------------------------------ */

static void look_at(lite_column *c, sqlite3_stmt *s, int i)
{
    int64_t days, micros;
    bool has_clock;

    switch (sqlite3_column_type(s, i)) {
    case SQLITE_INTEGER: c->has_integer = true; return;
    case SQLITE_FLOAT: c->has_real = true; return;
    case SQLITE_BLOB: c->has_blob = true; return;
    case SQLITE_NULL: c->has_null = true; return;
    default: break;
    }
    c->has_text = true;
    if (c->all_iso && says(c, (const char *const[]){"DATE", "TIME", NULL})) {
        const char *text = (const char *)sqlite3_column_text(s, i);

        c->all_iso = text && lite_iso(text, (size_t)sqlite3_column_bytes(s, i), &days, &micros,
                                      &has_clock);
        c->has_clock |= c->all_iso && has_clock;
    }
}

static bool scan_rows(lite *l, lite_table *t, sqlite3_stmt *s, err *e)
{
    int got = SQLITE_DONE;

    while ((got = sqlite3_step(s)) == SQLITE_ROW) {
        for (int i = 0; i < t->n_columns; i++)
            look_at(&t->columns[i], s, i);
        t->n_rows++;
    }
    return got == SQLITE_DONE || lite_failed(l, t->name, e);
}

bool lite_scan(lite *l, lite_table *t, err *e)
{
    sqlite3_stmt *s;
    err why = {0};
    bool ok;

    l->view_deadline = t->is_view ? now_ms() + LITE_VIEW_MS_MAX : 0;
    s = lite_rows(l, t, &why);
    ok = s && scan_rows(l, t, s, &why);
    sqlite3_finalize(s);
    l->view_deadline = 0;
    if (ok && t->is_view && t->n_rows > LITE_VIEW_ROWS_MAX)
        ok = err_set(&why, ERR_LIMIT, "it gives more than %d rows", LITE_VIEW_ROWS_MAX);
    if (!ok && t->is_view && why.code != ERR_CANCELLED)
        return lite_leave_out(l, t, why.msg, e);
    if (!ok)
        return *e = why, false;
    for (int i = 0; i < t->n_columns; i++)
        t->columns[i].type = type_of(&t->columns[i]);
    return true;
}
