/* metrics.h - counts and histograms, as Prometheus reads them.
 *
 * Safe from any thread. Names of labels come from fixed sets (routes, steps, codes),
 * never from a request, so that nobody can make the table grow. */
#ifndef SERVER_METRICS_H
#define SERVER_METRICS_H

#include <jansson.h>
#include <pthread.h>
#include <stdint.h>

#include "base/str.h"

enum { METRICS_BUCKETS = 14, METRICS_SERIES = 96, METRICS_RECENT = 1024 };

typedef struct series {
    const char *metric, *label; /* constants */
    char text[32];
    uint64_t n;
    double sum;
    uint64_t bucket[METRICS_BUCKETS];
} series;

typedef struct metrics {
    pthread_mutex_t lock;
    series all[METRICS_SERIES];
    int n;
    double recent[METRICS_RECENT]; /* of answers, ms: for the page's quantiles */
    uint64_t n_recent;
} metrics;

void metrics_init(metrics *m);
void metrics_deinit(metrics *m);
/* A counter goes up; `metric` and `label` are constants. label NULL: none. */
void metrics_count(metrics *m, const char *metric, const char *label, const char *value);
void metrics_time(metrics *m, const char *metric, const char *label, const char *value, double ms);
void metrics_answer(metrics *m, double ms); /* for metrics_quantile */
double metrics_quantile(metrics *m, double q);
uint64_t metrics_value(metrics *m, const char *metric, const char *value);
/* [{"step","n","mean_ms","p50","p95"}], by the histogram's bounds; owned. */
json_t *metrics_steps(metrics *m);
void metrics_text(metrics *m, str *out);

#endif
