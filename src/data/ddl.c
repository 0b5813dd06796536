/* ddl.c - CREATE TABLE statements as the description of a schema.
 *
 * Only what a catalog needs is read: names, types, keys. Constraints in between are
 * skipped by counting parentheses, so the dialect hardly matters. What is no CREATE
 * TABLE is passed over to the next semicolon. */
#include <stdlib.h>
#include <string.h>

#include "data/data_impl.h"

enum { WORD_BYTES = 256 };

typedef struct ddl {
    const char *at;
    char word[WORD_BYTES]; /* the present token: a name without quotes, or one character */
    bool quoted, end;
} ddl;

static bool name_byte(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '$' || (unsigned char)c >= 0x80;
}

static void skip_blank(ddl *d)
{
    for (;;) {
        d->at += strspn(d->at, " \t\r\n");
        if (d->at[0] == '-' && d->at[1] == '-')
            d->at += strcspn(d->at, "\n");
        else
            return;
    }
}

static void next(ddl *d)
{
    char close;
    size_t n = 0;

    skip_blank(d);
    d->end = !*d->at;
    close = *d->at == '[' ? ']' : *d->at;
    d->quoted = *d->at == '"' || *d->at == '`' || *d->at == '[' || *d->at == '\'';
    if (d->quoted) {
        for (d->at++; *d->at && *d->at != close; d->at++)
            if (n + 1 < WORD_BYTES)
                d->word[n++] = *d->at;
        d->at += *d->at != 0;
    } else if (name_byte(*d->at)) {
        for (; name_byte(*d->at); d->at++)
            if (n + 1 < WORD_BYTES)
                d->word[n++] = *d->at;
    } else if (*d->at) {
        d->word[n++] = *d->at++;
    }
    d->word[n] = 0;
}

static bool is(const ddl *d, const char *word) { return !d->quoted && !d->end && str_equal_nocase(d->word, word); }

static bool take(ddl *d, const char *word)
{
    const bool found = is(d, word);

    if (found)
        next(d);
    return found;
}

/* To the comma or bracket that ends this entry of the list. */
static void skip_entry(ddl *d)
{
    int depth = 0;

    while (!d->end && (depth || (!is(d, ",") && !is(d, ")")))) {
        depth += is(d, "(") - is(d, ")");
        next(d);
    }
}

static json_t *column_named(json_t *columns, const char *name)
{
    for (size_t i = 0; i < json_array_size(columns); i++) {
        json_t *k = json_array_get(columns, i);

        if (str_equal_nocase(json_string_value(json_object_get(k, "name")), name))
            return k;
    }
    return NULL;
}

/* (a, b): the names, or an empty list. */
static json_t *name_list(ddl *d)
{
    json_t *names = json_array();

    if (!take(d, "("))
        return names;
    while (!d->end && !is(d, ")")) {
        if (!is(d, ","))
            json_array_append_new(names, json_string(d->word));
        next(d);
    }
    next(d);
    return names;
}

/* REFERENCES t (b, …) for the columns in `from`. */
static void references(ddl *d, const char *table, const json_t *from, json_t *keys)
{
    char to[WORD_BYTES];
    json_t *columns;

    strcpy(to, d->word);
    next(d);
    columns = name_list(d);
    for (size_t i = 0; i < json_array_size(from); i++) {
        const json_t *column = json_array_get(i < json_array_size(columns) ? columns : from, i);

        json_array_append_new(keys, json_pack("[s, O, s, O]", table, json_array_get(from, i), to, column));
    }
    json_decref(columns);
}

static void table_constraint(ddl *d, const char *table, json_t *columns, json_t *keys)
{
    json_t *names;

    if (take(d, "CONSTRAINT"))
        next(d);
    if (take(d, "PRIMARY")) {
        take(d, "KEY");
        names = name_list(d);
        for (size_t i = 0; i < json_array_size(names); i++) {
            json_t *k = column_named(columns, json_string_value(json_array_get(names, i)));

            if (k)
                json_object_set_new(k, "primary_key", json_true());
        }
        json_decref(names);
    } else if (take(d, "FOREIGN")) {
        take(d, "KEY");
        names = name_list(d);
        if (take(d, "REFERENCES"))
            references(d, table, names, keys);
        json_decref(names);
    }
    skip_entry(d);
}

static bool starts_constraint(const ddl *d)
{
    static const char *const words[] = {"CONSTRAINT", "PRIMARY", "FOREIGN", "UNIQUE", "CHECK", "KEY", "INDEX"};

    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (is(d, words[i]))
            return true;
    return false;
}

static void column(ddl *d, const char *table, json_t *columns, json_t *keys)
{
    json_t *from = json_pack("[s]", d->word);
    json_t *k = json_pack("{s:s}", "name", d->word);

    next(d);
    json_object_set_new(k, "type", json_string(d->end || is(d, ",") || is(d, ")") ? "" : d->word));
    while (!d->end && !is(d, ",") && !is(d, ")")) {
        if (take(d, "PRIMARY"))
            json_object_set_new(k, "primary_key", json_true());
        else if (take(d, "REFERENCES"))
            references(d, table, from, keys);
        else if (is(d, "("))
            json_decref(name_list(d));
        else
            next(d);
    }
    json_array_append_new(columns, k);
    json_decref(from);
}

static void table(ddl *d, json_t *tables, json_t *keys)
{
    char name[WORD_BYTES];
    json_t *columns = json_array();

    if (take(d, "IF") && take(d, "NOT"))
        take(d, "EXISTS");
    strcpy(name, d->word);
    next(d);
    while (take(d, ".")) { /* schema.table */
        strcpy(name, d->word);
        next(d);
    }
    take(d, "(");
    while (!d->end && !is(d, ")")) {
        if (starts_constraint(d))
            table_constraint(d, name, columns, keys);
        else
            column(d, name, columns, keys);
        take(d, ",");
    }
    json_array_append_new(tables, json_pack("{s:s, s:o}", "name", name, "columns", columns));
}

json_t *schema_of_ddl(const char *text, err *e)
{
    ddl d = {.at = text};
    json_t *tables = json_array(), *keys = json_array();

    next(&d);
    while (!d.end) {
        if (take(&d, "CREATE") && (take(&d, "TEMP"), take(&d, "TEMPORARY"), take(&d, "TABLE")))
            table(&d, tables, keys);
        while (!d.end && !is(&d, ";"))
            next(&d);
        take(&d, ";");
    }
    if (json_array_size(tables))
        return json_pack("{s:o, s:o}", "tables", tables, "foreign_keys", keys);
    json_decref(tables);
    json_decref(keys);
    err_set(e, ERR_FORMAT, "no CREATE TABLE in the context");
    return NULL;
}
