/* report_text.c - the report for people and for programs. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "eval/report_impl.h"

const measure report_measures[] = {
    {"right", "right", case_right, case_answerable},
    {"wrong", "wrong", case_wrong, case_answerable},
    {"no answer", "refused", case_refused, case_answerable},
    {"answered", "answered", case_answered, case_answerable},
    {"prepares", "prepares", case_prepares, case_answerable},
    {"runs", "runs", case_runs, case_answerable},
    {"same tree", "exact", case_exact, case_answerable},
    {"wrong, \"Sure\"", "wrong_though_sure", case_wrong_though_sure, case_counts},
    {NULL, NULL, NULL, NULL},
};

static bool case_unanswerable(const eval_case *c) { return c->unanswerable; }

static void add_share(str *out, const char *name, eval_share s)
{
    str_addf(out, "  %-13s %5.1f %%  (%.1f to %.1f)  %d of %d\n", name, 100 * s.value, 100 * s.low,
             100 * s.high, s.k, s.n);
}

static void add_groups(const eval_report *r, bool by_source, str *out)
{
    const char *groups[GROUPS_MAX];
    const int n = report_groups(r, by_source, groups);

    if (n < 2)
        return;
    str_addf(out, "\n%-20s %9s %16s %9s %9s %9s\n", by_source ? "source" : "difficulty", "questions",
             "right %", "runs %", "tree %", "refused %");
    for (int i = 0; i < n; i++) {
        const eval_share right = share_of_group(r, case_right, by_source, groups[i]);

        str_addf(out, "%-20s %9d %5.1f (%.1f–%.1f) %9.1f %9.1f %9.1f\n", groups[i], right.n,
                 100 * right.value, 100 * right.low, 100 * right.high,
                 100 * share_of_group(r, case_runs, by_source, groups[i]).value,
                 100 * share_of_group(r, case_exact, by_source, groups[i]).value,
                 100 * share_of_group(r, case_refused, by_source, groups[i]).value);
    }
}

static void add_differences(const eval_report *r, str *out)
{
    int counts[EVAL_DIFFERENCES];
    const int n = report_differences(r, counts);

    if (!n)
        return;
    str_adds(out, "\nNot right, by the first kind of thing that differs:\n");
    for (int i = 0; i < EVAL_DIFFERENCES; i++)
        if (counts[i])
            str_addf(out, "  %-12s %5.1f %%  %d\n", eval_difference_name((eval_difference)i),
                     100.0 * counts[i] / n, counts[i]);
}

static void add_confidence(const eval_report *r, str *out)
{
    worth words[WORDS_MAX];
    const int n = report_confidence(r, words);

    if (!n)
        return;
    str_addf(out, "\n%-20s %9s %9s %9s\n", "confidence", "answers", "right %", "stated %");
    for (int i = 0; i < n; i++)
        str_addf(out, "%-20s %9d %9.1f %9.1f\n", words[i].word, words[i].n, 100.0 * words[i].right / words[i].n,
                 100 * words[i].stated);
    str_addf(out, "expected calibration error %.3f\n", report_calibration_error(r));
}

void eval_report_text(const eval_report *r, str *out)
{
    const eval_share refusals = eval_share_of(r, case_right, case_unanswerable);
    const int counted = eval_share_of(r, case_right, case_counts).n;

    str_addf(out, "%d questions of %s (%s)\n", r->n, r->data, r->run ? r->run : "");
    if (r->n < r->total)
        str_addf(out, "  not all: %d were to be asked\n", r->total);
    if (counted < r->n)
        str_addf(out, "  left out: %d whose reference does not run\n", r->n - counted);
    for (const measure *m = report_measures; m->name; m++)
        add_share(out, m->name, eval_share_of(r, m->is, m->among));
    if (refusals.n)
        add_share(out, "refused well", refusals);
    str_addf(out, "  %-13s %5.1f %%\n", "similarity", 100 * report_similarity(r));
    str_addf(out, "  %-13s %5.0f ms in the median, %.0f ms at the 95th percentile\n", "latency",
             report_latency(r, 0.5), report_latency(r, 0.95));
    add_groups(r, true, out);
    add_groups(r, false, out);
    add_confidence(r, out);
    add_differences(r, out);
}

/* ---- JSON ------------------------------------------------------------- */

static json_t *number_json(double x)
{
    return isfinite(x) ? json_real(x) : json_null();
}

static json_t *share_json(eval_share s)
{
    return json_pack("{s:i, s:i, s:o, s:o, s:o}", "n", s.n, "k", s.k, "value", number_json(s.value),
                     "low", number_json(s.low), "high", number_json(s.high));
}

static json_t *groups_json(const eval_report *r, bool by_source)
{
    const char *groups[GROUPS_MAX];
    const int n = report_groups(r, by_source, groups);
    json_t *all = json_object();

    for (int i = 0; i < n; i++) {
        json_t *one = json_object();

        for (const measure *m = report_measures; m->name; m++)
            json_object_set_new(one, m->key, share_json(share_of_group(r, m->is, by_source, groups[i])));
        json_object_set_new(all, groups[i], one);
    }
    return all;
}

static json_t *paths_json(const eval_report *r)
{
    json_t *all = json_object();

    for (int i = 0; i < r->n; i++) {
        const char *path = r->cases[i].path;
        json_t *one = json_object_get(all, path);

        if (!one) {
            one = json_pack("{s:i, s:i}", "n", 0, "right", 0);
            json_object_set_new(all, path, one);
        }
        json_object_set_new(one, "n", json_integer(json_integer_value(json_object_get(one, "n")) + 1));
        json_object_set_new(one, "right", json_integer(json_integer_value(json_object_get(one, "right")) +
                                                       r->cases[i].right));
    }
    return all;
}

static json_t *words_json(const eval_report *r)
{
    worth words[WORDS_MAX];
    const int n = report_confidence(r, words);
    json_t *all = json_object();

    for (int i = 0; i < n; i++)
        json_object_set_new(all, words[i].word, json_pack("{s:i, s:i, s:f}", "n", words[i].n, "right", words[i].right,
                                                          "stated", words[i].stated));
    return all;
}

json_t *eval_report_json(const eval_report *r)
{
    int counts[EVAL_DIFFERENCES];
    json_t *out = json_object(), *differences = json_object(), *overall = json_object();

    report_differences(r, counts);
    for (int i = 0; i < EVAL_DIFFERENCES; i++)
        if (counts[i])
            json_object_set_new(differences, eval_difference_name((eval_difference)i),
                                json_integer(counts[i]));
    for (const measure *m = report_measures; m->name; m++)
        json_object_set_new(overall, m->key, share_json(eval_share_of(r, m->is, m->among)));
    json_object_set_new(overall, "refused_well",
                        share_json(eval_share_of(r, case_right, case_unanswerable)));
    json_object_set_new(overall, "calibration_error", number_json(report_calibration_error(r)));
    json_object_set_new(overall, "similarity", number_json(report_similarity(r)));
    json_object_set_new(overall, "p50_ms", number_json(report_latency(r, 0.5)));
    json_object_set_new(overall, "p95_ms", number_json(report_latency(r, 0.95)));
    json_object_set_new(out, "data", json_string(r->data));
    json_object_set_new(out, "run", json_string(r->run ? r->run : ""));
    json_object_set_new(out, "questions", json_integer(r->n));
    json_object_set_new(out, "to_ask", json_integer(r->total));
    json_object_set_new(out, "left_out", json_integer(r->n - eval_share_of(r, case_right, case_counts).n));
    json_object_set_new(out, "seconds", number_json(r->seconds));
    json_object_set_new(out, "overall", overall);
    json_object_set_new(out, "by_source", groups_json(r, true));
    json_object_set_new(out, "by_difficulty", groups_json(r, false));
    json_object_set_new(out, "by_path", paths_json(r));
    json_object_set_new(out, "confidence", words_json(r));
    json_object_set_new(out, "differences", differences);
    return out;
}
