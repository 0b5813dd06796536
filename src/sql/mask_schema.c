/* mask_schema.c - a catalog's names as words, with types and lists of values. */
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "sql/mask_impl.h"
#include "sql/print_impl.h"

enum { LISTED_VALUES = 20000 };

static char *printed_name(arena *a, const char *name)
{
    printer p = {.level = -1};
    char *copy;

    print_name(&p, name);
    copy = p.out.bad ? NULL : arena_strn(a, str_text(&p.out), p.out.n);
    str_deinit(&p.out);
    return copy;
}

/* Names that a line of text can't hold are left out. */
static bool is_writable(const char *name)
{
    const size_t n = strlen(name);

    for (size_t i = 0; i < n; i++)
        if ((unsigned char)name[i] < 32 || name[i] == 127)
            return false;
    return n > 0 && n <= MASK_VALUE_BYTES && utf8_valid(name, n);
}

typedef struct name_slot {
    const char *name;
    int32_t number;
} name_slot;

typedef struct names { /* of tables and columns: equal ones, without case, have one number */
    name_slot *slots;
    uint32_t mask;
    int n;
} names;

static int32_t number_of(names *all, const char *name)
{
    uint32_t h = 2166136261u;

    for (const char *p = name; *p; p++)
        h = (h ^ (unsigned char)(*p >= 'A' && *p <= 'Z' ? *p | 32 : *p)) * 16777619u;
    for (h &= all->mask; all->slots[h].name; h = (h + 1) & all->mask)
        if (str_equal_nocase(all->slots[h].name, name))
            return all->slots[h].number;
    all->slots[h] = (name_slot){name, all->n++};
    return all->slots[h].number;
}

static int by_bytes(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static char *quoted(arena *a, const char *value)
{
    printer p = {.level = -1};
    char *copy;

    print_string(&p, value);
    copy = p.out.bad ? NULL : arena_strn(a, str_text(&p.out), p.out.n);
    str_deinit(&p.out);
    return copy;
}

/* A complete list of values; what has too many or too long ones takes any text. */
static bool add_values(mask_schema *s, const db_column *from, mask_column *to)
{
    const char **list;
    int n = 0;

    to->n_values = -1;
    if (from->type != DB_TEXT || !from->values_complete || !from->n_values ||
        from->n_values > LISTED_VALUES)
        return true;
    if (!(list = arena_push(s->a, const char *, (size_t)from->n_values)))
        return false;
    to->shortest = MASK_VALUE_BYTES + 2;
    for (int i = 0; i < from->n_values; i++) {
        if (!is_writable(from->values[i]))
            continue;
        if (!(list[n] = quoted(s->a, from->values[i])))
            return false;
        if ((int)strlen(list[n]) < to->shortest)
            to->shortest = (int)strlen(list[n]);
        n++;
    }
    if (!n)
        return true;
    qsort(list, (size_t)n, sizeof *list, by_bytes);
    to->values = list;
    to->n_values = n;
    return true;
}

static bool add_columns(mask_schema *s, const db_table *from, mask_table *to, names *all)
{
    mask_column *columns = arena_push(s->a, mask_column, (size_t)from->n_columns + 1);

    if (!columns)
        return false;
    to->columns = columns;
    to->n_columns = from->n_columns;
    for (int i = 0; i < from->n_columns; i++) {
        const db_column *k = &from->columns[i];
        char *name = is_writable(k->name) ? printed_name(s->a, k->name) : NULL;

        columns[i] = (mask_column){.name = number_of(all, k->name), .n_values = -1,
                                   .type = (uint8_t)sql_type_of_text(k->type_text)};
        if (!is_writable(k->name))
            continue;
        if (!name || !(columns[i].word = mask_word_new(s->w, s->a, name)) ||
            !add_values(s, k, &columns[i]))
            return false;
    }
    return true;
}

static bool build(mask_schema *s, names *all)
{
    const db_catalog *c = s->catalog;

    if (!(s->tables = arena_push(s->a, mask_table, (size_t)c->n_tables + 1)))
        return false;
    s->n_tables = c->n_tables;
    s->shortest_table = MASK_VALUE_BYTES;
    for (int i = 0; i < c->n_tables; i++) {
        const db_table *t = &c->tables[i];
        char *name = is_writable(t->name) ? printed_name(s->a, t->name) : NULL;
        char *dot = name ? arena_strf(s->a, "%s.", name) : NULL;

        s->tables[i].name = number_of(all, t->name);
        if (!name)
            continue;
        if (!dot || !(s->tables[i].word = mask_word_new(s->w, s->a, name)) ||
            !(s->tables[i].dot = mask_word_new(s->w, s->a, dot)) ||
            !add_columns(s, t, &s->tables[i], all))
            return false;
        if (s->tables[i].word->n_ids[1] < s->shortest_table)
            s->shortest_table = s->tables[i].word->n_ids[1];
    }
    s->n_names = all->n;
    return true;
}

mask_schema *mask_schema_new(const mask_words *w, const db_catalog *c, err *e)
{
    mask_schema *s = calloc(1, sizeof *s);
    names all = {0};
    size_t n = 64;
    bool ok;

    for (int i = 0; i < c->n_tables; i++)
        n += 2 * (size_t)(c->tables[i].n_columns + 1);
    while (n & (n - 1))
        n += n & -n;
    all.slots = calloc(n, sizeof *all.slots);
    all.mask = (uint32_t)n - 1;
    ok = s && all.slots && (s->a = arena_new((size_t)1 << 30));
    if (ok) {
        s->w = w;
        s->catalog = c;
        ok = build(s, &all);
    }
    free(all.slots);
    if (ok)
        return s;
    mask_schema_free(s);
    err_set(e, ERR_NOMEM, "out of memory for the names of the database");
    return NULL;
}

void mask_schema_free(mask_schema *s)
{
    if (!s)
        return;
    arena_free(s->a);
    free(s);
}
