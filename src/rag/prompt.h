/* prompt.h - the one text a model reads, in training and in answering.
 *
 * Training examples and questions of users go through these functions, so that
 * what the model was taught is what it is asked. The order is fixed:
 * instructions, schema in catalog order, then all that depends on the question;
 * the first two are the same bytes for every question on a database, and their KV
 * cache is kept.
 *
 *     <start_of_turn>user
 *     {instructions}{schema}                         <- prompt_prefix ends here
 *     {examples}{hints}{evidence}{question}<end_of_turn>
 *     <start_of_turn>model
 *     FROM … SELECT …<end_of_turn>                   <- canonical, FROM first (sql_print)
 *
 * Names, comments, values and questions are untrusted text: line breaks, control
 * characters and turn marks in them are made harmless. */
#ifndef RAG_PROMPT_H
#define RAG_PROMPT_H

#include "base/err.h"
#include "base/str.h"
#include "db/db.h"

typedef struct prompt_options {
    bool no_types, no_keys, no_samples; /* left out of the schema's lines (measurements) */
    bool no_hints;
    bool select_first;                  /* the form the model is to write (measurements) */
    int max_bytes;                      /* of the prefix; 0: 12,000. Tables beyond it keep only their names */
} prompt_options;

/* A value of the database that the question names. */
typedef struct prompt_hint {
    int table, column;
    const char *value; /* as the database spells it; borrowed from the catalog */
    double score;      /* 1: the same letters; less: near */
} prompt_hint;

typedef struct prompt_example {
    const char *question, *sql; /* borrowed */
} prompt_example;

/* The fixed part. Sticky failure in `out` (str.h). */
void prompt_prefix(const db_catalog *c, const prompt_options *o, str *out);

/* Values named in the question, found in the catalog's value index (exact, then near; each
 * span once, longest first), best first; at most n. Deterministic. */
int prompt_hints(const db_catalog *c, const char *question, prompt_hint *hints, int n);

typedef struct prompt_asked {
    const char *question, *evidence;       /* evidence: NULL or a hint as BIRD gives it */
    const prompt_hint *hints; int n_hints;
    const prompt_example *examples; int n_examples;
    const char *wrong_sql, *error;         /* a repair: what was written and why it failed; or NULL */
} prompt_asked;

/* What follows the prefix, up to and with "<start_of_turn>model\n". */
void prompt_question(const db_catalog *c, const prompt_options *o, const prompt_asked *q, str *out);

#endif
