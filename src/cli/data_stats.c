/* data_stats.c - salesbot data stats and show: what is in a training file. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "cli/cli.h"
#include "cli/data_files.h"
#include "rag/prompt.h"
#include "token/token.h"
#include "weights/weights.h"

#define STATS_FILE_LIMIT ((size_t)1 << 31)

typedef struct numbers { /* of one kind of count, an example each */
    const char *name;
    int64_t *at;
    size_t n, cap;
} numbers;

typedef struct stats {
    const tokenizer *t; /* NULL: bytes */
    numbers prompt, prefix, answer, whole;
    json_t *sources, *categories, *databases;
    int64_t examples, refusals, malformed;
} stats;

static void put(numbers *l, int64_t value)
{
    if (l->n == l->cap) {
        const size_t cap = l->cap ? l->cap * 2 : 1024;
        int64_t *grown = realloc(l->at, cap * sizeof *grown);

        if (!grown)
            return;
        l->at = grown;
        l->cap = cap;
    }
    l->at[l->n++] = value;
}

static int by_value(const void *a, const void *b)
{
    const int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

    return (x > y) - (x < y);
}

static void print_numbers(numbers *l)
{
    double sum = 0;

    if (!l->n)
        return;
    qsort(l->at, l->n, sizeof *l->at, by_value);
    for (size_t i = 0; i < l->n; i++)
        sum += (double)l->at[i];
    printf("  %-28s mean %7.1f  median %6lld  95 %% %6lld  most %6lld\n", l->name, sum / (double)l->n,
           (long long)l->at[l->n / 2], (long long)l->at[(l->n - 1) * 95 / 100], (long long)l->at[l->n - 1]);
    free(l->at);
}

static int64_t size_of(const stats *s, const char *text, size_t n)
{
    token_list ids = {0};
    int64_t count = (int64_t)n;
    err ignored;

    if (s->t && tokenizer_encode(s->t, text, n, 0, &ids, &ignored))
        count = (int64_t)ids.n;
    token_list_deinit(&ids);
    return count;
}

static void add(json_t *counts, const json_t *key)
{
    const char *name = json_string_value(key);

    if (name)
        json_object_set_new(counts, name, json_integer(json_integer_value(json_object_get(counts, name)) + 1));
}

static void count_example(stats *s, const json_t *j)
{
    const json_t *messages = json_object_get(j, "messages");
    const char *user = json_string_value(json_object_get(json_array_get(messages, 0), "content"));
    const char *answer = json_string_value(json_object_get(json_array_get(messages, 1), "content"));
    const json_int_t prefix = json_integer_value(json_object_get(j, "prefix"));
    const char *name = json_string_value(json_object_get(j, "db_id"));
    int64_t n;

    if (!user || !answer || prefix < 0 || (size_t)prefix > strlen(user)) {
        s->malformed++;
        return;
    }
    s->examples++;
    s->refusals += str_starts(answer, PROMPT_REFUSAL);
    add(s->sources, json_object_get(j, "source"));
    add(s->categories, json_object_get(j, "category"));
    if (name && !json_object_get(s->databases, name))
        put(&s->prefix, size_of(s, user, (size_t)prefix));
    add(s->databases, json_object_get(j, "db_id"));
    n = size_of(s, user + prefix, strlen(user + prefix));
    put(&s->prompt, n);
    put(&s->answer, size_of(s, answer, strlen(answer)));
    put(&s->whole, n + s->answer.at[s->answer.n - 1] + size_of(s, user, (size_t)prefix));
}

static void print_counts(const char *title, const json_t *counts)
{
    const char *key;
    json_t *value;

    printf("%s\n", title);
    json_object_foreach((json_t *)counts, key, value)
        printf("  %-28s %8lld\n", key, (long long)json_integer_value(value));
}

static void print_stats(stats *s)
{
    printf("%lld examples over %zu databases, %lld of them refusals", (long long)s->examples,
           json_object_size(s->databases), (long long)s->refusals);
    if (s->malformed)
        printf(", %lld lines malformed", (long long)s->malformed);
    printf("\n");
    print_counts("source", s->sources);
    print_counts("category", s->categories);
    printf("%s\n", s->t ? "tokens" : "bytes (no weights, so no tokens)");
    print_numbers(&s->prefix);
    print_numbers(&s->prompt);
    print_numbers(&s->answer);
    print_numbers(&s->whole);
}

static bool for_each_line(const char *path, void (*fn)(void *arg, json_t *j), void *arg, err *e)
{
    str all = {0};
    bool ok = file_read(path, STATS_FILE_LIMIT, &all, e);

    for (char *at = all.text, *end; ok && at && *at; at = end) {
        json_t *j;

        end = at + strcspn(at, "\n");
        j = json_loadb(at, (size_t)(end - at), 0, NULL);
        end += *end == '\n';
        fn(arg, j);
        json_decref(j);
    }
    str_deinit(&all);
    return ok;
}

static void count_line(void *arg, json_t *j) { count_example(arg, j); }

int data_stats(const flags *f, const char *path)
{
    stats s = {.prompt.name = "question, hints", .prefix.name = "prefix, once a database", .answer.name = "answer",
               .whole.name = "whole example", .sources = json_object(), .categories = json_object(),
               .databases = json_object()};
    str model = {0};
    err e = {0}, ignored = {0};
    weights *w = cli_model(f, &model, &e) && file_exists(str_text(&model)) ? weights_open(model.text, &ignored) : NULL;
    tokenizer *t = w ? tokenizer_from_weights(w, &ignored) : NULL;
    bool ok;

    s.t = t;
    ok = for_each_line(path, count_line, &s, &e);
    if (ok)
        print_stats(&s);
    json_decref(s.sources);
    json_decref(s.categories);
    json_decref(s.databases);
    tokenizer_free(t);
    weights_close(w);
    str_deinit(&model);
    return ok ? 0 : cli_fail(&e);
}

typedef struct shown { int64_t left; } shown;

static void show_line(void *arg, json_t *j)
{
    shown *s = arg;
    const json_t *messages = json_object_get(j, "messages");
    const char *user = json_string_value(json_object_get(json_array_get(messages, 0), "content"));
    const char *answer = json_string_value(json_object_get(json_array_get(messages, 1), "content"));

    if (s->left-- <= 0 || !user || !answer)
        return;
    printf("%s%s%s%s%s\n\n", PROMPT_USER, user, PROMPT_MODEL, answer, PROMPT_END);
}

int data_show(const flags *f, const char *path)
{
    shown s = {f->limit ? f->limit : 3};
    err e = {0};

    return for_each_line(path, show_line, &s, &e) ? 0 : cli_fail(&e);
}
