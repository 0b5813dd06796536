/* rag_impl.h - what the files of the knowledge base share. */
#ifndef RAG_RAG_IMPL_H
#define RAG_RAG_IMPL_H

#include <sqlite3.h>

#include "base/pool.h"
#include "kernels/gemm.h"
#include "rag/rag.h"

/* Vectors of entries in memory, as far as they were read; see vectors.c. */
typedef struct vector_index {
    float *rows;      /* (n,width) */
    int64_t *ids;     /* (n) */
    uint8_t *kinds, *statuses; /* (n) */
    size_t n, cap;
    int64_t stamp;    /* all changes up to this one are in */
    int64_t removals; /* the counter of removals when it was read */
    int data_version; /* of SQLite: another process wrote */
    bool loaded;
} vector_index;

struct rag {
    char *path;
    sqlite3 *db;
    const minilm *encoder; /* borrowed */
    const gemm_ops *gemm;
    pool *pool; /* made by the first scan */
    int threads;
    bool read_only;
    vector_index index;
};

/* SQLite's last failure in words, with what to do; always false. */
bool rag_failed(rag *r, err *e);
MUST_CHECK bool rag_run(rag *r, const char *sql, err *e);
MUST_CHECK sqlite3_stmt *rag_prepare(rag *r, const char *sql, err *e);
/* A statement without rows (or whose rows don't matter); finalises it. */
MUST_CHECK bool rag_finish(rag *r, sqlite3_stmt *s, err *e);
/* One number; `missing` when there is no row. */
MUST_CHECK bool rag_number(rag *r, const char *sql, int64_t missing, int64_t *out, err *e);
MUST_CHECK bool rag_begin(rag *r, err *e);
/* Commits when ok, else rolls back; returns whether all is well. */
bool rag_end(rag *r, bool ok, err *e);
/* The next stamp, inside a transaction. */
MUST_CHECK bool rag_stamp(rag *r, int64_t *stamp, err *e);
MUST_CHECK bool rag_count_removals(rag *r, int64_t n, err *e);
/* meta's value of a key; "" when there is none. */
MUST_CHECK bool rag_meta(rag *r, const char *key, str *out, err *e);
MUST_CHECK bool rag_meta_set(rag *r, const char *key, const char *value, err *e);

/* A row of `SELECT RAG_COLUMNS FROM entry` into the arena; false when it is full. */
#define RAG_COLUMNS "id, kind, status, key, text, body, sql, source"
MUST_CHECK bool rag_row(sqlite3_stmt *s, arena *a, rag_entry *out);
/* All rows of a prepared statement; finalises it. */
MUST_CHECK bool rag_rows(rag *r, sqlite3_stmt *s, rag_list *out, err *e);

/* Remove inside a transaction: entry, index rows, vector. */
MUST_CHECK bool rag_remove_in(rag *r, int64_t id, err *e);

/* Lower case, single blanks, no punctuation at the ends: the key of a question. */
void rag_question_key(const char *question, str *out);

/* -- vectors.c */
typedef struct vector_near {
    int64_t id;
    float score;
} vector_near;
/* The entries nearest to a vector, best first; at most `most`; *n of them. */
MUST_CHECK bool vectors_nearest(rag *r, const float *v, unsigned kinds, bool verified_only, int most,
                                vector_near *out, int *n, err *e);
void vectors_deinit(vector_index *x);
/* Has the file vectors of this encoder? */
MUST_CHECK bool vectors_usable(rag *r, bool *usable, err *e);

/* -- cards.c */
void card_of_table(const db_catalog *c, const db_table *t, rag_entry *out, arena *a);
void card_of_column(const db_catalog *c, const db_table *t, const db_column *k, rag_entry *out, arena *a);

#endif
