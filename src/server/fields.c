/* fields.c - bodies and queries checked against the table of routes.
 *
 * Everything here comes from outside. A member the table doesn't name is an error, so
 * that a misspelt one is not ignored in silence. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "server/route.h"

static bool wrong(err *e, const char *name, const char *what)
{
    return err_set(e, ERR_ARG, "%.80s: %s", name, what);
}

static const field *find(const field *fields, const char *name)
{
    while (fields->name && strcmp(fields->name, name))
        fields++;
    return fields->name ? fields : NULL;
}

static bool one_of(const char *const *choices, const char *text)
{
    while (*choices && strcmp(*choices, text))
        choices++;
    return *choices != NULL;
}

static bool check_text(const field *f, const json_t *v, err *e)
{
    const char *text = json_string_value(v);
    const size_t n = json_string_length(v);

    if (!text || strlen(text) != n)
        return wrong(e, f->name, "a text is expected");
    if (f->most > 0 && (double)n > f->most)
        return err_set(e, ERR_LIMIT, "%s: at most %.0f bytes", f->name, f->most);
    if ((double)n < f->least)
        return wrong(e, f->name, "must not be empty");
    return !f->choices || one_of(f->choices, text) || wrong(e, f->name, "not one of its choices");
}

static bool check_number(const field *f, const json_t *v, err *e)
{
    const double x = json_number_value(v);

    if (f->kind == FIELD_WHOLE ? !json_is_integer(v) : !json_is_number(v))
        return wrong(e, f->name, f->kind == FIELD_WHOLE ? "a whole number is expected" : "a number is expected");
    if (!isfinite(x) || x < f->least || (f->most > 0 && x > f->most))
        return err_set(e, ERR_ARG, "%s: a number from %.15g to %.15g", f->name, f->least, f->most);
    return true;
}

static bool check_object(const field *f, const json_t *v, bool open, err *e)
{
    if (!json_is_object(v))
        return wrong(e, f->name, "an object is expected");
    return !f->fields || fields_check(f->fields, v, open, e) || err_wrap(e, "%s", f->name);
}

static bool check_list(const field *f, const json_t *v, bool open, err *e)
{
    if (!json_is_array(v))
        return wrong(e, f->name, "a list is expected");
    if (f->most > 0 && (double)json_array_size(v) > f->most)
        return err_set(e, ERR_LIMIT, "%s: at most %.0f items", f->name, f->most);
    if ((double)json_array_size(v) < f->least)
        return wrong(e, f->name, "must not be empty");
    for (size_t i = 0; f->fields && i < json_array_size(v); i++) {
        const json_t *item = json_array_get(v, i);

        if (!json_is_object(item))
            return wrong(e, f->name, "its items are objects");
        if (!fields_check(f->fields, item, open, e))
            return err_wrap(e, "%s[%zu]", f->name, i);
    }
    return true;
}

static bool check_one(const field *f, const json_t *v, bool open, err *e)
{
    switch (f->kind) {
    case FIELD_TEXT:   return check_text(f, v, e);
    case FIELD_SWITCH: return json_is_boolean(v) || wrong(e, f->name, "true or false is expected");
    case FIELD_WHOLE:
    case FIELD_REAL:   return check_number(f, v, e);
    case FIELD_OBJECT: return check_object(f, v, open, e);
    case FIELD_LIST:   return check_list(f, v, open, e);
    default:           return true;
    }
}

bool fields_check(const field *fields, const json_t *body, bool open, err *e)
{
    const char *name;
    json_t *value;

    json_object_foreach((json_t *)(uintptr_t)body, name, value) {
        const field *f = find(fields, name);

        if (!f && !open)
            return wrong(e, name, "there is no such field here");
        if (f && !(open && json_is_null(value)) && !check_one(f, value, open, e))
            return false;
    }
    for (const field *f = fields; f->name; f++)
        if (f->required && !json_object_get(body, f->name))
            return wrong(e, f->name, "is missing");
    return true;
}

static json_t *typed(const field *f, const char *text)
{
    char *end;

    if (f->kind == FIELD_WHOLE && *text) {
        const long long x = strtoll(text, &end, 10);

        if (!*end && strlen(text) < 18)
            return json_integer(x);
    }
    return json_string(text);
}

bool fields_query(const field *fields, const json_t *texts, json_t **out, err *e)
{
    static const field none[] = {{0}};
    const char *name;
    json_t *value, *body = json_object();
    bool ok = body || err_set(e, ERR_NOMEM, "out of memory");

    if (!fields)
        fields = none;
    json_object_foreach((json_t *)(uintptr_t)texts, name, value) {
        const field *f = find(fields, name);

        if (ok && json_object_set_new(body, name, f ? typed(f, json_string_value(value)) : json_null()))
            ok = wrong(e, "query", "not UTF-8");
    }
    if (ok && (ok = fields_check(fields, body, false, e)))
        *out = body;
    else
        json_decref(body);
    return ok;
}
