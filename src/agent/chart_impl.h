/* chart_impl.h - what the chart rules and the drawers share; private.
 *
 * A rule looks at facts (which columns are time, category, measure; how many
 * rows and members), never at free text of a model. The chosen rule's data is
 * a grid: labels along one axis, one series for each member or measure. Plotly
 * JSON, the page and the terminal are drawn from the same grid. */
#ifndef AGENT_CHART_IMPL_H
#define AGENT_CHART_IMPL_H

#include "agent/agent_impl.h"

enum { CHART_MAX_SERIES = 7,   /* above it: the largest, and Other */
       CHART_MAX_BARS = 25,    /* above it: the largest 20, and Other */
       CHART_KEEP_BARS = 20,
       CHART_MAX_POINTS = 5000,
       CHART_LONG_LABEL = 14,
       CHART_MAX_COLUMNS = 16 };

typedef struct chart_facts {
    int time;                              /* column, or -1 */
    int categories[CHART_MAX_COLUMNS], n_categories;
    int measures[CHART_MAX_COLUMNS], n_measures; /* of one unit: the first measure's */
    int n_other_measures, other_measure;   /* of another unit: they stay in the table */
    int n_ids, n_wide;                     /* identifiers; long texts */
    int64_t n_rows;
    int64_t n_labels;                      /* distinct members of the first category */
    int64_t n_members;                     /* of the second */
    int64_t n_times;
    int longest_label;                     /* of the first category, in columns */
    bool keyed;   /* each row has its own labels: grouped, not row-level, data */
    bool row_level; /* a list of things, not a summary of them */
    bool share, why, ranked, additive;
    bool whole;    /* the shares sum to a whole */
    bool cyclic;   /* weekdays, hours: no line joins Sunday and Monday */
    bool negative; /* a measure below zero */
    double sum;    /* of the first measure */
} chart_facts;

typedef enum chart_kind {
    CHART_NONE, CHART_NUMBER, CHART_WATERFALL, CHART_PIE, CHART_FULL_BAR, CHART_TIME_BARS,
    CHART_LINE, CHART_LINES, CHART_BARS, CHART_HBARS, CHART_PAIR, CHART_GROUPED, CHART_STACKED,
    CHART_HEAT, CHART_SCATTER, CHART_HISTOGRAM
} chart_kind;

typedef struct chart_grid {
    int n_labels, n_series;
    const char **labels; /* (n_labels) for people */
    const char **keys;   /* (n_labels) ISO dates of a date axis, else = labels */
    const char **names;  /* (n_series) */
    double *values;      /* (n_series, n_labels); NAN: no such row */
    bool dates, other;   /* `other`: the last label (bars) or series is "Other" */
    int64_t n_hidden;    /* members that neither are shown nor in Other */
} chart_grid;

typedef struct chart_rule {
    const char *name;
    chart_kind kind;
    bool (*fits)(const chart_facts *f);
    const char *why;
} chart_rule;

/* chart_facts.c */
MUST_CHECK bool chart_facts_of(const agent_state *s, arena *a, chart_facts *f, err *e);
/* chart_generator.c: never NULL; the last rule fits everything (CHART_NONE). */
const chart_rule *chart_rule_for(const chart_facts *f);
/* chart_grid.c; NULL with *e when the arena is full. Rows of the state, pivoted. */
MUST_CHECK chart_grid *chart_grid_of(const agent_state *s, const chart_facts *f,
                                     chart_kind kind, arena *a, err *e);
const char *chart_title(const agent_state *s, const chart_facts *f, arena *a);
/* chart_plotly.c: {data, layout}; NULL with *e. */
MUST_CHECK json_t *chart_plotly(const agent_state *s, const chart_facts *f,
                                const chart_rule *rule, arena *a, err *e);
/* chart_check.c: known trace types and keys only, axes of equal length. */
MUST_CHECK bool chart_check(const json_t *chart, err *e);
/* Columns of a terminal that a UTF-8 text takes. */
int text_width(const char *text);

#endif
