/* fragment.c - are the tables and columns that an SQL fragment names there?
 *
 * Not a parser: the compiled statement goes through sql_check anyway. This
 * finds `table.column` outside quotes, so that a wrong name is reported with
 * its line in the YAML and not as a failed question weeks later. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "semantic/load_impl.h"

static bool word_char(char c)
{
    return isalnum((unsigned char)c) || c == '_';
}

/* The fragment itself may name a table anew: "inventory AS earlier". */
static bool is_alias(const char *sql, const char *name)
{
    size_t n = strlen(name);

    for (const char *p = sql; (p = strstr(p, name)) != NULL; p += n)
        if (p - sql >= 4 && !strncmp(p - 4, " AS ", 4) && !word_char(p[n]))
            return true;
    return false;
}

static const char *nearest_column(const db_table *t, const char *name)
{
    const char *best = NULL;
    int best_distance = 3;

    for (int i = 0; i < t->n_columns; i++) {
        int d = str_distance(name, t->columns[i].name, 2);

        if (d < best_distance) {
            best_distance = d;
            best = t->columns[i].name;
        }
    }
    return best;
}

static bool check_pair(loader *r, int node, const char *what, const char *sql, const char *table,
                       const char *column)
{
    int own = layer_table_find(r->l, table);
    int t = own >= 0 ? r->l->tables[own].catalog : db_table_find(r->c, table);

    if (own >= 0 && t < 0)
        return true; /* made by the layer: its columns are checked when it is bound */
    if (t < 0)
        return is_alias(sql, table) || yaml_fail(&r->f, node, "%s: no table \"%s\"", what, table);
    if (db_column_find(&r->c->tables[t], column) < 0) {
        const char *near = nearest_column(&r->c->tables[t], column);

        return yaml_fail(&r->f, node, "%s: no column \"%s\" in %s%s%s%s", what, column, table,
                         near ? "; did you mean \"" : "", near ? near : "", near ? "\"?" : "");
    }
    return true;
}

static size_t take_word(const char *p, char word[128])
{
    size_t n = 0;

    while (word_char(p[n]))
        n++;
    snprintf(word, 128, "%.*s", (int)(n < 127 ? n : 127), p);
    return n;
}

bool check_fragment(loader *r, int node, const char *what, const char *sql)
{
    char table[128], column[128];

    for (const char *p = sql; *p;) {
        if (*p == '\'' || *p == '"') {
            const char *end = strchr(p + 1, *p);

            if (!end)
                return yaml_fail(&r->f, node, "%s: a quote is not closed", what);
            p = end + 1;
        } else if (word_char(*p)) {
            size_t n = take_word(p, table);

            if (p[n] == '.' && !isdigit((unsigned char)*p) && word_char(p[n + 1])) {
                n += 1 + take_word(p + n + 1, column);
                if (!check_pair(r, node, what, sql, table, column))
                    return false;
            }
            p += n;
        } else if (*p == ';') {
            return yaml_fail(&r->f, node, "%s: \";\" has no place in a fragment", what);
        } else {
            p++;
        }
    }
    return true;
}

bool load_fragment(loader *r, int map, const char *what, const char *key, const char **out)
{
    const char *text = NULL;

    if (!yaml_text(&r->f, map, key, &text))
        return false;
    if (!text)
        return true;
    if (!text[0])
        return yaml_fail(&r->f, yaml_get(&r->f, map, key), "%s: %s is empty", what, key);
    *out = text;
    return check_fragment(r, yaml_get(&r->f, map, key), what, text);
}

bool load_column(loader *r, int node, const char *what, const char *text, int *table, int *column)
{
    char name[128];
    const char *dot = text ? strchr(text, '.') : NULL;

    if (!dot || dot == text || (size_t)(dot - text) >= sizeof name)
        return yaml_fail(&r->f, node, "%s: a column is written table.column", what);
    snprintf(name, sizeof name, "%.*s", (int)(dot - text), text);
    if (!check_pair(r, node, what, "", name, dot + 1))
        return false;
    *table = db_table_find(r->c, name);
    *column = *table >= 0 ? db_column_find(&r->c->tables[*table], dot + 1) : -1;
    return *column >= 0 || yaml_fail(&r->f, node, "%s: \"%s\" is not a column of the database", what, text);
}
