/* chart_facts.c - what the columns of a result are, for the chart rules.
 *
 * Roles come from the plan where there is one, else from names and types
 * (state.c). Ids, years and codes are never measures. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

#include "agent/chart_impl.h"

enum { WIDE_TEXT = 60, SAMPLED_ROWS = 2000 };

int text_width(const char *text)
{
    const utf8proc_uint8_t *p = (const utf8proc_uint8_t *)text;
    utf8proc_ssize_t left = (utf8proc_ssize_t)strlen(text), n;
    utf8proc_int32_t c;
    int width = 0;

    while (left > 0) {
        n = utf8proc_iterate(p, left, &c);
        if (n <= 0) { /* a stray byte takes one column */
            n = 1;
            c = '?';
        }
        width += utf8proc_charwidth(c);
        p += n;
        left -= n;
    }
    return width;
}

/* Distinct cells of a column, or -1 without memory. Sorted copies: n log n. */
static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static const char *cell_key(const agent_state *s, int64_t row, int column, arena *a)
{
    char buffer[64];

    return db_cell_null(s->results, row, column)
               ? "\x01NULL"
               : arena_str(a, db_cell_text(s->results, row, column, buffer));
}

static int64_t n_distinct(const agent_state *s, const int *columns, int n, arena *a)
{
    const int64_t rows = s->results->n_rows;
    const char **keys = arena_push(a, const char *, (size_t)rows + 1);
    int64_t distinct = rows > 0;

    for (int64_t i = 0; keys && i < rows; i++) {
        str key = {0};

        for (int j = 0; j < n; j++) {
            const char *cell = cell_key(s, i, columns[j], a);

            str_addf(&key, "%s\x1f", cell ? cell : "");
        }
        keys[i] = arena_str(a, str_text(&key));
        str_deinit(&key);
        if (!keys[i])
            return -1;
    }
    if (!keys)
        return -1;
    qsort(keys, (size_t)rows, sizeof *keys, by_text);
    for (int64_t i = 1; i < rows; i++)
        distinct += strcmp(keys[i], keys[i - 1]) != 0;
    return distinct;
}

static int longest(const agent_state *s, int column)
{
    int width = 0, w;
    str cell = {0};

    for (int64_t i = 0; i < s->results->n_rows && i < SAMPLED_ROWS; i++) {
        str_reset(&cell);
        agent_format_cell(s, i, column, &cell);
        w = text_width(str_text(&cell));
        width = w > width ? w : width;
    }
    str_deinit(&cell);
    return width;
}

static bool is_id(const agent_column *c)
{
    static const char *const ends[] = {"_id", "_code", "_key", "sku", "code", "uuid"};

    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++)
        if (str_ends(c->name, ends[i]))
            return true;
    return str_equal_nocase(c->name, "id");
}

static void add_column(const agent_state *s, int i, chart_facts *f)
{
    const agent_column *c = &s->columns[i];
    const bool number = column_is_number(s, i);

    if (c->role == 't' && f->time < 0)
        f->time = i;
    else if (is_id(c) && c->role != 'm')
        f->n_ids++;
    else if (number && strchr("mbcs", c->role)) {
        if (f->n_measures && s->columns[f->measures[0]].unit != c->unit)
            f->other_measure = f->n_other_measures++ ? f->other_measure : i;
        else
            f->measures[f->n_measures++] = i;
    } else if (!number && c->type == DB_TEXT && longest(s, i) > WIDE_TEXT)
        f->n_wide++;
    else
        f->categories[f->n_categories++] = i;
}

static void add_values(const agent_state *s, chart_facts *f)
{
    double v;

    for (int j = 0; j < f->n_measures; j++)
        for (int64_t i = 0; i < s->results->n_rows; i++) {
            v = state_number(s, i, f->measures[j]);
            if (isnan(v))
                continue;
            f->negative = f->negative || v < 0;
            if (!j)
                f->sum += v;
        }
}

static bool count_members(const agent_state *s, arena *a, chart_facts *f)
{
    int keys[CHART_MAX_COLUMNS + 1], n = 0;

    if (f->time >= 0) {
        keys[n++] = f->time;
        f->n_times = n_distinct(s, &f->time, 1, a);
    }
    for (int i = 0; i < f->n_categories; i++)
        keys[n++] = f->categories[i];
    if (f->n_categories)
        f->n_labels = n_distinct(s, &f->categories[0], 1, a);
    if (f->n_categories > 1)
        f->n_members = n_distinct(s, &f->categories[1], 1, a);
    f->keyed = n && n_distinct(s, keys, n, a) == f->n_rows;
    return f->n_times >= 0 && f->n_labels >= 0 && f->n_members >= 0;
}

bool chart_facts_of(const agent_state *s, arena *a, chart_facts *f, err *e)
{
    *f = (chart_facts){.time = -1, .n_rows = s->results ? s->results->n_rows : 0};
    if (!s->results || !s->columns || s->results->n_columns > CHART_MAX_COLUMNS)
        return true;
    for (int i = 0; i < s->results->n_columns; i++)
        add_column(s, i, f);
    if (!f->n_rows)
        return true;
    add_values(s, f);
    if (f->n_categories)
        f->longest_label = longest(s, f->categories[0]);
    if (f->n_measures) {
        const agent_column *m = &s->columns[f->measures[0]];

        f->share = s->intent == INTENT_SHARE || m->role == 's';
        f->why = s->intent == INTENT_WHY && m->role == 'c';
        f->additive = m->unit == SEM_MONEY || m->unit == SEM_COUNT;
    }
    f->whole = f->share && !f->negative &&
               (s->columns[f->measures[0]].unit != SEM_PERCENT || fabs(f->sum - 100) < 0.5);
    f->additive = f->additive || f->whole;
    f->cyclic = s->time_grain == SEM_WEEKDAY || s->time_grain == SEM_HOUR ||
                s->time_grain == SEM_MONTH_OF_YEAR;
    f->ranked = s->ordered && (s->intent == INTENT_RANKING || s->query.limit > 0);
    if (!count_members(s, a, f))
        return err_set(e, ERR_NOMEM, "out of memory for the chart");
    f->row_level = s->intent == INTENT_LIST || (f->time < 0 && !f->n_categories) ||
                   (!f->keyed && f->time < 0);
    return true;
}
