/* cases.c - the lines of a data file. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "eval/eval_impl.h"

static const char *text_of(arena *a, const json_t *line, const char *key)
{
    const char *text = json_string_value(json_object_get(line, key));

    return text ? arena_str(a, text) : NULL;
}

/* A name that stays inside the folder of databases. */
static bool plain_id(const char *id)
{
    if (!id || !*id || *id == '.' || strlen(id) > 200)
        return false;
    for (; *id; id++)
        if (*id == '/' || (unsigned char)*id < ' ')
            return false;
    return true;
}

/* A question with several readings of which one is taken unasked: the SQL of that one. */
static const char *default_reading(arena *a, const json_t *line)
{
    const json_t *readings = json_object_get(line, "readings");
    const json_int_t which = json_integer_value(json_object_get(line, "default"));

    return text_of(a, json_array_get(readings, which < 0 ? 0 : (size_t)which), "sql");
}

static bool read_line(arena *a, const char *text, bool one_database, eval_line *out, const char **why)
{
    json_t *line = json_loads(text, 0, NULL);

    *why = "it is not a JSON object";
    if (json_is_object(line)) {
        *out = (eval_line){.db_id = text_of(a, line, "db_id"),
                           .question = text_of(a, line, "question"),
                           .evidence = text_of(a, line, "evidence"),
                           .sql = text_of(a, line, "sql"),
                           .source = text_of(a, line, "source"),
                           .difficulty = text_of(a, line, "difficulty"),
                           .ending = text_of(a, line, "ending")};
        if (out->ending && !strcmp(out->ending, "default")) {
            out->sql = default_reading(a, line);
            out->ending = NULL;
        }
        if (one_database)
            out->db_id = "the database";
        *why = !plain_id(out->db_id) ? "no db_id that names a database"
               : !out->question      ? "no question"
                                     : NULL;
        if (!out->difficulty)
            out->difficulty = out->sql && *out->sql ? statement_difficulty(a, out->sql) : "none";
        if (!out->source)
            out->source = "questions";
        if (out->sql && !*out->sql)
            out->sql = NULL;
        if (out->evidence && !*out->evidence)
            out->evidence = NULL;
    }
    json_decref(line);
    return !*why;
}

static bool add(eval_lines *l, const eval_line *line, int *cap, err *e)
{
    if (l->n == *cap) {
        eval_line *grown = realloc(l->at, (size_t)(*cap = *cap ? 2 * *cap : 256) * sizeof *grown);

        if (!grown)
            return err_set(e, ERR_NOMEM, "out of memory for the questions");
        l->at = grown;
    }
    l->at[l->n++] = *line;
    return true;
}

bool eval_lines_read(const char *path, int limit, bool one_database, eval_lines *out, err *e)
{
    FILE *f = fopen(path, "r");
    char *text = NULL;
    size_t room = 0;
    ssize_t n;
    int cap = 0, at = 0;
    bool ok = f || err_set(e, ERR_IO, "%s: %s", path, strerror(errno));

    *out = (eval_lines){.a = arena_new((size_t)1 << 30)};
    if (ok && !out->a)
        ok = err_set(e, ERR_NOMEM, "out of memory for the questions");
    while (ok && (!limit || out->n < limit) && (n = getline(&text, &room, f)) > 0) {
        eval_line line;
        const char *why;

        at++;
        if (!text[strspn(text, " \t\r\n")])
            continue;
        ok = read_line(out->a, text, one_database, &line, &why)
                 ? add(out, &line, &cap, e)
                 : err_set(e, ERR_FORMAT, "%s, line %d: %s", path, at, why);
    }
    if (ok && !out->n)
        ok = err_set(e, ERR_FORMAT, "%s: no questions", path);
    free(text);
    if (f)
        fclose(f);
    if (!ok)
        eval_lines_deinit(out);
    return ok;
}

void eval_lines_deinit(eval_lines *l)
{
    free(l->at);
    arena_free(l->a);
    *l = (eval_lines){0};
}
