/* compile_impl.h - from a query to SQL: the pieces that every shape is made of.
 *
 * source   FROM and WHERE of one table with the many-to-one joins it needs
 * side     what several metrics need of one table: aggregated in one SELECT
 * block    groups and measures of a query for one period: one side, or several
 *          sides aggregated first and then joined by the group keys
 *
 * Strings live in the caller's arena. When memory runs out, `bad` is set and
 * every function goes on with ""; sem_compile asks once at the end. */
#ifndef SEMANTIC_COMPILE_IMPL_H
#define SEMANTIC_COMPILE_IMPL_H

#include "semantic/semantic_impl.h"

enum { MAX_SOURCE = 24, MAX_WHERE = 40, MAX_SIDES = 6, MAX_LEAVES = 12, MAX_MEASURES = 6, MAX_KEYS = 4 };

typedef struct compiler {
    const sem_layer *l;
    sem_query q; /* a copy: defaults are filled in */
    arena *a;
    sem_plan *plan;
    err *e;
    const char *ctes; /* "a AS (…), b AS (…)", or "" */
    bool bad;
    int like_for_like_made;
} compiler;

/* ---- text.c: strings in the arena --------------------------------------- */
const char *text_f(compiler *c, const char *fmt, ...) PRINTF(2, 3);
/* old + separator (unless old is empty) + the formatted text */
const char *text_join(compiler *c, const char *old, const char *separator, const char *fmt, ...) PRINTF(4, 5);
const char *date_sql(compiler *c, int32_t days); /* DATE '2024-01-01' */
const char *between_sql(compiler *c, const char *column, int32_t from, int32_t to);
/* "regions.region", or "sum(x) AS sales" where the name isn't there already */
const char *aliased(compiler *c, const char *expr, const char *name);
void add_cte(compiler *c, const char *name, const char *select);
void say(compiler *c, const char *fmt, ...) PRINTF(2, 3);       /* assumption, once */
void say_left_out(compiler *c, const char *fmt, ...) PRINTF(2, 3);
void note(compiler *c, bool only_if_positive, const char *format, const char *sql);
void add_column(compiler *c, const char *name, const char *title, sem_unit unit, char role);

/* ---- params.c: :from :to :today :n in fragments --------------------------- */
typedef struct params {
    const char *from, *to;  /* SQL expressions */
    const char *month_from, *base_day;
    const char *base_from, *base_to, *year_before;             /* like-for-like */
    const char *month_of_to, *day_of_to, *days_of_month;       /* of a month that is cut */
    const char *months, *years; /* calendar months and years that the period touches */
    bool all_time;          /* "BETWEEN :from AND :to" becomes "<= :to" */
    double n;
    const char *and_sales, *and_inventory; /* " AND …" or "" */
} params;
const char *expand(compiler *c, const char *fragment, const params *p);
/* The same for sentences: dates in words. */
const char *expand_words(compiler *c, const char *text, const sem_period *p, double n);
params params_of(compiler *c, const sem_period *p);

/* ---- source.c -------------------------------------------------------------- */
typedef struct source {
    int tables[MAX_SOURCE];
    const char *on[MAX_SOURCE];
    int n;
    const char *time;       /* column that says when, or NULL */
    const char *time_shift; /* its form for keys, moved to the other period; or NULL */
    const char *extra;      /* further joins, as text */
    const char *where[MAX_WHERE];
    int n_where;
} source;
void source_init(source *s, int table, const char *time);
/* Join what leads to `table`, many to one; false if nothing does. */
bool source_reach(compiler *c, source *s, int table);
void source_where(compiler *c, source *s, const char *predicate);
const char *source_from(compiler *c, const source *s);  /* "FROM a JOIN b ON …" */
const char *source_where_text(compiler *c, const source *s); /* " WHERE …" or "" */

/* Join what a dimension needs; false if it can't be said of these rows. */
bool source_reach_dimension(compiler *c, source *s, const dimension_def *d);
/* Its column or expression there. */
const char *dimension_sql(compiler *c, const source *s, const dimension_def *d);

/* ---- filter.c --------------------------------------------------------------- */
/* NULL with ERR_ARG when a value isn't of the column's type. */
const char *text_literal(compiler *c, const char *value); /* quoted for SQL */
const char *filter_sql(compiler *c, const sem_filter *f, const source *s);
sem_period condition_period(compiler *c, const sem_condition_use *use);
const char *condition_sql(compiler *c, const sem_condition_use *use, const char *and_sales,
                          const char *and_inventory);
void condition_says(compiler *c, const sem_condition_use *use);
/* Is counted_without switched off by what the query asks for? */
bool without_lifted(const compiler *c, const entity_def *n);
bool without_lifted_by(const compiler *c, const entity_def *n, unsigned skipped); /* but for these filters */
bool cut_to_today(const compiler *c, sem_period *p); /* true if it was cut */
const char *period_words(compiler *c, const sem_period *p);

/* ---- key.c: groups ------------------------------------------------------------ */
typedef struct group_key {
    const char *key, *key_name;     /* NULL: the label is the key */
    const char *label, *label_name;
    const char *title;
    sem_unit unit;
    bool is_time;
    bool present; /* false: the side does not have this group */
} group_key;
bool group_key_of(compiler *c, source *s, const sem_group *g, group_key *k);
const char *time_bucket(compiler *c, source *s, sem_grain g, const char *column); /* NULL: not on this source */
const char *grain_word(sem_grain g);  /* "fiscal_week", as a column's name */
const char *grain_title(sem_grain g); /* "fiscal week" */
bool grain_has_start(sem_grain g); /* day, week, month, quarter, year */

/* ---- block.c ------------------------------------------------------------------- */
typedef struct measure {
    const metric_def *def;
    const char *name; /* alias */
} measure;

typedef struct block_spec {
    measure measures[MAX_MEASURES];
    int n_measures;
    const metric_def *own[MAX_MEASURES]; /* leaves made for this query: number of stores, of days */
    int n_own;
    sem_group groups[MAX_KEYS];
    int n_groups;
    sem_period period; /* as named; it is cut to today where that is right */
    const char *prefix; /* of CTE names: "" or "base_" */
    int shift_months, shift_days; /* of time keys, towards the other period */
    bool like_for_like;
    bool constant_currency;
    int rate_months, rate_days;   /* from a day to its day in the other period */
    unsigned skip_filters;        /* bits: filters only joined for, not applied */
    bool skip_conditions;         /* only joined for: the whole of a share has no anonymous sales */
    bool no_conditions;           /* not even that */
    bool part_month; /* the other period's days end where today's do */
    int only_condition;           /* -1: all */
    int physical_entity;          /* averages per store: leave online out; -1 */
} block_spec;

typedef struct block {
    group_key keys[MAX_KEYS];
    int n_keys;
    const char *measures[MAX_MEASURES];
    const char *from, *where; /* "FROM …", " WHERE …" or "" */
    bool grouped; /* measures are aggregates: GROUP BY the keys */
} block;

void block_spec_init(compiler *c, block_spec *spec);
void block_add(block_spec *spec, const metric_def *def, const char *name);
bool block_make(compiler *c, const block_spec *spec, block *b);
const char *block_group_by(compiler *c, const block *b); /* " GROUP BY …" or "" */
const char *block_select(compiler *c, const block_spec *spec, const block *b); /* whole, with keys */
const char *key_list(compiler *c, const block *b); /* "store_id, store" for USING; "" */

/* side.c */
typedef struct side {
    const metric_def *leaves[MAX_LEAVES];
    int n_leaves;
    bool loose;
    source s;
    group_key keys[MAX_KEYS];
    const char *exprs[MAX_LEAVES];
    const char *name; /* of its CTE */
} side;
bool side_matches(compiler *c, const side *x, const metric_def *leaf);
bool side_make(compiler *c, const block_spec *spec, side *x);

/* ---- shapes ---------------------------------------------------------------------- */
bool compile_values(compiler *c);
bool compile_growth(compiler *c);
bool compile_compare(compiler *c);
bool compile_share(compiler *c);
bool compile_list(compiler *c);
bool compile_count(compiler *c);
bool compile_why(compiler *c);
bool compile_uplift(compiler *c);

/* finish.c: the outermost SELECT over a block */
typedef struct outer {
    const char *exprs[MAX_MEASURES * 3]; /* what is shown, in order */
    const char *names[MAX_MEASURES * 3];
    int n;
    const char *having; /* predicate, or NULL */
    bool having_window; /* it has window functions: QUALIFY */
    const char *rank_expr; /* what the best of each group are ranked by; NULL: the first */
    const char *rank_by; /* what a ranking or a breakdown is ordered by; NULL: labels */
} outer;
void outer_add(outer *o, const char *expr, const char *name);
const char *finish(compiler *c, const block *b, const outer *o); /* with the CTEs */
/* expr op value, a date where `unit` is one; NULL: no having */
const char *having_sql(compiler *c, const char *expr, sem_unit unit);
const char *column_name(compiler *c, const char *identifier); /* without its quotes */
void columns_of_keys(compiler *c, const block *b);
const char *limit_sql(compiler *c);

/* notes.c */
void say_metrics(compiler *c, const block_spec *spec);
void say_query(compiler *c);
void say_period(compiler *c, const sem_period *p);
void note_anonymous(compiler *c, const sem_period *p);

/* fold.c: `having` is the measure that limits the rows, or -1 */
bool fold_rows(compiler *c, const block_spec *spec, block *b, int having);
bool place_of_members(compiler *c, const block_spec *spec, block *b);

/* average.c */
bool apply_average(compiler *c, block_spec *spec, bool *two_levels);
bool average_of_units(compiler *c, const block_spec *spec, block *b);

/* periods.c: what a growth compares with what; sets plan->period and ->base. */
typedef struct pair {
    sem_period period, base;
    int months, days; /* from the base to the period: the one that isn't 0 */
    bool cut;         /* both end where today's data do */
} pair;
bool compare_pair(compiler *c, pair *p);
bool pair_blocks(compiler *c, const pair *p, block_spec *now, block_spec *before);
bool compare_cut(compiler *c, sem_period *periods, int n);

/* Like-for-like: makes the CTE; notes what was left out. */
void like_for_like(compiler *c, const sem_period *p, const sem_period *q);

#endif
