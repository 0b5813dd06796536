/* fuzz_yaml.c - any text as a semantic layer; what loads also compiles.
 *
 * A layer that is accepted may still be nonsense (the guard sees its SQL), but
 * neither reading nor compiling may go out of bounds, loop or run out of words:
 * a refusal carries a message that names the file. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../tests/unit/semantic/sales_catalog.h"
#include "semantic/semantic.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void compile(const sem_layer *l, sem_shape shape, int metric, int dimension)
{
    arena *a = arena_new(4 << 20);
    sem_query q;
    sem_plan plan;
    err e = {0};

    if (!a)
        return;
    sem_query_init(&q);
    q.shape = shape;
    q.metrics[0] = metric;
    q.n_metrics = 1;
    q.groups[0] = (sem_group){.dimension = dimension, .grain = SEM_MONTH};
    q.n_groups = 1;
    if (sem_n_conditions(l) > 0)
        q.conditions[q.n_conditions++].condition = metric % sem_n_conditions(l);
    q.entity = sem_n_entities(l) ? metric % sem_n_entities(l) : -1;
    q.period = (sem_period){.set = true, .from = sem_days(2025, 1, 1), .to = sem_days(2026, 12, 31), .grain = SEM_MONTH, .n = 24};
    if (!sem_compile(l, &q, a, &plan, &e) && (e.code == ERR_OK || !e.msg[0]))
        abort();
    arena_free(a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    arena *a = arena_new(4 << 20);
    const db_catalog *c = a ? sales_catalog(a) : NULL;
    err e = {0};
    sem_layer *l = c ? sem_load((const char *)data, size, "fuzz.yaml", NULL, c, &e) : NULL;

    if (c && !l && !strstr(e.msg, "fuzz.yaml") && e.code != ERR_NOMEM)
        abort();
    for (int m = 0; l && m < sem_n_metrics(l) && m < 20; m++)
        for (int shape = SEM_VALUES; shape <= SEM_UPLIFT; shape++)
            compile(l, (sem_shape)shape, m, sem_n_dimensions(l) ? m % sem_n_dimensions(l) - 1 : -1);
    sem_free(l);
    arena_free(a);
    return 0;
}
