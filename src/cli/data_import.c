/* data_import.c - salesbot data import: a file, a folder, or a dataset of the hub. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "cli/data_files.h"
#include "data/data.h"
#include "hub/hub.h"

static void print_counts(const data_counts *c, const char *out)
{
    printf("%lld read from %lld databases: %lld train, %lld val, %lld set aside, in %s\n", (long long)c->read,
           (long long)c->databases, (long long)c->train, (long long)c->val, (long long)c->set_aside, out);
    printf("dropped: %lld malformed, %lld without a database, %lld not parsed, %lld not bound, %lld failed, %lld twice\n",
           (long long)c->malformed, (long long)c->no_database, (long long)c->unparsed, (long long)c->unbound,
           (long long)c->failed, (long long)c->duplicate);
    printf("%lld brought from SQLite's dialect, %lld run on their database\n", (long long)c->converted, (long long)c->run);
}

static bool show_download(void *arg, const hub_progress *p)
{
    const volatile int *cancelled = arg;

    if (isatty(STDERR_FILENO))
        fprintf(stderr, "\r%3.0f %%  %-40.40s\033[K", p->total ? 100 * (double)p->done / (double)p->total : 0, p->file);
    return !*cancelled;
}

/* The folder that holds the dataset: fetched, or as it was fetched before. */
static bool fetch(const char *name, str *folder, err *e)
{
    const hub_options o = {.on_progress = show_download, .arg = (void *)data_interrupts()};
    str rest = {0};
    bool ok;

    str_addf(&rest, "datasets/%s", name);
    ok = home_path(folder, str_text(&rest), e) && hub_download_dataset(name, str_text(folder), &o, e);
    str_deinit(&rest);
    if (isatty(STDERR_FILENO))
        fputs("\r\033[K", stderr);
    return ok;
}

bool data_import_any(const flags *f, const char *what, int64_t limit, const char *out, err *e)
{
    data_import_options o = {.file = what, .schemas = f->schemas, .db_dir = f->db_dir, .set_aside = f->set_aside, .out = out,
                             .seed = f->seed, .limit = limit, .cancel = data_interrupts()};
    str folder = {0};
    data_counts counts;
    bool ok = true;

    if (access(what, F_OK) && hub_repository_valid(what)) {
        ok = fetch(what, &folder, e);
        o.file = str_text(&folder);
        o.source = what;
    }
    if (isatty(STDERR_FILENO))
        o.progress = data_show_progress;
    ok = ok && data_import(&o, &counts, e);
    if (o.progress)
        fputs("\r\033[K", stderr);
    if (ok)
        print_counts(&counts, out);
    str_deinit(&folder);
    return ok;
}
