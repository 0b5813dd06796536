/* report_impl.h - numbers of a report, for its text, JSON and page. */
#ifndef EVAL_REPORT_IMPL_H
#define EVAL_REPORT_IMPL_H

#include "eval/eval.h"

enum { GROUPS_MAX = 40 };

bool case_counts(const eval_case *c);
bool case_answerable(const eval_case *c); /* and its reference runs */
bool case_right(const eval_case *c);
bool case_answered(const eval_case *c);
bool case_wrong(const eval_case *c);
bool case_refused(const eval_case *c);
bool case_prepares(const eval_case *c);
bool case_runs(const eval_case *c);
bool case_exact(const eval_case *c);

void bootstrap(const double *values, int n, double *low, double *high);
eval_share share_of_group(const eval_report *r, eval_test is, bool by_source, const char *group);
double report_similarity(const eval_report *r);
double report_latency(const eval_report *r, double p); /* p of 0..1 */
int report_groups(const eval_report *r, bool by_source, const char *groups[GROUPS_MAX]);
int report_differences(const eval_report *r, int counts[EVAL_DIFFERENCES]); /* their sum */

/* What "Sure" and its like were worth. */
enum { WORDS_MAX = 4 };
typedef struct worth { const char *word; int n, right; double stated; } worth; /* stated: the mean */
int report_confidence(const eval_report *r, worth words[WORDS_MAX]); /* by falling mean; their number */
double report_calibration_error(const eval_report *r); /* expected, over tenths; NAN without answers */
bool case_wrong_though_sure(const eval_case *c);

/* The shares that every report names, in their order; NULL name at the end. */
typedef struct measure { const char *name, *key; eval_test is, among; } measure;
extern const measure report_measures[];

#endif
