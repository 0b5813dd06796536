/* parse_type.c - names of types, brought to DuckDB's main spelling. */
#include <string.h>
#include <strings.h>

#include "base/str.h"
#include "sql/parse_impl.h"

static const struct type_word {
    const char *word, *main;
    sql_type type;
} types[] = {
    {"bigint", "BIGINT", SQL_T_INTEGER}, {"bool", "BOOLEAN", SQL_T_BOOLEAN},
    {"boolean", "BOOLEAN", SQL_T_BOOLEAN}, {"bpchar", "VARCHAR", SQL_T_TEXT},
    {"char", "VARCHAR", SQL_T_TEXT}, {"character", "VARCHAR", SQL_T_TEXT},
    {"date", "DATE", SQL_T_DATE}, {"datetime", "TIMESTAMP", SQL_T_TIMESTAMP},
    {"dec", "DECIMAL", SQL_T_DECIMAL}, {"decimal", "DECIMAL", SQL_T_DECIMAL},
    {"double", "DOUBLE", SQL_T_DOUBLE}, {"float", "FLOAT", SQL_T_DOUBLE},
    {"float4", "FLOAT", SQL_T_DOUBLE}, {"float8", "DOUBLE", SQL_T_DOUBLE},
    {"hugeint", "HUGEINT", SQL_T_INTEGER}, {"int", "INTEGER", SQL_T_INTEGER},
    {"int1", "TINYINT", SQL_T_INTEGER}, {"int2", "SMALLINT", SQL_T_INTEGER},
    {"int4", "INTEGER", SQL_T_INTEGER}, {"int8", "BIGINT", SQL_T_INTEGER},
    {"integer", "INTEGER", SQL_T_INTEGER}, {"interval", "INTERVAL", SQL_T_INTERVAL},
    {"json", "JSON", SQL_T_OTHER}, {"logical", "BOOLEAN", SQL_T_BOOLEAN},
    {"long", "BIGINT", SQL_T_INTEGER}, {"numeric", "DECIMAL", SQL_T_DECIMAL},
    {"real", "FLOAT", SQL_T_DOUBLE}, {"short", "SMALLINT", SQL_T_INTEGER},
    {"signed", "INTEGER", SQL_T_INTEGER}, {"smallint", "SMALLINT", SQL_T_INTEGER},
    {"string", "VARCHAR", SQL_T_TEXT}, {"text", "VARCHAR", SQL_T_TEXT},
    {"time", "TIME", SQL_T_TIME}, {"timestamp", "TIMESTAMP", SQL_T_TIMESTAMP},
    {"timestamptz", "TIMESTAMP WITH TIME ZONE", SQL_T_TIMESTAMP},
    {"timestamp_ms", "TIMESTAMP_MS", SQL_T_TIMESTAMP},
    {"timestamp_ns", "TIMESTAMP_NS", SQL_T_TIMESTAMP},
    {"timestamp_s", "TIMESTAMP_S", SQL_T_TIMESTAMP},
    {"tinyint", "TINYINT", SQL_T_INTEGER}, {"ubigint", "UBIGINT", SQL_T_INTEGER},
    {"uhugeint", "UHUGEINT", SQL_T_INTEGER}, {"uinteger", "UINTEGER", SQL_T_INTEGER},
    {"usmallint", "USMALLINT", SQL_T_INTEGER}, {"utinyint", "UTINYINT", SQL_T_INTEGER},
    {"uuid", "UUID", SQL_T_OTHER}, {"varchar", "VARCHAR", SQL_T_TEXT},
};
enum { N_TYPES = sizeof types / sizeof types[0] };

const char *type_known(const char *word, size_t n)
{
    for (int i = 0; i < N_TYPES; i++)
        if (strlen(types[i].word) == n && !strncasecmp(types[i].word, word, n))
            return types[i].main;
    return NULL;
}

/* The same for what a catalog says: "DECIMAL(14,2)", "INTEGER[]". */
sql_type sql_type_of_text(const char *text)
{
    const size_t n = strlen(text), word = strcspn(text, "( ");

    if (n > 2 && text[n - 1] == ']')
        return SQL_T_LIST;
    if (!strncasecmp(text, "STRUCT(", 7))
        return SQL_T_STRUCT;
    if (!strncasecmp(text, "ENUM(", 5))
        return SQL_T_TEXT;
    for (int i = 0; i < N_TYPES; i++)
        if (strlen(types[i].word) == word && !strncasecmp(types[i].word, text, word))
            return types[i].type;
    return SQL_T_UNKNOWN;
}

static const char *unknown_type(parser *p, const token *t)
{
    const char *word = parse_text(p, t), *best = NULL;
    int nearest = 3;

    for (int i = 0; word && i < N_TYPES; i++) {
        const int d = str_distance(word, types[i].word, 2);

        if (d < nearest) {
            nearest = d;
            best = types[i].main;
        }
    }
    if (word && p->e->code == ERR_OK)
        refuse_at(p->e, ERR_REFUSED, p->text, t->at, best ? "no type \"%s\"; did you mean %s?"
                                                          : "no type \"%s\"", word, best);
    return NULL;
}

/* (p), (p, s): kept for DECIMAL, dropped where DuckDB ignores them. */
static bool arguments(parser *p, const char **type)
{
    int value[2] = {0, 0}, n = 0;

    if (!parse_accept_symbol(p, "("))
        return true;
    do {
        if (p->token->kind != TOKEN_NUMBER || p->token->n > 4 || n == 2 ||
            strspn(p->token->text, "0123456789") < (size_t)p->token->n)
            return parse_fail(p, "a small number");
        for (int i = 0; i < p->token->n; i++)
            value[n] = value[n] * 10 + (p->token->text[i] - '0');
        n++;
        p->token++;
    } while (parse_accept_symbol(p, ","));
    if (!strcmp(*type, "DECIMAL")) {
        if (value[0] < 1 || value[0] > 38 || value[1] > value[0])
            return parse_refuse(p, p->token->at, "DECIMAL has 1 to 38 digits, of which the "
                                "scale is a part");
        *type = arena_strf(p->a, "DECIMAL(%d, %d)", value[0], value[1]);
        if (!*type)
            return parse_nomem(p);
    }
    return parse_expect_symbol(p, ")");
}

const char *parse_type(parser *p)
{
    const token *t = p->token;
    const char *type = t->kind == TOKEN_WORD ? type_known(t->text, (size_t)t->n) : NULL;

    if (t->kind != TOKEN_WORD)
        return parse_fail(p, "a type"), NULL;
    if (!type)
        return unknown_type(p, t);
    p->token++;
    if (!strcmp(type, "DOUBLE"))
        parse_accept(p, "precision");
    if (!strcmp(type, "VARCHAR"))
        parse_accept(p, "varying");
    if (!arguments(p, &type))
        return NULL;
    if (!strcmp(type, "TIMESTAMP") && parse_word(p, "with") && parse_word_at(p, 1, "time")) {
        p->token += 2;
        type = "TIMESTAMP WITH TIME ZONE";
        if (!parse_expect(p, "zone"))
            return NULL;
    } else if (parse_word(p, "without") && parse_word_at(p, 1, "time")) {
        p->token += 2;
        if (!parse_expect(p, "zone"))
            return NULL;
    }
    for (int lists = 0; parse_symbol(p, "[") && parse_symbol_at(p, 1, "]") && lists < 4; lists++) {
        p->token += 2;
        type = arena_strf(p->a, "%s[]", type);
        if (!type)
            return parse_nomem(p), NULL;
    }
    return type;
}
