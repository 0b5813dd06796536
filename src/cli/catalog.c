/* catalog.c - salesbot catalog: what is in a database; connect one for good. */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "cli/catalog_impl.h"

static const char help[] =
    "  salesbot catalog                    the tables of the database that is asked\n"
    "  salesbot catalog show TABLE         its columns, types, keys, ranges, comments\n"
    "  salesbot catalog connect PATH       ask this one from now on: a DuckDB or SQLite file, CSV or\n"
    "                                      Parquet, or a folder of these two. Says what was found, and\n"
    "                                      writes the words it derived to a YAML file that you may edit\n"
    "  salesbot catalog forget             back to the sample database\n"
    "  --force                             connect: derive anew what was edited by hand\n"
    "  --db FILE, --format json\n";

static void print_tables(const db_catalog *c)
{
    int width = 5;

    for (int t = 0; t < c->n_tables; t++)
        if (cell_width(c->tables[t].name) > width)
            width = cell_width(c->tables[t].name);
    printf("%-*s  %12s  %7s  %s\n", width, "table", "rows", "columns", "what");
    for (int t = 0; t < c->n_tables; t++)
        printf("%-*s  %12lld  %7d  %s\n", width, c->tables[t].name,
               (long long)c->tables[t].n_rows, c->tables[t].n_columns, c->tables[t].comment);
}

static void print_columns(const db_catalog *c, const db_table *t)
{
    int width = 6;

    printf("%s: %lld rows%s%s\n", t->name, (long long)t->n_rows, *t->comment ? ". " : "",
           t->comment);
    for (int i = 0; i < t->n_columns; i++)
        if (cell_width(t->columns[i].name) > width)
            width = cell_width(t->columns[i].name);
    for (int i = 0; i < t->n_columns; i++) {
        const db_column *k = &t->columns[i];

        printf("  %-*s  %-14s", width, k->name, k->type_text);
        if (k->primary_key)
            printf(" key");
        if (k->fk_table >= 0)
            printf(" -> %s.%s", c->tables[k->fk_table].name,
                   c->tables[k->fk_table].columns[k->fk_column].name);
        if (k->n_distinct >= 0)
            printf("  %lld values", (long long)k->n_distinct);
        if (*k->min_text)
            printf(", %.24s … %.24s", k->min_text, k->max_text);
        printf("%s%s\n", *k->comment ? "  -- " : "", k->comment);
    }
}

static int print_json(const db_catalog *c)
{
    json_t *all = db_catalog_json(c);

    json_dumpf(all, stdout, JSON_INDENT(2));
    putchar('\n');
    json_decref(all);
    return 0;
}

static int show(const flags *f, const db_catalog *c)
{
    int t;
    err e = {0};

    if (f->format == FORMAT_JSON)
        return print_json(c);
    if (f->n_words < 2) {
        print_tables(c);
        return 0;
    }
    t = db_table_find(c, f->words[1]);
    if (t < 0) {
        err_set(&e, ERR_ARG, "no table \"%s\" in %s (salesbot catalog lists them)", f->words[1],
                c->database);
        return cli_fail(&e);
    }
    print_columns(c, &c->tables[t]);
    return 0;
}

static int run(int argc, char **argv)
{
    flags f;
    str path = {0};
    err e = {0};
    db *d = NULL;
    const db_catalog *c;
    int code;

    if (!flags_parse(&f, argc, argv, "db format force", &verb_catalog))
        return 2;
    if (f.n_words == 2 && !strcmp(f.words[0], "connect"))
        return catalog_connect(f.words[1], f.force);
    if (f.n_words == 1 && !strcmp(f.words[0], "forget"))
        return catalog_forget();
    if (f.n_words && (strcmp(f.words[0], "show") || f.n_words > 2)) {
        fprintf(stderr, "salesbot catalog: show [TABLE], connect PATH or forget\n");
        return 2;
    }
    d = cli_database(&f, &path, &e) ? db_open(path.text, &(db_options){.on_import = cli_import}, &e) : NULL;
    c = d ? db_catalog_get(d, &e) : NULL;
    if (c && f.format != FORMAT_JSON && !f.n_words)
        printf("Database: %s\n", path.text);
    code = c ? show(&f, c) : cli_fail(&e);
    db_close(d);
    str_deinit(&path);
    return code;
}

const verb verb_catalog = {"catalog", "[show|connect|forget]", "tables and columns; connect a database",
                           help, run};
