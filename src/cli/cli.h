/* cli.h - what the verbs share: the table of verbs, flags, output, places.
 *
 * One verb is one file with one `const verb`. A verb returns the exit code of
 * the program (base/err.h's table); it prints its answer on stdout and all
 * else on stderr. */
#ifndef CLI_CLI_H
#define CLI_CLI_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "agent/agent.h"
#include "base/err.h"
#include "base/str.h"

typedef struct verb {
    const char *name, *arguments, *summary;
    const char *help; /* the flags, a line each */
    int (*run)(int argc, char **argv); /* argv[0] is the verb */
} verb;

/* One a line, in the order of the list that help prints. */
#define VERBS(X) \
    X(ask)       \
    X(chat)      \
    X(replay)    \
    X(serve)     \
    X(mcp)       \
    X(init)      \
    X(catalog)   \
    X(model)     \
    X(data)      \
    X(train)     \
    X(merge)     \
    X(export)    \
    X(knowledge) \
    X(eval)      \
    X(doctor)    \
    X(bench)     \
    X(version)   \
    X(help)      \
    X(completion)
#define X(name) extern const verb verb_##name;
VERBS(X)
#undef X

typedef enum output_format { FORMAT_TABLE, FORMAT_JSON, FORMAT_CSV,
                             FORMAT_MARKDOWN, FORMAT_PARQUET } output_format;

/* The table of verbs (main.c); help, man page and completion are made from it. */
const verb *const *cli_verbs(int *n);
/* -- help.c: a verb's flags are what its help text names. */
void help_usage(FILE *out);
void help_verb(const verb *v, FILE *out);
void help_text(const verb *v, str *out); /* the flags, a line each */
/* By name; NULL after a message with the nearest one on stderr. */
const verb *help_find(const char *name);
/* The next flag in a help text, at *at: "--format" and its length; NULL at the end. */
const char *help_flag(const char **at, size_t *n);
/* The i-th word of "[show|connect]" or "build|search TEXT"; NULL at the end. */
const char *help_word(const verb *v, int i, size_t *n);

/* The flags of every verb in one place; each verb says which it takes. */
typedef struct flags {
    const char *db, *model, *adapter, *sql, *out, *chart, *batch, *semantic;
    const char *schemas, *db_dir, *set_aside, *mix; /* data */
    const char *type;                         /* merge */
    const char *data, *json, *predictions; /* eval */
    const char *host, *config, *store, *tls_cert, *tls_key, *role; /* serve */
    int port;
    bool resume;
    bool peft, is_private;                    /* export, model push */
    bool no_rag, no_model, no_adapter, no_mask, template_only, model_only, all, trace, explain, help, force, no_times;
    double temperature;
    int beam, pick, threads, limit, mix_limit;
    uint64_t seed;
    uint64_t rows;
    int64_t memory_bytes; /* --memory-limit; 0: the default */
    output_format format;
    bool format_given;
    int n_words;
    char **words; /* what is not a flag, in order; borrowed from argv */
} flags;

/* Parse argv[1..]; `accepted` lists the flag names this verb takes ("db sql
 * all"). On a mistake a message goes to stderr and false comes back: exit 2. */
bool flags_parse(flags *f, int argc, char **argv, const char *accepted, const verb *v);

/* Print `salesbot: message` (and what the error's class suggests); the exit code. */
int cli_fail(const err *e);

/* --db, else $SALESBOT_DB, else the last `catalog connect`, else the sample in
 * the home folder, which is made when it isn't there. */
bool cli_database(const flags *f, str *path, err *e);
/* Progress and notes of an import, on stderr (db_options.on_import). */
void cli_import(void *arg, const char *what, double share);
/* --model, else $SALESBOT_MODEL, else the default weights in the home folder. */
bool cli_model(const flags *f, str *path, err *e);
/* --adapter, else agent_adapter_default if it fits the model; "" when there is none or --no-adapter
 * says so. */
bool cli_adapter(const flags *f, str *path, err *e);
/* An adapter that was named must fit the model, though no question may come to need it. */
bool cli_adapter_check(const flags *f, const char *model, err *e);
/* Make the sales database at `path`; memory_bytes 0: the default limit. */
bool cli_init(const char *path, uint64_t rows, uint64_t seed, int64_t memory_bytes,
              bool replace, err *e);

/* Ctrl-C cancels what `c` is doing; a second one ends the program (130). */
void cli_on_interrupt(agent_context *c);
bool cli_interrupted(void);
/* For long work that asks cli_interrupted by itself: the first Ctrl-C only sets that. */
void cli_watch_interrupt(void);
/* A bar on stderr where a terminal is, erased at 1; false once Ctrl-C came. */
bool cli_progress(const char *what, double share);
/* Until the next cli_on_interrupt Ctrl-C only gives up the line that is typed. */
void cli_at_prompt(void);

/* ---- output ------------------------------------------------------------ */

/* The answer in the format asked for, into `out`. */
bool output_state(const agent_state *s, const flags *f, str *out, err *e);
bool output_table(const agent_state *s, const flags *f, str *out, err *e);
/* Of a mistake in --sql whose message has a place: that line and a caret. */
void output_caret(const agent_state *s, const flags *f, str *out);
/* Exit code of a processed state: its error's, else 6 when rows were cut. */
int output_exit_code(const agent_state *s);
/* `text` to --out (atomically) or to stdout. */
bool output_write(const flags *f, const str *text, err *e);
/* --format parquet: the rows to --out, or to stdout unless that is a terminal. */
bool output_parquet(agent_context *c, const agent_state *s, const flags *f, err *e);

int cell_width(const char *utf8); /* columns of a terminal */
int terminal_width(void);

#endif
