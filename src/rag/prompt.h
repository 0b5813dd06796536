/* prompt.h - the one text a model reads, in training and in answering.
 *
 * Training examples and questions of users go through these functions, so that
 * what the model was taught is what it is asked. The order is fixed:
 * instructions, schema in catalog order, then all that depends on the question;
 * the first two are the same bytes for every question on a database, and their KV
 * cache is kept.
 *
 *     <start_of_turn>user                            <- PROMPT_USER
 *     {instructions}{schema}                         <- prompt_prefix: ends in a line break
 *     {examples}{hints}{evidence}{today}{question}   <- prompt_question: begins with a letter
 *     <end_of_turn>                                  <- PROMPT_MODEL
 *     <start_of_turn>model
 *     FROM … SELECT …<end_of_turn>                   <- canonical, FROM first; PROMPT_END
 *
 * What these functions write is the content of a turn; whoever makes tokens of it
 * puts the marks around it and reads marks in nothing else. The two parts can be
 * encoded one by one: no token crosses their border.
 *
 * A schema is a line a table: `stores: store_id number key, store, region_id > regions,
 * opened_on date`. A column without a type is text; `> t` refers to the column
 * of the same name in t, `> t.c` to c; in brackets stand all values of a column
 * that has few. Names are quoted where SQL quotes them.
 *
 * Names, comments, values and questions are untrusted text: line breaks, control
 * characters and turn marks in them are made harmless. */
#ifndef RAG_PROMPT_H
#define RAG_PROMPT_H

#include "base/err.h"
#include "base/str.h"
#include "db/db.h"

#define PROMPT_USER "<start_of_turn>user\n"
#define PROMPT_MODEL "<end_of_turn>\n<start_of_turn>model\n"
#define PROMPT_END "<end_of_turn>"
/* What a model writes instead of SQL when the data can't answer; the rest of the
 * line says what is missing. It is a comment to SQL, so it is never mistaken for a statement. */
#define PROMPT_REFUSAL "-- not in this data: "

typedef struct prompt_options {
    bool no_types, no_keys, no_samples; /* left out of the schema's lines (measurements) */
    bool no_hints;
    bool select_first;                  /* the form the model is to write (measurements) */
    int max_bytes;                      /* of the prefix; 0: 12,000. Beyond it the values in brackets
                                         * go, then the types, then the last tables keep only their names */
} prompt_options;

/* A value of the database that the question names. */
typedef struct prompt_hint {
    int table, column;
    const char *value; /* as the database spells it; borrowed from the catalog */
    double score;      /* 1: the same letters and digits; less: near */
    int at, n;         /* bytes of the question that name it */
} prompt_hint;

typedef struct prompt_example {
    const char *question, *sql; /* borrowed */
} prompt_example;

/* The fixed part. Sticky failure in `out` (str.h). */
void prompt_prefix(const db_catalog *c, const prompt_options *o, str *out);

/* Values named in the question, found in the catalog's value index (exact, then near; each
 * word once, longest first; one value may stand in up to 3 columns), best first; at most n.
 * Their number. Deterministic. Case, punctuation and small slips don't matter. */
int prompt_hints(const db_catalog *c, const char *question, prompt_hint *hints, int n);
enum { PROMPT_HINTS_SHOWN = 6 }; /* what training and answering ask for */

typedef struct prompt_asked {
    const char *question, *evidence;       /* evidence: NULL or a hint as BIRD gives it */
    const prompt_hint *hints; int n_hints;
    const prompt_example *examples; int n_examples;
    const char *today;                     /* "2026-05-20", shown when the question counts days from
                                            * it ("last month", "3 days ago"); NULL: unknown */
    const char *wrong_sql, *error;         /* a repair: what was written and why it failed; or NULL */
} prompt_asked;

/* What follows the prefix. */
void prompt_question(const db_catalog *c, const prompt_options *o, const prompt_asked *q, str *out);

/* Does the question count days from today ("last month", "3 days ago")? */
bool prompt_is_relative(const char *question);

/* Untrusted text as one harmless line: no control characters, no invalid UTF-8, no turn
 * marks, single blanks, none at the ends. */
void prompt_clean(const char *text, str *out);

#endif
