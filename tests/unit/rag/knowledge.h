/* knowledge.h - a small catalog, the tiny encoder and a folder of their own for tests. */
#ifndef UNIT_RAG_KNOWLEDGE_H
#define UNIT_RAG_KNOWLEDGE_H

#include <dirent.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "minilm/minilm.h"
#include "rag/rag.h"

static const char shop_json[] =
    "{\"tables\":["
    "{\"name\":\"stores\",\"columns\":[{\"name\":\"store_id\",\"type\":\"INT\",\"primary_key\":true},"
    "{\"name\":\"store\",\"type\":\"TEXT\"},{\"name\":\"city\",\"type\":\"TEXT\"},{\"name\":\"opened_on\",\"type\":\"DATE\"}]},"
    "{\"name\":\"sales\",\"columns\":[{\"name\":\"sale_id\",\"type\":\"INT\",\"primary_key\":true},"
    "{\"name\":\"store_id\",\"type\":\"INT\"},{\"name\":\"sold_on\",\"type\":\"DATE\"},"
    "{\"name\":\"net_amount\",\"type\":\"DECIMAL\",\"comment\":\"%s\"}]},"
    "{\"name\":\"regions\",\"columns\":[{\"name\":\"region\",\"type\":\"TEXT\"}]}%s],"
    "\"foreign_keys\":[[\"sales\",\"store_id\",\"stores\",\"store_id\"]]}";

typedef struct shop {
    char dir[64], file[96];
    arena *a;
    minilm *encoder;
    const db_catalog *catalog;
    rag *r;
    err e;
} shop;

static inline const db_catalog *shop_catalog(shop *s, const char *comment, const char *more)
{
    char json[4096];
    const int n = snprintf(json, sizeof json, shop_json, comment, more);

    return db_catalog_of_json(s->a, "shop", json, (size_t)n, &s->e);
}

static inline bool shop_reopen(shop *s, const rag_options *o)
{
    rag_close(s->r);
    s->r = rag_open(s->file, o, &s->e);
    if (!s->r)
        fprintf(stderr, "%s\n", s->e.msg);
    return s->r != NULL;
}

static inline bool shop_open(shop *s)
{
    *s = (shop){0};
    strcpy(s->dir, "/tmp/knowledge-XXXXXX");
    if (!mkdtemp(s->dir))
        return false;
    snprintf(s->file, sizeof s->file, "%s/k.db", s->dir);
    s->a = arena_new(1 << 22);
    s->encoder = minilm_open(SALESBOT_SOURCE_DIR "/tests/golden/minilm/tiny", &(minilm_options){.threads = 1}, &s->e);
    s->catalog = s->a ? shop_catalog(s, "after discount", "") : NULL;
    return s->encoder && s->catalog && shop_reopen(s, &(rag_options){.encoder = s->encoder});
}

static inline void shop_close(shop *s)
{
    DIR *d = opendir(s->dir);

    rag_close(s->r);
    minilm_close(s->encoder);
    arena_free(s->a);
    chmod(s->dir, 0700);
    for (struct dirent *x; d && (x = readdir(d));)
        if (x->d_name[0] != '.')
            unlinkat(dirfd(d), x->d_name, 0);
    if (d)
        closedir(d);
    rmdir(s->dir);
}

#endif
