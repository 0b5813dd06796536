/* eval.h - how right the answers are: one result judged, and a file of questions.
 *
 * Two results are the same rows when they are equal as a multiset, in order only
 * where the gold query orders at its top level; columns may come in another order
 * but not in another number; integers compare exactly, other numbers to 1e-4
 * relative; a DATE equals a TIMESTAMP at its midnight; text and number are
 * different. Where the gold ends in ORDER BY ... LIMIT n and the cut falls into a
 * tie, the rows above the tie are required and any of the tied are accepted.
 *
 * Statements are compared as canonical trees: equal or not, and their similarity,
 * 2 |A and B| / (|A| + |B|) of their pieces (each column selected, table, join,
 * condition between ANDs, group, order ... one; Dice's coefficient of multisets). */
#ifndef EVAL_EVAL_H
#define EVAL_EVAL_H

#include <stdbool.h>
#include <stdio.h>

#include "agent/agent.h"
#include "base/str.h"
#include "db/db.h"

enum { EVAL_MAX_COLUMNS = 64, EVAL_TEXTS_MAX = 1024 };

/* `why` (initialised; may be NULL) says the first difference found. */
bool eval_rows_equal(const db_result *gold, const db_result *mine, bool ordered, str *why);

/* As above for a gold cut by LIMIT: `uncut` is the gold run without it, in its
 * order. Rows are tied when they agree in every column by which `uncut` is
 * sorted (a column that never rises or never falls over all of its rows). */
bool eval_rows_equal_cut(const db_result *gold, const db_result *uncut,
                         const db_result *mine, str *why);

/* The same where the keys are known: the n_keys columns of `uncut` (which may
 * have some beyond gold's for this) by which it is sorted. */
bool eval_rows_equal_tied(const db_result *gold, const db_result *uncut, const int *keys,
                          int n_keys, const db_result *mine, str *why);

/* The gold statement without its final LIMIT n (no OFFSET), owned, or NULL when
 * it does not end in one. *ordered: does its top level end in an ORDER BY? Works
 * on text: strings, comments and parentheses are skipped. */
char *eval_without_limit(const char *sql, bool *ordered);

/* Is `mine` what the reference statement `sql` asks for? `mine` NULL: only try the
 * reference. `why` (initialised) says the first difference. False: no memory. */
typedef struct eval_verdict { bool gold_runs, right; } eval_verdict;
bool eval_judge(db *d, const char *sql, const db_result *mine, eval_verdict *v, str *why);

/* ---- a file of questions ----------------------------------------------- */

/* The first kind of thing, of nesting, table, join, aggregate, column, value,
 * order, in which a wrong statement differs from its reference. */
typedef enum eval_difference {
    EVAL_NO_DIFFERENCE, EVAL_TABLE, EVAL_COLUMN, EVAL_VALUE, EVAL_JOIN, EVAL_AGGREGATE,
    EVAL_NESTING, EVAL_ORDER, EVAL_OTHER, EVAL_NO_ANSWER, EVAL_DIFFERENCES,
} eval_difference;
const char *eval_difference_name(eval_difference d);

typedef struct eval_case { /* texts borrowed from the report */
    const char *source, *db_id, *difficulty, *path; /* path: "template", "model" ... */
    bool unanswerable; /* the right answer is a refusal, or to ask back */
    bool no_gold;      /* the reference itself fails: not counted */
    bool answered;     /* rows came, all of them */
    bool right, prepares, runs, exact;
    bool ambiguous;    /* it asked back */
    eval_difference difference;
    double similarity, ms;
    const char *confidence; /* "Sure" ...; "" without an answer */
    double stated;          /* the number behind that word, 0..1 */
} eval_case;

typedef struct eval_report {
    arena *a;
    eval_case *cases; /* (n), in the order of the data; owned */
    int n, cap, total;
    const char *data;     /* path of the questions; borrowed */
    const char *run;      /* what was run: options, weights, as a text; in `a` */
    const char *texts[EVAL_TEXTS_MAX]; /* each once */
    int n_texts;
    double seconds;
} eval_report;

typedef struct eval_options {
    const char *data;        /* lines: db_id, question, evidence?, sql, source?, difficulty?, ending? */
    const char *db_dir;      /* DIR/<db_id>.duckdb or .sqlite */
    const char *database;    /* one for every line, which then needs no db_id; NULL: db_dir */
    const char *predictions; /* states, a line each, in the order of the data; or NULL */
    int limit;               /* 0: all */
    bool resume;             /* go on after the predictions that are there */
    agent_options ask;
    const char *semantic;    /* one layer for all; NULL: each its own */
    agent_model *model;      /* shared by all databases; NULL: no model */
    const char *weights;     /* its name, for the record; may be NULL */
    const char *adapter;     /* as agent_context_options */
    bool no_adapter;
    void (*progress)(void *arg, const eval_report *so_far);
    void *arg;
    const volatile int *cancel; /* non-zero: stop after this question; may be NULL */
} eval_options;

/* Ask them all, one database thread. ERR_CANCELLED leaves the report of what was
 * asked, and predictions that --resume goes on from. ERR_IO, ERR_FORMAT (file and
 * line), ERR_DB when a database is missing, ERR_NOMEM. */
MUST_CHECK bool eval_run(const eval_options *o, eval_report *r, err *e);
void eval_report_deinit(eval_report *r);

/* A share of cases, with its 95 % interval by bootstrap over the questions. */
typedef struct eval_share { int n, k; double value, low, high; } eval_share;
typedef bool (*eval_test)(const eval_case *c);
eval_share eval_share_of(const eval_report *r, eval_test is, eval_test among);

void eval_report_text(const eval_report *r, str *out); /* for people */
MUST_CHECK json_t *eval_report_json(const eval_report *r); /* NULL: no memory */
MUST_CHECK bool eval_report_page(const eval_report *r, str *out, err *e); /* one HTML file */

#endif
