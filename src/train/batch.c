/* batch.c - the set of examples and the plan of an epoch. */
#include "train/batch.h"

#include <assert.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

enum {
    LEAST_SHARED = 8, /* a shorter common prefix is not worth a segment */
    WINDOW = 64       /* units packed together: more fill better, fewer mix better */
};

/* ---- the set ---- */

static bool grow(void **p, size_t size, size_t need, size_t *cap)
{
    size_t more = *cap ? *cap : 1024;
    void *bigger;

    if (need <= *cap)
        return true;
    while (more < need)
        more *= 2;
    bigger = more <= SIZE_MAX / size ? realloc(*p, more * size) : NULL;
    if (!bigger)
        return false;
    *p = bigger;
    *cap = more;
    return true;
}

bool train_set_add(train_set *s, const int32_t *ids, int n, int answer, int group, err *e)
{
    size_t cap = (size_t)s->cap;
    void *p = s->ids;

    if (answer < 1 || answer >= n)
        return err_set(e, ERR_ARG, "an example of %d tokens whose answer begins at token %d", n, answer);
    if (!grow(&p, sizeof *ids, s->n_ids + (size_t)n, &s->ids_cap))
        return err_set(e, ERR_NOMEM, "out of memory for %d examples", s->n + 1);
    s->ids = p;
    p = s->examples;
    if (!grow(&p, sizeof *s->examples, (size_t)s->n + 1, &cap))
        return err_set(e, ERR_NOMEM, "out of memory for %d examples", s->n + 1);
    s->examples = p;
    s->cap = (int)cap;
    memcpy(s->ids + s->n_ids, ids, (size_t)n * sizeof *ids);
    s->examples[s->n++] = (train_example){.at = s->n_ids, .n = n, .answer = answer, .group = group};
    s->n_ids += (size_t)n;
    s->longest = n > s->longest ? n : s->longest;
    return true;
}

void train_set_deinit(train_set *s)
{
    free(s->ids);
    free(s->examples);
    *s = (train_set){0};
}

void train_set_digest(const train_set *s, char hex[65])
{
    crypto_hash_sha256_state state;
    unsigned char digest[crypto_hash_sha256_BYTES];

    crypto_hash_sha256_init(&state);
    for (int i = 0; i < s->n; i++) {
        const train_example *x = &s->examples[i];
        const int32_t head[] = {x->n, x->answer, x->group};

        crypto_hash_sha256_update(&state, (const unsigned char *)head, sizeof head);
        crypto_hash_sha256_update(&state, (const unsigned char *)(s->ids + x->at),
                                  (size_t)x->n * sizeof *s->ids);
    }
    crypto_hash_sha256_final(&state, digest);
    sodium_bin2hex(hex, 65, digest, sizeof digest);
}

/* ---- the plan ---- */

typedef struct unit {
    int first, n; /* in plan.order */
    int shared;   /* tokens of the common prefix; 0: none */
    int tokens;   /* computed */
    int batch;
} unit;

typedef struct packed {
    int first_unit, n_units; /* in plan.packed_units */
    int tokens;
} packed;

struct batch_plan {
    const train_set *set; /* borrowed */
    batch_options options;
    int n_used, max_tokens, n_units, n_batches;
    int *used;         /* (n_used) examples, sorted by group */
    int *order;        /* (n_used) the epoch's order */
    unit *units;       /* (n_used) */
    int *packed_units; /* (n_used) units, batch by batch */
    packed *batches;   /* (n_used) */
    int32_t *ids, *targets; /* (max_tokens) */
    train_segment *segments; /* (2 * n_used, at most 2 * max_tokens) */
    train_batch batch;
};

static uint64_t draw(uint64_t *state) /* SplitMix64: Steele et al. 2014, doi:10.1145/2714064.2660195 */
{
    uint64_t z = *state += 0x9e3779b97f4a7c15u;

    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

static int draw_below(uint64_t *state, int n) { return (int)(draw(state) % (uint64_t)n); }

void batch_plan_free(batch_plan *p)
{
    if (!p)
        return;
    free(p->used);
    free(p->order);
    free(p->units);
    free(p->packed_units);
    free(p->batches);
    free(p->ids);
    free(p->targets);
    free(p->segments);
    free(p);
}

typedef struct place {
    int group, index;
} place;

static int compare_places(const void *a, const void *b)
{
    const place *x = a, *y = b;

    if (x->group != y->group)
        return x->group < y->group ? -1 : 1;
    return (x->index > y->index) - (x->index < y->index);
}

/* The examples to use, sorted by group. */
static bool choose(batch_plan *p)
{
    const train_set *s = p->set;
    place *places = calloc((size_t)p->n_used + 1, sizeof *places);

    if (!places)
        return false;
    for (int i = 0; i < p->n_used; i++) {
        const int index = (int)((int64_t)i * s->n / p->n_used);

        places[i] = (place){s->examples[index].group, index};
    }
    qsort(places, (size_t)p->n_used, sizeof *places, compare_places);
    for (int i = 0; i < p->n_used; i++)
        p->used[i] = places[i].index;
    free(places);
    return true;
}

batch_plan *batch_plan_new(const train_set *s, const batch_options *o, err *e)
{
    batch_plan *p = calloc(1, sizeof *p);
    const int most = o->most_examples;
    const size_t n = (size_t)(most > 0 && most < s->n ? most : s->n);

    if (p) {
        p->set = s;
        p->options = *o;
        p->n_used = (int)n;
        p->max_tokens = s->longest > o->batch_tokens ? s->longest : o->batch_tokens;
        p->used = calloc(n + 1, sizeof *p->used);
        p->order = calloc(n + 1, sizeof *p->order);
        p->units = calloc(n + 1, sizeof *p->units);
        p->packed_units = calloc(n + 1, sizeof *p->packed_units);
        p->batches = calloc(n + 1, sizeof *p->batches);
        p->ids = calloc((size_t)p->max_tokens, sizeof *p->ids);
        p->targets = calloc((size_t)p->max_tokens, sizeof *p->targets);
        p->segments = calloc((size_t)p->max_tokens + 1, sizeof *p->segments); /* each has a token */
    }
    if (p && p->used && p->order && p->units && p->packed_units && p->batches && p->ids &&
        p->targets && p->segments && choose(p))
        return p;
    batch_plan_free(p);
    err_set(e, ERR_NOMEM, "out of memory for the plan of %d examples", s->n);
    return NULL;
}

int batch_plan_max_tokens(const batch_plan *p) { return p->max_tokens; }

static const train_example *example_at(const batch_plan *p, int at)
{
    return &p->set->examples[p->order[at]];
}

/* Common ids of two examples, so that the last token before each answer stays outside. */
static int common(const train_set *s, const train_example *a, const train_example *b, int most)
{
    int n = 0;

    most = a->answer - 1 < most ? a->answer - 1 : most;
    most = b->answer - 1 < most ? b->answer - 1 : most;
    while (n < most && s->ids[a->at + (size_t)n] == s->ids[b->at + (size_t)n])
        n++;
    return n;
}

/* The unit that begins at order[first]: as many examples of the group as fit. */
static unit make_unit(const batch_plan *p, int first, int end)
{
    const train_example *lead = example_at(p, first);
    unit u = {.first = first, .n = 1, .shared = lead->answer - 1, .tokens = lead->n};
    int sum = lead->n;

    while (p->options.share && first + u.n < end && u.n < p->options.group_examples) {
        const train_example *x = example_at(p, first + u.n);
        const int shared = common(p->set, lead, x, u.shared);
        const int tokens = sum + x->n - u.n * shared;

        if (shared < LEAST_SHARED || tokens > p->options.batch_tokens)
            break;
        sum += x->n;
        u.shared = shared;
        u.tokens = tokens;
        u.n++;
    }
    if (u.n == 1)
        u.shared = 0;
    return u;
}

static void shuffle_order(batch_plan *p, int first, int end, uint64_t *state)
{
    for (int i = end - 1; i > first; i--) {
        const int k = first + draw_below(state, i - first + 1), moved = p->order[i];

        p->order[i] = p->order[k];
        p->order[k] = moved;
    }
}

static void make_units(batch_plan *p, uint64_t *state)
{
    p->n_units = 0;
    memcpy(p->order, p->used, (size_t)p->n_used * sizeof *p->order);
    for (int first = 0, end; first < p->n_used; first = end) {
        const int group = example_at(p, first)->group;

        for (end = first + 1; end < p->n_used && group >= 0 && example_at(p, end)->group == group;)
            end++;
        if (p->options.shuffle)
            shuffle_order(p, first, end, state);
        for (int at = first; at < end; at += p->units[p->n_units++].n)
            p->units[p->n_units] = make_unit(p, at, end);
    }
    for (int i = p->n_units - 1; p->options.shuffle && i > 0; i--) {
        const int k = draw_below(state, i + 1);
        const unit moved = p->units[i];

        p->units[i] = p->units[k];
        p->units[k] = moved;
    }
}

static int compare_sizes(const void *a, const void *b)
{
    const unit *x = a, *y = b;

    if (x->tokens != y->tokens)
        return x->tokens > y->tokens ? -1 : 1;
    return (x->first > y->first) - (x->first < y->first);
}

/* First fit, the large units first, over one window of units. */
static void pack_window(batch_plan *p, int first, int end, uint64_t *state)
{
    const int before = p->n_batches;
    int at = before ? p->batches[before - 1].first_unit + p->batches[before - 1].n_units : 0;

    qsort(p->units + first, (size_t)(end - first), sizeof *p->units, compare_sizes);
    for (int i = first; i < end; i++) {
        int b = before;

        while (b < p->n_batches && p->batches[b].tokens + p->units[i].tokens > p->options.batch_tokens)
            b++;
        if (b == p->n_batches)
            p->batches[p->n_batches++] = (packed){0};
        p->batches[b].tokens += p->units[i].tokens;
        p->batches[b].n_units++;
        p->units[i].batch = b;
    }
    for (int i = p->n_batches - 1; p->options.shuffle && i > before; i--) { /* new numbers for the batches */
        const int k = before + draw_below(state, i - before + 1);
        const packed moved = p->batches[i];

        for (int u = first; u < end; u++)
            p->units[u].batch = p->units[u].batch == i ? k : p->units[u].batch == k ? i : p->units[u].batch;
        p->batches[i] = p->batches[k];
        p->batches[k] = moved;
    }
    for (int b = before; b < p->n_batches; b++) {
        p->batches[b].first_unit = at;
        for (int i = first; i < end; i++)
            if (p->units[i].batch == b)
                p->packed_units[at++] = i;
    }
}

int batch_plan_epoch(batch_plan *p, int epoch)
{
    uint64_t state = p->options.seed ^ ((uint64_t)epoch * 0xd1342543de82ef95u);

    p->n_batches = 0;
    make_units(p, &state);
    for (int first = 0; first < p->n_units; first += WINDOW)
        pack_window(p, first, first + WINDOW < p->n_units ? first + WINDOW : p->n_units, &state);
    return p->n_batches;
}

/* ---- one batch ---- */

static void add_segment(batch_plan *p, const train_example *x, int from, int to, int parent)
{
    train_batch *b = &p->batch;
    const int32_t *ids = p->set->ids + x->at;

    p->segments[b->n_segments++] = (train_segment){b->n, to - from, parent};
    for (int i = from; i < to; i++) {
        p->ids[b->n] = ids[i];
        p->targets[b->n++] = i + 1 >= x->answer && i + 1 < to ? ids[i + 1] : -1;
    }
}

const train_batch *batch_plan_get(batch_plan *p, int i)
{
    const packed *b = &p->batches[i];

    assert(i >= 0 && i < p->n_batches);
    p->batch = (train_batch){.ids = p->ids, .targets = p->targets, .segments = p->segments};
    for (int k = 0; k < b->n_units; k++) {
        const unit *u = &p->units[p->packed_units[b->first_unit + k]];
        int parent = -1;

        if (u->shared) {
            parent = p->batch.n_segments;
            add_segment(p, example_at(p, u->first), 0, u->shared, -1);
        }
        for (int j = 0; j < u->n; j++) {
            const train_example *x = example_at(p, u->first + j);

            add_segment(p, x, u->shared, x->n, parent);
        }
    }
    return &p->batch;
}

typedef int measure(const train_example *);
static int of_targets(const train_example *x) { return x->n - x->answer; }
static int of_tokens(const train_example *x) { return x->n; }
static int of_one(const train_example *x) { return x ? 1 : 0; }

static int total(const batch_plan *p, int i, measure *of)
{
    const packed *b = &p->batches[i];
    int n = 0;

    for (int k = 0; k < b->n_units; k++) {
        const unit *u = &p->units[p->packed_units[b->first_unit + k]];

        for (int j = 0; j < u->n; j++)
            n += of(example_at(p, u->first + j));
    }
    return n;
}

int batch_plan_targets(const batch_plan *p, int i) { return total(p, i, of_targets); }
int batch_plan_examples(const batch_plan *p, int i) { return total(p, i, of_one); }
int batch_plan_tokens(const batch_plan *p, int i) { return total(p, i, of_tokens); }
