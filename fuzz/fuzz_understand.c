/* fuzz_understand.c - any bytes as a question about the sales database.
 *
 * Beside the sanitizers' silence: a refusal has a message, and a question that a
 * template answers compiles to SQL that parses, binds and passes the guard, or is
 * refused with a reason. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../tests/unit/semantic/sales_catalog.h"
#include "agent/understand.h"
#include "base/file.h"
#include "semantic/semantic.h"
#include "sql/sql.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

extern const char sem_sales_yaml[], sem_sales_yaml_end[];

typedef struct world {
    arena *arena; /* holds the catalog */
    const db_catalog *catalog;
    const sem_layer *layer;
} world;

/* Loaded once: it takes longer than a thousand questions. */
static const world *get_world(void)
{
    static world made;
    err e = {0};

    if (!made.layer) {
        made.arena = arena_new(8 << 20);
        made.catalog = made.arena ? sales_catalog(made.arena) : NULL;
        made.layer = made.catalog ? sem_load(sem_sales_yaml, (size_t)(sem_sales_yaml_end - sem_sales_yaml),
                                             "sales.yaml", NULL, made.catalog, &e) : NULL;
        if (!made.layer)
            fprintf(stderr, "%s\n", e.msg), abort();
    }
    return &made;
}

static void compile(const world *w, const understanding *u, arena *a)
{
    sem_plan plan;
    err e = {0};

    if (!sem_compile(w->layer, &u->query, a, &plan, &e)) {
        if (e.code == ERR_OK || !*e.msg)
            abort();
        return;
    }
    if (!sql_check(a, plan.sql, w->catalog, NULL, &e) && e.code != ERR_NOMEM && e.code != ERR_LIMIT) {
        fprintf(stderr, "%s\n%s\n", e.msg, plan.sql);
        abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const world *w = get_world();
    arena *a = arena_new(16 << 20);
    understanding *u = a ? arena_push(a, understanding, 1) : NULL;
    char *question = malloc(size + 1);
    err e = {0};

    if (u && question) {
        memcpy(question, data, size);
        question[size] = 0;
        if (!understand(w->layer, w->catalog, question, a, u, &e)) {
            if (e.code == ERR_OK || !*e.msg)
                abort();
        } else if (u->can_template) {
            compile(w, u, a);
        }
    }
    free(question);
    arena_free(a);
    return 0;
}
