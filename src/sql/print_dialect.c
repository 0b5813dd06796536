/* print_dialect.c - what PostgreSQL, SQLite and Trino spell otherwise.
 *
 * Only spelling: what a database lacks altogether (QUALIFY, GROUP BY ALL)
 * stays as it is and is refused there with that database's own message. */
#include <string.h>

#include "sql/print_impl.h"

static const struct { const char *duckdb, *postgres, *sqlite, *trino; } types[] = {
    {"DOUBLE", "DOUBLE PRECISION", "REAL", "DOUBLE"}, {"FLOAT", "REAL", "REAL", "REAL"},
    {"VARCHAR", "TEXT", "TEXT", "VARCHAR"}, {"HUGEINT", "NUMERIC(38, 0)", "INTEGER", "DECIMAL(38, 0)"},
    {"TINYINT", "SMALLINT", "INTEGER", "TINYINT"}, {"BIGINT", "BIGINT", "INTEGER", "BIGINT"},
    {"UBIGINT", "NUMERIC(20, 0)", "INTEGER", "DECIMAL(20, 0)"},
};

static const struct { const char *duckdb, *postgres, *sqlite, *trino; } names[] = {
    {"list_value", "array", NULL, "array"}, {"array_agg", NULL, "json_group_array", NULL},
    {"string_agg", NULL, "group_concat", "listagg"}, {"strpos", NULL, "instr", NULL},
    {"length", NULL, NULL, NULL}, {"bool_and", NULL, "min", NULL},
    {"bool_or", NULL, "max", NULL}, {"arg_max", NULL, NULL, "max_by"},
    {"arg_min", NULL, NULL, "min_by"}, {"any_value", NULL, "max", NULL},
    {"approx_count_distinct", NULL, NULL, "approx_distinct"},
    {"stddev_samp", NULL, NULL, NULL}, {"chr", NULL, "char", NULL},
};

static const char *pick(sql_dialect d, const char *duckdb, const char *postgres,
                        const char *sqlite, const char *trino)
{
    const char *other = d == SQL_POSTGRES ? postgres : d == SQL_SQLITE ? sqlite : trino;

    return d == SQL_DUCKDB || !other ? duckdb : other;
}

void print_type(printer *p, const char *type)
{
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
        if (!strcmp(types[i].duckdb, type))
            type = pick(p->dialect, type, types[i].postgres, types[i].sqlite, types[i].trino);
    str_adds(&p->out, type);
}

/* ILIKE where it is missing: SQLite's LIKE ignores case anyway. */
static bool ilike(printer *p, const sql_expr *x)
{
    const bool lower = p->dialect == SQL_TRINO;

    str_adds(&p->out, lower ? "lower(" : "");
    print_expr(p, x->args.at[0]);
    str_adds(&p->out, lower ? ")" : "");
    str_adds(&p->out, x->negated ? " NOT LIKE " : " LIKE ");
    str_adds(&p->out, lower ? "lower(" : "");
    print_expr(p, x->args.at[1]);
    str_adds(&p->out, lower ? ")" : "");
    if (x->args.n > 2) {
        str_adds(&p->out, " ESCAPE ");
        print_expr(p, x->args.at[2]);
    }
    return true;
}

/* year(d), month(d) … */
static const char *part_code(const char *name)
{
    static const char *const codes[][2] = {{"year", "%Y"}, {"month", "%m"}, {"day", "%d"},
                                           {"hour", "%H"}, {"minute", "%M"}, {"dayofyear", "%j"}};

    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++)
        if (!strcmp(codes[i][0], name))
            return codes[i][1];
    return NULL;
}

static bool date_part(printer *p, const char *part, const sql_expr *x)
{
    const char *code = part_code(part);

    if (!code)
        return false;
    if (p->dialect == SQL_SQLITE)
        str_addf(&p->out, "CAST(strftime('%s', ", code);
    else
        str_addf(&p->out, "EXTRACT(%s FROM ", strcmp(part, "dayofyear") ? part : "doy");
    print_expr(p, x);
    str_adds(&p->out, p->dialect == SQL_SQLITE ? ") AS INTEGER)" : ")");
    return true;
}

static bool trunc_in_sqlite(printer *p, const sql_expr *x)
{
    const sql_expr *unit = x->args.at[0];

    if (p->dialect != SQL_SQLITE || unit->kind != SQL_X_STRING ||
        (strcmp(unit->text, "month") && strcmp(unit->text, "year") && strcmp(unit->text, "day")))
        return false;
    str_adds(&p->out, "date(");
    print_expr(p, x->args.at[1]);
    if (strcmp(unit->text, "day"))
        str_addf(&p->out, ", 'start of %s'", unit->text);
    str_addc(&p->out, ')');
    return true;
}

static bool call(printer *p, const sql_expr *x)
{
    sql_expr renamed = *x;

    if (x->args.n == 1 && !x->call->over && date_part(p, x->text, x->args.at[0]))
        return true;
    if (!strcmp(x->text, "date_trunc") && x->args.n == 2)
        return trunc_in_sqlite(p, x);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (!strcmp(names[i].duckdb, x->text)) {
            renamed.text = pick(p->dialect, x->text, names[i].postgres, names[i].sqlite,
                                names[i].trino);
            if (renamed.text == x->text)
                return false;
            print_call(p, &renamed);
            return true;
        }
    return false;
}

bool print_foreign(printer *p, const sql_expr *x)
{
    if (x->kind == SQL_X_TYPED && p->dialect == SQL_SQLITE) {
        print_string(p, x->text);
        return true;
    }
    if (x->kind == SQL_X_LIKE && x->op == SQL_OP_ILIKE && p->dialect != SQL_POSTGRES)
        return ilike(p, x);
    if (x->kind == SQL_X_EXTRACT && p->dialect == SQL_SQLITE)
        return date_part(p, x->text, x->args.at[0]);
    if (x->kind == SQL_X_CALL)
        return call(p, x);
    if (x->kind == SQL_X_INTERVAL && x->text && x->args.at[0]->kind == SQL_X_NUMBER &&
        p->dialect != SQL_SQLITE) { /* the amount in quotes */
        str_addf(&p->out, "INTERVAL '%s' %s", x->args.at[0]->text, x->text);
        return true;
    }
    return false;
}
