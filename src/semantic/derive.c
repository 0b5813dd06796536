/* derive.c - a semantic layer from nothing but a catalog.
 *
 * For a database nobody has described: every table can be counted and listed,
 * numbers that are not keys can be summed and averaged, texts, dates, flags and
 * small numbers group and filter, foreign keys are the joins, and the first
 * date of a table is its time. Names are taken apart into words ("orderDate",
 * "order_date" -> "order date"). Nothing is guessed that the catalog does not
 * say: no formulas, no conditions. */
#include <ctype.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "semantic/semantic_impl.h"

enum { MAX_WORDS = 6, GROUP_NUMBER_DISTINCT = 50 };

typedef struct deriver {
    sem_layer *l;
    const db_catalog *c;
    arena *a;
    bool bad;
} deriver;

/* ---- names into words ------------------------------------------------------------ */

static char *keep(deriver *d, str *s)
{
    char *out = s->bad ? NULL : arena_str(d->a, str_text(s));

    str_deinit(s);
    if (!out)
        d->bad = true;
    return out ? out : (char *)"";
}

/* "orderDate", "Order_Date", "ORDER-DATE" -> "order date" */
static char *words_of(deriver *d, const char *name)
{
    str s = {0};
    char previous = 0;

    for (const char *p = name; *p; p++) {
        bool upper = isupper((unsigned char)*p), word = isalnum((unsigned char)*p) || (*p & 0x80);

        if (upper && (islower((unsigned char)previous) || (isupper((unsigned char)previous) && islower((unsigned char)p[1]))))
            str_addc(&s, ' ');
        if (word)
            str_addc(&s, (char)tolower((unsigned char)*p));
        else if (s.n && s.text[s.n - 1] != ' ')
            str_addc(&s, ' ');
        previous = *p;
    }
    while (s.n && s.text[s.n - 1] == ' ')
        s.text[--s.n] = 0;
    return keep(d, &s);
}

/* The last word in the singular: "sales orders" -> "sales order". */
static char *singular(deriver *d, const char *words)
{
    size_t n = strlen(words);
    str s = {0};

    if (n > 4 && str_ends(words, "ies"))
        str_addf(&s, "%.*sy", (int)n - 3, words);
    else if (n > 4 && (str_ends(words, "sses") || str_ends(words, "xes") || str_ends(words, "ches") || str_ends(words, "shes")))
        str_add(&s, words, n - 2);
    else if (n > 3 && words[n - 1] == 's' && !str_ends(words, "ss") && !str_ends(words, "us") && !str_ends(words, "is"))
        str_add(&s, words, n - 1);
    else
        str_adds(&s, words);
    return keep(d, &s);
}

static char *id_of(deriver *d, const char *words)
{
    str s = {0};

    for (const char *p = words; *p; p++)
        str_addc(&s, isalnum((unsigned char)*p) ? *p : '_');
    if (!s.n || isdigit((unsigned char)s.text[0])) {
        str head = {0};

        str_addf(&head, "c_%s", str_text(&s));
        str_deinit(&s);
        return keep(d, &head);
    }
    return keep(d, &s);
}

static void set_name(deriver *d, sem_name *n, const char *id, const char *title, const char *const *words, int n_words)
{
    const char **copy = arena_push(d->a, const char *, (size_t)n_words + 1);

    *n = (sem_name){.id = id, .title = title, .meaning = ""};
    if (!copy) {
        d->bad = true;
        return;
    }
    for (int i = 0; i < n_words; i++) {
        bool known = !words[i] || !words[i][0];

        for (int k = 0; k < n->n_words && !known; k++)
            known = !strcmp(copy[k], words[i]);
        if (!known)
            copy[n->n_words++] = words[i];
    }
    n->words = copy;
}

static char *join_words(deriver *d, const char *x, const char *y)
{
    str s = {0};

    str_addf(&s, "%s %s", x, y);
    return keep(d, &s);
}

static bool ends_in_word(const char *words, const char *last)
{
    size_t n = strlen(words), k = strlen(last);

    return n >= k && !strcmp(words + n - k, last) && (n == k || words[n - k - 1] == ' ');
}

/* ---- what a column is --------------------------------------------------------------- */

static bool is_number(const db_column *c)
{
    return c->type == DB_INTEGER || c->type == DB_DECIMAL || c->type == DB_DOUBLE;
}

static bool is_key(deriver *d, const db_column *c)
{
    static const char *const last[] = {"id", "key", "code", "no", "number", "uuid", "zip", "postcode", "phone",
                                       "latitude", "longitude", "lat", "lon", "lng"};
    const char *words = words_of(d, c->name);

    if (c->primary_key || c->fk_table >= 0)
        return true;
    for (size_t i = 0; i < sizeof last / sizeof last[0]; i++)
        if (ends_in_word(words, last[i]))
            return true;
    return false;
}

/* Numbers that say when, or how much of each: adding them up says nothing. */
static bool never_summed(const char *words)
{
    static const char *const last[] = {"year", "month", "day", "week", "quarter", "hour", "age", "rate", "ratio", "rating",
        "score", "percent", "percentage", "pct", "price", "height", "weight", "temperature", "rank", "position", "grade",
        "level", "version", "size", "index", "average", "avg", "share", "discount"};

    for (size_t i = 0; i < sizeof last / sizeof last[0]; i++)
        if (ends_in_word(words, last[i]))
            return true;
    return false;
}

static bool says_when(const char *words)
{
    return ends_in_word(words, "year") || ends_in_word(words, "month") || ends_in_word(words, "day") ||
           ends_in_word(words, "week") || ends_in_word(words, "quarter") || ends_in_word(words, "hour");
}

static bool is_money(const char *words)
{
    static const char *const part[] = {"amount", "revenue", "sales", "price", "cost", "salary", "budget", "income",
                                       "profit", "turnover", "payment", "fee"};

    for (size_t i = 0; i < sizeof part / sizeof part[0]; i++)
        if (strstr(words, part[i]))
            return true;
    return false;
}

static int primary_key(const db_table *t)
{
    int found = -1;

    for (int i = 0; i < t->n_columns; i++)
        if (t->columns[i].primary_key) {
            if (found >= 0)
                return -1; /* of several columns */
            found = i;
        }
    return found;
}

static char *column_sql(deriver *d, int table, int column)
{
    str s = {0};

    str_addf(&s, "%s.%s", sql_identifier(d->a, d->c->tables[table].name),
             sql_identifier(d->a, d->c->tables[table].columns[column].name));
    return keep(d, &s);
}

/* ---- tables and joins ---------------------------------------------------------------- */

static void add_join(deriver *d, int table, int column, int to, int to_column)
{
    table_def *t = &d->l->tables[table];
    str s = {0};

    if (table == to || to >= d->l->n_tables || t->n_joins >= MAX_JOINS)
        return;
    for (int i = 0; i < t->n_joins; i++)
        if (t->joins[i].table == to)
            return; /* the first of two ways to a table is taken */
    str_addf(&s, "%s = %s", column_sql(d, to, to_column), column_sql(d, table, column));
    t->joins[t->n_joins].on = keep(d, &s);
    t->joins[t->n_joins++].table = to;
}

/* Without declared keys: a column named like the only key of another table. */
static void guess_join(deriver *d, int table, int column)
{
    const char *name = d->c->tables[table].columns[column].name;

    for (int i = 0; i < d->l->n_tables; i++) {
        int key = primary_key(&d->c->tables[i]);

        if (i != table && key >= 0 && str_equal_nocase(d->c->tables[i].columns[key].name, name) &&
            !str_equal_nocase(name, "id") && primary_key(&d->c->tables[table]) != column)
            add_join(d, table, column, i, key);
    }
}

static void derive_joins(deriver *d, int table)
{
    const db_table *t = &d->c->tables[table];

    for (int i = 0; i < t->n_columns; i++)
        if (t->columns[i].fk_table >= 0)
            add_join(d, table, i, t->columns[i].fk_table, t->columns[i].fk_column);
    for (int i = 0; i < t->n_columns; i++)
        if (t->columns[i].fk_table < 0)
            guess_join(d, table, i);
}

/* The first date that isn't of a person or of an end. */
static int time_column(deriver *d, const db_table *t)
{
    int first = -1;

    for (int i = 0; i < t->n_columns; i++) {
        const char *words = words_of(d, t->columns[i].name);

        if (t->columns[i].type != DB_DATE && t->columns[i].type != DB_TIMESTAMP)
            continue;
        if (first < 0)
            first = i;
        if (!strstr(words, "birth") && !strstr(words, "end") && !strstr(words, "due") && !strstr(words, "updated") &&
            !strstr(words, "modified") && !strstr(words, "expir"))
            return i;
    }
    return first;
}

static void derive_table(deriver *d, int i)
{
    table_def *t = &d->l->tables[i];
    const db_table *source = &d->c->tables[i];
    int time = time_column(d, source);
    str s = {0};

    t->name = source->name;
    t->sql_name = sql_identifier(d->a, source->name);
    t->catalog = i;
    t->title = words_of(d, source->name);
    str_addf(&s, "%s has no way there", t->title);
    t->says = keep(d, &s);
    if (time < 0)
        return;
    if (source->columns[time].type == DB_TIMESTAMP) {
        str cast = {0}, hour = {0};

        str_addf(&cast, "CAST(%s AS DATE)", column_sql(d, i, time));
        str_addf(&hour, "%s", column_sql(d, i, time));
        t->time = keep(d, &cast);
        t->hour = keep(d, &hour);
    } else {
        t->time = column_sql(d, i, time);
    }
}

/* Today is the last day of the largest table that has a time. */
static void derive_today(deriver *d)
{
    int64_t most = -1;

    for (int i = 0; i < d->l->n_tables; i++) {
        const db_table *t = &d->c->tables[i];
        int time = time_column(d, t);
        int32_t from, to;

        if (time < 0 || t->n_rows <= most || !date_parse(t->columns[time].max_text, &to) ||
            !date_parse(t->columns[time].min_text, &from))
            continue;
        most = t->n_rows;
        d->l->today = to;
        d->l->data_from = from;
    }
}

/* ---- dimensions, entities, metrics ------------------------------------------------------ */

static bool dimension_taken(const deriver *d, const char *id)
{
    return sem_dimension_find(d->l, id) >= 0;
}

static bool is_label(deriver *d, const db_table *t, const char *words)
{
    const char *table = singular(d, words_of(d, t->name));

    return !strcmp(words, "name") || !strcmp(words, "title") || !strcmp(words, "label") || !strcmp(words, table) ||
           !strcmp(words, join_words(d, table, "name")) || !strcmp(words, join_words(d, table, "title")) ||
           !strcmp(words, "full name");
}

static void derive_dimension(deriver *d, int table, int column)
{
    const db_table *t = &d->c->tables[table];
    const db_column *c = &t->columns[column];
    dimension_def *x = &d->l->dimensions[d->l->n_dimensions];
    const char *words = words_of(d, c->name), *of = singular(d, words_of(d, t->name));
    const char *both = str_starts(words, of) ? words : join_words(d, of, words);
    bool label = c->type == DB_TEXT && is_label(d, t, words);
    const char *id = id_of(d, label ? of : words);
    int key = primary_key(t);

    if (dimension_taken(d, id))
        id = id_of(d, both);
    if (dimension_taken(d, id)) {
        str s = {0};

        str_addf(&s, "%s_%d", id, d->l->n_dimensions);
        id = keep(d, &s);
    }
    set_name(d, &x->dimension.name, id, label ? of : words,
             (const char *[]){label ? of : singular(d, words), words, both}, 3);
    x->dimension.table = table;
    x->dimension.column = column;
    x->dimension.is_number = is_number(c);
    x->dimension.id = d->l->n_dimensions++;
    x->table = table;
    x->sql = column_sql(d, table, column);
    x->type = c->type;
    x->unit = says_when(words) ? SEM_YEAR : is_number(c) ? (is_money(words) ? SEM_MONEY : SEM_NUMBER)
              : c->type == DB_DATE || c->type == DB_TIMESTAMP ? SEM_DATE : SEM_TEXT;
    if (label && key >= 0) {
        x->dimension.is_entity_label = true;
        x->key = column_sql(d, table, key);
        x->key_name = sql_identifier(d->a, t->columns[key].name);
    }
}

static bool groups_or_filters(deriver *d, const db_column *c)
{
    if (c->type == DB_TIME)
        return false;
    if (!is_number(c))
        return true;
    return !is_key(d, c) || (c->n_distinct >= 0 && c->n_distinct <= GROUP_NUMBER_DISTINCT && !c->primary_key && c->fk_table < 0);
}

static int label_of(const sem_layer *l, int table)
{
    int text = -1;

    for (int i = 0; i < l->n_dimensions; i++) {
        if (l->dimensions[i].table != table)
            continue;
        if (l->dimensions[i].dimension.is_entity_label)
            return i;
        if (text < 0 && l->dimensions[i].type == DB_TEXT)
            text = i;
    }
    return text;
}

static void derive_entity(deriver *d, int table)
{
    const db_table *t = &d->c->tables[table];
    entity_def *n = &d->l->entities[d->l->n_entities];
    const char *words = words_of(d, t->name), *one = singular(d, words);
    int key = primary_key(t);

    n->entity.label = label_of(d->l, table);
    if (n->entity.label < 0)
        for (int i = 0; i < d->l->n_dimensions && n->n_columns < MAX_COLUMNS_LISTED; i++)
            if (d->l->dimensions[i].table == table)
                n->columns[n->n_columns++] = i;
    if (n->entity.label < 0 && !n->n_columns)
        return;
    set_name(d, &n->entity.name, id_of(d, one), one, (const char *[]){one, words}, 2);
    n->table = table;
    n->count_means = n->in_period = n->unless_dimension = n->unless_condition = -1;
    if (key >= 0) {
        n->key = column_sql(d, table, key);
        n->key_name = sql_identifier(d->a, t->columns[key].name);
    }
    n->entity.id = d->l->n_entities++;
}

static void derive_metric(deriver *d, int table, const char *id, const char *title, char *sql, sem_additivity additivity,
                          sem_unit unit, const char *const *words, int n_words)
{
    metric_def *m = &d->l->metrics[d->l->n_metrics];

    if (sem_metric_find(d->l, id) >= 0) {
        str s = {0};

        str_addf(&s, "%s_of_%s", id, id_of(d, words_of(d, d->c->tables[table].name)));
        id = keep(d, &s);
    }
    if (sem_metric_find(d->l, id) >= 0)
        return;
    *m = (metric_def){.table = table, .sql = sql, .entity = -1, .condition = -1, .drops_null_of = -1};
    m->metric = (sem_metric){.unit = unit, .additivity = additivity, .higher_is_better = true, .id = d->l->n_metrics};
    set_name(d, &m->metric.name, id, title, words, n_words);
    m->metric.name.meaning = sql;
    d->l->n_metrics++;
}

static char *call(deriver *d, const char *fn, const char *sql)
{
    str s = {0};

    str_addf(&s, "%s(%s)", fn, sql);
    return keep(d, &s);
}

static void derive_numbers(deriver *d, int table, int column)
{
    static const struct { const char *fn, *id, *title, *second; } kinds[] = {
        {"avg", "average", "average", "mean"}, {"max", "highest", "highest", "maximum"}, {"min", "lowest", "lowest", "minimum"}};
    const db_column *c = &d->c->tables[table].columns[column];
    const char *words = words_of(d, c->name), *sql = column_sql(d, table, column);
    sem_unit unit = is_money(words) ? SEM_MONEY : SEM_NUMBER;

    if (!never_summed(words))
        derive_metric(d, table, id_of(d, words), words, call(d, "sum", sql), SEM_ADDITIVE, unit,
                      (const char *[]){singular(d, words), words, join_words(d, "total", words), join_words(d, "sum of", words)}, 4);
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0] && !says_when(words); i++)
        derive_metric(d, table, id_of(d, join_words(d, kinds[i].id, words)), join_words(d, kinds[i].title, words),
                      call(d, kinds[i].fn, sql), SEM_RATIO, unit,
                      (const char *[]){join_words(d, kinds[i].title, words), join_words(d, kinds[i].second, words)}, 2);
}

static void derive_metrics(deriver *d, int table)
{
    const db_table *t = &d->c->tables[table];
    const char *words = words_of(d, t->name), *one = singular(d, words);

    derive_metric(d, table, id_of(d, join_words(d, "number of", words)), join_words(d, "number of", words),
                  arena_str(d->a, "count(*)"), SEM_ADDITIVE, SEM_COUNT,
                  (const char *[]){join_words(d, "number of", words), join_words(d, one, "count"), join_words(d, "count of", words), one}, 4);
    for (int i = 0; i < t->n_columns; i++)
        if (is_number(&t->columns[i]) && !is_key(d, &t->columns[i]))
            derive_numbers(d, table, i);
}

static bool size_arrays(deriver *d)
{
    size_t columns = 1;
    sem_layer *l = d->l;

    l->n_tables = d->c->n_tables < MAX_TABLES ? d->c->n_tables : MAX_TABLES;
    for (int i = 0; i < l->n_tables; i++)
        columns += (size_t)d->c->tables[i].n_columns;
    l->tables = arena_push(d->a, table_def, (size_t)l->n_tables + 1);
    l->dimensions = arena_push(d->a, dimension_def, columns);
    l->entities = arena_push(d->a, entity_def, (size_t)l->n_tables + 1);
    l->metrics = arena_push(d->a, metric_def, 4 * columns + (size_t)l->n_tables);
    l->conditions = arena_push(d->a, condition_def, 1);
    l->undefined = arena_push(d->a, sem_undefined, 1);
    return l->tables && l->dimensions && l->entities && l->metrics && l->conditions && l->undefined;
}

sem_layer *sem_derive(db *database, const db_catalog *c, err *e)
{
    arena *a = arena_new(LAYER_BYTES);
    sem_layer *l = a ? arena_push(a, sem_layer, 1) : NULL;
    deriver d = {.l = l, .c = c, .a = a};

    (void)database;
    if (!l || (l->a = a, l->catalog = c, !size_arrays(&d))) {
        err_set(e, ERR_NOMEM, "no memory for the semantic layer");
        arena_free(a);
        return NULL;
    }
    l->name = "derived";
    l->calendar.table = l->like.table = l->like.sold_in = -1;
    for (int i = 0; i < l->n_tables; i++)
        derive_table(&d, i);
    for (int i = 0; i < l->n_tables; i++) {
        derive_joins(&d, i);
        for (int k = 0; k < c->tables[i].n_columns; k++)
            if (groups_or_filters(&d, &c->tables[i].columns[k]))
                derive_dimension(&d, i, k);
        derive_metrics(&d, i);
    }
    for (int i = 0; i < l->n_tables; i++)
        derive_entity(&d, i);
    derive_today(&d);
    if (d.bad) {
        err_set(e, ERR_NOMEM, "the database has too many tables to describe");
        sem_free(l);
        return NULL;
    }
    return l;
}
