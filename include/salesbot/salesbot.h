/* salesbot.h - ask a database in plain language: the one public C API.
 *
 *     salesbot_error e;
 *     salesbot_engine *engine = salesbot_engine_new(NULL, &e);
 *     salesbot_session *s = salesbot_open(engine, "sales.duckdb", NULL, &e);
 *     salesbot_state *a = salesbot_ask(s, NULL, "sales by region in 2024", NULL, &e);
 *     puts(salesbot_state_answer(a));
 *     salesbot_state_free(a), salesbot_close(s), salesbot_engine_free(engine);
 *
 * engine        what a process has once: the model, opened by the first question
 *               that needs it and then shared by all sessions.
 * session       one open database, with its executor process and the model's cache.
 * conversation  what earlier questions said, for "and in 2022?"; optional.
 * state         one question with everything that was found: the JSON of README.
 * options       name and text pairs; the table is at salesbot_options_set.
 *
 * Threads. An engine may be used from any thread. A session answers one call at
 * a time: calls from several threads wait for each other, so a server opens
 * several sessions on one engine. A conversation, a state and options belong to
 * one thread at a time. salesbot_cancel may be called from any thread and from
 * a signal handler. No call writes to stdout or stderr, ends the process, or
 * changes signal handlers or the locale.
 *
 * Ownership. What _new, _open, _ask and the like return is the caller's, for the
 * function of the same family that frees it; every such function accepts NULL.
 * `char *` results are the caller's, for salesbot_free. `const char *` results
 * are borrowed from the object they were asked of, until it is freed. Arguments
 * are never kept: copies are made. Sessions and conversations are closed before
 * their engine.
 *
 * Errors. A call that fails returns NULL or 0 and fills *e, when e is not NULL;
 * e is left alone otherwise. A question that has no answer is no failure of the
 * call: the state says so (salesbot_state_code).
 *
 * ABI. Objects are opaque and grow by new names of options, fields and
 * functions. A function, once here, keeps its meaning within SALESBOT_API_VERSION;
 * the layouts of salesbot_error and of the Arrow structures never change. */
#ifndef SALESBOT_SALESBOT_H
#define SALESBOT_SALESBOT_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define SALESBOT_API __attribute__((visibility("default")))
#else
#define SALESBOT_API
#endif

#define SALESBOT_API_VERSION 1
SALESBOT_API int salesbot_api_version(void);     /* of the library that was loaded */
SALESBOT_API const char *salesbot_version(void); /* "0.1.0" */

/* ---- errors ------------------------------------------------------------- */

typedef enum salesbot_code {
    SALESBOT_OK = 0,
    SALESBOT_INTERNAL = 1,
    SALESBOT_NOMEM = 2,
    SALESBOT_ARG = 3,         /* a bad argument or option */
    SALESBOT_FORMAT = 4,      /* malformed input */
    SALESBOT_NOT_FOUND = 5,
    SALESBOT_NOT_IN_DATA = 6, /* the database holds no answer */
    SALESBOT_AMBIGUOUS = 7,   /* several readings: "choices" */
    SALESBOT_REFUSED = 8,     /* by the guard */
    SALESBOT_LIMIT = 9,       /* rows, bytes, time or memory */
    SALESBOT_DB = 10,
    SALESBOT_MODEL = 11,
    SALESBOT_IO = 12,         /* disk or permission */
    SALESBOT_CANCELLED = 13
} salesbot_code;

typedef struct salesbot_error {
    int32_t code;        /* a salesbot_code */
    int32_t exit_code;   /* what the program would end with */
    int32_t http_status; /* what the server would answer */
    char message[1012];  /* a sentence for people, NUL-terminated UTF-8 */
} salesbot_error;

SALESBOT_API const char *salesbot_code_name(int code); /* "not_in_data"; "" if unknown */
SALESBOT_API int salesbot_code_exit(int code);
SALESBOT_API int salesbot_code_http(int code);
SALESBOT_API void salesbot_free(void *text);

/* ---- options ------------------------------------------------------------ */

typedef struct salesbot_options salesbot_options;
SALESBOT_API salesbot_options *salesbot_options_new(salesbot_error *e);
SALESBOT_API void salesbot_options_free(salesbot_options *o);

/* Set an option from text; NULL sets it back to its default. A switch is "1" or
 * "0" ("true" and "false" too). SALESBOT_ARG names an unknown option or a bad
 * value. One object may serve every call: each reads what concerns it.
 *
 *   engine    model FILE|DIR    weights (else $SALESBOT_MODEL, else the default ones)
 *             threads N         of the model (0: all cores)
 *   open      adapter DIR       LoRA adapter, a PEFT folder (else $SALESBOT_ADAPTER, else
 *                               the one that is trained or installed, if it fits)
 *             no_adapter        a switch
 *             semantic FILE     a semantic layer (YAML)
 *             db_threads N      of the database (0: all cores; 1: repeatable sums)
 *             program FILE      the salesbot program that runs as the executor
 *                               (else $SALESBOT_PROGRAM, else the one installed
 *                               with this library, else the one in PATH)
 *   ask, sql  no_model no_rag template_only model_only explain     switches
 *             adapter DIR       for this question
 *             evidence TEXT     a hint to the question
 *             no_fallbacks      a switch: no other way when the first fails
 *             forget TEXT       lines of a state's "still": not kept from the turns before
 *             temperature T     0: greedy
 *             beam N, seed N
 *             pick N            take the N-th of "choices"
 *             max_rows N, max_bytes N, timeout_ms N     0: the defaults
 */
SALESBOT_API int salesbot_options_set(salesbot_options *o, const char *name, const char *value,
                                      salesbot_error *e);

/* Progress. Called on the thread that asks, in the middle of it, with one line
 * of JSON, borrowed during the call:
 *   "step_begin"  {"step":"intent_classifier"}
 *   "step_end"    {"step":"intent_classifier","ms":0.1,"source":"rules","why":"..."}
 *   "sql"         {"sql":"SELECT ...","sql_pretty":"...","source":"template"}   checked, about to run
 *   "results"     {"columns":[...],"n_rows":12,"truncated":false}
 *   "chart"       {"data":[...],"layout":{...},"why":"..."}
 *   "answer"      {"answer":"...","confidence":{...}}
 * and while a database opens that is no DuckDB file:
 *   "import"      {"what":"table sales","share":0.4}
 * More events may come; ignore what you don't know. The callback may call
 * salesbot_cancel, and nothing else of the same session. */
typedef void salesbot_on_event(void *arg, const char *event, const char *json);
SALESBOT_API void salesbot_options_on_event(salesbot_options *o, salesbot_on_event *fn, void *arg);

/* ---- engine and session ------------------------------------------------- */

typedef struct salesbot_engine salesbot_engine;
SALESBOT_API salesbot_engine *salesbot_engine_new(const salesbot_options *o, salesbot_error *e);
SALESBOT_API void salesbot_engine_free(salesbot_engine *engine);

/* A DuckDB file, or one CSV or Parquet file. SALESBOT_DB: missing, locked,
 * corrupt, not a database, without tables. */
typedef struct salesbot_session salesbot_session;
SALESBOT_API salesbot_session *salesbot_open(salesbot_engine *engine, const char *database,
                                             const salesbot_options *o, salesbot_error *e);
SALESBOT_API void salesbot_close(salesbot_session *s);
/* Stop what the session is doing: that call ends with SALESBOT_CANCELLED. */
SALESBOT_API void salesbot_cancel(salesbot_session *s);

/* {"database","fingerprint","data_to","currency","layer","sandbox_note","version"} */
SALESBOT_API char *salesbot_info_json(salesbot_session *s, salesbot_error *e);
/* {"database","fingerprint","tables":[{"name","comment","rows","columns":[...]}]},
 * as `salesbot catalog --format json` prints it. */
SALESBOT_API char *salesbot_catalog_json(salesbot_session *s, salesbot_error *e);
/* {"metrics":[...],"dimensions":[...],"entities":[...]}: what can be asked about. */
SALESBOT_API char *salesbot_semantic_json(salesbot_session *s, salesbot_error *e);
/* At most n questions that this database answers: ["...", ...]. */
SALESBOT_API char *salesbot_suggestions_json(salesbot_session *s, int n, salesbot_error *e);
/* Metrics, dimensions, tables, columns and values that begin with `prefix`
 * (without case): [{"text","kind"}], at most n. */
SALESBOT_API char *salesbot_complete_json(salesbot_session *s, const char *prefix, int n,
                                          salesbot_error *e);

/* ---- conversations ------------------------------------------------------ */

typedef struct salesbot_conversation salesbot_conversation;
SALESBOT_API salesbot_conversation *salesbot_conversation_new(salesbot_error *e);
SALESBOT_API void salesbot_conversation_free(salesbot_conversation *c);
/* To keep it elsewhere, and to go on from there: {"turns":[{"question","intent",
 * "entities","sql","answer"}, ...]}, oldest first, the last 50. */
SALESBOT_API char *salesbot_conversation_json(const salesbot_conversation *c, salesbot_error *e);
SALESBOT_API salesbot_conversation *salesbot_conversation_from_json(const char *json,
                                                                    salesbot_error *e);
/* Forget the last turn (1 if there was one), or all. */
SALESBOT_API int salesbot_conversation_undo(salesbot_conversation *c);
SALESBOT_API void salesbot_conversation_reset(salesbot_conversation *c);

/* ---- questions ---------------------------------------------------------- */

typedef struct salesbot_state salesbot_state;

/* `c` may be NULL: a question for itself. Else the question may lean on the
 * turns before it, and is added to them once it has been answered. NULL only
 * when no state could be made at all. */
SALESBOT_API salesbot_state *salesbot_ask(salesbot_session *s, salesbot_conversation *c,
                                          const char *question, const salesbot_options *o,
                                          salesbot_error *e);
/* One SELECT, guarded like any other. */
SALESBOT_API salesbot_state *salesbot_sql(salesbot_session *s, const char *sql,
                                          const salesbot_options *o, salesbot_error *e);
/* Parse, bind, guard and explain without running it:
 * {"sql","sql_pretty","explanation","columns":[{"name","type"}]}. */
SALESBOT_API char *salesbot_check_sql(salesbot_session *s, const char *sql, salesbot_error *e);
/* Ask the question of a state's JSON again, with that state's options. */
SALESBOT_API salesbot_state *salesbot_replay(salesbot_session *s, const char *state_json,
                                             salesbot_error *e);
SALESBOT_API void salesbot_state_free(salesbot_state *a);

/* SALESBOT_OK: answered, also with no rows. Cut rows are SALESBOT_OK and truncated. */
SALESBOT_API int salesbot_state_code(const salesbot_state *a);
SALESBOT_API int salesbot_state_exit(const salesbot_state *a);
SALESBOT_API const char *salesbot_state_message(const salesbot_state *a); /* of the error; "" */
SALESBOT_API const char *salesbot_state_answer(const salesbot_state *a);
SALESBOT_API const char *salesbot_state_sql(const salesbot_state *a);
SALESBOT_API int64_t salesbot_state_n_rows(const salesbot_state *a);
SALESBOT_API int salesbot_state_truncated(const salesbot_state *a);

/* Any text of the state's JSON by its path: "confidence.word", "choices.0",
 * "results.columns.1.unit". Numbers come as text. "" if it isn't there. */
SALESBOT_API const char *salesbot_state_field(salesbot_state *a, const char *path);
/* How many items the list or object at `path` has; 0 if it isn't there. */
SALESBOT_API size_t salesbot_state_count(salesbot_state *a, const char *path);

/* The whole state. SALESBOT_NO_TIMES: equal questions give equal bytes. */
enum { SALESBOT_NO_TIMES = 1, SALESBOT_NO_ROWS = 2 };
SALESBOT_API char *salesbot_state_json(const salesbot_state *a, int flags, salesbot_error *e);
/* The state in a format: "json" "csv" "markdown" (all rows), "html" (one
 * self-contained page with the chart), "sentence". *n, if not NULL: its bytes. */
SALESBOT_API char *salesbot_state_format(const salesbot_state *a, const char *format, size_t *n,
                                         salesbot_error *e);
/* The rows of a state into a Parquet file, whole or not at all; from the session
 * that answered. */
SALESBOT_API int salesbot_state_parquet(salesbot_session *s, const salesbot_state *a,
                                        const char *path, salesbot_error *e);
/* Where two states' JSON differ, times aside: "" if nowhere, else the path of the
 * first difference and both values. */
SALESBOT_API char *salesbot_state_difference(const char *json, const char *other_json,
                                             salesbot_error *e);

/* ---- knowledge ---------------------------------------------------------- */

/* What is known about a session's database beside its rows (docs/KNOWLEDGE.md): cards of
 * tables and columns, patterns of SQL, verified questions, documents. One file for a database,
 * shared by processes; salesbot_ask reads it by itself. The session outlives it. */
typedef struct salesbot_knowledge salesbot_knowledge;

/* The file at `path` (NULL: the database's own), made when it is not there and brought up to
 * date with the catalog. Options: threads. SALESBOT_IO, SALESBOT_FORMAT: it can't be read or is
 * no such file; what is there stays. */
SALESBOT_API salesbot_knowledge *salesbot_knowledge_create(salesbot_session *s, const char *path,
                                                           const salesbot_options *o, salesbot_error *e);
SALESBOT_API void salesbot_knowledge_free(salesbot_knowledge *k);
/* Markdown or text; again under one name: takes its place. */
SALESBOT_API int salesbot_knowledge_add_document(salesbot_knowledge *k, const char *name, const char *text,
                                                 salesbot_error *e);
/* A question with its SQL. verified 0: it waits for somebody's salesbot_knowledge_verify and is not
 * used. The statement must pass the guard. Its id; 0 on failure. */
SALESBOT_API int64_t salesbot_knowledge_add_pair(salesbot_knowledge *k, const char *question, const char *sql,
                                                 int verified, salesbot_error *e);
/* Checks the pair's statement against the database, then uses it from now on. */
SALESBOT_API int salesbot_knowledge_verify(salesbot_knowledge *k, int64_t id, salesbot_error *e);
/* What fits a question, at most n of each (0: 5), best first:
 * {"schema_info":[...],"relevant_patterns":[...],"examples":[...],"documents":[...]}, items of
 * {"id","key","text","body","sql","score","meaning","words","reason"}. Only verified examples. */
SALESBOT_API char *salesbot_knowledge_retrieve(salesbot_knowledge *k, const char *question, int n,
                                               salesbot_error *e);
/* The same as text for a prompt of at most `tokens` tokens (of four bytes), each line made
 * harmless; the question ends it. */
SALESBOT_API char *salesbot_knowledge_enhance_prompt(salesbot_knowledge *k, const char *question, int tokens,
                                                     salesbot_error *e);

/* ---- rows as Arrow (arrow.apache.org, C data and C stream interfaces) ----- */

#ifndef ARROW_C_DATA_INTERFACE
#define ARROW_C_DATA_INTERFACE
#define ARROW_FLAG_DICTIONARY_ORDERED 1
#define ARROW_FLAG_NULLABLE 2
#define ARROW_FLAG_MAP_KEYS_SORTED 4
struct ArrowSchema {
    const char *format, *name, *metadata;
    int64_t flags, n_children;
    struct ArrowSchema **children, *dictionary;
    void (*release)(struct ArrowSchema *);
    void *private_data;
};
struct ArrowArray {
    int64_t length, null_count, offset, n_buffers, n_children;
    const void **buffers;
    struct ArrowArray **children, *dictionary;
    void (*release)(struct ArrowArray *);
    void *private_data;
};
#endif
#ifndef ARROW_C_STREAM_INTERFACE
#define ARROW_C_STREAM_INTERFACE
struct ArrowArrayStream {
    int (*get_schema)(struct ArrowArrayStream *, struct ArrowSchema *out);
    int (*get_next)(struct ArrowArrayStream *, struct ArrowArray *out);
    const char *(*get_last_error)(struct ArrowArrayStream *);
    void (*release)(struct ArrowArrayStream *);
    void *private_data;
};
#endif

/* The rows of a state, once: they move out of it into the stream, which outlives
 * the state; the caller releases it. SALESBOT_NOT_FOUND without rows to give
 * (no statement ran, or they were taken before). */
SALESBOT_API int salesbot_state_take_arrow(salesbot_state *a, struct ArrowArrayStream *out,
                                           salesbot_error *e);

#ifdef __cplusplus
}
#endif
#endif
