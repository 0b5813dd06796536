/* metrics.c - see metrics.h. */
#include "server/metrics.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const double bounds_ms[METRICS_BUCKETS] = {1,   2.5,  5,    10,   25,    50,    100,
                                                  250, 500, 1000, 2500, 5000, 15000, 60000};

static const struct { const char *metric, *type, *help; } known[] = {
    {"salesbot_http_requests_total", "counter", "Requests by status"},
    {"salesbot_answers_total", "counter", "Answers by source: template, model, memory, user, none"},
    {"salesbot_answer_codes_total", "counter", "Answers by ending"},
    {"salesbot_answer_seconds", "histogram", "From the request to its answer, waiting included"},
    {"salesbot_step_seconds", "histogram", "Time of each step"},
    {"salesbot_queue_seconds", "histogram", "Waiting in a lane"},
    {"salesbot_feedback_total", "counter", "Thumbs"},
    {"salesbot_corrections_total", "counter", "Answers corrected with SQL"},
    {"salesbot_sql_edited_total", "counter", "Answers whose SQL was edited and run"},
    {"salesbot_reasked_total", "counter", "Questions within two minutes of one that had no good answer"},
    {"salesbot_busy_total", "counter", "Requests turned away with 429"},
    {"salesbot_cancelled_total", "counter", "Requests whose client left"},
};

void metrics_init(metrics *m)
{
    memset(m, 0, sizeof *m);
    pthread_mutex_init(&m->lock, NULL);
}

void metrics_deinit(metrics *m) { pthread_mutex_destroy(&m->lock); }

/* Under the lock; NULL when the table is full: such a value isn't counted. */
static series *find(metrics *m, const char *metric, const char *label, const char *value)
{
    series *s;

    for (int i = 0; i < m->n; i++)
        if (!strcmp(m->all[i].metric, metric) && !strcmp(m->all[i].text, value))
            return &m->all[i];
    if (m->n == METRICS_SERIES)
        return NULL;
    s = &m->all[m->n++];
    s->metric = metric;
    s->label = label;
    strncpy(s->text, value, sizeof s->text - 1);
    return s;
}

void metrics_count(metrics *m, const char *metric, const char *label, const char *value)
{
    series *s;

    pthread_mutex_lock(&m->lock);
    if ((s = find(m, metric, label, value ? value : "")))
        s->n++;
    pthread_mutex_unlock(&m->lock);
}

void metrics_time(metrics *m, const char *metric, const char *label, const char *value, double ms)
{
    series *s;

    pthread_mutex_lock(&m->lock);
    if ((s = find(m, metric, label, value ? value : ""))) {
        s->n++;
        s->sum += ms;
        for (int i = 0; i < METRICS_BUCKETS; i++)
            s->bucket[i] += ms <= bounds_ms[i];
    }
    pthread_mutex_unlock(&m->lock);
}

void metrics_answer(metrics *m, double ms)
{
    pthread_mutex_lock(&m->lock);
    m->recent[m->n_recent++ % METRICS_RECENT] = ms;
    pthread_mutex_unlock(&m->lock);
}

static int by_size(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

double metrics_quantile(metrics *m, double q)
{
    double *sorted = malloc(sizeof m->recent), v = 0;
    size_t n;

    if (!sorted)
        return 0;
    pthread_mutex_lock(&m->lock);
    n = m->n_recent < METRICS_RECENT ? (size_t)m->n_recent : METRICS_RECENT;
    memcpy(sorted, m->recent, sizeof m->recent);
    pthread_mutex_unlock(&m->lock);
    qsort(sorted, n, sizeof *sorted, by_size);
    if (n)
        v = sorted[(size_t)(q * (double)(n - 1) + 0.5)];
    free(sorted);
    return v;
}

uint64_t metrics_value(metrics *m, const char *metric, const char *value)
{
    uint64_t n = 0;

    pthread_mutex_lock(&m->lock);
    for (int i = 0; i < m->n; i++)
        if (!strcmp(m->all[i].metric, metric) && (!value || !strcmp(m->all[i].text, value)))
            n += m->all[i].n;
    pthread_mutex_unlock(&m->lock);
    return n;
}

/* The bound below which a share q of the values lies. */
static double bound_of(const series *s, double q)
{
    int i = 0;

    while (i < METRICS_BUCKETS - 1 && (double)s->bucket[i] < q * (double)s->n)
        i++;
    return bounds_ms[i];
}

json_t *metrics_steps(metrics *m)
{
    json_t *list = json_array();

    pthread_mutex_lock(&m->lock);
    for (int i = 0; i < m->n; i++) {
        const series *s = &m->all[i];

        if (!strcmp(s->metric, "salesbot_step_seconds"))
            json_array_append_new(list, json_pack("{s:s, s:I, s:f, s:f, s:f}", "step", s->text, "n", (json_int_t)s->n, "mean_ms",
                                                  s->sum / (double)s->n, "p50", bound_of(s, 0.5), "p95", bound_of(s, 0.95)));
    }
    pthread_mutex_unlock(&m->lock);
    return list;
}

static void label_text(const series *s, const char *more, str *out)
{
    if (s->label || more)
        str_addf(out, "{%s%s%s%s%s%s}", s->label ? s->label : "", s->label ? "=\"" : "", s->text,
                 s->label ? "\"" : "", s->label && more ? "," : "", more ? more : "");
}

static void histogram(const series *s, str *out)
{
    char le[32];

    for (int i = 0; i <= METRICS_BUCKETS; i++) {
        if (i < METRICS_BUCKETS)
            snprintf(le, sizeof le, "le=\"%g\"", bounds_ms[i] / 1000);
        else
            snprintf(le, sizeof le, "le=\"+Inf\"");
        str_addf(out, "%s_bucket", s->metric);
        label_text(s, le, out);
        str_addf(out, " %llu\n", (unsigned long long)(i < METRICS_BUCKETS ? s->bucket[i] : s->n));
    }
    str_addf(out, "%s_sum", s->metric);
    label_text(s, NULL, out);
    str_addf(out, " %.6f\n%s_count", s->sum / 1000, s->metric);
    label_text(s, NULL, out);
    str_addf(out, " %llu\n", (unsigned long long)s->n);
}

void metrics_text(metrics *m, str *out)
{
    pthread_mutex_lock(&m->lock);
    for (size_t k = 0; k < sizeof known / sizeof known[0]; k++) {
        str_addf(out, "# HELP %s %s\n# TYPE %s %s\n", known[k].metric, known[k].help, known[k].metric,
                 known[k].type);
        for (int i = 0; i < m->n; i++) {
            const series *s = &m->all[i];

            if (strcmp(s->metric, known[k].metric))
                continue;
            if (!strcmp(known[k].type, "histogram")) {
                histogram(s, out);
                continue;
            }
            str_adds(out, s->metric);
            label_text(s, NULL, out);
            str_addf(out, " %llu\n", (unsigned long long)s->n);
        }
    }
    pthread_mutex_unlock(&m->lock);
}
