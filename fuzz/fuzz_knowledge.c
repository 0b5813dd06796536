/* fuzz_knowledge.c - any bytes as an import, and as a document.
 *
 * Of an import that is taken it must hold that a second import of what it exports
 * changes nothing. The file is in memory. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "rag/rag.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool collect(void *arg, const char *line, size_t n, err *e)
{
    (void)e;
    str_add(arg, line, n);
    return true;
}

static void must_fail_well(const err *e)
{
    if (e->code == ERR_OK || !e->msg[0])
        abort();
}

static void try_import(rag *r, const char *text, size_t n)
{
    str out = {0};
    rag_count count = {0};
    err e = {0};

    if (!rag_import(r, text, n, true, &count, &e)) {
        must_fail_well(&e);
        return;
    }
    count = (rag_count){0};
    if (!rag_export(r, RAG_ALL_KINDS, collect, &out, &e) || !rag_import(r, str_text(&out), out.n, true, &count, &e) ||
        count.added || count.changed)
        abort();
    str_deinit(&out);
}

static void try_document(rag *r, const char *text, size_t n)
{
    rag_count count = {0};
    err e = {0};

    if (!rag_add_document(r, "fuzz", text, n, &count, &e))
        must_fail_well(&e);
    count = (rag_count){0};
    e = (err){0};
    if (rag_add_document(r, "fuzz", text, n, &count, &e) && (count.added || count.changed || count.removed))
        abort();
}

static void try_search(rag *r, const char *text, size_t n)
{
    char *query = calloc(n + 1, 1);
    rag_hits hits = {0};
    err e = {0};

    if (query) {
        memcpy(query, text, n);
        if (!rag_search(r, &(rag_query){.text = query}, &hits, &e))
            abort();
    }
    rag_hits_deinit(&hits);
    free(query);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *bytes = (const char *)data;
    err e = {0};
    rag *r = rag_open(":memory:", &(rag_options){.threads = 1}, &e);

    if (!r)
        abort();
    try_import(r, bytes, size);
    try_document(r, bytes, size);
    try_search(r, bytes, size);
    rag_close(r);
    return 0;
}
