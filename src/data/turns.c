/* turns.c - see turns.h. */
#include "data/turns.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/str.h"

enum { MAX_LINE = 4 << 20 };

void turn_deinit(turn *t)
{
    json_decref(t->line);
    *t = (turn){0};
}

/* Message i of that role (or its other name) and its text. */
static bool message(const json_t *list, size_t i, const char *role, const char *other,
                    const char **text, size_t *n, err *e)
{
    const json_t *m = json_array_get(list, i);
    const char *is = json_string_value(json_object_get(m, "role"));
    const json_t *content = json_object_get(m, "content");

    if (!is || (strcmp(is, role) && (!other || strcmp(is, other))))
        return err_set(e, ERR_FORMAT, "message %zu is not of role \"%s\"", i + 1, role);
    if (!json_is_string(content) || !json_string_length(content))
        return err_set(e, ERR_FORMAT, "message %zu has no text as \"content\"", i + 1);
    *text = json_string_value(content);
    *n = json_string_length(content);
    return true;
}

static const char *text_or_empty(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));

    return text ? text : "";
}

static bool read_prefix(turn *t, err *e)
{
    const json_t *prefix = json_object_get(t->line, "prefix");

    if (!prefix || json_is_null(prefix))
        return true;
    if (!json_is_integer(prefix) || json_integer_value(prefix) < 0 ||
        (size_t)json_integer_value(prefix) > t->n_user)
        return err_set(e, ERR_FORMAT, "\"prefix\" is no length within the user's content");
    t->prefix = (size_t)json_integer_value(prefix);
    return true;
}

static bool read_turn(turn *t, err *e)
{
    const json_t *messages = json_object_get(t->line, "messages");

    if (!json_is_object(t->line))
        return err_set(e, ERR_FORMAT, "not a JSON object");
    if (json_array_size(messages) != 2)
        return err_set(e, ERR_FORMAT, "\"messages\" is not a list of two: user and assistant");
    if (!message(messages, 0, "user", NULL, &t->user, &t->n_user, e) ||
        !message(messages, 1, "assistant", "model", &t->answer, &t->n_answer, e))
        return false;
    t->db_id = text_or_empty(t->line, "db_id");
    t->question = text_or_empty(t->line, "question");
    return read_prefix(t, e);
}

bool turn_parse(const char *text, size_t n, turn *t, err *e)
{
    json_error_t wrong;

    *t = (turn){0};
    t->line = json_loadb(text, n, JSON_ALLOW_NUL | JSON_REJECT_DUPLICATES, &wrong);
    if (!t->line)
        return err_set(e, ERR_FORMAT, "column %d: %.200s", wrong.column, wrong.text);
    if (read_turn(t, e))
        return true;
    turn_deinit(t);
    return false;
}

typedef struct reading {
    const char *path;
    turn_take *take;
    turn_complain *complain;
    void *arg;
    turn_counts *counts;
} reading;

static bool one_line(const reading *r, const char *text, size_t n, err *e)
{
    turn t = {0};
    err local = {0};
    bool ok = n <= MAX_LINE || err_set(&local, ERR_FORMAT, "longer than %d MB", MAX_LINE >> 20);

    ok = ok && turn_parse(text, n, &t, &local) && r->take(r->arg, &t, &local);
    turn_deinit(&t);
    if (ok) {
        r->counts->taken++;
        return true;
    }
    if (local.code != ERR_FORMAT && local.code != ERR_LIMIT) {
        *e = local;
        return false;
    }
    (*(local.code == ERR_LIMIT ? &r->counts->too_long : &r->counts->wrong))++;
    if (r->complain) {
        str complaint = {0};

        str_addf(&complaint, "%s:%d: %s", r->path, r->counts->lines, local.msg);
        r->complain(r->arg, str_text(&complaint));
        str_deinit(&complaint);
    }
    return true;
}

static bool blank(const char *text)
{
    return !text[strspn(text, " \t\r\n")];
}

static bool all_lines(FILE *f, const reading *r, err *e)
{
    char *line = NULL;
    size_t cap = 0;
    ssize_t n;
    bool ok = true;

    errno = 0;
    while (ok && (n = getline(&line, &cap, f)) >= 0) {
        size_t used = (size_t)n;

        r->counts->lines++;
        while (used && (line[used - 1] == '\n' || line[used - 1] == '\r'))
            used--;
        if (!blank(line) || strlen(line) < used)
            ok = one_line(r, line, used, e);
    }
    if (ok && ferror(f))
        ok = err_set(e, ERR_IO, "%s: cannot read: %s", r->path, strerror(errno));
    free(line);
    return ok;
}

bool turns_read(const char *path, turn_take *take, turn_complain *complain, void *arg,
                turn_counts *counts, err *e)
{
    const reading r = {path, take, complain, arg, counts};
    FILE *f = fopen(path, "re");
    struct stat st;
    bool ok;

    *counts = (turn_counts){0};
    if (!f)
        return err_set(e, ERR_IO, "%s: cannot open: %s", path, strerror(errno));
    ok = (!fstat(fileno(f), &st) && S_ISREG(st.st_mode)) || err_set(e, ERR_IO, "%s: not a regular file", path);
    ok = ok && all_lines(f, &r, e);
    fclose(f);
    if (ok && !(counts->taken + counts->wrong + counts->too_long))
        ok = err_set(e, ERR_ARG, "%s: no examples in it", path);
    return ok;
}
