/* semantic.h - what the words of a business mean in a database.
 *
 * A semantic layer (YAML, or derived from any catalog) names metrics,
 * dimensions, entities with their conditions, joins, grain and time. A
 * `sem_query` says what is asked in these terms; `sem_compile` turns it into
 * SQL that is right by construction: ratios are sums over sums, a join that
 * would multiply a measure's rows is aggregated first on each side or refused,
 * an unfinished period is compared with the same days of the other.
 *
 * A loaded layer is constant and may be shared; everything reachable from it
 * is borrowed until sem_free. Dates are days since 1970-01-01. */
#ifndef SEMANTIC_SEMANTIC_H
#define SEMANTIC_SEMANTIC_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "db/db.h"

typedef struct sem_layer sem_layer;

typedef enum sem_additivity { SEM_ADDITIVE, SEM_SEMI_ADDITIVE, SEM_RATIO } sem_additivity;
typedef enum sem_unit { SEM_COUNT, SEM_MONEY, SEM_PERCENT, SEM_POINTS, SEM_NUMBER,
                        SEM_DATE, SEM_TEXT, SEM_YEAR } sem_unit;
typedef enum sem_grain { SEM_NO_GRAIN, SEM_DAY, SEM_WEEK, SEM_MONTH, SEM_QUARTER, SEM_YEAR_GRAIN,
                         SEM_FISCAL_WEEK, SEM_FISCAL_PERIOD, SEM_FISCAL_QUARTER,
                         SEM_FISCAL_YEAR, SEM_WEEKDAY, SEM_HOUR, SEM_MONTH_OF_YEAR } sem_grain;

/* A name with the words people use for it; words are lower case, singular
 * where English has one, several words joined by a blank. */
typedef struct sem_name {
    const char *id;    /* "return_rate" */
    const char *title; /* "return rate", for sentences and headings */
    const char *const *words;
    int n_words;
    const char *meaning; /* one sentence: "sum of net_amount: after discount, …" */
} sem_name;

typedef struct sem_metric {
    sem_name name;
    sem_unit unit;
    sem_additivity additivity;
    bool higher_is_better;
    int id; /* index in the layer */
} sem_metric;

/* What people say for values of a dimension: "weekend" for Saturday and Sunday. */
typedef struct sem_said {
    const char *phrase;
    const char *const *values;
    int n_values;
} sem_said;

typedef struct sem_dimension { /* something to group or filter by */
    sem_name name;
    const sem_said *said; int n_said;
    int table, column; /* in the catalog; -1: it is computed */
    bool is_number;    /* list_price, floor_area_m2: filtered by comparison */
    bool is_entity_label; /* store, product, customer, promotion */
    int id;
} sem_dimension;

typedef struct sem_entity { /* stores, products, customers, promotions … */
    sem_name name;
    int label; /* dimension id of its label, or -1 */
    int id;
} sem_entity;

/* A condition on an entity: active, open, opened, closed, trading, silent,
 * never sold, without targets, new, returning, lapsed, out of stock, refit … */
typedef struct sem_condition {
    sem_name name;
    int entity;
    bool needs_period; /* "opened in P"; else it has a default (today, last 45 days …) */
    int time_dimension; /* the day it came true ("opened": opened_on); or -1 */
    int id;
} sem_condition;

int sem_n_metrics(const sem_layer *l);
const sem_metric *sem_metric_at(const sem_layer *l, int id);
int sem_n_dimensions(const sem_layer *l);
const sem_dimension *sem_dimension_at(const sem_layer *l, int id);
int sem_n_entities(const sem_layer *l);
const sem_entity *sem_entity_at(const sem_layer *l, int id);
int sem_n_conditions(const sem_layer *l);
const sem_condition *sem_condition_at(const sem_layer *l, int id);
/* by id text; -1 if none */
int sem_metric_find(const sem_layer *l, const char *id);
int sem_dimension_find(const sem_layer *l, const char *id);
int sem_entity_find(const sem_layer *l, const char *id);
int sem_condition_find(const sem_layer *l, const char *id);

/* Words without a default meaning ("churn", "active customer", "profit"), with
 * what to say. ending: 'a' ambiguous (readings listed), 'n' not in this data. */
typedef struct sem_undefined {
    const char *const *words;
    int n_words;
    char ending;
    const char *missing;        /* "profit after overhead" */
    const char *const *readings; /* questions that can be answered instead */
    int n_readings;
} sem_undefined;
int sem_n_undefined(const sem_layer *l);
const sem_undefined *sem_undefined_at(const sem_layer *l, int i);

/* The sales layer is embedded; `sem_load` is for a file of one's own.
 * ERR_FORMAT: `sales.yaml:41: metric "basket": no column "ordr_id" in sales`.
 * `d` is used to read the calendar and company rows that the layer names. */
MUST_CHECK sem_layer *sem_load(const char *yaml, size_t n, const char *file_name,
                               db *d, const db_catalog *c, err *e);
MUST_CHECK sem_layer *sem_load_sales(db *d, const db_catalog *c, err *e);
MUST_CHECK sem_layer *sem_derive(db *d, const db_catalog *c, err *e); /* any other database */
/* A layer that was derived, as YAML that sem_load reads, with comments on how each thing
 * was found; appended to *out. ERR_NOMEM. */
MUST_CHECK bool sem_write(const sem_layer *l, str *out, err *e);
/* Nobody has given it a name of its own: its words are guessed from names and values. */
bool sem_derived(const sem_layer *l);
/* Joins, at most `max` into *out; how many there are. `found`: "declared", "inferred
 * (name and inclusion)", "inferred (name)", "described" by a person. */
typedef struct sem_join { const char *from, *to, *on, *found; } sem_join;
int sem_joins(const sem_layer *l, sem_join *out, int max);
const char *sem_table_time(const sem_layer *l, const char *table); /* its column, or NULL */
bool sem_is_sales(const db_catalog *c); /* has the tables and columns of the sales database */
void sem_free(sem_layer *l); /* NULL is allowed */

const char *sem_currency(const sem_layer *l); /* "EUR", "" if unknown */

/* ---- calendar --------------------------------------------------------- */

typedef struct sem_date { int year, month, day; } sem_date;
int32_t sem_days(int year, int month, int day); /* proleptic Gregorian */
sem_date sem_date_of(int32_t days);
int32_t sem_today(const sem_layer *l);      /* last day of the data */
int32_t sem_data_from(const sem_layer *l);

typedef struct sem_period {
    bool set;
    int32_t from, to; /* both inclusive, as named ("2026": to 2026-12-31) */
    sem_grain grain;  /* what it is one (or `n`) of: a year, a fiscal quarter … */
    int n;            /* number of grains: last 3 months -> 3 */
    const char *label; /* "2024", "Q1 2026", "the last 30 days" */
} sem_period;

/* "FY24": the period of a fiscal year, quarter (1..4), period (1..12) or week
 * (1..53) by the calendar table; unset if the calendar has none. */
sem_period sem_fiscal(const sem_layer *l, sem_grain grain, int fiscal_year, int number, arena *a);
/* Which fiscal year / quarter / period / week a day is in; false outside. */
bool sem_fiscal_of(const sem_layer *l, int32_t day, int *year, int *quarter, int *period, int *week);
bool sem_unfinished(const sem_layer *l, const sem_period *p); /* from <= today < to */
/* The period one year before (days, weeks, fiscal: −364 days; else by date). */
sem_period sem_year_before(const sem_layer *l, const sem_period *p, arena *a);
/* The period just before of the same length (previous month, quarter …). */
sem_period sem_previous(const sem_layer *l, const sem_period *p, arena *a);

/* ---- a question in these terms ---------------------------------------- */

enum { SEM_MAX_METRICS = 4, SEM_MAX_GROUPS = 3, SEM_MAX_FILTERS = 12,
       SEM_MAX_VALUES = 32, SEM_MAX_CONDITIONS = 6, SEM_MAX_PERIODS = 6 };

typedef enum sem_op { SEM_IN, SEM_NOT_IN, SEM_EQ, SEM_NE, SEM_LT, SEM_LE, SEM_GT, SEM_GE,
                      SEM_BETWEEN, SEM_IS_NULL, SEM_IS_NOT_NULL } sem_op;

typedef struct sem_filter {
    int dimension;
    sem_op op;
    const char *values[SEM_MAX_VALUES]; /* texts as in the database, or numbers as text */
    int n_values;
} sem_filter;

typedef struct sem_group {
    int dimension;   /* or -1: time by `grain` */
    sem_grain grain;
} sem_group;

typedef struct sem_condition_use {
    int condition;
    bool negate;
    sem_period period; /* unset: the condition's default */
    double number;     /* "silent for 30 days"; NAN: the default */
} sem_condition_use;

typedef enum sem_shape {
    SEM_VALUES,   /* metrics, by groups: total, trend, ranking, breakdown, average … */
    SEM_GROWTH,   /* change of a metric, `period` against `base` */
    SEM_COMPARE,  /* a metric side by side: several periods, or several members */
    SEM_SHARE,    /* per cent of the total, by group or of a filter's members */
    SEM_LIST,     /* rows of an entity */
    SEM_COUNT_OF, /* how many of an entity */
    SEM_WHY,      /* the change of a metric, split over a dimension */
    SEM_UPLIFT,   /* promotion(s) against the same weekdays before */
} sem_shape;

/* What becomes of the rows of VALUES: one figure of all, or of each outer group. */
typedef enum sem_fold {
    SEM_FOLD_NONE, SEM_FOLD_COUNT, SEM_FOLD_MEAN, SEM_FOLD_MEDIAN, SEM_FOLD_MAX, SEM_FOLD_MIN,
    SEM_FOLD_SPREAD, /* highest less lowest */
} sem_fold;

typedef enum sem_change { SEM_CHANGE_PERCENT, SEM_CHANGE_ABSOLUTE, SEM_CHANGE_BOTH } sem_change;

typedef struct sem_query {
    sem_shape shape;
    int metrics[SEM_MAX_METRICS]; int n_metrics;
    sem_group groups[SEM_MAX_GROUPS]; int n_groups;
    sem_filter filters[SEM_MAX_FILTERS]; int n_filters; /* joined by AND */
    int entity;                                   /* LIST, COUNT_OF; else -1 */
    sem_condition_use conditions[SEM_MAX_CONDITIONS]; int n_conditions;
    int columns[SEM_MAX_GROUPS]; int n_columns;   /* LIST: dimensions asked for beside the label; VALUES: beside the groups */
    bool columns_only;                            /* "code and city of the stores": without label, groups and measures */
    sem_period period;                            /* unset: all the data */
    sem_period base;                              /* GROWTH, WHY; unset: the year before */
    sem_period periods[SEM_MAX_PERIODS]; int n_periods; /* COMPARE of periods, in order */
    sem_change change;
    bool like_for_like, constant_currency;
    bool running;              /* running total over the time group */
    int moving;                /* mean over the last n units of the time group; 0: none */
    sem_grain average_per;     /* "average per month": mean over the units; else NO_GRAIN */
    int average_per_entity;    /* "average per store"; else -1 */
    /* order and cut */
    bool ordered, ascending;   /* by the (first) measure or the change */
    int limit;                 /* 0: none; "which region sold most" is 1 */
    int limit_per_group;       /* group index the limit is within, -1: overall */
    /* "with sales above 1 million" */
    int having_metric; sem_op having_op; double having_value, having_value2; /* -1: none */
    bool month_to_date;
    /* SHARE: index of the filter that names the part ("the online share of
     * sales in West": the filter on channel; the others narrow part and whole).
     * -1: with groups, each group's share of the total; without, the part is
     * the first filter, or the conditions when there is no filter.
     * SEM_MAX_FILTERS: the conditions name the part, of each group's whole. */
    int share_filter;
    bool together; /* SHARE by one group with a limit: one figure for those at the top */
    /* VALUES: the rows by all groups are totalled first, then folded over the
     * groups from `fold_from` on: "median monthly sales", "how many days above …" */
    sem_fold fold;
    int fold_from;
    int offset;          /* with a limit: so many places are skipped ("the second best") */
    int rank_filter;     /* VALUES by one group: the place of this filter's members; -1 */
    int per_metric;      /* the first metric is divided by this one: "margin per unit"; -1 */
    int order_dimension; /* LIST: ordered by this column, which is shown unless columns_only; -1 */
} sem_query;

void sem_query_init(sem_query *q); /* every "none" in its place */

typedef struct sem_plan_column {
    const char *name; /* column alias in the SQL */
    const char *title;
    sem_unit unit;
    char role; /* 'g' group, 't' time group, 'm' measure, 'b' base, 'c' change, 's' share */
} sem_plan_column;

typedef struct sem_note_query { /* completes a note: its one row fills %s in order */
    const char *sql;
    const char *format; /* "%s stores were left out: not open long enough" */
    bool only_if_positive; /* say nothing when the first value is 0 */
} sem_note_query;

typedef struct sem_plan { /* all in the arena */
    const char *sql; /* SELECT-first, unchecked: it goes through sql_check like any other */
    sem_plan_column columns[16];
    int n_columns;
    const char *assumptions[12]; /* "sales after discount, without VAT, before returns" */
    int n_assumptions;
    const char *left_out[6];
    int n_left_out;
    sem_note_query note_queries[6];
    int n_note_queries;
    sem_period period, base; /* as used, after cutting to finished days */
} sem_plan;

/* ERR_NOT_IN_DATA or ERR_ARG when the parts don't fit together (the message
 * names them: "targets are set per store and month: not by product"). */
MUST_CHECK bool sem_compile(const sem_layer *l, const sem_query *q, arena *a,
                            sem_plan *plan, err *e);

/* For prompts and tests: the query as one line of text. */
MUST_CHECK char *sem_query_text(const sem_layer *l, const sem_query *q, arena *a);

#endif
