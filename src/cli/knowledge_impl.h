/* knowledge_impl.h - what the actions of salesbot knowledge share. */
#ifndef CLI_KNOWLEDGE_IMPL_H
#define CLI_KNOWLEDGE_IMPL_H

#include "cli/cli.h"
#include "minilm/minilm.h"
#include "rag/rag.h"

typedef struct knowledge {
    const flags *f; /* words[0] is the action */
    db *db;         /* NULL where the action needs none */
    const db_catalog *catalog;
    minilm *encoder; /* NULL: none here */
    rag *rag;
    char *file;
} knowledge;

void knowledge_join(const knowledge *k, str *out); /* the words after the action */

bool knowledge_build(knowledge *k, err *e);
bool knowledge_add(knowledge *k, err *e);
bool knowledge_search(knowledge *k, err *e);
bool knowledge_list(knowledge *k, err *e);
bool knowledge_verify(knowledge *k, err *e);
bool knowledge_remove(knowledge *k, err *e);
bool knowledge_export(knowledge *k, err *e);
bool knowledge_import(knowledge *k, err *e);
bool knowledge_stats(knowledge *k, err *e);

#endif
