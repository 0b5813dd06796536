/* patterns.c - questions that any table allows: what public sets lack.
 *
 * Each pattern is SQL with $slots (patterns_table.c). A table is drawn that has the
 * columns it needs: n a measure, c a category, k a second one, l a label, d a day, p a
 * parent table. Four in ten categories are taken from a parent through its key. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "data/generate_impl.h"

enum { TABLE_TRIES = 30, COLUMN_TRIES = 12, LEAST_ROWS = 8, MOST_CATEGORIES = 40, NAME_BYTES = 150 };

static const char *last_word(const char *words)
{
    const char *blank = strrchr(words, ' ');

    return blank ? blank + 1 : words;
}

static bool is_measure(const db_column *k)
{
    static const char *const not_measured[] = {"id", "ids", "code", "no", "number", "num", "phone", "zip", "year", "key", "index", "rank", "month",
        "day", "week", "quarter", "latitude", "longitude", "lat", "long", "lng", "position", "order", "period", "season", "version", "postcode", "fax",
        "mobile", "type", "status", "flag", "seq", "sequence", "line", "seed", "hour"};
    char words[SLOT_BYTES];

    if ((k->type != DB_INTEGER && k->type != DB_DECIMAL && k->type != DB_DOUBLE) || k->primary_key || k->fk_table >= 0 ||
        (k->n_distinct >= 0 && k->n_distinct < 3))
        return false;
    words_of_name(k->name, words);
    for (size_t i = 0; i < sizeof not_measured / sizeof not_measured[0]; i++)
        if (!strcmp(last_word(words), not_measured[i]) || (!strchr(words, ' ') && str_ends(words, "id")))
            return false;
    return true;
}

static bool is_category(const db_table *t, const db_column *k)
{
    return k->type == DB_TEXT && k->values_complete && k->n_values >= 2 && k->n_values <= MOST_CATEGORIES &&
           t->n_rows - k->n_null >= 2 * k->n_values && strlen(k->values[0]) < 40;
}

static bool is_label(const db_table *t, const db_column *k)
{
    char words[SLOT_BYTES], table[SLOT_BYTES];

    if (k->type != DB_TEXT || is_category(t, k) || k->fk_table >= 0 || k->n_distinct < t->n_rows / 2)
        return false;
    words_of_name(k->name, words);
    words_of_name(t->name, table);
    return strstr(words, "name") || strstr(words, "title") || strstr(table, words) || strstr(words, "label");
}

static bool is_day(const db_column *k)
{
    return (k->type == DB_DATE || k->type == DB_TIMESTAMP) && (k->n_distinct < 0 || k->n_distinct > 2);
}

static bool fits(const db_table *t, const db_column *k, char need)
{
    switch (need) {
    case 'n': return is_measure(k);
    case 'c':
    case 'k': return is_category(t, k);
    case 'l': return is_label(t, k);
    case 'd': return is_day(k);
    default:  return false;
    }
}

static const db_column *draw_column(drawer *d, const db_table *t, char need, const db_column *not_this)
{
    for (int i = 0; i < COLUMN_TRIES && t->n_columns > 0; i++) {
        const db_column *k = &t->columns[rng_below(d->r, t->n_columns)];

        if (k != not_this && fits(t, k, need))
            return k;
    }
    return NULL;
}

static void quoted(const char *name, str *out)
{
    str_addc(out, '"');
    for (; *name; name++)
        str_addf(out, *name == '"' ? "\"\"" : "%c", *name);
    str_addc(out, '"');
}

static void set_column(drawer *d, const char *slot, const char *many_slot, const char *sql_slot, const db_table *t,
                       const db_column *k)
{
    char words[SLOT_BYTES], many[SLOT_BYTES];
    str sql = {0};

    words_of_name(k->name, words);
    plural(words, many);
    quoted(t->name, &sql);
    str_addc(&sql, '.');
    quoted(k->name, &sql);
    slots_set(&d->s, slot, "%s", words);
    if (many_slot)
        slots_set(&d->s, many_slot, "%s", many);
    slots_set(&d->s, sql_slot, "%s", str_text(&sql));
    str_deinit(&sql);
}

static void set_table(drawer *d, const char *slot, const char *one_slot, const char *sql_slot, const db_table *t)
{
    char words[SLOT_BYTES], many[SLOT_BYTES];
    str sql = {0};

    words_of_name(t->name, words);
    plural(words, many);
    quoted(t->name, &sql);
    slots_set(&d->s, slot, "%s", many);
    slots_set(&d->s, one_slot, "%s", words);
    slots_set(&d->s, sql_slot, "%s", str_text(&sql));
    str_deinit(&sql);
}

/* "child JOIN parent ON …" as the table; the parent. NULL: it refers to none. */
static const db_table *join_parent(drawer *d, const db_table *t)
{
    for (int i = 0; i < COLUMN_TRIES; i++) {
        const db_column *k = &t->columns[rng_below(d->r, t->n_columns)];
        const db_table *parent = k->fk_table >= 0 ? &d->c->tables[k->fk_table] : NULL;
        str sql = {0};

        if (!parent || parent == t || parent->n_rows < 2)
            continue;
        quoted(t->name, &sql);
        str_adds(&sql, " JOIN ");
        quoted(parent->name, &sql);
        str_adds(&sql, " ON ");
        quoted(t->name, &sql);
        str_addc(&sql, '.');
        quoted(k->name, &sql);
        str_adds(&sql, " = ");
        quoted(parent->name, &sql);
        str_addc(&sql, '.');
        quoted(parent->columns[k->fk_column].name, &sql);
        slots_set(&d->s, "$t", "%s", str_text(&sql));
        slots_set(&d->s, "$on", "%s", strstr(str_text(&sql), " ON ") + 4);
        slots_set(&d->s, "$key", "\"%s\".\"%s\"", t->name, k->name);
        set_table(d, "ps", "p", "$p", parent);
        slots_set(&d->s, "$child", "\"%s\"", t->name);
        str_deinit(&sql);
        return parent;
    }
    return NULL;
}

static bool set_value(drawer *d, const db_column *k, const char *slot, const char *sql_slot, const char *not_this)
{
    const char *value = k->values[rng_below(d->r, k->n_values)];
    str sql = {0};

    if (!*value || !strcmp(value, not_this))
        return false;
    str_addc(&sql, '\'');
    for (const char *p = value; *p; p++)
        str_addf(&sql, *p == '\'' ? "''" : "%c", *p);
    str_addc(&sql, '\'');
    slots_set(&d->s, slot, "%s", value);
    slots_set(&d->s, sql_slot, "%s", str_text(&sql));
    str_deinit(&sql);
    return true;
}

/* A round number inside the measure's range. */
static bool set_number(drawer *d, const db_column *k)
{
    char *end;
    const double low = strtod(k->min_text, &end), high = strtod(k->max_text, NULL);
    const double v = low + (high - low) * (0.2 + 0.1 * rng_below(d->r, 7));
    double unit;

    if (end == k->min_text || !(high > low) || !isfinite(v) || fabs(v) < 1e-3)
        return false;
    unit = pow(10, floor(log10(fabs(v))) - 1);
    if (k->type == DB_INTEGER && unit < 1)
        unit = 1;
    slots_set(&d->s, "x", "%.10g", round(v / unit) * unit);
    slots_set(&d->s, "$x", "%.10g", round(v / unit) * unit);
    return true;
}

static bool fill(drawer *d, const db_table *t, const char *needs)
{
    const bool wants_parent = strchr(needs, 'p') != NULL;
    const db_table *parent = NULL;
    const db_column *category = NULL;
    int n;

    set_table(d, "t", "t1", "$t", t);
    if (wants_parent || (strchr(needs, 'c') && rng_chance(d->r, 40)))
        parent = join_parent(d, t);
    if (wants_parent && !parent)
        return false;
    for (const char *need = needs; *need; need++) {
        const bool from_parent = parent && (*need == 'c' || (*need == 'l' && wants_parent));
        const db_table *from = from_parent ? parent : t;
        const db_column *k;

        if (*need == 'p')
            continue;
        k = draw_column(d, from, *need, category);
        if (!k && from_parent && *need == 'c' && !wants_parent) /* the parent has none: without it */
            return set_table(d, "t", "t1", "$t", t), false;
        if (!k)
            return false;
        if (*need == 'n')
            set_column(d, "num", NULL, "$num", from, k);
        if (*need == 'l')
            set_column(d, "label", "labels", "$label", from, k);
        if (*need == 'd')
            set_column(d, "date", NULL, "$date", from, k);
        if (*need == 'k')
            set_column(d, "cat2", "cats2", "$k2", from, k);
        if (*need == 'c') {
            category = k;
            set_column(d, "cat", "cats", "$cat", from, k);
            if (!set_value(d, k, "v", "$v", ""))
                return false;
            for (int i = 0; i < COLUMN_TRIES && !set_value(d, k, "v2", "$w", slots_get(&d->s, "v")); i++)
                ;
        }
        if (*need == 'n' && !set_number(d, k))
            return false;
    }
    n = 2 + rng_below(d->r, 9);
    slots_set(&d->s, "n", "%d", n);
    slots_set(&d->s, "$n", "%d", n);
    return true;
}

/* The SQL with its $slots; longest names first, so that $t is not read in $true. */
static const char *sql_of(drawer *d, const char *pattern)
{
    static const char *const names[] = {"$label", "$child", "$date", "$num", "$cat", "$key", "$on", "$k2", "$t", "$p", "$v", "$w", "$x", "$n"};
    str sql = {0};
    char *text;

    for (const char *p = pattern; *p;) {
        size_t i = 0;

        while (i < sizeof names / sizeof names[0] && !str_starts(p, names[i]))
            i++;
        if (i == sizeof names / sizeof names[0]) {
            str_addc(&sql, *p++);
            continue;
        }
        str_adds(&sql, slots_get(&d->s, names[i]));
        p += strlen(names[i]);
    }
    text = arena_str(d->a, str_text(&sql));
    str_deinit(&sql);
    return text;
}

bool pattern_draw(drawer *d, const kind *k)
{
    for (int i = 0; i < TABLE_TRIES; i++) {
        const db_table *t = &d->c->tables[rng_below(d->r, d->c->n_tables)];

        if (t->n_rows < LEAST_ROWS || t->n_columns < 2 || strlen(t->name) > NAME_BYTES)
            continue;
        d->s.n = 0;
        if (fill(d, t, k->needs) && (d->sql = sql_of(d, k->sql)))
            return true;
    }
    return false;
}
