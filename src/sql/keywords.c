/* keywords.c - see keywords.h. Sorted, so that a word is found by bisection. */
#include "sql/keywords.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const struct keyword {
    const char *word;
    keyword_class class;
} words[] = {
#define R KEYWORD_RESERVED
#define T KEYWORD_TYPE_FUNCTION
#define C KEYWORD_COLUMN_NAME
    {"all", R}, {"analyse", R}, {"analyze", R}, {"and", R}, {"anti", T}, {"any", R},
    {"array", R}, {"as", R}, {"asc", R}, {"asof", T}, {"asymmetric", R}, {"at", T},
    {"authorization", T}, {"between", C}, {"bigint", C}, {"binary", T}, {"bit", C},
    {"boolean", C}, {"both", R}, {"by", T}, {"case", R}, {"cast", R}, {"char", C},
    {"character", C}, {"check", R}, {"coalesce", C}, {"collate", R}, {"collation", T},
    {"column", R}, {"columns", T}, {"concurrently", T}, {"constraint", R}, {"create", R},
    {"cross", T}, {"dec", C}, {"decimal", C}, {"default", R}, {"deferrable", R}, {"desc", R},
    {"describe", R}, {"distinct", R}, {"do", R}, {"else", R}, {"end", R}, {"except", R},
    {"exists", C}, {"extract", C}, {"false", R}, {"fetch", R}, {"float", C}, {"for", R},
    {"foreign", R}, {"freeze", T}, {"from", R}, {"full", T}, {"generated", T}, {"glob", T},
    {"group", R}, {"grouping", C}, {"grouping_id", C}, {"having", R}, {"ilike", T}, {"in", R},
    {"initially", R}, {"inner", T}, {"inout", C}, {"int", C}, {"integer", C},
    {"intersect", R}, {"interval", C}, {"into", R}, {"is", T}, {"isnull", T}, {"join", T},
    {"lambda", R}, {"lateral", R}, {"leading", R}, {"left", T}, {"like", T}, {"limit", R},
    {"map", T}, {"national", C}, {"natural", T}, {"nchar", C}, {"none", C}, {"not", R},
    {"notnull", T}, {"null", R}, {"nullif", C}, {"numeric", C}, {"offset", R}, {"on", R},
    {"only", R}, {"or", R}, {"order", R}, {"out", C}, {"outer", T}, {"overlaps", T},
    {"overlay", C}, {"pivot", R}, {"pivot_longer", R}, {"pivot_wider", R}, {"placing", R},
    {"position", C}, {"positional", T}, {"precision", C}, {"primary", R}, {"qualify", R},
    {"real", C}, {"references", R}, {"returning", R}, {"right", T}, {"row", C},
    {"select", R}, {"semi", T}, {"setof", C}, {"show", R}, {"similar", T}, {"smallint", C},
    {"some", R}, {"struct", T}, {"substring", C}, {"summarize", R}, {"symmetric", R},
    {"table", R}, {"tablesample", T}, {"then", R}, {"time", C}, {"timestamp", C}, {"to", R},
    {"trailing", R}, {"treat", C}, {"trim", C}, {"true", R}, {"try_cast", T}, {"tuple", T},
    {"union", R}, {"unique", R}, {"unpack", T}, {"unpivot", R}, {"using", R}, {"values", C},
    {"varchar", C}, {"variadic", R}, {"verbose", T}, {"when", R}, {"where", R},
    {"window", R}, {"with", R}, {"xmlattributes", C}, {"xmlconcat", C}, {"xmlelement", C},
    {"xmlexists", C}, {"xmlforest", C}, {"xmlnamespaces", C}, {"xmlparse", C}, {"xmlpi", C},
    {"xmlroot", C}, {"xmlserialize", C}, {"xmltable", C},
#undef R
#undef T
#undef C
};

static const char *const foreign[] = {
    "abort", "action", "add", "after", "alter", "attach", "before", "begin", "cascade",
    "commit", "conflict", "cube", "current_catalog", "current_date", "current_role",
    "current_schema", "current_time", "current_timestamp", "current_user", "deallocate",
    "delete", "detach", "drop", "each", "escape", "except", "execute", "explain", "fail",
    "for", "grant", "if", "ignore", "index", "indexed", "insert", "json_table", "listagg",
    "localtime", "localtimestamp", "materialized", "normalize", "nothing", "over", "plan",
    "pragma", "prepare", "query", "raise", "recursive", "regexp", "reindex", "release",
    "rename", "replace", "restrict", "rollback", "rollup", "savepoint", "session_user",
    "set", "skip", "temp", "transaction", "trigger", "uescape", "unnest", "update", "user",
    "vacuum", "view", "virtual", "without",
};

/* Spellings parted by blanks, the main one first. */
static const char *const parts[] = {
    "year years y yr yrs", "quarter quarters", "month months mon mons", "week weeks w",
    "day days d dayofmonth", "hour hours h hr hrs", "minute minutes min mins m",
    "second seconds sec secs s", "millisecond milliseconds ms msec msecs",
    "microsecond microseconds us usec usecs", "decade decades dec decs",
    "century centuries cent c", "millennium millennia mil mils millenium",
    "dow dayofweek weekday", "isodow", "doy dayofyear", "weekofyear", "isoyear", "yearweek",
    "epoch", "julian", "era", "timezone", "timezone_hour", "timezone_minute"};

enum { LONGEST = 24 };

static int by_word(const void *key, const void *entry)
{
    return strcasecmp(key, ((const struct keyword *)entry)->word);
}

static int by_name(const void *key, const void *entry)
{
    return strcasecmp(key, *(const char *const *)entry);
}

static bool copied(char to[LONGEST], const char *word, size_t n)
{
    if (!n || n >= LONGEST)
        return false;
    memcpy(to, word, n);
    to[n] = 0;
    return true;
}

const char *date_part_find(const char *text)
{
    static const char *const main[] = {
        "year", "quarter", "month", "week", "day", "hour", "minute", "second", "millisecond",
        "microsecond", "decade", "century", "millennium", "dow", "isodow", "doy", "weekofyear",
        "isoyear", "yearweek", "epoch", "julian", "era", "timezone", "timezone_hour",
        "timezone_minute"};
    _Static_assert(sizeof main == sizeof parts, "a main spelling for every part");
    const size_t n = strlen(text);

    for (size_t i = 0; n && i < sizeof parts / sizeof parts[0]; i++)
        for (const char *p = parts[i]; *p; p += strspn(p, " ")) {
            const size_t length = strcspn(p, " ");

            if (length == n && !strncasecmp(p, text, n))
                return main[i];
            p += length;
        }
    return NULL;
}

bool date_part_truncates(const char *part)
{
    return strcmp(part, "era") && strncmp(part, "timezone", 8);
}

keyword_class keyword_class_of(const char *word, size_t n)
{
    char key[LONGEST];
    const struct keyword *k;

    if (!copied(key, word, n))
        return KEYWORD_NONE;
    k = bsearch(key, words, sizeof words / sizeof words[0], sizeof words[0], by_word);
    return k ? k->class : KEYWORD_NONE;
}

bool keyword_foreign(const char *word, size_t n)
{
    char key[LONGEST];

    return copied(key, word, n) &&
           bsearch(key, foreign, sizeof foreign / sizeof foreign[0], sizeof foreign[0],
                   by_name);
}
