/* test_chart.c - the rules by cases in a text table, and the drawn figure. */
#include "agent/chart_impl.h"
#include "table.h"
#include "test.h"

typedef struct expected { char rule[32], type[32]; int n_traces; } expected;

static json_t *drawn(table *t, err *e)
{
    struct agent_work work = {0};
    agent_context *none = NULL;

    t->s->work = &work;
    if (!chart_step(t->s, none, e))
        return NULL;
    t->s->work = NULL;
    return t->s->chart;
}

static bool is_expected(const json_t *chart, const expected *x)
{
    const json_t *data = json_object_get(chart, "data");
    const char *kind = json_string_value(json_object_get(chart, "kind"));
    const char *type = json_string_value(json_object_get(json_array_get(data, 0), "type"));

    if (!chart)
        return !strcmp(x->rule, "none");
    return kind && type && !strcmp(kind, x->rule) && !strcmp(type, x->type) &&
           (!x->n_traces || json_array_size(data) == (size_t)x->n_traces);
}

static agent_intent intent_named(const char *name)
{
    for (int i = 0; i < INTENT_COUNT_; i++)
        if (!strcmp(agent_intent_name((agent_intent)i), name))
            return (agent_intent)i;
    abort();
}

/* Every case of chart_cases.txt; a failure names the case and what came. */
static void cases_choose_their_chart(void)
{
    FILE *f = fopen(SALESBOT_SOURCE_DIR "/tests/unit/agent/chart_cases.txt", "r");
    char line[1024], name[256] = "", intent[32] = "breakdown";
    table t = {0};
    int n = 0, wrong = 0;

    CHECK(f);
    while (fgets(line, sizeof line, f)) {
        expected x = {{0}, {0}, 0};
        err e = {0};

        line[strcspn(line, "\n")] = 0;
        if (line[0] == '#' || !line[0]) {
            continue;
        } else if (!strncmp(line, "intent: ", 8)) {
            snprintf(intent, sizeof intent, "%.31s", line + 8);
        } else if (!strncmp(line, "columns: ", 9)) {
            table_open(&t, line + 9);
            t.s->intent = intent_named(intent);
            t.s->ordered = t.s->intent == INTENT_RANKING;
        } else if (!strncmp(line, "chart: ", 7)) {
            sscanf(line + 7, "%31s %31s %d", x.rule, x.type, &x.n_traces);
            if (!is_expected(drawn(&t, &e), &x)) {
                const char *kind = json_string_value(json_object_get(t.s->chart, "kind"));

                fprintf(stderr, "%s: expected %s, got %s with %zu traces %s\n", name, line + 7,
                        kind ? kind : "none", json_array_size(json_object_get(t.s->chart, "data")), e.msg);
                wrong++;
            }
            n++;
            table_close(&t);
            t = (table){0};
            strcpy(intent, "breakdown");
        } else if (t.s) {
            table_add(&t, line);
        } else {
            snprintf(name, sizeof name, "%.255s", line);
        }
    }
    fclose(f);
    CHECK(n >= 25 && wrong == 0);
}

static void other_sums_what_is_hidden(void)
{
    table t;
    err e = {0};
    const json_t *chart, *trace, *values, *labels;
    double sum = 0;

    table_open(&t, "product text g text | sales decimal m money");
    table_add(&t, "* 300: P# | #");
    t.s->intent = INTENT_BREAKDOWN;
    chart = drawn(&t, &e);
    trace = json_array_get(json_object_get(chart, "data"), 0);
    values = json_object_get(trace, "x");
    labels = json_object_get(trace, "y");
    CHECK(json_array_size(values) == 21);
    CHECK(!strcmp(json_string_value(json_array_get(labels, 20)), "Other"));
    CHECK(json_number_value(json_array_get(values, 0)) == 300);
    for (size_t i = 0; i < 21; i++)
        sum += json_number_value(json_array_get(values, i));
    CHECK(sum == 300 * 301 / 2);
    table_close(&t);
}

static void waterfall_stands_on_its_bases(void)
{
    table t;
    err e = {0};
    const json_t *trace, *base, *y;

    table_open(&t, "store text g text | change decimal c money");
    table_add(&t, "A | -100");
    table_add(&t, "B | 30");
    t.s->intent = INTENT_WHY;
    trace = json_array_get(json_object_get(drawn(&t, &e), "data"), 0);
    base = json_object_get(trace, "base");
    y = json_object_get(trace, "y");
    CHECK(json_array_size(base) == 3 && json_number_value(json_array_get(base, 1)) == -100);
    CHECK(json_number_value(json_array_get(y, 2)) == -70);
    table_close(&t);
}

static void names_are_not_markup(void)
{
    table t;
    err e = {0};
    str page = {0};

    table_open(&t, "<b>x</b> text g text | sales decimal m money");
    table_add(&t, "</script><script>alert(1)</script> | 10");
    table_add(&t, "<img src=x onerror=alert(1)> | 20");
    t.s->intent = INTENT_BREAKDOWN;
    t.s->question = "<script>alert(2)</script>";
    t.s->answer = "\"<i>\" & 'more'";
    t.s->sql_pretty = "SELECT '</pre><script>'";
    CHECK(drawn(&t, &e));
    CHECK(agent_chart_html(t.s, &page, &e));
    CHECK(!strstr(page.text, "<script>alert") && !strstr(page.text, "<img") &&
          !strstr(page.text, "<b>") && !strstr(page.text, "<i>") && !strstr(page.text, "</pre><script>"));
    CHECK(strstr(page.text, "&lt;script&gt;alert(2)"));
    CHECK(strstr(page.text, "€ 20.00") && strstr(page.text, "Content-Security-Policy"));
    str_deinit(&page);
    table_close(&t);
}

static void unknown_keys_are_refused(void)
{
    err e = {0};
    json_t *good = json_pack("{s:[{s:s, s:[i,i], s:[i,i]}], s:{}}", "data", "type", "bar", "x", 1, 2,
                             "y", 3, 4, "layout");
    json_t *trace = json_array_get(json_object_get(good, "data"), 0);

    CHECK(good && chart_check(good, &e));
    json_object_set_new(trace, "onclick", json_string("alert(1)"));
    CHECK(!chart_check(good, &e) && strstr(e.msg, "onclick"));
    json_object_del(trace, "onclick");
    json_object_set_new(trace, "y", json_pack("[i]", 1));
    CHECK(!chart_check(good, &e) && strstr(e.msg, "length"));
    json_decref(good);
}

static void terminal_bars_are_aligned(void)
{
    table t;
    err e = {0};
    str out = {0};

    table_open(&t, "city text g text | sales decimal m money");
    table_add(&t, "Zürich | 1500");
    table_add(&t, "東京 | 750");
    t.s->intent = INTENT_BREAKDOWN;
    CHECK(drawn(&t, &e));
    CHECK(agent_chart_text(t.s, 40, &out, &e));
    CHECK(!strcmp(out.text, "Zürich   € 1,500  ██████████████████████\n"
                            "東京    € 750.00  ███████████\n"));
    str_deinit(&out);
    table_close(&t);
}

static void terminal_sparkline_has_its_ends(void)
{
    table t;
    err e = {0};
    str out = {0};

    table_open(&t, "month date t date | sales decimal m money");
    for (int i = 1; i <= 8; i++) {
        char row[64];

        snprintf(row, sizeof row, "2025-%02d-01 | %d", i, i * 1000);
        table_add(&t, row);
    }
    t.s->intent = INTENT_TREND;
    t.s->time_grain = SEM_MONTH;
    CHECK(drawn(&t, &e));
    CHECK(agent_chart_text(t.s, 60, &out, &e));
    CHECK(!strcmp(out.text, "▁▂▃▄▅▆▇█  € 1,000 … € 8,000\nJanuary 2025 … August 2025\n"));
    str_deinit(&out);
    table_close(&t);
}

TEST_MAIN({"cases_choose_their_chart", cases_choose_their_chart},
          {"other_sums_what_is_hidden", other_sums_what_is_hidden},
          {"waterfall_stands_on_its_bases", waterfall_stands_on_its_bases},
          {"names_are_not_markup", names_are_not_markup},
          {"unknown_keys_are_refused", unknown_keys_are_refused},
          {"terminal_bars_are_aligned", terminal_bars_are_aligned},
          {"terminal_sparkline_has_its_ends", terminal_sparkline_has_its_ends})
