/* data.c - salesbot data: training examples. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "cli/cli.h"
#include "cli/data_files.h"
#include "data/data.h"

static const char help[] =
    "  salesbot data import FILE    questions and statements of others: JSON lines, a JSON array or\n"
    "                               Parquet, laid out as Spider, BIRD, sql-create-context or our own\n"
    "    --schemas FILE    the databases' descriptions (else schemas.json or tables.json beside FILE)\n"
    "    --db-dir DIR      the databases: DIR/<db_id>.duckdb or .sqlite (else train_db beside FILE)\n"
    "    --set-aside FILE  names of databases to keep out of training, a line each\n"
    "    --limit N         most examples (default: all), chosen by --seed\n"
    "  salesbot data stats [FILE]   counts by source and kind, tokens of an example (--model: whose)\n"
    "  salesbot data show [FILE]    the first --limit examples (default 3) as a model reads them\n"
    "  --out DIR           where the files go (default: data in the home folder)\n"
    "  --seed S            another choice (default 1)\n";

static volatile int cancelled;
static void on_interrupt(int n) { (void)n; cancelled = 1; }

static void show_progress(void *arg, const char *what, double done)
{
    (void)arg;
    fprintf(stderr, "\r%3.0f %%  %-40.40s\033[K", 100 * done, what);
}

static void print_counts(const data_counts *c, const char *out)
{
    printf("%lld read from %lld databases: %lld train, %lld val, %lld set aside, in %s\n", (long long)c->read,
           (long long)c->databases, (long long)c->train, (long long)c->val, (long long)c->set_aside, out);
    printf("dropped: %lld malformed, %lld without a database, %lld not parsed, %lld not bound, %lld twice\n",
           (long long)c->malformed, (long long)c->no_database, (long long)c->unparsed, (long long)c->unbound,
           (long long)c->duplicate);
}

static int import(const flags *f, const char *out)
{
    data_import_options o = {.file = f->words[1], .schemas = f->schemas, .db_dir = f->db_dir,
                             .set_aside = f->set_aside, .out = out, .seed = f->seed, .limit = f->limit,
                             .cancel = &cancelled};
    struct sigaction action = {.sa_handler = on_interrupt};
    data_counts counts;
    err e = {0};
    bool ok;

    if (isatty(STDERR_FILENO))
        o.progress = show_progress;
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    ok = data_import(&o, &counts, &e);
    if (o.progress)
        fputs("\r\033[K", stderr);
    if (!ok)
        return cli_fail(&e);
    print_counts(&counts, out);
    return 0;
}

static const char *file_or_default(const flags *f, str *out)
{
    if (f->n_words > 1)
        return f->words[1];
    str_adds(out, "/training_data_train.jsonl");
    return str_text(out);
}

static int run(int argc, char **argv)
{
    flags f;
    str out = {0};
    err e = {0};
    int code = 2;

    if (!flags_parse(&f, argc, argv, "schemas db-dir set-aside out seed limit db model", &verb_data))
        return 2;
    if (f.out)
        str_adds(&out, f.out);
    else if (!home_path(&out, "data", &e))
        return cli_fail(&e);
    if (f.n_words == 2 && !strcmp(f.words[0], "import"))
        code = import(&f, str_text(&out));
    else if (f.n_words >= 1 && f.n_words <= 2 && !strcmp(f.words[0], "stats"))
        code = data_stats(&f, file_or_default(&f, &out));
    else if (f.n_words >= 1 && f.n_words <= 2 && !strcmp(f.words[0], "show"))
        code = data_show(&f, file_or_default(&f, &out));
    else
        fprintf(stderr, "salesbot data: import FILE, stats or show (salesbot data --help tells more)\n");
    str_deinit(&out);
    return code;
}

const verb verb_data = {"data", "import|stats|show", "training examples", help, run};
