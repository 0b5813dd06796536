/* catalog_connect.c - salesbot catalog connect and forget.
 *
 * The order keeps what was: the database must open and be described before it is
 * remembered, and each file is written whole or not at all. What is printed is
 * bounded, whatever the catalog has. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "cli/catalog_impl.h"

enum { SHOWN_TABLES = 12, SHOWN_JOINS = 12, SHOWN_NAMES = 6, PROPOSED = 12, SHOWN_QUESTIONS = 5 };

static void print_count(int shown, int all)
{
    if (all > shown)
        printf("  … and %d more\n", all - shown);
}

static void print_tables(const db_catalog *c, const sem_layer *l)
{
    printf("Tables: %d\n", c->n_tables);
    for (int i = 0; i < c->n_tables && i < SHOWN_TABLES; i++) {
        const char *time = sem_table_time(l, c->tables[i].name);

        printf("  %s: %lld rows, %d columns%s%s\n", c->tables[i].name, (long long)c->tables[i].n_rows, c->tables[i].n_columns,
               time ? ", time: " : "", time ? time : "");
    }
    print_count(SHOWN_TABLES, c->n_tables);
}

static void print_names(const char *what, const sem_layer *l, int n, const char *(*title)(const sem_layer *, int))
{
    printf("%s: %d", what, n);
    for (int i = 0; i < n && i < SHOWN_NAMES; i++)
        printf("%s%s", i ? ", " : " (", title(l, i));
    printf("%s\n", n > SHOWN_NAMES ? ", …)" : n ? ")" : "");
}

static const char *metric_title(const sem_layer *l, int i) { return sem_metric_at(l, i)->name.title; }
static const char *dimension_title(const sem_layer *l, int i) { return sem_dimension_at(l, i)->name.title; }

static void print_joins(const sem_layer *l)
{
    sem_join joins[SHOWN_JOINS];
    const int n = sem_joins(l, joins, SHOWN_JOINS);

    printf("Joins: %d\n", n);
    for (int i = 0; i < n && i < SHOWN_JOINS; i++)
        printf("  %s → %s: %s\n", joins[i].from, joins[i].to, joins[i].found);
    print_count(SHOWN_JOINS, n);
}

/* Each question is asked first, without the model: only what was answered with rows is shown. */
static int print_questions(agent_context *c, err *e)
{
    const agent_options o = {.no_model = true, .template_only = true};
    agent_state *all = agent_state_new(e);
    int shown = 0;
    err none = {0};

    if (all && agent_suggest(c, all, PROPOSED, &none))
        for (int i = 0; i < all->n_choices && shown < SHOWN_QUESTIONS; i++) {
            agent_state *s = agent_state_new(&none);

            if (s && orchestrator_process(c, all->choices[i], &o, s, &none) && s->error.code == ERR_OK && s->results && s->results->n_rows > 0)
                printf("%s  salesbot ask \"%s\"\n", shown++ ? "" : "These questions were asked and answered:\n", all->choices[i]);
            agent_state_free(s);
        }
    agent_state_free(all);
    return shown;
}

static bool remember(const char *full, err *e)
{
    str home = {0}, file = {0};
    const bool ok = home_path(&home, NULL, e) && dir_make(home.text, e) && home_path(&file, "database", e) &&
                    file_write_atomic(file.text, full, strlen(full), 0600, e);

    str_deinit(&home);
    str_deinit(&file);
    return ok;
}

/* The layer's file, unless the layer is the sales database's own or a person changed it. */
static bool describe(db *d, const char *full, bool force, str *note, err *e)
{
    const db_catalog *c = db_catalog_get(d, e);
    str path = {0}, yaml = {0};
    sem_layer *l = NULL;
    bool ok = c != NULL;

    if (ok && sem_is_sales(c)) {
        str_adds(note, "the layer of the sales database, which came with salesbot");
    } else if (ok && !force && agent_layer_edited(full, &path, &yaml)) {
        str_addf(note, "%s, kept: it was edited by hand (--force derives it anew)", str_text(&path));
    } else if (ok) {
        str_reset(&path);
        l = sem_derive(d, c, e);
        ok = l && agent_layer_write(full, l, &path, e);
        str_addf(note, "%s (read and correct it)", str_text(&path));
    }
    sem_free(l);
    str_deinit(&path);
    str_deinit(&yaml);
    return ok;
}

static bool report(const char *full, const char *note, err *e)
{
    agent_context *c = agent_context_open(&(agent_context_options){.database = full, .no_model = true, .on_import = cli_import}, e);

    if (!c)
        return false;
    printf("Connected: %s\n", full);
    print_tables(agent_catalog(c), agent_semantic(c));
    print_names("Measures", agent_semantic(c), sem_n_metrics(agent_semantic(c)), metric_title);
    print_names("Dimensions", agent_semantic(c), sem_n_dimensions(agent_semantic(c)), dimension_title);
    print_joins(agent_semantic(c));
    printf("Layer: %s\n", note);
    if (!print_questions(c, e))
        printf("No question could be proved to answer; try: salesbot ask \"how many rows in %s\"\n", agent_catalog(c)->tables[0].name);
    agent_context_close(c);
    return true;
}

int catalog_connect(const char *path, bool force)
{
    err e = {0};
    char *full = realpath(path, NULL);
    str note = {0};
    bool ok = full || err_set(&e, ERR_DB, "%s: %s", path, errno == EACCES ? "no permission to read it" : "no such file or folder");
    db *d = ok ? db_open(full, &(db_options){.on_import = cli_import}, &e) : NULL;

    ok = d && describe(d, full, force, &note, &e);
    db_close(d);
    ok = ok && report(full, str_text(&note), &e) && remember(full, &e);
    str_deinit(&note);
    free(full);
    return ok ? 0 : cli_fail(&e);
}

int catalog_forget(void)
{
    str file = {0};
    err e = {0};
    bool ok = home_path(&file, "database", &e);

    if (ok && unlink(file.text) && errno != ENOENT)
        ok = err_set(&e, ERR_IO, "%s: %s", file.text, strerror(errno));
    str_deinit(&file);
    if (!ok)
        return cli_fail(&e);
    printf("Forgotten: questions go to the sample database again (or --db, $SALESBOT_DB).\n");
    return 0;
}
