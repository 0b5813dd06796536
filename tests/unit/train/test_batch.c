/* test_batch.c - every example once, nothing changed, prefixes shared where they are equal. */
#include <stdlib.h>

#include "test.h"
#include "train/batch.h"

static train_set set;

/* `groups` databases of a 30-token schema each, with some questions of 10..25 tokens. */
static void make(int groups, int questions)
{
    err e = {0};

    for (int g = 0; g < groups; g++)
        for (int q = 0; q < questions; q++) {
            int32_t ids[80];
            const int n = 40 + (g * 7 + q * 5) % 16;

            for (int k = 0; k < n; k++)
                ids[k] = k < 30 ? g * 100 + k : 1000 + g * 10000 + q * 100 + k;
            if (!train_set_add(&set, ids, n, n - 6, g, &e))
                abort();
        }
}

static void drop(void) { train_set_deinit(&set); }

/* The tokens that a child sees, its parent's first, and their targets. */
static int whole(const train_batch *b, int segment, int32_t *ids, int32_t *targets)
{
    const train_segment *s = &b->segments[segment];
    int n = 0;

    if (s->parent >= 0)
        n = whole(b, s->parent, ids, targets);
    memcpy(ids + n, b->ids + s->first, (size_t)s->n * sizeof *ids);
    memcpy(targets + n, b->targets + s->first, (size_t)s->n * sizeof *targets);
    return n + s->n;
}

static bool is_parent(const train_batch *b, int segment)
{
    for (int i = 0; i < b->n_segments; i++)
        if (b->segments[i].parent == segment)
            return true;
    return false;
}

/* Index of the example whose ids these are and whose targets follow from it; -1. */
static int find(const int32_t *ids, const int32_t *targets, int n)
{
    for (int i = 0; i < set.n; i++) {
        const train_example *x = &set.examples[i];
        bool right = x->n == n && !memcmp(set.ids + x->at, ids, (size_t)n * sizeof *ids);

        for (int k = 0; right && k < n; k++)
            right = targets[k] == (k + 1 >= x->answer && k + 1 < n ? ids[k + 1] : -1);
        if (right)
            return i;
    }
    return -1;
}

static void check_epoch(batch_plan *p, int epoch, int batch_tokens)
{
    int *seen = calloc((size_t)set.n, sizeof *seen), n_targets = 0;
    const int n = batch_plan_epoch(p, epoch);

    CHECK(seen);
    for (int i = 0; i < n; i++) {
        const train_batch *b = batch_plan_get(p, i);
        int at = 0, targets_here = 0;

        CHECK(b->n <= batch_plan_max_tokens(p) && (b->n <= batch_tokens || batch_plan_examples(p, i) == 1));
        for (int s = 0; s < b->n_segments; s++) {
            int32_t ids[200], targets[200];
            const train_segment *g = &b->segments[s];
            int found;

            CHECK(g->first == at && g->n > 0 && g->parent < s);
            CHECK(g->parent < 0 || b->segments[g->parent].parent < 0);
            at += g->n;
            if (is_parent(b, s))
                continue;
            found = find(ids, targets, whole(b, s, ids, targets));
            CHECK(found >= 0);
            seen[found]++;
        }
        CHECK(at == b->n);
        for (int t = 0; t < b->n; t++)
            targets_here += b->targets[t] >= 0;
        CHECK(targets_here == batch_plan_targets(p, i));
        n_targets += targets_here;
    }
    for (int i = 0; i < set.n; i++)
        CHECK(seen[i] == 1);
    CHECK(n_targets == set.n * 6);
    free(seen);
}

static int computed(batch_plan *p, int n)
{
    int sum = 0;

    for (int i = 0; i < n; i++)
        sum += batch_plan_get(p, i)->n;
    return sum;
}

static void test_once(void)
{
    err e = {0};

    make(23, 11);
    for (int share = 0; share < 2; share++)
        for (int shuffle = 0; shuffle < 2; shuffle++) {
            const batch_options o = {.batch_tokens = 150, .group_examples = 4, .share = share, .shuffle = shuffle, .seed = 5};
            batch_plan *p = batch_plan_new(&set, &o, &e);

            CHECK(p);
            for (int epoch = 0; epoch < 3; epoch++)
                check_epoch(p, epoch, 150);
            batch_plan_free(p);
        }
    drop();
}

static void test_shared_costs_less(void)
{
    err e = {0};
    batch_options o = {.batch_tokens = 200, .group_examples = 8, .share = true, .shuffle = true, .seed = 5};
    batch_plan *p, *q;
    int together, alone;

    make(10, 16);
    p = batch_plan_new(&set, &o, &e);
    o.share = false;
    q = batch_plan_new(&set, &o, &e);
    CHECK(p && q);
    together = computed(p, batch_plan_epoch(p, 0));
    alone = computed(q, batch_plan_epoch(q, 0));
    CHECK(alone == (int)set.n_ids);
    CHECK(together < 2 * alone / 3);
    batch_plan_free(p);
    batch_plan_free(q);
    drop();
}

static void test_order(void)
{
    err e = {0};
    const batch_options o = {.batch_tokens = 150, .group_examples = 4, .share = true, .shuffle = true, .seed = 5};
    batch_options other = o;
    int32_t first[400];
    batch_plan *p, *q, *r;
    int n;

    make(12, 9);
    other.seed = 6;
    p = batch_plan_new(&set, &o, &e);
    q = batch_plan_new(&set, &o, &e);
    r = batch_plan_new(&set, &other, &e);
    CHECK(p && q && r);
    CHECK(batch_plan_epoch(p, 4) == batch_plan_epoch(q, 4));
    n = batch_plan_get(p, 0)->n;
    memcpy(first, batch_plan_get(p, 0)->ids, (size_t)n * sizeof *first);
    CHECK(batch_plan_get(q, 0)->n == n && !memcmp(first, batch_plan_get(q, 0)->ids, (size_t)n * sizeof *first));
    batch_plan_epoch(q, 5);
    CHECK(batch_plan_get(q, 0)->n != n || memcmp(first, batch_plan_get(q, 0)->ids, (size_t)n * sizeof *first));
    batch_plan_epoch(r, 4);
    CHECK(batch_plan_get(r, 0)->n != n || memcmp(first, batch_plan_get(r, 0)->ids, (size_t)n * sizeof *first));
    batch_plan_free(p);
    batch_plan_free(q);
    batch_plan_free(r);
    drop();
}

/* Prompts that are wholly equal: the token before the answer stays with each. */
static void test_equal_prompts(void)
{
    err e = {0};
    const batch_options o = {.batch_tokens = 200, .group_examples = 4, .share = true, .seed = 1};
    batch_plan *p;

    for (int i = 0; i < 3; i++) {
        int32_t ids[30];

        for (int k = 0; k < 30; k++)
            ids[k] = k < 24 ? k : 100 * i + k;
        CHECK(train_set_add(&set, ids, 30, 24, 0, &e));
    }
    p = batch_plan_new(&set, &o, &e);
    CHECK(p);
    check_epoch(p, 0, 200);
    CHECK(batch_plan_get(p, 0)->segments[0].n == 23 && batch_plan_get(p, 0)->n_segments == 4);
    batch_plan_free(p);
    drop();
}

/* A long example has a batch alone; a single one is a whole epoch; a part is chosen evenly. */
static void test_edges(void)
{
    err e = {0};
    batch_options o = {.batch_tokens = 20, .group_examples = 4, .share = true, .shuffle = true, .seed = 1};
    batch_plan *p;
    int32_t id = 7;

    CHECK(!train_set_add(&set, &id, 1, 1, 0, &e) && e.code == ERR_ARG);
    make(1, 1);
    p = batch_plan_new(&set, &o, &e);
    CHECK(p);
    CHECK(batch_plan_max_tokens(p) == 40);
    CHECK(batch_plan_epoch(p, 0) == 1);
    CHECK(batch_plan_get(p, 0)->n == 40);
    batch_plan_free(p);
    drop();
    make(10, 10);
    o.most_examples = 7;
    o.batch_tokens = 10000;
    p = batch_plan_new(&set, &o, &e);
    CHECK(p);
    CHECK(batch_plan_epoch(p, 0) == 1);
    CHECK(batch_plan_examples(p, 0) == 7);
    batch_plan_free(p);
    drop();
}

TEST_MAIN({"once", test_once}, {"shared_costs_less", test_shared_costs_less}, {"order", test_order},
          {"equal_prompts", test_equal_prompts}, {"edges", test_edges})
