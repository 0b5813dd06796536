/* gold.c - what a reference statement demands of an answer's order.
 *
 * Where it ends in ORDER BY … LIMIT, the statement is run again without the
 * LIMIT and with the keys of its ORDER BY as further columns, so that ties at
 * the cut are known and need not be guessed. */
#include <stdlib.h>
#include <string.h>

#include "eval/eval_impl.h"

/* The output column that an ORDER BY item names by its place or as its alias; -1: none. */
static int output_of(const sql_select *s, const sql_expr *key)
{
    if (key->kind == SQL_X_NUMBER) {
        const int at = atoi(key->text);

        return at >= 1 && at <= s->n_items ? at - 1 : -1;
    }
    for (int i = 0; i < s->n_items; i++) {
        if (sql_expr_equal(s->items[i].expr, key))
            return i;
        if (key->kind == SQL_X_COLUMN && key->parts.n == 1 && s->items[i].alias &&
            str_equal_nocase(s->items[i].alias, key->parts.at[0]))
            return i;
    }
    return -1;
}

static bool has_star(const sql_select *s)
{
    for (int i = 0; i < s->n_items; i++)
        if (s->items[i].expr->kind == SQL_X_STAR)
            return true;
    return false;
}

/* The keys as columns: those that are there already, the others put after them. */
static bool add_keys(arena *a, sql_query *q, gold *out)
{
    sql_select *s = q->select;
    const int n = s->n_items;
    sql_item *items = arena_push(a, sql_item, (size_t)(n + q->order.n));

    if (!items || q->order.n > GOLD_KEYS_MAX || q->order.all || has_star(s))
        return false;
    memcpy(items, s->items, (size_t)n * sizeof *items);
    s->items = items;
    for (int i = 0; i < q->order.n; i++) {
        int at = output_of(s, q->order.at[i].expr);

        if (at < 0) {
            if (s->distinct || q->order.at[i].expr->kind == SQL_X_NUMBER)
                return false;
            at = s->n_items;
            items[s->n_items++] = (sql_item){.expr = q->order.at[i].expr};
        }
        out->keys[i] = at;
    }
    out->n_keys = q->order.n;
    return true;
}

void gold_read(arena *a, const char *sql, gold *out)
{
    err e = {0};
    sql_stmt *s = sql_parse(a, sql, &e);
    char *text;

    *out = (gold){0};
    text = eval_without_limit(sql, &out->ordered);
    if (s) {
        sql_query *q = s->query;

        out->ordered = q->order.n > 0;
        if (out->ordered && q->limit && !q->offset && !q->limit_percent) {
            q->limit = NULL;
            if (q->kind != SQL_Q_SELECT || !add_keys(a, q, out))
                out->n_keys = 0;
            out->uncut = out->n_keys ? sql_print(a, s, SQL_DUCKDB, 0) : NULL;
        }
    }
    if (!out->uncut) {
        out->n_keys = 0;
        out->uncut = text && out->ordered ? arena_str(a, text) : NULL;
    }
    free(text);
}

bool eval_judge(db *d, const char *sql, const db_result *mine, eval_verdict *v, str *why)
{
    const db_limits wide = {.max_rows = GOLD_ROWS_MAX};
    arena *a = arena_new(64 << 20);
    db_result *rows, *uncut = NULL;
    err e = {0};
    gold g;

    *v = (eval_verdict){0};
    if (!a)
        return false;
    gold_read(a, sql, &g);
    rows = db_execute(d, sql, &wide, &e);
    v->gold_runs = rows != NULL;
    if (!rows)
        str_addf(why, "the reference fails: %s", e.msg);
    else if (mine) {
        if (g.uncut && !eval_rows_equal(rows, mine, true, NULL))
            uncut = db_execute(d, g.uncut, &wide, &e);
        if (!uncut)
            v->right = eval_rows_equal(rows, mine, g.ordered, why);
        else if (g.n_keys)
            v->right = eval_rows_equal_tied(rows, uncut, g.keys, g.n_keys, mine, why);
        else
            v->right = eval_rows_equal_cut(rows, uncut, mine, why);
    }
    db_result_free(rows);
    db_result_free(uncut);
    arena_free(a);
    return true;
}
