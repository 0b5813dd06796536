/* restrict.c - rows that a policy hides.
 *
 * Each table with a rule is read through a subquery that keeps the rule's rows:
 * sales becomes (SELECT * FROM sales WHERE (rule) LIMIT n) AS sales. The LIMIT
 * keeps nothing back; it is a wall: without it the database may compute the
 * asker's own conditions on hidden rows first, and an error such as "could not
 * convert 'secret' to a number" would tell them. */
#include <stdint.h>
#include <string.h>

#include "base/str.h"
#include "sql/print_impl.h"
#include "sql/tree.h"

#define WALL "9223372036854775807"

typedef struct restrictor {
    arena *a;
    const db_catalog *catalog;
    const sql_policy *policy;
    err *e;
} restrictor;

/* The rules of a table, all of them. */
static void add_rules(const restrictor *r, const db_table *t, str *out)
{
    const char *before = "";

    for (int i = 0; i < r->policy->n_rows; i++)
        if (str_equal_nocase(r->policy->rows[i].table, t->name)) {
            str_addf(out, "%s(%s)", before, r->policy->rows[i].condition);
            before = " AND ";
        }
}

/* sales becomes main.sales AS sales: a WITH of the asker's can't stand in its place. */
static bool qualify(void *arg, const sql_from *seen)
{
    const restrictor *r = arg;
    sql_from *f = (sql_from *)(uintptr_t)seen;
    const char **parts;

    if (f->kind != SQL_F_TABLE || f->table < 0)
        return true;
    parts = arena_push(r->a, const char *, 2);
    if (!parts)
        return err_set(r->e, ERR_NOMEM, "the statement needs more memory than it may have");
    if (!f->alias)
        f->alias = f->parts.at[f->parts.n - 1];
    parts[0] = "main";
    parts[1] = f->parts.at[f->parts.n - 1];
    f->parts = (sql_names){parts, 2};
    return true;
}

static sql_query *restricted(const restrictor *r, const db_table *t, const char *rules)
{
    const sql_visitor v = {.from = qualify, .arg = (void *)(uintptr_t)r};
    printer text = {.level = -1};
    sql_stmt *s = NULL;

    str_adds(&text.out, "SELECT * FROM ");
    print_name(&text, t->name);
    str_addf(&text.out, " WHERE %s LIMIT " WALL, rules);
    if (text.out.bad)
        err_set(r->e, ERR_NOMEM, "out of memory");
    else
        s = sql_parse(r->a, text.out.text, r->e);
    str_deinit(&text.out);
    if (s && sql_bind(r->a, s, r->catalog, r->e) && sql_guard(s, r->catalog, NULL, r->e) &&
        sql_walk(s->query, &v))
        return s->query;
    err_wrap(r->e, "the row rule of table %s", t->name);
    return NULL;
}

static bool restrict_one(const restrictor *r, sql_from *f)
{
    const db_table *t = &r->catalog->tables[f->table];
    sql_query *q = NULL;
    str rules = {0};

    add_rules(r, t, &rules);
    if (rules.bad)
        err_set(r->e, ERR_NOMEM, "out of memory");
    else if (rules.n)
        q = restricted(r, t, rules.text);
    if (q) {
        f->alias = f->alias ? f->alias : f->parts.at[f->parts.n - 1];
        f->kind = SQL_F_QUERY;
        f->query = q;
        f->depth = q->depth + 1;
    }
    str_deinit(&rules);
    return q || (!rules.bad && r->e->code == ERR_OK);
}

/* Tables are gathered before any is changed: the walk would go into the new queries. */
typedef struct tables {
    arena *a;
    sql_from **at;
    int n, cap;
} tables;

static bool gather(void *arg, const sql_from *f)
{
    tables *t = arg;

    if (f->kind != SQL_F_TABLE || f->table < 0)
        return true;
    if (t->n == t->cap) {
        sql_from **more = arena_push(t->a, sql_from *, t->cap ? 2 * (size_t)t->cap : 16);

        if (!more)
            return false;
        if (t->n)
            memcpy(more, t->at, (size_t)t->n * sizeof *more);
        t->at = more;
        t->cap = t->cap ? 2 * t->cap : 16;
    }
    t->at[t->n++] = (sql_from *)(uintptr_t)f; /* the tree is the caller's */
    return true;
}

bool sql_restrict(arena *a, sql_stmt *s, const db_catalog *c, const sql_policy *p, err *e)
{
    err first = {0};
    restrictor r = {a, c, p, &first};
    tables t = {.a = a};
    const sql_visitor v = {.from = gather, .arg = &t};

    if (!p || !p->n_rows)
        return true;
    if (!sql_walk(s->query, &v))
        return err_set(e, ERR_NOMEM, "the statement needs more memory than it may have");
    for (int i = 0; i < t.n; i++)
        if (!restrict_one(&r, t.at[i])) {
            *e = first;
            return false;
        }
    return true;
}
