/* rag.h - the knowledge base of one database: what is known beside its rows.
 *
 *     rag *r = rag_open(path, &(rag_options){.encoder = m}, &e);
 *     ok = r && rag_build(r, catalog, NULL, NULL, &count, &e);
 *     rag_hits h = {0};
 *     ok = ok && rag_search(r, &(rag_query){.text = "revenue per shop", .most = 5}, &h, &e);
 *
 * Entries are cards of tables and columns, patterns of SQL, question-SQL pairs, parts
 * of documents, and feedback. Search looks in three ways: by meaning (cosine of vectors,
 * every one compared), by words (BM25) and, for cards, by names (trigrams of words that stand nowhere: slips); ranks
 * are merged (reciprocal rank fusion, Cormack et al. 2009) and each hit keeps its three scores.
 *
 * An entry enters as pending unless whoever adds it has checked it. Pairs and patterns
 * reach a prompt or an answer only when verified: memory is an attack path.
 *
 * One SQLite file (WAL): several processes at once, and a kill at any moment leaves the
 * last finished step. All of an entry changes in one transaction. An entry is embedded
 * again only when its text changed; everything, when the encoder did.
 *
 * Ownership: a `rag` owns its file and vectors; results own what is in them. One thread at
 * a time. Errors: ERR_IO (can't be read or written, locked, disk full), ERR_FORMAT (damaged,
 * another version, a malformed import), ERR_NOT_FOUND, ERR_NOMEM; what was there stays. */
#ifndef RAG_RAG_H
#define RAG_RAG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "db/db.h"
#include "minilm/minilm.h"

typedef struct rag rag;

#define RAG_KINDS(X) X(table) X(column) X(pattern) X(pair) X(document) X(feedback)
typedef enum rag_kind {
    RAG_TABLE, RAG_COLUMN, RAG_PATTERN, RAG_PAIR, RAG_DOCUMENT, RAG_FEEDBACK, RAG_KIND_COUNT
} rag_kind;
enum { RAG_CARDS = 1 << RAG_TABLE | 1 << RAG_COLUMN, RAG_ALL_KINDS = (1 << RAG_KIND_COUNT) - 1 };
typedef enum rag_status { RAG_PENDING, RAG_VERIFIED, RAG_REJECTED, RAG_STATUS_COUNT } rag_status;

const char *rag_kind_name(rag_kind k);     /* "pair" */
const char *rag_status_name(rag_status s); /* "verified" */
int rag_kind_of(const char *name);         /* -1: none */
int rag_status_of(const char *name);

typedef struct rag_options {
    const minilm *encoder; /* borrowed; NULL: search by words and names only */
    bool read_only;
    int threads;           /* of the vector scan; 0: all cores */
    int busy_ms;           /* how long another writer is waited for; 0: 5,000 */
} rag_options;

/* Made when it is not there, unless read_only (then ERR_NOT_FOUND). */
MUST_CHECK rag *rag_open(const char *path, const rag_options *o, err *e);
void rag_close(rag *r); /* NULL is allowed */
/* The encoder can be named later, before it is first needed; borrowed. */
void rag_use_encoder(rag *r, const minilm *encoder);
/* home/knowledge/NAME-HASH.db for the database at `database`, or $SALESBOT_KNOWLEDGE. */
MUST_CHECK bool rag_default_path(const char *database, str *path, err *e);

typedef struct rag_entry {
    int64_t id;
    rag_kind kind;
    rag_status status;
    const char *key;    /* one entry of a kind has it: "sales.net_amount", "rules.md#3" */
    const char *text;   /* what is embedded and indexed: a question, a card's words, a paragraph */
    const char *body;   /* what people and prompts see beside it; "" if nothing more */
    const char *sql;    /* pairs, patterns, feedback; "" else */
    const char *source; /* where it came from: "catalog", a file's name, "user" */
} rag_entry;

typedef struct rag_count {
    size_t added, changed, unchanged, removed, embedded;
} rag_count;

/* Progress of long work: entries done of all; false stops it (ERR_CANCELLED; what is
 * done stays). */
typedef bool (*rag_progress)(void *arg, size_t done, size_t all);

/* Entries by (kind, key): new, changed or left alone; `id` is not read. count may be NULL. */
MUST_CHECK bool rag_put(rag *r, const rag_entry *entries, size_t n, rag_progress tell, void *arg,
                        rag_count *count, err *e);

/* Cards of every table and column; cards of what is gone are removed, patterns are mined
 * anew from the verified pairs that still bind. */
MUST_CHECK bool rag_build(rag *r, const db_catalog *c, rag_progress tell, void *arg, rag_count *count, err *e);

/* Markdown or plain text as parts of at most about 900 bytes, cut at headings and paragraphs;
 * takes the place of what `name` held before. ERR_FORMAT when it is not UTF-8 text, ERR_LIMIT
 * above 16 MiB. */
MUST_CHECK bool rag_add_document(rag *r, const char *name, const char *text, size_t n, rag_count *count, err *e);

/* A pair. An equal question takes the place of the older one, unless that is verified and
 * this is not (then ERR_REFUSED). *id may be NULL. */
MUST_CHECK bool rag_add_pair(rag *r, const char *question, const char *sql, const char *source,
                             rag_status status, int64_t *id, err *e);
MUST_CHECK bool rag_set_status(rag *r, int64_t id, rag_status status, err *e);
MUST_CHECK bool rag_remove(rag *r, int64_t id, err *e);
/* All entries of the kinds (bits), or only those of one source (NULL: any); *n of them. */
MUST_CHECK bool rag_clear(rag *r, unsigned kinds, const char *source, size_t *n, err *e);

/* Patterns from the verified pairs that bind to the catalog: canonical SQL with holes for
 * literals. Patterns that no pair has any more go. */
MUST_CHECK bool rag_mine(rag *r, const db_catalog *c, rag_count *count, err *e);
/* The canonical statement with `?number`, `?text`, `?date` for its literals; in the arena. */
MUST_CHECK char *rag_pattern(arena *a, const char *sql, const db_catalog *c, err *e);

/* ---- reading ------------------------------------------------------------------------ */

typedef struct rag_list {
    arena *arena; /* owns the strings */
    rag_entry *entries;
    size_t n;
} rag_list;
void rag_list_deinit(rag_list *l);

/* Entries of the kinds and statuses (bits), by id; most 0: all. Appends nothing on failure. */
MUST_CHECK bool rag_read(rag *r, unsigned kinds, unsigned statuses, size_t most, rag_list *out, err *e);
MUST_CHECK bool rag_get(rag *r, int64_t id, rag_list *out, err *e); /* ERR_NOT_FOUND */
/* The verified pair whose question is the same but for case, blanks and end marks; out->n 0: none. */
MUST_CHECK bool rag_find_question(rag *r, const char *question, rag_list *out, err *e);

typedef struct rag_query {
    const char *text;
    unsigned kinds;     /* bits; 0: all */
    bool verified_only; /* pairs, patterns and feedback that are not verified are left out */
    int most;           /* hits; 0: 10 */
} rag_query;

typedef struct rag_hit {
    rag_entry entry;
    double score;   /* fused, 0..1: 1 is first in every way of looking */
    double meaning; /* cosine; NAN: not among the nearest, or no encoder */
    double words;   /* BM25, greater is better; NAN: no word found */
    double names;   /* BM25 of trigrams, of words that no entry has; NAN */
    int meaning_rank, words_rank, names_rank; /* 1..; 0: not found that way */
} rag_hit;

typedef struct rag_hits {
    arena *arena;
    rag_hit *hits; /* best first */
    int n;
} rag_hits;
void rag_hits_deinit(rag_hits *h);

/* Ties go to the lower id. Equal files, queries and kernel tables give equal hits. */
MUST_CHECK bool rag_search(rag *r, const rag_query *q, rag_hits *out, err *e);
/* "meaning 0.83 (1st), words 7.2 (3rd)" */
void rag_reason(const rag_hit *h, str *out);

typedef struct rag_stats {
    int64_t n[RAG_KIND_COUNT][RAG_STATUS_COUNT];
    int64_t n_entries, n_vectors, n_stale; /* stale: without a vector of this encoder */
    int64_t n_bytes;                       /* of the file */
    char version[17];                      /* changes with every change: 16 digits */
    char encoder[80];                      /* "" when nothing was embedded */
} rag_stats;
MUST_CHECK bool rag_stats_get(rag *r, rag_stats *s, err *e);

/* ---- JSONL: one entry a line, vectors left out ------------------------------------------ */

MUST_CHECK bool rag_export(rag *r, unsigned kinds, bool (*write)(void *arg, const char *line, size_t n, err *e),
                           void *arg, err *e);
/* Cards are skipped (they come from the catalog). `trust` false: everything is pending.
 * Nothing is imported when a line is malformed; ERR_FORMAT names it. */
MUST_CHECK bool rag_import(rag *r, const char *text, size_t n, bool trust, rag_count *count, err *e);
/* The same check alone. */
MUST_CHECK bool rag_import_check(const char *text, size_t n, size_t *n_entries, err *e);

/* ---- choosing for a prompt ------------------------------------------------------------- */

/* Tables by how well they and their columns fit the question, best first; a table that
 * joins two chosen ones comes along. *n: how many of `most` were found. */
typedef struct rag_table { int table; double score; } rag_table;
MUST_CHECK bool rag_tables(rag *r, const db_catalog *c, const char *question, int most, rag_table *out, int *n,
                           err *e);
/* The catalog with only those tables, in catalog order; references to others are dropped.
 * In the arena; NULL when it is full. */
MUST_CHECK const db_catalog *rag_catalog(arena *a, const db_catalog *c, const int *tables, int n);

/* The fitting cards, patterns, verified pairs and documents as text for a prompt, best first within
 * each part, at most `budget` tokens as `count` counts them (NULL: four bytes a token).
 * Every line is made harmless (prompt_clean). */
typedef struct rag_budget {
    int tokens;
    int (*count)(void *arg, const char *text, size_t n);
    void *arg;
} rag_budget;
MUST_CHECK bool rag_enhance(rag *r, const char *question, const rag_budget *budget, str *out, err *e);

#endif
