/* derive.c - a semantic layer from nothing but a catalog.
 *
 * For a database nobody has described: every table can be counted and listed,
 * numbers that are not keys can be summed and averaged, texts, dates, flags and
 * small numbers group and filter, foreign keys are the joins, and the first
 * date of a table is its time. Names are taken apart into words ("orderDate",
 * "order_date" -> "order date"). Nothing is guessed that the catalog does not
 * say: no formulas, no conditions. */
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "semantic/derive_impl.h"

/* A layer has an end: of a catalog with more, what comes later is left to the model. */
enum { GROUP_NUMBER_DISTINCT = 50, COLUMNS_OF_TABLE = 200, MAX_DERIVED = 4000 };

/* ---- what a column is --------------------------------------------------------------- */

static bool is_number(const db_column *c)
{
    return c->type == DB_INTEGER || c->type == DB_DECIMAL || c->type == DB_DOUBLE;
}

static bool is_key(deriver *d, const db_column *c)
{
    static const char *const last[] = {"id", "key", "code", "no", "number", "uuid", "zip", "zip code", "postcode", "postal", "phone", "fax", "mobile", "ssn", "isbn", "pin",
                                       "latitude", "longitude", "lat", "lon", "lng", "long"};
    const char *words = derive_words(d, c->name);

    if (c->primary_key || c->fk_table >= 0)
        return true;
    for (size_t i = 0; i < sizeof last / sizeof last[0]; i++)
        if (words_end_in(words, last[i]))
            return true;
    return false;
}

/* Numbers that say when, or how much of each: adding them up says nothing. */
static bool never_summed(const char *words)
{
    static const char *const last[] = {"year", "month", "day", "week", "quarter", "hour", "age", "rate", "ratio", "rating",
        "score", "percent", "percentage", "pct", "unit price", "list price", "height", "weight", "temperature", "rank", "position", "grade",
        "level", "version", "size", "index", "average", "avg", "share", "discount"};

    for (size_t i = 0; i < sizeof last / sizeof last[0]; i++)
        if (words_end_in(words, last[i]))
            return true;
    return false;
}

static bool says_when(const char *words)
{
    return words_end_in(words, "year") || words_end_in(words, "month") || words_end_in(words, "day") ||
           words_end_in(words, "week") || words_end_in(words, "quarter") || words_end_in(words, "hour");
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

/* Money, or per cent where the numbers are written as such: a rate of 0.05 is a number. */
static sem_unit unit_of(const char *words, const db_column *c)
{
    static const char *const last[] = {"pct", "percent", "percentage", "rate"};

    for (size_t i = 0; i < sizeof last / sizeof last[0]; i++)
        if (words_end_in(words, last[i]))
            return *c->max_text && strtod(c->max_text, NULL) > 1 ? SEM_PERCENT : SEM_NUMBER;
    return is_money(words) ? SEM_MONEY : SEM_NUMBER;
}

char *derive_column_sql(deriver *d, int table, int column)
{
    str s = {0};

    str_addf(&s, "%s.%s", sql_identifier(d->a, d->c->tables[table].name),
             sql_identifier(d->a, d->c->tables[table].columns[column].name));
    return derive_keep(d, &s);
}

/* ---- tables and joins ---------------------------------------------------------------- */

/* The first date that isn't of a person or of an end. */
static int time_column(deriver *d, const db_table *t)
{
    int first = -1;

    for (int i = 0; i < t->n_columns; i++) {
        const char *words = derive_words(d, t->columns[i].name);

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
    t->title = derive_words(d, source->name);
    str_addf(&s, "no join leads from %s there", t->title);
    t->says = derive_keep(d, &s);
    if (time < 0)
        return;
    t->time_column = source->columns[time].name;
    if (source->columns[time].type == DB_TIMESTAMP) {
        str cast = {0}, hour = {0};

        str_addf(&cast, "CAST(%s AS DATE)", derive_column_sql(d, i, time));
        str_addf(&hour, "%s", derive_column_sql(d, i, time));
        t->time = derive_keep(d, &cast);
        t->hour = derive_keep(d, &hour);
    } else {
        t->time = derive_column_sql(d, i, time);
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
        d->l->today_table = i, d->l->today_column = time, d->l->n_today = 1;
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
    const char *table = derive_singular(d, derive_words(d, t->name));

    return !strcmp(words, "name") || !strcmp(words, "title") || !strcmp(words, "label") || !strcmp(words, table) ||
           !strcmp(words, derive_pair(d, table, "name")) || !strcmp(words, derive_pair(d, table, "title")) ||
           !strcmp(words, "full name");
}

static void derive_dimension(deriver *d, int table, int column)
{
    const db_table *t = &d->c->tables[table];
    const db_column *c = &t->columns[column];
    dimension_def *x = &d->l->dimensions[d->l->n_dimensions];
    const char *words = derive_words(d, c->name), *of = derive_singular(d, derive_words(d, t->name));
    const char *both = str_starts(words, of) ? words : derive_pair(d, of, words);
    bool label = c->type == DB_TEXT && is_label(d, t, words);
    const char *id = derive_id(d, label ? of : words);
    int key = d->keys[table];

    if (dimension_taken(d, id))
        id = derive_id(d, both);
    if (dimension_taken(d, id)) {
        str s = {0};

        str_addf(&s, "%s_%d", id, d->l->n_dimensions);
        id = derive_keep(d, &s);
    }
    derive_name(d, &x->dimension.name, id, label ? of : words,
             (const char *[]){label ? of : derive_singular(d, words), words, both, derive_short(d, words), derive_long(d, words)}, 5);
    x->dimension.table = table;
    x->dimension.column = column;
    x->dimension.is_number = is_number(c);
    x->dimension.id = d->l->n_dimensions++;
    x->table = table;
    x->sql = derive_column_sql(d, table, column);
    x->type = c->type;
    x->unit = says_when(words) ? SEM_YEAR : is_number(c) ? unit_of(words, c)
              : c->type == DB_DATE || c->type == DB_TIMESTAMP ? SEM_DATE : SEM_TEXT;
    if (label && key >= 0) {
        x->dimension.is_entity_label = true;
        x->key = derive_column_sql(d, table, key);
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

/* The name of a row, if a column is one. */
static int label_of(deriver *d, int table)
{
    const char *id = derive_id(d, derive_singular(d, derive_words(d, d->c->tables[table].name)));

    for (int i = 0; i < d->l->n_dimensions; i++)
        if (d->l->dimensions[i].table == table &&
            (d->l->dimensions[i].dimension.is_entity_label || !strcmp(d->l->dimensions[i].dimension.name.id, id)))
            return i;
    return -1;
}

/* "How many rows": of the one table there is. */
static bool only_table(const deriver *d) { return d->c->n_tables == 1; }

static const char *entity_id(deriver *d, const char *one)
{
    const char *id = derive_id(d, one);
    str s = {0};

    if (sem_entity_find(d->l, id) < 0)
        return id;
    str_addf(&s, "%s_%d", id, d->l->n_entities);
    return derive_keep(d, &s);
}

static void derive_entity(deriver *d, int table)
{
    const db_table *t = &d->c->tables[table];
    entity_def *n = &d->l->entities[d->l->n_entities];
    const char *words = derive_words(d, t->name), *one = derive_singular(d, words);
    int key = d->keys[table];

    n->entity.label = label_of(d, table);
    if (n->entity.label < 0)
        for (int i = 0; i < d->l->n_dimensions && n->n_columns < MAX_COLUMNS_LISTED; i++)
            if (d->l->dimensions[i].table == table)
                n->columns[n->n_columns++] = i;
    if (n->entity.label < 0 && !n->n_columns)
        return;
    derive_name(d, &n->entity.name, entity_id(d, one), one, (const char *[]){one, words, only_table(d) ? "row" : "", only_table(d) ? "record" : "", only_table(d) ? "line" : ""}, 5);
    n->table = table;
    n->count_means = n->in_period = n->unless_dimension = n->unless_condition = -1;
    if (key >= 0) {
        n->key = derive_column_sql(d, table, key);
        n->key_column = t->columns[key].name;
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

        str_addf(&s, "%s_of_%s", id, derive_id(d, derive_words(d, d->c->tables[table].name)));
        id = derive_keep(d, &s);
    }
    if (sem_metric_find(d->l, id) >= 0)
        return;
    *m = (metric_def){.table = table, .sql = sql, .entity = -1, .condition = -1, .drops_null_of = -1};
    m->metric = (sem_metric){.unit = unit, .additivity = additivity, .higher_is_better = true, .id = d->l->n_metrics};
    derive_name(d, &m->metric.name, id, title, words, n_words);
    m->metric.name.meaning = sql;
    d->l->n_metrics++;
}

static char *call(deriver *d, const char *fn, const char *sql)
{
    str s = {0};

    str_addf(&s, "%s(%s)", fn, sql);
    return derive_keep(d, &s);
}

static void derive_numbers(deriver *d, int table, int column)
{
    static const struct { const char *fn, *id, *title, *second; } kinds[] = {
        {"avg", "average", "average", "mean"}, {"max", "highest", "highest", "maximum"}, {"min", "lowest", "lowest", "minimum"}};
    const db_column *c = &d->c->tables[table].columns[column];
    const char *words = derive_words(d, c->name), *sql = derive_column_sql(d, table, column);
    const char *brief = derive_short(d, words);
    sem_unit unit = unit_of(words, c);

    if (!never_summed(brief))
        derive_metric(d, table, derive_id(d, words), words, call(d, "sum", sql), SEM_ADDITIVE, unit,
                      (const char *[]){derive_singular(d, words), words, derive_pair(d, "total", words),
                                       derive_pair(d, "sum of", words), brief, derive_pair(d, "total", brief), derive_long(d, words),
                                       derive_pair(d, "total", derive_long(d, words))}, 8);
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0] && !says_when(words); i++)
        derive_metric(d, table, derive_id(d, derive_pair(d, kinds[i].id, words)), derive_pair(d, kinds[i].title, words),
                      call(d, kinds[i].fn, sql), SEM_RATIO, unit,
                      (const char *[]){derive_pair(d, kinds[i].title, words), derive_pair(d, kinds[i].second, words),
                                       derive_pair(d, kinds[i].title, brief), derive_pair(d, kinds[i].second, brief),
                                       derive_pair(d, kinds[i].title, derive_long(d, words))}, 5);
}

static void derive_metrics(deriver *d, int table)
{
    const db_table *t = &d->c->tables[table];
    const char *words = derive_words(d, t->name), *one = derive_singular(d, words);

    derive_metric(d, table, derive_id(d, derive_pair(d, "number of", words)), derive_pair(d, "number of", words),
                  arena_str(d->a, "count(*)"), SEM_ADDITIVE, SEM_COUNT,
                  (const char *[]){derive_pair(d, "number of", words), derive_pair(d, one, "count"), derive_pair(d, "count of", words), one}, 4);
    for (int i = 0; i < t->n_columns; i++)
        if (is_number(&t->columns[i]) && !is_key(d, &t->columns[i]) && d->l->n_metrics + 4 + d->l->n_tables - table < MAX_DERIVED)
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
    deriver d = {.l = l, .c = c, .a = a, .db = database};

    if (!l || (l->a = a, l->catalog = c, !size_arrays(&d))) {
        err_set(e, ERR_NOMEM, "no memory for the semantic layer");
        arena_free(a);
        return NULL;
    }
    l->name = "derived";
    l->calendar.table = l->like.table = l->like.sold_in = -1;
    for (int i = 0; i < l->n_tables; i++)
        derive_table(&d, i);
    for (int i = 0; i < l->n_tables; i++)
        d.keys[i] = derive_key(&d, i);
    for (int i = 0; i < l->n_tables; i++) {
        derive_joins(&d, i);
        for (int k = 0; k < c->tables[i].n_columns && k < COLUMNS_OF_TABLE && l->n_dimensions < MAX_DERIVED; k++)
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
