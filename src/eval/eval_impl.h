/* eval_impl.h - what the files of the evaluation share; private. */
#ifndef EVAL_EVAL_IMPL_H
#define EVAL_EVAL_IMPL_H

#include "eval/eval.h"
#include "sql/tree.h"

/* ---- gold.c: a reference statement ---- */
enum { GOLD_KEYS_MAX = 16, GOLD_ROWS_MAX = 1000000 };
typedef struct gold {
    bool ordered;     /* its top level ends in an ORDER BY */
    const char *uncut; /* without its LIMIT, the keys of its ORDER BY added as columns; or NULL */
    int keys[GOLD_KEYS_MAX], n_keys; /* columns of uncut; 0: to be seen from its rows */
} gold;
/* Texts in the arena. What our parser can't read is taken by its text. */
void gold_read(arena *a, const char *sql, gold *out);

/* ---- compare.c: two statements as trees ---- */
typedef struct comparison {
    bool exact;        /* equal canonical forms */
    double similarity; /* see eval.h; 0 where one can't be read */
    eval_difference difference; /* the first kind in which they differ */
} comparison;
void compare_statements(arena *a, const db_catalog *c, const char *reference, const char *mine,
                        comparison *out);
/* Spider's levels, by its authors' rule: "easy" "medium" "hard" "extra". */
const char *statement_difficulty(arena *a, const char *sql);

/* ---- cases.c: the lines of the data, and the databases ---- */
typedef struct eval_line {
    const char *db_id, *question, *evidence, *sql, *source, *difficulty; /* sql NULL: no answer is right */
    const char *ending; /* then: "not_in_data", "ambiguous" ..., the code it must end with; NULL: any */
} eval_line;
typedef struct eval_lines {
    arena *a;
    eval_line *at;
    int n;
} eval_lines;
MUST_CHECK bool eval_lines_read(const char *path, int limit, bool one_database, eval_lines *out, err *e);
void eval_lines_deinit(eval_lines *l);

/* ---- predictions.c: one state a line, with what was judged of it ---- */
typedef struct predictions {
    FILE *file; /* NULL: none asked for */
    int n_kept; /* lines that an earlier run has left */
} predictions;
/* With `resume`, whole lines of this very run are read back into report->cases. */
MUST_CHECK bool predictions_open(predictions *p, const eval_options *o, const char *run,
                                 const eval_lines *lines, eval_report *report, err *e);
MUST_CHECK bool predictions_add(predictions *p, const agent_state *s, const eval_line *line,
                                const eval_case *c, const char *run, err *e);
MUST_CHECK bool predictions_close(predictions *p, err *e);

/* ---- report.c ---- */
eval_case *report_add(eval_report *r); /* NULL: no memory */
const char *report_text(eval_report *r, const char *text); /* one copy of each text */

#endif
