/* derive_joins.c - how the tables of a database nobody described join.
 *
 * Declared foreign keys first. Where a column has none, its name is looked for
 * among the keys of other tables (`city_id` for `cities.id`, `city_id` for
 * `cities.city_id`, `home_team_id` for `teams.team_id`), and the values decide:
 * each of them, up to INCLUSION_VALUES, must be a key there, and no key may
 * come twice, so that a join never multiplies rows. What is looked at is bounded
 * by rows, not by time, so that the same data give the same layer. */
#include <stdlib.h>
#include <string.h>

#include "semantic/derive_impl.h"

enum { INCLUSION_VALUES = 10000, INCLUSION_ROWS = 20000000, INCLUSION_CHECKS = 256, INCLUSION_MS = 2000 };

const char join_declared[] = "declared", join_by_name[] = "inferred (name)",
           join_by_values[] = "inferred (name and inclusion)";

static bool numeric(const db_column *c) { return c->type == DB_INTEGER || c->type == DB_DECIMAL || c->type == DB_DOUBLE; }

static bool unique(const db_table *t, const db_column *c)
{
    return t->n_rows > 1 && !c->n_null && c->n_distinct >= 0 &&
           (c->n_distinct == t->n_rows || (t->n_rows > INCLUSION_VALUES && c->n_distinct > t->n_rows / 100 * 95));
}

int derive_key(deriver *d, int table)
{
    const db_table *t = &d->c->tables[table];
    const char *one = derive_singular(d, derive_words(d, t->name));
    int found = -1, n = 0;

    for (int i = 0; i < t->n_columns; i++)
        if (t->columns[i].primary_key)
            found = i, n++;
    for (int i = 0; !n && i < t->n_columns && found < 0; i++) {
        const char *words = derive_words(d, t->columns[i].name);
        const bool named = !strcmp(words, "id") || !strcmp(words, derive_pair(d, one, "id")) || !strcmp(words, derive_pair(d, one, "code")) ||
                           !strcmp(words, derive_pair(d, one, "key")) || (i == 0 && words_end_in(words, "id"));

        if (named && unique(t, &t->columns[i]) && (t->columns[i].type == DB_INTEGER || t->columns[i].type == DB_TEXT))
            found = i;
    }
    return n > 1 ? -1 : found;
}

static bool add_join(deriver *d, int table, int column, int to, int to_column, const char *found)
{
    table_def *t = &d->l->tables[table];
    str s = {0};

    if (table == to || to >= d->l->n_tables || t->n_joins >= MAX_JOINS)
        return false;
    for (int i = 0; i < t->n_joins; i++)
        if (t->joins[i].table == to)
            return false; /* the first of two ways to a table is taken */
    str_addf(&s, "%s = %s", derive_column_sql(d, to, to_column), derive_column_sql(d, table, column));
    t->joins[t->n_joins] = (join_def){.on = derive_keep(d, &s), .table = to, .found = found};
    t->n_joins++;
    return true;
}

/* Does the name of `column` point to `key` of `to`? 2: exactly, 1: by its end. */
static int names_fit(deriver *d, const char *column, int to, const char *key)
{
    const char *words = derive_words(d, column), *key_words = derive_words(d, key);
    const char *one = derive_singular(d, derive_words(d, d->c->tables[to].name));

    if (!strcmp(words, key_words))
        return strcmp(words, "id") && strcmp(words, "code") && strcmp(words, "key") ? 2 : 0;
    if (!strcmp(words, derive_pair(d, one, key_words)))
        return 2;
    if (!words_end_in(words, "id") && !words_end_in(words, "code") && !words_end_in(words, "key"))
        return 0;
    return words_end_in(words, derive_pair(d, one, key_words)) || (strchr(key_words, ' ') && words_end_in(words, key_words)) ? 1 : 0;
}

/* What the catalog alone can rule out. */
static bool may_include(const db_column *c, const db_column *key)
{
    if (numeric(c) != numeric(key) || (!numeric(c) && c->type != key->type))
        return false;
    if (c->n_distinct >= 0 && key->n_distinct >= 0 && c->n_distinct > key->n_distinct)
        return false;
    return !numeric(c) || !*c->min_text || !*key->min_text ||
           (strtod(c->min_text, NULL) >= strtod(key->min_text, NULL) && strtod(c->max_text, NULL) <= strtod(key->max_text, NULL));
}

static bool includes(deriver *d, int table, int column, int to, int key)
{
    const char *a = sql_identifier(d->a, d->c->tables[table].name), *b = sql_identifier(d->a, d->c->tables[to].name);
    const char *x = sql_identifier(d->a, d->c->tables[table].columns[column].name);
    const char *k = sql_identifier(d->a, d->c->tables[to].columns[key].name);
    const db_limits limits = {.max_rows = 1, .timeout_ms = INCLUSION_MS};
    err ignored = {0};
    db_result *r;
    str s = {0};
    bool all;

    str_addf(&s, "SELECT (SELECT count(*) FROM (SELECT DISTINCT %s AS v FROM %s WHERE %s IS NOT NULL LIMIT %d) AS s LEFT JOIN %s ON %s.%s = s.v "
             "WHERE %s.%s IS NULL) + (SELECT count(%s) - count(DISTINCT %s) FROM %s) AS missing", x, a, x, INCLUSION_VALUES, b, b, k, b, k, k, k, b);
    r = s.bad ? NULL : db_execute(d->db, str_text(&s), &limits, &ignored);
    all = r && r->n_rows == 1 && !db_cell_null(r, 0, 0) && db_cell_number(r, 0, 0) == 0;
    db_result_free(r);
    str_deinit(&s);
    return all;
}

static bool affordable(deriver *d, int table, int to)
{
    const int64_t rows = d->c->tables[table].n_rows + d->c->tables[to].n_rows;

    if (!d->db || d->checks >= INCLUSION_CHECKS || d->rows_read + rows > INCLUSION_ROWS)
        return false;
    d->checks++;
    d->rows_read += rows;
    return true;
}

static void infer_join(deriver *d, int table, int column, int fit)
{
    const db_column *c = &d->c->tables[table].columns[column];

    for (int to = 0; to < d->l->n_tables; to++) {
        const int key = to == table ? -1 : d->keys[to];
        const char *found = join_by_name;

        if (key < 0 || names_fit(d, c->name, to, d->c->tables[to].columns[key].name) != fit ||
            !may_include(c, &d->c->tables[to].columns[key]))
            continue;
        if (affordable(d, table, to)) {
            if (!includes(d, table, column, to, key))
                continue;
            found = join_by_values;
        } else if (fit < 2 || !d->c->tables[to].columns[key].primary_key) {
            continue; /* a name alone is enough only where it says all */
        }
        if (add_join(d, table, column, to, key, found))
            return;
    }
}

void derive_joins(deriver *d, int table)
{
    const db_table *t = &d->c->tables[table];

    for (int i = 0; i < t->n_columns; i++)
        if (t->columns[i].fk_table >= 0)
            (void)add_join(d, table, i, t->columns[i].fk_table, t->columns[i].fk_column, join_declared);
    for (int fit = 2; fit > 0; fit--)
        for (int i = 0; i < t->n_columns; i++)
            if (t->columns[i].fk_table < 0 && i != d->keys[table] && t->columns[i].n_distinct != 0)
                infer_join(d, table, i, fit);
}
