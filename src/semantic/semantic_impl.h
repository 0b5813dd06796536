/* semantic_impl.h - the layer in memory, private to semantic.
 *
 * Indices replace names after loading: a `table` is an index into
 * sem_layer.tables, a metric, dimension, entity or condition its public id.
 * SQL fragments stay text, since they are data; everything lives in the
 * layer's arena. */
#ifndef SEMANTIC_SEMANTIC_IMPL_H
#define SEMANTIC_SEMANTIC_IMPL_H

#include "base/str.h"
#include "semantic/semantic.h"

enum { MAX_TABLES = 1024, MAX_JOINS = 16, MAX_REFS = 4, MAX_WHY = 6, MAX_COLUMNS_LISTED = 4 };
enum { MAX_YAML_BYTES = 8 << 20, LAYER_BYTES = 64 << 20 };

typedef struct join_def { /* from many to one: never multiplies rows */
    int table;
    const char *on;    /* "stores.store_id = sales.store_id" */
    const char *drops; /* said when the join leaves rows out; or NULL */
    const char *found; /* of a derived layer: "declared", "inferred (name)" …; or NULL */
} join_def;

typedef struct table_def {
    const char *name, *sql_name; /* sql_name: quoted where it must be */
    int catalog;                 /* table of the catalog, -1: made by `sql` */
    const char *sql;
    const char *title, *says;    /* "targets are set per store and month" */
    const char *time_column;     /* of a catalog's table; NULL: none */
    const char *time, *hour;     /* "sales.sold_on"; NULL: no time */
    bool monthly;                /* one row stands for a whole month */
    bool snapshot;               /* a state, not a flow: never summed over time */
    join_def joins[MAX_JOINS];
    int n_joins;
} table_def;

typedef struct metric_def {
    sem_metric metric;
    int table;           /* -1: formula or count of an entity */
    const char *sql;     /* "sum(sales.net_amount)" */
    const char *sql_unfinished; /* while the last month is unfinished; or NULL */
    const char *time;    /* instead of the table's; or NULL */
    const char *where;   /* rows it is of; or NULL */
    const char *at_end;  /* rows that exist at the end of the period; or NULL */
    const char *constant_currency, *rate_join; /* at the rates of :base_day; or NULL */
    const char *formula; /* of metric ids; or NULL */
    const char *says;    /* the assumption, or NULL */
    int requires[MAX_REFS], n_requires;     /* tables joined though no group needs them */
    int loose[MAX_REFS], n_loose;           /* metrics that skip groups that don't apply */
    int entity, condition;                  /* count_of; -1 */
    int before_snapshot;                    /* days up to the last snapshot; 0: none */
    bool whole_months, cut, one_currency, hidden;
    int drops_null_of;                      /* table whose missing rows are left out, -1 */
    int recent_days;
    const char *recent_says;
} metric_def;

typedef struct dimension_def {
    sem_dimension dimension;
    int table;
    const char *sql;      /* "regions.region"; "dayname(:time)" of any table that has a time */
    bool on_time;         /* sql has :time */
    const char *only;     /* rows that have it, where they are grouped by it; or NULL */
    const char *key;      /* "stores.store_id", or NULL: the label is the key */
    const char *key_name; /* "store_id" */
    sem_unit unit;
    db_type type;
} dimension_def;

typedef struct entity_def {
    sem_entity entity;
    int table;
    const char *key;      /* "stores.store_id"; NULL: each row is one */
    const char *key_name; /* "store_id" */
    const char *key_column; /* as the catalog names it */
    bool distinct;        /* the key repeats in its table (a brand in products) */
    const char *without_sql, *without_says; /* counted_without; or NULL */
    int unless_dimension, unless_condition; /* or -1 */
    const char *marked_sql, *marked_says;   /* or NULL */
    int count_means;      /* condition, or -1 */
    int in_period;        /* condition meant when only a period is given, or -1 */
    int columns[MAX_COLUMNS_LISTED], n_columns; /* listed when there is no label */
} entity_def;

typedef enum condition_default { AT_TODAY, IN_ALL, IN_MONTH } condition_default;

typedef struct condition_def {
    sem_condition condition;
    const char *sql;  /* on a row of the entity's table; NULL with on_sql */
    const char *says; /* with :from :to :n */
    int on_table;     /* rows of a fact instead of the entity; -1 */
    const char *on_sql;
    bool physical;    /* counted_without belongs to its meaning */
    bool timeless;
    condition_default when;
    const char *time;   /* "stores.opened_on": when it came true; or NULL */
    const char *metric; /* counts it by groups that only a fact knows; or NULL */
    double number;    /* NAN: takes none */
} condition_def;

typedef struct fiscal_week { int year, quarter, period, week; int32_t from, to; } fiscal_week;

typedef struct calendar_def {
    int table; /* -1: none */
    const char *date; /* "calendar.date" */
    const char *fiscal_year, *fiscal_quarter, *fiscal_period, *fiscal_week; /* or NULL */
    const fiscal_week *weeks; /* in order of time */
    int n_weeks;
} calendar_def;

struct sem_layer {
    arena *a;
    const char *name;
    const char *currency;
    int32_t today, data_from;
    int today_table, today_column, n_today; /* of a derived layer: where today was read; n_today 0: nowhere */
    const db_catalog *catalog;
    table_def *tables;
    int n_tables;
    metric_def *metrics;
    int n_metrics;
    dimension_def *dimensions;
    int n_dimensions;
    entity_def *entities;
    int n_entities;
    condition_def *conditions;
    int n_conditions;
    sem_undefined *undefined;
    int n_undefined;
    calendar_def calendar;
    struct { /* what a like-for-like comparison keeps; table -1: none */
        int table, sold_in;
        const char *key, *sql, *left_out;
    } like;
    int why[MAX_WHY], n_why; /* dimensions a change is split over, in order */
};

/* -1 if none */
int layer_table_find(const sem_layer *l, const char *name);

/* "sales" or "\"Order Details\"": an identifier as SQL must write it. */
const char *sql_identifier(arena *a, const char *name);

/* Fills the fiscal weeks from the calendar table; nothing without `d`. */
MUST_CHECK bool calendar_read(sem_layer *l, db *d, err *e);

/* "20 May 2026", "2024-12-31" */
const char *date_words(arena *a, int32_t days);
const char *date_iso(arena *a, int32_t days);
bool date_parse(const char *text, int32_t *days); /* YYYY-MM-DD at its start */

/* Whole months later (or earlier); the day is cut to the month's last. */
int32_t date_add_months(int32_t days, int months);
int32_t date_month_end(int32_t days);
bool grain_is_fiscal(sem_grain g);

#endif
