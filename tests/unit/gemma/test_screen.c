/* test_screen.c - the best token found by screening is the one of the whole head.
 *
 * A head of chosen rows and a made-up last hidden state: ties, near ties, zeros,
 * one row far above the others, none above the others, and states that point
 * where the 4-bit plane says least. */
#include "gemma/gemma_impl.h"

#include <stdlib.h>

#include "test.h"

enum { STATES = 120, D = 256, V = 1003 }; /* V: not a multiple of 16 */

typedef struct fixture {
    model_config c;
    tensor head;
    layer one;
    gemma g;
    gemma_session *s;
    float *rows; /* (V,D) as the head holds them */
} fixture;

static uint32_t noise(uint32_t *s) { return (*s = *s * 1664525u + 1013904223u) >> 8; }
static float unit(uint32_t *s) { return (float)(noise(s) & 0xffff) / 32768.0f - 1.0f; }

/* Random bytes are valid weights of every block type once their scales are. */
static void fill_head(uint8_t *w, tensor_type type, uint32_t seed)
{
    const size_t block = tensor_block_bytes(type), row = (size_t)(D / tensor_block_size(type)) * block;

    for (size_t i = 0; i < V * row; i++)
        w[i] = (uint8_t)noise(&seed);
    for (size_t i = 0; i < V * row; i += block) {
        const uint16_t scale = (uint16_t)(0x2000u + (noise(&seed) & 0x3ff));
        const float f = unit(&seed);

        if (type == TENSOR_F32)
            memcpy(w + i, &f, 4);
        else
            memcpy(w + i + (type == TENSOR_Q6_K ? 208 : 0), &scale, 2);
        if (type == TENSOR_Q4_K)
            memcpy(w + i + 2, &scale, 2);
    }
    for (int r = 100; r < 200; r += 2) { /* pairs of equals, far apart, and of almost equals */
        memcpy(w + (size_t)(r + 700) * row, w + (size_t)r * row, row);
        memcpy(w + (size_t)(r + 701) * row, w + (size_t)r * row, row);
        w[(size_t)(r + 701) * row + block / 2] ^= 1;
    }
    memset(w, 0, 3 * row);
}

static void fixture_init(fixture *f, const kernel_ops *ops, tensor_type type, gemma_precision precision)
{
    const size_t row = (size_t)(D / tensor_block_size(type)) * tensor_block_bytes(type);
    err e = {0};

    memset(f, 0, sizeof *f);
    f->c = (model_config){.D = D, .V = V, .H = 1, .G = 1, .K = 32, .F = D, .L = 1, .context = 64};
    f->head = (tensor){.name = "head", .type = type, .n_dims = 2, .dim = {V, D}, .data = malloc(V * row), .n_bytes = V * row};
    f->g = (gemma){.c = &f->c, .ops = ops, .threads = pool_new(2, &e), .precision = precision,
                   .layers = &f->one, .embed = &f->head, .head = &f->head};
    f->rows = malloc(sizeof *f->rows * D * V);
    fill_head((uint8_t *)(uintptr_t)f->head.data, type, 5);
    ops->dequantise(type, f->head.data, (int64_t)D * V, f->rows);
    head_plane_init(&f->g);
    f->s = gemma_session_open(&f->g, NULL, &e);
}

static void fixture_deinit(fixture *f)
{
    gemma_session_close(f->s);
    head_plane_deinit(&f->g);
    pool_free(f->g.threads);
    free(f->rows);
    free((void *)(uintptr_t)f->head.data);
}

/* Number i of the states, into hidden; its best row is clear for most of them. */
static void state(const fixture *f, int i, float *hidden)
{
    uint32_t seed = 77u + (uint32_t)i;
    const float *row = f->rows + (size_t)(i % 3 == 0 ? 100 + 2 * (i % 50) : 37 * i % V) * D;

    for (int k = 0; k < D; k++) {
        const float noisy = row[k] * (1.0f + 0.01f * unit(&seed));

        hidden[k] = i % 11 == 0 ? unit(&seed) : i % 11 == 1 ? (k == 17 ? 300.0f : 0.01f * unit(&seed))
                  : i % 11 == 2 ? 0.0f : i % 11 == 3 ? row[k] : 20.0f * noisy;
    }
}

static void check_states(fixture *f, int *screened)
{
    gemma_session *s = f->s;

    s->n = 1;
    for (int i = 0; i < STATES; i++) {
        int32_t best;

        state(f, i, s->hidden);
        s->hidden_valid = true;
        s->logits_valid = false;
        best = session_best(s);
        *screened += !s->logits_valid;
        s->logits_valid = false;
        CHECK(best == logits_best(session_logits(s), V));
    }
}

static void same_as_the_whole_head(void)
{
    static const struct {
        tensor_type type;
        gemma_precision precision;
    } heads[] = {{TENSOR_Q8_0, GEMMA_INTEGER}, {TENSOR_Q8_0, GEMMA_F32}, {TENSOR_Q6_K, GEMMA_INTEGER},
                 {TENSOR_Q4_K, GEMMA_INTEGER}, {TENSOR_F32, GEMMA_INTEGER}};
    int n;
    const kernel_ops *const *all = kernels_all(&n);

    for (int k = 0; k < n; k++)
        for (size_t h = 0; h < sizeof heads / sizeof heads[0] && !test_failed; h++) {
            int screened = 0;
            fixture f;

            fixture_init(&f, all[k], heads[h].type, heads[h].precision);
            CHECK(f.s && f.g.threads && f.g.plane.groups);
            check_states(&f, &screened);
            if (!test_failed && (screened < 30 || atomic_load(&f.g.plane.ready) != f.g.plane.n_groups))
                test_failed = 1;
            if (test_failed)
                fprintf(stderr, "  table %s, head %s, %d of 120 screened, %d of %d groups\n", all[k]->name,
                        tensor_type_name(heads[h].type), screened, atomic_load(&f.g.plane.ready), f.g.plane.n_groups);
            fixture_deinit(&f);
        }
}

/* Where no row stands out the plane stops growing, and nothing is lost. */
static void nothing_to_screen(void)
{
    int n;
    fixture f;

    fixture_init(&f, kernels_all(&n)[n - 1], TENSOR_F32, GEMMA_INTEGER);
    CHECK(f.s);
    for (int r = 0; r < V; r++) /* all rows almost the same */
        for (int k = 0; k < D; k++)
            ((float *)(uintptr_t)f.head.data)[r * D + k] = f.rows[D * 500 + k] + 1e-3f * f.rows[r * D + k];
    f.s->n = 1;
    for (int i = 0; i < 120; i++) {
        uint32_t seed = 3u + (uint32_t)i;
        int32_t best;

        for (int k = 0; k < D; k++)
            f.s->hidden[k] = unit(&seed);
        f.s->hidden_valid = true;
        f.s->logits_valid = false;
        best = session_best(f.s);
        CHECK(f.s->logits_valid && best == logits_best(f.s->logits, V));
    }
    CHECK(atomic_load(&f.g.plane.ready) < f.g.plane.n_groups / 8);
    fixture_deinit(&f);
}

TEST_MAIN({"same as the whole head", same_as_the_whole_head}, {"nothing to screen", nothing_to_screen})
