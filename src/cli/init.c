/* init.c - salesbot init: make the sales database. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "cli/cli.h"
#include "data/sales.h"

static const char help[] =
    "  --rows N   sales lines (default 200000, from 2000)\n"
    "  --seed S   another draw (default 1)\n"
    "  --memory-limit N  of the database while it is made, as 2GB (default 1GB)\n"
    "  --force    replace an existing file\n";

static volatile int cancelled;
static void on_interrupt(int n) { (void)n; cancelled = 1; }

typedef struct progress {
    sales_script *script;
    bool terminal;
    double start, last;
    err e;
} progress;

static void show(progress *p, const sales_step *step)
{
    const double now = clock_ms(), spent = (now - p->start) / 1e3;

    if (!p->terminal || (now - p->last < 100 && step->fraction_done < 1))
        return;
    p->last = now;
    fprintf(stderr, "\r%3.0f %%  %-28.28s", 100 * step->fraction_done, step->label);
    if (step->fraction_done > 0.02)
        fprintf(stderr, " %5.0f s left", spent / step->fraction_done * (1 - step->fraction_done));
    fputs("\033[K", stderr);
}

static const char *next(void *arg)
{
    progress *p = arg;
    sales_step step;

    if (!sales_script_next(p->script, &step, &p->e)) /* a failure must not pass for the end */
        return p->e.code == ERR_OK ? NULL : "SELECT error('out of memory')";
    show(p, &step);
    return step.sql;
}

/* Up to 300 bytes a line at the default size, with its keys, and some room; large
 * databases need less. */
static bool enough_disk(const char *path, uint64_t rows, err *e)
{
    uint64_t idle;
    const uint64_t need = rows * 350 + 40000000;

    if (!disk_free(path, &idle, e))
        return false;
    return idle >= need || err_set(e, ERR_IO, "%s: about %.1f GB are needed and %.1f GB are free: "
                                   "free some, or choose fewer --rows", path,
                                   (double)need / 1e9, (double)idle / 1e9);
}

bool cli_init(const char *path, uint64_t rows, uint64_t seed, int64_t memory_bytes,
              bool replace, err *e)
{
    progress p = {.terminal = isatty(STDERR_FILENO), .start = clock_ms()};
    struct sigaction action = {.sa_handler = on_interrupt}, before, before_term;
    char *folder = strdup(path), *slash = folder ? strrchr(folder, '/') : NULL;
    bool ok = folder || err_set(e, ERR_NOMEM, "out of memory");

    cancelled = 0;
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, &before);
    sigaction(SIGTERM, &action, &before_term);
    if (slash && slash != folder)
        *slash = 0;
    if (ok && slash && slash != folder && !file_exists(folder))
        ok = dir_make(folder, e);
    ok = ok && enough_disk(path, rows, e) && (p.script = sales_script_new(rows, seed, e)) != NULL;
    if (ok) {
        const db_script script = {.next = next, .arg = &p, .cancel = &cancelled};

        ok = db_create(path, &(db_options){.memory_bytes = memory_bytes}, replace, &script, e);
    }
    if (p.terminal)
        fputs("\r\033[K", stderr);
    sigaction(SIGINT, &before, NULL);
    sigaction(SIGTERM, &before_term, NULL);
    sales_script_free(p.script);
    free(folder);
    return ok;
}

static int run(int argc, char **argv)
{
    flags f;
    err e = {0};
    const double start = clock_ms();

    if (!flags_parse(&f, argc, argv, "rows seed memory-limit force", &verb_init))
        return 2;
    if (f.n_words != 1) {
        fprintf(stderr, "salesbot init: one FILE, for example sales.duckdb\n");
        return 2;
    }
    if (!f.force && file_exists(f.words[0])) {
        err_set(&e, ERR_IO, "%s exists: choose another name, or --force replaces it", f.words[0]);
        return cli_fail(&e);
    }
    if (!cli_init(f.words[0], f.rows, f.seed, f.memory_bytes, f.force, &e))
        return cli_fail(&e);
    fprintf(stderr, "%s: %llu sales lines, seed %llu, in %.1f s. Try: salesbot ask --db %s \"sales by region in 2024\"\n",
            f.words[0], (unsigned long long)f.rows, (unsigned long long)f.seed,
            (clock_ms() - start) / 1e3, f.words[0]);
    return 0;
}

const verb verb_init = {"init", "FILE", "make the sales database", help, run};
