/* split.c - salesbot data split: one file of examples into training and validation.
 *
 * Lines that share a statement on one database, a frame (`template`) or the words of
 * a question belong together (union-find) and go to one side. In the order of their
 * hashes, groups go to validation as long as their category has less than a fifth there. */
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "data/pool_impl.h"

enum { SPLIT_LIMIT = 1 << 30 };

typedef struct piece {
    const char *text; /* in the file */
    size_t n;
    int root;         /* of its group */
    int category;
    uint64_t order;   /* of its group: the least hash in it */
    bool val;
} piece;

typedef struct split {
    piece *at;
    int n, cap;
    json_t *keys;       /* key: the first line that has it */
    json_t *categories; /* name: number */
    int64_t malformed;
} split;

static int root_of(split *s, int i)
{
    while (s->at[i].root != i)
        i = s->at[i].root = s->at[s->at[i].root].root;
    return i;
}

static void join(split *s, int a, int b)
{
    const int ra = root_of(s, a), rb = root_of(s, b);

    s->at[ra > rb ? ra : rb].root = ra > rb ? rb : ra;
}

/* The line belongs with the first one that has the same key. */
static void link_key(split *s, int i, const char *what, const char *a, const char *b)
{
    str key = {0};
    const json_t *first;

    str_addf(&key, "%s\n%s\n%s", what, a, b);
    first = json_object_get(s->keys, str_text(&key));
    if (first)
        join(s, (int)json_integer_value(first), i);
    else
        json_object_set_new(s->keys, str_text(&key), json_integer(i));
    str_deinit(&key);
}

static const char *text_at(const json_t *j, const char *key)
{
    const char *text = json_string_value(json_object_get(j, key));

    return text ? text : "";
}

static int category_of(split *s, const json_t *j)
{
    const char *name = text_at(j, "category");
    json_t *number = json_object_get(s->categories, name);

    if (!number) {
        number = json_integer((json_int_t)json_object_size(s->categories));
        json_object_set_new(s->categories, name, number);
    }
    return (int)json_integer_value(number);
}

static bool add_line(split *s, const char *text, size_t n, uint64_t seed, err *e)
{
    json_t *j = json_loadb(text, n, 0, NULL);
    const char *answer = text_at(json_array_get(json_object_get(j, "messages"), 1), "content");
    const char *question = text_at(j, "question");
    char key[65];

    if (!*answer || !*question) {
        s->malformed++;
        json_decref(j);
        return true;
    }
    if (s->n == s->cap) {
        const int cap = s->cap ? s->cap * 2 : 1024;
        piece *grown = realloc(s->at, (size_t)cap * sizeof *grown);

        if (!grown) {
            json_decref(j);
            return err_set(e, ERR_NOMEM, "the examples do not fit in memory");
        }
        s->at = grown;
        s->cap = cap;
    }
    question_key(question, key);
    s->at[s->n] = (piece){.text = text, .n = n, .root = s->n, .category = category_of(s, j), .order = hash_text(key, seed)};
    s->n++;
    link_key(s, s->n - 1, "statement", text_at(j, "db_id"), answer);
    link_key(s, s->n - 1, "question", text_at(j, "db_id"), key);
    if (*text_at(j, "template"))
        link_key(s, s->n - 1, "template", text_at(j, "template"), "");
    json_decref(j);
    return true;
}

static bool read_all(split *s, const str *all, uint64_t seed, err *e)
{
    const char *p = str_text(all);
    bool ok = true;

    while (ok && *p) {
        const size_t n = strcspn(p, "\n");

        ok = strspn(p, " \t\r") >= n || add_line(s, p, n, seed, e);
        p += n + (p[n] == '\n');
    }
    return ok && (s->n > 1 || err_set(e, ERR_FORMAT, "fewer than two examples: nothing to split"));
}

static int by_order(const void *x, const void *y, void *arg)
{
    const split *s = arg;
    const piece *a = &s->at[*(const int *)x], *b = &s->at[*(const int *)y];

    return a->order != b->order ? (a->order < b->order ? -1 : 1) : *(const int *)x - *(const int *)y;
}

/* Groups in the order of their hashes; a fifth of each category to validation. */
static void assign(split *s, int *order, int *size, int *want)
{
    for (int i = 0; i < s->n; i++) {
        const int r = root_of(s, i);

        size[r]++;
        want[s->at[i].category]++;
        if (s->at[i].order < s->at[r].order)
            s->at[r].order = s->at[i].order;
        order[i] = i;
    }
    for (size_t k = 0; k < json_object_size(s->categories); k++)
        want[k] /= VALIDATION_PARTS;
    qsort_r(order, (size_t)s->n, sizeof *order, by_order, s);
    for (int i = 0; i < s->n; i++) {
        piece *g = &s->at[order[i]];

        if (g->root == order[i] && size[order[i]] <= want[g->category]) {
            g->val = true;
            want[g->category] -= size[order[i]];
        }
    }
}

static bool write_sides(split *s, const char *out, int64_t *train, int64_t *val, err *e)
{
    str sides[2] = {{0}};
    bool ok = dir_make(out, e);

    *train = *val = 0;
    for (int i = 0; i < s->n; i++) {
        const bool is_val = s->at[root_of(s, i)].val;

        str_add(&sides[is_val], s->at[i].text, s->at[i].n);
        str_addc(&sides[is_val], '\n');
        ++*(is_val ? val : train);
    }
    ok = ok && write_in(out, "training_data_train.jsonl", &sides[0], e) &&
         write_in(out, "training_data_val.jsonl", &sides[1], e);
    str_deinit(&sides[0]);
    str_deinit(&sides[1]);
    return ok;
}

bool data_split(const char *file, const char *out, uint64_t seed, int64_t *train, int64_t *val, int64_t *malformed, err *e)
{
    split s = {.keys = json_object(), .categories = json_object()};
    str all = {0};
    int *room = NULL;
    bool ok = file_read(file, SPLIT_LIMIT, &all, e) && read_all(&s, &all, seed, e);

    if (ok && !(room = calloc((size_t)s.n * 3, sizeof *room)))
        ok = err_set(e, ERR_NOMEM, "the examples do not fit in memory");
    if (ok)
        assign(&s, room, room + s.n, room + 2 * s.n);
    ok = ok && write_sides(&s, out, train, val, e);
    *malformed = s.malformed;
    free(room);
    free(s.at);
    json_decref(s.keys);
    json_decref(s.categories);
    str_deinit(&all);
    return ok;
}
