/* test_low_rank.c - the second half of a LoRA update: every table beside plain sums, and the
 * same bits for one row, many, and any split of the columns. */
#include "test.h"

#include <stdint.h>
#include <stdlib.h>

#include "kernels/kernels.h"

enum { MAX_T = 13 };

typedef struct fixture {
    low_rank p;
    float *b, *u, *y;
    uint16_t *half;
    int cols;
} fixture;

static void fixture_init(fixture *f, tensor_type type, int rank, int cols, int tokens)
{
    const size_t panels = (size_t)(cols + PANEL - 1) / PANEL, n = panels * (size_t)rank * PANEL;

    *f = (fixture){.cols = cols};
    f->b = calloc(n, sizeof *f->b);
    f->half = calloc(n, sizeof *f->half);
    f->u = calloc((size_t)(rank * tokens), sizeof *f->u);
    f->y = calloc((size_t)(cols * tokens), sizeof *f->y);
    test_fill(f->b, n, 1);
    test_fill(f->u, (size_t)(rank * tokens), 2);
    test_fill(f->y, (size_t)(cols * tokens), 3);
    for (size_t i = 0; i < n; i++) { /* both types hold the same numbers */
        uint32_t bits;

        memcpy(&bits, &f->b[i], 4);
        f->half[i] = (uint16_t)(bits >> 16);
        bits &= 0xffff0000u;
        memcpy(&f->b[i], &bits, 4);
    }
    f->p = (low_rank){.type = type, .b = type == TENSOR_F32 ? (void *)f->b : (void *)f->half, .rank = rank,
                      .n_cols = cols, .c1 = cols, .n_tokens = tokens, .u = f->u, .scale = 0.375f, .y = f->y, .ld = cols};
}

static void fixture_deinit(fixture *f)
{
    free(f->b);
    free(f->half);
    free(f->u);
    free(f->y);
}

static double expected(const fixture *f, int t, int c)
{
    double sum = 0;

    for (int k = 0; k < f->p.rank; k++)
        sum += (double)f->u[t * f->p.rank + k] * (double)f->b[(c / PANEL * f->p.rank + k) * PANEL + c % PANEL];
    return (double)f->y[t * f->cols + c] + 0.375 * sum;
}

static void check(const kernel_ops *ops, tensor_type type, int rank, int cols, int tokens)
{
    fixture f, one;
    double *want = calloc((size_t)(cols * tokens), sizeof *want);

    fixture_init(&f, type, rank, cols, tokens);
    fixture_init(&one, type, rank, cols, tokens);
    for (int i = 0; i < cols * tokens; i++)
        want[i] = expected(&f, i / cols, i % cols);
    ops->low_rank_add(&f.p);
    for (int i = 0; i < cols * tokens; i++)
        if (!(fabs((double)f.y[i] - want[i]) < 1e-5 * sqrt(rank)))
            FAIL_("%s rank %d cols %d: element %d is %g, expected %g", ops->name, rank, cols, i, (double)f.y[i], want[i]);
    for (int t = 0; t < tokens; t++)
        for (int c = 0; c < cols; c += PANEL) { /* a row and a panel at a time */
            low_rank p = one.p;

            p.u += t * rank;
            p.y += t * cols;
            p.n_tokens = 1;
            p.c0 = c;
            p.c1 = c + PANEL < cols ? c + PANEL : cols;
            ops->low_rank_add(&p);
        }
    CHECK(!memcmp(one.y, f.y, (size_t)(cols * tokens) * sizeof *f.y));
    free(want);
    fixture_deinit(&f);
    fixture_deinit(&one);
}

static void every_table(void)
{
    static const int ranks[] = {1, 4, 16, 63, LOW_RANK_MAX}, cols[] = {8, 16, 40, 320}, tokens[] = {1, 2, 7, 8, MAX_T};
    int n;
    const kernel_ops *const *all = kernels_all(&n);

    for (int k = 0; k < n; k++)
        for (int r = 0; r < 5; r++)
            for (int c = 0; c < 4; c++)
                for (int t = 0; t < 5; t++)
                    for (int type = 0; type < 2 && !test_failed; type++) {
                        CHECK(all[k]->low_rank_add);
                        check(all[k], type ? TENSOR_BF16 : TENSOR_F32, ranks[r], cols[c], tokens[t]);
                    }
}

TEST_MAIN({"every table", every_table})
