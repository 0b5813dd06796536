/* fold.c - figures over rows: "the median of monthly sales", "how many days had
 * more than …", "which place has West".
 *
 * The rows are totalled by all groups first, as `members`; what is folded is a
 * row's figure, never the rows of the table below it. */
#include <string.h>

#include "semantic/compile_impl.h"

static const char *folded(compiler *c, const char *column)
{
    static const char *const functions[] = {[SEM_FOLD_MEAN] = "avg", [SEM_FOLD_MEDIAN] = "median",
                                            [SEM_FOLD_MAX] = "max", [SEM_FOLD_MIN] = "min"};

    if (c->q.fold == SEM_FOLD_COUNT)
        return "count(*)";
    if (c->q.fold == SEM_FOLD_SPREAD)
        return text_f(c, "max(%s) - min(%s)", column, column);
    return text_f(c, "%s(%s)", functions[c->q.fold], column);
}

static const char *fold_word(sem_fold fold)
{
    static const char *const words[] = {[SEM_FOLD_COUNT] = "number", [SEM_FOLD_MEAN] = "mean", [SEM_FOLD_MEDIAN] = "median",
                                        [SEM_FOLD_MAX] = "highest", [SEM_FOLD_MIN] = "lowest", [SEM_FOLD_SPREAD] = "highest less lowest"};

    return words[fold];
}

/* Keys of the rows as columns of `members`. */
static void keys_of_members(compiler *c, block *b)
{
    for (int i = 0; i < b->n_keys; i++) {
        b->keys[i].label = b->keys[i].label_name;
        b->keys[i].key = b->keys[i].key ? b->keys[i].key_name : NULL;
    }
    b->from = "FROM members";
    b->where = "";
    (void)c;
}

static const char *title_of_rows(const compiler *c, const block *b)
{
    return c->q.fold_from < b->n_keys ? b->keys[c->q.fold_from].title : "row";
}

bool fold_rows(compiler *c, const block_spec *spec, block *b, int having)
{
    const metric_def *m = spec->measures[0].def;
    const char *limit = NULL, *title;
    outer o = {0};

    if (c->q.fold > SEM_FOLD_SPREAD || c->q.fold_from < 0 || c->q.fold_from >= spec->n_groups)
        return err_set(c->e, ERR_ARG, "a %s over which rows?", c->q.fold <= SEM_FOLD_SPREAD ? fold_word(c->q.fold) : "figure");
    add_cte(c, "members", block_select(c, spec, b));
    if (having >= 0)
        limit = having_sql(c, text_f(c, "members.%s", spec->measures[having].name), spec->measures[having].def->metric.unit);
    title = title_of_rows(c, b);
    keys_of_members(c, b);
    if (limit)
        b->where = text_f(c, " WHERE %s", limit);
    b->n_keys = c->q.fold_from;
    b->grouped = true;
    outer_add(&o, folded(c, text_f(c, "members.%s", spec->measures[0].name)), c->q.fold == SEM_FOLD_COUNT ? "n" : "figure");
    o.rank_by = o.names[0];
    columns_of_keys(c, b);
    add_column(c, o.names[0], c->q.fold == SEM_FOLD_COUNT ? text_f(c, "number of %ss", title)
                              : text_f(c, "%s %s by %s", fold_word(c->q.fold), m->metric.name.title, title),
               c->q.fold == SEM_FOLD_COUNT ? SEM_COUNT : m->metric.unit == SEM_COUNT ? SEM_NUMBER : m->metric.unit, 'm');
    say(c, "%s over the %ss that have a value", fold_word(c->q.fold), title);
    c->plan->sql = finish(c, b, &o);
    return true;
}

/* The place of some members in the ranking of all. */
bool place_of_members(compiler *c, const block_spec *spec, block *b)
{
    const sem_filter *f = &c->q.filters[c->q.rank_filter];
    const char *label, *members;
    bool one = f->n_values == 1;

    if (spec->n_groups != 1 || spec->groups[0].dimension != f->dimension || f->op != SEM_IN)
        return err_set(c->e, ERR_ARG, "the place of what, among what?");
    add_cte(c, "members", block_select(c, spec, b));
    keys_of_members(c, b);
    label = b->keys[0].label_name;
    add_cte(c, "places", text_f(c, "SELECT members.%s, rank() OVER (ORDER BY members.%s%s NULLS LAST) AS place FROM members", label,
                                spec->measures[0].name, c->q.ascending ? "" : " DESC"));
    members = text_literal(c, f->values[0]);
    for (int i = 1; i < f->n_values; i++)
        members = text_f(c, "%s, %s", members, text_literal(c, f->values[i]));
    if (!one)
        columns_of_keys(c, b);
    add_column(c, "place", text_f(c, "place by %s", spec->measures[0].def->metric.name.title), SEM_COUNT, 'm');
    c->plan->sql = text_f(c, "WITH %s SELECT %s%splaces.place FROM places WHERE places.%s IN (%s) ORDER BY %s", c->ctes,
                          one ? "" : text_f(c, "places.%s", label), one ? "" : ", ", label, members, "place");
    say(c, "place 1 is the %s", c->q.ascending ? "lowest" : "highest");
    return true;
}
