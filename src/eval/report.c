/* report.c - what a run has shown: shares with intervals, times, kinds of error.
 *
 * Intervals are 95 % bootstrap intervals (Efron 1979): RESAMPLES draws of as
 * many questions with replacement, always from the same seed. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "eval/eval_impl.h"
#include "eval/report_impl.h"

enum { RESAMPLES = 1000 };

eval_case *report_add(eval_report *r)
{
    if (r->n == r->cap) {
        const int cap = r->cap ? 2 * r->cap : 256;
        eval_case *grown = realloc(r->cases, (size_t)cap * sizeof *grown);

        if (!grown)
            return NULL;
        r->cases = grown;
        r->cap = cap;
    }
    r->cases[r->n] = (eval_case){.source = "", .db_id = "", .difficulty = "", .path = "", .confidence = ""};
    return &r->cases[r->n++];
}

const char *report_text(eval_report *r, const char *text)
{
    const char *copy;

    for (int i = 0; i < r->n_texts; i++)
        if (!strcmp(r->texts[i], text))
            return r->texts[i];
    copy = arena_str(r->a, text);
    if (copy && r->n_texts < EVAL_TEXTS_MAX)
        r->texts[r->n_texts++] = copy;
    return copy ? copy : "";
}

void eval_report_deinit(eval_report *r)
{
    free(r->cases);
    arena_free(r->a);
    *r = (eval_report){0};
}

/* ---- shares ----------------------------------------------------------- */

/* splitmix64 */
static uint64_t next_random(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15u;

    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

static int by_number(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

/* The 2.5th and 97.5th percentile of the means of resampled values. */
void bootstrap(const double *values, int n, double *low, double *high)
{
    double *means = malloc(RESAMPLES * sizeof *means);
    uint64_t seed = 1;

    *low = *high = NAN;
    for (int i = 0; means && i < RESAMPLES; i++) {
        double sum = 0;

        for (int k = 0; k < n; k++)
            sum += values[next_random(&seed) % (uint64_t)n];
        means[i] = sum / n;
    }
    if (means && n) {
        qsort(means, RESAMPLES, sizeof *means, by_number);
        *low = means[RESAMPLES * 25 / 1000];
        *high = means[RESAMPLES * 975 / 1000 - 1];
    }
    free(means);
}

bool case_counts(const eval_case *c)  { return !c->no_gold; }
bool case_answerable(const eval_case *c) { return !c->no_gold && !c->unanswerable; }
bool case_right(const eval_case *c)   { return c->right; }
bool case_answered(const eval_case *c) { return c->answered; }
bool case_wrong(const eval_case *c)   { return c->answered && !c->right; }
bool case_refused(const eval_case *c) { return !c->answered; }
bool case_prepares(const eval_case *c) { return c->prepares; }
bool case_runs(const eval_case *c)    { return c->runs; }
bool case_exact(const eval_case *c)   { return c->exact; }

static eval_share share(const eval_report *r, eval_test is, eval_test among, const char *source,
                        const char *difficulty)
{
    double *values = malloc(((size_t)r->n + 1) * sizeof *values);
    eval_share s = {.value = NAN, .low = NAN, .high = NAN};

    for (int i = 0; values && i < r->n; i++) {
        const eval_case *c = &r->cases[i];

        if ((among && !among(c)) || (source && strcmp(c->source, source)) ||
            (difficulty && strcmp(c->difficulty, difficulty)))
            continue;
        values[s.n++] = is(c);
        s.k += is(c);
    }
    if (values && s.n) {
        s.value = (double)s.k / s.n;
        bootstrap(values, s.n, &s.low, &s.high);
    }
    free(values);
    return s;
}

eval_share eval_share_of(const eval_report *r, eval_test is, eval_test among)
{
    return share(r, is, among, NULL, NULL);
}

eval_share share_of_group(const eval_report *r, eval_test is, bool by_source, const char *group)
{
    return share(r, is, case_answerable, by_source ? group : NULL, by_source ? NULL : group);
}

double report_similarity(const eval_report *r)
{
    double sum = 0;
    int n = 0;

    for (int i = 0; i < r->n; i++)
        if (case_answerable(&r->cases[i]))
            sum += r->cases[i].similarity, n++;
    return n ? sum / n : NAN;
}

double report_latency(const eval_report *r, double p)
{
    double *ms = malloc(((size_t)r->n + 1) * sizeof *ms), value = NAN;
    int n = 0;

    for (int i = 0; ms && i < r->n; i++)
        ms[n++] = r->cases[i].ms;
    if (n) {
        qsort(ms, (size_t)n, sizeof *ms, by_number);
        value = ms[(int)fmin(n - 1, floor(p * n))];
    }
    free(ms);
    return value;
}

/* The groups in the order in which they first occur. */
int report_groups(const eval_report *r, bool by_source, const char *groups[GROUPS_MAX])
{
    int n = 0;

    for (int i = 0; i < r->n; i++) {
        const char *name = by_source ? r->cases[i].source : r->cases[i].difficulty;
        int k = 0;

        while (k < n && strcmp(groups[k], name))
            k++;
        if (k == n && n < GROUPS_MAX && case_answerable(&r->cases[i]))
            groups[n++] = name;
    }
    return n;
}

int report_differences(const eval_report *r, int counts[EVAL_DIFFERENCES])
{
    int n = 0;

    memset(counts, 0, EVAL_DIFFERENCES * sizeof *counts);
    for (int i = 0; i < r->n; i++)
        if (case_answerable(&r->cases[i]) && !r->cases[i].right) {
            counts[r->cases[i].difference]++;
            n++;
        }
    return n;
}

/* ---- confidence --------------------------------------------------------- */

/* Answers to what has none are wrong, so they count. */
static bool has_word(const eval_case *c) { return !c->no_gold && c->answered && *c->confidence; }
bool case_wrong_though_sure(const eval_case *c) { return has_word(c) && !c->right && !strcmp(c->confidence, "Sure"); }

static int by_stated(const void *a, const void *b)
{
    return by_number(&((const worth *)b)->stated, &((const worth *)a)->stated);
}

int report_confidence(const eval_report *r, worth words[WORDS_MAX])
{
    int n = 0;

    for (int i = 0; i < r->n; i++) {
        const eval_case *c = &r->cases[i];
        int k = 0;

        if (!has_word(c))
            continue;
        while (k < n && strcmp(words[k].word, c->confidence))
            k++;
        if (k == n && n == WORDS_MAX)
            continue;
        if (k == n)
            words[n++] = (worth){.word = c->confidence};
        words[k].n++;
        words[k].right += c->right;
        words[k].stated += c->stated;
    }
    for (int k = 0; k < n; k++)
        words[k].stated /= words[k].n;
    qsort(words, (size_t)n, sizeof *words, by_stated);
    return n;
}

/* Guo et al. 2017, arXiv:1706.04599: over ten bins of the stated number, the mean
 * distance from the share that was right, by size. */
double report_calibration_error(const eval_report *r)
{
    enum { BINS = 10 };
    double stated[BINS] = {0}, right[BINS] = {0}, sum = 0;
    int n = 0;

    for (int i = 0; i < r->n; i++) {
        const eval_case *c = &r->cases[i];
        const int bin = (int)fmin(BINS - 1, fmax(0, c->stated * BINS));

        if (!has_word(c))
            continue;
        stated[bin] += c->stated;
        right[bin] += c->right;
        n++;
    }
    for (int b = 0; b < BINS; b++)
        sum += fabs(stated[b] - right[b]);
    return n ? sum / n : NAN;
}
