/* data.c - salesbot data: training examples. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "cli/cli.h"
#include "cli/data_files.h"
#include "data/data.h"

enum { MIXED_EXAMPLES = 500 };

static const char help[] =
    "  salesbot data generate       questions and statements made up for --db (default: the sample),\n"
    "                               from its semantic layer (--semantic FILE: another) and its tables\n"
    "    --limit N         about how many (default 6000)\n"
    "    --db-dir DIR      of every database in a folder but those of --set-aside; 60 each\n"
    "    --mix FILE        import FILE too, and add --mix-limit (500) of its examples\n"
    "  salesbot data import FILE    questions and statements of others: JSON lines, a JSON array, CSV\n"
    "                               or Parquet, a folder of such, or a dataset of the hub by its name\n"
    "                               (b-mc2/sql-create-context); laid out as Spider, BIRD,\n"
    "                               sql-create-context or our own\n"
    "    --schemas FILE    the databases' descriptions (else schemas.json or tables.json beside FILE)\n"
    "    --db-dir DIR      the databases: DIR/<db_id>.duckdb or .sqlite (else train_db beside FILE)\n"
    "    --set-aside FILE  names of databases to keep out of training, a line each\n"
    "    --limit N         most examples (default: all), chosen by --seed\n"
    "  salesbot data split FILE     examples into four fifths for training and one for validation\n"
    "  salesbot data stats [FILE]   counts by source and kind, tokens of an example (--model: whose)\n"
    "  salesbot data show [FILE]    the first --limit examples (default 3) as a model reads them\n"
    "  --out DIR           where the files go (default: data in the home folder)\n"
    "  --seed S            another choice (default 1)\n";

static volatile int cancelled;
static void on_interrupt(int n) { (void)n; cancelled = 1; }

const volatile int *data_interrupts(void)
{
    struct sigaction action = {.sa_handler = on_interrupt};

    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    return &cancelled;
}

void data_show_progress(void *arg, const char *what, double done)
{
    (void)arg;
    fprintf(stderr, "\r%3.0f %%  %-40.40s\033[K", 100 * done, what);
}

static void print_generated(const data_generated *n, const char *out)
{
    printf("%lld databases: %lld train and %lld val in %s, %lld of them refusals, %lld with empty or zero answers\n", (long long)n->databases, (long long)n->train,
           (long long)n->val, out, (long long)n->refusals, (long long)n->empty);
    if (n->mixed)
        printf("%lld more are mixed in\n", (long long)n->mixed);
    printf("%lld drawn; dropped: %lld not compiled, %lld not bound, %lld not canonical, %lld failed, %lld too long, %lld twice, %lld kept for tests, "
           "%lld too many empty\n", (long long)n->drawn, (long long)n->not_compiled, (long long)n->unbound, (long long)n->not_canonical, (long long)n->failed,
           (long long)n->too_long, (long long)n->repeated, (long long)n->reserved, (long long)n->too_many_empty);
}

/* The file's name without folder and ending. */
static void name_of(const char *path, str *out)
{
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
    const char *dot = strrchr(name, '.');

    str_add(out, name, dot && dot > name ? (size_t)(dot - name) : strlen(name));
}

static int generate(const flags *f, const char *out)
{
    data_generate_options o = {.semantic = f->semantic, .set_aside = f->set_aside, .out = out, .seed = f->seed, .limit = f->limit, .cancel = data_interrupts()};
    data_generated n;
    str path = {0}, name = {0}, mixed = {0};
    err e = {0};
    db *d = NULL;
    bool ok = f->db_dir || cli_database(f, &path, &e);

    if (isatty(STDERR_FILENO))
        o.progress = data_show_progress;
    if (ok && f->mix) {
        str_addf(&mixed, "%s/mixed", out);
        ok = data_import_any(f, f->mix, f->mix_limit ? f->mix_limit : MIXED_EXAMPLES, str_text(&mixed), &e);
        o.mixed = str_text(&mixed);
    }
    if (!ok) {
        /* said below */
    } else if (f->db_dir) {
        ok = data_generate_folder(f->db_dir, &o, &n, &e);
    } else {
        name_of(path.text, &name);
        o.db_id = str_text(&name);
        d = db_open(path.text, &(db_options){.threads = 1}, &e);
        ok = d && data_generate(d, &o, &n, &e);
    }
    if (o.progress)
        fputs("\r\033[K", stderr);
    if (ok)
        print_generated(&n, out);
    db_close(d);
    str_deinit(&path);
    str_deinit(&name);
    str_deinit(&mixed);
    return ok ? 0 : cli_fail(&e);
}

static int split(const flags *f, const char *out)
{
    int64_t train, val, malformed;
    err e = {0};

    if (!data_split(f->words[1], out, f->seed, &train, &val, &malformed, &e))
        return cli_fail(&e);
    printf("%lld train and %lld val in %s", (long long)train, (long long)val, out);
    if (malformed)
        printf("; %lld lines were no examples", (long long)malformed);
    putchar('\n');
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

    if (!flags_parse(&f, argc, argv, "schemas db-dir set-aside out seed limit db model semantic mix mix-limit", &verb_data))
        return 2;
    if (f.out)
        str_adds(&out, f.out);
    else if (!home_path(&out, "data", &e))
        return cli_fail(&e);
    if (f.n_words == 2 && !strcmp(f.words[0], "import"))
        code = data_import_any(&f, f.words[1], f.limit, str_text(&out), &e) ? 0 : cli_fail(&e);
    else if (f.n_words == 1 && !strcmp(f.words[0], "generate"))
        code = generate(&f, str_text(&out));
    else if (f.n_words == 2 && !strcmp(f.words[0], "split"))
        code = split(&f, str_text(&out));
    else if (f.n_words >= 1 && f.n_words <= 2 && !strcmp(f.words[0], "stats"))
        code = data_stats(&f, file_or_default(&f, &out));
    else if (f.n_words >= 1 && f.n_words <= 2 && !strcmp(f.words[0], "show"))
        code = data_show(&f, file_or_default(&f, &out));
    else
        fprintf(stderr, "salesbot data: generate, import FILE, split FILE, stats or show (salesbot data --help tells more)\n");
    str_deinit(&out);
    return code;
}

const verb verb_data = {"data", "generate|import|…", "training examples", help, run};
