/* doctor.c - salesbot doctor: is all here that answering needs, and what to do
 * where it isn't. One check is one row of the table. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "base/pool.h"
#include "cli/cli.h"
#include "kernels/kernels.h"
#include "weights/adapter.h"

static const char help[] = "  --db FILE, --model FILE, --adapter DIR, --no-adapter\n";

/* What was found (`line`) and, when it is not well, what to do (`fix`). */
typedef struct finding {
    bool well;
    char line[600], fix[600];
} finding;

static void check_memory(const flags *f, finding *r)
{
    const double total = (double)sysconf(_SC_PHYS_PAGES) * (double)sysconf(_SC_PAGESIZE) / 1e9,
                 idle = (double)sysconf(_SC_AVPHYS_PAGES) * (double)sysconf(_SC_PAGESIZE) / 1e9;

    (void)f;
    r->well = total >= 1.5;
    snprintf(r->line, sizeof r->line, "%.1f GB, %.1f GB of it idle; %d cores", total, idle,
             cpu_count());
    snprintf(r->fix, sizeof r->fix, "1.5 GB are wanted: use --no-model (templates need 0.3 GB)");
}

static void check_disk(const flags *f, finding *r)
{
    str home = {0};
    uint64_t n = 0;
    err e = {0};

    (void)f;
    r->well = home_path(&home, NULL, &e) && disk_free(home.text, &n, &e) && n > 500000000u;
    snprintf(r->line, sizeof r->line, "%.1f GB free for %s", (double)n / 1e9, str_text(&home));
    snprintf(r->fix, sizeof r->fix, "%s", e.code ? e.msg
             : "free at least 0.5 GB or set SALESBOT_HOME to a folder on another disk");
    str_deinit(&home);
}

static void check_library(const flags *f, finding *r)
{
    const char *given = getenv("SALESBOT_DUCKDB");
    str path = {0};
    err e = {0};

    (void)f;
    if (given && *given)
        str_adds(&path, given);
    else if (!home_path(&path, "lib/libduckdb.so", &e))
        str_reset(&path);
    r->well = file_exists(str_text(&path));
    snprintf(r->line, sizeof r->line, "%s%s", str_text(&path), r->well ? "" : " is missing");
    snprintf(r->fix, sizeof r->fix, "run `make setup` in the project's folder, or put libduckdb.so of DuckDB 2.0.0 there");
    str_deinit(&path);
}

static void check_weights(const flags *f, finding *r)
{
    str path = {0};
    err e = {0};
    gemma *g = NULL;
    gemma_info info;

    r->well = cli_model(f, &path, &e) && (g = gemma_open(path.text, NULL, &e)) != NULL;
    if (r->well) {
        gemma_describe(g, &info);
        snprintf(r->line, sizeof r->line, "%s, %.0f million weights, %.0f MB, kernels %s", info.family,
                 (double)info.n_parameters / 1e6, (double)info.weight_bytes / 1048576.0, info.kernels);
    } else {
        snprintf(r->line, sizeof r->line, "%.380s", e.msg);
    }
    snprintf(r->fix, sizeof r->fix, "run `make setup`, or give --model FILE; without weights templates still answer");
    gemma_close(g);
    str_deinit(&path);
}

static void check_adapter(const flags *f, finding *r)
{
    str model = {0}, path = {0};
    err e = {0};
    weights *base = NULL;
    adapter *a = NULL;
    adapter_info info;

    r->well = cli_model(f, &model, &e) && cli_adapter(f, &path, &e);
    if (r->well && path.n) {
        base = weights_open(model.text, &e);
        a = base ? adapter_open(path.text, base, &e) : NULL;
        r->well = a != NULL;
    }
    if (a) {
        adapter_describe(a, &info);
        snprintf(r->line, sizeof r->line, "%.300s, rank %d", path.text, info.rank);
    } else {
        snprintf(r->line, sizeof r->line, "%.380s", r->well ? "none: the weights run as they are" : e.msg);
    }
    snprintf(r->fix, sizeof r->fix, "give another one with --adapter, none with --no-adapter, or remove that folder");
    adapter_close(a);
    weights_close(base);
    str_deinit(&model);
    str_deinit(&path);
}

static void check_database(const flags *f, finding *r)
{
    str path = {0};
    err e = {0};
    const double start = clock_ms();
    db *d = cli_database(f, &path, &e) ? db_open(path.text, &(db_options){.on_import = cli_import}, &e) : NULL;
    const db_catalog *c = d ? db_catalog_get(d, &e) : NULL;
    db_result *one = c ? db_execute(d, "SELECT 1", &(db_limits){0}, &e) : NULL;

    r->well = one != NULL;
    if (r->well)
        snprintf(r->line, sizeof r->line, "%s: %d tables, first answer after %.0f ms%s%.200s",
                 c->database, c->n_tables, clock_ms() - start,
                 *db_sandbox_note(d) ? "; the kernel did not give: " : "; sandbox whole",
                 db_sandbox_note(d));
    else
        snprintf(r->line, sizeof r->line, "%.380s", e.msg);
    snprintf(r->fix, sizeof r->fix, "`salesbot init FILE` makes the sample; `salesbot catalog connect FILE` takes yours");
    db_result_free(one);
    db_close(d);
    str_deinit(&path);
}

/* A token costs one read of the weights: memory bandwidth is the speed limit. */
static void check_speed(const flags *f, finding *r)
{
    enum { N = 16 << 20 };
    err e = {0};
    const kernel_ops *k = kernels_get(&e);
    unsigned long *words = malloc((size_t)N * sizeof *words), sum = 0;
    double start, ms;

    (void)f;
    if (!words || !k) {
        snprintf(r->line, sizeof r->line, "could not be measured");
        free(words);
        return;
    }
    memset(words, 1, (size_t)N * sizeof *words);
    start = clock_ms();
    for (size_t i = 0; i < N; i++)
        sum += words[i];
    ms = clock_ms() - start;
    r->well = sum != 0 && ms < 128;
    snprintf(r->line, sizeof r->line, "kernels %s; memory read at %.0f GB/s by one thread", k->name,
             (double)N * (double)sizeof *words / ms / 1e6);
    snprintf(r->fix, sizeof r->fix, "slow: other work on this machine? Templates are not affected");
    free(words);
}

static const struct {
    const char *name;
    void (*check)(const flags *f, finding *r);
} checks[] = {
    {"memory", check_memory},     {"disk", check_disk},         {"DuckDB", check_library},
    {"weights", check_weights},   {"adapter", check_adapter},   {"database", check_database},
    {"speed", check_speed},
};

static int run(int argc, char **argv)
{
    flags f;
    int bad = 0;

    if (!flags_parse(&f, argc, argv, "db model adapter no-adapter", &verb_doctor))
        return 2;
    for (size_t i = 0; i < sizeof checks / sizeof checks[0]; i++) {
        finding r = {0};

        checks[i].check(&f, &r);
        printf("%-4s %-9s %s\n", r.well ? "ok" : "LOOK", checks[i].name, r.line);
        if (!r.well)
            printf("               %s\n", r.fix);
        bad += !r.well;
    }
    return bad ? 1 : 0;
}

const verb verb_doctor = {"doctor", "", "checks memory, disk, weights, database, speed", help, run};
