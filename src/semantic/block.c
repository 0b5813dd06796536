/* block.c - groups and measures for one period.
 *
 * Measures are taken apart into leaves (an expression over one table); leaves
 * of the same rows share a side. One side is a plain SELECT. Several sides are
 * each aggregated to the groups first and then joined by them: no row of one
 * fact ever meets two rows of another. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "semantic/compile_impl.h"

void block_spec_init(compiler *c, block_spec *spec)
{
    *spec = (block_spec){.period = c->q.period, .prefix = "", .only_condition = -1, .physical_entity = -1,
                         .n_groups = c->q.n_groups};
    for (int i = 0; i < c->q.n_groups; i++)
        spec->groups[i] = c->q.groups[i];
}

void block_add(block_spec *spec, const metric_def *def, const char *name)
{
    if (spec->n_measures < MAX_MEASURES)
        spec->measures[spec->n_measures++] = (measure){.def = def, .name = name};
}

/* ---- formulas ------------------------------------------------------------------ */

typedef struct leaf_ref {
    const metric_def *def;
    const char *sql;
    bool loose;
} leaf_ref;

typedef struct leaves {
    leaf_ref all[MAX_LEAVES];
    int n;
} leaves;

static const metric_def *leaf_named(const compiler *c, const block_spec *spec, const char *id, size_t n)
{
    for (int i = 0; i < spec->n_own; i++)
        if (strlen(spec->own[i]->metric.name.id) == n && !strncmp(spec->own[i]->metric.name.id, id, n))
            return spec->own[i];
    for (int i = 0; i < c->l->n_metrics; i++) {
        const char *name = c->l->metrics[i].metric.name.id;

        if (strlen(name) == n && !strncmp(name, id, n))
            return &c->l->metrics[i];
    }
    return NULL;
}

static size_t word_length(const char *p)
{
    size_t n = 0;

    if (isalpha((unsigned char)*p) || *p == '_')
        while (isalnum((unsigned char)p[n]) || p[n] == '_')
            n++;
    return n;
}

static bool is_loose(const measure *m, const metric_def *leaf)
{
    for (int i = 0; i < m->def->n_loose; i++)
        if (m->def->loose[i] == leaf->metric.id)
            return true;
    return false;
}

static bool own_leaf(const block_spec *spec, const metric_def *leaf)
{
    for (int i = 0; i < spec->n_own; i++)
        if (spec->own[i] == leaf)
            return true;
    return false;
}

static bool add_leaf(compiler *c, const block_spec *spec, leaves *all, const measure *m, const metric_def *leaf)
{
    bool loose = is_loose(m, leaf) || (own_leaf(spec, leaf) && leaf->n_loose);

    for (int i = 0; i < all->n; i++)
        if (all->all[i].def == leaf) {
            all->all[i].loose = all->all[i].loose && loose;
            return true;
        }
    if (all->n >= MAX_LEAVES)
        return err_set(c->e, ERR_LIMIT, "too many measures in one question");
    all->all[all->n++] = (leaf_ref){.def = leaf, .loose = loose, .sql = "NULL"};
    return true;
}

static bool find_leaves(compiler *c, const block_spec *spec, leaves *all)
{
    for (int i = 0; i < spec->n_measures; i++) {
        const measure *m = &spec->measures[i];

        if (!m->def->formula) {
            if (!add_leaf(c, spec, all, m, m->def))
                return false;
            continue;
        }
        for (const char *p = m->def->formula; *p;) {
            size_t n = word_length(p);
            const metric_def *leaf = n ? leaf_named(c, spec, p, n) : NULL;

            if (leaf && !add_leaf(c, spec, all, m, leaf))
                return false;
            p += n ? n : 1;
        }
    }
    return true;
}

static const char *leaf_text(const leaves *all, const metric_def *leaf)
{
    for (int i = 0; i < all->n; i++)
        if (all->all[i].def == leaf)
            return all->all[i].sql;
    return "NULL";
}

/* The length of the factor at p: a word, a number or a group in brackets. */
static size_t factor_length(const char *p)
{
    size_t n = word_length(p);
    int depth = 0;

    if (n)
        return n;
    if (*p != '(') {
        while (isdigit((unsigned char)p[n]) || p[n] == '.')
            n++;
        return n;
    }
    for (; p[n]; n++) {
        depth += p[n] == '(' ? 1 : p[n] == ')' ? -1 : 0;
        if (!depth)
            return n + 1;
    }
    return n;
}

/* Leaves put into the formula; what is divided by becomes nullif(…, 0). */
static const char *formula_sql(compiler *c, const block_spec *spec, const leaves *all, const char *formula, size_t len)
{
    const char *out = "", *end = formula + len;

    for (const char *p = formula; p < end;) {
        size_t n = word_length(p);

        if (n) {
            const metric_def *leaf = leaf_named(c, spec, p, n);

            out = text_f(c, "%s%s", out, leaf ? leaf_text(all, leaf) : "NULL");
        } else if (*p == '/') {
            const char *f = p + 1;

            while (*f == ' ')
                f++;
            n = factor_length(f);
            if (isdigit((unsigned char)*f))
                out = text_f(c, "%s/ %.*s", out, (int)n, f);
            else
                out = text_f(c, "%s/ nullif(%s, 0)", out, formula_sql(c, spec, all, f, n));
            n += (size_t)(f - p);
        } else {
            out = text_f(c, "%s%c", out, *p);
            n = 1;
        }
        p += n;
    }
    return out;
}

/* ---- sides ----------------------------------------------------------------------- */

static bool sort_into_sides(compiler *c, const leaves *all, side *sides, int *n)
{
    for (int i = 0; i < all->n; i++) {
        const metric_def *leaf = all->all[i].def;
        int k = 0;

        while (k < *n && (sides[k].loose != all->all[i].loose || !side_matches(c, &sides[k], leaf)))
            k++;
        if (k == *n) {
            if (*n >= MAX_SIDES)
                return err_set(c->e, ERR_LIMIT, "too many tables in one question");
            sides[k] = (side){.loose = all->all[i].loose};
            (*n)++;
        }
        sides[k].leaves[sides[k].n_leaves++] = leaf;
    }
    return true;
}

static bool lacks_group(const block_spec *spec, const side *x)
{
    for (int i = 0; i < spec->n_groups; i++)
        if (!x->keys[i].present)
            return true;
    return false;
}

static const char *present_keys(compiler *c, const block_spec *spec, const group_key *keys)
{
    const char *list = "";

    for (int i = 0; i < spec->n_groups; i++) {
        if (!keys[i].present)
            continue;
        if (keys[i].key)
            list = text_join(c, list, ", ", "%s", keys[i].key_name);
        list = text_join(c, list, ", ", "%s", keys[i].label_name);
    }
    return list;
}

static const char *select_keys(compiler *c, int n, const group_key *keys)
{
    const char *list = "";

    for (int i = 0; i < n; i++) {
        if (!keys[i].present)
            continue;
        if (keys[i].key)
            list = text_join(c, list, ", ", "%s", aliased(c, keys[i].key, keys[i].key_name));
        list = text_join(c, list, ", ", "%s", aliased(c, keys[i].label, keys[i].label_name));
    }
    return list;
}

static const char *group_by(compiler *c, int n, const group_key *keys)
{
    const char *list = "";

    for (int i = 0; i < n; i++) {
        if (!keys[i].present)
            continue;
        if (keys[i].key)
            list = text_join(c, list, ", ", "%s", keys[i].key);
        list = text_join(c, list, ", ", "%s", keys[i].label);
    }
    return list[0] ? text_f(c, " GROUP BY %s", list) : "";
}

static void set_leaf(leaves *all, const metric_def *leaf, const char *sql)
{
    for (int i = 0; i < all->n; i++)
        if (all->all[i].def == leaf)
            all->all[i].sql = sql;
}

static void side_cte(compiler *c, const block_spec *spec, side *x, int number)
{
    const char *select = select_keys(c, spec->n_groups, x->keys);

    for (int i = 0; i < x->n_leaves; i++)
        select = text_join(c, select, ", ", "%s AS %s", x->exprs[i], sql_identifier(c->a, x->leaves[i]->metric.name.id));
    x->name = text_f(c, "%s%s_total", spec->prefix, c->l->tables[x->s.tables[0]].name);
    for (const char *p = x->name; *p; p++)
        if (!isalnum((unsigned char)*p) && *p != '_')
            x->name = text_f(c, "%sside_%d", spec->prefix, number);
    if (strstr(c->ctes, text_f(c, "%s AS (", x->name)) || layer_table_find(c->l, x->name) >= 0)
        x->name = text_f(c, "%s_%d", x->name, number + 1);
    add_cte(c, x->name, text_f(c, "SELECT %s %s%s%s", select, source_from(c, &x->s), source_where_text(c, &x->s),
                               group_by(c, spec->n_groups, x->keys)));
}

/* Sides with all the groups come first: a side that lacks one is looked up. */
static const char *join_sides(compiler *c, const block_spec *spec, side *sides, const int *order, int n)
{
    const char *from = "";

    for (int i = 0; i < n; i++) {
        side *x = &sides[order[i]];
        const char *keys = present_keys(c, spec, x->keys);

        if (i == 0)
            from = text_f(c, "FROM %s", x->name);
        else if (!keys[0])
            from = text_f(c, "%s CROSS JOIN %s", from, x->name);
        else
            from = text_f(c, "%s %s JOIN %s USING (%s)", from, lacks_group(spec, x) ? "LEFT" : "FULL", x->name, keys);
    }
    return from;
}

static bool single(compiler *c, const block_spec *spec, side *x, leaves *all, block *b)
{
    if (lacks_group(spec, x)) {
        for (int i = 0; i < spec->n_groups; i++)
            if (!x->keys[i].present)
                return err_set(c->e, ERR_NOT_IN_DATA, "%s: not by %s", c->l->tables[x->s.tables[0]].says,
                               spec->groups[i].dimension >= 0
                                   ? c->l->dimensions[spec->groups[i].dimension].dimension.name.title
                                   : grain_title(spec->groups[i].grain));
    }
    for (int i = 0; i < x->n_leaves; i++)
        set_leaf(all, x->leaves[i], x->exprs[i]);
    memcpy(b->keys, x->keys, sizeof b->keys);
    b->from = source_from(c, &x->s);
    b->where = source_where_text(c, &x->s);
    b->grouped = true;
    return true;
}

static bool several(compiler *c, const block_spec *spec, side *sides, int n, leaves *all, block *b)
{
    int order[MAX_SIDES] = {0}, k = 0;

    for (int pass = 0; pass < 2; pass++)
        for (int i = 0; i < n; i++)
            if (lacks_group(spec, &sides[i]) == (pass == 1))
                order[k++] = i;
    if (lacks_group(spec, &sides[order[0]]))
        return err_set(c->e, ERR_NOT_IN_DATA, "%s: not by all of these groups",
                       c->l->tables[sides[order[0]].s.tables[0]].says);
    for (int i = 0; i < n; i++) {
        side *x = &sides[i];

        side_cte(c, spec, x, i);
        for (int m = 0; m < x->n_leaves; m++) {
            const char *column = text_f(c, "%s.%s", x->name, sql_identifier(c->a, x->leaves[m]->metric.name.id));

            set_leaf(all, x->leaves[m], x->leaves[m]->metric.additivity == SEM_ADDITIVE
                                            ? text_f(c, "coalesce(%s, 0)", column)
                                            : column);
        }
    }
    b->from = join_sides(c, spec, sides, order, n);
    b->where = "";
    for (int i = 0; i < spec->n_groups; i++) {
        b->keys[i] = sides[order[0]].keys[i];
        b->keys[i].label = b->keys[i].label_name;
        b->keys[i].key = b->keys[i].key ? b->keys[i].key_name : NULL;
    }
    return true;
}

/* ---- the block --------------------------------------------------------------------- */

bool block_make(compiler *c, const block_spec *spec, block *b)
{
    leaves all = {0};
    side *sides = arena_push(c->a, side, MAX_SIDES);
    int n = 0;

    *b = (block){.n_keys = spec->n_groups};
    if (!sides)
        return err_set(c->e, ERR_NOMEM, "the question is too large");
    if (!find_leaves(c, spec, &all) || !sort_into_sides(c, &all, sides, &n))
        return false;
    for (int i = 0; i < n; i++)
        if (!side_make(c, spec, &sides[i]))
            return false;
    if (n == 1 ? !single(c, spec, &sides[0], &all, b) : !several(c, spec, sides, n, &all, b))
        return false;
    for (int i = 0; i < spec->n_measures; i++) {
        const metric_def *d = spec->measures[i].def;

        b->measures[i] = d->formula ? formula_sql(c, spec, &all, d->formula, strlen(d->formula)) : leaf_text(&all, d);
    }
    return true;
}

const char *block_group_by(compiler *c, const block *b)
{
    return b->grouped ? group_by(c, b->n_keys, b->keys) : "";
}

const char *key_list(compiler *c, const block *b)
{
    const char *list = "";

    for (int i = 0; i < b->n_keys; i++) {
        if (b->keys[i].key)
            list = text_join(c, list, ", ", "%s", b->keys[i].key_name);
        list = text_join(c, list, ", ", "%s", b->keys[i].label_name);
    }
    return list;
}

const char *block_select(compiler *c, const block_spec *spec, const block *b)
{
    const char *select = b->grouped ? select_keys(c, b->n_keys, b->keys) : key_list(c, b);

    for (int i = 0; i < spec->n_measures; i++)
        select = text_join(c, select, ", ", "%s", aliased(c, b->measures[i], spec->measures[i].name));
    return text_f(c, "SELECT %s %s%s%s", select, b->from, b->where, block_group_by(c, b));
}
